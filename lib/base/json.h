/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_JSON_H
#define BASE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/json.h>

#include "base/arena.h"
#include "base/strbuf.h"

/*
 * A strict reader of JSON (RFC 8259) for hostile text. It is ours because json-c
 * 0.16 takes the last of two equal keys in silence, and crashes or drops fields
 * when memory is short. No recursion; refused are duplicate keys, invalid UTF-8,
 * NUL in keys, more than JSON_MAX_DEPTH levels, more than JSON_MAX_KEYS keys in
 * one object, more than JSON_MAX_NODES values below one that is built.
 */
#define JSON_MAX_DEPTH K8SNET_JSON_MAX_DEPTH
#define JSON_MAX_KEYS  K8SNET_JSON_MAX_KEYS
#define JSON_MAX_NODES K8SNET_JSON_MAX_VALUES /* no object of Kubernetes has as many */

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
	const char *source; /* where it was read; NULL: it was made */
	size_t source_length;
	size_t lazy_offset; /* of a lazy container: where its first item would begin; else 0 */
};

struct json_reader {
	const char *text;
	size_t length, offset;
	/* The array or object with this key, if any, in an object at the top is checked
	 * but not built; read an array's items one by one with json_read_item(). */
	const char *lazy;
	size_t max_nodes; /* 0: JSON_MAX_NODES */
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

/* Whether nothing but white space is left; the reader stops before anything else. */
bool json_is_at_end(struct json_reader *reader);
/* Fill in line and column of a place in the text. */
void json_place(struct json_reader *reader, size_t offset);

/* The member of an object; NULL: none, or null, or `object` is NULL or not an object. */
const struct json *json_get(const struct json *object, const char *key);
/* The member `key`, of `length` bytes, in any case of ASCII letters; that with the key as it
 * is goes first. NULL as json_get(). */
const struct json *json_get_any_case(const struct json *object, const char *key, size_t length);
/* The value at `path` below `parent`, keys in any case if so wanted; NULL: none, or null.
 * 0 or -EINVAL: not a path. */
int json_find(const struct json *parent, const char *path, bool any_case, const struct json **out);
/* One line of JSON. */
void json_print(const struct json *value, struct strbuf *out);
/* Link `node` at the end of a container. */
void json_link(struct json *parent, struct json *node);
/* The length of the number at the start of `text`; 0: none. */
size_t json_scan_number(const char *text, size_t left, bool *is_integer);
/* Where a value is, below `root`, e.g. "spec.ports[0].port"; cut at `size`. */
char *json_path(const struct json *value, const char *below, char *buffer, size_t size);
/* The same below a value that need not be the document's; NULL: the document's. */
char *json_path_from(const struct json *root, const struct json *value, const char *below,
		     char *buffer, size_t size);
/* "a string", "an object" ... */
const char *json_type_name(enum json_type type);

/* The public interface's values are these under another name. */
static inline struct json *json_of(const struct k8snet_json *value)
{
	return (struct json *)value;
}

static inline struct k8snet_json *json_public(const struct json *value)
{
	return (struct k8snet_json *)value;
}

/* `text` for a message: without control characters, cut off at about 64. */
struct printable {
	char text[72];
};
struct printable printable(const char *text, size_t length);

#endif
