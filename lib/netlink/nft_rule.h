/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NETLINK_NFT_RULE_H
#define NETLINK_NFT_RULE_H

#include <libmnl/libmnl.h>

#include "nftables/rule.h"

/* At least as long as the expressions of any rule. */
#define NFT_RULE_ROOM 8192

/* NFTA_RULE_EXPRESSIONS, the same that nft makes of the rule's text. */
void nft_rule_put(struct nlmsghdr *message, const struct nft_rule *rule);

#endif
