/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_ARENA_H
#define BASE_ARENA_H

#include <stddef.h>

#include "base/cleanup.h"

/* Memory that is given out piece by piece and released all at once; zeroed is empty. */
struct arena {
	struct arena_chunk *chunks;
};

/* Zeroed and aligned for any type; NULL: out of memory. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *text);
/* Texts one after another; NULL is behind the last one. */
char *arena_join(struct arena *a, const char *first, ...) __attribute__((sentinel));
void arena_done(struct arena *a);

#endif
