/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What all phases of the control plane use: errors, building JSON, hashes. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane.h"
#include "report.h"

static void describe(const struct cp_doc *doc, char *out, size_t size)
{
	if (doc->name && *doc->name)
		snprintf(out, size, "%.64s %.64s/%.253s", doc->kind_name, doc->namespace_,
			 doc->name);
	else
		snprintf(out, size, "object %lld: %.64s", doc->index, doc->kind_name);
}

int cp_error(struct cp *cp, const struct cp_doc *doc, const char *field, const char *format, ...)
{
	char text[512], who[400];
	va_list arguments;

	cp->failed = true;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	describe(doc, who, sizeof(who));
	if (lab_error(cp->summary, "%s: %s: %s%s%s", doc->file, who, field, *field ? ": " : "",
		      text) == -ENOMEM)
		cp->oom = true;
	return -EINVAL;
}

void cp_warn(struct cp *cp, const struct cp_doc *doc, const char *field, const char *format, ...)
{
	char text[512], who[400];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	describe(doc, who, sizeof(who));
	if (lab_warning(cp->summary, "%s: %s: %s%s%s", doc->file, who, field, *field ? ": " : "",
			text) < 0)
		cp->oom = true;
}

struct json_object *cp_put(struct cp *cp, struct json_object *parent, const char *key,
			   struct json_object *value)
{
	if (parent && value && json_object_object_add(parent, key, value) == 0)
		return value;
	json_object_put(value);
	cp->oom = true;
	return NULL;
}

struct json_object *cp_append(struct cp *cp, struct json_object *array, struct json_object *value)
{
	if (array && value && json_object_array_add(array, value) == 0)
		return value;
	json_object_put(value);
	cp->oom = true;
	return NULL;
}

struct json_object *cp_object(struct cp *cp, struct json_object *parent, const char *key)
{
	return cp_put(cp, parent, key, json_object_new_object());
}

struct json_object *cp_array(struct cp *cp, struct json_object *parent, const char *key)
{
	return cp_put(cp, parent, key, json_object_new_array());
}

void cp_put_string(struct cp *cp, struct json_object *parent, const char *key, const char *text)
{
	cp_put(cp, parent, key, json_object_new_string(text));
}

void cp_put_int(struct cp *cp, struct json_object *parent, const char *key, int64_t number)
{
	cp_put(cp, parent, key, json_object_new_int64(number));
}

void cp_put_bool(struct cp *cp, struct json_object *parent, const char *key, bool value)
{
	cp_put(cp, parent, key, json_object_new_boolean(value));
}

void cp_append_string(struct cp *cp, struct json_object *array, const char *text)
{
	cp_append(cp, array, json_object_new_string(text));
}

struct json_object *cp_copy(struct cp *cp, struct json_object *parent, const char *key,
			    struct json_object *from)
{
	struct json_object *value = lab_json_get(from, key), *copy = NULL;

	if (!value)
		return NULL;
	if (json_object_deep_copy(value, &copy, NULL) < 0) {
		cp->oom = true;
		return NULL;
	}
	return cp_put(cp, parent, key, copy);
}

struct json_object *cp_new(struct cp *cp, struct json_object *array, const char *api_version,
			   const char *kind, const char *namespace_, const char *name)
{
	struct json_object *object = cp_append(cp, array, json_object_new_object());
	struct json_object *metadata;

	cp_put_string(cp, object, "apiVersion", api_version);
	cp_put_string(cp, object, "kind", kind);
	metadata = cp_object(cp, object, "metadata");
	cp_put_string(cp, metadata, "name", name);
	if (namespace_)
		cp_put_string(cp, metadata, "namespace", namespace_);
	return object;
}

/* To an array, or as `key` of an object in it: {"ip": "10.1.1.2"}. */
void cp_put_address(struct cp *cp, struct json_object *array, const char *key,
		    const struct k8snet_address *address)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	k8snet_address_format(address, text, sizeof(text));
	if (key)
		cp_put_string(cp, cp_append(cp, array, json_object_new_object()), key, text);
	else
		cp_append_string(cp, array, text);
}

const char *cp_set_add(struct cp *cp, struct json_object *set, const char *key, const char *value)
{
	struct json_object *before;

	if (set && json_object_object_get_ex(set, key, &before))
		return json_object_get_string(before);
	cp_put_string(cp, set, key, value);
	return NULL;
}

uint64_t cp_hash(uint64_t hash, const char *text)
{
	/* The NUL too, so that "a", "bc" and "ab", "c" differ. */
	do {
		hash ^= (unsigned char)*text;
		hash *= 1099511628211ULL;
	} while (*text++);
	return hash;
}

static uint64_t hash_members(uint64_t hash, struct json_object *object)
{
	uint64_t sum = 0;

	json_object_object_foreach(object, key, member)
	{
		sum += cp_hash_value(cp_hash(CP_HASH_START, key), member);
	}
	return hash ^ sum;
}

static uint64_t hash_scalar(uint64_t hash, struct json_object *value)
{
	char text[32] = "";

	if (json_object_is_type(value, json_type_string))
		return cp_hash(hash, json_object_get_string(value));
	if (json_object_is_type(value, json_type_double))
		snprintf(text, sizeof(text), "%.17g", json_object_get_double(value));
	else
		snprintf(text, sizeof(text), "%lld", (long long)json_object_get_int64(value));
	return cp_hash(hash, text);
}

uint64_t cp_hash_value(uint64_t hash, struct json_object *value)
{
	hash = cp_hash(hash, json_type_to_name(json_object_get_type(value)));
	if (json_object_is_type(value, json_type_object))
		return hash_members(hash, value);
	if (json_object_is_type(value, json_type_array)) {
		for (size_t i = 0; i < lab_json_count(value, ""); i++)
			hash = cp_hash_value(hash, lab_json_item(value, "", i));
		return hash;
	}
	return hash_scalar(hash, value);
}

void cp_hash_text(uint64_t hash, char *out, size_t length)
{
	static const char alphabet[] = "bcdfghjklmnpqrstvwxz2456789";

	/* FNV's low bits are weak for short texts: mix once more. */
	hash ^= hash >> 33;
	hash *= 0xff51afd7ed558ccdULL;
	hash ^= hash >> 33;
	for (size_t i = 0; i < length; i++) {
		out[i] = alphabet[hash % (sizeof(alphabet) - 1)];
		hash /= sizeof(alphabet) - 1;
	}
	out[length] = '\0';
}

size_t cp_families(const struct lab_options *options, int families[2])
{
	size_t count = 0;

	if (options->families & LAB_IPV4)
		families[count++] = 4;
	if (options->families & LAB_IPV6)
		families[count++] = 6;
	return count;
}

const char *cp_family_name(int family)
{
	return family == 6 ? "IPv6" : "IPv4";
}
