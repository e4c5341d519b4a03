/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings, nodes and pods: setters, getters, errors, ownership. */
#include "unit.h"

#include "model_dump.h"

static void settings_have_defaults(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;

	assert_int_equal(k8snet_cluster_get_mode(c), K8SNET_MODE_ROUTE);
	assert_int_equal(k8snet_cluster_get_link(c), K8SNET_LINK_BRIDGE);
	assert_false(k8snet_cluster_has_direct_routing(c));
	assert_false(k8snet_cluster_is_services_only(c));
	assert_string_equal(k8snet_cluster_get_bridge_name(c), "k8snet0");
	assert_int_equal(k8snet_cluster_get_overlay_vni(c), 1);
	assert_int_equal(k8snet_cluster_get_overlay_port(c), 8472);
	assert_int_equal(k8snet_cluster_get_mtu(c), 0);
	assert_int_equal(k8snet_cluster_get_masquerade_mark(c), 0x4000);
	assert_null(k8snet_cluster_get_pod_cidr(c, 0));
	assert_false(k8snet_cluster_is_masquerading_all(c));
	assert_false(k8snet_cluster_has_counters(c));
	assert_false(k8snet_cluster_is_resetting_connections(c));
	assert_int_equal(k8snet_cluster_get_local_detection(c), K8SNET_LOCAL_POD_CIDR);
	assert_null(k8snet_cluster_get_node_port_cidr(c, 0));
	assert_null(k8snet_cluster_get_service_cidr(c, 0));
	assert_int_equal(k8snet_cluster_get_generation(c), 0);
	assert_ptr_equal(k8snet_cluster_get_ctx(c), ((struct model_fixture *)*state)->ctx);
}

static void settings_are_set(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	uint64_t generation;

	assert_int_equal(k8snet_cluster_set_mode(c, K8SNET_MODE_OVERLAY), 0);
	assert_int_equal(k8snet_cluster_set_link(c, K8SNET_LINK_PTP), 0);
	assert_int_equal(k8snet_cluster_set_direct_routing(c, true), 0);
	assert_int_equal(k8snet_cluster_set_services_only(c, true), 0);
	assert_int_equal(k8snet_cluster_set_bridge_name(c, "cni_0.a-b"), 0);
	assert_int_equal(k8snet_cluster_set_overlay_vni(c, 16777215), 0);
	assert_int_equal(k8snet_cluster_set_overlay_port(c, 4789), 0);
	assert_int_equal(k8snet_cluster_set_mtu(c, 1280), 0);
	assert_int_equal(k8snet_cluster_set_masquerade_mark(c, 0x80000000), 0);
	assert_int_equal(k8snet_cluster_add_pod_cidr(c, "10.1.0.0/16"), 0);
	assert_int_equal(k8snet_cluster_add_pod_cidr(c, "fd00:1::/48"), 0);
	assert_int_equal(k8snet_cluster_set_masquerade_all(c, true), 0);
	assert_int_equal(k8snet_cluster_set_counters(c, true), 0);
	assert_int_equal(k8snet_cluster_set_reset_connections(c, true), 0);
	assert_int_equal(k8snet_cluster_set_local_detection(c, K8SNET_LOCAL_NONE), 0);
	assert_int_equal(k8snet_cluster_add_node_port_cidr(c, "10.100.0.0/24"), 0);
	assert_int_equal(k8snet_cluster_add_node_port_cidr(c, "192.0.2.0/24"), 0);
	assert_int_equal(k8snet_cluster_add_service_cidr(c, "fd00:96::/112"), 0);
	assert_int_equal(k8snet_cluster_add_pod_interface(c, "cni0"), 0);
	assert_int_equal(k8snet_cluster_add_pod_interface(c, "0123456789abcd*"), 0);
	generation = k8snet_cluster_get_generation(c);
	assert_int_equal(generation, 20);

	assert_int_equal(k8snet_cluster_get_mode(c), K8SNET_MODE_OVERLAY);
	assert_int_equal(k8snet_cluster_get_link(c), K8SNET_LINK_PTP);
	assert_true(k8snet_cluster_has_direct_routing(c));
	assert_true(k8snet_cluster_is_services_only(c));
	assert_string_equal(k8snet_cluster_get_bridge_name(c), "cni_0.a-b");
	assert_int_equal(k8snet_cluster_get_overlay_vni(c), 16777215);
	assert_int_equal(k8snet_cluster_get_overlay_port(c), 4789);
	assert_int_equal(k8snet_cluster_get_mtu(c), 1280);
	assert_int_equal(k8snet_cluster_get_masquerade_mark(c), 0x80000000);
	expect_prefix(k8snet_cluster_get_pod_cidr(c, 0), "10.1.0.0/16");
	expect_prefix(k8snet_cluster_get_pod_cidr(c, 1), "fd00:1::/48");
	assert_null(k8snet_cluster_get_pod_cidr(c, 2));
	assert_true(k8snet_cluster_is_masquerading_all(c));
	assert_true(k8snet_cluster_has_counters(c));
	assert_true(k8snet_cluster_is_resetting_connections(c));
	assert_int_equal(k8snet_cluster_get_local_detection(c), K8SNET_LOCAL_NONE);
	expect_prefix(k8snet_cluster_get_node_port_cidr(c, 1), "192.0.2.0/24");
	assert_null(k8snet_cluster_get_node_port_cidr(c, 2));
	assert_string_equal(k8snet_cluster_get_pod_interface(c, 1), "0123456789abcd*");
	assert_null(k8snet_cluster_get_pod_interface(c, 2));
	expect_prefix(k8snet_cluster_get_service_cidr(c, 0), "fd00:96::/112");

	assert_int_equal(k8snet_cluster_set_mode(c, K8SNET_MODE_OVERLAY), 0);
	assert_int_equal(k8snet_cluster_set_bridge_name(c, "cni_0.a-b"), 0);
	assert_int_equal(k8snet_cluster_set_masquerade_mark(c, 0x80000000), 0);
	assert_int_equal(k8snet_cluster_set_masquerade_all(c, true), 0);
	assert_int_equal(k8snet_cluster_set_counters(c, true), 0);
	assert_int_equal(k8snet_cluster_set_reset_connections(c, true), 0);
	assert_int_equal(k8snet_cluster_set_local_detection(c, K8SNET_LOCAL_NONE), 0);
	assert_int_equal(k8snet_cluster_get_generation(c), generation);
}

static void bad_settings_change_nothing(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_cluster *c = f->cluster;
	static const char *const names[] = {
		"",   ".",   "..",  "all", "default",	       "lo",
		"-x", "a/b", "a b", "a:b", "sixteencharacter", "b\xc3\xa9",
		"a\n"};
	static const char *const patterns[] = {
		"", "*", "a*b", "**", "veth\"*", "-x*", "sixteencharacte*", "a b*", NULL};
	char *before = model_dump(c), *after;

	expect_error(f->ctx, k8snet_cluster_set_mode(c, 2), -EINVAL,
		     "cluster: mode: 2 is not in 0..1");
	expect_error(f->ctx, k8snet_cluster_set_link(c, (enum k8snet_link) - 1), -EINVAL,
		     "cluster: link: ");
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect_error(f->ctx, k8snet_cluster_set_bridge_name(c, names[i]), -EINVAL,
			     "cluster: bridge_name: ");
	expect_error(f->ctx, k8snet_cluster_set_bridge_name(c, NULL), -EINVAL,
		     "cluster: bridge_name: is missing");
	expect_error(f->ctx, k8snet_cluster_set_overlay_vni(c, 0), -EINVAL, "cluster: overlay_vni");
	expect_error(f->ctx, k8snet_cluster_set_overlay_vni(c, 1 << 24), -EINVAL,
		     "cluster: overlay_vni: 16777216 is not in 1..16777215");
	expect_error(f->ctx, k8snet_cluster_set_overlay_port(c, 0), -EINVAL,
		     "cluster: overlay_port");
	expect_error(f->ctx, k8snet_cluster_set_mtu(c, 1279), -EINVAL, "cluster: mtu: 1279");
	expect_error(f->ctx, k8snet_cluster_set_mtu(c, 65536), -EINVAL, "cluster: mtu: 65536");
	expect_error(f->ctx, k8snet_cluster_set_masquerade_mark(c, 0), -EINVAL,
		     "cluster: masquerade_mark: 0x0");
	expect_error(f->ctx, k8snet_cluster_set_masquerade_mark(c, 3), -EINVAL,
		     "cluster: masquerade_mark: 0x3");
	expect_error(f->ctx, k8snet_cluster_add_pod_cidr(c, "10.1.0.1/16"), -EINVAL,
		     "cluster: cidr: \"10.1.0.1/16\" has bits set");
	expect_error(f->ctx, k8snet_cluster_add_pod_cidr(c, "10.1.0.0"), -EINVAL, "cluster: cidr");
	expect_error(f->ctx, k8snet_cluster_add_pod_cidr(c, NULL), -EINVAL, "cluster: cidr");
	expect_error(f->ctx, k8snet_cluster_set_local_detection(c, 3), -EINVAL,
		     "cluster: local_detection: 3 is not in 0..2");
	for (size_t i = 0; i < sizeof(patterns) / sizeof(patterns[0]); i++)
		expect_error(f->ctx, k8snet_cluster_add_pod_interface(c, patterns[i]), -EINVAL,
			     "cluster: pod_interface");
	expect_error(f->ctx, k8snet_cluster_add_node_port_cidr(c, "primary"), -EINVAL,
		     "cluster: cidr");
	expect_error(f->ctx, k8snet_cluster_add_service_cidr(c, "10.96.0.1/12"), -EINVAL,
		     "cluster: cidr: \"10.96.0.1/12\" has bits set");
	after = model_dump(c);
	assert_string_equal(before, after);
	free(before);
	free(after);

	assert_int_equal(k8snet_cluster_add_pod_cidr(c, "10.1.0.0/16"), 0);
	expect_error(f->ctx, k8snet_cluster_add_pod_cidr(c, "10.2.0.0/16"), -EEXIST,
		     "cluster: cidr: \"10.2.0.0/16\" is a second IPv4 CIDR");
	assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(f->ctx)), K8SNET_MSG_DUPLICATE);
}

static struct k8snet_node *add_node(struct k8snet_cluster *c, const char *name)
{
	struct k8snet_node *node;

	assert_int_equal(k8snet_node_new(&node, c, name), 0);
	return k8snet_node_unref(node), k8snet_cluster_find_node(c, name);
}

static struct k8snet_pod *add_pod(struct k8snet_cluster *c, const char *namespace_,
				  const char *name)
{
	struct k8snet_pod *pod;

	assert_int_equal(k8snet_pod_new(&pod, c, namespace_, name), 0);
	return k8snet_pod_unref(pod), k8snet_cluster_find_pod(c, namespace_, name);
}

static void node_fields(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	static const uint8_t mac[6] = {0x0e, 1, 2, 3, 4, 5};
	struct k8snet_node *n = add_node(c, "node-1.example.com");

	assert_string_equal(k8snet_node_get_name(n), "node-1.example.com");
	assert_null(k8snet_node_get_address(n, 0));
	assert_null(k8snet_node_get_uplink_name(n));
	assert_null(k8snet_node_get_zone(n));
	assert_int_equal(k8snet_node_add_address(n, "192.0.2.1"), 0);
	assert_int_equal(k8snet_node_add_address(n, "2001:db8::1"), 0);
	assert_int_equal(k8snet_node_add_pod_cidr(n, "fd00:1:0:1::/64"), 0);
	assert_int_equal(k8snet_node_add_pod_cidr(n, "10.1.1.0/24"), 0);
	assert_int_equal(k8snet_node_set_uplink(n, "eth0.100", 9000), 0);
	assert_int_equal(k8snet_node_set_overlay_mac(n, 6, mac), 0);
	assert_int_equal(k8snet_node_set_zone(n, "Zone_a.1"), 0);

	expect_address(k8snet_node_get_address(n, 0), "192.0.2.1");
	expect_address(k8snet_node_get_address(n, 1), "2001:db8::1");
	assert_null(k8snet_node_get_address(n, 2));
	expect_prefix(k8snet_node_get_pod_cidr(n, 0), "fd00:1:0:1::/64");
	expect_prefix(k8snet_node_get_pod_cidr(n, 1), "10.1.1.0/24");
	assert_null(k8snet_node_get_pod_cidr(n, 2));
	assert_string_equal(k8snet_node_get_uplink_name(n), "eth0.100");
	assert_int_equal(k8snet_node_get_uplink_mtu(n), 9000);
	assert_memory_equal(k8snet_node_get_overlay_mac(n, 6), mac, 6);
	assert_string_equal(k8snet_node_get_zone(n), "Zone_a.1");

	assert_int_equal(k8snet_node_set_uplink(n, NULL, 0), 0);
	assert_null(k8snet_node_get_uplink_name(n));
	assert_int_equal(k8snet_node_set_zone(n, NULL), 0);
	assert_null(k8snet_node_get_zone(n));
	assert_int_equal(k8snet_node_clear_addresses(n), 0);
	assert_int_equal(k8snet_node_clear_pod_cidrs(n), 0);
	assert_null(k8snet_node_get_address(n, 0));
	assert_null(k8snet_node_get_pod_cidr(n, 0));
}

static void node_errors(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_node *n, *none;
	static const char *const names[] = {"",	  "A",	  "a_b", "-a",	"a-",	".a",
					    "a.", "a..b", "a b", "a/b", "a\nb", "\xc3\xa9"};
	static const char *const cidrs[] = {"10.0.0.0/7", "10.0.0.0/31", "fd00::/47",
					    "fd00::/127", "127.0.0.0/8", "224.0.0.0/24",
					    "ff00::/64",  "0.0.0.0/8",	 "10.0.0.1/24",
					    "10.0.0.0",	  "x",		 ""};
	static const char *const addresses[] = {
		"0.0.0.0", "127.0.0.1", "224.0.0.1",	   "::1",	 "::",	  "169.254.1.1",
		"fe80::1", "ff02::1",	"255.255.255.255", "10.0.0.0x1", "1.2.3", "",
		"x"};
	static const uint8_t multicast[6] = {1}, zero[6];
	char *before, *after, name[300];

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		expect_error(f->ctx, k8snet_node_new(&none, f->cluster, names[i]), -EINVAL,
			     "Node: name: ");
	assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(f->ctx)), K8SNET_MSG_BAD_NAME);
	assert_int_equal(k8snet_error_get_layer(k8snet_ctx_get_error(f->ctx)), K8SNET_LAYER_NODE);
	memset(name, 'a', sizeof(name));
	name[254] = '\0';
	expect_error(f->ctx, k8snet_node_new(&none, f->cluster, name), -EINVAL, "Node: name: ");
	expect_error(f->ctx, k8snet_node_new(&none, f->cluster, NULL), -EINVAL, "Node: name: ");
	name[253] = '\0';
	add_node(f->cluster, name);

	n = add_node(f->cluster, "a");
	assert_int_equal(k8snet_node_add_address(n, "192.0.2.1"), 0);
	assert_int_equal(k8snet_node_add_pod_cidr(n, "10.1.1.0/24"), 0);
	before = model_dump(f->cluster);
	expect_error(f->ctx, k8snet_node_new(&none, f->cluster, "a"), -EEXIST,
		     "Node a: is there already");
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++)
		expect_error(f->ctx, k8snet_node_add_address(n, addresses[i]), -EINVAL,
			     "Node a: address: \"");
	expect_error(f->ctx, k8snet_node_add_address(n, NULL), -EINVAL,
		     "Node a: address: is missing");
	expect_error(f->ctx, k8snet_node_add_address(n, "192.0.2.2"), -EEXIST, "Node a: address: ");
	for (size_t i = 0; i < sizeof(cidrs) / sizeof(cidrs[0]); i++)
		expect_error(f->ctx, k8snet_node_add_pod_cidr(n, cidrs[i]), -EINVAL,
			     "Node a: cidr: \"");
	expect_error(f->ctx, k8snet_node_add_pod_cidr(n, "10.1.2.0/24"), -EEXIST, "Node a: cidr: ");
	expect_error(f->ctx, k8snet_node_set_uplink(n, "a/b", 1500), -EINVAL, "Node a: name: ");
	expect_error(f->ctx, k8snet_node_set_uplink(n, "eth0", 100), -EINVAL, "Node a: mtu: 100");
	expect_error(f->ctx, k8snet_node_set_overlay_mac(n, 5, zero), -EINVAL, "Node a: family: ");
	expect_error(f->ctx, k8snet_node_set_overlay_mac(n, 4, zero), -EINVAL, "Node a: mac: ");
	expect_error(f->ctx, k8snet_node_set_overlay_mac(n, 4, multicast), -EINVAL,
		     "Node a: mac: 01:00:00:00:00:00 is not a unicast");
	expect_error(f->ctx, k8snet_node_set_overlay_mac(n, 4, NULL), -EINVAL, "Node a: mac: ");
	expect_error(f->ctx, k8snet_node_set_zone(n, "-"), -EINVAL, "Node a: zone: ");
	expect_error(f->ctx, k8snet_node_set_zone(n, ""), -EINVAL, "Node a: zone: ");
	after = model_dump(f->cluster);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_null(k8snet_node_get_overlay_mac(n, 5));
}

/* The same on every machine and in every version: nodes agree on it. */
static void node_mac_is_derived(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct k8snet_node *a = add_node(c, "node-1"), *b = add_node(c, "node-2");
	const uint8_t *mac = k8snet_node_get_overlay_mac(a, 4);
	static const uint8_t want[6] = {0x32, 0x8d, 0x0f, 0x05, 0xe3, 0x4e};

	assert_int_equal(mac[0] & 3, 2);
	assert_memory_equal(mac, want, 6);
	assert_memory_not_equal(mac, k8snet_node_get_overlay_mac(a, 6), 6);
	assert_memory_not_equal(mac, k8snet_node_get_overlay_mac(b, 4), 6);
}

static void pod_fields(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	static const uint8_t mac[6] = {0x0e, 1, 2, 3, 4, 5};
	static const uint8_t derived[6] = {0x0a, 0x58, 10, 1, 0, 7};
	struct k8snet_pod *p = add_pod(c, "shop", "cart-0");
	char first[16];

	assert_string_equal(k8snet_pod_get_namespace(p), "shop");
	assert_string_equal(k8snet_pod_get_name(p), "cart-0");
	assert_null(k8snet_pod_get_node_name(p));
	assert_null(k8snet_pod_get_netns(p));
	assert_null(k8snet_pod_get_mac(p));
	assert_string_equal(k8snet_pod_get_interface(p), "eth0");
	assert_false(k8snet_pod_has_host_network(p));
	assert_string_equal(k8snet_pod_get_link_name(p), "vetha7bffd98606");
	snprintf(first, sizeof(first), "%s", k8snet_pod_get_link_name(p));

	assert_int_equal(k8snet_pod_set_node_name(p, "node-1"), 0);
	assert_int_equal(k8snet_pod_add_address(p, "10.1.0.7"), 0);
	assert_int_equal(k8snet_pod_add_address(p, "fd00::7"), 0);
	assert_int_equal(k8snet_pod_set_netns(p, "/run/netns/x"), 0);
	assert_int_equal(k8snet_pod_set_host_network(p, true), 0);
	assert_string_equal(k8snet_pod_get_node_name(p), "node-1");
	expect_address(k8snet_pod_get_address(p, 0), "10.1.0.7");
	expect_address(k8snet_pod_get_address(p, 1), "fd00::7");
	assert_null(k8snet_pod_get_address(p, 2));
	assert_string_equal(k8snet_pod_get_netns(p), "/run/netns/x");
	assert_true(k8snet_pod_has_host_network(p));

	assert_memory_equal(k8snet_pod_get_mac(p), derived, 6);
	assert_int_equal(k8snet_pod_set_mac(p, mac), 0);
	assert_memory_equal(k8snet_pod_get_mac(p), mac, 6);
	assert_int_equal(k8snet_pod_set_mac(p, NULL), 0);
	assert_memory_equal(k8snet_pod_get_mac(p), derived, 6);
	assert_int_equal(k8snet_pod_set_mac(p, k8snet_pod_get_mac(p)), 0);
	assert_memory_equal(k8snet_pod_get_mac(p), derived, 6);

	assert_int_equal(k8snet_pod_set_interface(p, "net1"), 0);
	assert_string_equal(k8snet_pod_get_interface(p), "net1");
	assert_string_not_equal(k8snet_pod_get_link_name(p), first);

	assert_int_equal(k8snet_pod_set_mac(p, NULL), 0);
	assert_int_equal(k8snet_pod_clear_addresses(p), 0);
	assert_null(k8snet_pod_get_mac(p));
	assert_int_equal(k8snet_pod_add_address(p, "fd00::7"), 0);
	assert_memory_equal(k8snet_pod_get_mac(p), derived, 2);
	assert_int_equal(k8snet_pod_set_node_name(p, NULL), 0);
	assert_int_equal(k8snet_pod_set_netns(p, NULL), 0);
	assert_null(k8snet_pod_get_node_name(p));
	assert_null(k8snet_pod_get_netns(p));
}

static void pod_errors(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_pod *p = add_pod(f->cluster, "shop", "cart-0"), *none;
	static const char *const paths[] = {
		"", "/", "x", "run/netns/x", "/run/../x", "/..", "/run/netns/..", "/a\nb"};
	static const uint8_t multicast[6] = {1};
	char *before = model_dump(f->cluster), *after, path[5000];

	expect_error(f->ctx, k8snet_pod_new(&none, f->cluster, "a.b", "c"), -EINVAL,
		     "Pod: namespace: ");
	expect_error(f->ctx, k8snet_pod_new(&none, f->cluster, NULL, "c"), -EINVAL,
		     "Pod: namespace: is missing");
	expect_error(f->ctx, k8snet_pod_new(&none, f->cluster, "a", "c_d"), -EINVAL, "Pod: name: ");
	expect_error(f->ctx, k8snet_pod_new(&none, f->cluster, "shop", "cart-0"), -EEXIST,
		     "Pod shop/cart-0: is there already");
	expect_error(f->ctx, k8snet_pod_set_node_name(p, "N"), -EINVAL,
		     "Pod shop/cart-0: node_name: \"N\" is not a DNS subdomain");
	expect_error(f->ctx, k8snet_pod_add_address(p, "10.1.0.256"), -EINVAL,
		     "Pod shop/cart-0: address: ");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		expect_error(f->ctx, k8snet_pod_set_netns(p, paths[i]), -EINVAL,
			     "Pod shop/cart-0: path: ");
	memset(path, 'a', sizeof(path));
	path[0] = '/';
	path[4096] = '\0';
	expect_error(f->ctx, k8snet_pod_set_netns(p, path), -EINVAL, "Pod shop/cart-0: path: ");
	expect_error(f->ctx, k8snet_pod_set_interface(p, "lo"), -EINVAL, "Pod shop/cart-0: name: ");
	expect_error(f->ctx, k8snet_pod_set_interface(p, NULL), -EINVAL, "Pod shop/cart-0: name: ");
	expect_error(f->ctx, k8snet_pod_set_mac(p, multicast), -EINVAL, "Pod shop/cart-0: mac: ");
	after = model_dump(f->cluster);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_int_equal(k8snet_pod_set_netns(p, "/run/netns/..x/y.."), 0);
}

static void order_is_that_of_insertion(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct k8snet_pod *a = add_pod(c, "x", "c"), *b = add_pod(c, "x", "a"),
			  *d = add_pod(c, "x", "b");

	assert_int_equal(k8snet_cluster_count_pods(c), 3);
	assert_ptr_equal(k8snet_cluster_next_pod(c, NULL), a);
	assert_ptr_equal(k8snet_cluster_next_pod(c, a), b);
	assert_ptr_equal(k8snet_cluster_next_pod(c, b), d);
	assert_null(k8snet_cluster_next_pod(c, d));
	assert_int_equal(k8snet_pod_remove(b), 0);
	assert_ptr_equal(k8snet_cluster_next_pod(c, a), d);
	assert_null(k8snet_cluster_find_pod(c, "x", "a"));
	assert_int_equal(k8snet_pod_remove(a), 0);
	assert_ptr_equal(k8snet_cluster_next_pod(c, NULL), d);
	assert_int_equal(k8snet_pod_remove(d), 0);
	assert_null(k8snet_cluster_next_pod(c, NULL));
	assert_int_equal(k8snet_cluster_count_pods(c), 0);
}

static void names_are_found(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	char name[32];

	for (int i = 0; i < 2000; i++) {
		snprintf(name, sizeof(name), "pod-%d", i);
		add_pod(c, i % 2 ? "odd" : "even", name);
	}
	assert_non_null(k8snet_cluster_find_pod(c, "odd", "pod-1999"));
	assert_null(k8snet_cluster_find_pod(c, "even", "pod-1999"));
	assert_null(k8snet_cluster_find_pod(c, NULL, "pod-1999"));
	assert_null(k8snet_cluster_find_pod(c, "odd", NULL));
	assert_null(k8snet_cluster_find_node(c, "pod-1"));
	assert_null(k8snet_cluster_find_node(c, NULL));
}

static void removed_objects_stay_valid(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_pod *pod;
	struct k8snet_node *node;
	struct k8snet_ctx *ctx = k8snet_ctx_ref(f->ctx);

	assert_int_equal(k8snet_pod_new(&pod, f->cluster, "a", "b"), 0);
	assert_int_equal(k8snet_node_new(&node, f->cluster, "n"), 0);
	assert_int_equal(k8snet_pod_set_node_name(pod, "n"), 0);
	assert_int_equal(k8snet_pod_remove(pod), 0);
	expect_error(ctx, k8snet_pod_remove(pod), -ENOENT, "Pod a/b: ");
	expect_error(ctx, k8snet_pod_set_node_name(pod, "m"), -ENOENT, "Pod a/b: ");
	assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(ctx)), K8SNET_MSG_NOT_FOUND);
	assert_string_equal(k8snet_pod_get_node_name(pod), "n");
	assert_null(k8snet_cluster_next_pod(f->cluster, pod));

	/* The name is free again; the two are different. */
	assert_ptr_not_equal(add_pod(f->cluster, "a", "b"), pod);

	/* Handles outlive the cluster and the caller's context. */
	f->cluster = k8snet_cluster_unref(f->cluster);
	f->ctx = k8snet_ctx_unref(f->ctx);
	assert_string_equal(k8snet_pod_get_node_name(pod), "n");
	assert_string_equal(k8snet_node_get_name(node), "n");
	expect_error(ctx, k8snet_node_set_zone(node, "a"), -ENOENT, "Node n: ");
	ctx = k8snet_ctx_unref(ctx);
	assert_ptr_equal(k8snet_pod_ref(pod), pod);
	assert_null(k8snet_pod_unref(pod));
	assert_null(k8snet_pod_unref(pod));
	assert_null(k8snet_node_unref(node));
	assert_null(k8snet_pod_unref(NULL));
	assert_null(k8snet_node_unref(NULL));
	assert_null(k8snet_service_unref(NULL));
	assert_null(k8snet_endpointslice_unref(NULL));
	assert_null(k8snet_ingress_unref(NULL));
	assert_null(k8snet_cluster_unref(NULL));
}

static void unchanged_values_are_no_change(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	static const uint8_t mac[6] = {2, 2, 2, 2, 2, 2};
	struct k8snet_node *n = add_node(c, "n");
	struct k8snet_pod *p = add_pod(c, "a", "b");
	uint64_t generation = 0;

	for (int i = 0; i < 2; i++) {
		if (i)
			generation = k8snet_cluster_get_generation(c);
		assert_int_equal(k8snet_node_set_uplink(n, "eth0", 1500), 0);
		assert_int_equal(k8snet_node_set_overlay_mac(n, 4, mac), 0);
		assert_int_equal(k8snet_node_set_zone(n, "z"), 0);
		assert_int_equal(k8snet_node_clear_addresses(n), 0);
		assert_int_equal(k8snet_node_clear_pod_cidrs(n), 0);
		assert_int_equal(k8snet_pod_set_node_name(p, "n"), 0);
		assert_int_equal(k8snet_pod_set_netns(p, "/x"), 0);
		assert_int_equal(k8snet_pod_set_interface(p, "eth1"), 0);
		assert_int_equal(k8snet_pod_set_mac(p, mac), 0);
		assert_int_equal(k8snet_pod_set_host_network(p, true), 0);
		assert_int_equal(k8snet_pod_clear_addresses(p), 0);
	}
	assert_int_equal(k8snet_cluster_get_generation(c), generation);
	assert_int_equal(k8snet_pod_set_mac(p, NULL), 0);
	assert_int_equal(k8snet_cluster_get_generation(c), generation + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(settings_have_defaults),
		model_test(settings_are_set),
		model_test(bad_settings_change_nothing),
		model_test(node_fields),
		model_test(node_errors),
		model_test(node_mac_is_derived),
		model_test(pod_fields),
		model_test(pod_errors),
		model_test(order_is_that_of_insertion),
		model_test(names_are_found),
		model_test(removed_objects_stay_valid),
		model_test(unchanged_values_are_no_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
