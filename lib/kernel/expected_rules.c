/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/expected_rules.h"

#include <string.h>

#include "netlink/nft_rule.h"
#include "netlink/nft_rule_hash.h"

static uint64_t add_rule(uint64_t before, const struct nft_rule *rule)
{
	char buffer[NFT_RULE_ROOM] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	nft_rule_put(message, rule);
	return nft_rule_hash(before, mnl_nlmsg_get_payload(message));
}

static void add_skeleton_rule(void *data, const char *chain, const struct nft_rule *rule)
{
	uint64_t *hashes = data;
	size_t i = 0;

	while (strcmp(nft_skeleton_chains[i].name, chain) != 0)
		i++;
	hashes[i] = add_rule(hashes[i], rule);
}

void expected_skeleton_rules(uint8_t family, uint32_t masquerade_mark, uint64_t *hashes)
{
	memset(hashes, 0, NFT_N_SKELETON_CHAINS * sizeof(*hashes));
	nft_skeleton_build(family, masquerade_mark, add_skeleton_rule, hashes);
}

static void add_chain_rule(void *data, const char *chain, const struct nft_rule *rule)
{
	uint64_t *hash = data;

	(void)chain;
	*hash = add_rule(*hash, rule);
}

uint64_t expected_chain_rules(const struct nft_chain *chain, uint32_t masquerade_mark)
{
	uint64_t hash = 0;

	nft_chain_build(chain, masquerade_mark, add_chain_rule, &hash);
	return hash;
}
