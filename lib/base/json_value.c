/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asking a value: members, items, paths, what it is and where it was read. */
#include "base/json.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* null is as good as nothing there. */
static const struct json *unless_null(const struct json *value)
{
	return value && value->type != JSON_NULL ? value : NULL;
}

static const struct json *find_key(const struct json *object, const char *key, size_t length)
{
	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->first; member; member = member->next)
		if (!strncmp(member->key, key, length) && !member->key[length])
			return member;
	return NULL;
}

const struct json *json_get(const struct json *object, const char *key)
{
	return unless_null(find_key(object, key, strlen(key)));
}

const struct json *json_get_any_case(const struct json *object, const char *key, size_t length)
{
	const struct json *found = find_key(object, key, length);

	if (found || !object || object->type != JSON_OBJECT)
		return unless_null(found);
	for (const struct json *member = object->first; member; member = member->next)
		if (!strncasecmp(member->key, key, length) && !member->key[length])
			return unless_null(member);
	return NULL;
}

/* "[12]" at *path, which is moved behind it. */
static int parse_index(const char **path, unsigned long *index)
{
	char *end;

	if ((*path)[1] < '0' || (*path)[1] > '9')
		return -EINVAL;
	errno = 0;
	*index = strtoul(*path + 1, &end, 10);
	if (errno || *end != ']')
		return -EINVAL;
	*path = end + 1;
	return 0;
}

static const struct json *find_item(const struct json *array, unsigned long index)
{
	const struct json *item = array && array->type == JSON_ARRAY ? array->first : NULL;

	while (item && item->index < index)
		item = item->next;
	return unless_null(item);
}

int json_find(const struct json *parent, const char *path, bool any_case, const struct json **out)
{
	const char *begin = path;

	while (*path) {
		size_t length = strcspn(path, ".[");
		unsigned long index;

		if (length) {
			parent = any_case ? json_get_any_case(parent, path, length)
					  : unless_null(find_key(parent, path, length));
			path += length;
		} else if (*path == '[') {
			if (parse_index(&path, &index) < 0)
				return -EINVAL;
			parent = find_item(parent, index);
		} else {
			return -EINVAL;
		}
		if (*path == '.' && (!path[1] || path[1] == '[' || path == begin))
			return -EINVAL;
		path += *path == '.';
	}
	*out = parent;
	return 0;
}

/* --- public ---------------------------------------------------------------------- */

K8SNET_EXPORT enum k8snet_json_type k8snet_json_get_type(const struct k8snet_json *value)
{
	static const enum k8snet_json_type types[] = {
		[JSON_NULL] = K8SNET_JSON_NULL,	      [JSON_BOOL] = K8SNET_JSON_BOOLEAN,
		[JSON_INTEGER] = K8SNET_JSON_INTEGER, [JSON_NUMBER] = K8SNET_JSON_NUMBER,
		[JSON_STRING] = K8SNET_JSON_STRING,   [JSON_ARRAY] = K8SNET_JSON_ARRAY,
		[JSON_OBJECT] = K8SNET_JSON_OBJECT,
	};

	return value ? types[json_of(value)->type] : K8SNET_JSON_NULL;
}

K8SNET_EXPORT const struct k8snet_json *k8snet_json_get(const struct k8snet_json *object,
							const char *key)
{
	return json_public(json_get(json_of(object), key));
}

K8SNET_EXPORT const struct k8snet_json *k8snet_json_get_any_case(const struct k8snet_json *object,
								 const char *key)
{
	return json_public(json_get_any_case(json_of(object), key, strlen(key)));
}

K8SNET_EXPORT const struct k8snet_json *k8snet_json_get_item(const struct k8snet_json *array,
							     size_t index)
{
	return json_public(find_item(json_of(array), index));
}

K8SNET_EXPORT const struct k8snet_json *k8snet_json_find(const struct k8snet_json *value,
							 const char *path)
{
	const struct json *found;

	return json_find(json_of(value), path, false, &found) < 0 ? NULL : json_public(found);
}

K8SNET_EXPORT const struct k8snet_json *k8snet_json_next(const struct k8snet_json *parent,
							 const struct k8snet_json *prev)
{
	if (prev)
		return json_public(json_of(prev)->next);
	return parent ? json_public(json_of(parent)->first) : NULL;
}

K8SNET_EXPORT size_t k8snet_json_count(const struct k8snet_json *value)
{
	const struct json *last = value ? json_of(value)->last : NULL;

	return last ? (size_t)last->index + 1 : 0;
}

K8SNET_EXPORT const char *k8snet_json_get_key(const struct k8snet_json *value)
{
	return value ? json_of(value)->key : NULL;
}

K8SNET_EXPORT const char *k8snet_json_get_bytes(const struct k8snet_json *value, size_t *length)
{
	const struct json *json = json_of(value);

	if (!json || json->type != JSON_STRING) {
		*length = 0;
		return NULL;
	}
	*length = json->length;
	return json->string;
}

K8SNET_EXPORT const char *k8snet_json_get_string(const struct k8snet_json *value)
{
	size_t length;
	const char *text = k8snet_json_get_bytes(value, &length);

	return text && strlen(text) == length ? text : NULL;
}

K8SNET_EXPORT int64_t k8snet_json_get_integer(const struct k8snet_json *value)
{
	const struct json *json = json_of(value);

	return json && json->type == JSON_INTEGER ? json->integer : 0;
}

K8SNET_EXPORT bool k8snet_json_get_boolean(const struct k8snet_json *value)
{
	const struct json *json = json_of(value);

	return json && json->type == JSON_BOOL && json->boolean;
}

K8SNET_EXPORT const char *k8snet_json_get_number(const struct k8snet_json *value)
{
	const struct json *json = json_of(value);

	return json && (json->type == JSON_INTEGER || json->type == JSON_NUMBER) ? json->string
										 : NULL;
}

K8SNET_EXPORT int k8snet_json_get_span(const struct k8snet_json *value, const char **text,
				       size_t *length)
{
	const struct json *json = json_of(value);

	if (!json || !json->source)
		return -ENOENT;
	*text = json->source;
	*length = json->source_length;
	return 0;
}

K8SNET_EXPORT int k8snet_json_print(const struct k8snet_json *value, char **out)
{
	_cleanup_strbuf_ struct strbuf text = {0};

	if (value)
		json_print(json_of(value), &text);
	else
		strbuf_add(&text, "null");
	return strbuf_finish(&text, out);
}
