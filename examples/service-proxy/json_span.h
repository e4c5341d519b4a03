/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_JSON_SPAN_H
#define PROXY_JSON_SPAN_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Finding one's way in JSON without parsing it: where a value begins and ends. What
 * is found is a part of the text, which the library then reads with all its checks;
 * here brackets and quotes are counted and nothing else.
 */
struct json_span {
	const char *text;
	size_t length; /* 0: there is no value */
};

static inline struct json_span json_span(const char *text, size_t length)
{
	return (struct json_span){.text = text, .length = length};
}

/* Take the next of several values, one after another, off the front of *rest.
 * False at the end, or if the value does not end. */
bool json_next_value(struct json_span *rest, struct json_span *value);
/* What is in an object or array; nothing if `value` is not one. */
struct json_span json_members(struct json_span object);
struct json_span json_items(struct json_span array);
/* Take the next one off the front. */
bool json_next_member(struct json_span *members, struct json_span *key, struct json_span *value);
bool json_next_item(struct json_span *items, struct json_span *value);

/* The value of an object's key. */
struct json_span json_get(struct json_span object, const char *key);
/* Whether it is this string. One that is written with escapes is not found. */
bool json_is_string(struct json_span value, const char *string);
/* Copy a string; false if it is none, is written with escapes, or does not fit. */
bool json_copy_string(struct json_span value, char *buffer, size_t size);

#endif
