/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The plain sets: which addresses are pods', and which are the node's. */
#include "plan/compare.h"

#include <string.h>

/* A table that no service needs any more stays complete until it is pruned. */
static bool has_table(const struct compare *c, uint8_t family)
{
	size_t i = family_index(family);

	return compare_wants_table(c, i) ||
	       (c->has_family[i] && c->state->tables[i].exists && !c->prune);
}

static void want_member(struct compare *c, enum nft_map map, const struct k8snet_address *address,
			uint8_t prefix_length)
{
	struct nft_element element = {
		.family = address->family, .map = map, .prefix_length = prefix_length};

	memcpy(element.address, address->bytes, sizeof(element.address));
	if (has_table(c, address->family))
		compare_member(c, &element, 1);
}

static void want_network(struct compare *c, enum nft_map map, const struct k8snet_prefix *network)
{
	want_member(c, map, &network->address, network->length);
}

static void want_networks(struct compare *c, enum nft_map map, const prefix_list *networks)
{
	const struct k8snet_prefix *network;

	vec_foreach (networks, network)
		want_network(c, map, network);
}

/* Those that pods are in, into one set or another. */
static void want_pod_networks(struct compare *c, enum nft_map map, int family)
{
	const struct k8snet_prefix *cidr;
	struct k8snet_node *node = NULL;

	cidr = prefix_pair_find(&c->cluster->settings.pod_cidrs, family);
	if (cidr) {
		want_network(c, map, cidr);
		return;
	}
	while ((node = k8snet_cluster_next_node(c->cluster, node))) {
		cidr = prefix_pair_find(&node->spec.pod_cidrs, family);
		if (cidr)
			want_network(c, map, cidr);
	}
}

static void want_interface(struct compare *c, enum nft_map map, uint8_t family,
			   const struct interface_pattern *pattern)
{
	struct nft_element element = {.family = family, .map = map, .prefix_length = 128};
	size_t length = strlen(pattern->text);

	if (pattern->text[length - 1] == '*')
		element.prefix_length = (uint8_t)(8 * --length);
	memcpy(element.address, pattern->text, length);
	if (has_table(c, family))
		compare_member(c, &element, 1);
}

static void want_pod_interfaces(struct compare *c, enum nft_map map, uint8_t family)
{
	const struct interface_pattern *pattern;

	vec_foreach (&c->cluster->settings.pod_interfaces, pattern)
		want_interface(c, map, family, pattern);
}

/* Sources whose traffic to a cluster IP is not masqueraded, and pods. */
static void want_sources(struct compare *c, uint8_t family)
{
	const struct cluster_settings *settings = &c->cluster->settings;
	const struct k8snet_prefix everywhere = {.address = {.family = family}};

	switch (settings->local_detection) {
	case K8SNET_LOCAL_POD_CIDR:
		want_pod_networks(c, NFT_POD_NETWORKS, family);
		if (!settings->masquerade_all)
			want_pod_networks(c, NFT_UNMASQUERADED, family);
		break;
	case K8SNET_LOCAL_INTERFACE:
		want_pod_interfaces(c, NFT_POD_INTERFACES, family);
		if (!settings->masquerade_all)
			want_pod_interfaces(c, NFT_UNMASQUERADED_INTERFACES, family);
		break;
	case K8SNET_LOCAL_NONE:
		if (!settings->masquerade_all)
			want_network(c, NFT_UNMASQUERADED, &everywhere);
	}
}

static void want_node_addresses(struct compare *c)
{
	const prefix_list *networks = &c->cluster->settings.node_port_cidrs;
	const struct address_pair *addresses = &c->node->spec.addresses;
	unsigned int i;

	want_networks(c, NFT_NODE_ADDRESSES, networks);
	for (i = 0; !networks->count && i < addresses->count; i++)
		want_member(c, NFT_NODE_ADDRESSES, &addresses->items[i],
			    addresses->items[i].family == 6 ? 128 : 32);
}

void want_members(struct compare *c)
{
	want_node_addresses(c);
	want_networks(c, NFT_SERVICE_NETWORKS, &c->cluster->settings.service_cidrs);
	want_sources(c, 4);
	want_sources(c, 6);
}
