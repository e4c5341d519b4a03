/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chains of a network. */
#include "nft_transaction.h"

#include <arpa/inet.h>
#include <linux/netfilter/nf_tables.h>
#include <stdio.h>
#include <string.h>

#include "address.h"
#include "netlink/nft_rule.h"

static const char *get_multicast(uint8_t family)
{
	return family == 6 ? "ff00::/8" : "224.0.0.0/4";
}

static const char *get_loopback(uint8_t family)
{
	return family == 6 ? "::1/128" : "127.0.0.0/8";
}

static void set_chain(struct nft_chain *chain, const char *what,
		      const struct k8snet_prefix *network)
{
	char *c;

	*chain = (struct nft_chain){0};
	snprintf(chain->name, sizeof(chain->name), "%s-%s", what, prefix_text(network));
	/* Not a part of nft's names. */
	for (c = chain->name; *c; c++)
		if (*c == ':')
			*c = '_';
}

void nft_chain_masquerade(struct nft_chain *chain, const struct k8snet_prefix *network)
{
	set_chain(chain, "masquerade", network);
	chain->rules[0] = (struct nft_chain_rule){.network = *network, .is_return = true};
	chain->rules[1].is_not = true;
	(void)k8snet_prefix_parse(&chain->rules[1].network, get_multicast(network->address.family));
}

void nft_chain_masquerade_but(struct nft_chain *chain, const struct k8snet_prefix *network,
			      const struct networks *kept)
{
	size_t length;

	nft_chain_masquerade(chain, network);
	length = strlen(chain->name);
	snprintf(chain->name + length, sizeof(chain->name) - length, "-%016llx",
		 (unsigned long long)networks_hash(kept));
	chain->kept = kept;
}

void nft_chain_hostport(struct nft_chain *chain, const struct k8snet_prefix *network)
{
	set_chain(chain, "hostport", network);
	chain->rules[0] = (struct nft_chain_rule){.network = *network, .is_source = true};
	chain->rules[1].is_source = true;
	(void)k8snet_prefix_parse(&chain->rules[1].network, get_loopback(network->address.family));
}

/* --- the set of what is kept, which lives and dies with the rule that looks into it ----------- */

#define SET_NAME       "__set%d" /* the kernel puts in a number */
#define RANGES_AT_ONCE 10
/* As nft numbers its types of addresses. */
#define TYPE_ADDRESS(family) ((family) == NFPROTO_IPV6 ? 8U : 7U)

static void put_set(struct plugin *p, uint8_t family, uint32_t size, uint32_t id)
{
	struct nlmsghdr *message = nft_message(p, NFT_MSG_NEWSET, NLM_F_CREATE, family, "new set");

	mnl_attr_put_strz(message, NFTA_SET_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_NAME, SET_NAME);
	mnl_attr_put_u32(message, NFTA_SET_FLAGS,
			 htonl(NFT_SET_ANONYMOUS | NFT_SET_CONSTANT | NFT_SET_INTERVAL));
	mnl_attr_put_u32(message, NFTA_SET_KEY_TYPE, htonl(TYPE_ADDRESS(family)));
	mnl_attr_put_u32(message, NFTA_SET_KEY_LEN, htonl(size));
	mnl_attr_put_u32(message, NFTA_SET_ID, htonl(id));
}

static void put_bound(struct nlmsghdr *message, const struct k8snet_address *address, bool is_end)
{
	struct nlattr *item = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *key;

	if (is_end)
		mnl_attr_put_u32(message, NFTA_SET_ELEM_FLAGS, htonl(NFT_SET_ELEM_INTERVAL_END));
	key = mnl_attr_nest_start(message, NFTA_SET_ELEM_KEY);
	mnl_attr_put(message, NFTA_DATA_VALUE, address_size(address), address->bytes);
	mnl_attr_nest_end(message, key);
	mnl_attr_nest_end(message, item);
}

/* As nft writes them: each range ends with the address behind it, if there is one, and
 * what is before the first range ends with zero. */
static void put_ranges(struct plugin *p, uint8_t family, const struct network_range *ranges,
		       size_t count, bool are_first, uint32_t id)
{
	struct nlmsghdr *message =
		nft_message(p, NFT_MSG_NEWSETELEM, NLM_F_CREATE, family, "elements of a new set");
	const struct k8snet_address none = {.family = ranges->low.family};
	struct nlattr *list;
	size_t i;

	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_SET_ELEM_LIST_SET, SET_NAME);
	mnl_attr_put_u32(message, NFTA_SET_ELEM_LIST_SET_ID, htonl(id));
	list = mnl_attr_nest_start(message, NFTA_SET_ELEM_LIST_ELEMENTS);
	if (are_first && !address_is_unspecified(&ranges->low))
		put_bound(message, &none, true);
	for (i = 0; i < count; i++) {
		const struct k8snet_address behind = address_next(&ranges[i].high);

		put_bound(message, &ranges[i].low, false);
		if (!address_is_unspecified(&behind))
			put_bound(message, &behind, true);
	}
	mnl_attr_nest_end(message, list);
}

static void put_kept(struct plugin *p, uint8_t family, const struct networks *kept, uint32_t id)
{
	size_t i, count;

	put_set(p, family, (uint32_t)address_size(&kept->items->low), id);
	for (i = 0; i < kept->count; i += count) {
		count = kept->count - i < RANGES_AT_ONCE ? kept->count - i : RANGES_AT_ONCE;
		put_ranges(p, family, &kept->items[i], count, i == 0, id);
	}
}

/* --- rules ------------------------------------------------------------------------------------ */

static void add_rule(struct plugin *p, uint8_t family, const struct nft_chain *chain,
		     const struct nft_rule *rule)
{
	struct nlmsghdr *message =
		nft_message(p, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, family, chain->name);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain->name);
	nft_rule_put(message, rule);
}

static struct nft_rule new_rule(uint8_t family)
{
	return (struct nft_rule){.family = family == NFPROTO_IPV6 ? 6 : 4};
}

static void append_return(struct nft_rule *rule)
{
	nft_rule_append(rule, NFT_STATEMENT_VERDICT)->code = NFT_CODE_RETURN;
}

static void add_chain_rule(struct plugin *p, uint8_t family, const struct nft_chain *chain,
			   const struct nft_chain_rule *of)
{
	const struct k8snet_prefix network = prefix_mask(&of->network);
	const struct nft_term key = {.load = of->is_source ? NFT_LOAD_SADDR : NFT_LOAD_DADDR};
	struct nft_rule rule = new_rule(family);
	struct nft_statement *s = nft_rule_append_key(&rule, NFT_STATEMENT_ADDRESS, &key, 1, NULL);

	s->is_not = of->is_not;
	s->value = network.length;
	memcpy(s->address, network.address.bytes, sizeof(s->address));
	if (of->is_return)
		append_return(&rule);
	else
		nft_rule_append(&rule, NFT_STATEMENT_MASQUERADE);
	add_rule(p, family, chain, &rule);
}

/* As many as in the other chains. */
static void add_kept_rules(struct plugin *p, uint8_t family, const struct nft_chain *chain)
{
	/* Of this transaction alone. */
	const uint32_t id = p->netfilter.sequence;
	const struct nft_term key = NFT_TERM(DADDR);
	struct nft_rule rule = new_rule(family);

	put_kept(p, family, chain->kept, id);
	nft_rule_append_key(&rule, NFT_STATEMENT_IN_SET, &key, 1, SET_NAME)->set_id = id;
	append_return(&rule);
	add_rule(p, family, chain, &rule);
	rule.n = 0;
	nft_rule_append(&rule, NFT_STATEMENT_MASQUERADE);
	add_rule(p, family, chain, &rule);
}

void nft_chain_add(struct plugin *p, uint8_t family, const struct nft_chain *chain)
{
	struct nlmsghdr *message =
		nft_message(p, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, family, chain->name);
	size_t i;

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain->name);
	if (chain->kept) {
		add_kept_rules(p, family, chain);
		return;
	}
	for (i = 0; i < NFT_CHAIN_RULES; i++)
		add_chain_rule(p, family, chain, &chain->rules[i]);
}
