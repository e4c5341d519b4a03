/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Random clusters, resolved, beside the rule as kube-proxy has it (CategorizeEndpoints of
 * pkg/proxy/topology.go, 1.37), written slowly and from the public getters of the model.
 *
 *     K8SNET_RANDOM_SEED=7 K8SNET_RANDOM_STEPS=100000 tests/unit/test_resolve_random
 */
#include "unit.h"

#define MAX_PICKS 256
#define NODE	  "n1"
#define ZONE	  "a"

static uint64_t seed = 1;

static unsigned int pick(unsigned int n)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned int)((seed * 0x2545f4914f6cdd1dull) >> 32) % n;
}

/* --- a cluster ------------------------------------------------------------ */

static void random_slice(struct k8snet_cluster *cluster, unsigned int number)
{
	static const char *const hints[] = {NULL, "a", "b", "a,b", "b,c", "aa"};
	static const char *const node_hints[] = {NULL, "n1", "n2", "n2,n1", "n11"};
	bool has_hints = pick(2);
	struct k8snet_endpointslice *s;
	char name[16], address[32];
	unsigned int i, six = !pick(3);

	snprintf(name, sizeof(name), "e%u", number);
	assert_int_equal(k8snet_endpointslice_new(&s, cluster, "shop", name, "cart", six ? 6 : 4),
			 0);
	if (pick(8))
		k8snet_endpointslice_add_port(s, "http", K8SNET_PROTOCOL_TCP,
					      (uint16_t)(8080 + pick(2)));
	if (pick(2))
		k8snet_endpointslice_add_port(
			s, "dns", pick(4) ? K8SNET_PROTOCOL_UDP : K8SNET_PROTOCOL_TCP, 5353);
	k8snet_endpointslice_set_headless(s, !pick(10));
	for (i = 0; i < pick(12); i++) {
		snprintf(address, sizeof(address), six ? "fd00::%x" : "10.1.0.%u", 1 + pick(20));
		k8snet_endpointslice_add_endpoint(s, address,
						  pick(2)   ? NODE
						  : pick(3) ? "n2"
							    : NULL,
						  pick(2) ? 3 : pick(8));
		if (!pick(5))
			k8snet_endpointslice_set_endpoint_weight(s, address, pick(3));
		if (has_hints || !pick(5))
			k8snet_endpointslice_set_endpoint_hints(
				s, address, pick(2) ? node_hints[pick(5)] : NULL,
				has_hints ? hints[1 + pick(5)] : hints[pick(6)]);
	}
	k8snet_endpointslice_unref(s);
}

static struct k8snet_service *random_cluster(struct k8snet_cluster *cluster)
{
	struct k8snet_service *s;
	struct k8snet_node *node;
	unsigned int i, n = pick(5);

	if (pick(8)) {
		assert_int_equal(k8snet_node_new(&node, cluster, NODE), 0);
		if (pick(8))
			k8snet_node_set_zone(node, ZONE);
		k8snet_node_unref(node);
	}
	assert_int_equal(k8snet_service_new(&s, cluster, "shop", "cart"), 0);
	k8snet_service_set_type(s, (enum k8snet_service_type)pick(3));
	if (pick(4))
		k8snet_service_add_cluster_ip(s, "10.96.0.1");
	if (pick(2))
		k8snet_service_add_cluster_ip(s, "fd00:96::1");
	k8snet_service_add_port(s, "http", K8SNET_PROTOCOL_TCP, 80, pick(2) ? 30080 : 0);
	if (pick(2))
		k8snet_service_add_port(s, "dns", K8SNET_PROTOCOL_UDP, 53, 0);
	k8snet_service_add_external_ip(s, "192.0.2.1");
	k8snet_service_add_load_balancer_ip(s, "2001:db8::1");
	k8snet_service_set_external_traffic_policy(s, (enum k8snet_traffic_policy)pick(2));
	k8snet_service_set_internal_traffic_policy(s, (enum k8snet_traffic_policy)pick(2));
	for (i = 0; i < n; i++)
		random_slice(cluster, i);
	return s;
}

/* --- the rule, slowly ----------------------------------------------------- */

struct picked {
	char text[64];
};

struct picks {
	size_t n;
	struct picked items[MAX_PICKS];
};

struct seen {
	const struct k8snet_endpointslice *slice;
	size_t index;
	uint16_t port;
};

struct all_seen {
	size_t n;
	struct seen items[MAX_PICKS];
};

static unsigned int conditions_of(const struct seen *e)
{
	return k8snet_endpointslice_get_endpoint_conditions(e->slice, e->index);
}

static bool has_weight(const struct seen *e)
{
	return k8snet_endpointslice_get_endpoint_weight(e->slice, e->index) > 0;
}

static bool is_ready(const struct seen *e)
{
	return (conditions_of(e) & 1) && has_weight(e);
}

static bool is_serving_and_terminating(const struct seen *e)
{
	return (conditions_of(e) & 2) && (conditions_of(e) & 4) && has_weight(e);
}

static bool is_local(const struct seen *e)
{
	const char *node = k8snet_endpointslice_get_endpoint_node_name(e->slice, e->index);

	return node && !strcmp(node, NODE);
}

static bool list_has(const char *list, const char *name)
{
	char copy[64], *save = NULL, *word;

	snprintf(copy, sizeof(copy), "%s", list ? list : "");
	for (word = strtok_r(copy, ",", &save); word; word = strtok_r(NULL, ",", &save))
		if (!strcmp(word, name))
			return true;
	return false;
}

static const char *node_hints(const struct seen *e)
{
	return k8snet_endpointslice_get_endpoint_node_hints(e->slice, e->index);
}

static const char *zone_hints(const struct seen *e)
{
	return k8snet_endpointslice_get_endpoint_zone_hints(e->slice, e->index);
}

/* All endpoints of a port, as kube-proxy's cache has them. */
static void see_all(const struct k8snet_service *s, int family, const char *name,
		    enum k8snet_protocol protocol, struct all_seen *out)
{
	const struct k8snet_endpointslice *slice = NULL;
	size_t i, p;

	out->n = 0;
	while ((slice = k8snet_service_next_endpointslice(s, slice))) {
		if (k8snet_endpointslice_get_family(slice) != family ||
		    (k8snet_endpointslice_is_headless(slice) && !k8snet_service_is_headless(s)))
			continue;
		for (p = 0; p < k8snet_endpointslice_count_ports(slice); p++) {
			if (strcmp(k8snet_endpointslice_get_port_name(slice, p), name) ||
			    k8snet_endpointslice_get_port_protocol(slice, p) != protocol)
				continue;
			for (i = 0; i < k8snet_endpointslice_count_endpoints(slice); i++)
				out->items[out->n++] = (struct seen){
					slice, i, k8snet_endpointslice_get_port_number(slice, p)};
		}
	}
}

/* "" any, "node", "zone". */
static const char *mode_of(const struct all_seen *all, const char *zone)
{
	bool all_nodes = true, all_zones = true, node = false, in_zone = false, any = false;
	size_t i;

	for (i = 0; i < all->n; i++) {
		const struct seen *e = &all->items[i];

		if (!is_ready(e))
			continue;
		any = true;
		if (!node_hints(e))
			all_nodes = false;
		else if (list_has(node_hints(e), NODE))
			node = true;
		if (!zone_hints(e))
			all_zones = false;
		else if (zone && list_has(zone_hints(e), zone))
			in_zone = true;
	}
	if (any && all_nodes && node)
		return "node";
	return any && all_zones && in_zone ? "zone" : "";
}

static void pick_out(struct picks *out, const struct seen *e)
{
	struct k8snet_address address;
	char text[K8SNET_ADDRESS_TEXT_SIZE], entry[64];
	size_t i;

	k8snet_endpointslice_get_endpoint_address(e->slice, e->index, &address);
	snprintf(entry, sizeof(entry), "%s %u", k8snet_address_format(&address, text, sizeof(text)),
		 e->port);
	for (i = 0; i < out->n; i++)
		if (!strcmp(out->items[i].text, entry))
			return;
	strcpy(out->items[out->n++].text, entry);
}

static void pick_cluster(const struct all_seen *all, const char *zone, struct picks *out)
{
	const char *mode = mode_of(all, zone);
	size_t i;

	out->n = 0;
	for (i = 0; i < all->n; i++) {
		const struct seen *e = &all->items[i];

		if (!is_ready(e) || (!strcmp(mode, "node") && !list_has(node_hints(e), NODE)) ||
		    (!strcmp(mode, "zone") && !list_has(zone_hints(e), zone)))
			continue;
		pick_out(out, e);
	}
	if (out->n)
		return;
	for (i = 0; i < all->n; i++)
		if (is_serving_and_terminating(&all->items[i]))
			pick_out(out, &all->items[i]);
}

static void pick_local(const struct all_seen *all, struct picks *out)
{
	size_t i;

	out->n = 0;
	for (i = 0; i < all->n; i++)
		if (is_ready(&all->items[i]) && is_local(&all->items[i]))
			pick_out(out, &all->items[i]);
	if (out->n)
		return;
	for (i = 0; i < all->n; i++)
		if (is_serving_and_terminating(&all->items[i]) && is_local(&all->items[i]))
			pick_out(out, &all->items[i]);
}

/* --- the two compared ----------------------------------------------------- */

static int compare_texts(const void *a, const void *b)
{
	return strcmp(((const struct picked *)a)->text, ((const struct picked *)b)->text);
}

static void expect_picks(const struct k8snet_resolved_port *port, enum k8snet_backends list,
			 struct picks *want, uint64_t started)
{
	static struct picks got;
	const struct k8snet_backend *b = NULL;
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	struct k8snet_address address;
	size_t i;

	got.n = 0;
	while ((b = k8snet_resolved_port_next_backend(port, list, b))) {
		k8snet_backend_get_address(b, &address);
		snprintf(got.items[got.n++].text, sizeof(got.items[0].text), "%s %u",
			 k8snet_address_format(&address, text, sizeof(text)),
			 k8snet_backend_get_port(b));
	}
	qsort(got.items, got.n, sizeof(got.items[0]), compare_texts);
	qsort(want->items, want->n, sizeof(want->items[0]), compare_texts);
	if (got.n != want->n)
		fail_msg("seed %llu: list %d of port %s: %zu in place of %zu",
			 (unsigned long long)started, (int)list,
			 k8snet_resolved_port_get_name(port), got.n, want->n);
	for (i = 0; i < got.n; i++)
		assert_string_equal(got.items[i].text, want->items[i].text);
	assert_int_equal(got.n == 0, k8snet_resolved_port_get_reason(port, list) != 0);
}

static void expect_port(const struct k8snet_service *s, const struct k8snet_resolved_port *port,
			const char *zone, uint64_t started)
{
	static struct all_seen all;
	static struct picks cluster, local, every;
	size_t i;

	see_all(s, k8snet_resolved_port_get_family(port), k8snet_resolved_port_get_name(port),
		k8snet_resolved_port_get_protocol(port), &all);
	pick_cluster(&all, zone, &cluster);
	expect_picks(port, K8SNET_BACKENDS_CLUSTER, &cluster, started);
	pick_local(&all, &local);
	expect_picks(port, K8SNET_BACKENDS_LOCAL, &local, started);
	every.n = 0;
	for (i = 0; i < all.n; i++)
		pick_out(&every, &all.items[i]);
	expect_picks(port, K8SNET_BACKENDS_ALL, &every, started);
}

/* hasAnyEndpoints, and which list. */
static void expect_frontend(const struct k8snet_service *s,
			    const struct k8snet_resolved_frontend *f)
{
	const struct k8snet_resolved_port *port = k8snet_resolved_frontend_get_port(f);
	bool is_inside = k8snet_resolved_frontend_get_type(f) == K8SNET_FRONTEND_CLUSTER_IP;
	enum k8snet_traffic_policy policy = is_inside
						    ? k8snet_service_get_internal_traffic_policy(s)
						    : k8snet_service_get_external_traffic_policy(s);
	enum k8snet_backends list;
	int client;

	for (client = K8SNET_CLIENT_POD; client <= K8SNET_CLIENT_OUTSIDE; client++) {
		enum k8snet_frontend_action action =
			k8snet_resolved_frontend_get_action(f, (enum k8snet_client)client);

		list = policy && (is_inside || client == K8SNET_CLIENT_OUTSIDE)
			       ? K8SNET_BACKENDS_LOCAL
			       : K8SNET_BACKENDS_CLUSTER;
		assert_int_equal(
			k8snet_resolved_frontend_get_backends(f, (enum k8snet_client)client), list);
		if (k8snet_resolved_port_count_backends(port, list))
			assert_int_equal(action, K8SNET_FRONTEND_BALANCE);
		else if (k8snet_resolved_port_count_backends(port, K8SNET_BACKENDS_CLUSTER))
			assert_int_equal(action, K8SNET_FRONTEND_DROP);
		else
			assert_int_equal(action, K8SNET_FRONTEND_REJECT);
	}
}

static void one_cluster(struct k8snet_ctx *ctx, struct k8snet_resolution **kept)
{
	const struct k8snet_resolved_port *port = NULL;
	const struct k8snet_resolved_frontend *f = NULL;
	struct k8snet_resolution *resolution;
	struct k8snet_cluster *cluster;
	struct k8snet_service *s;
	const struct k8snet_node *node;
	uint64_t started = seed;

	assert_int_equal(k8snet_cluster_new(&cluster, ctx), 0);
	assert_int_equal(k8snet_resolution_new(&resolution, cluster), 0);
	s = random_cluster(cluster);
	node = k8snet_cluster_find_node(cluster, NODE);
	/* twice: what is left of before must not show */
	assert_int_equal(k8snet_resolve_service(resolution, "n2", s), 0);
	assert_int_equal(k8snet_resolve_service(resolution, NODE, s), 0);
	while ((port = k8snet_resolution_next_port(resolution, port)))
		if (k8snet_resolved_port_get_number(port))
			expect_port(s, port, node ? k8snet_node_get_zone(node) : NULL, started);
	while ((f = k8snet_resolution_next_frontend(resolution, f)))
		expect_frontend(s, f);
	k8snet_service_unref(s);
	*kept = resolution;
	k8snet_cluster_unref(cluster);
}

static void random_clusters(void **state)
{
	struct model_fixture *f = *state;
	const char *text = getenv("K8SNET_RANDOM_SEED"), *steps = getenv("K8SNET_RANDOM_STEPS");
	long i, n = steps ? atol(steps) : 3000;
	struct k8snet_resolution *resolution;

	if (text)
		seed = strtoull(text, NULL, 10) | 1;
	for (i = 0; i < n; i++) {
		one_cluster(f->ctx, &resolution);
		k8snet_resolution_unref(resolution);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {model_test(random_clusters)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
