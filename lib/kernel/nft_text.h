/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NFT_TEXT_H
#define KERNEL_NFT_TEXT_H

#include <stddef.h>

#include "kernel/netns.h"

/*
 * nft text, run by libnftables. Loading that takes about 10 ms and it exits when
 * out of memory: it is loaded when it is first needed, and used for tables and
 * chains only.
 */
struct nft_library;

/* *out is NULL if it cannot be had; then `text` says why. 0, -ENOMEM or -ENOENT. */
int nft_library_load(struct nft_library **out, char *text, size_t size);
void nft_library_free(struct nft_library *library);

/* Run as one transaction in the namespace. 0 or a negative errno with the first
 * line of the error in `text`. */
int nft_library_run(const struct nft_library *library, const struct netns *ns, const char *commands,
		    char *text, size_t size);

/* The same, and tables with the flag "owner" stay until the session ends, at the latest with
 * the process. *out is NULL if it failed. */
struct nft_session;
int nft_session_begin(struct nft_session **out, const struct nft_library *library,
		      const struct netns *ns, const char *commands, char *text, size_t size);
void nft_session_end(struct nft_session *session);

#endif
