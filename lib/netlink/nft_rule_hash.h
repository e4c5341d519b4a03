/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NETLINK_NFT_RULE_HASH_H
#define NETLINK_NFT_RULE_HASH_H

#include <libmnl/libmnl.h>

/*
 * What rules say: the same for NFTA_RULE_EXPRESSIONS as nft_rule_put() writes it and as the
 * kernel tells it, and another one for other rules. `before` is that of the rules before it in
 * its chain, 0 for the first.
 *
 * The kernel has its own order of attributes, calls some registers otherwise, leaves out what is
 * zero or adds it, and what it worked out itself. Attributes that Linux 6.12 does not have are
 * passed over: a later kernel may tell more.
 */
uint64_t nft_rule_hash(uint64_t before, const struct nlattr *expressions);

#endif
