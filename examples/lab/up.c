/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "runtime.h"

void lab_run_init(struct lab_run *run, const struct lab_options *options)
{
	*run = (struct lab_run){.options = *options, .lock = -1, .stage_start = lab_now()};
}

void lab_run_free(struct lab_run *run)
{
	lab_progress(&run->options, NULL);
	k8snet_cluster_unref(run->cluster);
	k8snet_ctx_unref(run->ctx);
	lab_pods_free(&run->pods);
	json_object_put(run->objects);
	json_object_put(run->documents);
	lab_summary_free(&run->summary);
	lab_unlock(run->options.name, run->lock, false);
	run->lock = -1;
}

void lab_run_stage(struct lab_run *run, const char *name)
{
	double now = lab_now();

	if (run->stage_count < sizeof(run->stages) / sizeof(run->stages[0]))
		run->stages[run->stage_count++] = (struct lab_stage){name, now - run->stage_start};
	run->stage_start = now;
}

/* --- plan and apply ------------------------------------------------------ */

struct progress {
	struct lab_run *run;
	const char *node;
	size_t done, total;
};

static void on_operation(void *data, const struct k8snet_op *op)
{
	struct progress *progress = data;

	progress->done += k8snet_op_get_status(op) == K8SNET_OP_DONE;
	if (progress->done % 64 == 1)
		lab_progress(&progress->run->options, "%s: %zu of %zu operations: %s %s",
			     progress->node, progress->done, progress->total,
			     k8snet_op_get_object(op), k8snet_op_get_verb(op));
}

static int apply_plan(struct lab_run *run, const char *node, struct k8snet_kernel *kernel,
		      unsigned int flags)
{
	struct progress progress = {.run = run, .node = node};
	struct k8snet_plan_apply_options options = {
		.size = sizeof(options), .progress = on_operation, .data = &progress};
	struct k8snet_plan *plan;
	int error;

	lab_progress(&run->options, "%s: plan", node);
	error = k8snet_plan_new(&plan, run->cluster, node, kernel, flags);
	if (error)
		return error;
	progress.total = k8snet_plan_count_ops(plan);
	error = k8snet_plan_apply(plan, kernel, &options);
	run->operations += progress.done;
	k8snet_plan_unref(plan);
	return error;
}

static int apply_node(struct lab_run *run, const char *node, unsigned int flags)
{
	struct k8snet_kernel_options options = {.size = sizeof(options)};
	struct k8snet_kernel *kernel;
	char name[128], path[256];
	int error;

	snprintf(name, sizeof(name), "%s-%s", run->options.name, node);
	options.netns = lab_netns_path(path, sizeof(path), name);
	error = k8snet_kernel_open(&kernel, run->ctx, &options);
	if (error)
		return error;
	error = apply_plan(run, node, kernel, flags);
	k8snet_kernel_unref(kernel);
	return error;
}

int lab_run_apply(struct lab_run *run, unsigned int flags)
{
	struct k8snet_node *node = NULL;
	const char *name;
	int error;

	while ((node = k8snet_cluster_next_node(run->cluster, node))) {
		name = k8snet_node_get_name(node);
		error = lab_interrupted() ? -EINTR : apply_node(run, name, flags);
		if (error == -EINTR)
			return error;
		if (error) {
			lab_complain_library(run->ctx, name);
			return error;
		}
	}
	return lab_neighbours_make(&run->options, run->cluster, &run->pods);
}

/* --- up ------------------------------------------------------------------ */

static int load_cluster(struct lab_run *run)
{
	int error = k8snet_ctx_new(&run->ctx, NULL);

	if (!error)
		error = lab_cluster_new(&run->cluster, run->ctx, &run->options, run->objects);
	if (!error)
		error = lab_pods_read(&run->pods, run->objects);
	if (error)
		lab_complain_library(run->ctx, "cluster");
	return error;
}

/* Everything that can be wrong with a manifest is found here, before anything is
 * made: by the control plane and by the library's model. */
static int read_input(struct lab_run *run)
{
	int error = lab_read_objects(&run->options, NULL, &run->documents, &run->objects,
				     &run->summary);

	if (error)
		lab_summary_print_errors(&run->summary, stderr);
	if (error == -ENOMEM)
		lab_complain("out of memory");
	return error ? error : load_cluster(run);
}

static bool has_state(const char *name)
{
	char path[128];
	struct stat st;

	return !lstat(lab_state_path(path, sizeof(path), name, NULL), &st);
}

static int refuse_if_there(const struct lab_options *options)
{
	struct json_object *objects;
	int error;

	if (!has_state(options->name))
		return 0;
	error = lab_state_read_objects(options->name, &objects);
	json_object_put(objects);
	lab_complain("lab %s %s: %s down --name %s removes it", options->name,
		     error ? "was left half made by a dead run" : "is up already", LAB_PROGRAM,
		     options->name);
	return -EEXIST;
}

/* Leases are taken from here on; the addresses are those of the first run. */
static int take_leases(struct lab_run *run)
{
	struct lab_summary summary = {.errors = NULL};
	char dir[128];
	struct json_object *objects;
	int error;

	lab_state_path(dir, sizeof(dir), run->options.name, LAB_STATE_LEASE);
	if (mkdir(dir, 0755) && errno != EEXIST)
		error = -errno;
	else
		error = lab_controlplane_run(&run->options, run->documents, NULL, dir, &objects,
					     &summary);
	if (error) {
		lab_summary_print_errors(&summary, stderr);
		lab_complain("leases in %s: %s", dir, strerrordesc_np(-error));
	} else {
		json_object_put(objects);
	}
	lab_summary_free(&summary);
	return error;
}

/* The objects come last: with them, the lab is whole. */
int lab_run_save(struct lab_run *run)
{
	struct json_object *options = lab_options_to_json(&run->options);
	const char *name = run->options.name;
	int error = options ? 0 : -ENOMEM;

	if (!error)
		error = lab_state_write(name, LAB_STATE_OPTIONS, options);
	if (!error)
		error = lab_state_write(name, LAB_STATE_DOCUMENTS, run->documents);
	if (!error)
		error = lab_state_write_objects(name, run->objects);
	json_object_put(options);
	if (error)
		lab_complain("state of lab %s: %s", name, strerrordesc_np(-error));
	return error;
}

#define BRIDGE_SYSCTLS "/proc/sys/net/bridge"

/* A node with a bridge makes the kernel load br_netfilter, which then has the bridges of
 * this machine call its rules, too: those go on without, as before. */
static void keep_host(bool had_br_netfilter)
{
	static const char *const names[] = {"call-iptables", "call-ip6tables", "call-arptables"};
	char path[64];
	size_t i;
	int fd;

	for (i = 0; !had_br_netfilter && i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(path, sizeof(path), BRIDGE_SYSCTLS "/bridge-nf-%s", names[i]);
		fd = open(path, O_WRONLY | O_CLOEXEC);
		if (fd >= 0 && write(fd, "0", 1) < 0)
			lab_complain("%s: %s", path, strerrordesc_np(errno));
		if (fd >= 0)
			close(fd);
	}
}

static int make_all(struct lab_run *run)
{
	const struct lab_options *options = &run->options;
	bool had_br_netfilter = access(BRIDGE_SYSCTLS, F_OK) == 0;
	int error = take_leases(run);

	if (!error)
		error = lab_underlay_make(options, run->objects);
	lab_run_stage(run, "nodes");
	if (!error)
		error = lab_pods_start(options, &run->pods);
	lab_run_stage(run, "pods");
	if (!error)
		error = lab_run_apply(run, 0);
	keep_host(had_br_netfilter);
	if (!error)
		error = lab_underlay_route(options, run->cluster);
	lab_run_stage(run, "network");
	if (!error)
		error = lab_run_save(run);
	if (!error && lab_interrupted())
		error = -EINTR;
	return error;
}

static void undo(struct lab_run *run)
{
	struct lab_swept swept;

	if (lab_interrupted())
		lab_complain("interrupted: removing what was made");
	lab_sweep(run->options.name, &swept);
	lab_unlock(run->options.name, run->lock, !swept.left);
	run->lock = -1;
}

int lab_run_up(struct lab_run *run)
{
	const char *name = run->options.name;
	int error = read_input(run);

	lab_run_stage(run, "manifests");
	if (error)
		return LAB_FAILED;
	if (geteuid()) {
		lab_complain("root is needed to make network namespaces");
		return LAB_FAILED;
	}
	run->lock = lab_lock_or_complain(name, LAB_LOCK_EXCLUSIVE, 0);
	if (run->lock < 0 || refuse_if_there(&run->options))
		return LAB_FAILED;
	lab_neighbours_warn(&run->options, run->cluster, &run->pods);
	error = lab_state_make(name);
	if (error)
		lab_complain("state of lab %s: %s", name, strerrordesc_np(-error));
	else
		error = make_all(run);
	if (error)
		undo(run);
	return error ? LAB_FAILED : LAB_OK;
}

int lab_up(const struct lab_options *options)
{
	double start = lab_now();
	struct lab_run run;
	int result;

	lab_interrupt_catch();
	lab_run_init(&run, options);
	result = lab_run_up(&run);
	lab_progress(options, NULL);
	if (result == LAB_OK && !options->quiet) {
		lab_summary_print_notes(&run.summary, stdout);
		printf("lab %s is up: %zu nodes, %zu pods, %zu services, %zu endpoints, "
		       "%zu ingresses; %zu operations, %.2f s\n",
		       options->name, run.summary.nodes, run.summary.pods, run.summary.services,
		       run.summary.endpoints, run.summary.ingresses, run.operations,
		       (lab_now() - start) / 1e3);
	}
	lab_run_free(&run);
	return result;
}

int lab_run_load(struct lab_run *run)
{
	const char *name = run->options.name;
	struct json_object *options = NULL;
	int error;

	error = lab_state_read(name, LAB_STATE_OPTIONS, &options);
	if (!error)
		error = lab_options_from_json(&run->options, options);
	json_object_put(options);
	if (!error)
		error = lab_state_read(name, LAB_STATE_DOCUMENTS, &run->documents);
	if (!error)
		error = lab_state_read_objects(name, &run->objects);
	if (error == -ENOENT)
		lab_complain(
			"lab %s was left half made by a dead run: %s down --name %s removes it",
			name, LAB_PROGRAM, name);
	else if (error)
		lab_complain("state of lab %s: %s", name, strerrordesc_np(-error));
	return error ? error : load_cluster(run);
}
