/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The way to the pods of another node. */
#include "plan/compare.h"

#include <errno.h>
#include <string.h>

#include "plan/want.h"

struct way {
	const char *owner;
	const struct k8snet_prefix *subnet;   /* of the peer's pods */
	const struct k8snet_address *address; /* of the peer */
	const uint8_t *mac;		      /* of the peer's VTEP */
	size_t i;			      /* of the family */
};

static void want_route(struct compare *c, enum k8snet_layer layer, const struct way *way,
		       const char *link, const struct k8snet_address *via, bool onlink)
{
	struct kobj route = {.type = KOBJ_ROUTE};

	kobj_set_name(&route, link);
	route.route.destination = *way->subnet;
	route.route.route.via = *via;
	route.route.route.onlink = onlink;
	compare_want(c, layer, way->owner, &route);
}

/* In the order in which flannel makes them: a packet that finds the route finds
 * the rest. */
static void want_tunnel(struct compare *c, const struct way *way)
{
	struct kobj neighbour = {.type = KOBJ_NEIGHBOUR}, fdb = {.type = KOBJ_FDB};
	const char *vxlan = c->vxlan[way->i];

	kobj_set_name(&neighbour, vxlan);
	neighbour.neighbour.address = way->subnet->address;
	memcpy(neighbour.neighbour.mac, way->mac, 6);
	compare_want(c, K8SNET_LAYER_POD, way->owner, &neighbour);

	kobj_set_name(&fdb, vxlan);
	memcpy(fdb.fdb.mac, way->mac, 6);
	fdb.fdb.remote = *way->address;
	compare_want(c, K8SNET_LAYER_POD, way->owner, &fdb);

	want_route(c, K8SNET_LAYER_POD, way, vxlan, &way->subnet->address, true);
}

static bool is_routed(const struct compare *c, const struct way *way)
{
	const struct k8snet_prefix *link = &c->uplink[way->i].prefix;

	if (k8snet_cluster_get_mode(c->cluster) == K8SNET_MODE_ROUTE)
		return true;
	return k8snet_cluster_has_direct_routing(c->cluster) && link->address.family &&
	       k8snet_prefix_has_address(link, way->address);
}

static void want_way(struct compare *c, const struct k8snet_node *peer, struct way *way)
{
	int family = way->i ? 6 : 4;

	way->subnet = prefix_pair_find(&peer->spec.pod_cidrs, family);
	way->address = address_pair_find(&peer->spec.addresses, family);
	way->mac = k8snet_node_get_overlay_mac(peer, family);
	if (!way->subnet || !prefix_pair_find(&c->node->spec.pod_cidrs, family))
		return;
	if (!way->address || !address_pair_find(&c->node->spec.addresses, family)) {
		ctx_warning(c->ctx, "%s: no way to its pods: no IPv%d address", way->owner, family);
		return;
	}
	if (is_routed(c, way))
		want_route(c, K8SNET_LAYER_NODE, way, c->uplink[way->i].name, way->address, false);
	else
		want_tunnel(c, way);
}

void want_peer(struct compare *c, struct k8snet_node *peer)
{
	struct way way = {
		.owner = arena_join(&c->plan->arena, "node ", k8snet_node_get_name(peer), NULL)};

	if (!way.owner) {
		compare_fail(c, -ENOMEM);
		return;
	}
	want_way(c, peer, &way);
	way.i = 1;
	want_way(c, peer, &way);
}
