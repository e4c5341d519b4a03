/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services alone, beside somebody else's pod network, or the library's own. */
#include "fixture.h"

/* Operations of a layer below services, among all. */
static size_t count_below(struct world *w, unsigned int flags, size_t *n)
{
	struct k8snet_plan *plan = plan_for(w, flags);
	const struct k8snet_op *op = NULL;
	size_t below = 0;

	while ((op = k8snet_plan_next_op(plan, op)))
		below += !strcmp(k8snet_op_get_verb(op), "link add") ||
			 k8snet_op_get_layer(op) < K8SNET_LAYER_SERVICE;
	*n = k8snet_plan_count_ops(plan);
	k8snet_plan_unref(plan);
	return below;
}

static void alone(int families, enum k8snet_mode mode, enum k8snet_link link)
{
	struct world w;
	size_t n;

	world_init_nodes(&w, families, mode, link);
	k8snet_cluster_set_services_only(w.cluster, true);
	add_shop(&w);
	assert_int_equal(count_below(&w, 0, &n), 0);
	assert_true(n > 0);
	sync_with(&w, 0);
	assert_int_equal(w.machine->n_observed, 0);
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	assert_null(machine_next(w.machine, NULL, KOBJ_ROUTE));

	/* nodes and pods are nothing to it, endpoints are */
	add_node(&w, 4);
	add_pod(&w, "late", 1, 77);
	sync_with(&w, 0);
	assert_null(machine_next(w.machine, NULL, KOBJ_ROUTE));
	add_endpoint(slice(&w, has4(&w) ? "web-4" : "web-6"), 1, 77);
	assert_int_equal(count_below(&w, 0, &n), 0);
	assert_true(n > 0);
	sync_with(&w, K8SNET_PLAN_PRUNE);
	world_restart(&w);
	expect_empty(&w, K8SNET_PLAN_PRUNE);

	/* all of the layers after all; and back, when they stay */
	k8snet_cluster_set_services_only(w.cluster, false);
	sync_world(&w);
	expect_as_fresh(&w, true);
	assert_non_null(machine_next(w.machine, NULL, KOBJ_ROUTE));
	k8snet_cluster_set_services_only(w.cluster, true);
	expect_empty(&w, 0);
	world_restart(&w);
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	k8snet_node_remove(k8snet_cluster_find_node(w.cluster, "node-1"));
	assert_int_equal(count_below(&w, K8SNET_PLAN_PRUNE, &n), 0);
	sync_with(&w, K8SNET_PLAN_PRUNE);
	assert_int_equal(machine_count_elements(w.machine), 0);
	assert_non_null(machine_next(w.machine, NULL, KOBJ_ROUTE));
	world_done(&w);
}

static void test_alone(void **state)
{
	int families, mode, link;

	(void)state;
	for (families = 0; families < 3; families++)
		for (mode = 0; mode < 2; mode++)
			for (link = 0; link < 2; link++)
				alone((int[]){4, 6, 46}[families], mode, link);
}

static void test_without_uplink(void **state)
{
	struct k8snet_plan *plan;
	struct k8snet_pod *p;
	struct world w;
	size_t n;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_OVERLAY, K8SNET_LINK_BRIDGE);
	add_shop(&w);
	k8snet_node_clear_addresses(k8snet_cluster_find_node(w.cluster, "node-1"));
	k8snet_node_add_address(k8snet_cluster_find_node(w.cluster, "node-1"), "192.0.2.99");
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "node-1", NULL, 0), -ENOENT);
	k8snet_cluster_set_services_only(w.cluster, true);
	assert_int_equal(count_below(&w, 0, &n), 0);
	assert_true(n > 0);
	p = add_pod(&w, "one", 1, 200);
	assert_int_equal(k8snet_plan_new_for_pod(&plan, p, w.kernel), -EINVAL);
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "node-1", NULL, 0), 0);
	assert_false(k8snet_plan_is_empty(plan));
	k8snet_plan_unref(plan);
	world_done(&w);
}

/* Without any address there are cluster IPs, in each family that has one, and nothing at
 * which a node port could be; what is missing is told, until it is there. */
static void test_without_address(void **state)
{
	struct k8snet_plan *plan;
	struct k8snet_service *s;
	struct k8snet_node *node;
	struct world w;
	size_t n;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	k8snet_cluster_set_services_only(w.cluster, true);
	node = k8snet_cluster_find_node(w.cluster, "node-1");
	k8snet_node_clear_addresses(node);
	k8snet_node_clear_pod_cidrs(node);
	add_shop(&w);
	plan = plan_for(&w, 0);
	assert_non_null(k8snet_plan_get_lack(plan, 0));
	assert_non_null(strstr(k8snet_plan_get_lack(plan, 0), "node node-1: has no address"));
	assert_null(k8snet_plan_get_lack(plan, 1));
	k8snet_plan_unref(plan);
	assert_true(sync_with(&w, 0) > 0);
	assert_true(machine_count_elements(w.machine) > 0);
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	/* A cluster IP of another family. */
	s = k8snet_cluster_next_service(w.cluster, NULL);
	assert_int_equal(k8snet_service_add_cluster_ip(s, "fd00:96::77"), 0);
	n = machine_count_elements(w.machine);
	sync_with(&w, 0);
	assert_true(machine_count_elements(w.machine) > n);
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	k8snet_node_add_address(node, "192.0.2.99");
	plan = plan_for(&w, 0);
	assert_null(k8snet_plan_get_lack(plan, 0));
	k8snet_plan_unref(plan);
	sync_with(&w, 0);
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_without_uplink),
		cmocka_unit_test(test_without_address),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
