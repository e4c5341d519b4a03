/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which endpoints get the traffic, by policy, by where they are, by their state. */
#include "fixture.h"

static const unsigned int leaving = K8SNET_ENDPOINT_SERVING | K8SNET_ENDPOINT_TERMINATING;

/* A node port and a load balancer's address; backends 1.2 and 1.3 here, 2.2 elsewhere. */
static struct k8snet_service *balanced(struct world *w)
{
	struct k8snet_service *s;

	world_init_nodes(w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(w);
	s = service(w, "web");
	k8snet_service_clear_ports(s);
	k8snet_service_add_port(s, "http", K8SNET_PROTOCOL_TCP, 80, 30080);
	k8snet_service_set_type(s, K8SNET_SERVICE_LOAD_BALANCER);
	k8snet_service_add_load_balancer_ip(s, "192.0.2.10");
	sync_world(w);
	return s;
}

static const struct nft_element *verdict(const struct world *w, const char *vip)
{
	struct nft_element key = key_service(vip, 80);
	const struct machine_element *found = machine_find_element(w->machine, &key);

	key.map = NFT_SERVICE_CHAINS;
	return &(found ? found : machine_find_element(w->machine, &key))->element;
}

static void expect_verdict(const struct world *w, const char *vip, const char *name)
{
	const struct nft_element *e = verdict(w, vip);
	const struct nft_chain chain = nft_element_get_chain(e);
	char buffer[NFT_CHAIN_NAME_SIZE];

	assert_string_equal(nft_chain_name(&chain, buffer), name);
}

#define VIP  "10.96.0.1"
#define LBIP "192.0.2.10"

static void test_external_local(void **state)
{
	struct k8snet_service *s;
	struct world w;

	(void)state;
	s = balanced(&w);
	k8snet_service_set_external_traffic_policy(s, K8SNET_TRAFFIC_LOCAL);
	expect_plan(
		&w, 0, "chain add ip k8snet external-local-tcp-3-2",
		"chain add ip k8snet node-port-local-tcp-3-2",
		"element add ip k8snet local-endpoints-tcp { " LBIP " . 80 . 0 : 10.1.1.2 . 8080 }",
		"element add ip k8snet local-endpoints-tcp { " LBIP " . 80 . 1 : 10.1.1.3 . 8080 }",
		"element delete ip k8snet services { " LBIP " . tcp . 80 }",
		"element add ip k8snet service-chains { " LBIP
		" . tcp . 80 : goto external-local-tcp-3-2 }",
		"element add ip k8snet node-port-local-endpoints-tcp { 30080 . 0 : 10.1.1.2 . 8080 "
		"}",
		"element add ip k8snet node-port-local-endpoints-tcp { 30080 . 1 : 10.1.1.3 . 8080 "
		"}",
		"element delete ip k8snet node-ports { tcp . 30080 }",
		"element add ip k8snet node-port-chains { tcp . 30080 : goto "
		"node-port-local-tcp-3-2 "
		"}");
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-3");
	/* one endpoint: an element in each map it is in, and the verdicts, chains, a number */
	remove_endpoint(slice(&w, "web-4"), 1, 3);
	assert_int_equal(sync_with(&w, 0), 3 + 3 * 3 + 2 + 3 * 2 + 1 + 1);
	expect_verdict(&w, LBIP, "external-local-tcp-2-1");
	/* none here: what comes from others is dropped, not refused */
	remove_endpoint(slice(&w, "web-4"), 1, 2);
	sync_world(&w);
	expect_verdict(&w, LBIP, "external-local-tcp-1-0");
	remove_endpoint(slice(&w, "web-4"), 2, 2);
	sync_world(&w);
	expect_verdict(&w, LBIP, "no-endpoints");
	add_endpoint(slice(&w, "web-4"), 1, 4);
	sync_world(&w);
	expect_verdict(&w, LBIP, "external-local-tcp-1-1");
	k8snet_service_set_external_traffic_policy(s, K8SNET_TRAFFIC_CLUSTER);
	sync_world(&w);
	expect_verdict(&w, LBIP, "external-tcp-1");
	world_finish(&w);
}

static void test_internal_local(void **state)
{
	struct k8snet_service *s;
	struct world w;

	(void)state;
	s = balanced(&w);
	k8snet_service_set_internal_traffic_policy(s, K8SNET_TRAFFIC_LOCAL);
	expect_plan(&w, 0, "chain add ip k8snet cluster-tcp-2",
		    "element add ip k8snet balancers { 8001:2 . tcp : goto cluster-tcp-2 }",
		    "element delete ip k8snet endpoints-tcp { " VIP " . 80 . 2 }",
		    "element delete ip k8snet services { " VIP " . tcp . 80 }",
		    "element add ip k8snet services { " VIP " . tcp . 80 : 8001:2 }");
	sync_world(&w);
	expect_verdict(&w, LBIP, "external-tcp-3");
	remove_endpoint(slice(&w, "web-4"), 1, 2);
	remove_endpoint(slice(&w, "web-4"), 1, 3);
	sync_world(&w);
	expect_verdict(&w, VIP, "no-local-endpoints");
	expect_verdict(&w, LBIP, "external-tcp-1");
	remove_endpoint(slice(&w, "web-4"), 2, 2);
	sync_world(&w);
	expect_verdict(&w, VIP, "no-endpoints");
	world_finish(&w);
}

/* Ready ones, else those that still serve; here and in the cluster each for itself. */
static void test_terminating(void **state)
{
	struct k8snet_endpointslice *s;
	struct world w;

	(void)state;
	k8snet_service_set_external_traffic_policy(balanced(&w), K8SNET_TRAFFIC_LOCAL);
	s = slice(&w, "web-4");
	remove_endpoint(s, 1, 2);
	remove_endpoint(s, 1, 3);
	add_endpoint_with(s, 1, 2, leaving);
	add_endpoint_with(s, 1, 3, 0);
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-1"); /* 2.2 alone */
	expect_verdict(&w, LBIP, "external-local-tcp-1-1");
	k8snet_service_set_internal_traffic_policy(service(&w, "web"), K8SNET_TRAFFIC_LOCAL);
	expect_plan(&w, 0, "element delete ip k8snet endpoints-tcp { " VIP " . 80 . 0 }",
		    "element add ip k8snet endpoints-tcp { " VIP " . 80 . 0 : 10.1.1.2 . 8080 }");
	remove_endpoint(s, 2, 2);
	sync_world(&w);
	expect_verdict(&w, LBIP, "external-local-tcp-1-1");
	world_finish(&w);
}

#define WITHOUT_RANGES "ip k8snet services { " LBIP " . tcp . 80"
#define WITH_RANGES    "ip k8snet service-chains { " LBIP " . tcp . 80"
#define RANGES	       "ip k8snet source-ranges { " LBIP " . tcp . 80 . "

static void test_source_ranges(void **state)
{
	struct k8snet_service *s;
	struct world w;

	(void)state;
	s = balanced(&w);
	assert_int_equal(k8snet_service_add_source_range(s, "fd00:9::/32"), 0);
	expect_empty(&w, 0); /* of the other family */
	k8snet_service_add_source_range(s, " 203.0.113.9/24\t");
	k8snet_service_add_source_range(s, "203.0.113.128/25"); /* within the other */
	/* what is looked up before the ranges must not have it */
	expect_plan(&w, 0, "element delete " WITHOUT_RANGES " }",
		    "element add " WITH_RANGES " : goto external-tcp-3 }",
		    "element add ip k8snet source-ranged { " LBIP " . tcp . 80 }",
		    "element add " RANGES "203.0.113.0/24 }");
	sync_world(&w);
	k8snet_service_add_external_ip(s, LBIP); /* which has no ranges by itself */
	expect_empty(&w, 0);
	/* the node, which may have the load balancer's address itself */
	k8snet_service_add_source_range(s, "10.100.0.0/16");
	expect_plan(&w, 0, "element add " RANGES "10.100.0.0/16 }",
		    "element add " RANGES LBIP "/32 }");
	sync_world(&w);
	k8snet_service_add_source_range(s, "0.0.0.0/0");
	expect_plan(&w, 0, "element delete " RANGES "10.100.0.0/16 }",
		    "element delete " RANGES LBIP "/32 }",
		    "element delete " RANGES "203.0.113.0/24 }",
		    "element add " RANGES "0.0.0.0/0 }");
	sync_world(&w);
	/* another service claims the same address: it has no say */
	k8snet_service_add_load_balancer_ip(add_service(&w, "thief", 2), LBIP);
	k8snet_service_set_type(service(&w, "thief"), K8SNET_SERVICE_LOAD_BALANCER);
	k8snet_service_add_source_range(service(&w, "thief"), "192.0.2.0/24");
	sync_world(&w);
	expect_as_fresh(&w, true);
	k8snet_service_clear_source_ranges(s);
	expect_plan(&w, 0, "element delete " WITH_RANGES " }",
		    "element add " WITHOUT_RANGES " : 8002:3 }",
		    "element delete ip k8snet source-ranged { " LBIP " . tcp . 80 }",
		    "element delete " RANGES "0.0.0.0/0 }");
	world_finish(&w);
}

static void test_other_proxy(void **state)
{
	struct k8snet_service *s;
	struct world w;

	(void)state;
	s = balanced(&w);
	assert_int_equal(k8snet_service_set_proxy_name(s, "other"), 0);
	sync_world(&w);
	k8snet_service_remove(s); /* nothing of it was there */
	expect_empty(&w, 0);
	world_finish(&w);
}

static void hint(struct world *w, const char *address, const char *nodes, const char *zones)
{
	assert_int_equal(
		k8snet_endpointslice_set_endpoint_hints(slice(w, "web-4"), address, nodes, zones),
		0);
}

/* Endpoints 1.2 and 1.3 here, 2.2 elsewhere. */
static void test_topology(void **state)
{
	struct k8snet_node *node;
	struct world w;

	(void)state;
	balanced(&w);
	node = k8snet_cluster_find_node(w.cluster, "node-1");
	hint(&w, "10.1.1.2", NULL, "a,b");
	hint(&w, "10.1.1.3", NULL, "b");
	expect_empty(&w, 0); /* one has none, and the node has no zone */
	hint(&w, "10.1.2.2", NULL, "c");
	expect_empty(&w, 0);
	k8snet_node_set_zone(node, "a");
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-1");
	expect_verdict(&w, LBIP, "external-tcp-1");
	k8snet_node_set_zone(node, "b");
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-2");
	k8snet_node_set_zone(node, "nowhere");
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-3");
	/* nodes come before zones, if all have them and one is for this node */
	k8snet_node_set_zone(node, "b");
	hint(&w, "10.1.1.2", "node-2", "a,b");
	hint(&w, "10.1.1.3", "node-3,node-11", "b");
	hint(&w, "10.1.2.2", "node-2,node-1", "c");
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-1");
	/* one that is not ready does not count; without ready ones nothing does */
	remove_endpoint(slice(&w, "web-4"), 1, 3);
	add_endpoint_with(slice(&w, "web-4"), 1, 3, leaving);
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-1");
	remove_endpoint(slice(&w, "web-4"), 1, 2);
	remove_endpoint(slice(&w, "web-4"), 2, 2);
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-1");
	/* local traffic knows no topology */
	add_endpoint(slice(&w, "web-4"), 1, 5);
	add_endpoint(slice(&w, "web-4"), 2, 5);
	hint(&w, "10.1.1.5", NULL, "c");
	hint(&w, "10.1.2.5", NULL, "b");
	k8snet_service_set_external_traffic_policy(service(&w, "web"), K8SNET_TRAFFIC_LOCAL);
	sync_world(&w);
	expect_verdict(&w, VIP, "cluster-tcp-1");
	expect_verdict(&w, LBIP, "external-local-tcp-1-1");
	world_finish(&w);
}

/* Names of chains that people make are none of ours. */
static void test_chain_names(void **state)
{
	static const char *const bad[] = {
		"external-local-tcp-3",
		"external-local-tcp-0-0",
		"external-local-tcp-3-",
		"external-local-tcp-03-1",
		"external-tcp-3-1",
		"external-local-tcp-3-01",
		"cluster-local-tcp-3-1",
		"external-local-3-1",
		"external-local-tcp-65536-1",
		"no-local-endpoints-1",
		"external-local-tcp-3-1x",
		"cluster-tcp-3-random",
		"cluster-tcp-3-source-hash-10.96.0.1-80",
		"cluster-tcp-3-round-robin",
		"cluster-tcp-3-round-robin-10.96.0.1",
		"cluster-tcp-3-round-robin-10.96.0.1-0",
		"cluster-tcp-3-round-robin-10.96.0.01-80",
		"cluster-tcp-3-round-robin-80",
		"node-port-tcp-3-round-robin-10.96.0.1-80",
		"cluster-tcp-3-round-robin-10.96.0.1-65536",
		"cluster-tcp-3-affinity-0",
		"cluster-tcp-3-affinity-060",
		"cluster-tcp-3-affinity-4294967296",
		"cluster-tcp-3-affinity-60-source-hash",
		"cluster-tcp-3-affinity-",
		"cluster-tcp-3-round-robin-00000000000000000000000000000001-80",
		"cluster-tcp-3-round-robin-1.2.3.4.5.6.7.8.9.10.11.12.13-80"};
	static const char *const good4[] = {
		"cluster-tcp-3",
		"cluster-udp-3-source-hash",
		"external-sctp-1021-source-hash",
		"cluster-tcp-3-round-robin-10.96.0.1-80",
		"node-port-udp-3-round-robin-30080",
		"node-port-local-tcp-3-0-round-robin-30080",
		"external-local-tcp-3-1-affinity-60",
		"external-local-tcp-3-1-source-hash-affinity-86400",
		"cluster-sctp-65535-round-robin-affinity-10800-255.255.255.255-65535"};
	static const char *const good6[] = {
		"cluster-tcp-3", "external-local-sctp-65535-65535-round-robin-affinity-4294967295-"
				 "fd000096000000000000000000000010-65535"};
	struct nft_chain chain = {.family = 4};
	char buffer[NFT_CHAIN_NAME_SIZE];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		nft_chain_parse(&chain, bad[i]);
		assert_int_equal(chain.kind, NFT_CHAIN_UNKNOWN);
	}
	nft_chain_parse(&chain, "node-port-local-sctp-65535-65535");
	assert_int_equal(chain.kind, NFT_CHAIN_NODE_PORT_LOCAL);
	assert_int_equal(chain.l, 65535);
	assert_string_equal(nft_chain_name(&chain, buffer), "node-port-local-sctp-65535-65535");
	nft_chain_parse(&chain, "external-local-udp-1-0");
	assert_int_equal(chain.kind, NFT_CHAIN_EXTERNAL_LOCAL);
	assert_string_equal(nft_chain_name(&chain, buffer), "external-local-udp-1-0");
	nft_chain_parse(&chain, "no-local-endpoints");
	assert_int_equal(chain.kind, NFT_CHAIN_NO_LOCAL_ENDPOINTS);
	for (i = 0; i < sizeof(good4) / sizeof(good4[0]); i++) {
		nft_chain_parse(&chain, good4[i]);
		assert_string_equal(nft_chain_name(&chain, buffer), good4[i]);
	}
	chain.family = 6;
	for (i = 0; i < sizeof(good6) / sizeof(good6[0]); i++) {
		nft_chain_parse(&chain, good6[i]);
		assert_string_equal(nft_chain_name(&chain, buffer), good6[i]);
	}
	nft_chain_parse(&chain, good4[3]);
	assert_int_equal(chain.kind, NFT_CHAIN_UNKNOWN);
}

/* Those are for names; with the label or without, the service is what it was. */
static void test_headless_slices(void **state)
{
	struct k8snet_endpointslice *slice;
	struct world w;
	size_t n;

	(void)state;
	balanced(&w);
	sync_with(&w, K8SNET_PLAN_PRUNE);
	n = machine_count_elements(w.machine);
	slice = k8snet_cluster_next_endpointslice(w.cluster, NULL);
	assert_int_equal(k8snet_endpointslice_set_headless(slice, true), 0);
	sync_world(&w);
	assert_true(machine_count_elements(w.machine) < n);
	assert_int_equal(k8snet_endpointslice_set_headless(slice, false), 0);
	sync_with(&w, K8SNET_PLAN_PRUNE);
	assert_int_equal(machine_count_elements(w.machine), n);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_headless_slices), cmocka_unit_test(test_external_local),
		cmocka_unit_test(test_internal_local),	cmocka_unit_test(test_terminating),
		cmocka_unit_test(test_source_ranges),	cmocka_unit_test(test_other_proxy),
		cmocka_unit_test(test_topology),	cmocka_unit_test(test_chain_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
