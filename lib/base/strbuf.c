/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/strbuf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static int make_room(struct strbuf *b, size_t n)
{
	size_t want = b->capacity ? b->capacity : 64;
	char *bigger;

	if (b->error)
		return b->error;
	while (want < b->length + n + 1)
		want *= 2;
	if (want == b->capacity)
		return 0;
	bigger = realloc(b->text, want);
	if (!bigger)
		return b->error = -ENOMEM;
	b->text = bigger;
	b->capacity = want;
	return 0;
}

void strbuf_add_n(struct strbuf *b, const char *text, size_t length)
{
	if (make_room(b, length) < 0)
		return;
	if (length)
		memcpy(b->text + b->length, text, length);
	b->length += length;
	b->text[b->length] = '\0';
}

void strbuf_add(struct strbuf *b, const char *text)
{
	strbuf_add_n(b, text, strlen(text));
}

void strbuf_printf(struct strbuf *b, const char *format, ...)
{
	va_list args;
	int n;

	va_start(args, format);
	n = vsnprintf(NULL, 0, format, args);
	va_end(args);
	if (n < 0 || make_room(b, n) < 0)
		return;
	va_start(args, format);
	vsnprintf(b->text + b->length, n + 1, format, args);
	va_end(args);
	b->length += n;
}

void strbuf_add_json(struct strbuf *b, const char *text)
{
	strbuf_add_n(b, "\"", 1);
	for (; *text; text++) {
		unsigned char c = *text;

		if (c == '"' || c == '\\')
			strbuf_printf(b, "\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			strbuf_printf(b, "\\u%04x", c);
		else
			strbuf_add_n(b, text, 1);
	}
	strbuf_add_n(b, "\"", 1);
}

void strbuf_clear(struct strbuf *b)
{
	b->length = 0;
	if (b->text)
		b->text[0] = '\0';
}

int strbuf_finish(struct strbuf *b, char **out)
{
	strbuf_add_n(b, "", 0);
	if (b->error) {
		int error = b->error;

		strbuf_done(b);
		return error;
	}
	*out = b->text;
	memset(b, 0, sizeof(*b));
	return 0;
}

void strbuf_done(struct strbuf *b)
{
	free(b->text);
	memset(b, 0, sizeof(*b));
}
