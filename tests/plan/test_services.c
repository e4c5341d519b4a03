/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Layers 2 and 3: frontends, slots, verdicts, hairpin members. */
#include "fixture.h"

static struct world *shop(struct world *w, int families)
{
	world_init_nodes(w, families, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(w);
	sync_world(w);
	return w;
}

static void finish(struct world *w)
{
	sync_world(w);
	expect_as_fresh(w, true);
	sync_with(w, K8SNET_PLAN_PRUNE);
	expect_empty(w, K8SNET_PLAN_PRUNE);
	expect_as_fresh(w, false);
	world_done(w);
}

static unsigned int n_backends(const struct world *w, const char *vip)
{
	const struct nft_element key = key_service(vip, 80);

	return machine_find_element(w->machine, &key)->element.to_n;
}

#define EP4(slot)	 "ip k8snet endpoints-tcp { 10.96.0.1 . 80 . " slot " }"
#define EP4_TO(slot, to) "ip k8snet endpoints-tcp { 10.96.0.1 . 80 . " slot " : " to " }"
#define VIP		 "ip k8snet services { 10.96.0.1 . tcp . 80 }"
#define VIP_TO(to)	 "ip k8snet services { 10.96.0.1 . tcp . 80 : " to " }"

/* --- slots ---------------------------------------------------------------- */

static void test_replace_one(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4);
	remove_endpoint(slice(&w, "web-4"), 2, 2);
	add_endpoint(slice(&w, "web-4"), 2, 9);
	expect_plan(&w, 0, "element delete " EP4("2"),
		    "element add " EP4_TO("2", "10.1.2.9 . 8080"));
	finish(&w);
}

static void test_remove_one(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4);
	remove_endpoint(slice(&w, "web-4"), 1, 2);
	expect_plan(&w, 0, "chain add ip k8snet cluster-tcp-2",
		    "element add ip k8snet balancers { 8001:2 . tcp : goto cluster-tcp-2 }",
		    "element delete " EP4("0"), "element add " EP4_TO("0", "10.1.2.2 . 8080"),
		    "element delete " EP4("2"), "element delete " VIP,
		    "element add " VIP_TO("8001:2"),
		    "element delete ip k8snet hairpin { 10.1.1.2 . 10.1.1.2 }");
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 1, 3); /* the last slot: nothing moves */
	expect_plan(&w, 0, "chain add ip k8snet cluster-tcp-1",
		    "element add ip k8snet balancers { 8001:1 . tcp : goto cluster-tcp-1 }",
		    "element delete " EP4("1"), "element delete " VIP,
		    "element add " VIP_TO("8001:1"),
		    "element delete ip k8snet hairpin { 10.1.1.3 . 10.1.1.3 }");
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 2, 2);
	expect_plan(&w, 0, "element delete " EP4("0"), "element delete " VIP,
		    "element add " VIP_TO("80ff:0"),
		    "element add ip k8snet balancers { 80ff:0 . tcp : goto no-endpoints }");
	sync_world(&w);
	add_endpoint(slice(&w, "web-4"), 2, 2);
	expect_plan(&w, 0, "element add " EP4_TO("0", "10.1.2.2 . 8080"), "element delete " VIP,
		    "element add " VIP_TO("8001:1"));
	finish(&w);
}

static void test_terminating(void **state)
{
	const unsigned int leaving = K8SNET_ENDPOINT_SERVING | K8SNET_ENDPOINT_TERMINATING;
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	shop(&w, 4);
	s = slice(&w, "web-4");
	remove_endpoint(s, 1, 2);
	remove_endpoint(s, 1, 3);
	add_endpoint_with(s, 1, 2, leaving); /* not while one is ready */
	add_endpoint_with(s, 1, 3, K8SNET_ENDPOINT_TERMINATING);
	sync_world(&w);
	assert_int_equal(n_backends(&w, "10.96.0.1"), 1);
	remove_endpoint(s, 2, 2);
	expect_plan(&w, 0, "element delete " EP4("0"),
		    "element add " EP4_TO("0", "10.1.1.2 . 8080"));
	sync_world(&w);
	add_endpoint_with(s, 2, 2, 0);
	remove_endpoint(s, 1, 2);
	expect_plan(&w, 0, "element delete " EP4("0"), "element delete " VIP,
		    "element add " VIP_TO("80ff:0"),
		    "element add ip k8snet balancers { 80ff:0 . tcp : goto no-endpoints }",
		    "element delete ip k8snet hairpin { 10.1.1.2 . 10.1.1.2 }");
	finish(&w);
}

static void test_several_slices(void **state)
{
	struct k8snet_endpointslice *other;
	struct world w;

	(void)state;
	shop(&w, 4);
	other = add_slice(&w, "web-more", "web", 4);
	add_endpoint(other, 1, 3); /* in both: one backend */
	add_endpoint(other, 2, 7);
	expect_plan(&w, 0, "chain add ip k8snet cluster-tcp-4",
		    "element add ip k8snet balancers { 8001:4 . tcp : goto cluster-tcp-4 }",
		    "element add " EP4_TO("3", "10.1.2.7 . 8080"), "element delete " VIP,
		    "element add " VIP_TO("8001:4"));
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 1, 3); /* still in the other */
	expect_empty(&w, 0);
	sync_world(&w);
	k8snet_endpointslice_remove(slice(&w, "web-4"));
	sync_world(&w);
	/* a slice of nobody's, and one that changes its service's name by reload */
	add_endpoint(add_slice(&w, "lost", "nowhere", 4), 2, 8);
	expect_empty(&w, 0);
	finish(&w);
}

/* As many as are indexed, before and after. */
static void test_many_in_two_slices(void **state)
{
	struct k8snet_endpointslice *other;
	unsigned int host;
	struct world w;

	(void)state;
	shop(&w, 4);
	sync_world(&w);
	other = add_slice(&w, "web-more", "web", 4);
	for (host = 50; host < 80; host++) {
		add_endpoint(slice(&w, "web-4"), 1, host);
		add_endpoint(other, 1, host);
		add_endpoint(other, 2, host);
		sync_world(&w);
		assert_int_equal(n_backends(&w, "10.96.0.1"), 3 + 2 * (host - 49));
	}
	for (host = 50; host < 80; host++) {
		remove_endpoint(slice(&w, "web-4"), 1, host);
		expect_empty(&w, 0); /* still in the other */
	}
	for (host = 50; host < 79; host++) {
		remove_endpoint(other, 2, host);
		assert_int_equal(sync_with(&w, 0) > 0, true);
	}
	assert_int_equal(n_backends(&w, "10.96.0.1"), 3 + 30 + 1);
	sync_world(&w);
	finish(&w);
}

static void test_ports_of_slices(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	shop(&w, 4);
	k8snet_service_add_port(service(&w, "web"), "dns", K8SNET_PROTOCOL_UDP, 53, 0);
	sync_world(&w);
	/* one slice names the port, with another number than its neighbour */
	s = add_slice(&w, "web-dns", "web", 4);
	k8snet_endpointslice_add_port(s, "dns", K8SNET_PROTOCOL_UDP, 5353);
	add_endpoint(s, 2, 5);
	expect_plan(&w, 0, "chain add ip k8snet cluster-udp-1",
		    "element add ip k8snet balancers { 8001:1 . udp : goto cluster-udp-1 }",
		    "chain add ip k8snet cluster-tcp-4",
		    "element add ip k8snet balancers { 8001:4 . tcp : goto cluster-tcp-4 }",
		    "element add ip k8snet endpoints-udp { 10.96.0.1 . 53 . 0 : 10.1.2.5 . 5353 }",
		    "element delete ip k8snet services { 10.96.0.1 . udp . 53 }",
		    "element add ip k8snet services { 10.96.0.1 . udp . 53 : 8001:1 }",
		    "element add " EP4_TO("3", "10.1.2.5 . 8080"), "element delete " VIP,
		    "element add " VIP_TO("8001:4"),
		    "conntrack delete udp 10.96.0.1:53 untranslated");
	sync_world(&w);
	k8snet_service_clear_ports(service(&w, "web"));
	k8snet_service_add_port(service(&w, "web"), "dns", K8SNET_PROTOCOL_UDP, 54, 0);
	finish(&w);
}

/* --- where a service is --------------------------------------------------- */

static void test_ways_in(void **state)
{
	struct k8snet_service *s;
	struct world w;

	(void)state;
	shop(&w, 46);
	s = service(&w, "web");
	k8snet_service_clear_ports(s);
	k8snet_service_add_port(s, "http", K8SNET_PROTOCOL_TCP, 80, 30080);
	expect_empty(&w, 0); /* ClusterIP has no node ports */
	k8snet_service_set_type(s, K8SNET_SERVICE_NODE_PORT);
	expect_plan(
		&w, 0, "chain add ip k8snet node-port-tcp-3",
		"element add ip k8snet balancers { 8003:3 . tcp : goto node-port-tcp-3 }",
		"chain add ip6 k8snet node-port-tcp-3",
		"element add ip6 k8snet balancers { 8003:3 . tcp : goto node-port-tcp-3 }",
		"element add ip k8snet node-ports { tcp . 30080 : 8003:3 }",
		"element add ip6 k8snet node-ports { tcp . 30080 : 8003:3 }",
		"element add ip k8snet node-port-endpoints-tcp { 30080 . 0 : 10.1.1.2 . 8080 }",
		"element add ip k8snet node-port-endpoints-tcp { 30080 . 1 : 10.1.1.3 . 8080 }",
		"element add ip k8snet node-port-endpoints-tcp { 30080 . 2 : 10.1.2.2 . 8080 }",
		"element add ip6 k8snet node-port-endpoints-tcp { 30080 . 0 : fd00:1:1::2 . 8080 }",
		"element add ip6 k8snet node-port-endpoints-tcp { 30080 . 1 : fd00:1:1::3 . 8080 }",
		"element add ip6 k8snet node-port-endpoints-tcp { 30080 . 2 : fd00:1:2::2 . 8080 "
		"}");
	sync_world(&w);
	k8snet_service_add_load_balancer_ip(s, "192.0.2.10");
	expect_empty(&w, 0); /* not a LoadBalancer */
	k8snet_service_add_external_ip(s, "198.51.100.7");
	assert_int_equal(sync_with(&w, 0), 6); /* with the chain and its number */
	k8snet_service_set_type(s, K8SNET_SERVICE_LOAD_BALANCER);
	expect_plan(&w, 0,
		    "element add ip k8snet endpoints-tcp { 192.0.2.10 . 80 . 0 : 10.1.1.2 . 8080 }",
		    "element add ip k8snet endpoints-tcp { 192.0.2.10 . 80 . 1 : 10.1.1.3 . 8080 }",
		    "element add ip k8snet endpoints-tcp { 192.0.2.10 . 80 . 2 : 10.1.2.2 . 8080 }",
		    "element add ip k8snet services { 192.0.2.10 . tcp . 80 : 8002:3 }");
	sync_world(&w);
	/* one address as both kinds: one frontend, and no conflict */
	k8snet_service_add_external_ip(s, "192.0.2.10");
	expect_empty(&w, 0);
	assert_false(w.kernel->state.frontends.has_conflicts);
	k8snet_service_clear_external_ips(s);
	assert_int_equal(sync_with(&w, 0), 4);
	k8snet_service_set_type(s, K8SNET_SERVICE_CLUSTER_IP);
	assert_int_equal(sync_with(&w, 0), 12);
	finish(&w);
}

static void test_headless_and_external_name(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4);
	k8snet_service_clear_cluster_ips(service(&w, "web"));
	assert_int_equal(sync_with(&w, 0), 7); /* with its members of sets */
	sync_world(&w);
	expect_as_fresh(&w, true);
	k8snet_service_add_cluster_ip(service(&w, "web"), "10.96.0.1");
	sync_world(&w);
	k8snet_service_set_type(service(&w, "web"), K8SNET_SERVICE_EXTERNAL_NAME);
	finish(&w);
}

static void test_last_service(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 46);
	k8snet_service_remove(service(&w, "web"));
	assert_int_equal(sync_with(&w, 0), 14);
	expect_empty(&w, K8SNET_PLAN_FULL);
	add_service(&w, "web", 1);
	sync_world(&w);
	expect_as_fresh(&w, true);
	k8snet_service_remove(service(&w, "web"));
	sync_world(&w);
	expect_plan(&w, K8SNET_PLAN_PRUNE, "table delete ip k8snet", "table delete ip6 k8snet");
	sync_with(&w, K8SNET_PLAN_PRUNE);
	add_service(&w, "web", 1);
	finish(&w);
}

/* --- conflicts ------------------------------------------------------------ */

static void test_two_claim_one_vip(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4);
	add_service(&w, "thief", 1);
	add_endpoint(add_slice(&w, "thief-4", "thief", 4), 3, 3);
	expect_empty(&w, 0); /* first wins */
	sync_world(&w);
	add_endpoint(slice(&w, "thief-4"), 3, 4);
	expect_empty(&w, 0);
	k8snet_service_remove(service(&w, "web"));
	sync_world(&w);
	assert_int_equal(n_backends(&w, "10.96.0.1"), 2);
	expect_as_fresh(&w, true);
	assert_false(w.kernel->state.frontends.has_conflicts);
	add_service(&w, "web", 1); /* is the second now */
	expect_empty(&w, 0);
	k8snet_service_clear_cluster_ips(service(&w, "thief"));
	sync_world(&w);
	expect_as_fresh(&w, true);
	/* a VIP changes hands in one go */
	k8snet_service_add_cluster_ip(service(&w, "thief"), "10.96.0.9");
	sync_world(&w);
	k8snet_service_clear_cluster_ips(service(&w, "thief"));
	k8snet_service_clear_cluster_ips(service(&w, "web"));
	k8snet_service_add_cluster_ip(service(&w, "thief"), "10.96.0.1");
	k8snet_service_add_cluster_ip(service(&w, "web"), "10.96.0.9");
	finish(&w);
}

/* --- hairpin -------------------------------------------------------------- */

static void test_hairpin_is_counted(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4);
	add_service(&w, "api", 2);
	add_endpoint(add_slice(&w, "api-4", "api", 4), 1, 2);
	sync_world(&w);
	remove_endpoint(slice(&w, "web-4"), 1, 2); /* api still has it */
	assert_int_equal(sync_with(&w, 0), 7);
	expect_as_fresh(&w, true);
	k8snet_service_remove(service(&w, "api"));
	expect_plan(&w, 0, "element delete ip k8snet services { 10.96.0.2 . tcp . 80 }",
		    "element delete ip k8snet endpoints-tcp { 10.96.0.2 . 80 . 0 }",
		    "element delete ip k8snet cluster-ips { 10.96.0.2 }",
		    "element delete ip k8snet hairpin { 10.1.1.2 . 10.1.1.2 }");
	finish(&w);
}

/* --- the sets ------------------------------------------------------------- */

static void test_pod_networks(void **state)
{
	struct k8snet_node *node;
	struct world w;

	(void)state;
	shop(&w, 4);
	k8snet_cluster_add_pod_cidr(w.cluster, "10.1.0.0/16");
	expect_plan(&w, 0, "element delete ip k8snet pod-networks { 10.1.1.0/24 }",
		    "element delete ip k8snet pod-networks { 10.1.2.0/24 }",
		    "element delete ip k8snet pod-networks { 10.1.3.0/24 }",
		    "element add ip k8snet pod-networks { 10.1.0.0/16 }",
		    "element delete ip k8snet unmasqueraded { 10.1.1.0/24 }",
		    "element delete ip k8snet unmasqueraded { 10.1.2.0/24 }",
		    "element delete ip k8snet unmasqueraded { 10.1.3.0/24 }",
		    "element add ip k8snet unmasqueraded { 10.1.0.0/16 }");
	/* the same found after a restart, by another library's words */
	world_restart(&w);
	sync_world(&w);
	expect_as_fresh(&w, false);
	world_done(&w);

	/* subnets within subnets must not make an interval set fail */
	shop(&w, 46);
	assert_int_equal(k8snet_node_new(&node, w.cluster, "node-9"), 0);
	k8snet_node_add_pod_cidr(node, "10.1.0.0/16");
	k8snet_node_add_pod_cidr(node, "fd00:1:2::/48");
	k8snet_node_clear_pod_cidrs(node);
	k8snet_node_add_pod_cidr(node, "10.0.0.0/8");
	k8snet_node_add_pod_cidr(node, "fd00:1:2::/64"); /* node-2 has it, too */
	sync_world(&w);
	expect_as_fresh(&w, false);
	k8snet_node_remove(node);
	k8snet_node_unref(node);
	finish(&w);
}

#define NETS(set) "ip k8snet " set " { 10.1.0.0/16 }"

/* Who is masqueraded on the way to a cluster IP is data. */
static void test_masquerade(void **state)
{
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(&w);
	k8snet_cluster_add_pod_cidr(w.cluster, "10.1.0.0/16");
	sync_world(&w);
	k8snet_cluster_set_masquerade_all(w.cluster, true);
	expect_plan(&w, 0, "element delete " NETS("unmasqueraded"));
	sync_world(&w);
	k8snet_cluster_set_local_detection(w.cluster, K8SNET_LOCAL_NONE);
	expect_plan(&w, 0, "element delete " NETS("pod-networks"));
	sync_world(&w);
	k8snet_cluster_set_masquerade_all(w.cluster, false);
	expect_plan(&w, 0, "element add ip k8snet unmasqueraded { 0.0.0.0/0 }");
	sync_world(&w);
	k8snet_cluster_set_local_detection(w.cluster, K8SNET_LOCAL_POD_CIDR);
	expect_plan(&w, 0, "element delete ip k8snet unmasqueraded { 0.0.0.0/0 }",
		    "element add " NETS("unmasqueraded"), "element add " NETS("pod-networks"));
	finish(&w);
}

static void test_pod_interfaces(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4);
	k8snet_cluster_set_local_detection(w.cluster, K8SNET_LOCAL_INTERFACE);
	assert_int_equal(sync_with(&w, 0), 6); /* the networks of three nodes, twice */
	k8snet_cluster_add_pod_interface(w.cluster, "cali1");
	expect_plan(&w, 0, "element add ip k8snet pod-interfaces { \"cali1\" }",
		    "element add ip k8snet unmasqueraded-interfaces { \"cali1\" }");
	sync_world(&w);
	k8snet_cluster_add_pod_interface(w.cluster, "cali*"); /* has the other */
	expect_plan(&w, 0, "element delete ip k8snet pod-interfaces { \"cali1\" }",
		    "element delete ip k8snet unmasqueraded-interfaces { \"cali1\" }",
		    "element add ip k8snet pod-interfaces { \"cali*\" }",
		    "element add ip k8snet unmasqueraded-interfaces { \"cali*\" }");
	sync_world(&w);
	k8snet_cluster_add_pod_interface(w.cluster, "cni0");
	k8snet_cluster_set_masquerade_all(w.cluster, true);
	expect_plan(&w, 0, "element delete ip k8snet unmasqueraded-interfaces { \"cali*\" }",
		    "element add ip k8snet pod-interfaces { \"cni0\" }");
	finish(&w);
}

static void test_node_port_networks(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 46);
	k8snet_cluster_add_node_port_cidr(w.cluster, "10.100.0.0/24");
	expect_plan(&w, 0, "element delete ip k8snet node-addresses { 10.100.0.1/32 }",
		    "element add ip k8snet node-addresses { 10.100.0.0/24 }",
		    "element delete ip6 k8snet node-addresses { fd00:100::1/128 }");
	sync_world(&w);
	k8snet_cluster_add_node_port_cidr(w.cluster, "10.0.0.0/8"); /* has the other */
	expect_plan(&w, 0, "element delete ip k8snet node-addresses { 10.100.0.0/24 }",
		    "element add ip k8snet node-addresses { 10.0.0.0/8 }");
	sync_world(&w);
	k8snet_cluster_add_node_port_cidr(w.cluster, "::/0");
	expect_plan(&w, 0, "element add ip6 k8snet node-addresses { ::/0 }");
	finish(&w);
}

static void test_cluster_ips(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4);
	k8snet_cluster_add_service_cidr(w.cluster, "10.96.0.0/16");
	expect_plan(&w, 0, "element add ip k8snet service-networks { 10.96.0.0/16 }");
	sync_world(&w);
	add_service(&w, "api", 2);
	expect_plan(&w, 0, "element add ip k8snet cluster-ips { 10.96.0.2 }",
		    "element add ip k8snet services { 10.96.0.2 . tcp . 80 : 80ff:0 }",
		    "element add ip k8snet balancers { 80ff:0 . tcp : goto no-endpoints }");
	sync_world(&w);
	k8snet_service_clear_cluster_ips(service(&w, "api"));
	k8snet_service_add_cluster_ip(service(&w, "api"), "10.96.0.3");
	assert_int_equal(sync_with(&w, 0), 4);
	finish(&w);
}

static void test_masquerade_mark(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 46);
	k8snet_cluster_set_masquerade_mark(w.cluster, 0x100);
	sync_world(&w);
	expect_as_fresh(&w, false);
	k8snet_cluster_set_masquerade_mark(w.cluster, 0x80000000);
	world_restart(&w);
	sync_world(&w);
	expect_as_fresh(&w, false);
	finish(&w);
}

static void test_families(void **state)
{
	struct k8snet_node *node;
	struct world w;

	(void)state;
	/* a node of one family in a cluster of two */
	shop(&w, 46);
	node = k8snet_cluster_find_node(w.cluster, "node-1");
	k8snet_node_clear_addresses(node);
	k8snet_node_clear_pod_cidrs(node);
	k8snet_node_add_address(node, "10.100.0.1");
	k8snet_node_add_pod_cidr(node, "10.1.1.0/24");
	sync_world(&w);
	expect_as_fresh(&w, true);
	k8snet_node_add_address(node, "fd00:100::1");
	k8snet_node_add_pod_cidr(node, "fd00:1:1::/64");
	finish(&w);
}

static void test_unused_chains(void **state)
{
	struct world w;

	(void)state;
	shop(&w, 4);
	add_endpoint(slice(&w, "web-4"), 3, 3);
	sync_world(&w);
	expect_plan(&w, K8SNET_PLAN_PRUNE, "chain delete ip k8snet cluster-tcp-3",
		    "element delete ip k8snet balancers { 8001:3 . tcp }");
	sync_with(&w, K8SNET_PLAN_PRUNE);
	remove_endpoint(slice(&w, "web-4"), 3, 3); /* it is needed again */
	finish(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_replace_one),
		cmocka_unit_test(test_remove_one),
		cmocka_unit_test(test_terminating),
		cmocka_unit_test(test_several_slices),
		cmocka_unit_test(test_many_in_two_slices),
		cmocka_unit_test(test_ports_of_slices),
		cmocka_unit_test(test_ways_in),
		cmocka_unit_test(test_headless_and_external_name),
		cmocka_unit_test(test_last_service),
		cmocka_unit_test(test_two_claim_one_vip),
		cmocka_unit_test(test_hairpin_is_counted),
		cmocka_unit_test(test_pod_networks),
		cmocka_unit_test(test_masquerade),
		cmocka_unit_test(test_pod_interfaces),
		cmocka_unit_test(test_node_port_networks),
		cmocka_unit_test(test_cluster_ips),
		cmocka_unit_test(test_masquerade_mark),
		cmocka_unit_test(test_families),
		cmocka_unit_test(test_unused_chains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
