/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "event.h"

#include <string.h>

#include "util.h"

const char *const event_type_names[EVENT_N_TYPES] = {
	"ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR",
};

static bool find_type(const char *text, enum event_type *out)
{
	for (size_t i = 0; i < EVENT_N_TYPES; i++)
		if (strcmp(text, event_type_names[i]) == 0) {
			*out = (enum event_type)i;
			return true;
		}
	return false;
}

const char *event_parse(struct event *out, struct k8snet_json_document *document, const char *line,
			size_t length)
{
	const struct k8snet_json *envelope, *type, *object;

	k8snet_json_document_clear(document);
	if (k8snet_json_document_parse(document, line, length, &envelope) < 0)
		return k8snet_json_document_get_error(document);
	if (k8snet_json_get_type(envelope) != K8SNET_JSON_OBJECT)
		return "is not a JSON object";
	type = k8snet_json_get(envelope, "type");
	if (!type)
		return "type: is missing";
	if (!k8snet_json_get_string(type) || !find_type(k8snet_json_get_string(type), &out->type))
		return "type: is not one of ADDED MODIFIED DELETED BOOKMARK ERROR";
	object = k8snet_json_get(envelope, "object");
	if (!object)
		return "object: is missing";
	if (k8snet_json_get_type(object) != K8SNET_JSON_OBJECT)
		return "object: is not an object";
	out->object = object;
	return NULL;
}

bool event_ends_initial(const struct event *event)
{
	const struct k8snet_json *annotations =
		k8snet_json_find(event->object, "metadata.annotations");
	const char *ends =
		k8snet_json_get_string(k8snet_json_get(annotations, "k8s.io/initial-events-end"));

	return event->type == EVENT_BOOKMARK && ends && strcmp(ends, "true") == 0;
}
