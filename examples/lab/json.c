/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Walking JSON objects of hostile origin: nothing here minds NULL or a wrong type. */
#include <string.h>

#include "lab.h"

struct json_object *lab_json_get(struct json_object *object, const char *path)
{
	char key[64];

	while (object && *path) {
		size_t length = strcspn(path, ".");

		if (length >= sizeof(key) || !json_object_is_type(object, json_type_object))
			return NULL;
		memcpy(key, path, length);
		key[length] = '\0';
		if (!json_object_object_get_ex(object, key, &object))
			return NULL;
		path += length + (path[length] == '.');
	}
	return object;
}

const char *lab_json_string(struct json_object *object, const char *path)
{
	struct json_object *value = lab_json_get(object, path);

	return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : "";
}

int64_t lab_json_int(struct json_object *object, const char *path, int64_t fallback)
{
	struct json_object *value = lab_json_get(object, path);

	return json_object_is_type(value, json_type_int) ? json_object_get_int64(value) : fallback;
}

bool lab_json_bool(struct json_object *object, const char *path, bool fallback)
{
	struct json_object *value = lab_json_get(object, path);

	return json_object_is_type(value, json_type_boolean) ? json_object_get_boolean(value)
							     : fallback;
}

const char *lab_json_key(struct json_object *object, const char *path, const char *key)
{
	struct json_object *value = lab_json_get(object, path);

	if (!json_object_is_type(value, json_type_object) ||
	    !json_object_object_get_ex(value, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return "";
	return json_object_get_string(value);
}

size_t lab_json_count(struct json_object *object, const char *path)
{
	struct json_object *value = lab_json_get(object, path);

	return json_object_is_type(value, json_type_array) ? json_object_array_length(value) : 0;
}

struct json_object *lab_json_item(struct json_object *object, const char *path, size_t index)
{
	if (index >= lab_json_count(object, path))
		return NULL;
	return json_object_array_get_idx(lab_json_get(object, path), index);
}

const char *lab_object_namespace(struct json_object *object)
{
	const char *namespace_ = lab_json_string(object, "metadata.namespace");

	return *namespace_ ? namespace_ : "default";
}

const char *lab_object_name(struct json_object *object)
{
	return lab_json_string(object, "metadata.name");
}

bool lab_object_is(struct json_object *object, const char *kind)
{
	return strcmp(lab_json_string(object, "kind"), kind) == 0;
}

struct json_object *lab_objects_next(struct json_object *objects, const char *kind, size_t *at)
{
	struct json_object *object;

	while ((object = lab_json_item(objects, "", (*at)++)))
		if (lab_object_is(object, kind))
			return object;
	return NULL;
}

struct json_object *lab_objects_find(struct json_object *objects, const char *kind,
				     const char *namespace_, const char *name)
{
	struct json_object *object;
	size_t at = 0;

	while ((object = lab_objects_next(objects, kind, &at)))
		if (strcmp(lab_object_name(object), name) == 0 &&
		    strcmp(lab_object_namespace(object), namespace_) == 0)
			return object;
	return NULL;
}
