/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_NFT_TRANSACTION_H
#define CNI_NFT_TRANSACTION_H

#include "nft.h"

/* Messages to nf_tables, and transactions of them. */

/* How often others may change the ruleset while we look what is there. */
#define NFT_MAX_ATTEMPTS 1000
/* And how often a table may be missing that was just made. */
#define NFT_MAX_MADE 3

/* A message of the type NFT_MSG_... */
struct nlmsghdr *nft_message(struct plugin *p, uint16_t type, uint16_t flags, uint8_t family,
			     const char *what);

/* Which ruleset it is that we look at, in network order. */
int nft_get_generation(struct plugin *p, uint32_t *generation);
/* Then messages, and commit: -ERESTART if it is not that ruleset any more. */
#define NFT_ANY_GENERATION 0
void nft_begin(struct plugin *p, uint32_t generation);
int nft_commit(struct plugin *p);

/* Comments, in the user data of elements and rules. */
void nft_put_comment(struct nlmsghdr *message, uint16_t attribute, const char *comment);
void nft_parse_comment(const struct nlattr *attribute, char comment[OWNER_SIZE]);

/* How many rules a chain has and elements and rules lead to it; 0: there is no such chain. */
int nft_get_use(struct plugin *p, uint8_t family, const char *table, const char *chain,
		uint32_t *use);

#endif
