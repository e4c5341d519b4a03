/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "services.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "bench.h"

#define CLUSTER_IPS	 0xac100000u /* 172.16.0.0 */
#define ENDPOINTS	 0x0a000000u /* 10.0.0.0 */
#define FRESH_ENDPOINTS	 0x0a800000u /* 10.128.0.0 */
#define AFFINITY_SECONDS 10800

static char *format_ip(char *text, uint32_t v)
{
	snprintf(text, IP_SIZE, "%u.%u.%u.%u", v >> 24 & 255, v >> 16 & 255, v >> 8 & 255, v & 255);
	return text;
}

char *service_ip(char *text, unsigned int k)
{
	return format_ip(text, CLUSTER_IPS + 256 + k);
}

char *service_endpoint_ip(const struct bench_cluster *c, char *text, unsigned int k,
			  unsigned int index)
{
	return format_ip(text, ENDPOINTS + 256 + k * c->n_endpoints + index);
}

struct name {
	char ns[16], name[16];
};

static struct name name_of(unsigned int k)
{
	struct name n;

	snprintf(n.ns, sizeof(n.ns), "ns%u", k % 50);
	snprintf(n.name, sizeof(n.name), "svc%u", k);
	return n;
}

static struct k8snet_endpointslice *find_slice(struct bench_cluster *c, unsigned int k)
{
	struct name n = name_of(k);
	struct k8snet_endpointslice *slice =
		k8snet_cluster_find_endpointslice(c->cluster, n.ns, n.name);

	bench_must(NULL, slice ? 0 : -ENOENT, "find the slice");
	return slice;
}

static void add_endpoint(struct bench_cluster *c, struct k8snet_endpointslice *slice,
			 const char *address, const char *node)
{
	bench_must(c->ctx,
		   k8snet_endpointslice_add_endpoint(
			   slice, address, node, K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING),
		   "endpoint");
}

static void add_slice(struct bench_cluster *c, unsigned int k)
{
	struct k8snet_endpointslice *slice;
	struct name n = name_of(k);
	char ip[IP_SIZE];
	unsigned int i;

	bench_must(c->ctx, k8snet_endpointslice_new(&slice, c->cluster, n.ns, n.name, n.name, 4),
		   "slice");
	bench_must(c->ctx, k8snet_endpointslice_add_port(slice, "p80", K8SNET_PROTOCOL_TCP, 8080),
		   "port");
	for (i = 0; i < c->n_endpoints; i++)
		add_endpoint(c, slice, service_endpoint_ip(c, ip, k, i),
			     i % 10 ? OTHER_NODE : NODE);
	k8snet_endpointslice_unref(slice);
}

void cluster_add_service(struct bench_cluster *c, unsigned int k)
{
	uint16_t node_port = service_is_special(k) ? (uint16_t)(30000 + k % 30000) : 0;
	struct k8snet_service *service;
	struct name n = name_of(k);
	char ip[IP_SIZE];

	bench_must(c->ctx, k8snet_service_new(&service, c->cluster, n.ns, n.name), "service");
	bench_must(c->ctx, k8snet_service_add_cluster_ip(service, service_ip(ip, k)), "ClusterIP");
	if (node_port)
		bench_must(c->ctx, k8snet_service_set_type(service, K8SNET_SERVICE_NODE_PORT),
			   "type");
	bench_must(c->ctx,
		   k8snet_service_add_port(service, "p80", K8SNET_PROTOCOL_TCP, 80, node_port),
		   "port");
	if (node_port && c->has_affinity)
		bench_must(c->ctx, k8snet_service_set_session_affinity(service, AFFINITY_SECONDS),
			   "session affinity");
	add_slice(c, k);
	k8snet_service_unref(service);
}

void cluster_remove_service(struct bench_cluster *c, unsigned int k)
{
	struct name n = name_of(k);

	bench_must(c->ctx,
		   k8snet_service_remove(k8snet_cluster_find_service(c->cluster, n.ns, n.name)),
		   "remove the service");
	bench_must(c->ctx, k8snet_endpointslice_remove(find_slice(c, k)), "remove the slice");
}

static void add_node(struct bench_cluster *c)
{
	struct k8snet_node *node;

	bench_must(c->ctx, k8snet_node_new(&node, c->cluster, NODE), "node");
	bench_must(c->ctx, k8snet_node_add_address(node, "192.168.0.2"), "address");
	bench_must(c->ctx, k8snet_node_add_pod_cidr(node, "10.0.0.0/24"), "pod CIDR");
	k8snet_node_unref(node);
}

void cluster_make(struct bench_cluster *c)
{
	unsigned int k;

	bench_must(NULL, k8snet_ctx_new(&c->ctx, NULL), "context");
	bench_must(c->ctx, k8snet_cluster_new(&c->cluster, c->ctx), "cluster");
	bench_must(c->ctx, k8snet_cluster_set_services_only(c->cluster, true), "services only");
	bench_must(c->ctx, k8snet_cluster_add_pod_cidr(c->cluster, "10.0.0.0/8"), "pod CIDR");
	bench_must(c->ctx, k8snet_cluster_add_service_cidr(c->cluster, "172.16.0.0/12"),
		   "service CIDR");
	add_node(c);
	for (k = 0; k < c->n_services; k++)
		cluster_add_service(c, k);
}

void cluster_done(struct bench_cluster *c)
{
	c->cluster = k8snet_cluster_unref(c->cluster);
	c->ctx = k8snet_ctx_unref(c->ctx);
}

static void add_fresh(struct bench_cluster *c, struct k8snet_endpointslice *slice, const char *node)
{
	char ip[IP_SIZE];

	add_endpoint(c, slice, format_ip(ip, FRESH_ENDPOINTS + c->n_fresh++), node);
}

/* A handle's strings are borrowed, and go with the endpoint: whose node it was comes back. */
static const char *remove_at(struct bench_cluster *c, struct k8snet_endpointslice *slice,
			     size_t index)
{
	const char *node = k8snet_endpointslice_get_endpoint_node_name(slice, index);
	bool is_here = node && !strcmp(node, NODE);
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	struct k8snet_address address;

	bench_must(c->ctx, k8snet_endpointslice_get_endpoint_address(slice, index, &address),
		   "endpoint");
	k8snet_address_format(&address, text, sizeof(text));
	bench_must(c->ctx, k8snet_endpointslice_remove_endpoint(slice, text), "remove endpoint");
	return is_here ? NODE : OTHER_NODE;
}

void cluster_replace_endpoint(struct bench_cluster *c, unsigned int k)
{
	struct k8snet_endpointslice *slice = find_slice(c, k);

	add_fresh(c, slice, remove_at(c, slice, c->n_endpoints > 1));
}

void cluster_add_endpoint(struct bench_cluster *c, unsigned int k)
{
	add_fresh(c, find_slice(c, k), OTHER_NODE);
}

void cluster_remove_endpoint(struct bench_cluster *c, unsigned int k)
{
	struct k8snet_endpointslice *slice = find_slice(c, k);

	remove_at(c, slice, k8snet_endpointslice_count_endpoints(slice) - 1);
}

void cluster_roll(struct bench_cluster *c)
{
	unsigned int i, j, n = c->n_services / 100;

	for (i = 0; i < n; i++) {
		struct k8snet_endpointslice *slice = find_slice(c, i * 101 % c->n_services);

		for (j = 0; j < c->n_endpoints; j++)
			add_fresh(c, slice, remove_at(c, slice, 0));
	}
}
