/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define CHUNK_SIZE 65536

struct arena_chunk {
	struct arena_chunk *next;
	size_t used, size;
	max_align_t data[];
};

#define FIRST_SIZE (1024 - sizeof(struct arena_chunk))

static struct arena_chunk *chunk_new(struct arena *a, size_t at_least)
{
	size_t size = at_least > CHUNK_SIZE ? at_least : CHUNK_SIZE;
	struct arena_chunk *chunk;

	/* The first one is small: most arenas hold little. With its head it is of a size that
	 * malloc() has at hand. */
	if (!a->chunks && at_least <= FIRST_SIZE)
		size = FIRST_SIZE;
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

char *arena_join(struct arena *a, const char *first, ...)
{
	const char *part;
	char *text, *end;
	size_t size = 1;
	va_list args;

	va_start(args, first);
	for (part = first; part; part = va_arg(args, const char *))
		size += strlen(part);
	va_end(args);
	text = end = arena_alloc(a, size);
	if (!text)
		return NULL;
	va_start(args, first);
	for (part = first; part; part = va_arg(args, const char *))
		end = stpcpy(end, part);
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
