/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NFT_PUT_ELEMENT_H
#define KERNEL_NFT_PUT_ELEMENT_H

#include <stdbool.h>

#include "plan/nft/nft.h"

struct nlmsghdr;

/* At least as long as any element. */
#define NFT_ELEMENT_ROOM 256

/* Into a list of elements that is begun; to be deleted, or looked for, without its data. */
void nft_put_element(struct nlmsghdr *message, const struct nft_element *element, bool is_delete);

#endif
