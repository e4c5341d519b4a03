/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * What may happen to services and their endpoints. Most have addresses and node ports of
 * their own, as an API server sees to; a few meet. Backends are drawn from few, those of
 * the stable services among them.
 */
#include "chaos.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define N_SERVICES 24
#define N_SLICES   44
#define NAMESPACE  "shop"

static const enum k8snet_protocol protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
						 K8SNET_PROTOCOL_SCTP};
/* Of ports; where the protocol of the slice is another one, there is no backend. */
static const char *const port_names[] = {"http", "dns", "signal", "more"};
static const uint16_t port_numbers[] = {53, 80, 443};
static const uint16_t target_ports[] = {8053, 8080, 8443, 9000};

/* --- services ------------------------------------------------------------- */

/* "Exists" is what one gets for drawing the same twice. */
static void may_exist(const struct chaos *c, int r)
{
	if (r != -EEXIST)
		chaos_must(c, r);
}

static void fill_ports(struct chaos *c, struct k8snet_service *s, unsigned int n)
{
	unsigned int i, count = 1 + chaos_pick(c, 4);
	uint16_t number = port_numbers[chaos_pick(c, 3)];
	bool is_shared = chaos_pick(c, 2); /* one number for all protocols */

	chaos_must(c, k8snet_service_clear_ports(s));
	for (i = 0; i < count; i++) {
		enum k8snet_protocol protocol = protocols[chaos_pick(c, 8) ? i % 3 : 0];
		uint16_t node_port = (uint16_t)(30100 + n * 8 + (is_shared ? 0 : i));

		if (!is_shared)
			number = port_numbers[chaos_pick(c, 3)];
		if (!chaos_pick(c, 3))
			node_port = 0;
		else if (!chaos_pick(c, 60))
			node_port = 30099; /* of several services */
		may_exist(c,
			  k8snet_service_add_port(s, port_names[i], protocol, number, node_port));
	}
}

static void fill_cluster_ips(struct chaos *c, struct k8snet_service *s, unsigned int n)
{
	unsigned int families = chaos_pick(c, 12), other = chaos_pick(c, 2);
	char text[64];

	chaos_must(c, k8snet_service_clear_cluster_ips(s));
	if (families == 0)
		return; /* headless */
	snprintf(text, sizeof(text), "10.96.%u.%u", 1 + other, 1 + n);
	if (families != 1)
		chaos_must(c, k8snet_service_add_cluster_ip(s, text));
	snprintf(text, sizeof(text), "fd00:96::%u:%x", 1 + other, 1 + n);
	if (families < 8)
		chaos_must(c, k8snet_service_add_cluster_ip(s, text));
}

typedef int add_fn(struct k8snet_service *service, const char *text);

/* Up to 3 in the networks of `template4` and `template6`. */
static void fill_addresses(struct chaos *c, struct k8snet_service *s, add_fn *add,
			   const char *network4, const char *network6, unsigned int n)
{
	unsigned int i, count = chaos_pick(c, 4);
	char text[64];

	for (i = 0; i < count; i++) {
		unsigned int host = chaos_pick(c, 60) ? n * 4 + i : 200;

		if (chaos_pick(c, 2))
			snprintf(text, sizeof(text), "%s%u", network4, 1 + host);
		else
			snprintf(text, sizeof(text), "%s%x", network6, 1 + host);
		may_exist(c, add(s, text));
	}
}

static void fill_external_ips(struct chaos *c, struct k8snet_service *s, unsigned int n)
{
	chaos_must(c, k8snet_service_clear_external_ips(s));
	fill_addresses(c, s, k8snet_service_add_external_ip, "198.51.100.", "2001:db8:51::", n);
}

static void fill_balancer(struct chaos *c, struct k8snet_service *s, unsigned int n)
{
	static const char *const ranges[] = {
		"10.0.0.0/8", " 10.100.0.9/28", "192.0.2.1/32", "0.0.0.0/0", "fd00::/8", "::/0",
	};
	unsigned int i, count = chaos_pick(c, 3) ? 0 : 1 + chaos_pick(c, 3);

	chaos_must(c, k8snet_service_clear_load_balancer_ips(s));
	fill_addresses(c, s, k8snet_service_add_load_balancer_ip, "203.0.113.",
		       "2001:db8:113::", n);
	chaos_must(c, k8snet_service_clear_source_ranges(s));
	for (i = 0; i < count; i++)
		chaos_must(c, k8snet_service_add_source_range(s, ranges[chaos_pick(c, 6)]));
}

static void fill_type(struct chaos *c, struct k8snet_service *s)
{
	chaos_must(c, k8snet_service_set_type(
			      s, chaos_pick(c, 15) ? (enum k8snet_service_type)chaos_pick(c, 3)
						   : K8SNET_SERVICE_EXTERNAL_NAME));
}

static void fill_policies(struct chaos *c, struct k8snet_service *s)
{
	chaos_must(c, k8snet_service_set_external_traffic_policy(
			      s, (enum k8snet_traffic_policy)chaos_pick(c, 2)));
	chaos_must(c, k8snet_service_set_internal_traffic_policy(
			      s, (enum k8snet_traffic_policy) !chaos_pick(c, 4)));
}

static void fill_balancing(struct chaos *c, struct k8snet_service *s)
{
	static const uint32_t seconds[] = {0, 0, 0, 60, 10800};
	/* A consistent hash takes a thousand elements for each address. */
	static const enum k8snet_load_balancing policies[] = {
		K8SNET_LOAD_BALANCING_RANDOM,	   K8SNET_LOAD_BALANCING_RANDOM,
		K8SNET_LOAD_BALANCING_ROUND_ROBIN, K8SNET_LOAD_BALANCING_ROUND_ROBIN,
		K8SNET_LOAD_BALANCING_SOURCE_HASH, K8SNET_LOAD_BALANCING_SOURCE_HASH,
		K8SNET_LOAD_BALANCING_WEIGHTED,	   K8SNET_LOAD_BALANCING_WEIGHTED,
		K8SNET_LOAD_BALANCING_WEIGHTED,	   K8SNET_LOAD_BALANCING_CONSISTENT_HASH,
	};

	chaos_must(c, k8snet_service_set_load_balancing(s, policies[chaos_pick(c, 10)]));
	chaos_must(c, k8snet_service_set_session_affinity(s, seconds[chaos_pick(c, 5)]));
}

static void new_service(struct chaos *c, const char *name, unsigned int n)
{
	struct k8snet_service *s;

	chaos_note(c, "service %s comes", name);
	chaos_must(c, k8snet_service_new(&s, c->cluster, NAMESPACE, name));
	fill_type(c, s);
	fill_cluster_ips(c, s, n);
	fill_ports(c, s, n);
	fill_policies(c, s);
	if (!chaos_pick(c, 3))
		fill_balancing(c, s);
	if (chaos_pick(c, 2))
		fill_external_ips(c, s, n);
	if (chaos_pick(c, 2))
		fill_balancer(c, s, n);
	k8snet_service_unref(s);
}

static void load(struct chaos *c, const char *json)
{
	chaos_must(c, k8snet_cluster_load_json(c->cluster, "chaos", json, strlen(json)));
}

/* As a whole, as a watch brings it. */
static void load_service(struct chaos *c, const char *name, unsigned int n)
{
	char json[768];

	snprintf(json, sizeof(json),
		 "{\"apiVersion\":\"v1\",\"kind\":\"Service\",\"metadata\":{\"name\":\"%s\","
		 "\"namespace\":\"" NAMESPACE "\"%s},\"spec\":{\"type\":\"%s\",\"clusterIPs\":"
		 "[\"fd00:96::1:%x\",\"10.96.1.%u\"],\"externalTrafficPolicy\":\"%s\",\"ports\":"
		 "[{\"name\":\"http\",\"port\":80,\"nodePort\":%u},"
		 "{\"name\":\"dns\",\"port\":80,\"protocol\":\"UDP\",\"nodePort\":%u}]},"
		 "\"status\":{\"loadBalancer\":{\"ingress\":[{\"ip\":\"203.0.113.%u\",\"ipMode\":"
		 "\"%s\"}]}}}",
		 name,
		 chaos_pick(c, 4) ? ""
				  : ",\"labels\":{\"service.kubernetes.io/service-proxy-name\":"
				    "\"other\"}",
		 chaos_pick(c, 2) ? "LoadBalancer" : "NodePort", 1 + n, 1 + n,
		 chaos_pick(c, 2) ? "Local" : "Cluster", 30100 + n * 8, 30100 + n * 8, 1 + n * 4,
		 chaos_pick(c, 2) ? "VIP" : "Proxy");
	load(c, json);
}

static void change_service(struct chaos *c)
{
	unsigned int n = chaos_pick(c, N_SERVICES), what = chaos_pick(c, 10);
	struct k8snet_service *s;
	char name[16];

	snprintf(name, sizeof(name), "s%u", n);
	s = k8snet_cluster_find_service(c->cluster, NAMESPACE, name);
	if (!s) {
		new_service(c, name, n);
		return;
	}
	chaos_note(c, "service %s: %u", name, what);
	if (what == 0)
		chaos_must(c, k8snet_service_remove(s));
	else if (what == 1)
		fill_type(c, s);
	else if (what == 2)
		fill_ports(c, s, n);
	else if (what == 3)
		fill_cluster_ips(c, s, n);
	else if (what == 4)
		fill_external_ips(c, s, n);
	else if (what == 5)
		fill_balancer(c, s, n);
	else if (what == 6)
		fill_policies(c, s);
	else if (what == 7)
		fill_balancing(c, s);
	else if (what == 8)
		chaos_must(c, k8snet_service_set_proxy_name(s, chaos_pick(c, 3) ? NULL : "other"));
	else
		load_service(c, name, n);
}

/* --- slices --------------------------------------------------------------- */

/* Of node `node`; the first ones are those of the stable services. */
static void draw_address(struct chaos *c, int family, unsigned int node, char *text, size_t size)
{
	unsigned int host = 3 + chaos_pick(c, 14);

	snprintf(text, size, family == 6 ? "fd00:1:0:%u::%x" : "10.1.%u.%u", node, host);
}

static void hint_endpoint(struct chaos *c, struct k8snet_endpointslice *s, const char *address)
{
	static const char *const nodes[] = {NULL, NULL, "node-1", "node-2,node-1"};
	static const char *const zones[] = {NULL, "east", "west", "west,east"};
	unsigned int zone = chaos_pick(c, 4);

	chaos_must(c, k8snet_endpointslice_set_endpoint_hints(s, address, nodes[chaos_pick(c, 4)],
							      zones[zone]));
	if (!chaos_pick(c, 4))
		chaos_must(c,
			   k8snet_endpointslice_set_endpoint_weight(s, address, chaos_pick(c, 4)));
}

/* Ready, ending, dead, or anything. */
static unsigned int draw_conditions(struct chaos *c)
{
	static const unsigned int likely[] = {
		K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING,
		K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING,
		K8SNET_ENDPOINT_SERVING | K8SNET_ENDPOINT_TERMINATING,
		0,
	};

	return chaos_pick(c, 8) ? likely[chaos_pick(c, 4)] : chaos_pick(c, 8);
}

static void add_endpoint(struct chaos *c, struct k8snet_endpointslice *s)
{
	static const char *const nodes[] = {NULL, "node-1", "node-2", "node-3"};
	unsigned int node = 1 + chaos_pick(c, 3);
	char text[64];
	int r;

	draw_address(c, k8snet_endpointslice_get_family(s), node, text, sizeof(text));
	r = k8snet_endpointslice_add_endpoint(s, text, nodes[chaos_pick(c, 20) ? node : 0],
					      draw_conditions(c));
	may_exist(c, r);
	if (!chaos_pick(c, 3))
		hint_endpoint(c, s, text);
}

/* One that is there ends, goes, gets hints, or comes again with other conditions. */
static void change_endpoint(struct chaos *c, struct k8snet_endpointslice *s)
{
	size_t n = k8snet_endpointslice_count_endpoints(s);
	struct k8snet_address address;
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	unsigned int i, what = chaos_pick(c, 6);

	if (!n || what < 2) {
		add_endpoint(c, s);
		return;
	}
	i = chaos_pick(c, (unsigned int)n);
	chaos_must(c, k8snet_endpointslice_get_endpoint_address(s, i, &address));
	k8snet_address_format(&address, text, sizeof(text));
	if (what == 2) {
		hint_endpoint(c, s, text);
		return;
	}
	chaos_must(c, k8snet_endpointslice_remove_endpoint(s, text));
	if (what == 3)
		chaos_must(c, k8snet_endpointslice_add_endpoint(s, text, "node-1",
								draw_conditions(c)));
}

static void new_slice(struct chaos *c, const char *name)
{
	struct k8snet_endpointslice *s;
	unsigned int i, n = chaos_pick(c, 6);
	char owner[16];

	snprintf(owner, sizeof(owner), "s%u", chaos_pick(c, N_SERVICES));
	chaos_note(c, "slice %s of %s comes", name, owner);
	chaos_must(c, k8snet_endpointslice_new(&s, c->cluster, NAMESPACE, name, owner,
					       chaos_pick(c, 2) ? 4 : 6));
	for (i = 0; i < 4; i++)
		if (chaos_pick(c, 5))
			chaos_must(c, k8snet_endpointslice_add_port(
					      s, port_names[i],
					      protocols[chaos_pick(c, 8) ? i % 3 : 0],
					      target_ports[chaos_pick(c, 8) ? i : 3]));
	for (i = 0; i < n; i++)
		add_endpoint(c, s);
	k8snet_endpointslice_unref(s);
}

/* As a whole: another owner, or the same with other endpoints and ports. */
static void load_slice(struct chaos *c, const char *name, const char *owner, int family)
{
	char json[1280], endpoints[512] = "", address[64];
	unsigned int i, n = chaos_pick(c, 5), node = chaos_pick(c, 3);
	size_t used = 0;

	for (i = 0; i < n; i++) {
		draw_address(c, family, 1 + (node + i) % 3, address, sizeof(address));
		used += (size_t)snprintf(endpoints + used, sizeof(endpoints) - used,
					 "%s{\"addresses\":[\"%s\"],\"nodeName\":\"node-%u\"}",
					 i ? "," : "", address, 1 + (node + i) % 3);
		if (i == 2)
			break; /* a node each: no address twice */
	}
	snprintf(json, sizeof(json),
		 "{\"apiVersion\":\"discovery.k8s.io/v1\",\"kind\":\"EndpointSlice\",\"metadata\":"
		 "{\"name\":\"%s\",\"namespace\":\"" NAMESPACE "\",\"labels\":"
		 "{\"kubernetes.io/service-name\":\"%s\"}},\"addressType\":\"IPv%d\",\"ports\":"
		 "[{\"name\":\"http\",\"port\":%u},"
		 "{\"name\":\"dns\",\"protocol\":\"UDP\",\"port\":%u}],\"endpoints\":[%s]}",
		 name, owner, family, target_ports[chaos_pick(c, 4)],
		 target_ports[chaos_pick(c, 4)], endpoints);
	load(c, json);
}

static void change_slice(struct chaos *c)
{
	unsigned int what = chaos_pick(c, 16);
	struct k8snet_endpointslice *s;
	char name[16], owner[64];

	snprintf(name, sizeof(name), "e%u", chaos_pick(c, N_SLICES));
	s = k8snet_cluster_find_endpointslice(c->cluster, NAMESPACE, name);
	if (!s) {
		new_slice(c, name);
		return;
	}
	snprintf(owner, sizeof(owner), "%s", k8snet_endpointslice_get_service_name(s));
	chaos_note(c, "slice %s of %s: %u", name, owner, what);
	if (what == 0) {
		chaos_must(c, k8snet_endpointslice_remove(s));
	} else if (what == 1) {
		load_slice(c, name, owner, k8snet_endpointslice_get_family(s));
	} else if (what == 2) {
		snprintf(owner, sizeof(owner), "s%u", chaos_pick(c, N_SERVICES));
		load_slice(c, name, owner, chaos_pick(c, 2) ? 4 : 6);
	} else {
		change_endpoint(c, s);
	}
}

/* --- settings ------------------------------------------------------------- */

/* Of the node and the cluster, where services depend on them. */
static void change_settings(struct chaos *c)
{
	static const char *const zones[] = {NULL, "east", "west"};
	unsigned int zone = chaos_pick(c, 3);
	bool masquerade_all = !chaos_pick(c, 4);

	if (chaos_pick(c, 2)) {
		chaos_note(c, "zone %u", zone);
		chaos_must(c, k8snet_node_set_zone(k8snet_cluster_find_node(c->cluster, "node-1"),
						   zones[zone]));
	} else {
		chaos_note(c, "masquerade all: %d", masquerade_all);
		chaos_must(c, k8snet_cluster_set_masquerade_all(c->cluster, masquerade_all));
	}
}

void chaos_change(struct chaos *c)
{
	unsigned int what = chaos_pick(c, 200);

	if (what < 60)
		change_service(c);
	else if (what < 199)
		change_slice(c);
	else
		change_settings(c);
}
