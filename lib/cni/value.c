/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cni/value.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/strbuf.h"

/* Go, in which runtimes and most plugins are written, takes keys in either case, and
 * containerd relies on it: it sends "HostPort". The key as it is goes first. */
static const struct json *find_member(const struct json *object, const char *key, size_t length)
{
	const struct json *found = NULL;

	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->first; member; member = member->next) {
		if (strncasecmp(member->key, key, length) || member->key[length])
			continue;
		if (!strncmp(member->key, key, length)) {
			found = member;
			break;
		}
		found = found ? found : member;
	}
	return found && found->type != JSON_NULL ? found : NULL;
}

K8SNET_EXPORT const struct k8snet_cni_value *
k8snet_cni_value_get(const struct k8snet_cni_value *object, const char *key)
{
	return cni_value(find_member(cni_value_json(object), key, strlen(key)));
}

K8SNET_EXPORT const struct k8snet_cni_value *
k8snet_cni_value_next(const struct k8snet_cni_value *parent, const struct k8snet_cni_value *prev)
{
	if (prev)
		return cni_value(cni_value_json(prev)->next);
	return parent ? cni_value(cni_value_json(parent)->first) : NULL;
}

K8SNET_EXPORT size_t k8snet_cni_value_count(const struct k8snet_cni_value *value)
{
	const struct json *last = value ? cni_value_json(value)->last : NULL;

	return last ? (size_t)last->index + 1 : 0;
}

K8SNET_EXPORT enum k8snet_cni_value_type
k8snet_cni_value_get_type(const struct k8snet_cni_value *value)
{
	static const enum k8snet_cni_value_type types[] = {
		[JSON_NULL] = K8SNET_CNI_VALUE_NULL,	   [JSON_BOOL] = K8SNET_CNI_VALUE_BOOLEAN,
		[JSON_INTEGER] = K8SNET_CNI_VALUE_INTEGER, [JSON_NUMBER] = K8SNET_CNI_VALUE_NUMBER,
		[JSON_STRING] = K8SNET_CNI_VALUE_STRING,   [JSON_ARRAY] = K8SNET_CNI_VALUE_ARRAY,
		[JSON_OBJECT] = K8SNET_CNI_VALUE_OBJECT,
	};

	return value ? types[cni_value_json(value)->type] : K8SNET_CNI_VALUE_NULL;
}

K8SNET_EXPORT const char *k8snet_cni_value_get_key(const struct k8snet_cni_value *value)
{
	return value ? cni_value_json(value)->key : NULL;
}

K8SNET_EXPORT const char *k8snet_cni_value_get_string(const struct k8snet_cni_value *value)
{
	const struct json *json = cni_value_json(value);

	if (!json || json->type != JSON_STRING || strlen(json->string) != json->length)
		return NULL;
	return json->string;
}

K8SNET_EXPORT int64_t k8snet_cni_value_get_integer(const struct k8snet_cni_value *value)
{
	const struct json *json = cni_value_json(value);

	return json && json->type == JSON_INTEGER ? json->integer : 0;
}

K8SNET_EXPORT bool k8snet_cni_value_get_boolean(const struct k8snet_cni_value *value)
{
	const struct json *json = cni_value_json(value);

	return json && json->type == JSON_BOOL && json->boolean;
}

/* --- paths ------------------------------------------------------------------------ */

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
	return item && item->type != JSON_NULL ? item : NULL;
}

int cni_value_find(const struct json *parent, const char *path, const struct json **out)
{
	const char *begin = path;

	while (*path) {
		size_t length = strcspn(path, ".[");
		unsigned long index;

		if (length) {
			parent = find_member(parent, path, length);
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

/* --- printing --------------------------------------------------------------------- */

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
static void print_value(const struct json *value, struct strbuf *out)
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
		print_value(child, out);
	}
	strbuf_add_n(out, ends + 1, 1);
}

K8SNET_EXPORT int k8snet_cni_value_print(const struct k8snet_cni_value *value, char **out)
{
	_cleanup_strbuf_ struct strbuf text = {0};

	if (value)
		print_value(cni_value_json(value), &text);
	else
		strbuf_add(&text, "null");
	return strbuf_finish(&text, out);
}
