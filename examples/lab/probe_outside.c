/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

/* --- services, from outside ---------------------------------------------- */

static bool is_local(const struct k8snet_service *service)
{
	return probe_is_local(k8snet_service_get_external_traffic_policy(service));
}

/* One port of a service at one address; through `node`, if it is not NULL. */
static void add_flow(struct probe *probe, const char *what, const struct k8snet_service *service,
		     size_t port, const struct k8snet_address *address, uint16_t number,
		     const char *node)
{
	uint8_t protocol = (uint8_t)k8snet_service_get_port_protocol(service, port);
	struct probe_endpoints endpoints;
	struct probe_flow *flow = NULL;
	char netns[128], name[512];
	bool whole;

	if (!probe_has_protocol(protocol))
		return;
	snprintf(netns, sizeof(netns), LAB_NETNS_DIR "/%s-outside", probe->run->options.name);
	probe_endpoints_of(probe, service, port, address->family, is_local(service) ? node : NULL,
			   &endpoints, &whole);
	if (whole && endpoints.count)
		flow = probe_add(probe, what, netns, protocol, address, number);
	if (flow) {
		probe_service_name(service, port, name, sizeof(name));
		probe_name(probe, flow, "outside", "%s", name);
		probe_expect(flow, &endpoints);
		flow->client_rule =
			is_local(service) ? PROBE_CLIENT_KEPT : PROBE_CLIENT_MASQUERADED;
		if (lab_underlay_address(&probe->run->options, address->family, 0, &flow->client))
			flow->client_rule = PROBE_CLIENT_ANY;
	}
	free(endpoints.items);
}

static void add_node_ports(struct probe *probe, const struct k8snet_service *service, size_t port)
{
	uint16_t number = k8snet_service_get_port_node_port(service, port);
	const struct k8snet_address *address;
	struct k8snet_node *node = NULL;
	size_t i;

	while (number && (node = k8snet_cluster_next_node(probe->run->cluster, node)))
		for (i = 0; (address = k8snet_node_get_address(node, i)); i++)
			if (probe_cluster_ip(service, address->family))
				add_flow(probe, "node port", service, port, address, number,
					 k8snet_node_get_name(node));
}

static void add_load_balancer(struct probe *probe, const struct k8snet_service *service,
			      size_t port)
{
	const struct k8snet_address *address;
	size_t i;

	for (i = 0; (address = k8snet_service_get_load_balancer_ip(service, i)); i++)
		add_flow(probe, "load balancer", service, port, address,
			 k8snet_service_get_port_number(service, port), NULL);
}

static void add_external_ips(struct probe *probe, const struct k8snet_service *service, size_t port)
{
	const struct k8snet_address *address;
	size_t i;

	for (i = 0; (address = k8snet_service_get_external_ip(service, i)); i++)
		if (probe_cluster_ip(service, address->family))
			add_flow(probe, "external IP", service, port, address,
				 k8snet_service_get_port_number(service, port), NULL);
}

static void for_each_port(struct probe *probe,
			  void (*add)(struct probe *, const struct k8snet_service *, size_t))
{
	struct k8snet_service *service = NULL;
	size_t i;

	while ((service = k8snet_cluster_next_service(probe->run->cluster, service))) {
		if (!probe_wants(probe, "Service", k8snet_service_get_namespace(service),
				 k8snet_service_get_name(service)))
			continue;
		for (i = 0; i < k8snet_service_count_ports(service); i++)
			add(probe, service, i);
	}
}

void probe_add_outside_flows(struct probe *probe)
{
	for_each_port(probe, add_node_ports);
	for_each_port(probe, add_load_balancer);
	for_each_port(probe, add_external_ips);
}

/* --- ingress ------------------------------------------------------------- */

/* A request that a rule is there for. */
struct request {
	char host[300];
	char path[2048];
};

static void make_request(struct request *request, const struct k8snet_ingress_route *route)
{
	const char *host = k8snet_ingress_route_get_host(route);
	const char *path = k8snet_ingress_route_get_path(route);
	size_t length = strlen(path);

	if (!*host)
		host = "probe.invalid";
	snprintf(request->host, sizeof(request->host), "%s%s", *host == '*' ? "probe" : "",
		 *host == '*' ? host + 1 : host);
	/* Below the prefix, where an Exact rule of the same path does not reach. */
	if (k8snet_ingress_route_get_path_type(route) == K8SNET_PATH_EXACT)
		snprintf(request->path, sizeof(request->path), "%s", path);
	else
		snprintf(request->path, sizeof(request->path), "%s%sprobe", path,
			 length && path[length - 1] == '/' ? "" : "/");
}

static struct probe_flow *add_broken(struct probe *probe, const struct request *request,
				     const char *why)
{
	struct probe_flow *flow = probe_add(probe, "ingress", "", 0, NULL, 0);

	if (!flow)
		return NULL;
	flow->kind = PROBE_BROKEN;
	snprintf(flow->why, sizeof(flow->why), "%s", why);
	probe_name(probe, flow, "-", "%s%s", request->host, request->path);
	return flow;
}

/* -1: the service has no such port. */
static int find_port(const struct k8snet_service *service, const struct k8snet_ingress_route *route)
{
	const char *name = k8snet_ingress_route_get_port_name(route);
	uint16_t number = k8snet_ingress_route_get_port_number(route);
	size_t i;

	for (i = 0; i < k8snet_service_count_ports(service); i++)
		if (*name ? !strcmp(k8snet_service_get_port_name(service, i), name)
			  : k8snet_service_get_port_number(service, i) == number)
			return (int)i;
	return -1;
}

/* The node whose ingress controller it is: each in turn, but with
 * internalTrafficPolicy Local, one that has an endpoint. */
static const char *pick_node(struct probe *probe, const struct k8snet_service *service,
			     const struct probe_endpoints *endpoints)
{
	size_t skip = probe->turn++ % k8snet_cluster_count_nodes(probe->run->cluster);
	struct k8snet_node *node = k8snet_cluster_next_node(probe->run->cluster, NULL);

	if (endpoints->count && probe_is_local(k8snet_service_get_internal_traffic_policy(service)))
		return endpoints->items[0].pod->node;
	while (skip--)
		node = k8snet_cluster_next_node(probe->run->cluster, node);
	return k8snet_node_get_name(node);
}

static void keep_on_node(struct probe_endpoints *endpoints, const char *node)
{
	size_t i, kept = 0;

	for (i = 0; i < endpoints->count; i++)
		if (!strcmp(endpoints->items[i].pod->node, node))
			endpoints->items[kept++] = endpoints->items[i];
	endpoints->count = kept;
}

/* To the ClusterIP, or to the pod itself if the service is headless. Without an
 * endpoint, the connection is to be refused. */
static void add_backend_flow(struct probe *probe, const struct request *request,
			     const struct k8snet_service *service, size_t port,
			     struct probe_endpoints *endpoints)
{
	const struct k8snet_address *address = k8snet_service_get_cluster_ip(service, 0);
	uint16_t number = k8snet_service_get_port_number(service, port);
	const char *node = pick_node(probe, service, endpoints);
	struct probe_flow *flow;
	char netns[256], name[512];

	if (!address && !endpoints->count)
		return;
	if (probe_is_local(k8snet_service_get_internal_traffic_policy(service)))
		keep_on_node(endpoints, node);
	if (!address) {
		address = &endpoints->items[0].address;
		number = endpoints->items[0].port;
	}
	snprintf(netns, sizeof(netns), LAB_NETNS_DIR "/%s-%s", probe->run->options.name, node);
	flow = probe_add(probe, "ingress", netns,
			 (uint8_t)k8snet_service_get_port_protocol(service, port), address, number);
	if (!flow)
		return;
	probe_service_name(service, port, name, sizeof(name));
	probe_name(probe, flow, node, "%s%s -> %s", request->host, request->path, name);
	flow->kind = endpoints->count ? PROBE_ASK : PROBE_REFUSED;
	probe_expect(flow, endpoints);
}

static void add_backend(struct probe *probe, const struct request *request,
			const struct k8snet_ingress_route *route)
{
	const struct k8snet_service *service = k8snet_cluster_find_service(
		probe->run->cluster, k8snet_ingress_route_get_namespace(route),
		k8snet_ingress_route_get_service(route));
	int port = service ? find_port(service, route) : -1, family = 4;
	struct probe_endpoints endpoints;
	bool whole;

	if (port < 0) {
		add_broken(probe, request,
			   service ? "its service has no such port" : "its service does not exist");
		return;
	}
	if (k8snet_service_get_cluster_ip(service, 0))
		family = k8snet_service_get_cluster_ip(service, 0)->family;
	else if (!(probe->run->options.families & LAB_IPV4))
		family = 6;
	probe_endpoints_of(probe, service, (size_t)port, family, NULL, &endpoints, &whole);
	if (whole)
		add_backend_flow(probe, request, service, (size_t)port, &endpoints);
	free(endpoints.items);
}

/* The same rule in a second ingress, or a default backend behind a rule for
 * everything, is never reached. */
static bool is_shadowed(const struct k8snet_ingress_route *route,
			const struct k8snet_ingress_route *match)
{
	if (!*k8snet_ingress_route_get_path(route))
		return true;
	return !strcmp(k8snet_ingress_route_get_host(route),
		       k8snet_ingress_route_get_host(match)) &&
	       !strcmp(k8snet_ingress_route_get_path(route), k8snet_ingress_route_get_path(match));
}

static void add_route(struct probe *probe, const struct k8snet_ingress_table *table,
		      const struct k8snet_ingress_route *route)
{
	const struct k8snet_ingress_route *match;
	struct request request;

	make_request(&request, route);
	match = k8snet_ingress_table_match(table, request.host, request.path);
	if (match == route)
		add_backend(probe, &request, route);
	else if (!match)
		add_broken(probe, &request, "no rule matches");
	else if (!is_shadowed(route, match))
		add_broken(probe, &request, "another rule matches");
}

void probe_add_ingress_flows(struct probe *probe)
{
	const struct k8snet_ingress_route *route = NULL;
	struct k8snet_ingress_table *table;

	if (!k8snet_cluster_count_ingresses(probe->run->cluster))
		return;
	if (k8snet_ingress_table_new(&table, probe->run->cluster, NULL)) {
		lab_complain_library(probe->run->ctx, "ingress table");
		probe->error = -ENOMEM;
		return;
	}
	while ((route = k8snet_ingress_table_next_route(table, route)))
		if (probe_wants(probe, "Ingress", k8snet_ingress_route_get_namespace(route),
				k8snet_ingress_route_get_ingress(route)))
			add_route(probe, table, route);
	k8snet_ingress_table_unref(table);
}
