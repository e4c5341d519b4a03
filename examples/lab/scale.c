/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "runtime.h"

/* "NAME=N". Returns the name, to be freed. */
static char *parse_change(const char *change, unsigned int *replicas)
{
	const char *sign = strrchr(change, '=');
	char *end, *name;
	unsigned long n;

	if (!sign || sign == change || sign[1] < '0' || sign[1] > '9')
		return NULL;
	errno = 0;
	n = strtoul(sign + 1, &end, 10);
	if (errno || *end || n > LAB_MAX_OBJECTS)
		return NULL;
	*replicas = (unsigned int)n;
	name = strndup(change, (size_t)(sign - change));
	return name;
}

/* The control plane again: `next` is what the lab is to become. */
static int replan(struct lab_run *run, struct lab_run *next, const char *name,
		  unsigned int replicas)
{
	char leases[128];
	int error;

	next->documents = json_object_get(run->documents);
	error = lab_documents_scale(next->documents, name, replicas, &next->summary);
	lab_state_path(leases, sizeof(leases), run->options.name, LAB_STATE_LEASE);
	if (!error)
		error = lab_controlplane_run(&next->options, next->documents, run->objects, leases,
					     &next->objects, &next->summary);
	if (error) {
		lab_summary_print_errors(&next->summary, stderr);
		return error;
	}
	error = k8snet_ctx_new(&next->ctx, NULL);
	if (!error)
		error = lab_cluster_new(&next->cluster, next->ctx, &next->options, next->objects);
	if (!error)
		error = lab_pods_read(&next->pods, next->objects);
	if (error)
		lab_complain_library(next->ctx, "cluster");
	return error;
}

/* New pods first, then the network, then those that nothing leads to any more. */
static int change(struct lab_run *run, struct lab_run *next)
{
	struct lab_pods gone = {.items = NULL};
	int error;

	lab_pods_look(&next->options, &next->pods);
	/* What an interrupted run may have left of pods that do not run. */
	for (size_t i = 0; i < next->pods.count; i++) {
		gone = (struct lab_pods){.items = &next->pods.items[i], .count = 1};
		if (!next->pods.items[i].running)
			lab_pods_stop(&next->options, &gone, NULL);
	}
	error = lab_pods_start(&next->options, &next->pods);
	if (!error)
		error = lab_run_apply(next, K8SNET_PLAN_FULL | K8SNET_PLAN_PRUNE);
	if (!error)
		error = lab_underlay_route(&next->options, next->cluster);
	if (!error)
		error = lab_pods_stop(&next->options, &run->pods, &next->pods);
	if (!error)
		error = lab_pods_stop_others(&next->options, &next->pods);
	if (!error)
		error = lab_run_save(next);
	if (error == -EINTR)
		lab_complain("interrupted: run it again, or take the lab down");
	return error;
}

static void report(const struct lab_run *run, const struct lab_run *next, double start)
{
	if (next->options.quiet)
		return;
	printf("lab %s: %zu pods, were %zu; %zu operations, %.2f s\n", next->options.name,
	       next->pods.count, run->pods.count, next->operations, (lab_now() - start) / 1e3);
}

int lab_scale(const struct lab_options *options, const char *text)
{
	double start = lab_now();
	struct lab_run run, next;
	unsigned int replicas;
	char *name = parse_change(text, &replicas);
	int error;

	if (!name) {
		lab_complain("%s: NAME=N or NAMESPACE/NAME=N is wanted", text);
		return LAB_USAGE;
	}
	lab_interrupt_catch();
	lab_run_init(&run, options);
	lab_run_init(&next, options);
	run.lock = lab_lock_or_complain(options->name, LAB_LOCK_EXISTING, 0);
	error = run.lock < 0 ? run.lock : lab_run_load(&run);
	next.options = run.options;
	if (!error)
		error = replan(&run, &next, name, replicas);
	if (!error)
		error = change(&run, &next);
	if (!error)
		report(&run, &next, start);
	lab_run_free(&next);
	lab_run_free(&run);
	free(name);
	return error ? LAB_FAILED : LAB_OK;
}
