/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The library as a command, for tests. Words are taken in order; a step ends
 * with --then, and the last one with the line. At the end of a step the plan is
 * made, printed and applied as the step says.
 *
 *   once for all      --node NAME, --netns PATH (none: plan without a kernel),
 *                     --uplink NAME:MTU, --mode route|overlay, --link bridge|ptp,
 *                     --pod-cidr CIDR, --masquerade-all, --no-detection,
 *                     --masquerade-mark MARK, --node-port-cidr CIDR, --service-cidr CIDR,
 *                     --direct-routing, --mtu N, --bridge NAME, --services-only
 *   in a step         FILE (Kubernetes JSON), --remove KIND/NAMESPACE/NAME,
 *                     --for-pod NAMESPACE/NAME, --plan text|json|commands,
 *                     --full, --prune, --remove-all, --apply, --wait (for a line on stdin)
 *
 * Writes "N operations" to standard error for each step. 0, 1 (the library
 * said no) or 2 (usage).
 */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

struct step {
	const char *format; /* NULL: not printed */
	unsigned int flags;
	bool is_applied;
	struct k8snet_pod *pod; /* alone; a reference */
};

struct tool {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	struct k8snet_kernel *kernel;
	const char *node, *netns, *uplink;
	struct k8snet_pod *removed; /* the last one; a reference */
	struct step step;
};

static int usage(const char *word, const char *why)
{
	fprintf(stderr, "k8snet_tool: %s: %s\n", word, why);
	return 2;
}

/* 1, with the library's message. */
static int refused(const struct tool *t)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(t->ctx);

	fprintf(stderr, "k8snet_tool: %s\n", error ? k8snet_error_get_message(error) : "?");
	return 1;
}

static int done(const struct tool *t, int r)
{
	return r < 0 ? refused(t) : 0;
}

/* --- a step --------------------------------------------------------------- */

static int write_out(void *data, const char *text, size_t length)
{
	return fwrite(text, 1, length, data) == length ? 0 : -1;
}

static int open_kernel(struct tool *t)
{
	struct k8snet_kernel_options options = {.size = sizeof(options), .netns = t->netns};

	if (!t->netns || t->kernel)
		return 0;
	return k8snet_kernel_open(&t->kernel, t->ctx, &options);
}

static int set_uplink(struct tool *t)
{
	struct k8snet_node *node = k8snet_cluster_find_node(t->cluster, t->node);
	char name[32];
	unsigned int mtu;

	if (!t->uplink || !node)
		return 0;
	if (sscanf(t->uplink, "%31[^:]:%u", name, &mtu) != 2)
		return usage(t->uplink, "NAME:MTU wanted");
	return k8snet_node_set_uplink(node, name, mtu);
}

static int make_plan(struct tool *t, struct k8snet_plan **plan)
{
	int r = open_kernel(t);

	if (r == 0)
		r = set_uplink(t);
	if (r < 0)
		return r;
	if (t->step.pod)
		return k8snet_plan_new_for_pod(plan, t->step.pod, t->kernel);
	return k8snet_plan_new(plan, t->cluster, t->node, t->kernel, t->step.flags);
}

static int print_plan(const struct tool *t, const struct k8snet_plan *plan)
{
	enum k8snet_plan_format format = K8SNET_PLAN_TEXT;
	int r;

	if (!t->step.format)
		return 0;
	if (!strcmp(t->step.format, "json"))
		format = K8SNET_PLAN_JSON;
	else if (!strcmp(t->step.format, "commands"))
		format = K8SNET_PLAN_COMMANDS;
	r = k8snet_plan_print(plan, format, write_out, stdout);
	fflush(stdout);
	return r;
}

static int run_step(struct tool *t)
{
	struct k8snet_plan *plan = NULL;
	int r;

	if (!t->node)
		return usage("--node", "missing");
	r = make_plan(t, &plan);
	if (r == 0)
		fprintf(stderr, "%zu operations\n", k8snet_plan_count_ops(plan));
	if (r == 0)
		r = print_plan(t, plan);
	if (r == 0 && t->step.is_applied)
		r = k8snet_plan_apply(plan, t->kernel, NULL);
	k8snet_plan_unref(plan);
	k8snet_pod_unref(t->step.pod);
	memset(&t->step, 0, sizeof(t->step));
	return done(t, r);
}

/* --- words ---------------------------------------------------------------- */

static int remove_pod(struct tool *t, const char *namespace, const char *name)
{
	struct k8snet_pod *pod = k8snet_cluster_find_pod(t->cluster, namespace, name);

	if (!pod)
		return usage(name, "no such pod");
	k8snet_pod_unref(t->removed);
	t->removed = k8snet_pod_ref(pod);
	return done(t, k8snet_pod_remove(pod));
}

static int remove_object(struct tool *t, const char *word)
{
	char kind[32], namespace[64], name[256];
	struct k8snet_node *node;
	struct k8snet_service *service;
	struct k8snet_endpointslice *slice;

	if (sscanf(word, "%31[^/]/%63[^/]/%255s", kind, namespace, name) != 3)
		return usage(word, "KIND/NAMESPACE/NAME wanted");
	if (!strcmp(kind, "Pod"))
		return remove_pod(t, namespace, name);
	if (!strcmp(kind, "Node") && (node = k8snet_cluster_find_node(t->cluster, name)))
		return done(t, k8snet_node_remove(node));
	if (!strcmp(kind, "Service") &&
	    (service = k8snet_cluster_find_service(t->cluster, namespace, name)))
		return done(t, k8snet_service_remove(service));
	if (!strcmp(kind, "EndpointSlice") &&
	    (slice = k8snet_cluster_find_endpointslice(t->cluster, namespace, name)))
		return done(t, k8snet_endpointslice_remove(slice));
	return usage(word, "no such object");
}

static int choose_pod(struct tool *t, const char *word)
{
	struct k8snet_pod *pod;
	char namespace[64], name[256];

	if (sscanf(word, "%63[^/]/%255s", namespace, name) != 2)
		return usage(word, "NAMESPACE/NAME wanted");
	pod = k8snet_cluster_find_pod(t->cluster, namespace, name);
	if (!pod && t->removed && !strcmp(k8snet_pod_get_name(t->removed), name))
		pod = t->removed;
	if (!pod)
		return usage(word, "no such pod");
	t->step.pod = k8snet_pod_ref(pod);
	return 0;
}

/* Words that stand alone; -1: it is none of them. */
static int take_flag(struct tool *t, const char *word)
{
	int c;

	if (!strcmp(word, "--full"))
		t->step.flags |= K8SNET_PLAN_FULL;
	else if (!strcmp(word, "--prune"))
		t->step.flags |= K8SNET_PLAN_PRUNE;
	else if (!strcmp(word, "--remove-all"))
		t->step.flags |= K8SNET_PLAN_REMOVE_ALL;
	else if (!strcmp(word, "--apply"))
		t->step.is_applied = true;
	else if (!strcmp(word, "--direct-routing"))
		return done(t, k8snet_cluster_set_direct_routing(t->cluster, true));
	else if (!strcmp(word, "--services-only"))
		return done(t, k8snet_cluster_set_services_only(t->cluster, true));
	else if (!strcmp(word, "--masquerade-all"))
		return done(t, k8snet_cluster_set_masquerade_all(t->cluster, true));
	else if (!strcmp(word, "--reset-connections"))
		return done(t, k8snet_cluster_set_reset_connections(t->cluster, true));
	else if (!strcmp(word, "--no-detection"))
		return done(t, k8snet_cluster_set_local_detection(t->cluster, K8SNET_LOCAL_NONE));
	else if (!strcmp(word, "--then"))
		return run_step(t);
	else if (!strcmp(word, "--wait"))
		while ((c = getchar()) != '\n' && c != EOF)
			;
	else
		return -1;
	return 0;
}

static int tell_by_link(struct tool *t, const char *pattern)
{
	int r = k8snet_cluster_add_pod_interface(t->cluster, pattern);

	if (r == 0)
		r = k8snet_cluster_set_local_detection(t->cluster, K8SNET_LOCAL_INTERFACE);
	return done(t, r);
}

/* Words that take another one; -1: it is none of them. */
static int take_option(struct tool *t, const char *word, const char *value)
{
	struct k8snet_cluster *c = t->cluster;

	if (!strcmp(word, "--node"))
		return t->node = value, 0;
	if (!strcmp(word, "--netns"))
		return t->netns = value, 0;
	if (!strcmp(word, "--uplink"))
		return t->uplink = value, 0;
	if (!strcmp(word, "--plan"))
		return t->step.format = value, 0;
	if (!strcmp(word, "--mode"))
		return done(t, k8snet_cluster_set_mode(c, !strcmp(value, "overlay")));
	if (!strcmp(word, "--link"))
		return done(t, k8snet_cluster_set_link(c, !strcmp(value, "ptp")));
	if (!strcmp(word, "--pod-cidr"))
		return done(t, k8snet_cluster_add_pod_cidr(c, value));
	if (!strcmp(word, "--node-port-cidr"))
		return done(t, k8snet_cluster_add_node_port_cidr(c, value));
	if (!strcmp(word, "--pod-interface"))
		return tell_by_link(t, value);
	if (!strcmp(word, "--service-cidr"))
		return done(t, k8snet_cluster_add_service_cidr(c, value));
	if (!strcmp(word, "--masquerade-mark"))
		return done(t, k8snet_cluster_set_masquerade_mark(
				       c, (uint32_t)strtoul(value, NULL, 0)));
	if (!strcmp(word, "--mtu"))
		return done(t, k8snet_cluster_set_mtu(c, (uint32_t)strtoul(value, NULL, 10)));
	if (!strcmp(word, "--bridge"))
		return done(t, k8snet_cluster_set_bridge_name(c, value));
	if (!strcmp(word, "--remove"))
		return remove_object(t, value);
	if (!strcmp(word, "--for-pod"))
		return choose_pod(t, value);
	return -1;
}

static int take_words(struct tool *t, int argc, char **argv)
{
	int i, r;

	for (i = 1; i < argc; i++) {
		if (argv[i][0] != '-') {
			r = done(t, k8snet_cluster_load_file(t->cluster, argv[i]));
			if (r)
				return r;
			continue;
		}
		r = take_flag(t, argv[i]);
		if (r < 0 && i + 1 < argc) {
			r = take_option(t, argv[i], argv[i + 1]);
			i++;
		}
		if (r < 0)
			return usage(argv[i], "unknown, or a word is missing");
		if (r)
			return r;
	}
	return run_step(t);
}

int main(int argc, char **argv)
{
	struct k8snet_ctx_options options = {.size = sizeof(options),
					     .log_level = K8SNET_LOG_WARNING};
	struct tool t = {0};
	int r = 1;

	if (k8snet_ctx_new(&t.ctx, &options) == 0 && k8snet_cluster_new(&t.cluster, t.ctx) == 0)
		r = take_words(&t, argc, argv);
	k8snet_pod_unref(t.step.pod);
	k8snet_pod_unref(t.removed);
	k8snet_kernel_unref(t.kernel);
	k8snet_cluster_unref(t.cluster);
	k8snet_ctx_unref(t.ctx);
	return r;
}
