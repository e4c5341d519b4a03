/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "probe.h"

#define MAX_WORKERS 32 /* they wait, most of the time */
#define STACK_SIZE  (512 * 1024)

struct pool {
	struct probe *probe;
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	size_t next, done, failed;
	size_t workers;
};

static int enter(const char *netns)
{
	int fd = open(netns, O_RDONLY | O_CLOEXEC);
	int error;

	if (fd < 0)
		return -errno;
	error = setns(fd, CLONE_NEWNET) ? -errno : 0;
	close(fd);
	return error;
}

static void run_flow(struct probe_flow *flow)
{
	int error;

	flow->tried = true;
	if (flow->kind == PROBE_BROKEN)
		return;
	error = enter(flow->netns);
	if (!error)
		probe_flow_run(flow);
	else
		snprintf(flow->why, sizeof(flow->why), "cannot enter %s: %s", flow->netns,
			 strerrordesc_np(-error));
}

static void *work(void *data)
{
	struct pool *pool = data;
	struct probe_flow *flow;

	pthread_mutex_lock(&pool->mutex);
	while (pool->next < pool->probe->count && !lab_interrupted()) {
		flow = &pool->probe->flows[pool->next++];
		pthread_mutex_unlock(&pool->mutex);
		run_flow(flow);
		pthread_mutex_lock(&pool->mutex);
		pool->done++;
		pool->failed += !flow->ok;
		pthread_cond_signal(&pool->changed);
	}
	pool->workers--;
	pthread_cond_signal(&pool->changed);
	pthread_mutex_unlock(&pool->mutex);
	return NULL;
}

/* Signals go to the main thread. */
static size_t start_workers(struct pool *pool, pthread_t *threads)
{
	pthread_attr_t attr;
	sigset_t all, before;
	size_t i;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, STACK_SIZE);
	for (i = 0; i < MAX_WORKERS && i < pool->probe->count; i++) {
		pthread_mutex_lock(&pool->mutex);
		if (pthread_create(&threads[i], &attr, work, pool)) {
			pthread_mutex_unlock(&pool->mutex);
			break;
		}
		pool->workers++;
		pthread_mutex_unlock(&pool->mutex);
	}
	pthread_attr_destroy(&attr);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return i;
}

static void watch(struct pool *pool, const struct lab_options *options)
{
	double shown = 0;

	pthread_mutex_lock(&pool->mutex);
	while (pool->workers) {
		pthread_cond_wait(&pool->changed, &pool->mutex);
		if (lab_now() - shown < 50)
			continue;
		shown = lab_now();
		lab_progress(options, "probe: %zu of %zu flows, %zu failed", pool->done,
			     pool->probe->count, pool->failed);
	}
	pthread_mutex_unlock(&pool->mutex);
}

static int run_all(struct probe *probe, struct probe_summary *summary)
{
	struct pool pool = {.probe = probe};
	pthread_t threads[MAX_WORKERS];
	double start = lab_now();
	size_t i, count;

	pthread_mutex_init(&pool.mutex, NULL);
	pthread_cond_init(&pool.changed, NULL);
	count = start_workers(&pool, threads);
	watch(&pool, &probe->run->options);
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	pthread_cond_destroy(&pool.changed);
	pthread_mutex_destroy(&pool.mutex);
	summary->flows = probe->count;
	summary->ms = lab_now() - start;
	for (i = 0; i < probe->count; i++) {
		if (!probe->flows[i].tried)
			snprintf(probe->flows[i].why, sizeof(probe->flows[i].why), "not tried");
		summary->failed += !probe->flows[i].ok;
	}
	return count || !probe->count ? 0 : -EAGAIN;
}

/* What is asked for and is not in the lab fails like a flow. */
static void add_missing(struct probe *probe, struct json_object *objects)
{
	static const char *const kinds[] = {"Pod", "Service", "Ingress"};
	struct json_object *object;
	struct probe_flow *flow;
	size_t i, at;

	for (i = 0; i < 3; i++) {
		at = 0;
		while ((object = lab_objects_next(objects, kinds[i], &at))) {
			if (lab_objects_find(probe->run->objects, kinds[i],
					     lab_object_namespace(object), lab_object_name(object)))
				continue;
			flow = probe_add(probe, "object", "", 0, NULL, 0);
			if (!flow)
				return;
			flow->kind = PROBE_BROKEN;
			snprintf(flow->why, sizeof(flow->why), "it is not in the lab");
			probe_name(probe, flow, "-", "%s %s/%s", kinds[i],
				   lab_object_namespace(object), lab_object_name(object));
		}
	}
}

static void add_flows(struct probe *probe, struct json_object *objects)
{
	add_missing(probe, objects);
	probe_add_pod_flows(probe);
	probe_add_service_flows(probe);
	probe_add_outside_flows(probe);
	probe_add_ingress_flows(probe);
}

int probe_run(struct lab_run *run, struct json_object *objects, struct probe_summary *summary)
{
	struct probe probe = {.run = run, .wanted = objects == run->objects ? NULL : objects};

	*summary = (struct probe_summary){.flows = 0};
	add_flows(&probe, objects);
	if (!probe.error)
		probe.error = run_all(&probe, summary);
	lab_progress(&run->options, NULL);
	if (probe.error)
		lab_complain("probe: %s", strerrordesc_np(-probe.error));
	else if (run->options.json)
		probe.error = probe_print_json(&probe, stdout);
	else
		probe_print_table(&probe, summary, stdout);
	probe_free(&probe);
	return probe.error || summary->failed ? LAB_FAILED : LAB_OK;
}

/* With -f, the objects of those manifests: they are to be in the lab. */
static int read_wanted(struct lab_run *run, const struct lab_options *given,
		       struct json_object **objects)
{
	struct lab_options options = run->options;
	struct json_object *documents = NULL;
	struct lab_summary summary = {.errors = NULL};
	int error;

	options.files = given->files;
	options.file_count = given->file_count;
	options.is_lenient = given->is_lenient;
	error = lab_read_objects(&options, run->objects, &documents, objects, &summary);
	if (error)
		lab_summary_print_errors(&summary, stderr);
	lab_summary_free(&summary);
	json_object_put(documents);
	return error;
}

int lab_probe(const struct lab_options *options)
{
	struct json_object *wanted = NULL;
	struct probe_summary summary;
	struct lab_run run;
	int error, result = LAB_FAILED;

	lab_interrupt_catch();
	lab_run_init(&run, options);
	run.lock = lab_lock_or_complain(options->name, LAB_LOCK_SHARED, 0);
	error = run.lock < 0 ? run.lock : lab_run_load(&run);
	if (!error && options->file_count)
		error = read_wanted(&run, options, &wanted);
	if (!error)
		result = probe_run(&run, wanted ? wanted : run.objects, &summary);
	json_object_put(wanted);
	lab_run_free(&run);
	return result;
}
