/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nft_transaction.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdio.h>
#include <string.h>

/* How user data say that a string is a comment: libnftnl's type, length, value. */
#define UDATA_COMMENT 0

static struct nlmsghdr *add(struct plugin *p, uint16_t type, uint16_t flags, uint8_t family,
			    uint16_t resource, const char *what)
{
	const struct nfgenmsg header = {
		.nfgen_family = family,
		.version = NFNETLINK_V0,
		.res_id = htons(resource),
	};

	return netlink_add(&p->netfilter, type, flags, &header, sizeof(header), "nftables: %s",
			   what);
}

struct nlmsghdr *nft_message(struct plugin *p, uint16_t type, uint16_t flags, uint8_t family,
			     const char *what)
{
	return add(p, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags, family, 0, what);
}

/* --- transactions ------------------------------------------------------------------- */

static int parse_generation(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_GEN_ID &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			*(uint32_t *)data = mnl_attr_get_u32(attr);
	}
	return 0;
}

/* A transaction that fails with -ERESTART if the ruleset is not that of `generation`
 * (in network order) any more. */
int nft_get_generation(struct plugin *p, uint32_t *generation)
{
	int r = plugin_open_netfilter(p);

	if (r < 0)
		return r;
	nft_message(p, NFT_MSG_GETGEN, 0, AF_UNSPEC, "generation");
	return netlink_ask(&p->netfilter, parse_generation, generation);
}

void nft_begin(struct plugin *p, uint32_t generation)
{
	struct nlmsghdr *message =
		add(p, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, "transaction");

	mnl_attr_put_u32(message, NFNL_BATCH_GENID, generation);
}

int nft_commit(struct plugin *p)
{
	struct netlink_message *last = netlink_last(&p->netfilter);

	add(p, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES, "transaction");
	p->netfilter.acked = last;
	return netlink_flush(&p->netfilter);
}

void nft_put_comment(struct nlmsghdr *message, uint16_t attribute, const char *comment)
{
	uint8_t bytes[OWNER_SIZE + 2] = {UDATA_COMMENT, (uint8_t)(strlen(comment) + 1)};

	memcpy(bytes + 2, comment, bytes[1]);
	mnl_attr_put(message, attribute, 2U + bytes[1], bytes);
}

void nft_parse_comment(const struct nlattr *attr, char owner[OWNER_SIZE])
{
	const uint8_t *bytes = mnl_attr_get_payload(attr);
	size_t size = mnl_attr_get_payload_len(attr);

	/* With its NUL it may be as long as OWNER_SIZE. */
	if (size > 2 && bytes[0] == UDATA_COMMENT && bytes[1] + 2U <= size &&
	    bytes[1] <= OWNER_SIZE)
		snprintf(owner, OWNER_SIZE, "%.*s", bytes[1], (const char *)bytes + 2);
}

static int parse_chain(const struct nlmsghdr *message, void *data)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_CHAIN_USE &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			*(uint32_t *)data = ntohl(mnl_attr_get_u32(attr));
	}
	return 0;
}

int nft_get_use(struct plugin *p, uint8_t family, const char *table, const char *chain,
		uint32_t *use)
{
	struct nlmsghdr *message = nft_message(p, NFT_MSG_GETCHAIN, 0, family, chain);
	int r;

	*use = 0;
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, table);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain);
	r = netlink_ask(&p->netfilter, parse_chain, use);
	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

struct naming {
	struct nft_names *names;
	size_t seen;
};

static int parse_set(const struct nlmsghdr *message, void *data)
{
	struct naming *naming = data;
	struct nft_names *names = naming->names;
	const char *name = NULL;
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_NAME &&
		    mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0)
			name = mnl_attr_get_str(attr);
	}
	if (!name || strlen(name) >= NFT_NAME_SIZE ||
	    strncmp(name, names->prefix, strlen(names->prefix)) != 0 ||
	    naming->seen++ < names->skipped)
		return 0;
	names->is_more = names->count == NFT_MAX_NAMES;
	if (!names->is_more)
		strcpy(names->items[names->count++], name);
	return 0;
}

int nft_get_sets(struct plugin *p, uint8_t family, struct nft_names *names)
{
	struct naming naming = {.names = names};
	int r = plugin_open_netfilter(p);

	if (r < 0)
		return r;
	do {
		struct nlmsghdr *message =
			nft_message(p, NFT_MSG_GETSET, NLM_F_DUMP, family, names->prefix);

		mnl_attr_put_strz(message, NFTA_SET_TABLE, NFT_TABLE);
		naming.seen = names->count = 0;
		names->is_more = false;
		r = netlink_ask(&p->netfilter, parse_set, &naming);
	} while (r == -EINTR);
	if (r == -ENOENT)
		return 0;
	return r < 0 ? plugin_fail_netlink(p, &p->netfilter) : 0;
}
