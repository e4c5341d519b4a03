/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Strict validation, as kubectl --validate=strict has it: kinds and versions that are served,
 * fields that there are, types that they have. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api_fields.h"
#include "check_fields.h"
#include "report.h"

struct checking {
	struct lab_summary *summary;
	const char *who; /* "FILE: object 3: Service web" */
	int result;
};

/* How an object is called in messages, behind what is around it. */
struct place {
	const struct place *outer;
	const char *name;
	size_t index; /* SIZE_MAX: none */
};

static void print_place(const struct place *place, char *out, size_t size)
{
	size_t used;

	*out = '\0';
	if (place->outer)
		print_place(place->outer, out, size);
	used = strlen(out);
	snprintf(out + used, size - used, "%s%.80s", used ? "." : "", place->name);
	used = strlen(out);
	if (place->index != SIZE_MAX)
		snprintf(out + used, size - used, "[%zu]", place->index);
}

static void complain(struct checking *c, const struct place *place, const char *text)
{
	char field[512];

	print_place(place, field, sizeof(field));
	c->result = lab_error(c->summary, "%s: %s: %s", c->who, field, text);
}

static bool is_of_scalar(struct json_object *value, enum api_scalar scalar)
{
	switch (scalar) {
	case API_ANY:
		return true;
	case API_STRING:
		return json_object_is_type(value, json_type_string);
	case API_INTEGER:
		return json_object_is_type(value, json_type_int);
	case API_NUMBER:
		return json_object_is_type(value, json_type_int) ||
		       json_object_is_type(value, json_type_double);
	case API_BOOLEAN:
		return json_object_is_type(value, json_type_boolean);
	case API_INT_OR_STRING:
		return json_object_is_type(value, json_type_int) ||
		       json_object_is_type(value, json_type_string);
	case API_QUANTITY:
		return is_of_scalar(value, API_NUMBER) || is_of_scalar(value, API_STRING);
	case API_OBJECT:
		return json_object_is_type(value, json_type_object);
	}
	return true;
}

static const char *const wanted[] = {
	[API_ANY] = "",
	[API_STRING] = "is not a string",
	[API_INTEGER] = "is not an integer",
	[API_NUMBER] = "is not a number",
	[API_BOOLEAN] = "is not true or false",
	[API_INT_OR_STRING] = "is neither an integer nor a string",
	[API_QUANTITY] = "is not a quantity",
	[API_OBJECT] = "is not an object",
};

static void check_object(struct checking *c, const struct place *outer, struct json_object *object,
			 unsigned short type);

/* What is null is as if it was not there. */
static void check_one(struct checking *c, const struct place *place, struct json_object *value,
		      const struct api_field *field)
{
	if (!value)
		return;
	if (!is_of_scalar(value, field->scalar))
		complain(c, place, wanted[field->scalar]);
	else if (field->scalar == API_OBJECT)
		check_object(c, place, value, field->type);
}

static void check_list(struct checking *c, const struct place *place, struct json_object *list,
		       const struct api_field *field)
{
	struct place item = *place;

	if (!json_object_is_type(list, json_type_array)) {
		complain(c, place, "is not an array");
		return;
	}
	for (item.index = 0; item.index < json_object_array_length(list); item.index++)
		check_one(c, &item, json_object_array_get_idx(list, item.index), field);
}

static void check_map(struct checking *c, const struct place *place, struct json_object *map,
		      const struct api_field *field)
{
	if (!json_object_is_type(map, json_type_object)) {
		complain(c, place, wanted[API_OBJECT]);
		return;
	}
	json_object_object_foreach(map, name, value)
	{
		const struct place inner = {.outer = place, .name = name, .index = SIZE_MAX};

		check_one(c, &inner, value, field);
	}
}

static int compare_names(const void *name, const void *field)
{
	return strcmp(name, ((const struct api_field *)field)->name);
}

static void check_field(struct checking *c, const struct place *place, struct json_object *value,
			unsigned short type)
{
	const struct api_field *field =
		bsearch(place->name, api_fields + api_types[type],
			api_types[type + 1] - api_types[type], sizeof(*api_fields), compare_names);

	if (!field)
		complain(c, place, "unknown field");
	else if (!value)
		return;
	else if (field->count == API_LIST)
		check_list(c, place, value, field);
	else if (field->count == API_MAP)
		check_map(c, place, value, field);
	else
		check_one(c, place, value, field);
}

static void check_object(struct checking *c, const struct place *outer, struct json_object *object,
			 unsigned short type)
{
	json_object_object_foreach(object, name, value)
	{
		const struct place place = {.outer = outer, .name = name, .index = SIZE_MAX};

		check_field(c, &place, value, type);
	}
}

/* --- kinds --------------------------------------------------------------------------------- */

static bool is_group(const char *group, const char *api_version)
{
	const char *slash = strchr(api_version, '/');
	size_t length = slash ? (size_t)(slash - api_version) : 0;

	return strlen(group) == length && strncmp(group, api_version, length) == 0;
}

static const char *get_version(const char *api_version)
{
	const char *slash = strchr(api_version, '/');

	return slash ? slash + 1 : api_version;
}

/* The best of those with that kind: of the same version, of the same group, any. */
static const struct api_kind *find_kind(const char *api_version, const char *kind)
{
	const struct api_kind *found = NULL;
	bool is_same_group;
	size_t i;

	for (i = 0; i < api_n_kinds; i++) {
		if (strcmp(api_kinds[i].kind, kind) != 0)
			continue;
		is_same_group = is_group(api_kinds[i].group, api_version);
		if (is_same_group && !strcmp(api_kinds[i].version, get_version(api_version)))
			return &api_kinds[i];
		if (!found || (is_same_group && !is_group(found->group, api_version)))
			found = &api_kinds[i];
	}
	return found;
}

/* Also one that was served once: others are custom resources, whose fields nobody here knows. */
static bool is_known_group(const char *api_version)
{
	size_t i;

	for (i = 0; i < api_n_kinds; i++)
		if (is_group(api_kinds[i].group, api_version))
			return true;
	return is_group("extensions", api_version);
}

static void complain_of_kind(struct checking *c, const char *api_version, const char *kind,
			     const struct api_kind *found)
{
	if (found)
		c->result = lab_error(c->summary,
				      "%s: apiVersion: %.80s is not served by Kubernetes %s: "
				      "%s is in %s%s%s",
				      c->who, api_version, api_release, kind, found->group,
				      *found->group ? "/" : "", found->version);
	else
		c->result = lab_error(c->summary, "%s: kind: there is no %.80s in %.80s", c->who,
				      kind, api_version);
}

int lab_check_fields(struct lab_summary *summary, const char *who, struct json_object *object)
{
	const char *api_version = lab_json_string(object, "apiVersion");
	const char *kind = lab_json_string(object, "kind");
	const struct api_kind *found = find_kind(api_version, kind);
	struct checking c = {.summary = summary, .who = who};

	if (!is_known_group(api_version))
		return 0;
	if (found && is_group(found->group, api_version) &&
	    !strcmp(found->version, get_version(api_version)))
		check_object(&c, NULL, object, found->type);
	else
		complain_of_kind(&c, api_version, kind, found);
	return c.result;
}
