/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_NFT_TEXT_H
#define CNI_NFT_TEXT_H

#include <stddef.h>

/* Run nft text as one transaction in the namespace of the thread. libnftables takes
 * ten milliseconds to load: it is loaded here. 0, or -errno with the first line of
 * the error in `error`. */
int nft_text_run(const char *commands, char *error, size_t size);

#endif
