/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "json_span.h"

#include <string.h>

static void skip(struct json_span *rest, size_t length)
{
	rest->text += length;
	rest->length -= length;
}

static void skip_space(struct json_span *rest)
{
	while (rest->length && strchr(" \t\r\n", rest->text[0]) && rest->text[0])
		skip(rest, 1);
}

/* The length of a string with its quotes; 0: it does not end. */
static size_t string_length(const char *text, size_t length)
{
	for (size_t i = 1; i < length; i++) {
		if (text[i] == '\\')
			i++;
		else if (text[i] == '"')
			return i + 1;
	}
	return 0;
}

/* Of an object or array, with its brackets; 0: it does not end. */
static size_t nested_length(const char *text, size_t length)
{
	size_t depth = 0, i, n;

	for (i = 0; i < length; i++) {
		switch (text[i]) {
		case '"':
			n = string_length(text + i, length - i);
			if (!n)
				return 0;
			i += n - 1;
			break;
		case '{':
		case '[':
			depth++;
			break;
		case '}':
		case ']':
			if (--depth == 0)
				return i + 1;
			break;
		}
	}
	return 0;
}

/* Of a number or word. */
static size_t scalar_length(const char *text, size_t length)
{
	size_t i = 0;

	while (i < length && text[i] && !strchr(" \t\r\n,:{}[]\"", text[i]))
		i++;
	return i;
}

bool json_next_value(struct json_span *rest, struct json_span *value)
{
	skip_space(rest);
	if (!rest->length)
		return false;
	value->text = rest->text;
	switch (rest->text[0]) {
	case '"':
		value->length = string_length(rest->text, rest->length);
		break;
	case '{':
	case '[':
		value->length = nested_length(rest->text, rest->length);
		break;
	default:
		value->length = scalar_length(rest->text, rest->length);
	}
	skip(rest, value->length);
	return value->length > 0;
}

static struct json_span open_brackets(struct json_span value, char bracket)
{
	if (value.length < 2 || value.text[0] != bracket)
		return json_span(value.text, 0);
	return json_span(value.text + 1, value.length - 2);
}

struct json_span json_members(struct json_span object)
{
	return open_brackets(object, '{');
}

struct json_span json_items(struct json_span array)
{
	return open_brackets(array, '[');
}

static bool take_char(struct json_span *rest, char c)
{
	skip_space(rest);
	if (!rest->length || rest->text[0] != c)
		return false;
	skip(rest, 1);
	return true;
}

bool json_next_item(struct json_span *items, struct json_span *value)
{
	if (!json_next_value(items, value))
		return false;
	take_char(items, ',');
	return true;
}

bool json_next_member(struct json_span *members, struct json_span *key, struct json_span *value)
{
	if (!json_next_value(members, key) || !take_char(members, ':'))
		return false;
	return json_next_item(members, value);
}

struct json_span json_get(struct json_span object, const char *key)
{
	struct json_span members = json_members(object), name, value;

	while (json_next_member(&members, &name, &value))
		if (json_is_string(name, key))
			return value;
	return json_span(NULL, 0);
}

bool json_is_string(struct json_span value, const char *string)
{
	size_t length = strlen(string);

	return value.length == length + 2 && value.text[0] == '"' &&
	       memcmp(value.text + 1, string, length) == 0;
}

bool json_copy_string(struct json_span value, char *buffer, size_t size)
{
	size_t length = value.length - 2;

	if (value.length < 2 || value.text[0] != '"' || length >= size ||
	    memchr(value.text, '\\', value.length) || memchr(value.text, '\0', value.length))
		return false;
	memcpy(buffer, value.text + 1, length);
	buffer[length] = '\0';
	return true;
}
