/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_LINES_H
#define PROXY_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The longest line, in bytes. An API server's objects end at about 1.5 MiB. */
#define LINES_LIMIT ((size_t)4 << 20)

/* Lines out of a stream that comes in pieces. All zero at the beginning. */
struct lines {
	char *buffer;
	size_t start, end, capacity; /* what waits is from start to end */
	size_t searched;	     /* there is no newline before it */
	bool is_skipping;	     /* the rest of a line that is too long */
	bool has_ended;
	uint64_t number; /* of the line last given, from 1 */
};

/* Where *room more bytes go; NULL when memory is short, and then nothing is lost. */
char *lines_reserve(struct lines *lines, size_t *room);
/* So many have been put there. 0 of them: the stream has ended. */
void lines_add(struct lines *lines, size_t length);
/*
 * The next whole line, without its newline; borrowed until lines_reserve().
 * 1: a line, 0: none yet, -E2BIG: one that is too long was passed over.
 */
int lines_next(struct lines *lines, const char **line, size_t *length);
/* Of white space alone. The line need not end in a byte of its own. */
bool line_is_blank(const char *line, size_t length);
void lines_done(struct lines *lines);

#endif
