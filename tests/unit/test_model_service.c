/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services, EndpointSlices, ingresses: setters, getters, errors, and the journal. */
#include "unit.h"

#include "model/ingress.h"
#include "model/journal.h"
#include "model_dump.h"

#define TCP K8SNET_PROTOCOL_TCP
#define UDP K8SNET_PROTOCOL_UDP

static struct k8snet_service *add_service(struct k8snet_cluster *c, const char *name)
{
	struct k8snet_service *service;

	assert_int_equal(k8snet_service_new(&service, c, "shop", name), 0);
	k8snet_service_unref(service);
	return service;
}

static struct k8snet_endpointslice *add_slice(struct k8snet_cluster *c, const char *name,
					      const char *service, int family)
{
	struct k8snet_endpointslice *slice;

	assert_int_equal(k8snet_endpointslice_new(&slice, c, "shop", name, service, family), 0);
	k8snet_endpointslice_unref(slice);
	return slice;
}

static struct k8snet_ingress *add_ingress(struct k8snet_cluster *c, const char *name)
{
	struct k8snet_ingress *ingress;

	assert_int_equal(k8snet_ingress_new(&ingress, c, "shop", name), 0);
	k8snet_ingress_unref(ingress);
	return ingress;
}

static void service_fields(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct k8snet_service *s = add_service(c, "cart");

	assert_string_equal(k8snet_service_get_namespace(s), "shop");
	assert_string_equal(k8snet_service_get_name(s), "cart");
	assert_int_equal(k8snet_service_get_type(s), K8SNET_SERVICE_CLUSTER_IP);
	assert_true(k8snet_service_is_headless(s));
	assert_int_equal(k8snet_service_get_session_affinity(s), 0);
	assert_int_equal(k8snet_service_get_external_traffic_policy(s), K8SNET_TRAFFIC_CLUSTER);
	assert_int_equal(k8snet_service_get_internal_traffic_policy(s), K8SNET_TRAFFIC_CLUSTER);
	assert_int_equal(k8snet_service_count_ports(s), 0);
	assert_string_equal(k8snet_service_get_port_name(s, 0), "");
	assert_int_equal(k8snet_service_get_port_number(s, 0), 0);

	assert_int_equal(k8snet_service_set_type(s, K8SNET_SERVICE_LOAD_BALANCER), 0);
	assert_int_equal(k8snet_service_add_cluster_ip(s, "fd00::10"), 0);
	assert_int_equal(k8snet_service_add_cluster_ip(s, "10.96.0.1"), 0);
	assert_int_equal(k8snet_service_add_external_ip(s, "192.0.2.1"), 0);
	assert_int_equal(k8snet_service_add_external_ip(s, "192.0.2.2"), 0);
	assert_int_equal(k8snet_service_add_external_ip(s, "2001:db8::2"), 0);
	assert_int_equal(k8snet_service_add_load_balancer_ip(s, "198.51.100.1"), 0);
	assert_int_equal(k8snet_service_add_port(s, "http", TCP, 80, 30080), 0);
	assert_int_equal(k8snet_service_add_port(s, "dns", UDP, 80, 30080), 0);
	assert_int_equal(k8snet_service_add_port(s, "sctp", K8SNET_PROTOCOL_SCTP, 65535, 0), 0);
	assert_int_equal(k8snet_service_set_session_affinity(s, 86400), 0);
	assert_int_equal(k8snet_service_set_external_traffic_policy(s, K8SNET_TRAFFIC_LOCAL), 0);
	assert_int_equal(k8snet_service_set_internal_traffic_policy(s, K8SNET_TRAFFIC_LOCAL), 0);

	assert_int_equal(k8snet_service_get_type(s), K8SNET_SERVICE_LOAD_BALANCER);
	assert_false(k8snet_service_is_headless(s));
	expect_address(k8snet_service_get_cluster_ip(s, 0), "fd00::10");
	expect_address(k8snet_service_get_cluster_ip(s, 1), "10.96.0.1");
	assert_null(k8snet_service_get_cluster_ip(s, 2));
	expect_address(k8snet_service_get_external_ip(s, 2), "2001:db8::2");
	assert_null(k8snet_service_get_external_ip(s, 3));
	expect_address(k8snet_service_get_load_balancer_ip(s, 0), "198.51.100.1");
	assert_null(k8snet_service_get_load_balancer_ip(s, 1));
	assert_int_equal(k8snet_service_count_ports(s), 3);
	assert_string_equal(k8snet_service_get_port_name(s, 1), "dns");
	assert_int_equal(k8snet_service_get_port_protocol(s, 1), UDP);
	assert_int_equal(k8snet_service_get_port_number(s, 2), 65535);
	assert_int_equal(k8snet_service_get_port_node_port(s, 0), 30080);
	assert_int_equal(k8snet_service_get_session_affinity(s), 86400);

	assert_int_equal(k8snet_service_clear_cluster_ips(s), 0);
	assert_int_equal(k8snet_service_clear_external_ips(s), 0);
	assert_int_equal(k8snet_service_clear_load_balancer_ips(s), 0);
	assert_int_equal(k8snet_service_clear_ports(s), 0);
	assert_true(k8snet_service_is_headless(s));
	assert_null(k8snet_service_get_external_ip(s, 0));
	assert_null(k8snet_service_get_load_balancer_ip(s, 0));
	assert_int_equal(k8snet_service_count_ports(s), 0);
	assert_int_equal(k8snet_service_add_port(s, NULL, TCP, 1, 0), 0);
	assert_string_equal(k8snet_service_get_port_name(s, 0), "");
}

static void service_errors(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_service *s = add_service(f->cluster, "cart"), *none;
	char *before, *after;

	assert_int_equal(k8snet_service_add_port(s, "http", TCP, 80, 30080), 0);
	assert_int_equal(k8snet_service_add_cluster_ip(s, "10.96.0.1"), 0);
	assert_int_equal(k8snet_service_add_external_ip(s, "192.0.2.1"), 0);
	before = model_dump(f->cluster);
	expect_error(f->ctx, k8snet_service_new(&none, f->cluster, "shop", "-cart"), -EINVAL,
		     "Service: name: \"-cart\" is not a DNS label");
	expect_error(f->ctx, k8snet_service_new(&none, f->cluster, "shop", "a.b"), -EINVAL,
		     "Service: name: ");
	expect_error(f->ctx, k8snet_service_new(&none, f->cluster, "shop", "cart"), -EEXIST,
		     "Service shop/cart: is there already");
	expect_error(f->ctx, k8snet_service_set_type(s, 4), -EINVAL, "Service shop/cart: type: ");
	expect_error(f->ctx, k8snet_service_add_cluster_ip(s, "10.96.0.2"), -EEXIST,
		     "Service shop/cart: address: ");
	expect_error(f->ctx, k8snet_service_add_cluster_ip(s, "None"), -EINVAL,
		     "Service shop/cart: address: ");
	expect_error(f->ctx, k8snet_service_add_external_ip(s, "192.0.2.1"), -EEXIST,
		     "Service shop/cart: address: ");
	expect_error(f->ctx, k8snet_service_add_external_ip(s, "169.254.0.1"), -EINVAL,
		     "Service shop/cart: address: ");
	expect_error(f->ctx, k8snet_service_add_load_balancer_ip(s, "127.0.0.1"), -EINVAL,
		     "Service shop/cart: address: ");
	expect_error(f->ctx, k8snet_service_add_port(s, "other", TCP, 80, 0), -EEXIST,
		     "Service shop/cart: port: TCP port 80 is there twice");
	expect_error(f->ctx, k8snet_service_add_port(s, "http", TCP, 81, 0), -EEXIST,
		     "Service shop/cart: name: ");
	expect_error(f->ctx, k8snet_service_add_port(s, "other", TCP, 81, 30080), -EEXIST,
		     "Service shop/cart: nodePort: ");
	expect_error(f->ctx, k8snet_service_add_port(s, "", TCP, 81, 0), -EINVAL,
		     "Service shop/cart: name: is missing");
	expect_error(f->ctx, k8snet_service_add_port(s, "A", TCP, 81, 0), -EINVAL,
		     "Service shop/cart: name: \"A\"");
	expect_error(f->ctx, k8snet_service_add_port(s, "b", TCP, 0, 0), -EINVAL,
		     "Service shop/cart: port: 0 is not in 1..65535");
	expect_error(f->ctx, k8snet_service_add_port(s, "b", 1, 81, 0), -EINVAL,
		     "Service shop/cart: protocol: ");
	expect_error(f->ctx, k8snet_service_add_port(s, "b", 256 + 6, 81, 0), -EINVAL,
		     "Service shop/cart: protocol: ");
	expect_error(f->ctx, k8snet_service_set_session_affinity(s, 86401), -EINVAL,
		     "Service shop/cart: session_affinity: ");
	expect_error(f->ctx, k8snet_service_set_load_balancing(s, 5), -EINVAL,
		     "Service shop/cart: load_balancing: 5 is not in 0..4");
	expect_error(f->ctx, k8snet_service_set_external_traffic_policy(s, 2), -EINVAL,
		     "Service shop/cart: external_traffic_policy: ");
	expect_error(f->ctx, k8snet_service_set_internal_traffic_policy(s, 2), -EINVAL,
		     "Service shop/cart: internal_traffic_policy: ");
	after = model_dump(f->cluster);
	assert_string_equal(before, after);
	free(before);
	free(after);
	assert_null(k8snet_protocol_get_name(5));
	assert_string_equal(k8snet_protocol_get_name(132), "SCTP");
}

static void slice_fields(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct k8snet_endpointslice *s = add_slice(c, "cart-abc", "cart", 4);
	struct k8snet_address address;

	assert_string_equal(k8snet_endpointslice_get_namespace(s), "shop");
	assert_string_equal(k8snet_endpointslice_get_name(s), "cart-abc");
	assert_string_equal(k8snet_endpointslice_get_service_name(s), "cart");
	assert_int_equal(k8snet_endpointslice_get_family(s), 4);
	assert_int_equal(k8snet_endpointslice_add_port(s, NULL, TCP, 8080), 0);
	assert_int_equal(k8snet_endpointslice_add_port(s, "dns", UDP, 53), 0);
	assert_int_equal(k8snet_endpointslice_count_ports(s), 2);
	assert_string_equal(k8snet_endpointslice_get_port_name(s, 0), "");
	assert_string_equal(k8snet_endpointslice_get_port_name(s, 2), "");
	assert_int_equal(k8snet_endpointslice_get_port_protocol(s, 1), UDP);
	assert_int_equal(k8snet_endpointslice_get_port_number(s, 1), 53);
	assert_int_equal(k8snet_endpointslice_get_port_number(s, 2), 0);

	assert_int_equal(k8snet_endpointslice_add_endpoint(s, "10.1.0.1", "n1", 3), 0);
	assert_int_equal(k8snet_endpointslice_add_endpoint(s, "10.1.0.2", NULL, 0), 0);
	assert_int_equal(k8snet_endpointslice_add_endpoint(s, "10.1.0.3", "n1", 6), 0);
	assert_int_equal(k8snet_endpointslice_count_endpoints(s), 3);
	assert_int_equal(k8snet_endpointslice_remove_endpoint(s, "10.1.0.2"), 0);
	assert_int_equal(k8snet_endpointslice_get_endpoint_address(s, 1, &address), 0);
	expect_address(&address, "10.1.0.3");
	assert_int_equal(k8snet_endpointslice_get_endpoint_address(s, 2, &address), -ENOENT);
	assert_string_equal(k8snet_endpointslice_get_endpoint_node_name(s, 0), "n1");
	assert_null(k8snet_endpointslice_get_endpoint_node_name(s, 2));
	assert_int_equal(k8snet_endpointslice_get_endpoint_conditions(s, 1), 6);
	assert_int_equal(k8snet_endpointslice_get_endpoint_conditions(s, 2), 0);
}

static void slice_errors(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_endpointslice *s = add_slice(f->cluster, "cart-4", "cart", 4), *none;
	char *before, *after, name[32];

	assert_int_equal(k8snet_endpointslice_add_endpoint(s, "10.1.0.1", "n1", 3), 0);
	assert_int_equal(k8snet_endpointslice_add_port(s, "a", TCP, 1), 0);
	before = model_dump(f->cluster);
	expect_error(f->ctx, k8snet_endpointslice_new(&none, f->cluster, "shop", "cart-4", "x", 4),
		     -EEXIST, "EndpointSlice shop/cart-4: is there already");
	expect_error(f->ctx, k8snet_endpointslice_new(&none, f->cluster, "shop", "x", "X", 4),
		     -EINVAL, "EndpointSlice shop/x: service_name: ");
	expect_error(f->ctx, k8snet_endpointslice_new(&none, f->cluster, "shop", "x", NULL, 4),
		     -EINVAL, "EndpointSlice shop/x: service_name: is missing");
	expect_error(f->ctx, k8snet_endpointslice_new(&none, f->cluster, "shop", "x", "x", 5),
		     -EINVAL, "EndpointSlice shop/x: family: ");
	expect_error(f->ctx, k8snet_endpointslice_add_port(s, "a", UDP, 1), -EEXIST,
		     "EndpointSlice shop/cart-4: name: ");
	expect_error(f->ctx, k8snet_endpointslice_add_port(s, "b", 0, 1), -EINVAL,
		     "EndpointSlice shop/cart-4: protocol: ");
	expect_error(f->ctx, k8snet_endpointslice_add_port(s, "b", TCP, 0), -EINVAL,
		     "EndpointSlice shop/cart-4: port: ");
	expect_error(f->ctx, k8snet_endpointslice_add_endpoint(s, "fd00::1", NULL, 0), -EINVAL,
		     "EndpointSlice shop/cart-4: address: \"fd00::1\" is not an IPv4 address");
	expect_error(f->ctx, k8snet_endpointslice_add_endpoint(s, "127.0.0.1", NULL, 0), -EINVAL,
		     "EndpointSlice shop/cart-4: address: ");
	expect_error(f->ctx, k8snet_endpointslice_add_endpoint(s, "10.1.0.1", NULL, 0), -EEXIST,
		     "EndpointSlice shop/cart-4: address: ");
	expect_error(f->ctx, k8snet_endpointslice_add_endpoint(s, "10.1.0.2", "-", 0), -EINVAL,
		     "EndpointSlice shop/cart-4: node_name: ");
	expect_error(f->ctx, k8snet_endpointslice_add_endpoint(s, "10.1.0.2", NULL, 8), -EINVAL,
		     "EndpointSlice shop/cart-4: conditions: ");
	expect_error(f->ctx, k8snet_endpointslice_remove_endpoint(s, "10.1.0.2"), -ENOENT,
		     "EndpointSlice shop/cart-4: address: ");
	expect_error(f->ctx, k8snet_endpointslice_remove_endpoint(s, "x"), -EINVAL,
		     "EndpointSlice shop/cart-4: address: ");
	after = model_dump(f->cluster);
	assert_string_equal(before, after);
	free(before);
	free(after);

	for (int i = 2; i <= 1000; i++) {
		snprintf(name, sizeof(name), "10.2.%d.%d", i / 256, i % 256);
		assert_int_equal(k8snet_endpointslice_add_endpoint(s, name, NULL, 1), 0);
	}
	expect_error(f->ctx, k8snet_endpointslice_add_endpoint(s, "10.3.0.1", NULL, 1), -E2BIG,
		     "EndpointSlice shop/cart-4: address: more than 1000");
	for (int i = 1; i < 20000; i++) {
		snprintf(name, sizeof(name), "p%d", i);
		assert_int_equal(k8snet_endpointslice_add_port(s, name, TCP, 1), 0);
	}
	expect_error(f->ctx, k8snet_endpointslice_add_port(s, "more", TCP, 1), -E2BIG,
		     "EndpointSlice shop/cart-4: port: more than 20000");
}

static void slices_are_found_by_service(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct k8snet_endpointslice *early = add_slice(c, "a", "cart", 4), *other, *late;
	struct k8snet_service *s = add_service(c, "cart");

	other = add_slice(c, "b", "other", 4);
	late = add_slice(c, "c", "cart", 6);
	assert_ptr_equal(k8snet_service_next_endpointslice(s, NULL), early);
	assert_ptr_equal(k8snet_service_next_endpointslice(s, early), late);
	assert_null(k8snet_service_next_endpointslice(s, late));
	assert_ptr_equal(k8snet_cluster_next_endpointslice(c, early), other);
	assert_ptr_equal(k8snet_cluster_find_endpointslice(c, "shop", "b"), other);

	k8snet_endpointslice_ref(early);
	assert_int_equal(k8snet_endpointslice_remove(early), 0);
	assert_ptr_equal(k8snet_service_next_endpointslice(s, NULL), late);
	assert_null(k8snet_service_next_endpointslice(s, early));
	assert_int_equal(k8snet_endpointslice_add_endpoint(early, "10.1.0.1", NULL, 1), -ENOENT);
	assert_int_equal(k8snet_endpointslice_remove(late), 0);
	assert_null(k8snet_service_next_endpointslice(s, NULL));
	k8snet_endpointslice_unref(early);

	/* A service that goes leaves its slices. */
	late = add_slice(c, "c", "cart", 6);
	k8snet_service_ref(s);
	assert_int_equal(k8snet_service_remove(s), 0);
	assert_null(k8snet_service_next_endpointslice(s, NULL));
	assert_null(k8snet_service_next_endpointslice(s, late));
	k8snet_service_unref(s);
	s = add_service(c, "cart");
	assert_ptr_equal(k8snet_service_next_endpointslice(s, NULL), late);
}

static void ingress_fields(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct k8snet_ingress *in = add_ingress(c, "front");
	const struct ingress_rule *rule;

	assert_string_equal(k8snet_ingress_get_namespace(in), "shop");
	assert_string_equal(k8snet_ingress_get_name(in), "front");
	assert_null(k8snet_ingress_get_class_name(in));
	assert_int_equal(k8snet_ingress_set_class_name(in, "nginx"), 0);
	assert_string_equal(k8snet_ingress_get_class_name(in), "nginx");
	assert_int_equal(k8snet_ingress_set_class_name(in, NULL), 0);
	assert_null(k8snet_ingress_get_class_name(in));
	assert_int_equal(k8snet_ingress_add_rule(in, "*.example.com", "/a/b", K8SNET_PATH_EXACT,
						 "cart", "http", 9),
			 0);
	assert_int_equal(k8snet_ingress_add_rule(in, NULL, "/a.b/.*", K8SNET_PATH_IMPLEMENTATION,
						 "cart", NULL, 80),
			 0);
	assert_int_equal(in->spec.rules.count, 2);
	rule = &in->spec.rules.items[0];
	assert_string_equal(rule->host, "*.example.com");
	assert_string_equal(rule->backend.port_name, "http");
	assert_int_equal(rule->backend.port_number, 0);
	rule++;
	assert_string_equal(rule->host, "");
	assert_string_equal(rule->backend.port_name, "");
	assert_int_equal(rule->backend.port_number, 80);
	assert_int_equal(k8snet_ingress_set_default_backend(in, "cart", "", 80), 0);
	assert_string_equal(in->spec.default_backend.service, "cart");
	assert_int_equal(k8snet_ingress_set_default_backend(in, NULL, NULL, 0), 0);
	assert_null(in->spec.default_backend.service);
	assert_int_equal(k8snet_ingress_clear_rules(in), 0);
	assert_int_equal(in->spec.rules.count, 0);
	assert_ptr_equal(k8snet_cluster_find_ingress(c, "shop", "front"), in);
	assert_ptr_equal(k8snet_cluster_next_ingress(c, NULL), in);
	assert_null(k8snet_cluster_next_ingress(c, in));
	k8snet_ingress_ref(in);
	assert_int_equal(k8snet_ingress_remove(in), 0);
	assert_int_equal(k8snet_ingress_clear_rules(in), -ENOENT);
	k8snet_ingress_unref(in);
}

static void ingress_errors(void **state)
{
	struct model_fixture *f = *state;
	struct k8snet_ingress *in = add_ingress(f->cluster, "front"), *none;
	static const char *const hosts[] = {"*",   "*.",   "a.*.b",    "*a.b", "A.b",
					    "a_b", "a..b", "10.0.0.1", "::1",  "*.*.a"};
	static const char *const paths[] = {"",	    "a",      "/a//b",	"/a/./b", "/a/../b", "/..",
					    "/a/.", "/a%2fb", "/a%2Fb", "/a b",	  "/a\n"};
	char *before = model_dump(f->cluster), *after;

	expect_error(f->ctx, k8snet_ingress_new(&none, f->cluster, "shop", "front"), -EEXIST,
		     "Ingress shop/front: is there already");
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
		expect_error(f->ctx, k8snet_ingress_add_rule(in, hosts[i], "/", 0, "a", NULL, 1),
			     -EINVAL, "Ingress shop/front: host: ");
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		expect_error(f->ctx, k8snet_ingress_add_rule(in, NULL, paths[i], 0, "a", NULL, 1),
			     -EINVAL, "Ingress shop/front: path: ");
	expect_error(f->ctx, k8snet_ingress_add_rule(in, NULL, NULL, 0, "a", NULL, 1), -EINVAL,
		     "Ingress shop/front: path: is missing");
	expect_error(f->ctx, k8snet_ingress_add_rule(in, NULL, "/", 3, "a", NULL, 1), -EINVAL,
		     "Ingress shop/front: pathType: ");
	expect_error(f->ctx, k8snet_ingress_add_rule(in, NULL, "/", 0, NULL, NULL, 1), -EINVAL,
		     "Ingress shop/front: service.name: is missing");
	expect_error(f->ctx, k8snet_ingress_add_rule(in, NULL, "/", 0, "a.b", NULL, 1), -EINVAL,
		     "Ingress shop/front: service.name: ");
	expect_error(f->ctx, k8snet_ingress_add_rule(in, NULL, "/", 0, "a", NULL, 0), -EINVAL,
		     "Ingress shop/front: service.port.number: ");
	expect_error(f->ctx, k8snet_ingress_add_rule(in, NULL, "/", 0, "a", "80", 0), -EINVAL,
		     "Ingress shop/front: service.port.name: ");
	expect_error(f->ctx, k8snet_ingress_set_default_backend(in, "a", "b--c", 0), -EINVAL,
		     "Ingress shop/front: service.port.name: ");
	expect_error(f->ctx, k8snet_ingress_set_class_name(in, "A"), -EINVAL,
		     "Ingress shop/front: class_name: ");
	after = model_dump(f->cluster);
	assert_string_equal(before, after);
	free(before);
	free(after);
}

static void expect_entry(struct k8snet_cluster *c, uint64_t *cursor, enum model_kind kind,
			 const char *namespace_, const char *name)
{
	struct journal_entry entry;

	assert_int_equal(journal_next(c, cursor, &entry), 1);
	assert_int_equal(entry.kind, kind);
	assert_string_equal(entry.namespace_, namespace_);
	assert_string_equal(entry.name, name);
}

static void expect_end(struct k8snet_cluster *c, uint64_t *cursor)
{
	struct journal_entry entry;

	assert_int_equal(journal_next(c, cursor, &entry), 0);
	assert_int_equal(*cursor, journal_end(c));
}

static void journal_names_what_changed(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	uint64_t cursor = journal_end(c);
	struct k8snet_service *s;
	struct k8snet_endpointslice *slice;
	struct k8snet_pod *pod;

	expect_end(c, &cursor);
	assert_int_equal(k8snet_cluster_set_mtu(c, 1400), 0);
	slice = add_slice(c, "a", "cart", 4);
	assert_int_equal(k8snet_endpointslice_add_endpoint(slice, "10.1.0.1", NULL, 1), 0);
	s = add_service(c, "cart");
	add_service(c, "other");
	assert_int_equal(k8snet_pod_new(&pod, c, "x", "y"), 0);
	assert_int_equal(k8snet_pod_set_node_name(pod, "n"), 0);
	assert_int_equal(k8snet_pod_remove(pod), 0);
	k8snet_pod_unref(pod);
	expect_entry(c, &cursor, MODEL_SETTINGS, "", "");
	expect_entry(c, &cursor, MODEL_SERVICE, "shop", "cart"); /* all its changes are one */
	expect_entry(c, &cursor, MODEL_SERVICE, "shop", "other");
	expect_entry(c, &cursor, MODEL_POD, "x", "y");
	expect_end(c, &cursor);

	/* What has been read is not merged into. */
	assert_int_equal(k8snet_service_set_session_affinity(s, 5), 0);
	expect_entry(c, &cursor, MODEL_SERVICE, "shop", "cart");
	assert_int_equal(k8snet_service_set_session_affinity(s, 6), 0);
	expect_entry(c, &cursor, MODEL_SERVICE, "shop", "cart");
	expect_end(c, &cursor);
	assert_int_equal(k8snet_service_set_session_affinity(s, 6), 0);
	assert_int_equal(k8snet_service_set_session_affinity(s, 1 << 20), -EINVAL);
	expect_end(c, &cursor);
	assert_int_equal(k8snet_endpointslice_remove(slice), 0);
	expect_entry(c, &cursor, MODEL_SERVICE, "shop", "cart");
	expect_end(c, &cursor);
}

static void journal_has_many_readers(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct k8snet_service *s = add_service(c, "cart");
	uint64_t first = 0, second = 0;

	expect_entry(c, &first, MODEL_SERVICE, "shop", "cart");
	assert_int_equal(k8snet_service_set_session_affinity(s, 1), 0);
	expect_entry(c, &second, MODEL_SERVICE, "shop", "cart");
	expect_entry(c, &second, MODEL_SERVICE, "shop", "cart");
	expect_end(c, &second);
	expect_entry(c, &first, MODEL_SERVICE, "shop", "cart");
	expect_end(c, &first);
}

static void journal_is_bounded(void **state)
{
	struct k8snet_cluster *c = ((struct model_fixture *)*state)->cluster;
	struct k8snet_service *a = add_service(c, "a"), *b = add_service(c, "b");
	uint64_t cursor = journal_end(c), ahead = cursor + 1;
	struct journal_entry entry;
	size_t n = 0;

	assert_int_equal(journal_next(c, &ahead, &entry), -ESTALE);
	for (uint32_t i = 0; i < JOURNAL_MAX; i++)
		assert_int_equal(k8snet_service_set_session_affinity(i % 2 ? a : b, 1 + i / 2), 0);
	for (ahead = cursor; journal_next(c, &ahead, &entry) == 1; n++)
		assert_string_equal(entry.name, n % 2 ? "a" : "b");
	assert_int_equal(n, JOURNAL_MAX);
	assert_int_equal(k8snet_service_set_session_affinity(a, 86400), 0);
	assert_int_equal(journal_next(c, &cursor, &entry), -ESTALE);
	cursor = journal_end(c);
	expect_end(c, &cursor);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(service_fields),
		model_test(service_errors),
		model_test(slice_fields),
		model_test(slice_errors),
		model_test(slices_are_found_by_service),
		model_test(ingress_fields),
		model_test(ingress_errors),
		model_test(journal_names_what_changed),
		model_test(journal_has_many_readers),
		model_test(journal_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
