/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "nftables/chain.h"

const char *nft_hook_name(const struct nft_hook *hook)
{
	static const char *const names[] = {
		[NFT_HOOK_PREROUTING] = "prerouting",	[NFT_HOOK_INPUT] = "input",
		[NFT_HOOK_FORWARD] = "forward",		[NFT_HOOK_OUTPUT] = "output",
		[NFT_HOOK_POSTROUTING] = "postrouting",
	};

	return names[hook->number];
}
