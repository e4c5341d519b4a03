/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define CHUNK_SIZE 65536

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	max_align_t data[];
};

static struct arena_chunk *chunk_new(struct arena *a, size_t at_least)
{
	size_t size = at_least > CHUNK_SIZE ? at_least : CHUNK_SIZE;
	struct arena_chunk *chunk;

	/* The first one is small: most arenas hold little. */
	if (!a->chunks && at_least <= 1024)
		size = 1024;
	chunk = malloc(sizeof(*chunk) + size);
	if (!chunk)
		return NULL;
	chunk->used = 0;
	chunk->size = size;
	chunk->next = a->chunks;
	a->chunks = chunk;
	return chunk;
}

void *arena_alloc(struct arena *a, size_t size)
{
	struct arena_chunk *chunk = a->chunks;
	void *p;

	if (size > SIZE_MAX / 2)
		return NULL;
	size = (size + sizeof(max_align_t) - 1) & ~(sizeof(max_align_t) - 1);
	if (!chunk || chunk->size - chunk->used < size)
		chunk = chunk_new(a, size);
	if (!chunk)
		return NULL;
	p = (char *)chunk->data + chunk->used;
	chunk->used += size;
	return memset(p, 0, size);
}

char *arena_strdup(struct arena *a, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = arena_alloc(a, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

/* Most texts are short: they are formatted once. */
char *arena_printf(struct arena *a, const char *format, ...)
{
	char short_text[128], *text;
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(short_text, sizeof(short_text), format, args);
	va_end(args);
	text = n < 0 ? NULL : arena_alloc(a, (size_t)n + 1);
	if (!text)
		return NULL;
	if ((size_t)n < sizeof(short_text))
		return memcpy(text, short_text, (size_t)n + 1);
	va_start(args, format);
	vsnprintf(text, (size_t)n + 1, format, args);
	va_end(args);
	return text;
}

void arena_done(struct arena *a)
{
	struct arena_chunk *chunk, *next;

	for (chunk = a->chunks; chunk; chunk = next) {
		next = chunk->next;
		free(chunk);
	}
	a->chunks = NULL;
}
