/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation of planning, printing and applying fails in turn: -ENOMEM,
 * nothing leaks, and the next attempt works. */
#include "fixture.h"
#include "oom.h"

/* What is done while an allocation fails: 0 or an error. */
typedef int (*act_fn)(struct world *w);
typedef void (*setup_fn)(struct world *w);

static void start(struct world *w)
{
	world_init_nodes(w, 46, K8SNET_MODE_OVERLAY, K8SNET_LINK_PTP);
	k8snet_node_set_uplink(k8snet_cluster_find_node(w->cluster, "node-1"), "eth0", 1500);
	k8snet_cluster_set_reset_connections(w->cluster, true);
	add_shop(w);
	k8snet_service_set_type(service(w, "web"), K8SNET_SERVICE_NODE_PORT);
	k8snet_service_add_port(service(w, "web"), "dns", K8SNET_PROTOCOL_UDP, 53, 30053);
	k8snet_endpointslice_add_port(slice(w, "web-4"), "dns", K8SNET_PROTOCOL_UDP, 5353);
}

/* What it leaves behind: backends that are gone, and one that ends. */
static void ending(struct world *w)
{
	sync_world(w);
	remove_endpoint(slice(w, "web-4"), 1, 3);
	add_endpoint_with(slice(w, "web-4"), 1, 3,
			  K8SNET_ENDPOINT_SERVING | K8SNET_ENDPOINT_TERMINATING);
	sync_world(w);
	remove_endpoint(slice(w, "web-4"), 1, 2);
}

static void nothing(struct world *w)
{
	(void)w;
}

static void in_sync(struct world *w)
{
	sync_world(w);
}

/* Everything at once: a pod comes, one goes, one moves; endpoints and nodes. */
static void changed(struct world *w)
{
	sync_world(w);
	k8snet_cluster_add_pod_cidr(w->cluster, "10.1.0.0/16");
	k8snet_cluster_add_pod_cidr(w->cluster, "fd00:1::/32");
	sync_world(w);
	add_pod(w, "d", 1, 4);
	k8snet_pod_remove(pod(w, "a"));
	k8snet_pod_clear_addresses(pod(w, "b"));
	k8snet_pod_add_address(pod(w, "b"), "10.1.1.7");
	remove_endpoint(slice(w, "web-4"), 1, 2);
	add_service(w, "api", 7);
	add_endpoint(add_slice(w, "api-4", "api", 4), 1, 3);
	add_node(w, 4);
	k8snet_node_remove(k8snet_cluster_find_node(w->cluster, "node-2"));
}

/* Policies and affinity, and then others; numbers, tables, chains of their own. */
static void balanced(struct world *w)
{
	k8snet_service_set_session_affinity(service(w, "web"), 60);
	k8snet_service_set_load_balancing(service(w, "web"), K8SNET_LOAD_BALANCING_WEIGHTED);
	k8snet_endpointslice_set_endpoint_weight(slice(w, "web-4"), "10.1.1.3", 3);
	add_service(w, "api", 7);
	k8snet_service_set_load_balancing(service(w, "api"), K8SNET_LOAD_BALANCING_ROUND_ROBIN);
	add_endpoint(add_slice(w, "api-4", "api", 4), 1, 3);
	add_service(w, "hashed", 8);
	k8snet_service_set_load_balancing(service(w, "hashed"),
					  K8SNET_LOAD_BALANCING_CONSISTENT_HASH);
	add_endpoint(add_slice(w, "hashed-4", "hashed", 4), 1, 3);
	sync_world(w);
	k8snet_service_set_external_traffic_policy(service(w, "web"), K8SNET_TRAFFIC_LOCAL);
	add_endpoint(slice(w, "web-4"), 1, 9);
	add_endpoint(slice(w, "api-4"), 1, 9);
	k8snet_service_set_load_balancing(service(w, "hashed"), K8SNET_LOAD_BALANCING_SOURCE_HASH);
}

static void gone(struct world *w)
{
	sync_world(w);
	k8snet_node_remove(k8snet_cluster_find_node(w->cluster, "node-1"));
}

/* --- acts ----------------------------------------------------------------- */

static int plan_with(struct world *w, unsigned int flags)
{
	struct k8snet_plan *plan;
	int r = k8snet_plan_new(&plan, w->cluster, "node-1", w->kernel, plan_flags(w, flags));

	if (r == 0)
		k8snet_plan_unref(plan);
	return r;
}

static int plan(struct world *w)
{
	return plan_with(w, 0);
}

static int plan_full(struct world *w)
{
	return plan_with(w, K8SNET_PLAN_FULL);
}

static int plan_prune(struct world *w)
{
	return plan_with(w, K8SNET_PLAN_PRUNE);
}

static int plan_without_kernel(struct world *w)
{
	struct k8snet_plan *plan;
	int r = k8snet_plan_new(&plan, w->cluster, "node-1", NULL, 0);

	if (r == 0)
		k8snet_plan_unref(plan);
	return r;
}

static int plan_pod(struct world *w)
{
	struct k8snet_plan *plan;
	int r = k8snet_plan_new_for_pod(&plan, pod(w, "b"), w->kernel);

	if (r == 0)
		k8snet_plan_unref(plan);
	return r;
}

static int open_kernel(struct world *w)
{
	struct k8snet_kernel *kernel;
	int r = machine_open(&kernel, w->ctx, w->machine);

	if (r == 0)
		k8snet_kernel_unref(kernel);
	return r;
}

static int swallow(void *data, const char *text, size_t length)
{
	(void)data;
	(void)text;
	(void)length;
	return 0;
}

static int print(struct world *w)
{
	enum k8snet_plan_format format;
	const struct k8snet_op *op;
	struct k8snet_plan *plan;
	int r = k8snet_plan_new(&plan, w->cluster, "node-1", w->kernel, plan_flags(w, 0));
	char *text;

	if (r < 0)
		return r;
	for (format = K8SNET_PLAN_TEXT; r == 0 && format <= K8SNET_PLAN_COMMANDS; format++)
		r = k8snet_plan_print(plan, format, swallow, NULL);
	op = k8snet_plan_next_op(plan, NULL);
	for (; r == 0 && op; op = k8snet_plan_next_op(plan, op)) {
		r = k8snet_op_format(op, K8SNET_PLAN_JSON, &text);
		if (r == 0)
			free(text);
	}
	k8snet_plan_unref(plan);
	return r;
}

static int apply(struct world *w)
{
	struct k8snet_plan *plan;
	int r = k8snet_plan_new(&plan, w->cluster, "node-1", w->kernel, plan_flags(w, 0));

	if (r < 0)
		return r;
	r = k8snet_plan_apply(plan, w->kernel, NULL);
	k8snet_plan_unref(plan);
	return r;
}

static int apply_prune(struct world *w)
{
	struct k8snet_plan *plan;
	int r = k8snet_plan_new(&plan, w->cluster, "node-1", w->kernel,
				plan_flags(w, K8SNET_PLAN_PRUNE));

	if (r < 0)
		return r;
	r = k8snet_plan_apply(plan, w->kernel, NULL);
	k8snet_plan_unref(plan);
	return r;
}

/* --- the loop ------------------------------------------------------------- */

static void check(struct world *w)
{
	if (!k8snet_cluster_find_node(w->cluster, "node-1")) {
		sync_with(w, K8SNET_PLAN_PRUNE);
		expect_empty(w, K8SNET_PLAN_PRUNE);
		assert_int_equal(machine_count_elements(w->machine), 0);
		return;
	}
	sync_world(w);
	expect_as_fresh(w, true);
}

static void each_allocation(setup_fn setup, act_fn act, bool may_succeed)
{
	long n, live = oom_live();
	bool failed = true;
	struct world w;
	int r;

	for (n = 0; failed; n++) {
		start(&w);
		setup(&w);
		oom_arm(n);
		r = act(&w);
		failed = oom_disarm();
		if (r != (failed ? -ENOMEM : 0) && !(may_succeed && r == 0))
			fail_msg("allocation %ld: %d, %s", n, r, last_error(&w));
		if (r == -ENOMEM)
			assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(w.ctx)),
					 K8SNET_MSG_NO_MEMORY);
		check(&w);
		world_done(&w);
		assert_int_equal(oom_live(), live);
	}
	assert_true(n > 1);
}

static void test_plan(void **state)
{
	(void)state;
	each_allocation(nothing, plan, false);
	each_allocation(nothing, plan_without_kernel, false);
	each_allocation(in_sync, plan_full, true);
	each_allocation(in_sync, plan_prune, true);
	each_allocation(changed, plan, false);
	each_allocation(changed, plan_full, false);
	each_allocation(ending, plan, false);
	each_allocation(ending, plan_full, false);
	each_allocation(balanced, plan, false);
	each_allocation(balanced, plan_full, false);
	each_allocation(gone, plan_prune, false);
}

static void test_plan_pod(void **state)
{
	(void)state;
	each_allocation(nothing, plan_pod, false);
	each_allocation(changed, plan_pod, false);
	each_allocation(nothing, open_kernel, false);
}

static void test_print(void **state)
{
	(void)state;
	each_allocation(nothing, print, false);
	each_allocation(changed, print, false);
}

/* What fails after the operations are done costs another look, no error. */
static void test_apply(void **state)
{
	(void)state;
	each_allocation(nothing, apply, true);
	each_allocation(changed, apply, true);
	each_allocation(ending, apply, true);
	each_allocation(balanced, apply, true);
	each_allocation(gone, apply_prune, true);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plan),
		cmocka_unit_test(test_plan_pod),
		cmocka_unit_test(test_print),
		cmocka_unit_test(test_apply),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
