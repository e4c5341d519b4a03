/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RESOLVE_BACKEND_H
#define RESOLVE_BACKEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/vec.h"

struct backend {
	uint16_t port;
	uint8_t address[16];
	uint16_t weight; /* as an endpoint has it; no part of what it is */
};
#define BACKEND_SIZE offsetof(struct backend, weight)
/* By address, then port: the same order on all machines. */
int backend_compare(const struct backend *a, const struct backend *b);

#define NO_INDEX UINT32_MAX

/* Backends, each once once they are indexed. */
struct backend_set {
	VEC(struct backend) items;
	VEC(uint32_t) index; /* open addressing, NO_INDEX: empty; none of few items */
	uint64_t key[2];     /* of its hashes */
};

/* Make the index for items that are to be entered, one after another. -ENOMEM. */
int backend_set_begin(struct backend_set *set);
/* Enter the item at `from`, as the one at `to` <= `from`; false: it is there already. */
bool backend_set_enter(struct backend_set *set, size_t from, size_t to);
/* Drop those that are there twice, and index the rest. -ENOMEM. */
int backend_set_index(struct backend_set *set);
/* Where it is in an indexed set; NO_INDEX: nowhere. */
uint32_t backend_set_find(const struct backend_set *set, const struct backend *b);
void backend_set_done(struct backend_set *set);

#endif
