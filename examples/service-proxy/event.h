/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_EVENT_H
#define PROXY_EVENT_H

#include <stdbool.h>
#include <stddef.h>

#include <k8snet/json.h>

enum event_type {
	EVENT_ADDED,
	EVENT_MODIFIED,
	EVENT_DELETED,
	EVENT_BOOKMARK,
	EVENT_ERROR,
	EVENT_N_TYPES,
};

extern const char *const event_type_names[EVENT_N_TYPES];

/* An event of a watch: {"type":"ADDED","object":{...}}. */
struct event {
	enum event_type type;
	const struct k8snet_json *object; /* of the document */
};

/* NULL, or what is wrong with the line. Values that were read before are gone. */
const char *event_parse(struct event *out, struct k8snet_json_document *document, const char *line,
			size_t length);
/* Whether a bookmark says that all objects that were there have been told of. */
bool event_ends_initial(const struct event *event);

#endif
