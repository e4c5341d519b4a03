/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What kube-proxy makes of fields that are absent, said twice or written in another way:
 * pkg/proxy/endpointslicecache.go, serviceport.go, topology.go; ParseIPSloppy() and
 * ParseCIDRSloppy() of k8s.io/utils/net.
 */
#include "load_text.h"

#include "model/slice.h"

static struct k8snet_service *cart(struct model_fixture *f)
{
	return k8snet_cluster_find_service(f->cluster, "shop", "cart");
}

static struct k8snet_endpointslice *cart_x(struct model_fixture *f)
{
	return k8snet_cluster_find_endpointslice(f->cluster, "shop", "cart-x");
}

#define ENDPOINTS(list) SLICE("'addressType':'IPv4','ports':[{'port':80}],'endpoints':[" list "]")
#define ENDPOINT(rest)	"{'addresses':['10.1.1.2']" rest "}"

static void absent_conditions(void **state)
{
	struct model_fixture *f = *state;
	static const struct {
		const char *conditions;
		unsigned int want;
	} cases[] = {
		{"", 3},
		{",'conditions':null", 3},
		{",'conditions':{}", 3},
		{",'conditions':{'ready':null,'serving':null,'terminating':null}", 3},
		{",'conditions':{'ready':true}", 3},
		{",'conditions':{'ready':false}", 2},
		{",'conditions':{'serving':false}", 1},
		{",'conditions':{'terminating':true}", 7},
		{",'conditions':{'terminating':false}", 3},
		{",'conditions':{'ready':false,'terminating':true}", 6},
		{",'conditions':{'ready':false,'serving':false,'terminating':true}", 4},
	};
	char text[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), ENDPOINTS(ENDPOINT("%s")), cases[i].conditions);
		assert_int_equal(load(f, text), 0);
		assert_int_equal(k8snet_endpointslice_get_endpoint_conditions(cart_x(f), 0),
				 cases[i].want);
	}
	pass_over(f, ENDPOINTS(ENDPOINT(",'conditions':{'ready':'true'}")),
		  "EndpointSlice shop/cart-x: endpoints[0].conditions.ready: is a string");
}

#define READY(node, zone) \
	ENDPOINT(",'nodeName':'" node "','hints':{'forZones':[{'name':'" zone "'}]}")
#define STARTING(node) \
	ENDPOINT(",'nodeName':'" node "','conditions':{'ready':false,'serving':false}")
#define ENDING(node)                  \
	ENDPOINT(",'nodeName':'" node \
		 "','conditions':{'ready':false,'serving':true,'terminating':true}")

/* An address that is there twice: which of the two counts, with all that belongs to it. */
static void an_address_twice_in_a_slice(void **state)
{
	struct model_fixture *f = *state;
	static const struct {
		const char *endpoints, *node, *zone;
		unsigned int conditions;
	} cases[] = {
		{READY("n1", "a") "," READY("n2", "b"), "n1", "a", 3},
		{STARTING("n1") "," READY("n2", "b"), "n2", "b", 3},
		{READY("n1", "a") "," STARTING("n2"), "n1", "a", 3},
		{ENDING("n1") "," READY("n2", "b"), "n2", "b", 3},
		{READY("n1", "a") "," ENDING("n2"), "n1", "a", 3},
		/* The address is the new pod's, which is not ready yet. */
		{ENDING("n1") "," STARTING("n2"), "n2", NULL, 0},
		{STARTING("n1") "," ENDING("n2"), "n1", NULL, 0},
		{ENDING("n1") "," ENDING("n2"), "n1", NULL, 6},
		{ENDING("n1") "," STARTING("n2") "," READY("n3", "c"), "n3", "c", 3},
		{READY("n1", "a") "," ENDPOINT(",'conditions':{'ready':false}"), "n1", "a", 3},
		{STARTING("n1") "," ENDPOINT(""), NULL, NULL, 3},
	};
	const char *node, *zone;
	char text[1024];

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(text, sizeof(text), ENDPOINTS("%s"), cases[i].endpoints);
		assert_int_equal(load(f, text), 0);
		assert_int_equal(k8snet_endpointslice_count_endpoints(cart_x(f)), 1);
		node = k8snet_endpointslice_get_endpoint_node_name(cart_x(f), 0);
		zone = k8snet_endpointslice_get_endpoint_zone_hints(cart_x(f), 0);
		assert_string_equal(node ? node : "-", cases[i].node ? cases[i].node : "-");
		assert_string_equal(zone ? zone : "-", cases[i].zone ? cases[i].zone : "-");
		assert_int_equal(k8snet_endpointslice_get_endpoint_conditions(cart_x(f), 0),
				 cases[i].conditions);
	}
}

static void addresses_are_normalised(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_address address;

	assert_int_equal(
		load(f, SERVICE("'type':'LoadBalancer','clusterIPs':['010.096.000.001',"
				"'FD00:0:0::0A'],'externalIPs':['192.0.2.9','192.0.02.009',"
				"'::ffff:192.0.2.9','::FFFF:192.000.2.10','240.1.2.3',"
				"'2001:db8::1','2001:0DB8::0001'],'ports':[{'port':80}]},"
				"'status':{'loadBalancer':{'ingress':[{'ip':'198.051.100.1'},"
				"{'ip':'198.51.100.1'},{'ip':'127.000.000.001'}]}")),
		0);
	expect_address(k8snet_service_get_cluster_ip(cart(f), 0), "10.96.0.1");
	expect_address(k8snet_service_get_cluster_ip(cart(f), 1), "fd00::a");
	expect_address(k8snet_service_get_external_ip(cart(f), 0), "192.0.2.9");
	expect_address(k8snet_service_get_external_ip(cart(f), 1), "192.0.2.10");
	expect_address(k8snet_service_get_external_ip(cart(f), 2), "240.1.2.3");
	expect_address(k8snet_service_get_external_ip(cart(f), 3), "2001:db8::1");
	assert_null(k8snet_service_get_external_ip(cart(f), 4));
	expect_address(k8snet_service_get_load_balancer_ip(cart(f), 0), "198.51.100.1");
	assert_null(k8snet_service_get_load_balancer_ip(cart(f), 1));

	assert_int_equal(load(f, ENDPOINTS("{'addresses':['010.001.001.002']},"
					   "{'addresses':['::ffff:10.1.1.2']},"
					   "{'addresses':['10.1.1.2']},"
					   "{'addresses':['0000010.1.01.10']}")),
			 0);
	assert_int_equal(k8snet_endpointslice_count_endpoints(cart_x(f)), 2);
	assert_int_equal(k8snet_endpointslice_get_endpoint_address(cart_x(f), 0, &address), 0);
	expect_address(&address, "10.1.1.2");
	assert_int_equal(k8snet_endpointslice_get_endpoint_address(cart_x(f), 1, &address), 0);
	expect_address(&address, "10.1.1.10");
	/* The same through setters. */
	assert_int_equal(k8snet_endpointslice_remove_endpoint(cart_x(f), "010.1.1.2"), 0);
	assert_int_equal(k8snet_service_add_external_ip(cart(f), "192.000.2.9"), -EEXIST);
}

static void what_is_no_address(void **state)
{
	struct model_fixture *f = *state;
	static const char *const bad[] = {
		"10.96.0",	    "10.96.0.0256", "0x0a.96.0.1",     "10.96.0.1 ",
		" 10.96.0.1",	    "10.96.0.-1",   "10.96.0.",	       "10.96.0.1.",
		"10.96..1",	    "::ffff:1.2.3", "fe80::1%eth0",    "00012345::",
		"255.255.255.255",  "239.1.1.1",    "000.000.000.000", "127.00.0.1",
		"::ffff:127.0.0.1", "0::0",	    "0:0::01",	       "ff0e::1",
	};
	char text[512];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		snprintf(text, sizeof(text), SERVICE("'clusterIPs':['%s'],'ports':[{'port':80}]"),
			 bad[i]);
		pass_over(f, text, "Service shop/cart: spec.clusterIPs[0]: ");
	}
}

static void zeros_are_limited(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *s;
	char text[400];

	assert_int_equal(k8snet_service_new(&s, f->cluster, "shop", "cart"), 0);
	memset(text, '0', sizeof(text));
	snprintf(text + 380, sizeof(text) - 380, "1.2.3.4");
	assert_int_equal(k8snet_service_add_external_ip(s, text), 0);
	expect_address(k8snet_service_get_external_ip(s, 0), "1.2.3.4");
	memset(text, '1', sizeof(text));
	text[sizeof(text) - 1] = '\0';
	assert_int_equal(k8snet_service_add_external_ip(s, text), -EINVAL);
	k8snet_service_unref(s);
}

static void source_ranges_are_normalised(void **state)
{
	struct model_fixture *f = *state;
	static const char *const bad[] = {
		"10.0.0.0/",	      "10.0.0.0/33",	     "10.0.0.0/033",	"10.0.0.0/8/8",
		"::ffff:10.0.0.0/95", "::ffff:10.0.0.0/129", "::ffff:10.0.0.0", "/8",
		"10.0.0.0/ 8",	      "10.0.0.0 /8",	     "fd00::/129",	"10.0.0.0/-8",
	};
	struct k8snet_service *s;

	assert_int_equal(load(f, SERVICE("'clusterIP':'10.96.0.1','ports':[{'port':80}],"
					 "'loadBalancerSourceRanges':['\\t010.001.2.3/016 ',"
					 "'::ffff:10.2.0.0/112','::FFFF:a03:0/112',"
					 "'FD00:0::/032','10.1.0.0/16','0.0.0.0/0','::/0',"
					 "'::ffff:0.0.0.0/96']")),
			 0);
	s = cart(f);
	expect_prefix(k8snet_service_get_source_range(s, 0), "10.1.0.0/16");
	expect_prefix(k8snet_service_get_source_range(s, 1), "10.2.0.0/16");
	expect_prefix(k8snet_service_get_source_range(s, 2), "10.3.0.0/16");
	expect_prefix(k8snet_service_get_source_range(s, 3), "fd00::/32");
	expect_prefix(k8snet_service_get_source_range(s, 4), "0.0.0.0/0");
	expect_prefix(k8snet_service_get_source_range(s, 5), "::/0");
	assert_null(k8snet_service_get_source_range(s, 6));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		expect_error(f->ctx, k8snet_service_add_source_range(s, bad[i]), -EINVAL,
			     "Service shop/cart: cidr: ");
	assert_null(k8snet_service_get_source_range(s, 6));
}

#define INGRESS_IPS(list)                                                               \
	SERVICE("'type':'LoadBalancer','clusterIP':'10.96.0.1','ports':[{'port':80}]}," \
		"'status':{'loadBalancer':{'ingress':[" list "]}")

static void ip_modes(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(load(f, INGRESS_IPS("{'ip':'198.51.100.1','ipMode':'Proxy'},"
					     "{'ip':'198.51.100.2','ipMode':null},"
					     "{'ip':'198.51.100.3','ipMode':'VIP'},"
					     "{'ip':'198.51.100.4'},{'hostname':'a.b'},{}")),
			 0);
	expect_address(k8snet_service_get_load_balancer_ip(cart(f), 0), "198.51.100.2");
	expect_address(k8snet_service_get_load_balancer_ip(cart(f), 1), "198.51.100.3");
	expect_address(k8snet_service_get_load_balancer_ip(cart(f), 2), "198.51.100.4");
	assert_null(k8snet_service_get_load_balancer_ip(cart(f), 3));
	/* A change to Proxy takes the address away. */
	assert_int_equal(load(f, INGRESS_IPS("{'ip':'198.51.100.3','ipMode':'Proxy'}")), 0);
	assert_null(k8snet_service_get_load_balancer_ip(cart(f), 0));
	pass_over(f, INGRESS_IPS("{'ip':'198.51.100.3','ipMode':'proxy'}"),
		  "Service shop/cart: status.loadBalancer.ingress[0].ipMode: ");
}

/* Services that no proxy has rules for are in the model all the same. */
static void services_without_rules(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(load(f, SERVICE("'clusterIP':'None','clusterIPs':['None'],"
					 "'ports':[{'port':80}]")),
			 0);
	assert_true(k8snet_service_is_headless(cart(f)));
	assert_int_equal(k8snet_service_count_ports(cart(f)), 1);
	assert_int_equal(load(f, SERVICE("'ports':[{'port':80}]")), 0);
	assert_true(k8snet_service_is_headless(cart(f)));
	assert_int_equal(load(f, SERVICE("'clusterIP':'','ports':[{'port':80}]")), 0);
	assert_true(k8snet_service_is_headless(cart(f)));
	assert_int_equal(load(f, SERVICE("'type':'ExternalName','externalName':'a.example',"
					 "'clusterIP':'10.96.0.1'")),
			 0);
	assert_int_equal(k8snet_service_get_type(cart(f)), K8SNET_SERVICE_EXTERNAL_NAME);
	assert_int_equal(load(f, SERVICE("'clusterIP':'10.96.0.1','ports':[{'port':80}]")), 0);
	assert_int_equal(k8snet_service_get_type(cart(f)), K8SNET_SERVICE_CLUSTER_IP);
	assert_false(k8snet_service_is_headless(cart(f)));
}

static void hints_are_whole_names(void **state)
{
	(void)state;

	assert_true(hints_have("n1", "n1"));
	assert_true(hints_have("n1,n2", "n2"));
	assert_true(hints_have("n10,n1,n2", "n1"));
	assert_false(hints_have("n10,n11", "n1"));
	assert_false(hints_have("xn1", "n1"));
	assert_false(hints_have("n1", "n10"));
	assert_false(hints_have("n1,n2", "n1,n2,n3"));
	assert_false(hints_have(NULL, "n1"));
}

static void headless_slices(void **state)
{
	static const char *const values[] = {"''", "'false'", "null", "5"};
	struct model_fixture *f = *state;
	char text[512];

	assert_int_equal(load(f, SLICE("'addressType':'IPv4'")), 0);
	assert_false(k8snet_endpointslice_is_headless(cart_x(f)));
	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		snprintf(
			text, sizeof(text),
			"{'apiVersion':'discovery.k8s.io/v1','kind':'EndpointSlice','metadata':{"
			"'namespace':'shop','name':'cart-x','labels':{"
			"'kubernetes.io/service-name':'cart','service.kubernetes.io/headless':%s}},"
			"'addressType':'IPv4'}",
			values[i]);
		assert_int_equal(load(f, text), 0);
		assert_int_equal(k8snet_endpointslice_is_headless(cart_x(f)),
				 strcmp(values[i], "null") != 0);
	}
}

/* Ports that nobody can forward to: the API defaults the name to "", and the protocol. */
static void ports_of_slices(void **state)
{
	struct model_fixture *f = *state;

	assert_int_equal(load(f, SLICE("'addressType':'IPv4','ports':[{},{'port':null},"
				       "{'name':'a','port':80},{'name':'','port':81},"
				       "{'name':'b','port':80,'protocol':'SCTP'}],"
				       "'endpoints':null")),
			 0);
	assert_int_equal(k8snet_endpointslice_count_ports(cart_x(f)), 3);
	assert_int_equal(k8snet_endpointslice_get_port_protocol(cart_x(f), 0), K8SNET_PROTOCOL_TCP);
	assert_string_equal(k8snet_endpointslice_get_port_name(cart_x(f), 1), "");
	assert_int_equal(k8snet_endpointslice_get_port_protocol(cart_x(f), 2),
			 K8SNET_PROTOCOL_SCTP);
	assert_int_equal(k8snet_endpointslice_count_endpoints(cart_x(f)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(absent_conditions),
		model_test(an_address_twice_in_a_slice),
		model_test(addresses_are_normalised),
		model_test(what_is_no_address),
		model_test(zeros_are_limited),
		model_test(source_ranges_are_normalised),
		model_test(ip_modes),
		model_test(services_without_rules),
		model_test(hints_are_whole_names),
		model_test(ports_of_slices),
		model_test(headless_slices),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
