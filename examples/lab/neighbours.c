/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Who is a neighbour of whom is known here, and need not be asked. The kernel keeps neighbours
 * of all namespaces in one table with room for a thousand (gc_thresh3), and drops packets to those
 * that do not fit; entries that somebody made, and that do not age, do not count.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "runtime.h"

/* Pairs of pods on one node. More of them stay the kernel's. */
#define MAX_PAIRS 100000
#define LIMIT_OF(family)                                               \
	((family) == 6 ? "/proc/sys/net/ipv6/neigh/default/gc_thresh3" \
		       : "/proc/sys/net/ipv4/neigh/default/gc_thresh3")

static bool is_on(const struct lab_pod *pod, const char *node)
{
	return !pod->host_network && strcmp(pod->node, node) == 0;
}

/* Of one family: each pod may talk to each other one on its node. */
static size_t count_pairs(const struct lab_pods *pods, struct k8snet_cluster *cluster)
{
	struct k8snet_node *node = NULL;
	size_t pairs = 0, here, i;

	while ((node = k8snet_cluster_next_node(cluster, node))) {
		for (here = i = 0; i < pods->count; i++)
			here += is_on(&pods->items[i], k8snet_node_get_name(node));
		pairs += here ? here * (here - 1) : 0;
	}
	return pairs;
}

static long read_limit(int family)
{
	int fd = open(LIMIT_OF(family), O_RDONLY | O_CLOEXEC);
	char text[32] = "";

	if (fd < 0)
		return -1;
	if (read(fd, text, sizeof(text) - 1) < 0)
		text[0] = '\0';
	close(fd);
	return *text ? strtol(text, NULL, 10) : -1;
}

void lab_neighbours_warn(const struct lab_options *options, struct k8snet_cluster *cluster,
			 const struct lab_pods *pods)
{
	static const struct {
		enum lab_families bit;
		int family;
	} families[] = {{LAB_IPV4, 4}, {LAB_IPV6, 6}};
	size_t pairs = options->link == K8SNET_LINK_BRIDGE ? count_pairs(pods, cluster) : 0, i;
	long limit;

	for (i = 0; pairs > MAX_PAIRS && i < 2; i++) {
		limit = options->families & families[i].bit ? read_limit(families[i].family) : -1;
		if (limit >= 0 && (size_t)limit < pairs)
			lab_complain(
				"warning: up to %zu pairs of pods on one node may talk, and the "
				"kernel's table of IPv%d neighbours, which all namespaces share, "
				"has room for %ld: packets to those that do not fit are dropped; "
				"more nodes, --link ptp or more room help: sysctl -w "
				"net.ipv%d.neigh.default.gc_thresh3=%zu",
				pairs, families[i].family, limit, families[i].family, pairs);
	}
}

/* --- entries ---------------------------------------------------------------------------- */

struct work {
	const struct lab_options *options;
	struct k8snet_cluster *cluster;
	const struct lab_pods *pods;
	bool has_pairs;
};

static int complain(const struct lab_rtnl *rtnl, const char *where, int error)
{
	return lab_complain("%s: neighbours: %s%s%s", where, strerrordesc_np(-error),
			    *rtnl->error ? ": " : "", rtnl->error),
	       error;
}

static const uint8_t *get_mac(const struct work *w, const struct lab_pod *pod)
{
	return k8snet_pod_get_mac(k8snet_cluster_find_pod(w->cluster, pod->namespace_, pod->name));
}

static int add_pod(struct lab_rtnl *rtnl, int link, const struct work *w, const struct lab_pod *pod)
{
	const uint8_t *mac = get_mac(w, pod);
	size_t i;
	int r = 0;

	for (i = 0; mac && r == 0 && i < pod->address_count; i++)
		r = lab_rtnl_add_neighbour(rtnl, link, &pod->addresses[i], mac);
	return r;
}

/* The first address of the node's pod subnets. */
static int add_gateways(struct lab_rtnl *rtnl, int link, const struct k8snet_node *node,
			const uint8_t *mac)
{
	const struct k8snet_prefix *cidr;
	struct k8snet_address gateway;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && (cidr = k8snet_node_get_pod_cidr(node, i)); i++) {
		gateway = cidr->address;
		gateway.bytes[gateway.family == 6 ? 15 : 3] |= 1;
		r = lab_rtnl_add_neighbour(rtnl, link, &gateway, mac);
	}
	return r;
}

static int fill_pod(const struct work *w, const struct k8snet_node *node, const uint8_t *mac,
		    const struct lab_pod *pod)
{
	struct lab_rtnl rtnl;
	int r = lab_rtnl_open(&rtnl, pod->netns), link;
	size_t i;

	link = r == 0 ? lab_rtnl_get_index(&rtnl, "eth0") : r;
	r = link < 0 ? link : add_gateways(&rtnl, link, node, mac);
	for (i = 0; w->has_pairs && r == 0 && i < w->pods->count; i++)
		if (&w->pods->items[i] != pod &&
		    is_on(&w->pods->items[i], k8snet_node_get_name(node)))
			r = add_pod(&rtnl, link, w, &w->pods->items[i]);
	if (r < 0)
		complain(&rtnl, pod->full_name, r);
	lab_rtnl_close(&rtnl);
	return r;
}

static int fill_pods(const struct work *w, const struct k8snet_node *node, struct lab_rtnl *rtnl,
		     int bridge)
{
	uint8_t mac[6];
	size_t i;
	int r = lab_rtnl_get_mac(rtnl, k8snet_cluster_get_bridge_name(w->cluster), mac);

	for (i = 0; r == 0 && i < w->pods->count; i++) {
		if (!is_on(&w->pods->items[i], k8snet_node_get_name(node)))
			continue;
		r = add_pod(rtnl, bridge, w, &w->pods->items[i]);
		if (r == 0)
			r = fill_pod(w, node, mac, &w->pods->items[i]);
		if (r == 0 && lab_interrupted())
			r = -EINTR;
	}
	return r;
}

static int fill_node(const struct work *w, const struct k8snet_node *node)
{
	char name[128], path[256];
	struct lab_rtnl rtnl;
	int r, bridge;

	snprintf(name, sizeof(name), "%s-%s", w->options->name, k8snet_node_get_name(node));
	r = lab_rtnl_open(&rtnl, lab_netns_path(path, sizeof(path), name));
	bridge = r == 0 ? lab_rtnl_get_index(&rtnl, k8snet_cluster_get_bridge_name(w->cluster)) : r;
	/* A node without pods has no bridge. */
	if (bridge > 0)
		r = fill_pods(w, node, &rtnl, bridge);
	if (r < 0)
		complain(&rtnl, name, r);
	lab_rtnl_close(&rtnl);
	return r;
}

int lab_neighbours_make(const struct lab_options *options, struct k8snet_cluster *cluster,
			const struct lab_pods *pods)
{
	struct work w = {.options = options, .cluster = cluster, .pods = pods};
	struct k8snet_node *node = NULL;
	int r = 0;

	/* Of point-to-point links the library knows all there is. */
	if (options->link != K8SNET_LINK_BRIDGE)
		return 0;
	w.has_pairs = count_pairs(pods, cluster) <= MAX_PAIRS;
	while (r == 0 && (node = k8snet_cluster_next_node(cluster, node)))
		r = fill_node(&w, node);
	return r;
}
