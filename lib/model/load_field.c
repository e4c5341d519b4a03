/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "model/load.h"

struct strings *load_strings(const struct load *l)
{
	return l->cluster->strings;
}

struct where load_at(const struct load *l, const struct json *json)
{
	struct where at = l->at;

	at.json = json;
	return at;
}

void load_result(struct load *l, int r)
{
	if (r < 0 && !l->error)
		l->error = r;
}

void load_missing(struct load *l, const struct json *parent, const char *key)
{
	struct where at = load_at(l, parent);

	if (!l->error)
		l->error = where_missing(&at, key);
}

/* `value` if it is of this type. */
static const struct json *of_type(struct load *l, const struct json *value, enum json_type type)
{
	struct where at = load_at(l, value);

	if (!value || l->error)
		return NULL;
	if (value->type == type)
		return value;
	l->error = where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "is %s, not %s",
			       json_type_name(value->type), json_type_name(type));
	return NULL;
}

const struct json *load_object(struct load *l, const struct json *parent, const char *key)
{
	return of_type(l, json_get(parent, key), JSON_OBJECT);
}

const struct json *load_items(struct load *l, const struct json *parent, const char *key)
{
	const struct json *array = of_type(l, json_get(parent, key), JSON_ARRAY);

	return array ? array->first : NULL;
}

const struct json *load_objects(struct load *l, const struct json *parent, const char *key)
{
	const struct json *first = load_items(l, parent, key), *item;

	for (item = first; item && !l->error; item = item->next)
		of_type(l, item, JSON_OBJECT);
	return l->error ? NULL : first;
}

const char *load_item_text(struct load *l, const struct json *item)
{
	struct where at = load_at(l, item);
	const struct json *text = of_type(l, item, JSON_STRING);

	if (!text || !text->length)
		return NULL;
	if (!memchr(text->string, '\0', text->length))
		return text->string;
	l->error = where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "has a NUL in it");
	return NULL;
}

const char *load_text(struct load *l, const struct json *parent, const char *key)
{
	return load_item_text(l, json_get(parent, key));
}

bool load_bool(struct load *l, const struct json *parent, const char *key, bool otherwise)
{
	const struct json *value = of_type(l, json_get(parent, key), JSON_BOOL);

	return value ? value->boolean : otherwise;
}

int64_t load_integer(struct load *l, const struct json *parent, const char *key, int64_t least,
		     int64_t most, int64_t otherwise)
{
	const struct json *value = json_get(parent, key);
	struct where at = load_at(l, value);

	if (value && value->type == JSON_NUMBER && !l->error)
		l->error = where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
				       "%s is not a whole number in %lld..%lld",
				       printable(value->string, value->length).text,
				       (long long)least, (long long)most);
	value = of_type(l, value, JSON_INTEGER);
	if (!value)
		return otherwise;
	load_result(l, check_range(&at, NULL, value->integer, least, most));
	return l->error ? otherwise : value->integer;
}

int load_choice(struct load *l, const struct json *parent, const char *key,
		const char *const *names, int otherwise)
{
	const struct json *value = json_get(parent, key);
	const char *text = load_item_text(l, value);
	struct where at = load_at(l, value);
	char all[128] = "";

	if (!text)
		return otherwise;
	for (int i = 0; names[i]; i++) {
		if (!strcmp(names[i], text))
			return i;
		strncat(all, i ? ", " : "", sizeof(all) - strlen(all) - 1);
		strncat(all, names[i], sizeof(all) - strlen(all) - 1);
	}
	l->error = where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "\"%s\" is none of %s",
			       printable(text, strlen(text)).text, all);
	return otherwise;
}

int load_protocol(struct load *l, const struct json *parent)
{
	static const char *const names[] = {"TCP", "UDP", "SCTP", NULL};
	static const int values[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
				     K8SNET_PROTOCOL_SCTP};

	return values[load_choice(l, parent, "protocol", names, 0)];
}
