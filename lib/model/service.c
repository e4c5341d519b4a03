/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/service.h"

#include <errno.h>
#include <string.h>

#include "model/spec.h"

static struct k8snet_service *service_of(const struct model_object *object)
{
	return (struct k8snet_service *)object;
}

void service_ports_done(service_ports *ports, struct strings *strings)
{
	struct service_port *port;

	vec_foreach (ports, port)
		string_unref(strings, port->name);
	vec_done(ports);
}

void service_done(struct model_object *object)
{
	struct service_spec *spec = &service_of(object)->spec;

	vec_done(&spec->external_ips);
	vec_done(&spec->load_balancer_ips);
	vec_done(&spec->source_ranges);
	string_unref(object->strings, spec->proxy_name);
	service_ports_done(&spec->ports, object->strings);
	label_list_done(&spec->selector, object->strings);
}

static bool lists_are_equal(const address_list *a, const address_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (!k8snet_address_is_equal(&a->items[i], &b->items[i]))
			return false;
	return true;
}

static bool ranges_are_equal(const prefix_list *a, const prefix_list *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++)
		if (a->items[i].length != b->items[i].length ||
		    !k8snet_address_is_equal(&a->items[i].address, &b->items[i].address))
			return false;
	return true;
}

bool service_ports_are_equal(const service_ports *a, const service_ports *b)
{
	if (a->count != b->count)
		return false;
	for (size_t i = 0; i < a->count; i++) {
		const struct service_port *x = &a->items[i], *y = &b->items[i];

		if (x->name != y->name || x->port != y->port || x->node_port != y->node_port ||
		    x->protocol != y->protocol)
			return false;
	}
	return true;
}

bool service_is_equal(const struct model_object *a, const struct model_object *b)
{
	const struct service_spec *x = &service_of(a)->spec, *y = &service_of(b)->spec;

	return x->type == y->type && x->external_traffic_policy == y->external_traffic_policy &&
	       x->internal_traffic_policy == y->internal_traffic_policy &&
	       x->load_balancing == y->load_balancing &&
	       x->session_affinity == y->session_affinity &&
	       x->health_check_node_port == y->health_check_node_port &&
	       x->proxy_name == y->proxy_name &&
	       ranges_are_equal(&x->source_ranges, &y->source_ranges) &&
	       address_pair_is_equal(&x->cluster_ips, &y->cluster_ips) &&
	       lists_are_equal(&x->external_ips, &y->external_ips) &&
	       lists_are_equal(&x->load_balancer_ips, &y->load_balancer_ips) &&
	       service_ports_are_equal(&x->ports, &y->ports) &&
	       label_list_is_equal(&x->selector, &y->selector);
}

int check_protocol(const struct where *at, int protocol)
{
	if (k8snet_protocol_get_name((enum k8snet_protocol)protocol))
		return 0;
	return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, "protocol",
			   "%d is not TCP, UDP or SCTP", protocol);
}

/* A second port, and all after it, need names. */
static int check_port_names(const struct where *at, const service_ports *ports, const char *name)
{
	if (!ports->count)
		return name[0] ? check_text(at, "name", name, check_dns_label) : 0;
	if (!name[0] || !ports->items[0].name[0])
		return where_error(at, -EINVAL, K8SNET_MSG_MISSING_FIELD, "name",
				   "is missing: of several ports each has a name");
	return check_text(at, "name", name, check_dns_label);
}

static int check_port_is_new(const struct where *at, const service_ports *ports,
			     const struct service_port *port)
{
	const struct service_port *other;
	const char *protocol = k8snet_protocol_get_name((enum k8snet_protocol)port->protocol);

	vec_foreach (ports, other) {
		if (!strcmp(other->name, port->name))
			return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, "name",
					   "another port is named \"%s\"", port->name);
		if (other->protocol != port->protocol)
			continue;
		if (other->port == port->port)
			return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, "port",
					   "%s port %u is there twice", protocol, port->port);
		if (port->node_port && other->node_port == port->node_port)
			return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, "nodePort",
					   "%s node port %u is there twice", protocol,
					   port->node_port);
	}
	return 0;
}

int service_spec_add_port(const struct where *at, struct service_spec *spec,
			  struct strings *strings, const struct service_port *port)
{
	struct service_port *added;
	const char *name;
	int r;

	r = check_port_names(at, &spec->ports, port->name);
	if (r == 0)
		r = check_protocol(at, port->protocol);
	if (r == 0)
		r = check_range(at, "port", port->port, 1, 65535);
	if (r == 0)
		r = check_port_is_new(at, &spec->ports, port);
	if (r < 0)
		return r;
	if (strings_get(strings, port->name, &name) < 0)
		return where_no_memory(at);
	added = vec_push(&spec->ports);
	if (!added) {
		string_unref(strings, name);
		return where_no_memory(at);
	}
	*added = *port;
	added->name = name;
	return 1;
}

int address_list_add(const struct where *at, address_list *list, const char *text,
		     unsigned int flags)
{
	struct k8snet_address address, *item;
	int r;

	r = check_address(at, text, flags, &address);
	if (r < 0)
		return r;
	vec_foreach (list, item)
		if (k8snet_address_is_equal(item, &address))
			return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL,
					   "\"%s\" is there already", text);
	item = vec_push(list);
	if (!item)
		return where_no_memory(at);
	*item = address;
	return 1;
}

K8SNET_EXPORT const char *k8snet_protocol_get_name(enum k8snet_protocol protocol)
{
	switch (protocol) {
	case K8SNET_PROTOCOL_TCP:
		return "TCP";
	case K8SNET_PROTOCOL_UDP:
		return "UDP";
	case K8SNET_PROTOCOL_SCTP:
		return "SCTP";
	}
	return NULL;
}

K8SNET_EXPORT int k8snet_service_new(struct k8snet_service **out, struct k8snet_cluster *cluster,
				     const char *namespace_, const char *name)
{
	struct model_object *object;
	int r;

	r = object_new(&object, cluster, MODEL_SERVICE, namespace_, name);
	if (r == 0)
		*out = service_of(object);
	return r;
}

K8SNET_EXPORT struct k8snet_service *k8snet_service_ref(struct k8snet_service *service)
{
	object_ref(&service->object);
	return service;
}

K8SNET_EXPORT struct k8snet_service *k8snet_service_unref(struct k8snet_service *service)
{
	if (service)
		object_unref(&service->object);
	return NULL;
}

K8SNET_EXPORT int k8snet_service_remove(struct k8snet_service *service)
{
	return object_remove(&service->object);
}

K8SNET_EXPORT struct k8snet_service *
k8snet_cluster_find_service(const struct k8snet_cluster *cluster, const char *namespace_,
			    const char *name)
{
	return service_of(list_find(&cluster->lists[MODEL_SERVICE], namespace_, name));
}

K8SNET_EXPORT struct k8snet_service *
k8snet_cluster_next_service(const struct k8snet_cluster *cluster, const struct k8snet_service *prev)
{
	return service_of(
		list_next(&cluster->lists[MODEL_SERVICE], cluster, prev ? &prev->object : NULL));
}
