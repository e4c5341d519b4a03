/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lines.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#define PIECE ((size_t)64 << 10)

static void forget(struct lines *lines)
{
	lines->start = lines->end = lines->searched = 0;
}

/* A line that was long once does not keep its memory. */
static void compact(struct lines *lines)
{
	size_t waiting = lines->end - lines->start;

	if (lines->start)
		memmove(lines->buffer, lines->buffer + lines->start, waiting);
	lines->searched -= lines->start;
	lines->start = 0;
	lines->end = waiting;
	if (!waiting && lines->capacity > 16 * PIECE) {
		free(lines->buffer);
		lines->buffer = NULL;
		lines->capacity = 0;
	}
}

char *lines_reserve(struct lines *lines, size_t *room)
{
	size_t capacity;
	char *bigger;

	if (lines->buffer)
		compact(lines);
	if (lines->capacity - lines->end < PIECE) {
		capacity = lines->capacity ? lines->capacity * 2 : 2 * PIECE;
		bigger = realloc(lines->buffer, capacity);
		if (!bigger)
			return NULL;
		lines->buffer = bigger;
		lines->capacity = capacity;
	}
	*room = lines->capacity - lines->end;
	return lines->buffer + lines->end;
}

void lines_add(struct lines *lines, size_t length)
{
	lines->end += length;
	lines->has_ended |= !length;
}

/* The rest of what waits is not a whole line. */
static int take_rest(struct lines *lines, const char **line, size_t *length)
{
	bool was_skipping = lines->is_skipping;

	*line = lines->buffer + lines->start;
	*length = lines->end - lines->start;
	lines->searched = lines->end;
	if (lines->has_ended) {
		forget(lines);
		lines->is_skipping = false;
		if (was_skipping)
			return 0;
		lines->number += *length > 0;
		return *length > 0;
	}
	if (was_skipping || *length <= LINES_LIMIT) {
		if (was_skipping)
			forget(lines);
		return 0;
	}
	/* So is what will come of it. */
	forget(lines);
	lines->is_skipping = true;
	lines->number++;
	return -E2BIG;
}

int lines_next(struct lines *lines, const char **line, size_t *length)
{
	char *newline;
	bool was_skipping;

	if (!lines->buffer)
		return 0;
	do {
		newline = NULL;
		if (lines->searched < lines->end)
			newline = memchr(lines->buffer + lines->searched, '\n',
					 lines->end - lines->searched);
		if (!newline)
			return take_rest(lines, line, length);
		*line = lines->buffer + lines->start;
		*length = (size_t)(newline - *line);
		lines->start = lines->searched = (size_t)(newline - lines->buffer) + 1;
		was_skipping = lines->is_skipping;
		lines->is_skipping = false;
	} while (was_skipping);
	lines->number++;
	return *length > LINES_LIMIT ? -E2BIG : 1;
}

bool line_is_blank(const char *line, size_t length)
{
	while (length && strchr(" \t\r", line[length - 1]) && line[length - 1])
		length--;
	return !length;
}

void lines_done(struct lines *lines)
{
	free(lines->buffer);
	memset(lines, 0, sizeof(*lines));
}
