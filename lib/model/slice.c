/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/slice.h"

#include <errno.h>
#include <string.h>

#include "model/spec.h"

#define MAX_PORTS 20000 /* as the API has it */

/* --- the slices of one service ------------------------------------------- */

struct slice_group *slice_group_find(const struct k8snet_cluster *cluster, const char *namespace_,
				     const char *service_name)
{
	const struct hash *hash = &cluster->slices_by_service;
	struct hash_node *node;

	node = hash_find(hash, hash_strings(hash, namespace_, service_name));
	for (; node; node = hash_find_next(node)) {
		struct slice_group *group = container_of(node, struct slice_group, by_name);

		if (!strcmp(group->name, service_name) && !strcmp(group->namespace_, namespace_))
			return group;
	}
	return NULL;
}

int slice_prepare(struct k8snet_endpointslice *slice)
{
	slice->group = calloc(1, sizeof(*slice->group));
	return slice->group ? 0 : -ENOMEM;
}

/* The group of its service; the slice's own one, where there is none. */
static struct slice_group *enter_group(struct k8snet_endpointslice *slice)
{
	struct k8snet_cluster *cluster = slice->object.cluster;
	struct hash *hash = &cluster->slices_by_service;
	const char *namespace_ = slice->object.namespace_, *name = slice->spec.service_name;
	struct slice_group *group = slice_group_find(cluster, namespace_, name);

	if (group) {
		free(slice->group);
		return group;
	}
	group = slice->group;
	group->namespace_ = string_ref(namespace_);
	group->name = string_ref(name);
	hash_insert(hash, &group->by_name, hash_strings(hash, namespace_, name));
	return group;
}

void slice_join(struct k8snet_endpointslice *slice)
{
	struct slice_group *group = slice->group;

	if (group->first)
		return; /* has not left it */
	group = slice->group = enter_group(slice);
	slice->group_prev = group->last;
	slice->group_next = NULL;
	if (group->last)
		group->last->group_next = slice;
	else
		group->first = slice;
	group->last = slice;
}

static void group_free(struct k8snet_cluster *cluster, struct slice_group *group)
{
	hash_remove(&cluster->slices_by_service, &group->by_name);
	string_unref(cluster->strings, group->namespace_);
	string_unref(cluster->strings, group->name);
	free(group);
}

void slice_leave(struct k8snet_endpointslice *slice)
{
	struct slice_group *group = steal_pointer(slice->group);

	if (slice->group_prev)
		slice->group_prev->group_next = slice->group_next;
	else
		group->first = slice->group_next;
	if (slice->group_next)
		slice->group_next->group_prev = slice->group_prev;
	else
		group->last = slice->group_prev;
	slice->group_prev = slice->group_next = NULL;
	if (!group->first)
		group_free(slice->object.cluster, group);
}

void slice_leave_for(struct k8snet_endpointslice *slice, struct k8snet_endpointslice *next)
{
	if (slice->spec.service_name == next->spec.service_name)
		return;
	slice_leave(slice);
	slice->group = steal_pointer(next->group);
}

/* --- the spec ------------------------------------------------------------ */

void endpoint_done(const struct endpoint *endpoint, struct strings *strings)
{
	string_unref(strings, endpoint->node_name);
	string_unref(strings, endpoint->node_hints);
	string_unref(strings, endpoint->zone_hints);
}

void slice_done(struct model_object *object)
{
	struct k8snet_endpointslice *slice = slice_of(object);
	struct endpoint *endpoint;

	vec_foreach (&slice->spec.endpoints, endpoint)
		endpoint_done(endpoint, object->strings);
	vec_done(&slice->spec.endpoints);
	service_ports_done(&slice->spec.ports, object->strings);
	string_unref(object->strings, slice->spec.service_name);
	free(slice->group); /* never joined */
}

bool slice_is_equal(const struct model_object *a, const struct model_object *b)
{
	const struct slice_spec *x = &slice_of(a)->spec, *y = &slice_of(b)->spec;

	if (x->service_name != y->service_name || x->family != y->family ||
	    x->is_headless != y->is_headless || x->endpoints.count != y->endpoints.count ||
	    !service_ports_are_equal(&x->ports, &y->ports))
		return false;
	for (size_t i = 0; i < x->endpoints.count; i++) {
		const struct endpoint *e = &x->endpoints.items[i], *f = &y->endpoints.items[i];

		if (e->node_name != f->node_name || e->conditions != f->conditions ||
		    e->weight != f->weight || e->node_hints != f->node_hints ||
		    e->zone_hints != f->zone_hints ||
		    memcmp(e->address, f->address, sizeof(e->address)))
			return false;
	}
	return true;
}

int slice_spec_init(const struct where *at, struct slice_spec *spec, struct strings *strings,
		    const char *service_name, int family)
{
	spec->family = (uint8_t)family;
	return strings_get(strings, service_name, &spec->service_name) < 0 ? where_no_memory(at)
									   : 1;
}

static int check_slice_port(const struct where *at, const service_ports *ports, const char *name,
			    int protocol, uint16_t number)
{
	int r;

	r = name[0] ? check_text(at, "name", name, check_dns_label) : 0;
	if (r == 0)
		r = check_protocol(at, protocol);
	if (r == 0)
		r = check_range(at, "port", number, 1, 65535);
	if (r == 0 && ports->count >= MAX_PORTS)
		r = where_error(at, -E2BIG, K8SNET_MSG_LIMIT, NULL, "more than %d ports",
				MAX_PORTS);
	return r;
}

/* Names are interned: with as many ports as there may be, strings would take seconds. */
static bool has_port_name(const service_ports *ports, const char *name)
{
	const struct service_port *port;

	vec_foreach (ports, port)
		if (port->name == name)
			return true;
	return false;
}

int slice_spec_add_port(const struct where *at, struct slice_spec *spec, struct strings *strings,
			const char *name, int protocol, uint16_t number)
{
	struct service_port *port;
	const char *copy;
	int r;

	r = check_slice_port(at, &spec->ports, name, protocol, number);
	if (r < 0)
		return r;
	if (strings_get(strings, name, &copy) < 0)
		return where_no_memory(at);
	if (has_port_name(&spec->ports, copy))
		r = where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, "name",
				"another port is named \"%s\"", name);
	port = r == 0 ? vec_push(&spec->ports) : NULL;
	if (!port) {
		string_unref(strings, copy);
		return r < 0 ? r : where_no_memory(at);
	}
	port->name = copy;
	port->protocol = (uint8_t)protocol;
	port->port = number;
	return 1;
}

struct endpoint *slice_spec_find(const struct slice_spec *spec,
				 const struct k8snet_address *address)
{
	struct endpoint *endpoint;

	if (address->family != spec->family)
		return NULL;
	vec_foreach (&spec->endpoints, endpoint)
		if (!memcmp(endpoint->address, address->bytes, sizeof(endpoint->address)))
			return endpoint;
	return NULL;
}

int slice_spec_get(const struct where *at, const struct slice_spec *spec, const char *text,
		   struct endpoint **out)
{
	struct k8snet_address address;
	int r;

	r = check_address(at, text, 0, &address);
	if (r < 0)
		return r;
	*out = slice_spec_find(spec, &address);
	return *out ? 0
		    : where_error(at, -ENOENT, K8SNET_MSG_NOT_FOUND, NULL,
				  "\"%s\" is not an endpoint of the slice", text);
}

int slice_spec_add_endpoint(const struct where *at, struct slice_spec *spec,
			    struct strings *strings, const struct k8snet_address *address,
			    const char *node_name, unsigned int conditions)
{
	struct endpoint *endpoint;
	const char *copy;

	if (spec->endpoints.count >= MAX_ENDPOINTS)
		return where_error(at, -E2BIG, K8SNET_MSG_LIMIT, NULL, "more than %d endpoints",
				   MAX_ENDPOINTS);
	if (strings_get(strings, node_name, &copy) < 0)
		return where_no_memory(at);
	endpoint = vec_push(&spec->endpoints);
	if (!endpoint) {
		string_unref(strings, copy);
		return where_no_memory(at);
	}
	memset(endpoint, 0, sizeof(*endpoint));
	endpoint->node_name = copy;
	endpoint->conditions = (uint8_t)conditions;
	endpoint->weight = 1;
	memcpy(endpoint->address, address->bytes, sizeof(endpoint->address));
	return 1;
}
