/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public functions of ports and backends. */
#include <string.h>

#include "resolve/resolve.h"

K8SNET_EXPORT int k8snet_resolved_port_get_family(const struct k8snet_resolved_port *port)
{
	return port->family;
}

K8SNET_EXPORT const char *k8snet_resolved_port_get_name(const struct k8snet_resolved_port *port)
{
	return port->port ? port->port->name : "";
}

K8SNET_EXPORT uint16_t k8snet_resolved_port_get_number(const struct k8snet_resolved_port *port)
{
	return port->port ? port->port->port : 0;
}

K8SNET_EXPORT enum k8snet_protocol
k8snet_resolved_port_get_protocol(const struct k8snet_resolved_port *port)
{
	return port->port ? port->port->protocol : (enum k8snet_protocol)0;
}

K8SNET_EXPORT enum k8snet_topology
k8snet_resolved_port_get_topology(const struct k8snet_resolved_port *port)
{
	return port->topology;
}

static const struct resolved_list *list_of(const struct k8snet_resolved_port *port,
					   enum k8snet_backends which)
{
	static const struct resolved_list none = {.is_terminating = false};

	return (unsigned int)which < N_BACKEND_LISTS ? &port->lists[which] : &none;
}

K8SNET_EXPORT size_t k8snet_resolved_port_count_backends(const struct k8snet_resolved_port *port,
							 enum k8snet_backends list)
{
	return list_of(port, list)->details.count;
}

K8SNET_EXPORT const struct k8snet_backend *
k8snet_resolved_port_next_backend(const struct k8snet_resolved_port *port,
				  enum k8snet_backends list, const struct k8snet_backend *prev)
{
	const struct resolved_list *l = list_of(port, list);
	const struct k8snet_backend *next = prev ? prev + 1 : l->details.items;

	return l->details.count && next < l->details.items + l->details.count ? next : NULL;
}

K8SNET_EXPORT bool k8snet_resolved_port_is_terminating(const struct k8snet_resolved_port *port,
						       enum k8snet_backends list)
{
	return list_of(port, list)->is_terminating;
}

/* --- backends ------------------------------------------------------------- */

K8SNET_EXPORT void k8snet_backend_get_address(const struct k8snet_backend *backend,
					      struct k8snet_address *out)
{
	memset(out, 0, sizeof(*out));
	out->family = backend->family;
	memcpy(out->bytes, backend->endpoint->address, sizeof(out->bytes));
}

K8SNET_EXPORT uint16_t k8snet_backend_get_port(const struct k8snet_backend *backend)
{
	return backend->port;
}

K8SNET_EXPORT const char *k8snet_backend_get_node_name(const struct k8snet_backend *backend)
{
	return backend->endpoint->node_name;
}

K8SNET_EXPORT unsigned int k8snet_backend_get_weight(const struct k8snet_backend *backend)
{
	return backend->endpoint->weight;
}

K8SNET_EXPORT unsigned int k8snet_backend_get_conditions(const struct k8snet_backend *backend)
{
	return backend->endpoint->conditions;
}

K8SNET_EXPORT bool k8snet_backend_is_local(const struct k8snet_backend *backend)
{
	return backend->is_local;
}
