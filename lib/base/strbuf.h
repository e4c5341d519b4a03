/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_STRBUF_H
#define BASE_STRBUF_H

#include <stddef.h>

#include "base/cleanup.h"

/*
 * A growable string; zeroed is empty. Out of memory is remembered: check once,
 * with strbuf_finish().
 */
struct strbuf {
	char *text; /* NULL while empty */
	size_t length, capacity;
	int error; /* 0 or -ENOMEM */
};

void strbuf_add(struct strbuf *b, const char *text);
void strbuf_add_n(struct strbuf *b, const char *text, size_t length);
void strbuf_printf(struct strbuf *b, const char *format, ...) printf_like(2, 3);
/* A JSON string with its quotes. */
void strbuf_add_json(struct strbuf *b, const char *text);
/* Empty it, keep its memory and its error. */
void strbuf_clear(struct strbuf *b);
/* Hand over the string, "" if nothing was added; the buffer is empty then.
 * -ENOMEM if anything failed. */
int strbuf_finish(struct strbuf *b, char **out);
void strbuf_done(struct strbuf *b);

#define _cleanup_strbuf_ _cleanup_(strbuf_done)

#endif
