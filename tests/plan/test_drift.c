/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Apply, and repair what was changed by hand: that, and nothing else. */
#include "fixture.h"

static void shop(struct world *w, int families, enum k8snet_mode mode, enum k8snet_link link)
{
	world_init_nodes(w, families, mode, link);
	add_shop(w);
	sync_world(w);
}

static const enum k8snet_mode modes[] = {K8SNET_MODE_ROUTE, K8SNET_MODE_OVERLAY};
static const enum k8snet_link links[] = {K8SNET_LINK_BRIDGE, K8SNET_LINK_PTP};
static const int families[] = {4, 6, 46};

typedef void (*world_fn)(struct world *w);

static void in_all_worlds(world_fn fn)
{
	size_t i;

	for (i = 0; i < 12; i++) {
		struct world w;

		shop(&w, families[i / 4], modes[i / 2 % 2], links[i % 2]);
		fn(&w);
		world_done(&w);
	}
}

static void then_nothing(struct world *w)
{
	expect_empty(w, K8SNET_PLAN_PRUNE);
	expect_as_fresh(w, false);
	assert_int_equal(machine_count_elements(w->machine), w->families == 46 ? 30 : 15);
}

static void test_second_plan_is_empty(void **state)
{
	(void)state;
	in_all_worlds(then_nothing);
}

/* A new handle adopts what an earlier one made. */
static void restart(struct world *w)
{
	world_restart(w);
	expect_empty(w, 0);
	world_restart(w);
	expect_empty(w, K8SNET_PLAN_PRUNE);
	k8snet_endpointslice_remove(slice(w, has4(w) ? "web-4" : "web-6"));
	k8snet_pod_remove(pod(w, "b"));
	sync_world(w);
	expect_as_fresh(w, true);
}

static void test_restart_adopts(void **state)
{
	(void)state;
	in_all_worlds(restart);
}

/* --- one thing is gone: one operation ------------------------------------- */

static bool is_made(const struct machine_kobj *k)
{
	const struct kobj *o = &k->kobj;

	switch (o->type) {
	case KOBJ_SYSCTL:
	case KOBJ_LINK:
		return false;
	case KOBJ_ADDRESS:
		return strcmp(o->name, "eth0") || o->netns ? o->address.address.bytes[0] != 0xfe
							   : false;
	default:
		return true;
	}
}

/* Each address, neighbour, forwarding entry and route in turn is deleted by
 * hand, together with what the kernel deletes with it. */
static void lose_each(struct world *w)
{
	size_t n = w->machine->kobjs.count, i, tried = 0;

	for (i = 0; i < n; i++) {
		struct machine_kobj *k = &w->machine->kobjs.items[i];
		size_t before = w->machine->kobjs.count, gone;
		struct kobj kobj = k->kobj;

		if (!is_made(k))
			continue;
		assert_int_equal(machine_kobj_delete(w->machine, &kobj), 0);
		gone = before - w->machine->kobjs.count;
		expect_empty(w, 0); /* trusts what it remembers */
		assert_int_equal(sync_with(w, K8SNET_PLAN_FULL), gone);
		expect_empty(w, K8SNET_PLAN_PRUNE);
		tried++;
	}
	assert_true(tried >= 6);
	expect_as_fresh(w, false);
}

static void test_each_kobj_is_repaired(void **state)
{
	(void)state;
	in_all_worlds(lose_each);
}

static void lose_each_element(struct world *w)
{
	size_t i, tried = 0;

	for (i = 0; i < 2; i++) {
		const struct hash *h = &w->machine->tables[i].elements;
		struct hash_node *node;
		struct nft_element all[32];
		size_t n = 0, j;

		hash_foreach (h, node)
			all[n++] = container_of(node, struct machine_element, node)->element;
		for (j = 0; j < n; j++, tried++) {
			machine_delete_element(w->machine,
					       machine_find_element(w->machine, &all[j]));
			assert_int_equal(sync_with(w, K8SNET_PLAN_FULL), 1);
			expect_empty(w, K8SNET_PLAN_PRUNE);
		}
	}
	assert_true(tried >= 9);
	expect_as_fresh(w, false);
}

static void test_each_element_is_repaired(void **state)
{
	(void)state;
	in_all_worlds(lose_each_element);
}

static void lose_each_link(struct world *w)
{
	size_t n = w->machine->kobjs.count, i, tried = 0;

	for (i = 0; i < n; i++) {
		struct kobj kobj = w->machine->kobjs.items[i].kobj;

		if (kobj.type != KOBJ_LINK || kobj.link.type == LINK_LOOPBACK ||
		    kobj.link.type == LINK_OTHER)
			continue;
		machine_kobj_delete(w->machine, &kobj);
		assert_true(sync_with(w, K8SNET_PLAN_FULL) > 0);
		expect_empty(w, K8SNET_PLAN_PRUNE);
		expect_as_fresh(w, false);
		tried++;
	}
	assert_true(tried >= 3);
}

static void test_each_link_is_repaired(void **state)
{
	(void)state;
	in_all_worlds(lose_each_link);
}

static void test_drift_texts(void **state)
{
	struct world w;
	struct kobj key;

	(void)state;
	shop(&w, 4, K8SNET_MODE_OVERLAY, K8SNET_LINK_BRIDGE);

	key = key_route(NULL, "10.1.2.0/24");
	machine_kobj_delete(w.machine, &key);
	expect_repair(&w, "route add 10.1.2.0/24 via 10.1.2.0 dev vxlan4.1");

	key = key_neighbour(NULL, "vxlan4.1", "10.1.3.0");
	machine_find(w.machine, &key)->kobj.neighbour.mac[5] ^= 1;
	key = key_route("/run/netns/a", "0.0.0.0/0");
	machine_kobj_delete(w.machine, &key);
	{
		const uint8_t *mac = k8snet_node_get_overlay_mac(
			k8snet_cluster_find_node(w.cluster, "node-3"), 4);
		char line[128];

		snprintf(line, sizeof(line),
			 "neigh replace 10.1.3.0 lladdr %02x:%02x:%02x:%02x:%02x:%02x dev vxlan4.1",
			 mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
		expect_repair(&w, line, "route add default via 10.1.1.1 dev eth0 in /run/netns/a");
	}
	world_done(&w);
}

/* --- attributes ----------------------------------------------------------- */

static void test_link_attributes(void **state)
{
	struct machine_kobj *k;
	const char *veth;
	char line[4][160];
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	veth = k8snet_pod_get_link_name(pod(&w, "a"));
	k = machine_find_link(w.machine, NULL, veth);
	k->kobj.link.mtu = 1400;
	snprintf(line[0], 160, "link set %s mtu 1500", veth);
	expect_repair(&w, line[0]);

	k = machine_find_link(w.machine, NULL, veth);
	memset(k->kobj.link.master, 0, IFNAMSIZ);
	k->kobj.link.hairpin = false;
	snprintf(line[0], 160, "link set %s master k8snet0 hairpin on", veth);
	expect_repair(&w, line[0]);

	machine_find_link(w.machine, NULL, veth)->kobj.link.hairpin = false;
	snprintf(line[0], 160, "link set %s hairpin on", veth);
	expect_repair(&w, line[0]);

	machine_find_link(w.machine, NULL, veth)->kobj.link.up = false;
	machine_find_link(w.machine, "/run/netns/a", "lo")->kobj.link.up = false;
	snprintf(line[0], 160, "link set %s up", veth);
	expect_repair(&w, line[0], "link set lo up in /run/netns/a");

	machine_find_link(w.machine, "/run/netns/b", "eth0")->kobj.link.mac[5] ^= 1;
	machine_find_link(w.machine, "/run/netns/b", "eth0")->kobj.link.mtu = 1300;
	expect_repair(&w, "link set eth0 mtu 1500 address 0a:58:0a:01:01:03 in /run/netns/b");

	machine_find_link(w.machine, NULL, "k8snet0")->kobj.link.nf_call_iptables = false;
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 1);
	machine_find_link(w.machine, NULL, "k8snet0")->kobj.link.mac[1] ^= 1;
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 1);
	machine_find_link(w.machine, NULL, "k8snet0")->kobj.link.alias = "mine";
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 1);
	sync_world(&w);
	expect_as_fresh(&w, false);

	machine_next(w.machine, NULL, KOBJ_SYSCTL)->kobj.sysctl.value = "0";
	expect_repair(&w, "sysctl set net.ipv4.ip_forward=1");
	world_done(&w);
}

/* A host's end that somebody put into a bridge of their own comes out again. */
static void test_ptp_leaves_a_bridge(void **state)
{
	struct machine_kobj *k;
	struct world w;

	(void)state;
	shop(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_PTP);
	k = machine_find_link(w.machine, NULL, k8snet_pod_get_link_name(pod(&w, "a")));
	memcpy(k->kobj.link.master, "br0", 4);
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 1);
	sync_world(&w);
	expect_as_fresh(&w, false);
	world_done(&w);
}

static void test_vtep_attributes(void **state)
{
	struct machine_kobj *k;
	struct world w;

	(void)state;
	shop(&w, 46, K8SNET_MODE_OVERLAY, K8SNET_LINK_PTP);
	machine_find_link(w.machine, NULL, "vxlan4.1")->kobj.link.mac[5] ^= 1;
	/* with its neighbours, which the kernel drops */
	sync_with(&w, K8SNET_PLAN_FULL);
	sync_world(&w);
	expect_as_fresh(&w, false);

	k = machine_find_link(w.machine, NULL, "vxlan6.1");
	k->kobj.link.port = 4789; /* cannot be changed: made anew, with all on it */
	sync_with(&w, K8SNET_PLAN_FULL);
	sync_world(&w);
	expect_as_fresh(&w, false);
	world_done(&w);
}

/* --- nftables ------------------------------------------------------------- */

static void test_nft_drift(void **state)
{
	struct nft_chain chain = {
		.family = 4, .kind = NFT_CHAIN_CLUSTER, .protocol = K8SNET_PROTOCOL_TCP, .n = 3};
	struct nft_element element;
	struct world w;

	(void)state;
	shop(&w, 46, K8SNET_MODE_ROUTE, K8SNET_LINK_PTP);

	machine_find_chain(w.machine, &chain)->has_rules = false;
	expect_repair(&w, "chain add ip k8snet cluster-tcp-3");

	w.machine->tables[1].has_rules = false;
	expect_repair(&w, "table add ip6 k8snet");

	/* a verdict that leads elsewhere */
	element = key_service("10.96.0.1", 80);
	machine_find_element(w.machine, &element)->element.to_kind = NFT_CHAIN_UNKNOWN;
	expect_repair(&w, "element delete ip k8snet services { 10.96.0.1 . tcp . 80 }",
		      "element add ip k8snet services { 10.96.0.1 . tcp . 80 : 8001:3 "
		      "}");
	element = key_slot("10.96.0.1", 80, 1);
	machine_find_element(w.machine, &element)->element.to_port = 9;
	expect_repair(&w, "element delete ip k8snet endpoints-tcp { 10.96.0.1 . 80 . 1 }",
		      "element add ip k8snet endpoints-tcp { 10.96.0.1 . 80 . 1 : 10.1.1.3 . 8080 "
		      "}");
	/* by a verdict, besides, and by a number that is none of ours */
	element = key_service("10.96.0.1", 80);
	element.map = NFT_SERVICE_CHAINS;
	element.to_kind = NFT_CHAIN_CLUSTER;
	element.to_n = 3;
	assert_int_equal(machine_element_add(w.machine, &element), 0);
	expect_repair(&w, "element delete ip k8snet service-chains { 10.96.0.1 . tcp . 80 }");
	/* a number that leads nowhere, and one that leads elsewhere */
	element = nft_balancer_element(&chain);
	machine_delete_element(w.machine, machine_find_element(w.machine, &element));
	expect_repair(&w, "element add ip k8snet balancers { 8001:3 . tcp : goto cluster-tcp-3 }");
	machine_find_element(w.machine, &element)->element.to_n = 4;
	expect_repair(&w, "element delete ip k8snet balancers { 8001:3 . tcp }",
		      "element add ip k8snet balancers { 8001:3 . tcp : goto cluster-tcp-3 }");
	/* an element too many of a frontend of ours */
	element = key_slot("10.96.0.1", 80, 77);
	element.to_address[0] = 10;
	element.to_port = 1;
	assert_int_equal(machine_element_add(w.machine, &element), 0);
	expect_repair(&w, "element delete ip k8snet endpoints-tcp { 10.96.0.1 . 80 . 77 }");

	machine_delete_table(w.machine, 4);
	/* table, chain, its number, verdict, 3 slots, node address, twice 3 pod networks, cluster
	 * IP, 2 hairpins, mark */
	assert_int_equal(sync_with(&w, K8SNET_PLAN_FULL), 18);
	sync_world(&w);
	expect_as_fresh(&w, false);
	world_done(&w);
}

/* --- what is not ours ----------------------------------------------------- */

static void add_foreign(struct world *w)
{
	struct kobj link = key_link(NULL, "br0"), address = key_address(NULL, "br0", "10.9.0.1/24");
	struct kobj route = key_route(NULL, "10.99.0.0/16");
	struct kobj default_route = key_route(NULL, "0.0.0.0/0");

	link.link.type = LINK_BRIDGE;
	link.link.mtu = 1500;
	link.link.up = true;
	link.link.alias = "someone's";
	assert_int_equal(machine_kobj_add(w->machine, &link, 0), 0);
	memcpy(link.name, "docker0", 8);
	link.link.alias = NULL;
	assert_int_equal(machine_kobj_add(w->machine, &link, 0), 0);
	assert_int_equal(machine_kobj_add(w->machine, &address, 0), 0);
	memcpy(route.name, "br0", 4);
	assert_int_equal(machine_kobj_add(w->machine, &route, 3), 0);
	memcpy(default_route.name, "eth0", 5);
	assert_int_equal(machine_kobj_add(w->machine, &default_route, 4), 0);
}

static void foreigners(struct world *w)
{
	_cleanup_strbuf_ struct strbuf is = {0}, want = {0};
	struct machine *own = w->machine;

	add_foreign(w);
	expect_empty(w, K8SNET_PLAN_FULL);
	expect_empty(w, K8SNET_PLAN_PRUNE);
	world_restart(w);
	expect_empty(w, K8SNET_PLAN_PRUNE);

	/* The node leaves: all that is ours goes, and nothing else. */
	k8snet_node_remove(k8snet_cluster_find_node(w->cluster, "node-1"));
	sync_with(w, K8SNET_PLAN_PRUNE);
	expect_empty(w, K8SNET_PLAN_PRUNE);
	w->machine = world_machine(w->families);
	add_foreign(w);
	machine_add_netns(w->machine, "/run/netns/a");
	machine_add_netns(w->machine, "/run/netns/b");
	machine_find_link(w->machine, "/run/netns/a", "lo")->kobj.link.up = true;
	machine_find_link(w->machine, "/run/netns/b", "lo")->kobj.link.up = true;
	if (has4(w))
		machine_next(w->machine, NULL, KOBJ_SYSCTL)->kobj.sysctl.value = "1";
	if (has6(w))
		machine_next(w->machine, machine_next(w->machine, NULL, KOBJ_SYSCTL), KOBJ_SYSCTL)
			->kobj.sysctl.value = "1";
	machine_dump(own, false, &is);
	machine_dump(w->machine, false, &want);
	assert_string_equal(is.text, want.text);
	machine_free(w->machine);
	w->machine = own;
}

static void test_foreign_objects(void **state)
{
	(void)state;
	in_all_worlds(foreigners);
}

static void prune_without_a_past(struct world *w)
{
	struct k8snet_plan *plan;

	k8snet_node_remove(k8snet_cluster_find_node(w->cluster, "node-1"));
	world_restart(w);
	assert_int_equal(k8snet_plan_new(&plan, w->cluster, "node-1", w->kernel, K8SNET_PLAN_PRUNE),
			 -ENOENT);
	sync_with(w, K8SNET_PLAN_PRUNE);
	expect_empty(w, K8SNET_PLAN_PRUNE);
	assert_int_equal(machine_count_elements(w->machine), 0);
	assert_null(machine_next(w->machine, NULL, KOBJ_ROUTE));
	assert_null(machine_next(w->machine, NULL, KOBJ_NEIGHBOUR));
	assert_null(machine_next(w->machine, NULL, KOBJ_FDB));
	assert_null(machine_find_link(w->machine, NULL, "k8snet0"));
	assert_null(machine_find_link(w->machine, NULL, "vxlan4.1"));
	assert_null(machine_find_link(w->machine, "/run/netns/a", "eth0"));
}

static void test_prune_without_a_past(void **state)
{
	(void)state;
	in_all_worlds(prune_without_a_past);
}

/* Somebody else's link or route has the name or the key of one of ours: an
 * error that names it; when it is gone all goes on. */
static void test_foreigner_in_the_way(void **state)
{
	struct kobj link = key_link(NULL, "k8snet0"), route = key_route(NULL, "10.1.2.0/24");
	struct k8snet_plan *plan;
	struct world w;

	(void)state;
	world_init_nodes(&w, 4, K8SNET_MODE_ROUTE, K8SNET_LINK_BRIDGE);
	add_shop(&w);
	link.link.type = LINK_OTHER;
	link.link.up = true;
	link.link.mtu = 1500;
	assert_int_equal(machine_kobj_add(w.machine, &link, 0), 0);
	memcpy(route.name, "k8snet0", 8);
	assert_int_equal(machine_kobj_add(w.machine, &route, 4), 0);

	plan = plan_for(&w, 0);
	assert_int_equal(k8snet_plan_apply(plan, w.kernel, NULL), -EIO);
	assert_non_null(strstr(last_error(&w), "link add k8snet0"));
	k8snet_plan_unref(plan);

	plan = plan_for(&w, K8SNET_PLAN_PRUNE);
	assert_int_equal(k8snet_plan_apply(plan, w.kernel, NULL), -EIO);
	k8snet_plan_unref(plan);
	k8snet_node_remove(k8snet_cluster_find_node(w.cluster, "node-1"));
	sync_with(&w, K8SNET_PLAN_PRUNE);
	assert_non_null(machine_find(w.machine, &link));
	assert_non_null(machine_find(w.machine, &route));

	add_node(&w, 1);
	assert_int_equal(machine_kobj_delete(w.machine, &link), 0);
	sync_world(&w);
	expect_empty(&w, K8SNET_PLAN_PRUNE);
	expect_as_fresh(&w, false);
	world_done(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_second_plan_is_empty),
		cmocka_unit_test(test_restart_adopts),
		cmocka_unit_test(test_each_kobj_is_repaired),
		cmocka_unit_test(test_each_element_is_repaired),
		cmocka_unit_test(test_each_link_is_repaired),
		cmocka_unit_test(test_drift_texts),
		cmocka_unit_test(test_link_attributes),
		cmocka_unit_test(test_ptp_leaves_a_bridge),
		cmocka_unit_test(test_vtep_attributes),
		cmocka_unit_test(test_nft_drift),
		cmocka_unit_test(test_foreign_objects),
		cmocka_unit_test(test_prune_without_a_past),
		cmocka_unit_test(test_foreigner_in_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
