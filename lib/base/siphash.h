/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

/* SipHash-1-3: keys of hash tables come from people who may want collisions. */
uint64_t siphash(const uint64_t key[2], const void *data, size_t length);

#endif
