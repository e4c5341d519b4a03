/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much an endpoint of a slice gets. */
#include <errno.h>
#include <string.h>

#include "model/slice.h"
#include "model/spec.h"

#define WHITE_SPACE " \t\r\n"
#define MAX_WEIGHT  256
#define MAX_TEXT    (256 << 10) /* as of all annotations of an object */
#define MAX_ENTRY   64		/* an address, "=", a weight, and no more than some white space */

/* Cut off white space at both ends. */
static char *trim(char *text)
{
	size_t length;

	text += strspn(text, WHITE_SPACE);
	length = strlen(text);
	while (length && strchr(WHITE_SPACE, text[length - 1]))
		length--;
	text[length] = '\0';
	return text;
}

/* -1: is none. */
static int parse_weight(const char *text)
{
	int weight = 0;

	if (!*text || strlen(text) > 3 || text[strspn(text, "0123456789")])
		return -1;
	for (; *text; text++)
		weight = weight * 10 + (*text - '0');
	return weight <= MAX_WEIGHT ? weight : -1;
}

static int bad_entry(const struct where *at, const char *entry, size_t length)
{
	return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
			   "\"%s\" is not address=weight, with a weight in 0..%d",
			   printable(entry, length).text, MAX_WEIGHT);
}

/* One entry; `seen` has a bit for each endpoint. */
static int add_weight(const struct where *at, struct slice_spec *spec, const char *entry,
		      size_t length, uint8_t seen[])
{
	char copy[MAX_ENTRY], *equals;
	struct k8snet_address address;
	struct endpoint *endpoint;
	size_t index;
	int weight, r;

	if (length >= sizeof(copy))
		return bad_entry(at, entry, length);
	memcpy(copy, entry, length);
	copy[length] = '\0';
	equals = strchr(copy, '=');
	weight = equals ? parse_weight(trim(equals + 1)) : -1;
	if (weight < 0)
		return bad_entry(at, entry, length);
	*equals = '\0';
	r = check_address(at, trim(copy), 0, &address);
	if (r < 0)
		return r;
	endpoint = slice_spec_find(spec, &address);
	if (!endpoint)
		return 0; /* has left before its weight did */
	index = (size_t)(endpoint - spec->endpoints.items);
	if (seen[index / 8] & 1 << index % 8)
		return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL,
				   "\"%s\" is there already", trim(copy));
	seen[index / 8] |= (uint8_t)(1 << index % 8);
	endpoint->weight = (uint16_t)weight;
	return 0;
}

int slice_spec_add_weights(const struct where *at, struct slice_spec *spec, const char *text)
{
	uint8_t seen[(MAX_ENDPOINTS + 7) / 8] = {0};
	size_t length = strlen(text);
	int r = 0, error;

	if (length > MAX_TEXT)
		return where_error(at, -E2BIG, K8SNET_MSG_LIMIT, NULL, "more than %d bytes",
				   MAX_TEXT);
	if (!text[strspn(text, WHITE_SPACE)])
		return 0;
	for (;;) {
		text += strspn(text, WHITE_SPACE);
		length = strcspn(text, ",");
		/* One that is wrong leaves the others as they are meant. */
		error = add_weight(at, spec, text, length, seen);
		r = r < 0 ? r : error;
		if (!text[length])
			return r;
		text += length + 1;
	}
}

static int set_weight(const struct where *at, struct k8snet_endpointslice *slice, const char *text,
		      unsigned int weight)
{
	struct endpoint *endpoint;
	int r;

	r = slice_spec_get(at, &slice->spec, text, &endpoint);
	if (r == 0)
		r = check_range(at, "weight", weight, 0, MAX_WEIGHT);
	if (r < 0 || endpoint->weight == weight)
		return r;
	endpoint->weight = (uint16_t)weight;
	return 1;
}

K8SNET_EXPORT int k8snet_endpointslice_set_endpoint_weight(struct k8snet_endpointslice *slice,
							   const char *address, unsigned int weight)
{
	struct where at;
	int r;

	r = object_edit(&slice->object, "address", &at);
	if (r == 0)
		r = set_weight(&at, slice, address, weight);
	return object_edited(&slice->object, r);
}

K8SNET_EXPORT unsigned int
k8snet_endpointslice_get_endpoint_weight(const struct k8snet_endpointslice *slice, size_t index)
{
	return index < slice->spec.endpoints.count ? slice->spec.endpoints.items[index].weight : 0;
}
