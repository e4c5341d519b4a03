/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

/*
 * A strict reader of JSON (RFC 8259) for hostile text. It is ours because json-c
 * 0.16 takes the last of two equal keys in silence, and crashes or drops fields
 * when memory is short. No recursion; refused are duplicate keys, invalid UTF-8,
 * NUL in keys, more than JSON_MAX_DEPTH levels, more than JSON_MAX_KEYS keys in
 * one object, more than JSON_MAX_NODES values below one that is built.
 */
#define JSON_MAX_DEPTH 64
#define JSON_MAX_KEYS  65536
#define JSON_MAX_NODES 1048576 /* built for one value: no object of Kubernetes has as many */

enum json_type {
	JSON_NULL,
	JSON_BOOL,
	JSON_INTEGER, /* fits int64_t */
	JSON_NUMBER,  /* any other */
	JSON_STRING,
	JSON_ARRAY,
	JSON_OBJECT,
};

struct json {
	enum json_type type;
	uint32_t index;		   /* among its siblings */
	const char *key;	   /* of a member of an object; NULL in an array */
	struct json *parent;	   /* NULL at the top */
	struct json *next;	   /* sibling */
	struct json *first, *last; /* children of ARRAY and OBJECT */
	bool boolean;
	int64_t integer;
	const char *string; /* of STRING; of NUMBER and INTEGER, as written */
	size_t length;	    /* of the string, which may hold NULs */
	size_t lazy_offset; /* of a lazy ARRAY: where its first item would begin; else 0 */
};

struct json_reader {
	const char *text;
	size_t length, offset;
	/* The array with this key, if any, in an object at the top is checked but
	 * not built; read its items one by one with json_read_item(). */
	const char *lazy;
	/* After an error: where and what. */
	size_t line, column;
	char error[160];
};

/*
 * Read the next value; *out and all below it live in the arena.
 * 1, or 0 at the end of the text, or -EINVAL, -E2BIG, -ENOMEM.
 */
int json_read(struct json_reader *reader, struct arena *arena, struct json **out);
/* The same for the items of an array whose text has been checked before; begin
 * at its lazy_offset. */
int json_read_item(struct json_reader *reader, struct arena *arena, struct json **out);

/* The member of an object; NULL: none, or null, or `object` is NULL or not an object. */
const struct json *json_get(const struct json *object, const char *key);
/* Where a value is, below `root`, e.g. "spec.ports[0].port"; cut at `size`. */
char *json_path(const struct json *value, const char *below, char *buffer, size_t size);
/* "a string", "an object" ... */
const char *json_type_name(enum json_type type);

/* `text` for a message: without control characters, cut off at about 64. */
struct printable {
	char text[72];
};
struct printable printable(const char *text, size_t length);

#endif
