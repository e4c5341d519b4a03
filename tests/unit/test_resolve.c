/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who gets the traffic of a service: each rule by itself; test_resolve_random.c has all at once. */
#include "oom.h"
#include "unit.h"

#define READY	 (K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING)
#define LEAVING	 (K8SNET_ENDPOINT_SERVING | K8SNET_ENDPOINT_TERMINATING)
#define NONE	 0
#define TEXT_MAX 512

struct bench {
	struct model_fixture *f;
	struct k8snet_service *service;
	struct k8snet_endpointslice *slice;
	struct k8snet_resolution *resolution;
};

/* shop/cart with port 80, 10.96.0.1, a slice, and the nodes n1 of zone a, n2 of zone b. */
static struct bench bench_of(void **state)
{
	struct bench b = {.f = *state};
	struct k8snet_node *node;

	assert_int_equal(k8snet_node_new(&node, b.f->cluster, "n1"), 0);
	assert_int_equal(k8snet_node_set_zone(node, "a"), 0);
	k8snet_node_unref(node);
	assert_int_equal(k8snet_service_new(&b.service, b.f->cluster, "shop", "cart"), 0);
	assert_int_equal(k8snet_service_add_cluster_ip(b.service, "10.96.0.1"), 0);
	assert_int_equal(k8snet_service_add_port(b.service, "", K8SNET_PROTOCOL_TCP, 80, 30080), 0);
	assert_int_equal(
		k8snet_endpointslice_new(&b.slice, b.f->cluster, "shop", "cart-x", "cart", 4), 0);
	assert_int_equal(k8snet_endpointslice_add_port(b.slice, "", K8SNET_PROTOCOL_TCP, 8080), 0);
	assert_int_equal(k8snet_resolution_new(&b.resolution, b.f->cluster), 0);
	return b;
}

static void bench_done(struct bench *b)
{
	k8snet_resolution_unref(b->resolution);
	k8snet_endpointslice_unref(b->slice);
	k8snet_service_unref(b->service);
}

static void endpoint(struct bench *b, const char *address, const char *node,
		     unsigned int conditions)
{
	assert_int_equal(k8snet_endpointslice_add_endpoint(b->slice, address, node, conditions), 0);
}

static const char *list_text(const struct k8snet_resolved_port *port, enum k8snet_backends list)
{
	static char text[TEXT_MAX];
	char address[K8SNET_ADDRESS_TEXT_SIZE];
	const struct k8snet_backend *backend = NULL;
	struct k8snet_address a;
	size_t used = 0, n = 0;

	text[0] = '\0';
	while ((backend = k8snet_resolved_port_next_backend(port, list, backend))) {
		k8snet_backend_get_address(backend, &a);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s:%u",
					 used ? " " : "",
					 k8snet_address_format(&a, address, sizeof(address)),
					 k8snet_backend_get_port(backend));
		n++;
	}
	assert_int_equal(n, k8snet_resolved_port_count_backends(port, list));
	return text;
}

static void resolve(struct bench *b)
{
	assert_int_equal(k8snet_resolve_service(b->resolution, "n1", b->service), 0);
}

static const struct k8snet_resolved_port *first_port(struct bench *b)
{
	resolve(b);
	return k8snet_resolution_next_port(b->resolution, NULL);
}

static void expect_list(struct bench *b, enum k8snet_backends list, const char *want)
{
	assert_string_equal(list_text(first_port(b), list), want);
}

static const struct k8snet_resolved_frontend *frontend_of(struct bench *b,
							  enum k8snet_frontend_type type)
{
	const struct k8snet_resolved_frontend *f = NULL;

	resolve(b);
	while ((f = k8snet_resolution_next_frontend(b->resolution, f)))
		if (k8snet_resolved_frontend_get_type(f) == type)
			return f;
	return NULL;
}

static void expect_action(struct bench *b, enum k8snet_frontend_type type,
			  enum k8snet_client client, enum k8snet_frontend_action action,
			  const char *reason)
{
	const struct k8snet_resolved_frontend *f = frontend_of(b, type);

	assert_non_null(f);
	assert_int_equal(k8snet_resolved_frontend_get_action(f, client), action);
	assert_string_equal(k8snet_reason_get_name(k8snet_resolved_frontend_get_reason(f, client)),
			    reason);
}

/* --- backends ------------------------------------------------------------- */

static void readiness(void **state)
{
	struct bench b = bench_of(state);

	endpoint(&b, "10.1.0.1", "n1", NONE);
	endpoint(&b, "10.1.0.2", "n2", LEAVING);
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "10.1.0.2:8080");
	assert_true(k8snet_resolved_port_is_terminating(first_port(&b), K8SNET_BACKENDS_CLUSTER));
	expect_list(&b, K8SNET_BACKENDS_LOCAL, "");
	endpoint(&b, "10.1.0.3", "n2", READY);
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "10.1.0.3:8080");
	assert_false(k8snet_resolved_port_is_terminating(first_port(&b), K8SNET_BACKENDS_CLUSTER));
	/* on the node and in the cluster each for itself */
	endpoint(&b, "10.1.0.4", "n1", LEAVING);
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "10.1.0.3:8080");
	expect_list(&b, K8SNET_BACKENDS_LOCAL, "10.1.0.4:8080");
	expect_list(&b, K8SNET_BACKENDS_ALL,
		    "10.1.0.3:8080 10.1.0.2:8080 10.1.0.4:8080 10.1.0.1:8080");
	assert_int_equal(k8snet_resolved_port_count_backends(first_port(&b), 7), 0);
	/* two slices at once have one that moves */
	assert_int_equal(k8snet_endpointslice_unref(b.slice) != NULL, 0);
	assert_int_equal(
		k8snet_endpointslice_new(&b.slice, b.f->cluster, "shop", "cart-y", "cart", 4), 0);
	k8snet_endpointslice_add_port(b.slice, "", K8SNET_PROTOCOL_TCP, 8080);
	endpoint(&b, "10.1.0.1", "n1", READY);
	endpoint(&b, "10.1.0.3", "n2", READY);
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "10.1.0.3:8080 10.1.0.1:8080");
	expect_list(&b, K8SNET_BACKENDS_ALL,
		    "10.1.0.3:8080 10.1.0.1:8080 10.1.0.2:8080 10.1.0.4:8080");
	bench_done(&b);
}

static void values(void **state)
{
	struct bench b = bench_of(state);
	const struct k8snet_resolved_port *port;
	const struct k8snet_backend *backend;

	endpoint(&b, "10.1.0.1", "n1", READY);
	endpoint(&b, "10.1.0.2", NULL, READY);
	k8snet_endpointslice_set_endpoint_weight(b.slice, "10.1.0.2", 7);
	port = first_port(&b);
	assert_int_equal(k8snet_resolved_port_get_family(port), 4);
	assert_int_equal(k8snet_resolved_port_get_number(port), 80);
	assert_int_equal(k8snet_resolved_port_get_protocol(port), K8SNET_PROTOCOL_TCP);
	assert_string_equal(k8snet_resolved_port_get_name(port), "");
	backend = k8snet_resolved_port_next_backend(port, K8SNET_BACKENDS_CLUSTER, NULL);
	assert_string_equal(k8snet_backend_get_node_name(backend), "n1");
	assert_true(k8snet_backend_is_local(backend));
	assert_int_equal(k8snet_backend_get_weight(backend), 1);
	backend = k8snet_resolved_port_next_backend(port, K8SNET_BACKENDS_CLUSTER, backend);
	assert_null(k8snet_backend_get_node_name(backend));
	assert_false(k8snet_backend_is_local(backend));
	assert_int_equal(k8snet_backend_get_weight(backend), 7);
	assert_int_equal(k8snet_backend_get_conditions(backend), READY);
	/* on no node */
	assert_int_equal(k8snet_resolve_service(b.resolution, NULL, b.service), 0);
	port = k8snet_resolution_next_port(b.resolution, NULL);
	assert_string_equal(list_text(port, K8SNET_BACKENDS_LOCAL), "");
	assert_string_equal(list_text(port, K8SNET_BACKENDS_CLUSTER),
			    "10.1.0.1:8080 10.1.0.2:8080");
	bench_done(&b);
}

static void topology(void **state)
{
	struct bench b = bench_of(state);

	endpoint(&b, "10.1.0.1", "n1", READY);
	endpoint(&b, "10.1.0.2", "n2", READY);
	endpoint(&b, "10.1.0.3", "n3", NONE);
	k8snet_endpointslice_set_endpoint_hints(b.slice, "10.1.0.1", NULL, "b,c");
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "10.1.0.1:8080 10.1.0.2:8080");
	k8snet_endpointslice_set_endpoint_hints(b.slice, "10.1.0.2", NULL, "c,a");
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "10.1.0.2:8080");
	assert_int_equal(k8snet_resolved_port_get_topology(first_port(&b)),
			 K8SNET_TOPOLOGY_SAME_ZONE);
	/* Local has no hints */
	expect_list(&b, K8SNET_BACKENDS_LOCAL, "10.1.0.1:8080");
	k8snet_endpointslice_set_endpoint_hints(b.slice, "10.1.0.1", "n1", "b");
	k8snet_endpointslice_set_endpoint_hints(b.slice, "10.1.0.2", "n2", "a");
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "10.1.0.1:8080");
	assert_int_equal(k8snet_resolved_port_get_topology(first_port(&b)),
			 K8SNET_TOPOLOGY_SAME_NODE);
	assert_int_equal(k8snet_resolve_service(b.resolution, "n9", b.service), 0);
	assert_string_equal(
		list_text(k8snet_resolution_next_port(b.resolution, NULL), K8SNET_BACKENDS_CLUSTER),
		"10.1.0.1:8080 10.1.0.2:8080");
	bench_done(&b);
}

/* --- reasons -------------------------------------------------------------- */

static void expect_reason(struct bench *b, enum k8snet_backends list, enum k8snet_reason reason)
{
	assert_string_equal(
		k8snet_reason_get_name(k8snet_resolved_port_get_reason(first_port(b), list)),
		k8snet_reason_get_name(reason));
}

static void reasons(void **state)
{
	struct bench b = bench_of(state);
	struct k8snet_endpointslice *six;

	expect_reason(&b, K8SNET_BACKENDS_CLUSTER, K8SNET_REASON_NO_ENDPOINTS);
	assert_int_equal(k8snet_endpointslice_new(&six, b.f->cluster, "shop", "cart-6", "cart", 6),
			 0);
	k8snet_endpointslice_add_port(six, "", K8SNET_PROTOCOL_TCP, 8080);
	assert_int_equal(k8snet_endpointslice_add_endpoint(six, "fd00::1", "n1", READY), 0);
	k8snet_endpointslice_unref(six);
	expect_reason(&b, K8SNET_BACKENDS_CLUSTER, K8SNET_REASON_OTHER_FAMILY);
	endpoint(&b, "10.1.0.1", "n2", NONE);
	expect_reason(&b, K8SNET_BACKENDS_CLUSTER, K8SNET_REASON_NOT_READY);
	endpoint(&b, "10.1.0.2", "n2", READY);
	k8snet_endpointslice_set_endpoint_weight(b.slice, "10.1.0.2", 0);
	expect_reason(&b, K8SNET_BACKENDS_CLUSTER, K8SNET_REASON_DRAINED);
	expect_action(&b, K8SNET_FRONTEND_CLUSTER_IP, K8SNET_CLIENT_POD, K8SNET_FRONTEND_REJECT,
		      "drained");
	k8snet_endpointslice_set_endpoint_weight(b.slice, "10.1.0.2", 1);
	expect_reason(&b, K8SNET_BACKENDS_CLUSTER, K8SNET_REASON_NONE);
	expect_reason(&b, K8SNET_BACKENDS_LOCAL, K8SNET_REASON_ELSEWHERE);
	k8snet_service_clear_ports(b.service);
	k8snet_service_add_port(b.service, "", K8SNET_PROTOCOL_UDP, 80, 0);
	expect_reason(&b, K8SNET_BACKENDS_CLUSTER, K8SNET_REASON_OTHER_PORTS);
	assert_null(k8snet_reason_get_name(99));
	bench_done(&b);
}

static void no_frontends(void **state)
{
	struct bench b = bench_of(state);

	endpoint(&b, "10.1.0.1", "n2", READY);
	resolve(&b);
	assert_int_equal(k8snet_resolution_get_reason(b.resolution), K8SNET_REASON_NONE);
	k8snet_service_set_proxy_name(b.service, "other");
	assert_null(frontend_of(&b, K8SNET_FRONTEND_CLUSTER_IP));
	assert_int_equal(k8snet_resolution_get_reason(b.resolution), K8SNET_REASON_OTHER_PROXY);
	/* DNS and ingresses have them all the same */
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "10.1.0.1:8080");
	k8snet_service_set_proxy_name(b.service, NULL);
	k8snet_service_clear_ports(b.service);
	resolve(&b);
	assert_int_equal(k8snet_resolution_get_reason(b.resolution), K8SNET_REASON_NO_PORTS);
	assert_null(k8snet_resolution_next_port(b.resolution, NULL));
	k8snet_service_set_type(b.service, K8SNET_SERVICE_EXTERNAL_NAME);
	resolve(&b);
	assert_int_equal(k8snet_resolution_get_reason(b.resolution), K8SNET_REASON_EXTERNAL_NAME);
	k8snet_service_remove(b.service);
	expect_error(b.f->ctx, k8snet_resolve_service(b.resolution, "n1", b.service), -ENOENT,
		     "resolve: Service shop/cart is not in the cluster");
	bench_done(&b);
}

/* Of a headless service, every endpoint for its names, those of a port for SRV. */
static void headless(void **state)
{
	struct bench b = bench_of(state);
	const struct k8snet_resolved_port *port;

	k8snet_service_clear_cluster_ips(b.service);
	k8snet_service_clear_ports(b.service);
	k8snet_endpointslice_set_headless(b.slice, true);
	endpoint(&b, "10.1.0.1", "n1", NONE);
	endpoint(&b, "10.1.0.2", "n2", READY);
	resolve(&b);
	assert_int_equal(k8snet_resolution_get_reason(b.resolution), K8SNET_REASON_HEADLESS);
	expect_list(&b, K8SNET_BACKENDS_ALL, "10.1.0.2:0 10.1.0.1:0");
	port = first_port(&b);
	assert_int_equal(k8snet_resolved_port_get_number(port), 0);
	assert_null(k8snet_resolution_next_port(b.resolution, port));
	k8snet_service_add_port(b.service, "", K8SNET_PROTOCOL_TCP, 80, 0);
	port = k8snet_resolution_next_port(b.resolution, first_port(&b));
	assert_string_equal(list_text(port, K8SNET_BACKENDS_CLUSTER), "10.1.0.2:8080");
	/* the label keeps the slice from proxies alone */
	k8snet_service_add_cluster_ip(b.service, "10.96.0.1");
	expect_list(&b, K8SNET_BACKENDS_CLUSTER, "");
	expect_reason(&b, K8SNET_BACKENDS_CLUSTER, K8SNET_REASON_NO_ENDPOINTS);
	bench_done(&b);
}

/* --- frontends ------------------------------------------------------------ */

static void policies(void **state)
{
	struct bench b = bench_of(state);

	k8snet_service_set_type(b.service, K8SNET_SERVICE_NODE_PORT);
	k8snet_service_set_external_traffic_policy(b.service, K8SNET_TRAFFIC_LOCAL);
	expect_action(&b, K8SNET_FRONTEND_NODE_PORT, K8SNET_CLIENT_OUTSIDE, K8SNET_FRONTEND_REJECT,
		      "no-endpoints");
	endpoint(&b, "10.1.0.1", "n2", READY);
	expect_action(&b, K8SNET_FRONTEND_NODE_PORT, K8SNET_CLIENT_OUTSIDE, K8SNET_FRONTEND_DROP,
		      "elsewhere");
	expect_action(&b, K8SNET_FRONTEND_NODE_PORT, K8SNET_CLIENT_POD, K8SNET_FRONTEND_BALANCE,
		      "none");
	expect_action(&b, K8SNET_FRONTEND_NODE_PORT, K8SNET_CLIENT_NODE, K8SNET_FRONTEND_BALANCE,
		      "none");
	expect_action(&b, K8SNET_FRONTEND_CLUSTER_IP, K8SNET_CLIENT_OUTSIDE,
		      K8SNET_FRONTEND_BALANCE, "none");
	k8snet_service_set_internal_traffic_policy(b.service, K8SNET_TRAFFIC_LOCAL);
	expect_action(&b, K8SNET_FRONTEND_CLUSTER_IP, K8SNET_CLIENT_POD, K8SNET_FRONTEND_DROP,
		      "elsewhere");
	k8snet_cluster_set_local_detection(b.f->cluster, K8SNET_LOCAL_NONE);
	expect_action(&b, K8SNET_FRONTEND_NODE_PORT, K8SNET_CLIENT_POD, K8SNET_FRONTEND_DROP,
		      "elsewhere");
	bench_done(&b);
}

static void expect_masqueraded(struct bench *b, enum k8snet_frontend_type type, bool pod, bool node,
			       bool outside)
{
	const struct k8snet_resolved_frontend *f = frontend_of(b, type);

	assert_int_equal(k8snet_resolved_frontend_is_masqueraded(f, K8SNET_CLIENT_POD), pod);
	assert_int_equal(k8snet_resolved_frontend_is_masqueraded(f, K8SNET_CLIENT_NODE), node);
	assert_int_equal(k8snet_resolved_frontend_is_masqueraded(f, K8SNET_CLIENT_OUTSIDE),
			 outside);
}

static void masquerade(void **state)
{
	struct bench b = bench_of(state);

	k8snet_service_set_type(b.service, K8SNET_SERVICE_NODE_PORT);
	expect_masqueraded(&b, K8SNET_FRONTEND_CLUSTER_IP, false, true, true);
	expect_masqueraded(&b, K8SNET_FRONTEND_NODE_PORT, true, true, true);
	k8snet_service_set_external_traffic_policy(b.service, K8SNET_TRAFFIC_LOCAL);
	expect_masqueraded(&b, K8SNET_FRONTEND_NODE_PORT, false, true, false);
	k8snet_cluster_set_local_detection(b.f->cluster, K8SNET_LOCAL_NONE);
	expect_masqueraded(&b, K8SNET_FRONTEND_CLUSTER_IP, false, false, false);
	k8snet_cluster_set_masquerade_all(b.f->cluster, true);
	expect_masqueraded(&b, K8SNET_FRONTEND_CLUSTER_IP, true, true, true);
	bench_done(&b);
}

static bool is_allowed(struct bench *b, enum k8snet_frontend_type type, const char *client)
{
	struct k8snet_address address;

	assert_int_equal(k8snet_address_parse(&address, client), 0);
	return k8snet_resolved_frontend_is_allowed(frontend_of(b, type), &address);
}

static void source_ranges(void **state)
{
	struct bench b = bench_of(state);
	struct k8snet_node *n1 = k8snet_cluster_find_node(b.f->cluster, "n1");

	k8snet_service_set_type(b.service, K8SNET_SERVICE_LOAD_BALANCER);
	k8snet_service_add_external_ip(b.service, "192.0.2.1");
	k8snet_service_add_external_ip(b.service, "192.0.2.9");
	k8snet_service_add_load_balancer_ip(b.service, "192.0.2.9");
	k8snet_service_add_source_range(b.service, "fd00::/8");
	assert_true(is_allowed(&b, K8SNET_FRONTEND_LOAD_BALANCER, "203.0.113.1"));
	k8snet_service_add_source_range(b.service, "10.0.0.0/8");
	assert_false(is_allowed(&b, K8SNET_FRONTEND_LOAD_BALANCER, "203.0.113.1"));
	assert_true(is_allowed(&b, K8SNET_FRONTEND_LOAD_BALANCER, "10.2.3.4"));
	assert_true(is_allowed(&b, K8SNET_FRONTEND_CLUSTER_IP, "203.0.113.1"));
	assert_true(is_allowed(&b, K8SNET_FRONTEND_NODE_PORT, "203.0.113.1"));
	/* the first external address is no load balancer's, the second is */
	assert_true(is_allowed(&b, K8SNET_FRONTEND_EXTERNAL_IP, "203.0.113.1"));
	k8snet_service_clear_external_ips(b.service);
	k8snet_service_add_external_ip(b.service, "192.0.2.9");
	assert_false(is_allowed(&b, K8SNET_FRONTEND_EXTERNAL_IP, "203.0.113.1"));
	/* a node in a range that has the address itself */
	assert_false(is_allowed(&b, K8SNET_FRONTEND_LOAD_BALANCER, "192.0.2.9"));
	assert_int_equal(k8snet_node_add_address(n1, "10.100.0.1"), 0);
	assert_true(is_allowed(&b, K8SNET_FRONTEND_LOAD_BALANCER, "192.0.2.9"));
	bench_done(&b);
}

static void frontends(void **state)
{
	struct bench b = bench_of(state);
	const struct k8snet_resolved_frontend *f;

	k8snet_service_set_type(b.service, K8SNET_SERVICE_NODE_PORT);
	f = frontend_of(&b, K8SNET_FRONTEND_NODE_PORT);
	assert_null(k8snet_resolved_frontend_get_address(f));
	assert_int_equal(k8snet_resolved_frontend_get_number(f), 30080);
	assert_null(k8snet_resolution_next_frontend(b.resolution, f));
	f = frontend_of(&b, K8SNET_FRONTEND_CLUSTER_IP);
	expect_address(k8snet_resolved_frontend_get_address(f), "10.96.0.1");
	assert_int_equal(k8snet_resolved_frontend_get_number(f), 80);
	assert_ptr_equal(k8snet_resolved_frontend_get_port(f),
			 k8snet_resolution_find_port(b.resolution, 4, NULL, 80));
	assert_non_null(k8snet_resolution_find_port(b.resolution, 4, "", 0));
	assert_null(k8snet_resolution_find_port(b.resolution, 4, "http", 80));
	assert_null(k8snet_resolution_find_port(b.resolution, 6, NULL, 80));
	/* a node port that is left over */
	k8snet_service_set_type(b.service, K8SNET_SERVICE_CLUSTER_IP);
	assert_null(frontend_of(&b, K8SNET_FRONTEND_NODE_PORT));
	assert_string_equal(k8snet_frontend_type_get_name(K8SNET_FRONTEND_LOAD_BALANCER),
			    "load-balancer");
	assert_null(k8snet_frontend_type_get_name(9));
	bench_done(&b);
}

/* --- what changes --------------------------------------------------------- */

static void expect_next(struct k8snet_follower *follower, int want, const char *want_name)
{
	const char *namespace_, *name;

	assert_int_equal(k8snet_follower_next_service(follower, &namespace_, &name), want);
	if (want == 1)
		assert_string_equal(name, want_name);
}

static void follower(void **state)
{
	struct bench b = bench_of(state);
	struct k8snet_cluster *cluster = b.f->cluster;
	struct k8snet_follower *follower;
	struct k8snet_node *node;
	struct k8snet_pod *pod;

	assert_int_equal(k8snet_follower_new(&follower, cluster, "n1"), 0);
	expect_next(follower, -ESTALE, NULL);
	expect_next(follower, 0, NULL);
	endpoint(&b, "10.1.0.1", "n1", READY);
	expect_next(follower, 1, "cart");
	expect_next(follower, 0, NULL);
	assert_int_equal(k8snet_pod_new(&pod, cluster, "shop", "p"), 0);
	k8snet_pod_unref(pod);
	assert_int_equal(k8snet_node_new(&node, cluster, "n2"), 0);
	k8snet_node_unref(node);
	expect_next(follower, 0, NULL);
	k8snet_service_remove(b.service);
	k8snet_node_set_zone(k8snet_cluster_find_node(cluster, "n1"), "c");
	expect_next(follower, 1, "cart");
	expect_next(follower, -ESTALE, NULL);
	expect_next(follower, 0, NULL);
	k8snet_cluster_set_masquerade_all(cluster, true);
	expect_next(follower, -ESTALE, NULL);
	expect_next(follower, 0, NULL);
	assert_ptr_equal(k8snet_follower_ref(follower), follower);
	k8snet_follower_unref(follower);
	assert_null(k8snet_follower_unref(follower));
	bench_done(&b);
}

/* --- memory --------------------------------------------------------------- */

static void fill_much(struct bench *b)
{
	char text[32];
	int i;

	k8snet_service_add_external_ip(b->service, "192.0.2.1");
	k8snet_service_clear_ports(b->service);
	for (i = 0; i < 5; i++) {
		snprintf(text, sizeof(text), "p%d", i);
		k8snet_service_add_port(b->service, text, K8SNET_PROTOCOL_TCP, (uint16_t)(80 + i),
					0);
		k8snet_endpointslice_add_port(b->slice, text, K8SNET_PROTOCOL_TCP, 8080);
	}
	for (i = 0; i < 40; i++) {
		snprintf(text, sizeof(text), "10.1.0.%d", i + 1);
		endpoint(b, text, i % 2 ? "n1" : NULL, READY);
	}
}

static void allocations_fail(void **state)
{
	struct bench b = bench_of(state);
	struct k8snet_resolution *resolution = NULL;
	struct k8snet_follower *follower;
	long n, live;
	int r = -ENOMEM;

	fill_much(&b);
	live = oom_live();
	for (n = 0; r < 0; n++) {
		oom_arm(n);
		r = k8snet_resolution_new(&resolution, b.f->cluster);
		if (r == 0)
			r = k8snet_resolve_service(resolution, "n1", b.service);
		assert_int_equal(oom_disarm(), r < 0);
		if (r < 0) {
			assert_int_equal(r, -ENOMEM);
			if (resolution)
				assert_null(k8snet_resolution_next_port(resolution, NULL));
			resolution = k8snet_resolution_unref(resolution);
		}
	}
	assert_true(n > 20);
	/* filled again, it needs none */
	oom_arm(0);
	assert_int_equal(k8snet_resolve_service(resolution, "n1", b.service), 0);
	assert_false(oom_disarm());
	k8snet_resolution_ref(resolution);
	k8snet_resolution_unref(resolution);
	k8snet_resolution_unref(resolution);
	for (n = 0; n < 2; n++) {
		oom_arm(n);
		assert_int_equal(k8snet_follower_new(&follower, b.f->cluster, "n1"), -ENOMEM);
		oom_disarm();
	}
	assert_int_equal(oom_live(), live);
	bench_done(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		model_test(readiness), model_test(values),	 model_test(topology),
		model_test(reasons),   model_test(no_frontends), model_test(headless),
		model_test(policies),  model_test(masquerade),	 model_test(source_ranges),
		model_test(frontends), model_test(follower),	 model_test(allocations_fail),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
