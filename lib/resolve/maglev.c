/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The table of Eisenbud et al., "Maglev: A Fast and Reliable Software Network Load
 * Balancer" (NSDI 2016), 3.4: each backend has a permutation of the slots, and they take
 * turns in taking the next one that is free.
 */
#include "resolve/maglev.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/siphash.h"
#include "resolve/backend.h"

#define SMALL	  1021
#define LARGE	  65521
#define FOR_SMALL 255
#define NONE	  UINT16_MAX

/* The permutation (offset + i * skip) mod size, and where it is. */
struct turn {
	const struct backend *backend;
	uint32_t next, skip;
};

uint32_t maglev_size(size_t n_backends)
{
	return n_backends <= FOR_SMALL ? SMALL : LARGE;
}

static int compare_turns(const void *a, const void *b)
{
	const struct turn *x = a, *y = b;

	return backend_compare(x->backend, y->backend);
}

static void begin_turn(struct turn *turn, const struct backend *backend, uint32_t size)
{
	/* Fixed, so that all nodes agree. */
	static const uint64_t key[2] = {0x6b38736e65742d6dULL, 0x61676c65762d3031ULL};
	uint64_t hash;
	uint8_t bytes[BACKEND_SIZE];

	bytes[0] = (uint8_t)(backend->port >> 8);
	bytes[1] = (uint8_t)backend->port;
	memcpy(bytes + 2, backend->address, sizeof(backend->address));
	hash = siphash(key, bytes, sizeof(bytes));
	turn->backend = backend;
	turn->next = (uint32_t)(hash >> 32) % size;
	turn->skip = (uint32_t)hash % (size - 1) + 1;
}

/* The first slot of the permutation from where it is that is free. */
static uint32_t take(struct turn *turn, const uint16_t *table, uint32_t size)
{
	uint32_t slot;

	do {
		slot = turn->next;
		turn->next = (turn->next + turn->skip) % size;
	} while (table[slot] != NONE);
	return slot;
}

int maglev_fill(uint16_t *table, uint32_t size, const struct backend *backends, size_t n_backends)
{
	_cleanup_free_ struct turn *turns = malloc(n_backends * sizeof(*turns));
	uint32_t filled;
	size_t i;

	if (!turns)
		return -ENOMEM;
	for (i = 0; i < n_backends; i++)
		begin_turn(&turns[i], &backends[i], size);
	/* Whose turn it is first must not depend on the order of the list. */
	qsort(turns, n_backends, sizeof(*turns), compare_turns);
	memset(table, 0xff, size * sizeof(*table));
	for (filled = 0; filled < size; filled++) {
		struct turn *turn = &turns[filled % n_backends];

		table[take(turn, table, size)] = (uint16_t)(turn->backend - backends);
	}
	return 0;
}
