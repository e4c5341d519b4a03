/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event.h"

#include "util.h"

const char *const event_type_names[EVENT_N_TYPES] = {
	"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR",
};

static bool find_type(struct json_span text, enum event_type *out)
{
	for (size_t i = 0; i < EVENT_N_TYPES; i++)
		if (json_is_string(text, event_type_names[i])) {
			*out = (enum event_type)i;
			return true;
		}
	return false;
}

const char *event_parse(struct event *out, const char *line, size_t length)
{
	struct json_span rest = json_span(line, length), envelope, type, more;

	if (!json_next_value(&rest, &envelope) || envelope.text[0] != '{')
		return "is not a JSON object, or one that does not end";
	if (json_next_value(&rest, &more) || rest.length)
		return "has more than one JSON object";
	type = json_get(envelope, "type");
	if (!type.length)
		return "type: is missing";
	if (!find_type(type, &out->type))
		return "type: is not one of ADDED MODIFIED DELETED BOOKMARK ERROR";
	out->object = json_get(envelope, "object");
	if (!out->object.length)
		return "object: is missing";
	if (out->object.text[0] != '{')
		return "object: is not an object";
	return NULL;
}

bool event_ends_initial(const struct event *event)
{
	struct json_span metadata = json_get(event->object, "metadata");
	struct json_span annotations = json_get(metadata, "annotations");

	return event->type == EVENT_BOOKMARK &&
	       json_is_string(json_get(annotations, "k8s.io/initial-events-end"), "true");
}
