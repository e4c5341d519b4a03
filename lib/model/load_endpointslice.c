/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "base/strbuf.h"
#include "model/load.h"
#include "model/slice.h"

#define SERVICE_NAME "kubernetes.io/service-name"
#define HEADLESS     "service.kubernetes.io/headless"
#define WEIGHTS	     "k8snet.io/weights"

static void load_port(struct load *l, struct slice_spec *spec, const struct json *item)
{
	struct where at = load_at(l, item);
	const char *name;
	int protocol;
	int64_t port;

	l->is_bad = false;
	name = load_text(l, item, "name");
	protocol = load_protocol(l, item);
	port = load_integer(l, item, "port", 1, 65535, 0);
	if (load_is_good(l) && port) /* none: all ports, which nobody can forward to */
		load_result(l, slice_spec_add_port(&at, spec, load_strings(l), name ? name : "",
						   protocol, (uint16_t)port));
}

static unsigned int load_conditions(struct load *l, const struct json *endpoint)
{
	const struct json *json = load_object(l, endpoint, "conditions");
	unsigned int conditions = 0;

	if (load_bool(l, json, "ready", true))
		conditions |= K8SNET_ENDPOINT_READY;
	if (load_bool(l, json, "serving", true))
		conditions |= K8SNET_ENDPOINT_SERVING;
	if (load_bool(l, json, "terminating", false))
		conditions |= K8SNET_ENDPOINT_TERMINATING;
	return conditions;
}

/* The names of an array of objects, with commas between them; NULL: none. */
static const char *load_names(struct load *l, const struct json *hints, const char *key)
{
	const struct json *item = load_objects(l, hints, key);
	_cleanup_strbuf_ struct strbuf b = {0};
	const char *name, *joined;

	for (; item; item = load_next_object(l, item)) {
		name = load_text(l, item, "name");
		if (name)
			strbuf_printf(&b, "%s%s", b.length ? "," : "", name);
	}
	if (l->error || !b.length)
		return NULL;
	joined = b.error ? NULL : arena_strdup(l->arena, b.text);
	if (!joined)
		load_result(l, where_no_memory(&l->at));
	return joined;
}

static void load_hints(struct load *l, struct endpoint *endpoint, const struct json *item)
{
	const struct json *hints = load_object(l, item, "hints");
	const char *nodes = load_names(l, hints, "forNodes");
	const char *zones = load_names(l, hints, "forZones");
	struct where at = load_at(l, hints);

	if (!l->error)
		load_result(l, slice_spec_set_hints(&at, endpoint, load_strings(l), nodes, zones));
}

/* All addresses of an endpoint are the same backend: the first one that can be is used. */
static bool load_address(struct load *l, const struct json *endpoint, int family,
			 struct k8snet_address *out)
{
	const struct json *first = load_items(l, endpoint, "addresses"), *item;

	if (!first && load_is_good(l))
		load_missing(l, endpoint, "addresses");
	for (item = first; item && !l->error; item = item->next) {
		struct k8snet_address address = {0};
		struct where at = load_at(l, item);
		const char *text = load_item_text(l, item);

		if (!text)
			continue;
		load_result(l, check_address(&at, text, 0, &address));
		if (load_is_good(l) && address.family != family)
			load_result(l, where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
						   "\"%s\" is not an IPv%d address, as addressType "
						   "has it",
						   text, family));
		if (load_is_good(l)) {
			*out = address;
			return true;
		}
		l->is_bad = false;
	}
	return false;
}

/* Whether these conditions are rather those of an endpoint that is there twice: of the one
 * that is ready, or of the pod that was given the address of one that is going. */
static bool is_preferred(unsigned int conditions, unsigned int other)
{
	if ((conditions ^ other) & K8SNET_ENDPOINT_READY)
		return conditions & K8SNET_ENDPOINT_READY;
	return other & ~conditions & K8SNET_ENDPOINT_TERMINATING;
}

static void replace_endpoint(struct load *l, const struct where *at, struct endpoint *endpoint,
			     const char *node_name, unsigned int conditions)
{
	endpoint->conditions = (uint8_t)conditions;
	load_result(l, spec_set_string(at, load_strings(l), &endpoint->node_name, node_name));
}

static void load_endpoint(struct load *l, struct slice_spec *spec, const struct json *item)
{
	struct where at = load_at(l, json_get(item, "nodeName"));
	struct k8snet_address address;
	struct endpoint *endpoint;
	unsigned int conditions;
	const char *node_name;

	l->is_bad = false;
	node_name = load_text(l, item, "nodeName");
	conditions = load_conditions(l, item);
	if (node_name && load_is_good(l))
		load_result(l, check_text(&at, NULL, node_name, check_dns_subdomain));
	/* Where it is, and whether it may be used, cannot be guessed. */
	if (!load_is_good(l) || !load_address(l, item, spec->family, &address))
		return;
	at = load_at(l, item);
	endpoint = slice_spec_find(spec, &address);
	if (endpoint && !is_preferred(conditions, endpoint->conditions))
		return;
	if (endpoint)
		replace_endpoint(l, &at, endpoint, node_name, conditions);
	else
		load_result(l, slice_spec_add_endpoint(&at, spec, load_strings(l), &address,
						       node_name, conditions));
	if (l->error)
		return;
	if (!endpoint)
		endpoint = &spec->endpoints.items[spec->endpoints.count - 1];
	load_hints(l, endpoint, item);
}

static void load_weights(struct load *l, struct slice_spec *spec, const struct json *metadata)
{
	const struct json *weights = json_get(load_object(l, metadata, "annotations"), WEIGHTS);
	const char *text = load_item_text(l, weights);
	struct where at = load_at(l, weights);

	if (text)
		load_result(l, slice_spec_add_weights(&at, spec, text));
}

static void prepare(struct load *l, struct k8snet_endpointslice *slice, const struct json *labels,
		    const char *service_name, int family)
{
	struct where at = load_at(l, json_get(labels, SERVICE_NAME));

	l->is_named = false;
	load_result(l, check_text(&at, NULL, service_name, check_label_value));
	if (!l->error)
		load_result(l, slice_spec_init(&at, &slice->spec, load_strings(l), service_name,
					       family));
	if (!l->error && slice_prepare(slice) < 0)
		load_result(l, where_no_memory(&at));
	l->is_named = true;
}

void load_endpointslice(struct load *l, const struct json *root)
{
	static const char *const types[] = {"IPv4", "IPv6", "FQDN", NULL};
	static const int families[] = {4, 6, 0};
	struct k8snet_endpointslice *slice = slice_of(l->object);
	const struct json *metadata = load_object(l, root, "metadata"), *item;
	const struct json *labels = load_object(l, metadata, "labels");
	const char *service_name = load_text(l, labels, SERVICE_NAME);
	int type = load_choice(l, root, "addressType", types, -1);

	if (type < 0)
		load_refuse(l, root, "addressType");
	if (l->error)
		return;
	if (!service_name || !families[type]) {
		l->is_skipped = true;
		return;
	}
	prepare(l, slice, labels, service_name, families[type]);
	slice->spec.is_headless = json_get(labels, HEADLESS) != NULL; /* whatever its value */
	for (item = load_objects(l, root, "ports"); item; item = load_next_object(l, item))
		load_port(l, &slice->spec, item);
	for (item = load_objects(l, root, "endpoints"); item; item = load_next_object(l, item))
		load_endpoint(l, &slice->spec, item);
	load_weights(l, &slice->spec, metadata);
}
