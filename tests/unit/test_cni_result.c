/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results, in the form of each version, out of it and into it. The texts follow the
 * specifications of those versions. */
#include "cni_fixture.h"

static int setup(void **state)
{
	return k8snet_ctx_new((struct k8snet_ctx **)state, NULL);
}

static int teardown(void **state)
{
	k8snet_ctx_unref(*state);
	return 0;
}

static struct k8snet_prefix prefix(const char *text)
{
	struct k8snet_prefix p;

	assert_int_equal(k8snet_prefix_parse(&p, text), 0);
	return p;
}

static struct k8snet_address address(const char *text)
{
	struct k8snet_address a;

	assert_int_equal(k8snet_address_parse(&a, text), 0);
	return a;
}

static void add_ip(struct k8snet_cni_result *result, const char *text, const char *gateway,
		   int interface)
{
	const struct k8snet_prefix p = prefix(text);
	struct k8snet_cni_ip *ip;

	assert_int_equal(k8snet_cni_result_add_ip(result, &ip, &p), 0);
	if (gateway) {
		const struct k8snet_address a = address(gateway);

		assert_int_equal(k8snet_cni_ip_set_gateway(ip, &a), 0);
	}
	assert_int_equal(k8snet_cni_ip_set_interface(ip, interface), 0);
}

static struct k8snet_cni_route *add_route(struct k8snet_cni_result *result, const char *text,
					  const char *gateway)
{
	const struct k8snet_prefix p = prefix(text);
	struct k8snet_cni_route *route;

	assert_int_equal(k8snet_cni_result_add_route(result, &route, &p), 0);
	if (gateway) {
		const struct k8snet_address a = address(gateway);

		assert_int_equal(k8snet_cni_route_set_gateway(route, &a), 0);
	}
	return route;
}

static void add_interfaces(struct k8snet_cni_result *result)
{
	static const uint8_t mac[] = {0x0a, 0x58, 0x0a, 0x01, 0x00, 0x02};
	struct k8snet_cni_interface *i;

	assert_int_equal(k8snet_cni_result_add_interface(result, &i, "veth0"), 0);
	assert_int_equal(k8snet_cni_interface_set_mac(i, "02:00:00:00:00:01"), 0);
	assert_int_equal(k8snet_cni_result_add_interface(result, &i, "eth0"), 0);
	assert_int_equal(k8snet_cni_interface_set_mac_bytes(i, mac), 0);
	assert_int_equal(k8snet_cni_interface_set_sandbox(i, "/run/netns/c1"), 0);
	assert_int_equal(k8snet_cni_interface_set_mtu(i, 1450), 0);
	assert_int_equal(k8snet_cni_interface_set_socket_path(i, "/run/vhost.sock"), 0);
	assert_int_equal(k8snet_cni_interface_set_pci_id(i, "0000:00:1f.6"), 0);
	assert_int_equal(k8snet_cni_interface_get_index(i), 1);
}

/* One that has everything. */
static struct k8snet_cni_result *full(struct k8snet_ctx *ctx)
{
	struct k8snet_cni_result *result;
	struct k8snet_cni_route *route;

	assert_int_equal(k8snet_cni_result_new(&result, ctx), 0);
	add_interfaces(result);
	add_ip(result, "10.1.0.2/24", "10.1.0.1", 1);
	add_ip(result, "10.1.1.2/24", NULL, 1);
	add_ip(result, "fd00::2/64", "fd00::1", -1);
	add_route(result, "0.0.0.0/0", NULL);
	route = add_route(result, "10.2.0.0/16", "10.1.0.9");
	assert_int_equal(k8snet_cni_route_set_mtu(route, 1400), 0);
	assert_int_equal(k8snet_cni_route_set_advmss(route, 1360), 0);
	assert_int_equal(k8snet_cni_route_set_priority(route, 100), 0);
	assert_int_equal(k8snet_cni_route_set_table(route, 4294967295), 0);
	assert_int_equal(k8snet_cni_route_set_scope(route, 0), 0);
	add_route(result, "::/0", "fd00::1");
	assert_int_equal(k8snet_cni_result_add_nameserver(result, "10.96.0.10"), 0);
	assert_int_equal(k8snet_cni_result_add_nameserver(result, "fd00::a"), 0);
	assert_int_equal(k8snet_cni_result_set_domain(result, "cluster.local"), 0);
	assert_int_equal(k8snet_cni_result_add_search(result, "svc.cluster.local"), 0);
	assert_int_equal(k8snet_cni_result_add_option(result, "ndots:5"), 0);
	return result;
}

#define DNS                                                                                   \
	"\"dns\":{\"nameservers\":[\"10.96.0.10\",\"fd00::a\"],\"domain\":\"cluster.local\"," \
	"\"search\":[\"svc.cluster.local\"],\"options\":[\"ndots:5\"]}}\n"
#define INTERFACES                                                            \
	"\"interfaces\":[{\"name\":\"veth0\",\"mac\":\"02:00:00:00:00:01\"}," \
	"{\"name\":\"eth0\",\"mac\":\"0a:58:0a:01:00:02\",\"sandbox\":\"/run/netns/c1\"}],"
#define IPS_1                                                                              \
	"\"ips\":[{\"address\":\"10.1.0.2/24\",\"gateway\":\"10.1.0.1\",\"interface\":1}," \
	"{\"address\":\"10.1.1.2/24\",\"interface\":1},"                                   \
	"{\"address\":\"fd00::2/64\",\"gateway\":\"fd00::1\"}],"
#define IPS_0_3                                                                             \
	"\"ips\":[{\"version\":\"4\",\"address\":\"10.1.0.2/24\",\"gateway\":\"10.1.0.1\"," \
	"\"interface\":1},{\"version\":\"4\",\"address\":\"10.1.1.2/24\",\"interface\":1}," \
	"{\"version\":\"6\",\"address\":\"fd00::2/64\",\"gateway\":\"fd00::1\"}],"
#define ROUTES                                                                               \
	"\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"10.2.0.0/16\",\"gw\":\"10.1.0.9\"}," \
	"{\"dst\":\"::/0\",\"gw\":\"fd00::1\"}],"
#define OLD                                                                         \
	"\"ip4\":{\"ip\":\"10.1.0.2/24\",\"gateway\":\"10.1.0.1\",\"routes\":"      \
	"[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"10.2.0.0/16\",\"gw\":\"10.1.0.9\"}]}," \
	"\"ip6\":{\"ip\":\"fd00::2/64\",\"gateway\":\"fd00::1\",\"routes\":"        \
	"[{\"dst\":\"::/0\",\"gw\":\"fd00::1\"}]},"

static const struct {
	const char *version, *text;
} forms[] = {
	{"0.1.0", "{\"cniVersion\":\"0.1.0\"," OLD DNS},
	{"0.2.0", "{\"cniVersion\":\"0.2.0\"," OLD DNS},
	{"0.3.0", "{\"cniVersion\":\"0.3.0\"," INTERFACES IPS_0_3 ROUTES DNS},
	{"0.3.1", "{\"cniVersion\":\"0.3.1\"," INTERFACES IPS_0_3 ROUTES DNS},
	{"0.4.0", "{\"cniVersion\":\"0.4.0\"," INTERFACES IPS_0_3 ROUTES DNS},
	{"1.0.0", "{\"cniVersion\":\"1.0.0\"," INTERFACES IPS_1 ROUTES DNS},
	{"1.1.0",
	 "{\"cniVersion\":\"1.1.0\","
	 "\"interfaces\":[{\"name\":\"veth0\",\"mac\":\"02:00:00:00:00:01\"},"
	 "{\"name\":\"eth0\",\"mac\":\"0a:58:0a:01:00:02\",\"mtu\":1450,"
	 "\"sandbox\":\"/run/netns/c1\",\"socketPath\":\"/run/vhost.sock\","
	 "\"pciID\":\"0000:00:1f.6\"}]," IPS_1
	 "\"routes\":[{\"dst\":\"0.0.0.0/0\"},{\"dst\":\"10.2.0.0/16\",\"gw\":\"10.1.0.9\","
	 "\"mtu\":1400,\"advmss\":1360,\"priority\":100,\"table\":4294967295,\"scope\":0},"
	 "{\"dst\":\"::/0\",\"gw\":\"fd00::1\"}]," DNS},
};
#define N_FORMS (sizeof(forms) / sizeof(forms[0]))

static void expect_print(const struct k8snet_cni_result *result, const char *version,
			 const char *want)
{
	char *text = NULL;

	assert_int_equal(k8snet_cni_result_print(result, version, &text), 0);
	assert_string_equal(text, want);
	free(text);
}

static struct k8snet_cni_result *read_back(struct k8snet_ctx *ctx, const char *text)
{
	struct k8snet_cni_result *result = NULL;

	assert_int_equal(k8snet_cni_result_new_from_json(&result, ctx, text, strlen(text)), 0);
	return result;
}

static void test_print(void **state)
{
	struct k8snet_cni_result *result = full(*state);

	for (size_t i = 0; i < N_FORMS; i++)
		expect_print(result, forms[i].version, forms[i].text);
	k8snet_cni_result_unref(result);
}

/* Read in any version, printed in any: what the older of the two has survives. */
static void test_convert(void **state)
{
	for (size_t from = 0; from < N_FORMS; from++) {
		struct k8snet_cni_result *result = read_back(*state, forms[from].text);

		expect_print(result, forms[from].version, forms[from].text);
		for (size_t to = 0; to < from; to++)
			expect_print(result, forms[to].version, forms[to].text);
		k8snet_cni_result_unref(result);
	}
}

static void test_upgrade(void **state)
{
	struct k8snet_cni_result *result = read_back(*state, forms[0].text);

	expect_print(result, "1.1.0",
		     "{\"cniVersion\":\"1.1.0\","
		     "\"ips\":[{\"address\":\"10.1.0.2/24\",\"gateway\":\"10.1.0.1\"},"
		     "{\"address\":\"fd00::2/64\",\"gateway\":\"fd00::1\"}]," ROUTES DNS);
	k8snet_cni_result_unref(result);
	result = read_back(*state, forms[4].text);
	expect_print(result, "1.1.0", "{\"cniVersion\":\"1.1.0\"," INTERFACES IPS_1 ROUTES DNS);
	k8snet_cni_result_unref(result);
}

/* Without a version in it, a result is one of 0.1.0. */
static void test_no_version(void **state)
{
	struct k8snet_cni_result *result =
		read_back(*state, "{\"ip4\":{\"ip\":\"10.1.0.2/24\"},\"ips\":7}");

	expect_print(result, "0.2.0",
		     "{\"cniVersion\":\"0.2.0\",\"ip4\":{\"ip\":\"10.1.0.2/24\"}}\n");
	k8snet_cni_result_unref(result);
}

static void test_empty(void **state)
{
	struct k8snet_cni_result *result;
	char want[64];

	assert_int_equal(k8snet_cni_result_new(&result, *state), 0);
	for (size_t i = 0; i < N_FORMS; i++) {
		snprintf(want, sizeof(want), "{\"cniVersion\":\"%s\"}\n", forms[i].version);
		expect_print(result, forms[i].version, want);
	}
	assert_null(k8snet_cni_result_next_interface(result, NULL));
	assert_null(k8snet_cni_result_next_ip(result, NULL));
	assert_null(k8snet_cni_result_next_route(result, NULL));
	assert_null(k8snet_cni_result_get_nameserver(result, 0));
	assert_null(k8snet_cni_result_get_domain(result));
	k8snet_cni_result_unref(result);
}

static void test_getters(void **state)
{
	struct k8snet_cni_result *result = full(*state);
	const struct k8snet_cni_interface *i = k8snet_cni_result_next_interface(result, NULL);
	const struct k8snet_cni_route *route;
	const struct k8snet_cni_ip *ip;

	assert_string_equal(k8snet_cni_interface_get_name(i), "veth0");
	assert_null(k8snet_cni_interface_get_sandbox(i));
	assert_int_equal(k8snet_cni_interface_get_mtu(i), 0);
	i = k8snet_cni_result_next_interface(result, i);
	assert_string_equal(k8snet_cni_interface_get_mac(i), "0a:58:0a:01:00:02");
	assert_string_equal(k8snet_cni_interface_get_sandbox(i), "/run/netns/c1");
	assert_string_equal(k8snet_cni_interface_get_socket_path(i), "/run/vhost.sock");
	assert_string_equal(k8snet_cni_interface_get_pci_id(i), "0000:00:1f.6");
	assert_int_equal(k8snet_cni_interface_get_mtu(i), 1450);
	assert_null(k8snet_cni_result_next_interface(result, i));
	ip = k8snet_cni_result_next_ip(result, NULL);
	assert_int_equal(k8snet_cni_ip_get_address(ip)->length, 24);
	assert_int_equal(k8snet_cni_ip_get_interface(ip), 1);
	assert_int_equal(k8snet_cni_ip_get_gateway(ip)->bytes[3], 1);
	ip = k8snet_cni_result_next_ip(result, ip);
	assert_null(k8snet_cni_ip_get_gateway(ip));
	assert_int_equal(k8snet_cni_ip_get_interface(k8snet_cni_result_next_ip(result, ip)), -1);
	route = k8snet_cni_result_next_route(result, NULL);
	assert_int_equal(k8snet_cni_route_get_table(route), -1);
	assert_int_equal(k8snet_cni_route_get_scope(route), -1);
	assert_null(k8snet_cni_route_get_gateway(route));
	route = k8snet_cni_result_next_route(result, route);
	assert_int_equal(k8snet_cni_route_get_destination(route)->length, 16);
	assert_int_equal(k8snet_cni_route_get_mtu(route), 1400);
	assert_int_equal(k8snet_cni_route_get_advmss(route), 1360);
	assert_int_equal(k8snet_cni_route_get_priority(route), 100);
	assert_int_equal(k8snet_cni_route_get_scope(route), 0);
	assert_string_equal(k8snet_cni_result_get_nameserver(result, 1), "fd00::a");
	assert_null(k8snet_cni_result_get_nameserver(result, 2));
	assert_string_equal(k8snet_cni_result_get_search(result, 0), "svc.cluster.local");
	assert_string_equal(k8snet_cni_result_get_option(result, 0), "ndots:5");
	assert_string_equal(k8snet_cni_result_get_domain(result), "cluster.local");
	k8snet_cni_result_unref(result);
}

/* Interfaces of what is appended get new numbers, and its addresses follow. */
static void test_append(void **state)
{
	struct k8snet_cni_result *result = full(*state), *other = full(*state);
	const struct k8snet_cni_ip *ip = NULL;
	char *text;

	assert_int_equal(k8snet_cni_result_append(result, other), 0);
	for (int n = 0; n < 4; n++)
		ip = k8snet_cni_result_next_ip(result, ip);
	assert_int_equal(k8snet_cni_ip_get_interface(ip), 3);
	assert_string_equal(k8snet_cni_result_get_nameserver(result, 3), "fd00::a");
	assert_int_equal(k8snet_cni_result_append(other, other), 0);
	assert_int_equal(k8snet_cni_result_print(result, "1.1.0", &text), 0);
	expect_print(other, "1.1.0", text);
	free(text);
	k8snet_cni_result_clear(other);
	expect_print(other, "1.1.0", "{\"cniVersion\":\"1.1.0\"}\n");
	assert_int_equal(k8snet_cni_result_append(other, result), 0);
	assert_ptr_equal(k8snet_cni_result_ref(other), other);
	k8snet_cni_result_unref(other);
	assert_null(k8snet_cni_result_unref(other));
	k8snet_cni_result_unref(result);
	assert_null(k8snet_cni_result_unref(NULL));
}

/* --- what is refused ------------------------------------------------------------- */

static void expect_refused(struct k8snet_ctx *ctx, const char *text, const char *message)
{
	struct k8snet_cni_result *result = NULL;
	int r = k8snet_cni_result_new_from_json(&result, ctx, text, strlen(text));
	const struct k8snet_error *error = k8snet_ctx_get_error(ctx);

	if (r != -EINVAL || strcmp(k8snet_error_get_message(error), message) != 0)
		print_error("%s\ngot %d %s\nwant %s\n", text, r, k8snet_error_get_message(error),
			    message);
	assert_int_equal(r, -EINVAL);
	assert_null(result);
	assert_string_equal(k8snet_error_get_message(error), message);
}

static void test_refused(void **state)
{
	static const struct {
		const char *members, *message;
	} cases[] = {
		{"\"ips\":{}", "result: ips: is not an array"},
		{"\"ips\":[7]", "result: ips[0]: is not an object"},
		{"\"ips\":[{}]", "result: ips[0].address: is missing"},
		{"\"ips\":[{\"address\":\"10.1.0.2\"}]",
		 "result: ips[0].address: is not ADDRESS/LENGTH"},
		{"\"ips\":[{\"address\":\"10.1.0.2/33\"}]",
		 "result: ips[0].address: is not ADDRESS/LENGTH"},
		{"\"ips\":[{\"address\":7}]", "result: ips[0].address: is not a string"},
		{"\"ips\":[{\"address\":\"10.1.0.2/24\\u0000\"}]",
		 "result: ips[0].address: has a NUL"},
		{"\"ips\":[{\"address\":\"10.1.0.2/24\",\"gateway\":\"fd00::1\"}]",
		 "result: ips[0].gateway: is not of the family of the address"},
		{"\"ips\":[{\"address\":\"10.1.0.2/24\",\"gateway\":\"x\"}]",
		 "result: ips[0].gateway: is not an address"},
		{"\"interfaces\":[{\"name\":\"eth0\"}],\"ips\":[{\"address\":\"10.1.0.2/24\","
		 "\"interface\":1}]",
		 "result: ips[0].interface: is not one of the interfaces"},
		{"\"interfaces\":[{\"name\":\"eth0\"}],\"ips\":[{\"address\":\"10.1.0.2/24\","
		 "\"interface\":-2}]",
		 "result: ips[0].interface: is not one of the interfaces"},
		{"\"interfaces\":[{}]", "result: interfaces[0].name: is missing"},
		{"\"interfaces\":[{\"name\":\"\"}]",
		 "result: interfaces[0].name: is not a file name"},
		{"\"interfaces\":[{\"name\":\"..\"}]",
		 "result: interfaces[0].name: is not a file name"},
		{"\"interfaces\":[{\"name\":\"../x\"}]", "result: interfaces[0].name: has a '/'"},
		{"\"interfaces\":[{\"name\":\"a\",\"sandbox\":\"a\\nb\"}]",
		 "result: interfaces[].sandbox: has a control character"},
		{"\"interfaces\":[{\"name\":\"a\",\"mtu\":-1}]",
		 "result: interfaces[0].mtu: is not a whole number in its range"},
		{"\"routes\":[{\"gw\":\"10.1.0.1\"}]", "result: routes[0].dst: is missing"},
		{"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"scope\":256}]",
		 "result: routes[0].scope: is not a whole number in its range"},
		{"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"table\":4294967296}]",
		 "result: routes[0].table: is not a whole number in its range"},
		{"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"mtu\":1.5}]",
		 "result: routes[0].mtu: is not a whole number in its range"},
		{"\"dns\":[]", "result: dns: is not an object"},
		{"\"dns\":{\"nameservers\":[1]}", "result: dns.nameservers[0]: is not a string"},
		{"\"dns\":{\"domain\":[]}", "result: dns.domain: is not a string"},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), "{\"cniVersion\":\"1.1.0\",%s}", cases[i].members);
		expect_refused(*state, text, cases[i].message);
	}
	expect_refused(*state, "{\"cniVersion\":\"2.0.0\"}",
		       "result: cniVersion: is not a version that is known");
	expect_refused(*state, "{\"ip4\":{}}", "result: ip4.ip: is missing");
	expect_refused(*state, "{\"ip6\":7}", "result: ip6: is not an object");
	expect_refused(*state, "[]", "result: is not a JSON object");
	expect_refused(*state, "", "result: is empty");
	expect_refused(*state, "{} {}", "result: more than one JSON value");
	expect_refused(*state, "{\"ips\":1,\"ips\":2}",
		       "result: line 1, column 10: duplicate key \"ips\"");
}

/* An index without interfaces is what some IPAM plugins write; Go writes "" for none. */
static void test_tolerated(void **state)
{
	struct k8snet_cni_result *result = read_back(
		*state, "{\"cniVersion\":\"0.4.0\",\"interfaces\":null,\"other\":[{}],\"ips\":"
			"[{\"version\":\"4\",\"address\":\"10.1.0.2/24\",\"gateway\":\"\","
			"\"interface\":0}],\"dns\":{}}");

	expect_print(result, "1.0.0",
		     "{\"cniVersion\":\"1.0.0\",\"ips\":[{\"address\":\"10.1.0.2/24\"}]}\n");
	k8snet_cni_result_unref(result);
}

/* A hypervisor's interface has a name that no link could have. */
static void test_long_name(void **state)
{
	static const char text[] = "{\"cniVersion\":\"1.0.0\",\"interfaces\":[{\"name\":"
				   "\"vhost-user: interface 12345\"}]}\n";
	struct k8snet_cni_result *result = read_back(*state, text), *copy;

	assert_int_equal(k8snet_cni_result_new(&copy, *state), 0);
	assert_int_equal(k8snet_cni_result_append(copy, result), 0);
	expect_print(copy, "1.0.0", text);
	k8snet_cni_result_unref(copy);
	k8snet_cni_result_unref(result);
}

static void test_bad_arguments(void **state)
{
	const struct k8snet_address v6 = address("fd00::1");
	const struct k8snet_prefix none = {0}, p = prefix("10.1.0.2/24");
	struct k8snet_prefix wide = p;
	struct k8snet_cni_result *result;
	struct k8snet_cni_interface *i;
	struct k8snet_cni_route *route;
	struct k8snet_cni_ip *ip;
	char *text = NULL;

	wide.length = 33;
	assert_int_equal(k8snet_cni_result_new(&result, *state), 0);
	assert_int_equal(k8snet_cni_result_add_interface(result, &i, NULL), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_interface(result, &i, "a/b"), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_ip(result, &ip, NULL), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_ip(result, &ip, &none), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_ip(result, &ip, &wide), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_route(result, &route, &wide), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_nameserver(result, ""), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_search(result, NULL), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_option(result, "a\nb"), -EINVAL);
	assert_int_equal(k8snet_cni_result_set_domain(result, "\xff"), -EINVAL);
	assert_int_equal(k8snet_cni_result_print(result, "1.2.0", &text), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_ip(result, &ip, &p), 0);
	assert_int_equal(k8snet_cni_ip_set_gateway(ip, &v6), -EINVAL);
	assert_int_equal(k8snet_cni_ip_set_interface(ip, 0), -EINVAL);
	assert_int_equal(k8snet_cni_ip_set_interface(ip, -2), -EINVAL);
	assert_int_equal(k8snet_cni_result_add_route(result, &route, &p), 0);
	assert_int_equal(k8snet_cni_route_set_gateway(route, &v6), -EINVAL);
	assert_int_equal(k8snet_cni_route_set_table(route, 4294967296), -EINVAL);
	assert_int_equal(k8snet_cni_route_set_scope(route, 256), -EINVAL);
	/* Nothing of it stayed. */
	expect_print(result, "1.1.0",
		     "{\"cniVersion\":\"1.1.0\",\"ips\":[{\"address\":\"10.1.0.2/24\"}],"
		     "\"routes\":[{\"dst\":\"10.1.0.2/24\"}]}\n");
	k8snet_cni_result_unref(result);
}

#define result_test(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		result_test(test_print),	 result_test(test_convert),
		result_test(test_upgrade),	 result_test(test_no_version),
		result_test(test_empty),	 result_test(test_getters),
		result_test(test_append),	 result_test(test_refused),
		result_test(test_tolerated),	 result_test(test_long_name),
		result_test(test_bad_arguments),
	};

	return cmocka_run_group_tests_name("cni results", tests, NULL, NULL);
}
