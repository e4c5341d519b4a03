/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Applying: failures at every place, stale plans, what is told on the way, and
 * what a small change costs. */
#include "fixture.h"

#include "plan/compare.h"

static void shop(struct world *w, int families, enum k8snet_mode mode, enum k8snet_link link)
{
	world_init_nodes(w, families, mode, link);
	add_shop(w);
}

/* --- failures ------------------------------------------------------------- */

struct told {
	size_t n_done, n_failed;
	char *failed;
};

static void progress(void *data, const struct k8snet_op *op)
{
	struct told *told = data;

	if (k8snet_op_get_status(op) == K8SNET_OP_DONE) {
		told->n_done++;
		return;
	}
	told->n_failed++;
	free(told->failed);
	assert_int_equal(k8snet_op_format(op, K8SNET_PLAN_TEXT, &told->failed), 0);
}

/* Apply with the nth operation failing; how many operations the plan has. */
static size_t apply_failing(struct world *w, size_t nth, unsigned int flags)
{
	struct told told = {0};
	const struct k8snet_plan_apply_options options = {
		.size = sizeof(options), .progress = progress, .data = &told};
	struct k8snet_plan *plan = plan_for(w, flags);
	size_t n = k8snet_plan_count_ops(plan);
	const struct k8snet_error *error;
	int r;

	w->machine->fail_at = w->machine->n_ops + nth;
	w->machine->fail_errno = ENOBUFS;
	r = k8snet_plan_apply(plan, w->kernel, &options);
	w->machine->fail_at = 0;
	if (nth > n) {
		assert_int_equal(r, 0);
	} else {
		assert_int_equal(r, -EIO);
		error = k8snet_ctx_get_error(w->ctx);
		assert_int_equal(told.n_failed, 1);
		assert_int_equal(k8snet_error_get_kernel_errno(error), ENOBUFS);
		assert_non_null(strstr(told.failed, k8snet_error_get_operation(error)));
		assert_non_null(strstr(told.failed, k8snet_error_get_object(error)));
		/* The plan is of no use any more. */
		assert_int_equal(k8snet_plan_apply(plan, w->kernel, NULL), -ESTALE);
	}
	free(told.failed);
	k8snet_plan_unref(plan);
	return n;
}

static void fail_each(int families, enum k8snet_mode mode, enum k8snet_link link)
{
	struct world w;
	size_t nth, n;

	for (nth = 1, n = SIZE_MAX; nth <= n; nth++) {
		shop(&w, families, mode, link);
		n = apply_failing(&w, nth, 0);
		sync_world(&w);
		expect_empty(&w, K8SNET_PLAN_PRUNE);
		expect_as_fresh(&w, false);
		world_done(&w);
	}
	assert_true(n > 20);
}

static void test_each_failure(void **state)
{
	(void)state;
	fail_each(4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	fail_each(46, K8SNET_MODE_OVERLAY, K8SNET_LINK_PTP);
}

/* The cluster changes between a failure and the next plan: what was made until
 * then is known to be ours, and goes without pruning. */
static void change_after_failure(struct world *w)
{
	k8snet_service_remove(service(w, "web"));
	k8snet_pod_remove(pod(w, "a"));
	k8snet_node_remove(k8snet_cluster_find_node(w->cluster, "node-3"));
	sync_world(w);
	expect_as_fresh(w, true);
}

static void test_change_after_failure(void **state)
{
	struct world w;
	size_t nth, n;

	(void)state;
	for (nth = 1, n = SIZE_MAX; nth <= n; nth++) {
		shop(&w, 46, K8SNET_MODE_OVERLAY, nth % 2 ? K8SNET_LINK_PTP : K8SNET_LINK_BRIDGE);
		n = apply_failing(&w, nth, 0);
		change_after_failure(&w);
		world_done(&w);
	}
}

/* ... and while it is taken down. */
static void test_failing_removal(void **state)
{
	struct world w;
	size_t nth, n;

	(void)state;
	for (nth = 1, n = SIZE_MAX; nth <= n; nth++) {
		shop(&w, 46, K8SNET_MODE_OVERLAY, nth % 2 ? K8SNET_LINK_PTP : K8SNET_LINK_BRIDGE);
		sync_world(&w);
		k8snet_service_remove(service(&w, "web"));
		k8snet_pod_remove(pod(&w, "a"));
		k8snet_node_remove(k8snet_cluster_find_node(w.cluster, "node-3"));
		n = apply_failing(&w, nth, 0);
		sync_world(&w);
		expect_as_fresh(&w, true);
		world_done(&w);
	}
}

static void test_failing_prune(void **state)
{
	struct world w;
	size_t nth, n;

	(void)state;
	for (nth = 1, n = SIZE_MAX; nth <= n; nth++) {
		shop(&w, 46, K8SNET_MODE_OVERLAY, nth % 2 ? K8SNET_LINK_PTP : K8SNET_LINK_BRIDGE);
		sync_world(&w);
		k8snet_node_remove(k8snet_cluster_find_node(w.cluster, "node-1"));
		n = apply_failing(&w, nth, K8SNET_PLAN_PRUNE);
		sync_with(&w, K8SNET_PLAN_PRUNE);
		expect_empty(&w, K8SNET_PLAN_PRUNE);
		assert_int_equal(machine_count_elements(w.machine), 0);
		assert_null(machine_next(w.machine, NULL, KOBJ_ROUTE));
		world_done(&w);
	}
}

static void test_observe_fails(void **state)
{
	struct k8snet_plan *plan;
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	w.machine->fail_observe = true;
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "node-1", w.kernel, 0), -EIO);
	w.machine->fail_observe = false;
	sync_world(&w);
	w.machine->fail_observe = true;
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "node-1", w.kernel, K8SNET_PLAN_FULL),
			 -EIO);
	add_pod(&w, "d", 1, 4); /* what is remembered still holds */
	assert_true(sync_with(&w, 0) > 0);
	w.machine->fail_observe = false;
	sync_world(&w);
	expect_as_fresh(&w, false);
	world_done(&w);
}

/* --- stale plans ---------------------------------------------------------- */

static void test_stale(void **state)
{
	struct k8snet_kernel *other;
	struct k8snet_plan *a, *b;
	struct machine *m;
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	a = plan_for(&w, 0);
	b = plan_for(&w, 0);
	m = world_machine(4);
	assert_int_equal(machine_open(&other, w.ctx, m), 0);
	assert_int_equal(k8snet_plan_apply(a, other, NULL), -ESTALE);
	k8snet_kernel_unref(other);
	machine_free(m);
	assert_int_equal(k8snet_plan_apply(b, w.kernel, NULL), 0);
	assert_int_equal(k8snet_plan_apply(b, w.kernel, NULL), -ESTALE);
	assert_int_equal(k8snet_plan_apply(a, w.kernel, NULL), -ESTALE);
	assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(w.ctx)), K8SNET_MSG_STALE_PLAN);
	k8snet_plan_unref(a);
	k8snet_plan_unref(b);

	/* looked at anew since */
	k8snet_pod_remove(pod(&w, "b"));
	a = plan_for(&w, 0);
	b = plan_for(&w, K8SNET_PLAN_FULL);
	assert_int_equal(k8snet_plan_apply(a, w.kernel, NULL), -ESTALE);
	assert_int_equal(k8snet_plan_apply(b, w.kernel, NULL), 0);
	k8snet_plan_unref(a);
	k8snet_plan_unref(b);

	/* a pod's plan */
	k8snet_pod_remove(pod(&w, "a"));
	a = plan_for(&w, 0);
	assert_int_equal(k8snet_plan_new_for_pod(&b, add_pod(&w, "z", 1, 9), w.kernel), 0);
	assert_int_equal(k8snet_plan_apply(b, w.kernel, NULL), 0);
	assert_int_equal(k8snet_plan_apply(a, w.kernel, NULL), -ESTALE);
	k8snet_plan_unref(a);
	k8snet_plan_unref(b);
	sync_world(&w);
	expect_as_fresh(&w, true);
	world_done(&w);
}

/* A plan made without a kernel fits an empty one. */
static void test_plan_without_kernel(void **state)
{
	struct k8snet_plan *plan;
	struct world w;

	(void)state;
	shop(&w, 46, K8SNET_MODE_OVERLAY, K8SNET_LINK_PTP);
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "node-1", NULL, 0), -ENOENT);
	k8snet_node_set_uplink(k8snet_cluster_find_node(w.cluster, "node-1"), "eth0", 1500);
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "node-1", NULL, 0), 0);
	assert_int_equal(k8snet_plan_apply(plan, w.kernel, NULL), 0);
	assert_int_equal(k8snet_plan_apply(plan, w.kernel, NULL), -ESTALE);
	k8snet_plan_unref(plan);
	expect_empty(&w, 0);
	expect_as_fresh(&w, false);
	world_done(&w);
}

static void test_bad_arguments(void **state)
{
	struct k8snet_plan_apply_options options = {.size = 1};
	struct k8snet_plan *plan;
	char *text;
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "node-1", w.kernel, 8), -EINVAL);
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, NULL, w.kernel, 0), -EINVAL);
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, NULL, w.kernel, K8SNET_PLAN_PRUNE),
			 -EINVAL);
	/* A name that is mistyped must not be one that wants nothing. */
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "nod-1", w.kernel, K8SNET_PLAN_PRUNE),
			 -ENOENT);
	assert_non_null(strstr(last_error(&w), "no node \"nod-1\""));
	plan = plan_for(&w, 0);
	assert_int_equal(k8snet_plan_apply(plan, w.kernel, &options), -EINVAL);
	assert_int_equal(k8snet_plan_print(plan, (enum k8snet_plan_format)3, NULL, NULL), -EINVAL);
	assert_int_equal(k8snet_op_format(k8snet_plan_next_op(plan, NULL),
					  (enum k8snet_plan_format)3, &text),
			 -EINVAL);
	k8snet_plan_unref(plan);
	world_done(&w);
}

/* What was removed comes back, though the cluster says what it said. */
static void test_remove_all(void **state)
{
	struct k8snet_plan *plan;
	struct world w;
	int i;

	(void)state;
	shop(&w, 46, K8SNET_MODE_OVERLAY, K8SNET_LINK_BRIDGE);
	for (i = 0; i < 2; i++) {
		sync_world(&w);
		assert_int_equal(k8snet_plan_new(&plan, w.cluster, i ? NULL : "node-1", w.kernel,
						 K8SNET_PLAN_REMOVE_ALL),
				 0);
		assert_int_equal(k8snet_plan_apply(plan, w.kernel, NULL), 0);
		k8snet_plan_unref(plan);
		assert_int_equal(machine_count_elements(w.machine), 0);
	}
	sync_world(&w);
	expect_as_fresh(&w, true);
	world_done(&w);
}

/* A kernel at the address of one that is gone is another one. */
static void test_plan_of_a_kernel_that_is_gone(void **state)
{
	struct k8snet_plan *plan;
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	plan = plan_for(&w, 0);
	kernel_done(w.kernel);
	kernel_init(w.kernel, w.ctx, w.kernel->ops);
	assert_int_equal(k8snet_plan_apply(plan, w.kernel, NULL), -ESTALE);
	k8snet_plan_unref(plan);
	world_done(&w);
}

/* One kernel, planned for another node, then for another cluster: nobody's things
 * are taken for others'. */
static void test_rebinding(void **state)
{
	struct k8snet_cluster *other;
	struct k8snet_plan *plan, *old;
	struct k8snet_node *node;
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	sync_world(&w);
	k8snet_pod_remove(pod(&w, "b"));
	old = plan_for(&w, 0);
	assert_int_equal(k8snet_cluster_new(&other, w.ctx), 0);
	assert_int_equal(k8snet_node_new(&node, other, "node-1"), 0);
	k8snet_node_unref(node);
	assert_int_equal(k8snet_plan_new(&plan, other, "node-1", w.kernel, 0), 0);
	assert_int_equal(k8snet_plan_apply(old, w.kernel, NULL), -ESTALE);
	k8snet_plan_unref(plan);
	k8snet_plan_unref(old);
	assert_int_equal(k8snet_plan_new(&plan, other, NULL, w.kernel, K8SNET_PLAN_REMOVE_ALL), 0);
	assert_int_equal(k8snet_plan_apply(plan, w.kernel, NULL), 0);
	k8snet_plan_unref(plan);
	assert_int_equal(machine_count_elements(w.machine), 0);
	k8snet_cluster_unref(other);
	sync_world(&w);
	expect_as_fresh(&w, true);
	world_done(&w);
}

/* --- what a small change costs -------------------------------------------- */

/* Operations and bytes of plan memory of one endpoint's change. */
static void cost_of_one(unsigned int n_services, size_t *n_ops, size_t *n_claims, size_t *n_seen)
{
	struct k8snet_plan *plan;
	struct world w;
	char name[32];
	unsigned int i;

	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	for (i = 1; i <= n_services; i++) {
		struct k8snet_endpointslice *s;

		snprintf(name, sizeof(name), "s%u", i);
		add_service(&w, name, i);
		s = add_slice(&w, name, name, 4);
		add_endpoint(s, 2, 2 + i % 200);
		add_endpoint(s, 3, 2 + i % 200);
	}
	sync_with(&w, 0);
	remove_endpoint(slice(&w, "s5"), 2, 7);
	add_endpoint(slice(&w, "s5"), 2, 240);
	*n_seen = w.machine->n_observed;
	w.machine->fail_observe = true; /* does not look */
	plan = plan_for(&w, 0);
	w.machine->fail_observe = false;
	*n_ops = k8snet_plan_count_ops(plan);
	*n_claims = plan->changes->claims.count + plan->changes->kobjs.count +
		    plan->changes->members.count;
	assert_int_equal(k8snet_plan_apply(plan, w.kernel, NULL), 0);
	*n_seen = w.machine->n_observed - *n_seen;
	k8snet_plan_unref(plan);
	expect_empty(&w, 0);
	world_done(&w);
}

static void test_cost_is_constant(void **state)
{
	size_t few[3], many[3];

	(void)state;
	cost_of_one(10, &few[0], &few[1], &few[2]);
	cost_of_one(10000, &many[0], &many[1], &many[2]);
	assert_int_equal(few[0], 2);
	assert_memory_equal(few, many, sizeof(few));
}

/* Nor does a pod or a peer that comes or goes make it compare everything. */
static void test_others_are_left_alone(void **state)
{
	struct k8snet_plan *plan;
	struct world w;
	char name[32];
	unsigned int i;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_OVERLAY, K8SNET_LINK_BRIDGE);
	k8snet_cluster_add_pod_cidr(w.cluster, "10.1.0.0/16");
	add_shop(&w);
	for (i = 4; i < 200; i++) {
		add_node(&w, i);
		snprintf(name, sizeof(name), "p%u", i);
		add_pod(&w, name, 1, i);
	}
	sync_with(&w, 0);
	k8snet_node_remove(k8snet_cluster_find_node(w.cluster, "node-77"));
	add_node(&w, 250);
	k8snet_pod_remove(pod(&w, "p9"));
	add_pod(&w, "new", 1, 250);
	plan = plan_for(&w, 0);
	assert_false(plan->changes->is_full);
	/* a peer's three things twice; of pods a link, and three things in one */
	assert_int_equal(k8snet_plan_count_ops(plan), 3 + 3 + 1 + 4);
	assert_int_equal(plan->changes->kobjs.count, 3 + 5);
	k8snet_plan_unref(plan);
	sync_world(&w);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_failure),
		cmocka_unit_test(test_change_after_failure),
		cmocka_unit_test(test_failing_removal),
		cmocka_unit_test(test_failing_prune),
		cmocka_unit_test(test_observe_fails),
		cmocka_unit_test(test_stale),
		cmocka_unit_test(test_plan_without_kernel),
		cmocka_unit_test(test_bad_arguments),
		cmocka_unit_test(test_remove_all),
		cmocka_unit_test(test_plan_of_a_kernel_that_is_gone),
		cmocka_unit_test(test_rebinding),
		cmocka_unit_test(test_cost_is_constant),
		cmocka_unit_test(test_others_are_left_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
