/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "probe.h"

#define MAX_PEERS 3 /* other nodes that a pod, or a node, tries */

static const int families[] = {4, 6};

/* --- pods ---------------------------------------------------------------- */

static bool is_usable(const struct probe *probe, const struct lab_pod *pod)
{
	return !pod->host_network && probe_wants(probe, "Pod", pod->namespace_, pod->name);
}

/* The next usable pod after index `from`, around; on `node`, and not `except`. */
static const struct lab_pod *next_pod(const struct probe *probe, size_t from, const char *node,
				      int family, const struct lab_pod *except)
{
	const struct lab_pods *pods = &probe->run->pods;
	const struct lab_pod *pod;
	size_t i;

	for (i = 1; i <= pods->count; i++) {
		pod = &pods->items[(from + i) % pods->count];
		if (pod != except && is_usable(probe, pod) && !strcmp(pod->node, node) &&
		    lab_pod_address(pod, family))
			return pod;
	}
	return NULL;
}

/* The first declared port that the kernel can serve. */
static const struct lab_port *port_of(const struct lab_pod *pod)
{
	size_t i;

	for (i = 0; i + 1 < pod->port_count; i++)
		if (probe_has_protocol(pod->ports[i].protocol))
			break;
	return &pod->ports[i];
}

static void add_pod_flow(struct probe *probe, const char *what, enum probe_kind kind,
			 const struct lab_pod *from, const struct lab_pod *to,
			 const struct lab_port *port, int family)
{
	const struct k8snet_address *address = lab_pod_address(to, family);
	struct probe_endpoints expected = {.items = calloc(1, sizeof(*expected.items)), .count = 1};
	struct probe_flow *flow =
		probe_add(probe, what, from->netns, port->protocol, address, port->number);

	if (!flow || !expected.items) {
		free(expected.items);
		probe->error = -ENOMEM;
		return;
	}
	expected.items[0] = (struct probe_endpoint){to, *address, port->number};
	probe_expect(flow, &expected);
	flow->kind = kind;
	flow->client_rule = PROBE_CLIENT_KEPT;
	flow->client = *lab_pod_address(from, family);
	probe_name(probe, flow, from->full_name, "%s", to->full_name);
}

/* The node `steps` after the one called `name`, around. */
static const char *node_after(const struct probe *probe, const char *name, size_t steps)
{
	struct k8snet_cluster *cluster = probe->run->cluster;
	struct k8snet_node *node = k8snet_cluster_find_node(cluster, name);

	while (node && steps--) {
		node = k8snet_cluster_next_node(cluster, node);
		if (!node)
			node = k8snet_cluster_next_node(cluster, NULL);
	}
	return node ? k8snet_node_get_name(node) : NULL;
}

static size_t count_peers(const struct probe *probe)
{
	size_t peers = k8snet_cluster_count_nodes(probe->run->cluster) - 1;

	return peers < MAX_PEERS ? peers : MAX_PEERS;
}

/* A neighbour on the same node; and each pod has its turn as server. */
static void add_neighbour_flows(struct probe *probe, int family)
{
	const struct lab_pods *pods = &probe->run->pods;
	const struct lab_pod *from, *to;
	size_t i;

	for (i = 0; i < pods->count; i++) {
		from = &pods->items[i];
		if (!is_usable(probe, from) || !lab_pod_address(from, family))
			continue;
		to = next_pod(probe, i, from->node, family, from);
		if (to)
			add_pod_flow(probe, "pod to pod, same node", PROBE_ASK, from, to,
				     port_of(to), family);
	}
}

static void add_remote_flows(struct probe *probe, int family)
{
	const struct lab_pods *pods = &probe->run->pods;
	const struct lab_pod *from, *to;
	const char *node;
	size_t i, step;

	for (i = 0; i < pods->count; i++) {
		from = &pods->items[i];
		if (!is_usable(probe, from) || !lab_pod_address(from, family))
			continue;
		for (step = 1; step <= count_peers(probe); step++) {
			node = node_after(probe, from->node, step);
			to = node ? next_pod(probe, i + step, node, family, from) : NULL;
			if (to)
				add_pod_flow(probe, "pod to pod, other node", PROBE_ASK, from, to,
					     port_of(to), family);
		}
	}
}

/* Full-size datagrams and a long stream, from each node to its peers. */
static void add_large_flows(struct probe *probe, const char *what, enum probe_kind kind,
			    const struct lab_port *port, int family)
{
	struct k8snet_node *node = NULL;
	const struct lab_pod *from, *to;
	const char *name, *peer;
	size_t step;

	while ((node = k8snet_cluster_next_node(probe->run->cluster, node))) {
		name = k8snet_node_get_name(node);
		for (step = 1; step <= count_peers(probe); step++) {
			peer = node_after(probe, name, step);
			from = next_pod(probe, probe->turn++, name, family, NULL);
			to = peer ? next_pod(probe, probe->turn, peer, family, from) : NULL;
			if (from && to)
				add_pod_flow(probe, what, kind, from, to, port, family);
		}
	}
}

void probe_add_pod_flows(struct probe *probe)
{
	static const struct lab_port tcp = {LAB_ECHO_PORT, IPPROTO_TCP};
	static const struct lab_port udp = {LAB_ECHO_PORT, IPPROTO_UDP};
	size_t i;

	for (i = 0; i < 2; i++)
		add_neighbour_flows(probe, families[i]);
	for (i = 0; i < 2; i++)
		add_remote_flows(probe, families[i]);
	for (i = 0; i < 2; i++)
		add_large_flows(probe, "full size, DF set", PROBE_FULL_SIZE, &udp, families[i]);
	for (i = 0; i < 2; i++)
		add_large_flows(probe, "1 MiB, both ways", PROBE_BULK_TCP, &tcp, families[i]);
}

/* --- services ------------------------------------------------------------ */

/* A port of a service in one family, while flows to it are made. */
struct frontend {
	struct k8snet_service *service;
	size_t port;
	int family;
	const struct k8snet_address *address;
	char name[512];
};

static bool is_endpoint(const struct probe_endpoints *endpoints, const struct lab_pod *pod)
{
	size_t i;

	for (i = 0; i < endpoints->count; i++)
		if (endpoints->items[i].pod == pod)
			return true;
	return false;
}

/* A pod on `node`, rather one that is no endpoint itself. */
static const struct lab_pod *pick_client(struct probe *probe, const char *node, int family,
					 const struct probe_endpoints *endpoints)
{
	const struct lab_pod *pod = NULL;
	size_t tries;

	for (tries = 0; tries < probe->run->pods.count; tries++) {
		pod = next_pod(probe, probe->turn++, node, family, NULL);
		if (!pod || !is_endpoint(endpoints, pod))
			break;
	}
	return pod;
}

static struct probe_flow *add_service_flow(struct probe *probe, const struct frontend *frontend,
					   const char *what, const char *netns, const char *from)
{
	struct probe_flow *flow = probe_add(
		probe, what, netns,
		(uint8_t)k8snet_service_get_port_protocol(frontend->service, frontend->port),
		frontend->address,
		k8snet_service_get_port_number(frontend->service, frontend->port));

	if (flow)
		probe_name(probe, flow, from, "%s", frontend->name);
	return flow;
}

static bool is_local(const struct frontend *frontend)
{
	return probe_is_local(k8snet_service_get_internal_traffic_policy(frontend->service));
}

/* From a pod on this node. Without a local endpoint, internalTrafficPolicy Local
 * leaves nobody to answer. */
static void add_from_pod(struct probe *probe, const struct frontend *frontend, const char *node)
{
	struct probe_endpoints endpoints;
	const struct lab_pod *client;
	struct probe_flow *flow = NULL;
	bool whole, itself;

	probe_endpoints_of(probe, frontend->service, frontend->port, frontend->family,
			   is_local(frontend) ? node : NULL, &endpoints, &whole);
	client = pick_client(probe, node, frontend->family, &endpoints);
	if (client && whole && endpoints.count)
		flow = add_service_flow(probe, frontend, "pod to service", client->netns,
					client->full_name);
	if (flow) {
		itself = is_endpoint(&endpoints, client);
		flow->client_rule = itself ? PROBE_CLIENT_ANY : PROBE_CLIENT_KEPT;
		flow->client = *lab_pod_address(client, frontend->family);
		probe_expect(flow, &endpoints);
	}
	free(endpoints.items);
}

static void add_from_node(struct probe *probe, const struct frontend *frontend, const char *node)
{
	struct probe_endpoints endpoints;
	struct probe_flow *flow = NULL;
	char netns[256];
	bool whole;

	snprintf(netns, sizeof(netns), LAB_NETNS_DIR "/%s-%s", probe->run->options.name, node);
	probe_endpoints_of(probe, frontend->service, frontend->port, frontend->family,
			   is_local(frontend) ? node : NULL, &endpoints, &whole);
	if (whole && endpoints.count)
		flow = add_service_flow(probe, frontend, "node to service", netns, node);
	if (flow)
		probe_expect(flow, &endpoints);
	free(endpoints.items);
}

/* With session affinity the first answer decides all others: no hairpin then,
 * unless the pod is alone. */
static void add_hairpin(struct probe *probe, const struct frontend *frontend)
{
	bool sticky = k8snet_service_get_session_affinity(frontend->service) != 0, whole;
	const struct lab_pod *pod = NULL;
	struct probe_endpoints endpoints;
	struct probe_flow *flow = NULL;
	size_t i;

	probe_endpoints_of(probe, frontend->service, frontend->port, frontend->family, NULL,
			   &endpoints, &whole);
	for (i = 0; i < endpoints.count && !pod; i++) {
		pod = endpoints.items[(probe->turn + i) % endpoints.count].pod;
		if (!is_usable(probe, pod))
			pod = NULL;
	}
	probe->turn++;
	if (pod && whole && (!sticky || endpoints.count == 1))
		flow = add_service_flow(probe, frontend, "hairpin", pod->netns, pod->full_name);
	if (flow) {
		flow->until = pod;
		probe_expect(flow, &endpoints);
	}
	free(endpoints.items);
}

/* From a pod; from the node itself if it has none. */
static void add_refused(struct probe *probe, const struct frontend *frontend)
{
	const char *node =
		k8snet_node_get_name(k8snet_cluster_next_node(probe->run->cluster, NULL));
	struct probe_endpoints endpoints;
	const struct lab_pod *client;
	struct probe_flow *flow = NULL;
	char netns[256];
	bool whole;

	snprintf(netns, sizeof(netns), LAB_NETNS_DIR "/%s-%s", probe->run->options.name, node);
	probe_endpoints_of(probe, frontend->service, frontend->port, frontend->family, NULL,
			   &endpoints, &whole);
	client = next_pod(probe, probe->turn++, node, frontend->family, NULL);
	if (whole && !endpoints.count)
		flow = add_service_flow(probe, frontend, "no endpoint",
					client ? client->netns : netns,
					client ? client->full_name : node);
	if (flow)
		flow->kind = PROBE_REFUSED;
	free(endpoints.items);
}

static void for_each_node(struct probe *probe, const struct frontend *frontend,
			  void (*add)(struct probe *, const struct frontend *, const char *))
{
	struct k8snet_node *node = NULL;

	while ((node = k8snet_cluster_next_node(probe->run->cluster, node)))
		add(probe, frontend, k8snet_node_get_name(node));
}

static void add_from_pods(struct probe *probe, const struct frontend *frontend)
{
	for_each_node(probe, frontend, add_from_pod);
}

static void add_from_nodes(struct probe *probe, const struct frontend *frontend)
{
	for_each_node(probe, frontend, add_from_node);
}

static void for_each_port(struct probe *probe, struct frontend *frontend,
			  void (*add)(struct probe *, const struct frontend *))
{
	struct k8snet_service *service = frontend->service;
	size_t i, count = k8snet_service_count_ports(service);

	for (frontend->port = 0; frontend->port < count; frontend->port++) {
		if (!probe_has_protocol(
			    (uint8_t)k8snet_service_get_port_protocol(service, frontend->port)))
			continue;
		probe_service_name(service, frontend->port, frontend->name, sizeof(frontend->name));
		for (i = 0; i < 2; i++) {
			frontend->family = families[i];
			frontend->address = probe_cluster_ip(service, families[i]);
			if (frontend->address)
				add(probe, frontend);
		}
	}
}

static void for_each_service(struct probe *probe,
			     void (*add)(struct probe *, const struct frontend *))
{
	struct frontend frontend = {.service = NULL};

	while ((frontend.service =
			k8snet_cluster_next_service(probe->run->cluster, frontend.service))) {
		if (probe_wants(probe, "Service", k8snet_service_get_namespace(frontend.service),
				k8snet_service_get_name(frontend.service)))
			for_each_port(probe, &frontend, add);
	}
}

void probe_add_service_flows(struct probe *probe)
{
	for_each_service(probe, add_from_pods);
	for_each_service(probe, add_from_nodes);
	for_each_service(probe, add_hairpin);
	for_each_service(probe, add_refused);
}
