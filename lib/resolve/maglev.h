/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RESOLVE_MAGLEV_H
#define RESOLVE_MAGLEV_H

#include <stddef.h>
#include <stdint.h>

struct backend;

/* How many slots a table for this many backends has: a prime. */
uint32_t maglev_size(size_t n_backends);
/*
 * Fill `table` with the indexes of the backends that have its slots: nearly as many for
 * each, and if one comes or goes few of the others change. It depends on nothing but the set
 * of backends, which are all different. 0 or -ENOMEM.
 */
int maglev_fill(uint16_t *table, uint32_t size, const struct backend *backends, size_t n_backends);

#endif
