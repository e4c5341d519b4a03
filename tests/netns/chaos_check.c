/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random changes of services and endpoints on a node, for chaos_run.py.
 *
 *   chaos_check NODE FRESH STABLE SEED CHANGES COMMANDS
 *
 * NODE, FRESH: paths of namespaces; STABLE: a file of objects that nothing may touch.
 * Each few changes are an incremental plan. Lines on standard output ask for something
 * and wait for a line on standard input:
 *
 *   start 0         the stable services are there
 *   compare STEP    FRESH has what a full computation for an empty kernel gave
 *   replay STEP     the same as the file COMMANDS, to be run in FRESH
 *   harm STEP       the tables of NODE, by deleting something
 *   pollute STEP    the same, or by adding something
 *   repaired STEP   they are as before
 *   done STEP
 *
 * The same SEED gives the same changes.
 */
#include "chaos.h"

#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NODE_NAME  "node-1"
#define CHECK_EACH 100 /* changes */

struct check {
	struct chaos chaos;
	const char *node, *fresh, *stable, *commands;
	struct k8snet_kernel *kernel;
	int fd;
	unsigned long n_plans, n_ops, n_restarts, n_harms;
};

/* --- for the changes ------------------------------------------------------ */

unsigned int chaos_pick(struct chaos *c, unsigned int n)
{
	/* xorshift64*; the upper half, evenly enough for small n */
	c->random ^= c->random >> 12;
	c->random ^= c->random << 25;
	c->random ^= c->random >> 27;
	return (unsigned int)((c->random * 0x2545f4914f6cdd1dull) >> 32) % n;
}

void chaos_note(struct chaos *c, const char *format, ...)
{
	char *line = c->log[c->n_logged++ % CHAOS_LOGGED];
	va_list args;
	int n = snprintf(line, sizeof(c->log[0]), "%lu: ", c->step);

	va_start(args, format);
	vsnprintf(line + n, sizeof(c->log[0]) - (size_t)n, format, args);
	va_end(args);
}

void chaos_fail(const struct chaos *c, const char *format, ...)
{
	unsigned int i = c->n_logged > CHAOS_LOGGED ? c->n_logged - CHAOS_LOGGED : 0;
	va_list args;

	for (; i < c->n_logged; i++)
		fprintf(stderr, "    %s\n", c->log[i % CHAOS_LOGGED]);
	fprintf(stderr, "step %lu: ", c->step);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	exit(1);
}

void chaos_must(const struct chaos *c, int r)
{
	const struct k8snet_error *error = c->ctx ? k8snet_ctx_get_error(c->ctx) : NULL;

	if (r < 0)
		chaos_fail(c, "%d: %s", r, error ? k8snet_error_get_message(error) : "?");
}

/* --- plans ---------------------------------------------------------------- */

static int write_to(void *data, const char *text, size_t length)
{
	return fwrite(text, 1, length, data) == length ? 0 : -1;
}

static struct k8snet_plan *plan_for(struct check *k, struct k8snet_kernel *kernel,
				    unsigned int flags)
{
	struct k8snet_plan *plan;

	chaos_must(&k->chaos, k8snet_plan_new(&plan, k->chaos.cluster, NODE_NAME, kernel, flags));
	return plan;
}

static void apply(struct check *k, struct k8snet_kernel *kernel, struct k8snet_plan *plan)
{
	chaos_must(&k->chaos, k8snet_plan_apply(plan, kernel, NULL));
	k->n_plans++;
	k->n_ops += k8snet_plan_count_ops(plan);
	k8snet_plan_unref(plan);
}

static void expect_empty(struct check *k, unsigned int flags, const char *why)
{
	struct k8snet_plan *plan = plan_for(k, k->kernel, flags);

	if (!k8snet_plan_is_empty(plan)) {
		k8snet_plan_print(plan, K8SNET_PLAN_TEXT, write_to, stderr);
		chaos_fail(&k->chaos, "%s: something is left", why);
	}
	k8snet_plan_unref(plan);
}

/* What is done for others, and does not concern the stable services. */
static void expect_stable(struct check *k, const struct k8snet_plan *plan)
{
	const struct k8snet_op *op = NULL;
	const char *object;

	while ((op = k8snet_plan_next_op(plan, op))) {
		object = k8snet_op_get_object(op);
		if (!strncmp(object, "service shop/stable-", strlen("service shop/stable-")))
			chaos_fail(&k->chaos, "%s: %s", object, k8snet_op_get_verb(op));
	}
}

static void step(struct check *k)
{
	struct k8snet_plan *plan;

	if (!chaos_pick(&k->chaos, 16))
		k8snet_plan_unref(plan_for(k, k->kernel, 0)); /* not applied */
	plan = plan_for(k, k->kernel, 0);
	expect_stable(k, plan);
	apply(k, k->kernel, plan);
}

static void open_kernel(struct check *k, struct k8snet_kernel **kernel, const char *netns)
{
	const struct k8snet_kernel_options options = {.size = sizeof(options), .netns = netns};

	chaos_must(&k->chaos, k8snet_kernel_open(kernel, k->chaos.ctx, &options));
}

static void open_node(struct check *k)
{
	open_kernel(k, &k->kernel, k->node);
	k->fd = k8snet_kernel_get_fd(k->kernel);
	chaos_must(&k->chaos, k->fd);
}

/* A new process adopts what it finds. */
static void restart(struct check *k)
{
	chaos_note(&k->chaos, "restart");
	k->n_restarts++;
	k8snet_kernel_unref(k->kernel);
	open_node(k);
	expect_empty(k, 0, "restart");
}

/* --- with chaos_run.py -------------------------------------------------------- */

static void ask(struct check *k, const char *what)
{
	char line[64];

	printf("%s %lu\n", what, k->chaos.step);
	fflush(stdout);
	if (!fgets(line, sizeof(line), stdin) || strcmp(line, "ok\n"))
		chaos_fail(&k->chaos, "%s", what);
}

/* A chain, or what leads to one that services share. */
static bool is_of_chain(struct check *k, const struct k8snet_op *op)
{
	const char *verb = k8snet_op_get_verb(op);
	char *text;
	bool is;

	if (strcmp(verb, "element delete"))
		return !strcmp(verb, "chain delete");
	chaos_must(&k->chaos, k8snet_op_format(op, K8SNET_PLAN_TEXT, &text));
	is = strstr(text, " balancers {") != NULL;
	free(text);
	return is;
}

/* Chains that nobody needs, and no more. */
static void prune(struct check *k)
{
	struct k8snet_plan *plan = plan_for(k, k->kernel, K8SNET_PLAN_PRUNE);
	const struct k8snet_op *op = NULL;

	while ((op = k8snet_plan_next_op(plan, op)))
		if (!is_of_chain(k, op)) {
			k8snet_plan_print(plan, K8SNET_PLAN_TEXT, write_to, stderr);
			chaos_fail(&k->chaos, "pruning");
		}
	apply(k, k->kernel, plan);
}

static void compute_anew(struct check *k)
{
	struct k8snet_kernel *kernel;

	open_kernel(k, &kernel, k->fresh);
	apply(k, kernel, plan_for(k, kernel, K8SNET_PLAN_PRUNE));
	k8snet_kernel_unref(kernel);
	ask(k, "compare");
}

static void print_anew(struct check *k)
{
	struct k8snet_plan *plan = plan_for(k, NULL, 0);
	FILE *out = fopen(k->commands, "w");

	if (!out)
		chaos_fail(&k->chaos, "%s", k->commands);
	chaos_must(&k->chaos, k8snet_plan_print(plan, K8SNET_PLAN_COMMANDS, write_to, out));
	if (fclose(out) != 0)
		chaos_fail(&k->chaos, "%s", k->commands);
	k8snet_plan_unref(plan);
	ask(k, "replay");
}

static void compare(struct check *k)
{
	expect_empty(k, K8SNET_PLAN_FULL, "full plan");
	prune(k);
	expect_empty(k, K8SNET_PLAN_PRUNE, "pruned");
	if (chaos_pick(&k->chaos, 2))
		compute_anew(k);
	else
		print_anew(k);
}

/* Noticed, or looked for: the plan repairs it. */
static void harm(struct check *k)
{
	bool is_noticed = chaos_pick(&k->chaos, 2);
	struct pollfd p = {.fd = k->fd, .events = POLLIN};

	chaos_note(&k->chaos, "harm");
	k->n_harms++;
	ask(k, is_noticed ? "harm" : "pollute");
	while (is_noticed && !k8snet_kernel_is_disturbed(k->kernel)) {
		if (poll(&p, 1, 5000) <= 0)
			chaos_fail(&k->chaos, "harm is not noticed");
		chaos_must(&k->chaos, k8snet_kernel_process(k->kernel));
	}
	if (is_noticed && chaos_pick(&k->chaos, 2))
		chaos_change(&k->chaos);
	apply(k, k->kernel, plan_for(k, k->kernel, is_noticed ? 0 : K8SNET_PLAN_PRUNE));
	expect_empty(k, K8SNET_PLAN_FULL, "repaired");
	ask(k, "repaired");
}

/* --- the run -------------------------------------------------------------- */

static void start(struct check *k)
{
	struct chaos *c = &k->chaos;

	chaos_must(c, k8snet_ctx_new(&c->ctx, NULL));
	chaos_must(c, k8snet_cluster_new(&c->cluster, c->ctx));
	chaos_must(c, k8snet_cluster_set_services_only(c->cluster, true));
	chaos_must(c, k8snet_cluster_add_pod_cidr(c->cluster, "10.1.0.0/16"));
	chaos_must(c, k8snet_cluster_add_pod_cidr(c->cluster, "fd00:1::/32"));
	chaos_must(c, k8snet_cluster_add_service_cidr(c->cluster, "10.96.0.0/16"));
	chaos_must(c, k8snet_cluster_load_file(c->cluster, k->stable));
	open_node(k);
	apply(k, k->kernel, plan_for(k, k->kernel, 0));
	ask(k, "start");
}

/* One to 4 changes; `limit` is not passed. */
static void run_step(struct check *k, unsigned long limit)
{
	unsigned int n = chaos_pick(&k->chaos, 3) ? 1 : 1 + chaos_pick(&k->chaos, 4);

	while (n-- && k->chaos.step < limit) {
		k->chaos.step++;
		chaos_change(&k->chaos);
	}
	step(k);
}

int main(int argc, char **argv)
{
	struct check k = {0};
	unsigned long limit, next = 0;

	if (argc != 7)
		return 2;
	k.node = argv[1], k.fresh = argv[2], k.stable = argv[3], k.commands = argv[6];
	k.chaos.random = (strtoull(argv[4], NULL, 10) + 1) * 0x9e3779b97f4a7c15ull;
	limit = strtoul(argv[5], NULL, 10);
	start(&k);
	while (k.chaos.step < limit) {
		if (k.chaos.step == next)
			next = next + CHECK_EACH < limit ? next + CHECK_EACH : limit;
		run_step(&k, next);
		if (!chaos_pick(&k.chaos, 150))
			restart(&k);
		if (!chaos_pick(&k.chaos, 120))
			harm(&k);
		if (k.chaos.step == next)
			compare(&k);
	}
	ask(&k, "done");
	fprintf(stderr, "%lu changes, %lu plans, %lu operations, %lu restarts, %lu times harmed\n",
		k.chaos.step, k.n_plans, k.n_ops, k.n_restarts, k.n_harms);
	k8snet_kernel_unref(k.kernel);
	k8snet_cluster_unref(k.chaos.cluster);
	k8snet_ctx_unref(k.chaos.ctx);
	return 0;
}
