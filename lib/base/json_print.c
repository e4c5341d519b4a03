/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A value as text again, in one line. */
#include "base/json.h"

#include <string.h>

/* Strings may hold NULs. */
static void print_string(const char *text, size_t length, struct strbuf *out)
{
	size_t begin = 0;

	strbuf_add(out, "\"");
	for (size_t i = 0; i <= length; i++) {
		unsigned char c = i < length ? (unsigned char)text[i] : 0;

		if (i < length && c >= 0x20 && c != 0x7f && c != '"' && c != '\\')
			continue;
		strbuf_add_n(out, text + begin, i - begin);
		begin = i + 1;
		if (i < length && (c == '"' || c == '\\'))
			strbuf_printf(out, "\\%c", c);
		else if (i < length)
			strbuf_printf(out, "\\u%04x", c);
	}
	strbuf_add(out, "\"");
}

static void print_scalar(const struct json *value, struct strbuf *out)
{
	switch (value->type) {
	case JSON_BOOL:
		strbuf_add(out, value->boolean ? "true" : "false");
		break;
	case JSON_INTEGER:
	case JSON_NUMBER:
		strbuf_add(out, value->string);
		break;
	case JSON_STRING:
		print_string(value->string, value->length, out);
		break;
	default:
		strbuf_add(out, "null");
	}
}

static bool is_container(const struct json *value)
{
	return value->type == JSON_ARRAY || value->type == JSON_OBJECT;
}

/* By the reader's limit on depth, this does not go deep. */
void json_print(const struct json *value, struct strbuf *out)
{
	const char *ends = value->type == JSON_ARRAY ? "[]" : "{}";

	if (!is_container(value)) {
		print_scalar(value, out);
		return;
	}
	strbuf_add_n(out, ends, 1);
	for (const struct json *child = value->first; child; child = child->next) {
		strbuf_add(out, child->index ? "," : "");
		if (child->key) {
			print_string(child->key, strlen(child->key), out);
			strbuf_add(out, ":");
		}
		json_print(child, out);
	}
	strbuf_add_n(out, ends + 1, 1);
}
