/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NFT_LIBRARY_H
#define KERNEL_NFT_LIBRARY_H

#include <stddef.h>

#include "kernel/netns.h"

/*
 * libnftables, loaded for checks alone: it takes about 10 ms, is under the GPL, and exits when
 * out of memory.
 */
struct nft_library;

/* *out is NULL if it cannot be had; then `text` says why. 0, -ENOMEM or -ENOENT. */
int nft_library_load(struct nft_library **out, char *text, size_t size);
void nft_library_free(struct nft_library *library);

/* Whether it would do this, in the namespace. 0, -EINVAL with the first line of the error in
 * `text`, or another errno. */
int nft_library_check(const struct nft_library *library, const struct netns *ns,
		      const char *commands, char *text, size_t size);

#endif
