/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Layer 0 as a lab has it: a bridge in NAME-outside, and eth0 of each node in it.
 * Outside is also the host that the world's clients are on, and the router that
 * spreads load balancer addresses over the nodes.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime.h"

#define BRIDGE "underlay0"

static const struct k8snet_prefix *underlay_of(const struct lab_options *options, int family)
{
	return family == 6 ? &options->underlay6 : &options->underlay4;
}

static bool has_family(const struct lab_options *options, int family)
{
	return options->families & (family == 6 ? LAB_IPV6 : LAB_IPV4);
}

static int complain(struct lab_rtnl *rtnl, const char *what, int error)
{
	lab_complain("underlay: %s: %s%s%s%s", what, strerrordesc_np(-error),
		     *rtnl->error ? " (kernel: " : "", rtnl->error, *rtnl->error ? ")" : "");
	return error;
}

static int claim(const struct lab_options *options, const char *name)
{
	int error = lab_netns_claim(options->name, name);

	if (!error)
		error = lab_netns_create(options->name, name);
	if (error == -EEXIST)
		lab_complain("network namespace %s exists already; if a dead run left it, "
			     "%s down --name %s removes it",
			     name, LAB_PROGRAM, options->name);
	else if (error)
		lab_complain("network namespace %s: %s", name, strerrordesc_np(-error));
	return error;
}

/* The outside address of each family on the bridge, or a node's on its eth0. */
static int add_addresses(const struct lab_options *options, struct lab_rtnl *rtnl, const char *link,
			 unsigned int index)
{
	struct k8snet_address address;
	int family, error;

	for (family = 4; family <= 6; family += 2) {
		if (!has_family(options, family))
			continue;
		error = lab_underlay_address(options, family, index, &address);
		if (!error)
			error = lab_rtnl_add_address(rtnl, link, &address,
						     underlay_of(options, family)->length);
		if (error)
			return error;
	}
	return 0;
}

static int add_default_routes(const struct lab_options *options, struct lab_rtnl *rtnl)
{
	struct k8snet_prefix all = {.length = 0};
	struct k8snet_address outside;
	int family, error;

	for (family = 4; family <= 6; family += 2) {
		if (!has_family(options, family))
			continue;
		error = lab_underlay_address(options, family, 0, &outside);
		if (!error)
			error = lab_rtnl_replace_route(rtnl, &all, &outside, 1);
		if (error)
			return error;
	}
	return 0;
}

/* Until duplicate address detection is over, neighbours over IPv6 cannot be
 * found. Nobody else is there: do without. */
static void skip_detection(const char *netns, const char *link)
{
	char file[64];

	snprintf(file, sizeof(file), "ipv6/conf/%s/accept_dad", link);
	lab_netns_sysctl(netns, file, "0");
}

static int make_outside(const struct lab_options *options, struct lab_rtnl *rtnl)
{
	char name[64], path[128];
	int error;

	snprintf(name, sizeof(name), "%s-outside", options->name);
	error = claim(options, name);
	if (error)
		return error;
	lab_netns_path(path, sizeof(path), name);
	/* Spread by port as well: all clients have one address. */
	lab_netns_sysctl(path, "ipv4/fib_multipath_hash_policy", "1");
	lab_netns_sysctl(path, "ipv6/fib_multipath_hash_policy", "1");
	skip_detection(path, "default");
	error = lab_rtnl_open(rtnl, path);
	if (!error)
		error = lab_rtnl_add_bridge(rtnl, BRIDGE);
	if (!error)
		error = add_addresses(options, rtnl, BRIDGE, 0);
	return error ? complain(rtnl, "bridge", error) : 0;
}

static int set_up_node(const struct lab_options *options, const char *netns, unsigned int index)
{
	struct lab_rtnl rtnl;
	int error = lab_rtnl_open(&rtnl, netns);

	skip_detection(netns, "eth0");
	if (!error)
		error = add_addresses(options, &rtnl, "eth0", index);
	if (!error)
		error = lab_rtnl_set_up(&rtnl, "eth0");
	if (!error)
		error = add_default_routes(options, &rtnl);
	if (error)
		complain(&rtnl, netns, error);
	lab_rtnl_close(&rtnl);
	return error;
}

static int make_node(const struct lab_options *options, struct lab_rtnl *outside, const char *node,
		     unsigned int index)
{
	char name[128], path[256];
	int fd, error;

	snprintf(name, sizeof(name), "%s-%s", options->name, node);
	error = claim(options, name);
	if (error)
		return error;
	lab_netns_path(path, sizeof(path), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	error = fd < 0 ? -errno : lab_rtnl_add_veth(outside, node, BRIDGE, "eth0", fd);
	if (fd >= 0)
		close(fd);
	if (error)
		return complain(outside, name, error);
	return set_up_node(options, path, index);
}

int lab_underlay_make(const struct lab_options *options, struct json_object *objects)
{
	struct json_object *node;
	struct lab_rtnl outside = {.fd = -1};
	unsigned int index = 0;
	size_t at = 0;
	int error;

	error = make_outside(options, &outside);
	while (!error && (node = lab_objects_next(objects, "Node", &at))) {
		lab_progress(options, "node %s", lab_object_name(node));
		error = lab_interrupted()
				? -EINTR
				: make_node(options, &outside, lab_object_name(node), ++index);
	}
	lab_rtnl_close(&outside);
	return error;
}

/* --- the way in ---------------------------------------------------------- */

/* With externalTrafficPolicy Local, a load balancer's health check leaves only
 * the nodes that have an endpoint. */
static bool takes_traffic(const struct k8snet_service *service, const struct k8snet_node *node)
{
	const struct k8snet_endpointslice *slice = NULL;
	const char *name = k8snet_node_get_name(node), *at;
	size_t i;

	if (k8snet_service_get_external_traffic_policy(service) != K8SNET_TRAFFIC_LOCAL)
		return true;
	while ((slice = k8snet_service_next_endpointslice(service, slice))) {
		for (i = 0; i < k8snet_endpointslice_count_endpoints(slice); i++) {
			at = k8snet_endpointslice_get_endpoint_node_name(slice, i);
			if (at && !strcmp(at, name) &&
			    k8snet_endpointslice_get_endpoint_conditions(slice, i) &
				    K8SNET_ENDPOINT_READY)
				return true;
		}
	}
	return false;
}

static const struct k8snet_address *node_address(const struct k8snet_node *node, int family)
{
	const struct k8snet_address *address;
	size_t i;

	for (i = 0; (address = k8snet_node_get_address(node, i)); i++)
		if (address->family == family)
			return address;
	return NULL;
}

static int route_address(struct lab_rtnl *rtnl, struct k8snet_cluster *cluster,
			 const struct k8snet_service *service, const struct k8snet_address *address)
{
	struct k8snet_prefix to = {.address = *address, .length = address->family == 6 ? 128 : 32};
	struct k8snet_address hops[LAB_MAX_NODES];
	const struct k8snet_address *hop;
	struct k8snet_node *node = NULL;
	size_t count = 0;

	while (count < LAB_MAX_NODES && (node = k8snet_cluster_next_node(cluster, node))) {
		hop = node_address(node, address->family);
		if (hop && takes_traffic(service, node))
			hops[count++] = *hop;
	}
	return count ? lab_rtnl_replace_route(rtnl, &to, hops, count) : 0;
}

static int route_service(struct lab_rtnl *rtnl, struct k8snet_cluster *cluster,
			 const struct k8snet_service *service)
{
	const struct k8snet_address *address;
	int error = 0;
	size_t i;

	for (i = 0; !error && (address = k8snet_service_get_load_balancer_ip(service, i)); i++)
		error = route_address(rtnl, cluster, service, address);
	for (i = 0; !error && (address = k8snet_service_get_external_ip(service, i)); i++)
		error = route_address(rtnl, cluster, service, address);
	return error;
}

int lab_underlay_route(const struct lab_options *options, struct k8snet_cluster *cluster)
{
	struct k8snet_service *service = NULL;
	struct lab_rtnl rtnl;
	char name[64], path[128];
	int error;

	snprintf(name, sizeof(name), "%s-outside", options->name);
	error = lab_rtnl_open(&rtnl, lab_netns_path(path, sizeof(path), name));
	while (!error && (service = k8snet_cluster_next_service(cluster, service)))
		error = route_service(&rtnl, cluster, service);
	if (error)
		complain(&rtnl, "routes to load balancer addresses", error);
	lab_rtnl_close(&rtnl);
	return error;
}
