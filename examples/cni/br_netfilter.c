/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The module br_netfilter: with it packets between ports of a bridge pass the node's rules.
 * No setting of a bridge loads it. */
#include "bridge.h"
#include "nft_transaction.h"

/* After those of libc, which they know of. */
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/xt_physdev.h>
#include <netinet/in.h>
#include <unistd.h>

#define TABLE "k8snet-br-netfilter"
#define CHAIN "check"

/* In every network namespace. */
static bool is_there(void)
{
	return access("/proc/sys/net/bridge", F_OK) == 0;
}

static void put_physdev(struct nlmsghdr *message)
{
	const struct xt_physdev_info info = {.bitmask = XT_PHYSDEV_OP_BRIDGED};
	struct nlattr *expressions = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);

	nft_put_xt_match(message, "physdev", 0, &info, sizeof(info));
	mnl_attr_nest_end(message, expressions);
}

/* The kernel loads it for a rule that asks by which port of a bridge a packet came: put one
 * before it, in a transaction that is not committed, hence only checked. */
static int ask_for_it(struct plugin *p)
{
	struct nlmsghdr *message;
	int r = plugin_open_netfilter(p);

	if (r < 0)
		return r;
	nft_begin(p, 0);
	message = nft_message(p, NFT_MSG_NEWTABLE, NLM_F_CREATE, NFPROTO_IPV4, TABLE);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, TABLE);
	message = nft_message(p, NFT_MSG_NEWCHAIN, NLM_F_CREATE, NFPROTO_IPV4, CHAIN);
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, CHAIN);
	message = nft_message(p, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, NFPROTO_IPV4,
			      "physdev");
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, CHAIN);
	put_physdev(message);
	(void)netlink_flush(&p->netfilter);
	return 0;
}

int br_netfilter_ensure(struct plugin *p, const struct bridge *b)
{
	int r = is_there() ? 0 : ask_for_it(p);

	if (r == 0 && !is_there())
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				"bridge %s: its packets cannot pass the node's rules: the module "
				"br_netfilter is not there, see modprobe(8)",
				b->name);
	return r;
}
