/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NETLINK_NFT_TABLE_H
#define NETLINK_NFT_TABLE_H

#include <libmnl/libmnl.h>
#include <stdint.h>

#include "nftables/chain.h"
#include "nftables/set.h"

/* At least as long as the attributes of any of these. */
#define NFT_TABLE_ROOM 1024

/* NFT_MSG_NEWTABLE. `comment` of at most 127 bytes, or NULL. */
void nft_put_table(struct nlmsghdr *message, const char *table, const char *comment,
		   uint32_t flags);

/* NFT_MSG_NEWCHAIN; `hook` NULL: a chain without. */
void nft_put_chain(struct nlmsghdr *message, const char *table, const char *chain,
		   const struct nft_hook *hook);

/* NFT_MSG_NEWSET, with the user data by which nft 1.0.6 knows what it lists. `id` is another one
 * for each set of the transaction. */
void nft_put_set(struct nlmsghdr *message, const char *table, const struct nft_set *set,
		 uint32_t id);

#endif
