/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/vec.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int vec_reserve_raw(void *items, size_t *capacity, size_t count, size_t n, size_t size)
{
	size_t want = *capacity ? *capacity : 4;
	void *old, *bigger;

	if (n > SIZE_MAX / 2 / size - count)
		return -ENOMEM;
	while (want < count + n)
		want *= 2;
	if (want == *capacity)
		return 0;
	memcpy(&old, items, sizeof(old));
	bigger = reallocarray(old, want, size);
	if (!bigger)
		return -ENOMEM;
	memcpy(items, &bigger, sizeof(bigger));
	*capacity = want;
	return 0;
}

void *vec_push_raw(void *items, size_t *count, size_t *capacity, size_t size)
{
	char *base;

	if (vec_reserve_raw(items, capacity, *count, 1, size) < 0)
		return NULL;
	memcpy(&base, items, sizeof(base));
	return memset(base + (*count)++ * size, 0, size);
}

void vec_done_raw(void *items, size_t *count, size_t *capacity)
{
	void *base;

	memcpy(&base, items, sizeof(base));
	free(base);
	memset(items, 0, sizeof(base));
	*count = *capacity = 0;
}
