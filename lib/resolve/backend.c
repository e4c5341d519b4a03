/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sets of backends. */
#include "resolve/backend.h"

#include <errno.h>
#include <string.h>

#include "base/siphash.h"

/* So few are looked through faster than hashed. */
#define FEW 16

int backend_compare(const struct backend *a, const struct backend *b)
{
	int order = memcmp(a->address, b->address, sizeof(a->address));

	return order ? order : (a->port > b->port) - (a->port < b->port);
}

static bool is_same_backend(const struct backend *a, const struct backend *b)
{
	return !memcmp(a, b, BACKEND_SIZE);
}

/* Where it is, or may be entered. */
static uint32_t *index_place(const struct backend_set *set, const struct backend *b)
{
	size_t mask = set->index.count - 1, i = siphash(set->key, b, BACKEND_SIZE) & mask;
	uint32_t *place = &set->index.items[i];

	while (*place != NO_INDEX && !is_same_backend(&set->items.items[*place], b)) {
		i = (i + 1) & mask;
		place = &set->index.items[i];
	}
	return place;
}

static uint32_t look_through(const struct backend_set *set, size_t n, const struct backend *b)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (is_same_backend(&set->items.items[i], b))
			return i;
	return NO_INDEX;
}

uint32_t backend_set_find(const struct backend_set *set, const struct backend *b)
{
	if (set->index.count)
		return *index_place(set, b);
	return look_through(set, set->items.count, b);
}

int backend_set_begin(struct backend_set *set)
{
	size_t n = 2 * FEW;

	set->index.count = 0;
	if (set->items.count <= FEW)
		return 0;
	while (n < set->items.count * 2)
		n *= 2;
	if (vec_reserve(&set->index, n) < 0)
		return -ENOMEM;
	set->index.count = n;
	memset(set->index.items, 0xff, n * sizeof(uint32_t));
	return 0;
}

bool backend_set_enter(struct backend_set *set, size_t from, size_t to)
{
	const struct backend b = set->items.items[from];
	uint32_t *place;

	if (!set->index.count) {
		if (look_through(set, to, &b) != NO_INDEX)
			return false;
	} else {
		place = index_place(set, &b);
		if (*place != NO_INDEX)
			return false;
		*place = (uint32_t)to;
	}
	set->items.items[to] = b;
	return true;
}

int backend_set_index(struct backend_set *set)
{
	size_t i, n = 0;

	if (backend_set_begin(set) < 0)
		return -ENOMEM;
	for (i = 0; i < set->items.count; i++)
		n += backend_set_enter(set, i, n);
	set->items.count = n;
	return 0;
}

void backend_set_done(struct backend_set *set)
{
	vec_done(&set->items);
	vec_done(&set->index);
}
