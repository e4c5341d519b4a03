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

static void want_pod_networks(struct compare *c, int family)
{
	const struct k8snet_prefix *cidr;
	struct k8snet_node *node = NULL;

	cidr = prefix_pair_find(&c->cluster->settings.pod_cidrs, family);
	if (cidr) {
		want_member(c, NFT_POD_NETWORKS, &cidr->address, cidr->length);
		return;
	}
	while ((node = k8snet_cluster_next_node(c->cluster, node))) {
		cidr = prefix_pair_find(&node->spec.pod_cidrs, family);
		if (cidr)
			want_member(c, NFT_POD_NETWORKS, &cidr->address, cidr->length);
	}
}

void want_members(struct compare *c)
{
	const struct address_pair *addresses = &c->node->spec.addresses;
	unsigned int i;

	for (i = 0; i < addresses->count; i++)
		want_member(c, NFT_NODE_ADDRESSES, &addresses->items[i], 0);
	want_pod_networks(c, 4);
	want_pod_networks(c, 6);
}
