/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/br_netfilter.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nf_tables_compat.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/xt_physdev.h>
#include <unistd.h>

#include "kernel/nfnl.h"

#define TABLE "k8snet-br-netfilter"
#define CHAIN "check"

/* In every network namespace. */
bool br_netfilter_is_there(void)
{
	return access("/proc/sys/net/bridge", F_OK) == 0;
}

static void put_physdev(struct nlmsghdr *message)
{
	/* As x_tables align it. */
	union {
		struct xt_physdev_info info;
		uint64_t aligned[(sizeof(struct xt_physdev_info) + 7) / 8];
	} match = {.info = {.bitmask = XT_PHYSDEV_OP_BRIDGED}};
	struct nlattr *list = mnl_attr_nest_start(message, NFTA_RULE_EXPRESSIONS);
	struct nlattr *element = mnl_attr_nest_start(message, NFTA_LIST_ELEM), *data;

	mnl_attr_put_strz(message, NFTA_EXPR_NAME, "match");
	data = mnl_attr_nest_start(message, NFTA_EXPR_DATA);
	mnl_attr_put_strz(message, NFTA_MATCH_NAME, "physdev");
	mnl_attr_put_u32(message, NFTA_MATCH_REV, 0);
	mnl_attr_put(message, NFTA_MATCH_INFO, sizeof(match), &match);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, element);
	mnl_attr_nest_end(message, list);
}

/*
 * The kernel loads it for a rule that asks for the port of a bridge by which a packet
 * came; so such a rule is put before it, in a transaction that is only checked.
 */
static void ask_for_it(struct netlink_kernel *kernel)
{
	char buffer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	size_t used = nfnl_put_bracket(buffer, NFNL_MSG_BATCH_BEGIN);
	struct nlmsghdr *message;

	message = nfnl_put_nftables(buffer + used, NFT_MSG_NEWTABLE, NLM_F_CREATE, 4);
	mnl_attr_put_strz(message, NFTA_TABLE_NAME, TABLE);
	used += message->nlmsg_len;
	message = nfnl_put_nftables(buffer + used, NFT_MSG_NEWCHAIN, NLM_F_CREATE, 4);
	mnl_attr_put_strz(message, NFTA_CHAIN_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_CHAIN_NAME, CHAIN);
	used += message->nlmsg_len;
	message = nfnl_put_nftables(buffer + used, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND, 4);
	mnl_attr_put_strz(message, NFTA_RULE_TABLE, TABLE);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, CHAIN);
	put_physdev(message);
	used += message->nlmsg_len;
	(void)nfnl_transact(kernel, buffer, used);
}

int br_netfilter_load(struct netlink_kernel *kernel)
{
	if (br_netfilter_is_there())
		return 0;
	ask_for_it(kernel);
	return br_netfilter_is_there() ? 0 : -EOPNOTSUPP;
}
