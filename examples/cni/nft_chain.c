/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Chains of a network: as messages, for to load libnftables takes longer than an ADD. */
#include "nft_transaction.h"

#include <linux/netfilter/nf_tables.h>
#include <stdio.h>

#include "address.h"

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
	chain->rules[0] = (struct nft_rule){.match = {.network = *network}, .is_return = true};
	chain->rules[1].match.is_not = true;
	(void)k8snet_prefix_parse(&chain->rules[1].match.network,
				  get_multicast(network->address.family));
}

void nft_chain_hostport(struct nft_chain *chain, const struct k8snet_prefix *network)
{
	set_chain(chain, "hostport", network);
	chain->rules[0].match = (struct nft_match){.network = *network, .is_source = true};
	chain->rules[1].match.is_source = true;
	(void)k8snet_prefix_parse(&chain->rules[1].match.network,
				  get_loopback(network->address.family));
}

static void add_rule(struct plugin *p, uint8_t family, const struct nft_chain *chain,
		     const struct nft_rule *rule)
{
	struct nlmsghdr *message =
		nft_message(p, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, family, chain->name);
	struct nlattr *expressions;

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain->name);
	expressions = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	nft_put_match(message, &rule->match);
	if (rule->is_return)
		nft_put_verdict(message, NFT_RETURN, NULL);
	else
		nft_put_masquerade(message);
	mnl_attr_nest_end(message, expressions);
}

void nft_chain_add(struct plugin *p, uint8_t family, const struct nft_chain *chain)
{
	struct nlmsghdr *message =
		nft_message(p, NFT_MSG_NEWCHAIN, NLM_F_CREATE | NLM_F_EXCL, family, chain->name);
	size_t i;

	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, NFT_TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, chain->name);
	for (i = 0; i < NFT_CHAIN_RULES; i++)
		add_rule(p, family, chain, &chain->rules[i]);
}
