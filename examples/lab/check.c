/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fields of hostile objects: types, ranges, words. */
#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane.h"

const char *const cp_protocols[] = {"TCP", "UDP", "SCTP", NULL};

static bool is_lower(char c)
{
	return c >= 'a' && c <= 'z';
}

static bool is_alnum(char c)
{
	return is_lower(c) || (c >= '0' && c <= '9');
}

/* A label of RFC 1123 in the first `length` bytes. */
static bool is_label_n(const char *text, size_t length)
{
	if (!length || length > 63 || !is_alnum(text[0]) || !is_alnum(text[length - 1]))
		return false;
	for (size_t i = 0; i < length; i++)
		if (!is_alnum(text[i]) && text[i] != '-')
			return false;
	return true;
}

bool cp_is_label(const char *text)
{
	return is_label_n(text, strlen(text));
}

bool cp_is_subdomain(const char *text)
{
	if (strlen(text) > 253)
		return false;
	for (;;) {
		size_t length = strcspn(text, ".");

		if (!is_label_n(text, length))
			return false;
		if (!text[length])
			return true;
		text += length + 1;
	}
}

bool cp_is_port_name(const char *text)
{
	bool has_letter = false;

	if (strlen(text) > 15 || !cp_is_label(text) || strstr(text, "--"))
		return false;
	for (; *text; text++)
		has_letter |= is_lower(*text);
	return has_letter;
}

void cp_at_root(struct cp_at *at, struct cp *cp, const struct cp_doc *doc)
{
	*at = (struct cp_at){.cp = cp, .doc = doc, .object = doc->object};
}

/* Cut off if it is too long: it is for messages. */
static void join(char *out, size_t size, const char *path, const char *key)
{
	int n = snprintf(out, size, "%s%s%s", path, *path && *key ? "." : "", key);

	if (n < 0)
		out[0] = '\0';
}

int cp_at_error(const struct cp_at *at, const char *key, const char *format, ...)
{
	char field[sizeof(at->path) + 64], text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	join(field, sizeof(field), at->path, key);
	return cp_error(at->cp, at->doc, field, "%s", text);
}

/* 1: there is one of this type; 0: none. */
static int member(const struct cp_at *at, const char *key, enum cp_need need, json_type type,
		  const char *type_name, struct json_object **out)
{
	*out = NULL;
	if (at->object)
		json_object_object_get_ex(at->object, key, out);
	if (!*out)
		return need == CP_REQUIRED ? cp_at_error(at, key, "missing") : 0;
	if (!json_object_is_type(*out, type))
		return cp_at_error(at, key, "is not %s", type_name);
	return 1;
}

int cp_at_child(const struct cp_at *at, const char *key, enum cp_need need, struct cp_at *child)
{
	int r;

	*child = (struct cp_at){.cp = at->cp, .doc = at->doc};
	join(child->path, sizeof(child->path), at->path, key);
	r = member(at, key, need, json_type_object, "an object", &child->object);
	return r < 0 ? r : 0;
}

int cp_at_item(const struct cp_at *at, const char *key, size_t index, struct cp_at *child)
{
	char name[64];

	*child = (struct cp_at){.cp = at->cp, .doc = at->doc};
	snprintf(name, sizeof(name), "%s[%zu]", key, index);
	join(child->path, sizeof(child->path), at->path, name);
	child->object = lab_json_item(at->object, key, index);
	if (!json_object_is_type(child->object, json_type_object))
		return cp_at_error(child, "", "is not an object");
	return 0;
}

int cp_check_array(const struct cp_at *at, const char *key, enum cp_need need, size_t *count)
{
	struct json_object *array;
	int r = member(at, key, need, json_type_array, "an array", &array);

	*count = r == 1 ? json_object_array_length(array) : 0;
	return r < 0 ? r : 0;
}

int cp_check_string(const struct cp_at *at, const char *key, enum cp_need need, const char **out)
{
	struct json_object *value;
	int r = member(at, key, need, json_type_string, "a string", &value);

	*out = r == 1 ? json_object_get_string(value) : "";
	if (r == 1 && need == CP_REQUIRED && !**out)
		return cp_at_error(at, key, "is empty");
	return r < 0 ? r : 0;
}

int cp_check_int(const struct cp_at *at, const char *key, enum cp_need need, int64_t low,
		 int64_t high, int64_t *out)
{
	struct json_object *value;
	int64_t number;
	int r = member(at, key, need, json_type_int, "an integer", &value);

	if (r != 1)
		return r;
	number = json_object_get_int64(value);
	if (number < low || number > high)
		return cp_at_error(at, key, "%lld is not in %lld..%lld", (long long)number,
				   (long long)low, (long long)high);
	*out = number;
	return 0;
}

int cp_check_bool(const struct cp_at *at, const char *key)
{
	struct json_object *value;
	int r = member(at, key, CP_OPTIONAL, json_type_boolean, "true or false", &value);

	return r < 0 ? r : 0;
}

int cp_check_word(const struct cp_at *at, const char *key, enum cp_need need,
		  const char *const *words, const char **out)
{
	const char *text;
	int r = cp_check_string(at, key, need, &text);

	if (r < 0 || !*text)
		return r;
	for (; *words; words++)
		if (strcmp(text, *words) == 0) {
			*out = *words;
			return 0;
		}
	return cp_at_error(at, key, "\"%.40s\" is not known", text);
}

int cp_check_strings(const struct cp_at *at, const char *key)
{
	struct json_object *object;
	int r = member(at, key, CP_OPTIONAL, json_type_object, "an object", &object);

	if (r != 1)
		return r;
	json_object_object_foreach(object, name, value)
	{
		char field[128];

		snprintf(field, sizeof(field), "%s.%.80s", key, name);
		if (!json_object_is_type(value, json_type_string))
			return cp_at_error(at, field, "is not a string");
	}
	return 0;
}

int cp_check_addresses(const struct cp_at *at, const char *key)
{
	size_t count;
	int r = cp_check_array(at, key, CP_OPTIONAL, &count);

	for (size_t i = 0; r == 0 && i < count; i++) {
		const char *text = lab_json_string(lab_json_item(at->object, key, i), "");
		struct k8snet_address address;
		char field[64];

		snprintf(field, sizeof(field), "%s[%zu]", key, i);
		if (k8snet_address_parse(&address, text) < 0)
			r = cp_at_error(at, field, "\"%.64s\" is not an IP address", text);
		else if (!cp_is_usable(&address))
			r = cp_at_error(at, field, "%.64s cannot be used", text);
	}
	return r;
}

bool cp_is_usable(const struct k8snet_address *address)
{
	static const char *const networks[] = {"0.0.0.0/8",   "127.0.0.0/8", "169.254.0.0/16",
					       "224.0.0.0/3", "::/127",	     "fe80::/10",
					       "ff00::/8",    NULL};

	for (size_t i = 0; networks[i]; i++) {
		struct k8snet_prefix network;

		if (k8snet_prefix_parse(&network, networks[i]) < 0 ||
		    k8snet_prefix_has_address(&network, address))
			return false;
	}
	return true;
}

const char *cp_protocol_of(struct json_object *port)
{
	const char *protocol = lab_json_string(port, "protocol");

	return *protocol ? protocol : "TCP";
}
