/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers 0 and 1: nodes, pods, modes of joining them; plans for one pod. */
#include "fixture.h"

static void shop(struct world *w, int families, enum k8snet_mode mode, enum k8snet_link link)
{
	world_init_nodes(w, families, mode, link);
	add_shop(w);
	sync_world(w);
}

/* In sync, as if planned from nothing, and nothing old is left behind. */
static void check(struct world *w)
{
	sync_world(w);
	expect_as_fresh(w, true);
	expect_empty(w, K8SNET_PLAN_PRUNE);
}

static void finish(struct world *w)
{
	check(w);
	world_done(w);
}

static struct k8snet_node *node(struct world *w, const char *name)
{
	return k8snet_cluster_find_node(w->cluster, name);
}

/* --- nodes ---------------------------------------------------------------- */

static void nodes(int families, enum k8snet_mode mode, enum k8snet_link link)
{
	struct k8snet_node *n;
	struct world w;

	shop(&w, families, mode, link);
	add_node(&w, 4);
	check(&w);
	k8snet_node_remove(node(&w, "node-2"));
	check(&w);
	n = node(&w, "node-3");
	k8snet_node_clear_addresses(n);
	if (has4(&w))
		k8snet_node_add_address(n, "10.100.0.33");
	if (has6(&w))
		k8snet_node_add_address(n, "fd00:100::33");
	check(&w);
	k8snet_node_clear_pod_cidrs(n);
	check(&w);
	if (has4(&w))
		k8snet_node_add_pod_cidr(n, "10.1.33.0/24");
	check(&w);
	k8snet_node_set_overlay_mac(n, has4(&w) ? 4 : 6, (uint8_t[]){2, 1, 2, 3, 4, 5});
	check(&w);
	/* this one */
	k8snet_node_set_overlay_mac(node(&w, "node-1"), has4(&w) ? 4 : 6,
				    (uint8_t[]){2, 9, 9, 9, 9, 9});
	check(&w);
	k8snet_node_remove(node(&w, "node-1"));
	sync_world(&w);
	add_node(&w, 1);
	finish(&w);
}

static void test_nodes(void **state)
{
	int families, mode, link;

	(void)state;
	for (families = 0; families < 3; families++)
		for (mode = 0; mode < 2; mode++)
			for (link = 0; link < 2; link++)
				nodes((int[]){4, 6, 46}[families], mode, link);
}

/* A cluster-wide pod CIDR: then changes of peers are planned one by one. */
static void test_peers_alone(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_OVERLAY, K8SNET_LINK_BRIDGE);
	k8snet_cluster_add_pod_cidr(w.cluster, "10.1.0.0/16");
	sync_world(&w);
	add_node(&w, 4);
	assert_int_equal(sync_with(&w, 0), 3);
	check(&w);
	k8snet_node_remove(node(&w, "node-4"));
	assert_int_equal(sync_with(&w, 0), 3);
	check(&w);
	k8snet_node_clear_addresses(node(&w, "node-3"));
	k8snet_node_add_address(node(&w, "node-3"), "10.100.0.99");
	assert_int_equal(sync_with(&w, 0), 1); /* the FDB entry */
	check(&w);
	k8snet_node_set_overlay_mac(node(&w, "node-3"), 4, (uint8_t[]){2, 1, 2, 3, 4, 5});
	assert_int_equal(sync_with(&w, 0), 3); /* FDB: another key; neighbour */
	finish(&w);
}

static void move_node(struct world *w, unsigned int i)
{
	struct k8snet_node *n;
	char text[32];

	snprintf(text, sizeof(text), "node-%u", i);
	n = node(w, text);
	k8snet_node_clear_addresses(n);
	snprintf(text, sizeof(text), "10.200.0.%u", i);
	if (has4(w))
		k8snet_node_add_address(n, text);
	snprintf(text, sizeof(text), "fd00:200::%u", i);
	if (has6(w))
		k8snet_node_add_address(n, text);
}

/* The node's own subnet and address change under everything. */
static void own_node(int families, enum k8snet_mode mode, enum k8snet_link link)
{
	struct k8snet_node *n;
	struct kobj address;
	unsigned int i;
	struct world w;

	shop(&w, families, mode, link);
	n = node(&w, "node-1");
	k8snet_node_clear_pod_cidrs(n);
	check(&w);
	if (has4(&w))
		k8snet_node_add_pod_cidr(n, "10.1.0.0/20");
	if (has6(&w))
		k8snet_node_add_pod_cidr(n, "fd00:1:1::/56");
	check(&w);
	/* all move to another network, on another link */
	machine_add_uplink(w.machine, "eth1", 1400, has4(&w) ? "10.200.0.1/24" : NULL,
			   has6(&w) ? "fd00:200::1/64" : NULL);
	for (i = 1; i <= 3; i++)
		move_node(&w, i);
	sync_world(&w);
	assert_int_equal(machine_find_link(w.machine, "/run/netns/a", "eth0")->kobj.link.mtu,
			 mode == K8SNET_MODE_ROUTE ? 1400
			 : has6(&w)		   ? 1330
						   : 1350);
	address = key_route(NULL, has4(&w) ? "10.1.2.0/24" : "fd00:1:2::/64");
	if (mode == K8SNET_MODE_ROUTE)
		assert_string_equal(machine_find(w.machine, &address)->kobj.name, "eth1");
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	world_done(&w);
}

static void test_own_node(void **state)
{
	int families, mode, link;

	(void)state;
	for (families = 0; families < 3; families++)
		for (mode = 0; mode < 2; mode++)
			for (link = 0; link < 2; link++)
				own_node((int[]){4, 6, 46}[families], mode, link);
}

static void test_uplink_is_missing(void **state)
{
	const struct k8snet_op *op = NULL;
	struct k8snet_plan *plan;
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	k8snet_node_clear_addresses(node(&w, "node-1"));
	k8snet_node_add_address(node(&w, "node-1"), "10.100.0.77");
	/* Services are served all the same, and what is there of the other layers stays. */
	assert_int_equal(k8snet_plan_new(&plan, w.cluster, "node-1", w.kernel, K8SNET_PLAN_PRUNE),
			 0);
	assert_non_null(strstr(k8snet_plan_get_lack(plan, 0), "node-1"));
	assert_non_null(strstr(k8snet_plan_get_lack(plan, 0), "10.100.0.77"));
	while ((op = k8snet_plan_next_op(plan, op)))
		assert_true(k8snet_op_get_layer(op) >= K8SNET_LAYER_SERVICE);
	k8snet_plan_unref(plan);
	k8snet_node_clear_addresses(node(&w, "node-1"));
	k8snet_node_add_address(node(&w, "node-1"), "10.100.0.1");
	finish(&w);
}

/* Two nodes with one subnet and one MAC address: the first one's, until it goes. */
static void peers_in_conflict(enum k8snet_mode mode)
{
	struct k8snet_node *n;
	struct world w;

	shop(&w, 4, mode, K8SNET_LINK_BRIDGE);
	k8snet_cluster_add_pod_cidr(w.cluster, "10.1.0.0/16");
	sync_world(&w);
	assert_int_equal(k8snet_node_new(&n, w.cluster, "node-x"), 0);
	k8snet_node_add_address(n, "10.100.0.44");
	k8snet_node_add_pod_cidr(n, "10.1.2.0/24");
	k8snet_node_set_overlay_mac(n, 4, k8snet_node_get_overlay_mac(node(&w, "node-2"), 4));
	expect_empty(&w, 0);
	check(&w);
	k8snet_node_remove(node(&w, "node-2"));
	check(&w);
	add_node(&w, 2);
	check(&w);
	k8snet_node_remove(n);
	k8snet_node_unref(n);
	check(&w);
	assert_false(w.kernel->state.has_conflicts);
	world_done(&w);
}

static void test_peers_in_conflict(void **state)
{
	(void)state;
	peers_in_conflict(K8SNET_MODE_ROUTE);
	peers_in_conflict(K8SNET_MODE_OVERLAY);
}

/* --- pods ----------------------------------------------------------------- */

static void pods(int families, enum k8snet_mode mode, enum k8snet_link link)
{
	struct k8snet_pod *p;
	struct world w;

	shop(&w, families, mode, link);
	p = add_pod(&w, "d", 1, 4);
	assert_true(sync_with(&w, 0) > 0);
	check(&w);
	/* another address in the same subnet */
	k8snet_pod_clear_addresses(p);
	if (has4(&w))
		k8snet_pod_add_address(p, "10.1.1.5");
	if (has6(&w))
		k8snet_pod_add_address(p, "fd00:1:1::5");
	check(&w);
	/* another MAC address, interface, namespace */
	k8snet_pod_set_mac(p, (uint8_t[]){2, 0, 0, 0, 0, 1});
	check(&w);
	k8snet_pod_set_interface(p, "net1");
	check(&w);
	machine_add_netns(w.machine, "/run/netns/other");
	k8snet_pod_set_netns(p, "/run/netns/other");
	check(&w);
	/* detached and attached, moved away and back */
	k8snet_pod_set_netns(p, NULL);
	check(&w);
	k8snet_pod_set_netns(p, "/run/netns/other");
	check(&w);
	k8snet_pod_set_node_name(p, "node-2");
	check(&w);
	k8snet_pod_set_node_name(p, "node-1");
	k8snet_pod_set_host_network(p, true);
	check(&w);
	k8snet_pod_set_host_network(p, false);
	check(&w);
	/* an address that is not of this node's subnet: joined, but not routed */
	k8snet_pod_clear_addresses(p);
	k8snet_pod_add_address(p, has4(&w) ? "10.77.0.1" : "fd77::1");
	check(&w);
	k8snet_pod_remove(p);
	check(&w);
	/* gone with its namespace */
	machine_remove_netns(w.machine, "/run/netns/a");
	k8snet_pod_remove(pod(&w, "a"));
	finish(&w);
}

static void test_pods(void **state)
{
	int families, mode, link;

	(void)state;
	for (families = 0; families < 3; families++)
		for (mode = 0; mode < 2; mode++)
			for (link = 0; link < 2; link++)
				pods((int[]){4, 6, 46}[families], mode, link);
}

/* A pod leaves and another one has its address, its namespace, in one go. */
static void reuse(enum k8snet_link link)
{
	struct k8snet_pod *p;
	struct world w;

	shop(&w, 46, K8SNET_MODE_ROUTE, link);
	k8snet_pod_remove(pod(&w, "a"));
	p = add_pod(&w, "n", 1, 2);
	check(&w);
	k8snet_pod_set_netns(p, "/run/netns/a");
	check(&w);
	/* both at once: the first one has it, and keeps it */
	k8snet_pod_set_netns(add_pod(&w, "late", 1, 2), "/run/netns/a");
	expect_empty(&w, 0);
	check(&w);
	k8snet_pod_remove(p);
	check(&w);
	k8snet_pod_clear_addresses(pod(&w, "late"));
	k8snet_pod_add_address(pod(&w, "late"), "10.1.1.3"); /* b's */
	check(&w);
	k8snet_pod_remove(pod(&w, "b"));
	check(&w);
	k8snet_pod_set_netns(pod(&w, "late"), "/run/netns/b");
	finish(&w);
}

static void test_reuse(void **state)
{
	(void)state;
	reuse(K8SNET_LINK_PTP);
	reuse(K8SNET_LINK_BRIDGE);
}

/* Pods that another process joined, and that the model learns of one by one. */
static void test_late_pods(void **state)
{
	struct k8snet_pod *p;
	struct world w;
	unsigned int was;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_PTP);
	p = k8snet_pod_ref(pod(&w, "a"));
	k8snet_pod_remove(p);
	k8snet_pod_unref(p);
	world_restart(&w);
	sync_world(&w);
	was = machine_find_link(w.machine, "/run/netns/a", "eth0")->pair;
	add_pod(&w, "a", 1, 2);
	expect_empty(&w, 0);
	assert_int_equal(machine_find_link(w.machine, "/run/netns/a", "eth0")->pair, was);
	finish(&w);
}

/* --- modes and settings --------------------------------------------------- */

static void test_modes(void **state)
{
	static const int order[] = {0, 1, 2, 3, 0, 2, 1, 3, 0};
	struct world w;
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		size_t j;

		shop(&w, (int[]){4, 6, 46}[i], K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
		for (j = 0; j < sizeof(order) / sizeof(order[0]); j++) {
			k8snet_cluster_set_mode(w.cluster, order[j] & 1);
			k8snet_cluster_set_link(w.cluster, order[j] >> 1);
			check(&w);
		}
		world_done(&w);
	}
}

static void settings(enum k8snet_link link)
{
	struct world w;

	shop(&w, 46, K8SNET_MODE_OVERLAY, link);
	k8snet_cluster_set_overlay_vni(w.cluster, 77);
	check(&w);
	assert_null(machine_find_link(w.machine, NULL, "vxlan4.1"));
	k8snet_cluster_set_overlay_port(w.cluster, 4789);
	check(&w);
	k8snet_cluster_set_direct_routing(w.cluster, true);
	check(&w);
	assert_null(machine_next(w.machine, NULL, KOBJ_FDB));
	k8snet_cluster_set_overlay_port(w.cluster, 8472);
	k8snet_cluster_set_direct_routing(w.cluster, false);
	check(&w);
	k8snet_cluster_set_mtu(w.cluster, 1300);
	check(&w);
	k8snet_cluster_set_mtu(w.cluster, 0);
	check(&w);
	k8snet_cluster_set_bridge_name(w.cluster, "cni0");
	check(&w);
	k8snet_cluster_set_bridge_name(w.cluster, "k8snet0");
	k8snet_cluster_set_overlay_vni(w.cluster, 1);
	k8snet_cluster_set_overlay_port(w.cluster, 4789);
	finish(&w);
}

static void test_settings(void **state)
{
	(void)state;
	settings(K8SNET_LINK_BRIDGE);
	settings(K8SNET_LINK_PTP);
}

/* --- one pod -------------------------------------------------------------- */

static size_t sync_pod(struct world *w, struct k8snet_pod *p, size_t *n_observed)
{
	size_t before = w->machine->n_observed, n;
	struct k8snet_plan *plan;

	assert_int_equal(k8snet_plan_new_for_pod(&plan, p, w->kernel), 0);
	*n_observed = w->machine->n_observed - before;
	n = k8snet_plan_count_ops(plan);
	if (k8snet_plan_apply(plan, w->kernel, NULL) < 0)
		fail_msg("apply: %s", last_error(w));
	k8snet_plan_unref(plan);
	return n;
}

static void one_pod(int families, enum k8snet_mode mode, enum k8snet_link link)
{
	size_t looked, before;
	struct k8snet_pod *p;
	char name[32];
	struct world w;
	unsigned int i;

	world_init_nodes(&w, families, mode, link);
	p = k8snet_pod_ref(add_pod(&w, "one", 1, 200));
	assert_true(sync_pod(&w, p, &looked) > 5);
	assert_int_equal(sync_pod(&w, p, &before), 0);
	/* many others do not make it look at more */
	add_shop(&w);
	for (i = 10; i < 60; i++) {
		snprintf(name, sizeof(name), "p%u", i);
		add_pod(&w, name, 1, i);
		snprintf(name, sizeof(name), "s%u", i);
		add_service(&w, name, i);
	}
	world_restart(&w);
	sync_world(&w);
	assert_int_equal(sync_pod(&w, p, &looked), 0);
	assert_int_equal(looked, before);
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	/* gone: removed, and nothing else; again: nothing to do */
	k8snet_pod_remove(p);
	assert_int_equal(sync_pod(&w, p, &looked), 1);
	assert_int_equal(sync_pod(&w, p, &looked), 0);
	check(&w);
	k8snet_pod_unref(p);
	world_done(&w);
}

static void test_one_pod(void **state)
{
	int families, mode, link;

	(void)state;
	for (families = 0; families < 3; families++)
		for (mode = 0; mode < 2; mode++)
			for (link = 0; link < 2; link++)
				one_pod((int[]){4, 6, 46}[families], mode, link);
}

/* What hangs on the bridge, and the bridge, are not a pod's to remove. */
static void test_one_pod_and_the_bridge(void **state)
{
	struct kobj address = key_address(NULL, "k8snet0", "10.55.0.1/24");
	struct k8snet_pod *p;
	struct world w;
	size_t looked;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	assert_int_equal(machine_kobj_add(w.machine, &address, 0), 0);
	p = k8snet_pod_ref(add_pod(&w, "one", 1, 200));
	assert_true(sync_pod(&w, p, &looked) > 0);
	k8snet_pod_clear_addresses(p);
	k8snet_pod_add_address(p, "10.1.1.201");
	assert_int_equal(sync_pod(&w, p, &looked), 4); /* MAC address, address, route */
	k8snet_node_clear_pod_cidrs(node(&w, "node-1"));
	assert_int_equal(sync_pod(&w, p, &looked), 2); /* its route, its link */
	assert_non_null(machine_find(w.machine, &address));
	assert_non_null(machine_find_link(w.machine, NULL, "k8snet0"));
	k8snet_pod_unref(p);
	world_done(&w);
}

static void test_one_pod_errors(void **state)
{
	struct k8snet_plan *plan;
	struct k8snet_pod *p;
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	assert_int_equal(k8snet_pod_new(&p, w.cluster, "shop", "nowhere"), 0);
	assert_int_equal(k8snet_plan_new_for_pod(&plan, p, w.kernel), -EINVAL);
	k8snet_pod_set_node_name(p, "node-1"); /* not attached: nothing to do */
	assert_int_equal(k8snet_plan_new_for_pod(&plan, p, w.kernel), 0);
	assert_true(k8snet_plan_is_empty(plan));
	k8snet_plan_unref(plan);
	w.machine->fail_observe = true;
	assert_int_equal(k8snet_plan_new_for_pod(&plan, p, w.kernel), -EIO);
	w.machine->fail_observe = false;
	k8snet_pod_unref(p);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_peers_alone),
		cmocka_unit_test(test_own_node),
		cmocka_unit_test(test_uplink_is_missing),
		cmocka_unit_test(test_peers_in_conflict),
		cmocka_unit_test(test_pods),
		cmocka_unit_test(test_reuse),
		cmocka_unit_test(test_late_pods),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_one_pod),
		cmocka_unit_test(test_one_pod_and_the_bridge),
		cmocka_unit_test(test_one_pod_errors),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
