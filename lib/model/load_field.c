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
	if (r >= 0 || l->error)
		return;
	if (r == -ENOMEM)
		l->is_over = true;
	if (r == -ENOMEM || !l->is_named)
		l->error = r;
	else
		l->is_bad = true;
}

void load_missing(struct load *l, const struct json *parent, const char *key)
{
	struct where at = load_at(l, parent);

	if (!l->error)
		load_result(l, where_missing(&at, key));
}

void load_refuse(struct load *l, const struct json *parent, const char *key)
{
	const struct json *value = json_get(parent, key);
	struct where at = load_at(l, value);

	if (l->error)
		return;
	l->is_named = false;
	if (!value || (value->type == JSON_ARRAY && !value->first))
		load_missing(l, parent, key);
	else
		load_result(l, where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
					   "has nothing that can be used"));
}

/* `value` if it is of this type. */
static const struct json *of_type(struct load *l, const struct json *value, enum json_type type)
{
	struct where at = load_at(l, value);

	if (!value || l->error)
		return NULL;
	if (value->type == type)
		return value;
	load_result(l, where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "is %s, not %s",
				   json_type_name(value->type), json_type_name(type)));
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

/* The first from `item` on that is an object. */
static const struct json *next_object(struct load *l, const struct json *item)
{
	while (item && !l->error && !of_type(l, item, JSON_OBJECT))
		item = item->next;
	return l->error ? NULL : item;
}

const struct json *load_objects(struct load *l, const struct json *parent, const char *key)
{
	return next_object(l, load_items(l, parent, key));
}

const struct json *load_next_object(struct load *l, const struct json *item)
{
	return next_object(l, item->next);
}

const char *load_item_text(struct load *l, const struct json *item)
{
	struct where at = load_at(l, item);
	const struct json *text = of_type(l, item, JSON_STRING);

	if (!text || !text->length)
		return NULL;
	if (!memchr(text->string, '\0', text->length))
		return text->string;
	load_result(l, where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "has a NUL in it"));
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
	int r;

	if (value && value->type == JSON_NUMBER && !l->error) {
		load_result(l, where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
					   "%s is not a whole number in %lld..%lld",
					   printable(value->string, value->length).text,
					   (long long)least, (long long)most));
		return otherwise;
	}
	value = of_type(l, value, JSON_INTEGER);
	if (!value)
		return otherwise;
	r = check_range(&at, NULL, value->integer, least, most);
	load_result(l, r);
	return r < 0 ? otherwise : value->integer;
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
	load_result(l, where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "\"%s\" is none of %s",
				   printable(text, strlen(text)).text, all));
	return otherwise;
}

int load_protocol(struct load *l, const struct json *parent)
{
	static const char *const names[] = {"TCP", "UDP", "SCTP", NULL};
	static const int values[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
				     K8SNET_PROTOCOL_SCTP};

	return values[load_choice(l, parent, "protocol", names, 0)];
}
