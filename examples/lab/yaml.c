/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* YAML events to JSON objects. */
#include <errno.h>
#include <stdarg.h>
#include <string.h>

#include <yaml.h>

#include "reader.h"

struct composer {
	yaml_parser_t parser;
	struct json_object *anchors; /* of the document: name -> value */
	size_t values;
	struct lab_fault *fault;
};

int lab_fault_set(struct lab_fault *fault, int code, size_t line, const char *format, ...)
{
	va_list arguments;

	fault->line = line;
	va_start(arguments, format);
	vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	return code;
}

static int next_event(struct composer *c, yaml_event_t *event)
{
	yaml_parser_t *p = &c->parser;

	if (yaml_parser_parse(p, event))
		return 0;
	if (p->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	return lab_fault_set(c->fault, -EINVAL, p->problem_mark.line + 1, "not YAML: %s%s%s",
			     p->problem ? p->problem : "error", p->context ? ", " : "",
			     p->context ? p->context : "");
}

static int count_value(struct composer *c, const yaml_event_t *event, size_t depth)
{
	size_t line = event->start_mark.line + 1;

	if (++c->values > LAB_MAX_VALUES)
		return lab_fault_set(c->fault, -E2BIG, line, "more than %d values", LAB_MAX_VALUES);
	if (depth > LAB_MAX_DEPTH)
		return lab_fault_set(c->fault, -E2BIG, line, "nested more than %d levels deep",
				     LAB_MAX_DEPTH);
	return 0;
}

static bool has_tag(const yaml_event_t *event, const char *tag)
{
	const char *given = (const char *)event->data.scalar.tag;

	return given && strcmp(given, tag) == 0;
}

static int compose_scalar(struct composer *c, const yaml_event_t *event, struct json_object **out)
{
	const char *text = (const char *)event->data.scalar.value;
	size_t length = event->data.scalar.length, line = event->start_mark.line + 1;
	int r;

	if (memchr(text, '\0', length))
		return lab_fault_set(c->fault, -EINVAL, line, "a NUL character in a string");
	if (event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE || has_tag(event, YAML_STR_TAG)) {
		*out = json_object_new_string_len(text, (int)length);
		return *out ? 0 : -ENOMEM;
	}
	r = lab_yaml_resolve(text, length, out);
	if (r == -EINVAL)
		return lab_fault_set(c->fault, r, line, "%.20s is not a number of JSON", text);
	return r;
}

/* Counts the values below `value`, and gives up where the limit is passed. */
static int measure(struct composer *c, struct json_object *value, const yaml_event_t *event,
		   size_t depth)
{
	int r = count_value(c, event, depth);

	if (r < 0)
		return r;
	for (size_t i = 0; i < lab_json_count(value, ""); i++) {
		r = measure(c, lab_json_item(value, "", i), event, depth + 1);
		if (r < 0)
			return r;
	}
	if (!json_object_is_type(value, json_type_object))
		return 0;
	json_object_object_foreach(value, key, member)
	{
		(void)key;
		r = measure(c, member, event, depth + 1);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compose_alias(struct composer *c, const yaml_event_t *event, size_t depth,
			 struct json_object **out)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct json_object *value;
	int r;

	if (!json_object_object_get_ex(c->anchors, name, &value))
		return lab_fault_set(c->fault, -EINVAL, event->start_mark.line + 1,
				     "unknown anchor %.64s", name);
	r = measure(c, value, event, depth);
	if (r < 0 || !value)
		return r;
	return json_object_deep_copy(value, out, NULL) < 0 ? -ENOMEM : 0;
}

static int keep_anchor(struct composer *c, const yaml_char_t *anchor, struct json_object *value)
{
	if (!anchor)
		return 0;
	if (json_object_object_add(c->anchors, (const char *)anchor, json_object_get(value)) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

static int compose(struct composer *c, const yaml_event_t *event, size_t depth,
		   struct json_object **out);

static int compose_sequence(struct composer *c, size_t depth, struct json_object **out)
{
	struct json_object *array = json_object_new_array();
	int r = array ? 0 : -ENOMEM;

	while (r == 0) {
		struct json_object *item = NULL;
		yaml_event_t event;

		r = next_event(c, &event);
		if (r < 0)
			break;
		if (event.type == YAML_SEQUENCE_END_EVENT) {
			yaml_event_delete(&event);
			*out = array;
			return 0;
		}
		r = compose(c, &event, depth + 1, &item);
		yaml_event_delete(&event);
		if (r == 0 && json_object_array_add(array, item) < 0) {
			json_object_put(item);
			r = -ENOMEM;
		}
	}
	json_object_put(array);
	return r;
}

static int add_member(struct composer *c, struct json_object *object, const char *key, size_t line,
		      struct json_object *value)
{
	if (json_object_object_get_ex(object, key, NULL)) {
		json_object_put(value);
		return lab_fault_set(c->fault, -EEXIST, line, "duplicate key \"%.64s\"", key);
	}
	if (json_object_object_add(object, key, value) == 0)
		return 0;
	json_object_put(value);
	return -ENOMEM;
}

/* "<<": members that the mapping itself lacks come from the other one. */
static int merge(struct composer *c, struct json_object *object, struct json_object *other,
		 size_t line)
{
	if (json_object_is_type(other, json_type_array)) {
		int r = 0;

		for (size_t i = 0; r == 0 && i < lab_json_count(other, ""); i++)
			r = json_object_is_type(lab_json_item(other, "", i), json_type_array)
				    ? lab_fault_set(c->fault, -EINVAL, line, "bad merge key")
				    : merge(c, object, lab_json_item(other, "", i), line);
		return r;
	}
	if (!json_object_is_type(other, json_type_object))
		return lab_fault_set(c->fault, -EINVAL, line, "<< takes a mapping");
	json_object_object_foreach(other, key, value)
	{
		if (json_object_object_get_ex(object, key, NULL))
			continue;
		if (json_object_object_add(object, key, json_object_get(value)) < 0) {
			json_object_put(value);
			return -ENOMEM;
		}
	}
	return 0;
}

static const char *key_text(struct json_object *key, char *buffer, size_t size)
{
	switch (json_object_get_type(key)) {
	case json_type_string:
		return json_object_get_string(key);
	case json_type_boolean:
		return json_object_get_boolean(key) ? "true" : "false";
	case json_type_double:
		snprintf(buffer, size, "%g", json_object_get_double(key));
		return buffer;
	default:
		snprintf(buffer, size, "%lld", (long long)json_object_get_int64(key));
		return buffer;
	}
}

/* Keys of JSON are strings: numbers become their text, yes becomes true. */
static int compose_key(struct composer *c, const yaml_event_t *event, struct json_object **key)
{
	size_t line = event->start_mark.line + 1;
	int r;

	*key = NULL;
	if (event->type == YAML_ALIAS_EVENT)
		r = compose_alias(c, event, 0, key);
	else if (event->type == YAML_SCALAR_EVENT)
		r = compose_scalar(c, event, key);
	else
		return lab_fault_set(c->fault, -EINVAL, line, "a key that is not a scalar");
	if (r == 0 && (!*key || json_object_is_type(*key, json_type_object) ||
		       json_object_is_type(*key, json_type_array))) {
		json_object_put(*key);
		*key = NULL;
		return lab_fault_set(c->fault, -EINVAL, line, "a key that is not a string");
	}
	return r == 0 && event->type == YAML_SCALAR_EVENT
		       ? keep_anchor(c, event->data.scalar.anchor, *key)
		       : r;
}

static bool is_merge_key(const yaml_event_t *event)
{
	return event->type == YAML_SCALAR_EVENT &&
	       event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
	       strcmp((const char *)event->data.scalar.value, "<<") == 0;
}

static int compose_member(struct composer *c, const yaml_event_t *event, size_t depth,
			  struct json_object *object, struct json_object *merges)
{
	size_t line = event->start_mark.line + 1;
	struct json_object *key, *value = NULL;
	yaml_event_t value_event;
	char text[32];
	int r = compose_key(c, event, &key);

	if (r == 0)
		r = next_event(c, &value_event);
	if (r == 0) {
		r = compose(c, &value_event, depth + 1, &value);
		yaml_event_delete(&value_event);
	}
	if (r == 0 && is_merge_key(event)) {
		r = json_object_array_add(merges, value) < 0 ? -ENOMEM : 0;
		if (r < 0)
			json_object_put(value);
	} else if (r == 0) {
		r = add_member(c, object, key_text(key, text, sizeof(text)), line, value);
	}
	json_object_put(key);
	return r;
}

static int compose_members(struct composer *c, size_t depth, struct json_object *object,
			   struct json_object *merges)
{
	yaml_event_t event;

	for (;;) {
		int r = next_event(c, &event);
		size_t line;

		if (r < 0)
			return r;
		line = event.start_mark.line + 1;
		if (event.type == YAML_MAPPING_END_EVENT) {
			yaml_event_delete(&event);
			return json_object_array_length(merges) ? merge(c, object, merges, line)
								: 0;
		}
		r = compose_member(c, &event, depth, object, merges);
		yaml_event_delete(&event);
		if (r < 0)
			return r;
	}
}

static int compose_mapping(struct composer *c, size_t depth, struct json_object **out)
{
	struct json_object *object = json_object_new_object();
	struct json_object *merges = json_object_new_array();
	int r = -ENOMEM;

	if (object && merges)
		r = compose_members(c, depth, object, merges);
	json_object_put(merges);
	if (r == 0)
		*out = object;
	else
		json_object_put(object);
	return r;
}

static int compose(struct composer *c, const yaml_event_t *event, size_t depth,
		   struct json_object **out)
{
	const yaml_char_t *anchor = NULL;
	int r;

	*out = NULL;
	if (event->type == YAML_ALIAS_EVENT)
		return compose_alias(c, event, depth, out);
	r = count_value(c, event, depth);
	if (r < 0)
		return r;
	if (event->type == YAML_SCALAR_EVENT) {
		anchor = event->data.scalar.anchor;
		r = compose_scalar(c, event, out);
	} else if (event->type == YAML_SEQUENCE_START_EVENT) {
		anchor = event->data.sequence_start.anchor;
		r = compose_sequence(c, depth, out);
	} else {
		anchor = event->data.mapping_start.anchor;
		r = compose_mapping(c, depth, out);
	}
	if (r == 0)
		r = keep_anchor(c, anchor, *out);
	if (r < 0) {
		json_object_put(*out);
		*out = NULL;
	}
	return r;
}

static int compose_document(struct composer *c, struct json_object *documents)
{
	struct json_object *value = NULL;
	yaml_event_t event;
	int r;

	json_object_put(c->anchors);
	c->anchors = json_object_new_object();
	if (!c->anchors)
		return -ENOMEM;
	r = next_event(c, &event);
	if (r < 0)
		return r;
	r = compose(c, &event, 1, &value);
	yaml_event_delete(&event);
	if (r == 0 && json_object_array_add(documents, value) < 0) {
		json_object_put(value);
		r = -ENOMEM;
	}
	return r;
}

static int compose_stream(struct composer *c, struct json_object *documents)
{
	for (;;) {
		yaml_event_type_t type;
		yaml_event_t event;
		int r = next_event(c, &event);

		if (r < 0)
			return r;
		type = event.type;
		yaml_event_delete(&event);
		if (type == YAML_STREAM_END_EVENT || type == YAML_NO_EVENT)
			return 0;
		if (type == YAML_DOCUMENT_START_EVENT)
			r = compose_document(c, documents);
		if (r < 0)
			return r;
	}
}

int lab_yaml_parse(const char *text, size_t length, struct json_object **documents,
		   struct lab_fault *fault)
{
	struct composer c = {.fault = fault};
	int r = -ENOMEM;

	*documents = json_object_new_array();
	if (!*documents)
		return -ENOMEM;
	if (yaml_parser_initialize(&c.parser)) {
		yaml_parser_set_input_string(&c.parser, (const unsigned char *)text, length);
		r = compose_stream(&c, *documents);
		yaml_parser_delete(&c.parser);
	}
	json_object_put(c.anchors);
	if (r < 0) {
		json_object_put(*documents);
		*documents = NULL;
	}
	return r;
}
