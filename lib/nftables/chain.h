/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NFTABLES_CHAIN_H
#define NFTABLES_CHAIN_H

#include <stdint.h>

/* NF_INET_... */
#define NFT_HOOK_PREROUTING  0
#define NFT_HOOK_INPUT	     1
#define NFT_HOOK_FORWARD     2
#define NFT_HOOK_OUTPUT	     3
#define NFT_HOOK_POSTROUTING 4

/* Where a chain gets its packets. */
struct nft_hook {
	const char *type; /* "nat" */
	uint32_t number;
	int32_t priority;
};

/* "prerouting" */
const char *nft_hook_name(const struct nft_hook *hook);

#endif
