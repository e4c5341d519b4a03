/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_JHASH_H
#define BASE_JHASH_H

#include <stddef.h>
#include <stdint.h>

/* Bob Jenkins' lookup3 as Linux has it, "jhash": to know what nftables will say. */
uint32_t jhash(const void *data, size_t length, uint32_t seed);
/* "jhash DATA mod MODULUS seed SEED" of nft. */
uint32_t jhash_mod(const void *data, size_t length, uint32_t modulus, uint32_t seed);

#endif
