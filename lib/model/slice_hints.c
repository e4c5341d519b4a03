/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* For which nodes and zones an endpoint is. */
#include <errno.h>
#include <string.h>

#include "model/slice.h"
#include "model/spec.h"

#define MAX_HINTS 2048 /* bytes; 8 names of nodes, as the API has it, fit */

/* One name of a list; NULL at the end. */
static const char *next_hint(const char **list, char name[MAX_HINTS])
{
	size_t length;

	if (!*list)
		return NULL;
	length = strcspn(*list, ",");
	memcpy(name, *list, length);
	name[length] = '\0';
	*list = (*list)[length] ? *list + length + 1 : NULL;
	return name;
}

static int check_hints(const struct where *at, const char *field, const char *hints,
		       check_fn *check)
{
	char buffer[MAX_HINTS];
	const char *name;
	int r = 0;

	if (hints && strlen(hints) >= MAX_HINTS)
		return where_error(at, -E2BIG, K8SNET_MSG_LIMIT, field, "more than %d bytes",
				   MAX_HINTS - 1);
	while (r == 0 && (name = next_hint(&hints, buffer))) {
		if (!*name)
			return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, field,
					   "has an empty name");
		r = check_text(at, field, name, check);
	}
	return r;
}

bool hints_have(const char *hints, const char *name)
{
	size_t length = strlen(name);

	while (hints) {
		if (!strncmp(hints, name, length) && (!hints[length] || hints[length] == ','))
			return true;
		hints = strchr(hints, ',');
		hints += hints != NULL;
	}
	return false;
}

int slice_spec_set_hints(const struct where *at, struct endpoint *endpoint, struct strings *strings,
			 const char *nodes, const char *zones)
{
	const char *node_copy, *zone_copy;
	bool differs;
	int r;

	r = check_hints(at, "nodes", nodes, check_dns_subdomain);
	if (r == 0)
		r = check_hints(at, "zones", zones, check_label_value);
	if (r < 0)
		return r;
	if (strings_get(strings, nodes, &node_copy) < 0)
		return where_no_memory(at);
	if (strings_get(strings, zones, &zone_copy) < 0) {
		string_unref(strings, node_copy);
		return where_no_memory(at);
	}
	differs = node_copy != endpoint->node_hints || zone_copy != endpoint->zone_hints;
	string_move(strings, &endpoint->node_hints, &node_copy);
	string_move(strings, &endpoint->zone_hints, &zone_copy);
	return differs;
}

static int set_hints(const struct where *at, struct k8snet_endpointslice *slice, const char *text,
		     const char *nodes, const char *zones)
{
	struct endpoint *endpoint;
	int r;

	r = slice_spec_get(at, &slice->spec, text, &endpoint);
	return r < 0 ? r : slice_spec_set_hints(at, endpoint, slice->object.strings, nodes, zones);
}

K8SNET_EXPORT int k8snet_endpointslice_set_endpoint_hints(struct k8snet_endpointslice *slice,
							  const char *address, const char *nodes,
							  const char *zones)
{
	struct where at;
	int r;

	r = object_edit(&slice->object, "address", &at);
	if (r == 0)
		r = set_hints(&at, slice, address, nodes && *nodes ? nodes : NULL,
			      zones && *zones ? zones : NULL);
	return object_edited(&slice->object, r);
}

K8SNET_EXPORT const char *
k8snet_endpointslice_get_endpoint_node_hints(const struct k8snet_endpointslice *slice, size_t index)
{
	return index < slice->spec.endpoints.count ? slice->spec.endpoints.items[index].node_hints
						   : NULL;
}

K8SNET_EXPORT const char *
k8snet_endpointslice_get_endpoint_zone_hints(const struct k8snet_endpointslice *slice, size_t index)
{
	return index < slice->spec.endpoints.count ? slice->spec.endpoints.items[index].zone_hints
						   : NULL;
}
