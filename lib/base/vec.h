/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_VEC_H
#define BASE_VEC_H

#include <stddef.h>

/*
 * A growable array of any type: declare it as VEC(type) name; zeroed is empty.
 *
 *     VEC(struct op) ops = { 0 };
 *     struct op *op = vec_push(&ops);    NULL: out of memory
 */
#define VEC(type)                       \
	struct {                        \
		type *items;            \
		size_t count, capacity; \
	}

/* Room for n more items. 0 or -ENOMEM. */
#define vec_reserve(v, n) \
	vec_reserve_raw(&(v)->items, &(v)->capacity, (v)->count, (n), sizeof(*(v)->items))
/* A pointer to a new, zeroed item at the end, or NULL. */
#define vec_push(v)                                                                     \
	((__typeof__((v)->items))vec_push_raw(&(v)->items, &(v)->count, &(v)->capacity, \
					      sizeof(*(v)->items)))
#define vec_done(v)	     vec_done_raw(&(v)->items, &(v)->count, &(v)->capacity)
#define vec_foreach(v, item) for (item = (v)->items; item && item < (v)->items + (v)->count; item++)

/* `items` points to the array's pointer, whatever its type. */
int vec_reserve_raw(void *items, size_t *capacity, size_t count, size_t n, size_t size);
void *vec_push_raw(void *items, size_t *count, size_t *capacity, size_t size);
void vec_done_raw(void *items, size_t *count, size_t *capacity);

#endif
