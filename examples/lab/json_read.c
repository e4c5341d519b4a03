/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON, strictly: unlike json-c's own parser it says where the fault is, and does
 * not take the last of two equal keys. */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

struct scanner {
	const char *at;
	const char *end;
	size_t line;
	size_t values;
	struct lab_fault *fault;
};

static int fail(struct scanner *s, int code, const char *what)
{
	return lab_fault_set(s->fault, code, s->line, "%s", what);
}

static int syntax(struct scanner *s, const char *expected)
{
	if (s->at == s->end)
		return lab_fault_set(s->fault, -EINVAL, s->line, "not JSON: ends before %s",
				     expected);
	return lab_fault_set(s->fault, -EINVAL, s->line, "not JSON: %s expected", expected);
}

static void skip_space(struct scanner *s)
{
	for (; s->at < s->end && strchr(" \t\r\n", *s->at) && *s->at; s->at++)
		s->line += *s->at == '\n';
}

static bool take(struct scanner *s, char c)
{
	skip_space(s);
	if (s->at == s->end || *s->at != c)
		return false;
	s->at++;
	return true;
}

/* Length of the UTF-8 sequence at `text`, 0 if it is none (RFC 3629). */
static size_t utf8_length(const unsigned char *text, size_t left)
{
	unsigned char c = text[0], low = 0x80, high = 0xbf;
	size_t length = c < 0x80   ? 1
			: c < 0xc2 ? 0
			: c < 0xe0 ? 2
			: c < 0xf0 ? 3
			: c < 0xf5 ? 4
				   : 0;

	if (length <= 1 || length > left)
		return length > left ? 0 : length;
	low = c == 0xe0 ? 0xa0 : c == 0xf0 ? 0x90 : low;
	high = c == 0xed ? 0x9f : c == 0xf4 ? 0x8f : high;
	if (text[1] < low || text[1] > high)
		return 0;
	for (size_t i = 2; i < length; i++)
		if ((text[i] & 0xc0) != 0x80)
			return 0;
	return length;
}

static int hex4(const char *text, const char *end)
{
	char digits[5] = {0};

	if (end - text < 4 || !isxdigit((unsigned char)text[0]) ||
	    !isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]) ||
	    !isxdigit((unsigned char)text[3]))
		return -1;
	memcpy(digits, text, 4);
	return (int)strtol(digits, NULL, 16);
}

static char *put_utf8(char *out, unsigned int c)
{
	if (c < 0x80) {
		*out++ = (char)c;
		return out;
	}
	if (c < 0x800) {
		*out++ = (char)(0xc0 | c >> 6);
	} else {
		if (c < 0x10000) {
			*out++ = (char)(0xe0 | c >> 12);
		} else {
			*out++ = (char)(0xf0 | c >> 18);
			*out++ = (char)(0x80 | (c >> 12 & 0x3f));
		}
		*out++ = (char)(0x80 | (c >> 6 & 0x3f));
	}
	*out++ = (char)(0x80 | (c & 0x3f));
	return out;
}

/* \uXXXX, or two of them that make one character. */
static int read_unicode(struct scanner *s, char **out)
{
	int c = hex4(s->at, s->end), low;

	if (c < 0)
		return syntax(s, "four hexadecimal digits");
	s->at += 4;
	if (c >= 0xd800 && c < 0xdc00) {
		if (s->end - s->at < 6 || s->at[0] != '\\' || s->at[1] != 'u' ||
		    (low = hex4(s->at + 2, s->end)) < 0xdc00 || low > 0xdfff)
			return fail(s, -EINVAL, "not JSON: half of a surrogate pair");
		s->at += 6;
		c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
	} else if (c >= 0xdc00 && c < 0xe000) {
		return fail(s, -EINVAL, "not JSON: half of a surrogate pair");
	}
	if (!c)
		return fail(s, -EINVAL, "a NUL character in a string");
	*out = put_utf8(*out, (unsigned int)c);
	return 0;
}

static int read_escape(struct scanner *s, char **out)
{
	static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
	const char *found;

	if (s->at == s->end)
		return syntax(s, "the end of a string");
	if (*s->at == 'u') {
		s->at++;
		return read_unicode(s, out);
	}
	found = *s->at ? strchr(names, *s->at) : NULL;
	if (!found)
		return fail(s, -EINVAL, "not JSON: unknown escape in a string");
	*(*out)++ = values[found - names];
	s->at++;
	return 0;
}

/* After the opening quote. An escape is never shorter than what it stands for. */
static int read_characters(struct scanner *s, char *out, size_t *length)
{
	char *start = out;

	while (s->at < s->end && *s->at != '"') {
		size_t n = utf8_length((const unsigned char *)s->at, (size_t)(s->end - s->at));
		int r = 0;

		if (!n)
			return fail(s, -EINVAL, "not UTF-8");
		if ((unsigned char)*s->at < 0x20)
			return fail(s, -EINVAL, "not JSON: a control character in a string");
		if (*s->at == '\\') {
			s->at++;
			r = read_escape(s, &out);
		} else {
			memcpy(out, s->at, n);
			out += n;
			s->at += n;
		}
		if (r < 0)
			return r;
	}
	if (s->at == s->end)
		return syntax(s, "the end of a string");
	s->at++;
	*out = '\0';
	*length = (size_t)(out - start);
	return 0;
}

static int read_string(struct scanner *s, char **out, size_t *length)
{
	const char *end = s->at;
	int r;

	while (end < s->end && *end != '"')
		end += *end == '\\' && s->end - end > 1 ? 2 : 1;
	*out = malloc((size_t)(end - s->at) + 1);
	if (!*out)
		return -ENOMEM;
	r = read_characters(s, *out, length);
	if (r < 0) {
		free(*out);
		*out = NULL;
	}
	return r;
}

static int read_value(struct scanner *s, size_t depth, struct json_object **out);

static int read_array(struct scanner *s, size_t depth, struct json_object *array)
{
	if (take(s, ']'))
		return 0;
	do {
		struct json_object *item = NULL;
		int r = read_value(s, depth + 1, &item);

		if (r < 0)
			return r;
		if (json_object_array_add(array, item) < 0) {
			json_object_put(item);
			return -ENOMEM;
		}
	} while (take(s, ','));
	return take(s, ']') ? 0 : syntax(s, ", or ]");
}

static int read_member(struct scanner *s, size_t depth, struct json_object *object)
{
	struct json_object *value = NULL;
	size_t length;
	char *key;
	int r;

	if (!take(s, '"'))
		return syntax(s, "a key");
	r = read_string(s, &key, &length);
	if (r < 0)
		return r;
	if (json_object_object_get_ex(object, key, NULL))
		r = lab_fault_set(s->fault, -EEXIST, s->line, "duplicate key \"%.64s\"", key);
	else if (!take(s, ':'))
		r = syntax(s, ":");
	else
		r = read_value(s, depth + 1, &value);
	if (r == 0 && json_object_object_add(object, key, value) < 0) {
		json_object_put(value);
		r = -ENOMEM;
	}
	free(key);
	return r;
}

static int read_object(struct scanner *s, size_t depth, struct json_object *object)
{
	if (take(s, '}'))
		return 0;
	do {
		int r = read_member(s, depth, object);

		if (r < 0)
			return r;
	} while (take(s, ','));
	return take(s, '}') ? 0 : syntax(s, ", or }");
}

static bool is_number(const char *text, bool *is_integer)
{
	size_t n;

	text += *text == '-';
	n = strspn(text, "0123456789");
	if (!n || (n > 1 && *text == '0'))
		return false;
	text += n;
	*is_integer = *text == '\0';
	if (*text == '.') {
		n = strspn(++text, "0123456789");
		if (!n)
			return false;
		text += n;
	}
	if (*text == 'e' || *text == 'E') {
		text += 1 + (text[1] == '-' || text[1] == '+');
		n = strspn(text, "0123456789");
		text += n;
	}
	return n && *text == '\0';
}

static int read_number(struct scanner *s, struct json_object **out)
{
	char text[64] = {0};
	bool is_integer = false;
	size_t n = 0;

	while (s->at + n < s->end && n < sizeof(text) - 1 && s->at[n] &&
	       strchr("+-.eE0123456789", s->at[n])) {
		text[n] = s->at[n];
		n++;
	}
	if (!is_number(text, &is_integer))
		return syntax(s, "a value");
	s->at += n;
	errno = 0;
	if (is_integer)
		*out = json_object_new_int64(strtoll(text, NULL, 10));
	if (!is_integer || errno == ERANGE) {
		json_object_put(*out);
		errno = 0;
		*out = json_object_new_double(strtod(text, NULL));
		if (errno == ERANGE && json_object_get_double(*out) > 1)
			return fail(s, -EINVAL, "a number that is too large");
	}
	return *out ? 0 : -ENOMEM;
}

static int read_word(struct scanner *s, const char *word, struct json_object *value, bool is_null,
		     struct json_object **out)
{
	size_t length = strlen(word);

	*out = value;
	if ((size_t)(s->end - s->at) < length || memcmp(s->at, word, length) != 0)
		return syntax(s, "a value");
	s->at += length;
	return value || is_null ? 0 : -ENOMEM;
}

static int read_text(struct scanner *s, struct json_object **out)
{
	size_t length;
	char *text;
	int r;

	s->at++;
	r = read_string(s, &text, &length);
	if (r < 0)
		return r;
	*out = json_object_new_string_len(text, (int)length);
	free(text);
	return *out ? 0 : -ENOMEM;
}

static int read_container(struct scanner *s, size_t depth, bool is_array, struct json_object **out)
{
	s->at++;
	*out = is_array ? json_object_new_array() : json_object_new_object();
	if (!*out)
		return -ENOMEM;
	return is_array ? read_array(s, depth, *out) : read_object(s, depth, *out);
}

static int dispatch(struct scanner *s, size_t depth, struct json_object **out)
{
	switch (s->at == s->end ? 0 : *s->at) {
	case '{':
	case '[':
		return read_container(s, depth, *s->at == '[', out);
	case '"':
		return read_text(s, out);
	case 't':
		return read_word(s, "true", json_object_new_boolean(1), false, out);
	case 'f':
		return read_word(s, "false", json_object_new_boolean(0), false, out);
	case 'n':
		return read_word(s, "null", NULL, true, out);
	default:
		return read_number(s, out);
	}
}

static int read_value(struct scanner *s, size_t depth, struct json_object **out)
{
	int r;

	*out = NULL;
	skip_space(s);
	if (depth > LAB_MAX_DEPTH)
		return lab_fault_set(s->fault, -E2BIG, s->line, "nested more than %d levels deep",
				     LAB_MAX_DEPTH);
	if (++s->values > LAB_MAX_VALUES)
		return lab_fault_set(s->fault, -E2BIG, s->line, "more than %d values",
				     LAB_MAX_VALUES);
	r = dispatch(s, depth, out);
	if (r < 0) {
		json_object_put(*out);
		*out = NULL;
	}
	return r;
}

int lab_json_parse(const char *text, size_t length, struct json_object **documents,
		   struct lab_fault *fault)
{
	struct scanner s = {.at = text, .end = text + length, .line = 1, .fault = fault};
	int r = 0;

	*documents = json_object_new_array();
	if (!*documents)
		return -ENOMEM;
	for (skip_space(&s); r == 0 && s.at < s.end; skip_space(&s)) {
		struct json_object *value;

		r = read_value(&s, 1, &value);
		if (r == 0 && json_object_array_add(*documents, value) < 0) {
			json_object_put(value);
			r = -ENOMEM;
		}
	}
	if (r < 0) {
		json_object_put(*documents);
		*documents = NULL;
	}
	return r;
}
