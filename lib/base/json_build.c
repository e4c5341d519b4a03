/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values that are made, not read. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/json_document.h"
#include "base/json_string.h"

/* A value that was made; in an object it is found by its key. */
struct made {
	struct json json;
	struct hash_node by_key;
};

static int bad_value(struct k8snet_json_document *document, int code, const char *key,
		     const char *what)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_NONE,
		.id = code == -E2BIG	? K8SNET_MSG_LIMIT
		      : code == -EEXIST ? K8SNET_MSG_DUPLICATE
					: K8SNET_MSG_BAD_ARGUMENT,
		.operation = key,
	};

	return ctx_error(document->ctx, code, &at, "%s", what);
}

static bool is_utf8(const char *text, size_t length)
{
	for (size_t i = 0, n; i < length; i += n) {
		n = utf8_sequence(text + i, length - i);
		if (!n)
			return false;
	}
	return true;
}

static uint64_t hash_member(const struct hash *h, const struct json *object, const char *key)
{
	return hash_bytes(h, &object, sizeof(object)) * 31 + hash_bytes(h, key, strlen(key));
}

static bool has_member(const struct k8snet_json_document *document, const struct json *object,
		       const char *key, uint64_t hash)
{
	const struct hash_node *node = hash_find(&document->by_key, hash);

	for (; node; node = hash_find_next(node)) {
		const struct made *made = container_of(node, struct made, by_key);

		if (made->json.parent == object && !strcmp(made->json.key, key))
			return true;
	}
	return false;
}

static size_t depth_of(const struct json *value)
{
	size_t depth = 0;

	for (; value; value = value->parent)
		depth++;
	return depth;
}

static int check_place(struct k8snet_json_document *document, const struct json *parent,
		       const char *key, enum json_type type)
{
	bool is_container = type == JSON_ARRAY || type == JSON_OBJECT;

	if (parent &&
	    (parent->source || (parent->type != JSON_ARRAY && parent->type != JSON_OBJECT)))
		return bad_value(document, -EINVAL, key,
				 "the parent is no array or object that was made");
	if ((parent && parent->type == JSON_OBJECT) != (key != NULL))
		return bad_value(document, -EINVAL, key,
				 key ? "a key outside an object" : "no key in an object");
	if (key && !is_utf8(key, strlen(key)))
		return bad_value(document, -EINVAL, NULL, "a key that is not UTF-8");
	if (document->n_made >= document->max_values)
		return bad_value(document, -E2BIG, key, "more values than the document may have");
	if (is_container && depth_of(parent) >= JSON_MAX_DEPTH)
		return bad_value(document, -E2BIG, key, "nested too deep");
	if (key && parent->last && parent->last->index + 1 >= JSON_MAX_KEYS)
		return bad_value(document, -E2BIG, key, "too many keys in one object");
	return 0;
}

/* A node that is not linked into the parent yet. */
static int make_node(struct k8snet_json_document *document, struct json *parent, const char *key,
		     enum json_type type, struct made **out)
{
	struct made *made;
	int r = check_place(document, parent, key, type);

	if (r < 0)
		return r;
	if (key && has_member(document, parent, key, hash_member(&document->by_key, parent, key)))
		return bad_value(document, -EEXIST, key, "the object has this key");
	made = arena_alloc(&document->arena, sizeof(*made));
	if (!made)
		return ctx_no_memory(document->ctx);
	made->json.type = type;
	made->json.parent = parent; /* for the depth of what comes below */
	if (key && !(made->json.key = arena_strdup(&document->arena, key)))
		return ctx_no_memory(document->ctx);
	*out = made;
	return 0;
}

static int link_node(struct k8snet_json_document *document, struct made *made)
{
	struct json *parent = made->json.parent;
	uint64_t hash;

	if (made->json.key) {
		hash = hash_member(&document->by_key, parent, made->json.key);
		if (hash_insert(&document->by_key, &made->by_key, hash) < 0)
			return ctx_no_memory(document->ctx);
	}
	if (parent)
		json_link(parent, &made->json);
	return 0;
}

static int add_value(struct k8snet_json_document *document, struct k8snet_json *parent,
		     const char *key, const struct json *value, struct k8snet_json **out)
{
	struct made *made;
	int r = make_node(document, json_of(parent), key, value->type, &made);

	if (r < 0)
		return r;
	made->json.boolean = value->boolean;
	made->json.integer = value->integer;
	made->json.length = value->length;
	if (value->string) {
		char *copy = arena_alloc(&document->arena, value->length + 1);

		if (!copy)
			return ctx_no_memory(document->ctx);
		made->json.string = memcpy(copy, value->string, value->length);
	}
	r = link_node(document, made);
	if (r < 0)
		return r;
	document->n_made++;
	if (out)
		*out = json_public(&made->json);
	return 0;
}

K8SNET_EXPORT int k8snet_json_add_object(struct k8snet_json_document *document,
					 struct k8snet_json *parent, const char *key,
					 struct k8snet_json **out)
{
	const struct json value = {.type = JSON_OBJECT};

	return add_value(document, parent, key, &value, out);
}

K8SNET_EXPORT int k8snet_json_add_array(struct k8snet_json_document *document,
					struct k8snet_json *parent, const char *key,
					struct k8snet_json **out)
{
	const struct json value = {.type = JSON_ARRAY};

	return add_value(document, parent, key, &value, out);
}

K8SNET_EXPORT int k8snet_json_add_string(struct k8snet_json_document *document,
					 struct k8snet_json *parent, const char *key,
					 const char *text, size_t length, struct k8snet_json **out)
{
	const struct json value = {.type = JSON_STRING, .string = text, .length = length};

	if (!is_utf8(text, length))
		return bad_value(document, -EINVAL, key, "a string that is not UTF-8");
	return add_value(document, parent, key, &value, out);
}

K8SNET_EXPORT int k8snet_json_add_integer(struct k8snet_json_document *document,
					  struct k8snet_json *parent, const char *key,
					  int64_t value, struct k8snet_json **out)
{
	struct json integer = {.type = JSON_INTEGER, .integer = value};
	char text[24];

	integer.string = text;
	integer.length = (size_t)snprintf(text, sizeof(text), "%" PRId64, value);
	return add_value(document, parent, key, &integer, out);
}

K8SNET_EXPORT int k8snet_json_add_number(struct k8snet_json_document *document,
					 struct k8snet_json *parent, const char *key,
					 const char *number, struct k8snet_json **out)
{
	struct json value = {.type = JSON_NUMBER, .string = number, .length = strlen(number)};
	bool is_integer = false;

	if (!value.length || json_scan_number(number, value.length, &is_integer) != value.length)
		return bad_value(document, -EINVAL, key, "not a number of JSON");
	errno = 0;
	if (is_integer)
		value.integer = strtoll(number, NULL, 10);
	if (is_integer && !errno)
		value.type = JSON_INTEGER;
	else
		value.integer = 0;
	return add_value(document, parent, key, &value, out);
}

K8SNET_EXPORT int k8snet_json_add_boolean(struct k8snet_json_document *document,
					  struct k8snet_json *parent, const char *key, bool value,
					  struct k8snet_json **out)
{
	const struct json boolean = {.type = JSON_BOOL, .boolean = value};

	return add_value(document, parent, key, &boolean, out);
}

K8SNET_EXPORT int k8snet_json_add_null(struct k8snet_json_document *document,
				       struct k8snet_json *parent, const char *key,
				       struct k8snet_json **out)
{
	const struct json value = {.type = JSON_NULL};

	return add_value(document, parent, key, &value, out);
}

/* Not deeper than either side may be. */
static int copy_children(struct k8snet_json_document *document, struct json *parent,
			 const struct json *value)
{
	int r = 0;

	for (const struct json *child = value->first; child && r == 0; child = child->next) {
		struct k8snet_json *copy;

		r = add_value(document, json_public(parent), child->key, child, &copy);
		if (r == 0)
			r = copy_children(document, json_of(copy), child);
	}
	return r;
}

K8SNET_EXPORT int k8snet_json_add_copy(struct k8snet_json_document *document,
				       struct k8snet_json *parent, const char *key,
				       const struct k8snet_json *value, struct k8snet_json **out)
{
	static const struct json null = {.type = JSON_NULL};
	const struct json *json = value ? json_of(value) : &null;
	size_t n_made = document->n_made;
	struct made *made;
	int r;

	if (json->type != JSON_ARRAY && json->type != JSON_OBJECT)
		return add_value(document, parent, key, json, out);
	/* Linked last: before, nobody can see it. */
	r = make_node(document, json_of(parent), key, json->type, &made);
	document->n_made += r == 0;
	if (r == 0)
		r = copy_children(document, &made->json, json);
	if (r == 0)
		r = link_node(document, made);
	if (r < 0)
		document->n_made = n_made;
	else if (out)
		*out = json_public(&made->json);
	return r;
}
