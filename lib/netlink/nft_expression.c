/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <netinet/in.h>

#include "netlink/nft_expression.h"

#include <arpa/inet.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <string.h>

#include "netlink/header.h"

struct nlattr *nft_expression_begin(struct nlmsghdr *message, const char *name,
				    struct nlattr **data)
{
	struct nlattr *expression = mnl_attr_nest_start(message, NFTA_LIST_ELEM);

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, name);
	*data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	return expression;
}

void nft_expression_end(struct nlmsghdr *message, struct nlattr *expression, struct nlattr *data)
{
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, expression);
}

static void put_value(struct nlmsghdr *message, uint16_t type, const uint8_t *bytes, size_t size)
{
	struct nlattr *value = mnl_attr_nest_start(message, type);

	mnl_attr_put(message, NFTA_DATA_VALUE, size, bytes);
	mnl_attr_nest_end(message, value);
}

static void put_load(struct nlmsghdr *message, const struct k8snet_address *address, bool is_source,
		     uint32_t size)
{
	uint32_t offset = address_offset(address, is_source);
	struct nlattr *data, *expression = nft_expression_begin(message, "payload", &data);

	mnl_attr_put_u32(message, NFTA_PAYLOAD_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(message, NFTA_PAYLOAD_BASE, htonl(NFT_PAYLOAD_NETWORK_HEADER));
	mnl_attr_put_u32(message, NFTA_PAYLOAD_OFFSET, htonl(offset));
	mnl_attr_put_u32(message, NFTA_PAYLOAD_LEN, htonl(size));
	nft_expression_end(message, expression, data);
}

static void put_mask(struct nlmsghdr *message, uint32_t length, uint32_t size)
{
	struct nlattr *data, *expression = nft_expression_begin(message, "bitwise", &data);
	const uint8_t none[16] = {0};
	uint8_t mask[16] = {0};
	uint32_t i;

	for (i = 0; i < length; i++)
		mask[i / 8] |= (uint8_t)(0x80 >> i % 8);
	mnl_attr_put_u32(message, NFTA_BITWISE_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(message, NFTA_BITWISE_DREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(message, NFTA_BITWISE_LEN, htonl(size));
	put_value(message, NFTA_BITWISE_MASK, mask, size);
	put_value(message, NFTA_BITWISE_XOR, none, size);
	nft_expression_end(message, expression, data);
}

void nft_put_match(struct nlmsghdr *message, const struct nft_match *match)
{
	const struct k8snet_prefix network = prefix_mask(&match->network);
	uint32_t length = network.length, size = (uint32_t)address_size(&network.address);
	struct nlattr *expression, *data;

	/* Whole bytes need no mask. */
	if (length && length % 8 == 0)
		size = length / 8;
	put_load(message, &network.address, match->is_source, size);
	if (size * 8 != length)
		put_mask(message, length, size);
	expression = nft_expression_begin(message, "cmp", &data);
	mnl_attr_put_u32(message, NFTA_CMP_SREG, htonl(NFT_REG_1));
	mnl_attr_put_u32(message, NFTA_CMP_OP, htonl(match->is_not ? NFT_CMP_NEQ : NFT_CMP_EQ));
	put_value(message, NFTA_CMP_DATA, network.address.bytes, size);
	nft_expression_end(message, expression, data);
}

void nft_put_verdict(struct nlmsghdr *message, int32_t code, const char *chain)
{
	struct nlattr *data, *expression = nft_expression_begin(message, "immediate", &data);
	struct nlattr *value, *verdict;

	mnl_attr_put_u32(message, NFTA_IMMEDIATE_DREG, htonl(NFT_REG_VERDICT));
	value = mnl_attr_nest_start(message, NFTA_IMMEDIATE_DATA);
	verdict = mnl_attr_nest_start(message, NFTA_DATA_VERDICT);
	mnl_attr_put_u32(message, NFTA_VERDICT_CODE, htonl((uint32_t)code));
	if (chain)
		mnl_attr_put_strz(message, NFTA_VERDICT_CHAIN, chain);
	mnl_attr_nest_end(message, verdict);
	mnl_attr_nest_end(message, value);
	nft_expression_end(message, expression, data);
}

void nft_put_xt_match(struct nlmsghdr *message, const char *name, uint32_t revision,
		      const void *info, size_t size)
{
	struct nlattr *data, *expression = nft_expression_begin(message, "match", &data);
	/* The kernel wants it aligned. */
	uint8_t bytes[256] = {0};

	memcpy(bytes, info, size);
	mnl_attr_put_strz(message, NFTA_MATCH_NAME, name);
	mnl_attr_put_u32(message, NFTA_MATCH_REV, htonl(revision));
	mnl_attr_put(message, NFTA_MATCH_INFO, (size + 7) / 8 * 8, bytes);
	nft_expression_end(message, expression, data);
}
