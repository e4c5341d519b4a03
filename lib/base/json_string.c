/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/json_string.h"

#include <stdint.h>
#include <string.h>

static bool is_continuation(const uint8_t *p, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return false;
	return true;
}

size_t utf8_sequence(const char *text, size_t left)
{
	const uint8_t *p = (const uint8_t *)text;

	if (!left)
		return 0;
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return left >= 2 && is_continuation(p + 1, 1) ? 2 : 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		if (left < 3 || !is_continuation(p + 1, 2))
			return 0;
		/* overlong forms, surrogates */
		return (p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f) ? 0 : 3;
	}
	if (p[0] >= 0xf0 && p[0] <= 0xf4) {
		if (left < 4 || !is_continuation(p + 1, 3))
			return 0;
		return (p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f) ? 0 : 4;
	}
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Four hexadecimal digits; -1: they are not. */
static int32_t hex4(const char *text, size_t left)
{
	int32_t value = 0;

	if (left < 4)
		return -1;
	for (int i = 0; i < 4; i++) {
		if (hex_digit(text[i]) < 0)
			return -1;
		value = value * 16 + hex_digit(text[i]);
	}
	return value;
}

/* The length of an escape sequence, 0: bad. */
static size_t escape_length(const char *text, size_t left)
{
	if (left < 2)
		return 0;
	if (text[1] == 'u')
		return hex4(text + 2, left - 2) < 0 ? 0 : 6;
	return strchr("\"\\/bfnrt", text[1]) && text[1] ? 2 : 0;
}

const char *json_string_scan(const char *text, size_t left, size_t *length, bool *has_escapes)
{
	size_t i = 0, n;

	*has_escapes = false;
	while (i < left && text[i] != '"') {
		if ((uint8_t)text[i] >= 0x20 && (uint8_t)text[i] < 0x7f && text[i] != '\\') {
			i++; /* nearly all there is */
			continue;
		}
		*length = i;
		if ((uint8_t)text[i] < 0x20)
			return "control character in a string";
		if (text[i] == '\\') {
			*has_escapes = true;
			n = escape_length(text + i, left - i);
			if (!n)
				return "bad escape in a string";
		} else {
			n = utf8_sequence(text + i, left - i);
			if (!n)
				return "invalid UTF-8";
		}
		i += n;
	}
	*length = i;
	return i < left ? NULL : "string without an end";
}

static void add_utf8(struct strbuf *out, uint32_t c)
{
	char bytes[4];
	size_t n = 0;

	if (c < 0x80) {
		bytes[n++] = (char)c;
	} else if (c < 0x800) {
		bytes[n++] = (char)(0xc0 | c >> 6);
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		bytes[n++] = (char)(0xe0 | c >> 12);
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	} else {
		bytes[n++] = (char)(0xf0 | c >> 18);
		bytes[n++] = (char)(0x80 | (c >> 12 & 0x3f));
		bytes[n++] = (char)(0x80 | (c >> 6 & 0x3f));
		bytes[n++] = (char)(0x80 | (c & 0x3f));
	}
	strbuf_add_n(out, bytes, n);
}

/* \uXXXX or a pair of surrogates; a surrogate alone becomes U+FFFD. Returns its length. */
static size_t decode_unicode(const char *text, size_t left, struct strbuf *out)
{
	uint32_t c = (uint32_t)hex4(text + 2, left - 2);
	int32_t low;

	if (c < 0xd800 || c > 0xdfff) {
		add_utf8(out, c);
		return 6;
	}
	low = left >= 12 && text[6] == '\\' && text[7] == 'u' ? hex4(text + 8, left - 8) : -1;
	if (c <= 0xdbff && low >= 0xdc00 && low <= 0xdfff) {
		add_utf8(out, 0x10000 + ((c - 0xd800) << 10) + ((uint32_t)low - 0xdc00));
		return 12;
	}
	add_utf8(out, 0xfffd);
	return 6;
}

void json_string_decode(const char *text, size_t length, struct strbuf *out)
{
	static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
	const char *backslash;
	size_t i = 0, n;

	while (i < length) {
		backslash = memchr(text + i, '\\', length - i);
		n = backslash ? (size_t)(backslash - text) - i : length - i;
		strbuf_add_n(out, text + i, n);
		i += n;
		if (i >= length)
			break;
		if (text[i + 1] == 'u') {
			i += decode_unicode(text + i, length - i, out);
		} else {
			strbuf_add_n(out, &to[strchr(from, text[i + 1]) - from], 1);
			i += 2;
		}
	}
}
