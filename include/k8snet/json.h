/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_JSON_H
#define K8SNET_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_ctx;

/*
 * The library's reader of JSON (RFC 8259), for text from outside. It is strict: duplicate
 * keys, invalid UTF-8, NUL in a key, and whatever RFC 8259 does not have, are errors, and
 * each says in which line and column. It does not recurse, and has limits:
 */
#define K8SNET_JSON_MAX_DEPTH 64    /* levels of arrays and objects */
#define K8SNET_JSON_MAX_KEYS  65536 /* in one object */
#define K8SNET_JSON_MAX_VALUES                                            \
	1048576 /* below one value; k8snet_json_document_set_max_values() \
		 */

/* A value. It belongs to a document. */
struct k8snet_json;
/* The memory of values: of those that were read, and of those that a program made. It
 * belongs to one thread at a time. */
struct k8snet_json_document;

enum k8snet_json_type {
	K8SNET_JSON_BOOLEAN = 0,
	K8SNET_JSON_INTEGER = 1, /* fits int64_t */
	K8SNET_JSON_NUMBER = 2,	 /* any other */
	K8SNET_JSON_STRING = 3,
	K8SNET_JSON_ARRAY = 4,
	K8SNET_JSON_OBJECT = 5,
	K8SNET_JSON_NULL = 6,
};

/* --- documents -------------------------------------------------------------- */

/* An empty one. *out is the caller's and holds the context. Errors: -ENOMEM. */
int k8snet_json_document_new(struct k8snet_json_document **out, struct k8snet_ctx *ctx);
struct k8snet_json_document *k8snet_json_document_ref(struct k8snet_json_document *document);
/* Drop a reference; with the last one all values go. Takes NULL. Returns NULL. */
struct k8snet_json_document *k8snet_json_document_unref(struct k8snet_json_document *document);
/* Release all values; the text and the place in it stay. */
void k8snet_json_document_clear(struct k8snet_json_document *document);

/* How many values there may be below one that is read, or in all that are made. Default:
 * K8SNET_JSON_MAX_VALUES. Errors: -EINVAL (0). */
int k8snet_json_document_set_max_values(struct k8snet_json_document *document, size_t values);
size_t k8snet_json_document_get_max_values(const struct k8snet_json_document *document);
/*
 * An array or object under this key of an object at the top is checked as all others, but
 * no values are made of what is in it: it counts 0 items, and k8snet_json_get_span() says
 * where it is. NULL, the default: none. The string is copied. Errors: -ENOMEM.
 */
int k8snet_json_document_set_lazy(struct k8snet_json_document *document, const char *key);
const char *k8snet_json_document_get_lazy(const struct k8snet_json_document *document);

/*
 * Text to read from; it is borrowed until the last read, and as long as
 * k8snet_json_get_span() is asked. It needs no NUL at its end.
 */
void k8snet_json_document_set_text(struct k8snet_json_document *document, const char *text,
				   size_t length);
/*
 * Read the next of several values, one after another. 1, or 0 at the end of the text; *out
 * is borrowed until k8snet_json_document_clear(). What follows the value is not looked at.
 * Errors, in the context with line and column: -EINVAL (not JSON, a duplicate key), -E2BIG
 * (a limit), -ENOMEM.
 */
int k8snet_json_document_read(struct k8snet_json_document *document,
			      const struct k8snet_json **out);
/* Text that has one value and nothing else. 0, or the same errors. */
int k8snet_json_document_parse(struct k8snet_json_document *document, const char *text,
			       size_t length, const struct k8snet_json **out);
/* Where the text is wrong, from 1; 0 if the last read was right. A column is a byte. */
size_t k8snet_json_document_get_line(const struct k8snet_json_document *document);
size_t k8snet_json_document_get_column(const struct k8snet_json_document *document);
/* And what is wrong there: "duplicate key "a""; "" if the last read was right. Borrowed. */
const char *k8snet_json_document_get_error(const struct k8snet_json_document *document);

/* --- values: all of these take NULL, as if nothing were there ------------------ */

/* NULL counts as K8SNET_JSON_NULL. */
enum k8snet_json_type k8snet_json_get_type(const struct k8snet_json *value);
/* The member `key` of an object; NULL: none, or null, or not an object. */
const struct k8snet_json *k8snet_json_get(const struct k8snet_json *object, const char *key);
/* The same; if there is no such key, one that differs in the case of ASCII letters: so it is
 * in Go, and what Go's programs send relies on it. */
const struct k8snet_json *k8snet_json_get_any_case(const struct k8snet_json *object,
						   const char *key);
/* The item of an array, from 0; NULL: none, or null, or not an array. Takes as long as the
 * index is large: walk with k8snet_json_next(). */
const struct k8snet_json *k8snet_json_get_item(const struct k8snet_json *array, size_t index);
/* The value at a path, "spec.ports[0].port"; for a key that has a "." or a "[" take
 * k8snet_json_get(). NULL: none, or null, or not a path. */
const struct k8snet_json *k8snet_json_find(const struct k8snet_json *value, const char *path);
/* The item of an array or member of an object after `prev`, the first for NULL; NULL at the
 * end, and if `parent` is neither. In order of the text. */
const struct k8snet_json *k8snet_json_next(const struct k8snet_json *parent,
					   const struct k8snet_json *prev);
/* How many items or members. */
size_t k8snet_json_count(const struct k8snet_json *value);
/* The key of a member of an object; NULL for anything else. */
const char *k8snet_json_get_key(const struct k8snet_json *value);
/* NULL if it is not a string, or one with a NUL in it. */
const char *k8snet_json_get_string(const struct k8snet_json *value);
/* Any string; `length` is without the NUL at its end. NULL, and 0: not a string. */
const char *k8snet_json_get_bytes(const struct k8snet_json *value, size_t *length);
/* 0 if it is not an integer; false if it is not a boolean. */
int64_t k8snet_json_get_integer(const struct k8snet_json *value);
bool k8snet_json_get_boolean(const struct k8snet_json *value);
/* An integer or a number as it is written; NULL if it is neither. */
const char *k8snet_json_get_number(const struct k8snet_json *value);
/*
 * Where a value was read: *text is in the text that was given, with the quotes or brackets.
 * Errors: -ENOENT (NULL, or made by a program); then nothing is stored.
 */
int k8snet_json_get_span(const struct k8snet_json *value, const char **text, size_t *length);
/* Its JSON, in one line. *out is the caller's, to be released with free().
 * Errors: -ENOMEM. */
int k8snet_json_print(const struct k8snet_json *value, char **out);

/* --- making values ------------------------------------------------------------ */

/*
 * Make a value at the end of `parent`, an array or object made in the same document: with
 * its key in an object, and NULL as the key in an array. With NULL as the parent it stands
 * for itself. Strings are copied. `out` may be NULL; *out is borrowed from the document.
 * Errors, after which all is as before: -EEXIST (the object has this key), -EINVAL (a
 * parent that was read or is neither, a key where none belongs, or none where one does, no
 * UTF-8, not a number of JSON), -E2BIG (depth, values), -ENOMEM.
 */
int k8snet_json_add_object(struct k8snet_json_document *document, struct k8snet_json *parent,
			   const char *key, struct k8snet_json **out);
int k8snet_json_add_array(struct k8snet_json_document *document, struct k8snet_json *parent,
			  const char *key, struct k8snet_json **out);
int k8snet_json_add_string(struct k8snet_json_document *document, struct k8snet_json *parent,
			   const char *key, const char *text, size_t length,
			   struct k8snet_json **out);
int k8snet_json_add_integer(struct k8snet_json_document *document, struct k8snet_json *parent,
			    const char *key, int64_t value, struct k8snet_json **out);
/* A number as JSON writes it, "1.5e3". */
int k8snet_json_add_number(struct k8snet_json_document *document, struct k8snet_json *parent,
			   const char *key, const char *number, struct k8snet_json **out);
int k8snet_json_add_boolean(struct k8snet_json_document *document, struct k8snet_json *parent,
			    const char *key, bool value, struct k8snet_json **out);
int k8snet_json_add_null(struct k8snet_json_document *document, struct k8snet_json *parent,
			 const char *key, struct k8snet_json **out);
/* A copy of a value of any document, with all below it. NULL is null. */
int k8snet_json_add_copy(struct k8snet_json_document *document, struct k8snet_json *parent,
			 const char *key, const struct k8snet_json *value,
			 struct k8snet_json **out);

#ifdef __cplusplus
}
#endif

#endif
