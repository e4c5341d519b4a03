/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What clients of a service connect to, and what becomes of that. */
#include <errno.h>
#include <string.h>

#include "resolve/resolve.h"

static int list_frontend(struct k8snet_resolved_port *p, enum k8snet_frontend_type type,
			 const struct k8snet_address *address, uint16_t number)
{
	struct k8snet_resolved_frontend *f;

	if (address && address->family != p->family)
		return 0;
	f = vec_push(&p->frontends);
	if (!f)
		return -ENOMEM;
	f->port = p;
	f->type = type;
	f->number = number;
	if (address)
		f->address = *address;
	else
		f->address.family = p->family;
	return 0;
}

static int list_addresses(struct k8snet_resolved_port *p, enum k8snet_frontend_type type,
			  const address_list *addresses)
{
	const struct k8snet_address *address;
	int r = 0;

	vec_foreach (addresses, address)
		if (r == 0)
			r = list_frontend(p, type, address, p->port->port);
	return r;
}

int resolved_port_list_frontends(struct k8snet_resolved_port *p,
				 const struct k8snet_address *cluster_ip)
{
	const struct service_spec *spec = p->spec;
	int r;

	p->frontends.count = 0;
	r = list_frontend(p, K8SNET_FRONTEND_CLUSTER_IP, cluster_ip, p->port->port);
	if (r == 0)
		r = list_addresses(p, K8SNET_FRONTEND_EXTERNAL_IP, &spec->external_ips);
	if (r == 0 && spec->type == K8SNET_SERVICE_LOAD_BALANCER)
		r = list_addresses(p, K8SNET_FRONTEND_LOAD_BALANCER, &spec->load_balancer_ips);
	if (r == 0 && p->port->node_port && spec->type != K8SNET_SERVICE_CLUSTER_IP)
		r = list_frontend(p, K8SNET_FRONTEND_NODE_PORT, NULL, p->port->node_port);
	return r;
}

enum k8snet_reason resolve_reason(const struct service_spec *spec)
{
	if (spec->type == K8SNET_SERVICE_EXTERNAL_NAME)
		return K8SNET_REASON_EXTERNAL_NAME;
	if (!spec->cluster_ips.count)
		return K8SNET_REASON_HEADLESS;
	if (spec->proxy_name)
		return K8SNET_REASON_OTHER_PROXY;
	return spec->ports.count ? K8SNET_REASON_NONE : K8SNET_REASON_NO_PORTS;
}

/* --- source ranges -------------------------------------------------------- */

/* Ranges of one family do not concern the other. */
static bool has_range_of(const prefix_list *ranges, uint8_t family)
{
	const struct k8snet_prefix *range;

	vec_foreach (ranges, range)
		if (range->address.family == family)
			return true;
	return false;
}

/* A load balancer's address may be an external one, too, which is listed before it. */
bool resolved_frontend_has_ranges(const struct k8snet_resolved_frontend *frontend)
{
	const struct service_spec *spec = frontend->port->spec;
	const struct k8snet_address *address;

	if (frontend->type == K8SNET_FRONTEND_NODE_PORT ||
	    spec->type != K8SNET_SERVICE_LOAD_BALANCER ||
	    !has_range_of(&spec->source_ranges, frontend->port->family))
		return false;
	vec_foreach (&spec->load_balancer_ips, address)
		if (k8snet_address_is_equal(address, &frontend->address))
			return true;
	return false;
}

static bool is_in_range(const prefix_list *ranges, const struct k8snet_address *address)
{
	const struct k8snet_prefix *range;

	vec_foreach (ranges, range)
		if (k8snet_prefix_has_address(range, address))
			return true;
	return false;
}

K8SNET_EXPORT bool
k8snet_resolved_frontend_is_allowed(const struct k8snet_resolved_frontend *frontend,
				    const struct k8snet_address *client)
{
	const prefix_list *ranges = &frontend->port->spec->source_ranges;
	const struct k8snet_node *node = frontend->port->view.node;
	const struct k8snet_address *own;

	if (!resolved_frontend_has_ranges(frontend) || is_in_range(ranges, client))
		return true;
	/* A node whose address is in a range may have the load balancer's address, too, and
	 * use it as its source. */
	own = node ? address_pair_find(&node->spec.addresses, client->family) : NULL;
	return own && k8snet_address_is_equal(client, &frontend->address) &&
	       is_in_range(ranges, own);
}

/* --- what becomes of a connection ----------------------------------------- */

static bool is_inside(const struct k8snet_resolved_frontend *frontend)
{
	return frontend->type == K8SNET_FRONTEND_CLUSTER_IP;
}

/* Where pods are not told from others, they are like these. */
static bool is_from_outside(const struct k8snet_resolved_frontend *frontend,
			    enum k8snet_client client)
{
	const struct k8snet_cluster *cluster = frontend->port->view.cluster;

	if (client == K8SNET_CLIENT_POD)
		return cluster->settings.local_detection == K8SNET_LOCAL_NONE;
	return client == K8SNET_CLIENT_OUTSIDE;
}

K8SNET_EXPORT enum k8snet_traffic_policy
k8snet_resolved_frontend_get_traffic_policy(const struct k8snet_resolved_frontend *frontend)
{
	const struct service_spec *spec = frontend->port->spec;

	return is_inside(frontend) ? spec->internal_traffic_policy : spec->external_traffic_policy;
}

K8SNET_EXPORT enum k8snet_backends
k8snet_resolved_frontend_get_backends(const struct k8snet_resolved_frontend *frontend,
				      enum k8snet_client client)
{
	if (k8snet_resolved_frontend_get_traffic_policy(frontend) == K8SNET_TRAFFIC_LOCAL &&
	    (is_inside(frontend) || is_from_outside(frontend, client)))
		return K8SNET_BACKENDS_LOCAL;
	return K8SNET_BACKENDS_CLUSTER;
}

K8SNET_EXPORT enum k8snet_frontend_action
k8snet_resolved_frontend_get_action(const struct k8snet_resolved_frontend *frontend,
				    enum k8snet_client client)
{
	const struct resolved_list *lists = frontend->port->lists;

	if (!lists[K8SNET_BACKENDS_CLUSTER].set.items.count)
		return K8SNET_FRONTEND_REJECT;
	if (!lists[k8snet_resolved_frontend_get_backends(frontend, client)].set.items.count)
		return K8SNET_FRONTEND_DROP;
	return K8SNET_FRONTEND_BALANCE;
}

K8SNET_EXPORT enum k8snet_reason
k8snet_resolved_frontend_get_reason(const struct k8snet_resolved_frontend *frontend,
				    enum k8snet_client client)
{
	return k8snet_resolved_port_get_reason(
		frontend->port, k8snet_resolved_frontend_get_backends(frontend, client));
}

K8SNET_EXPORT bool
k8snet_resolved_frontend_is_masqueraded(const struct k8snet_resolved_frontend *frontend,
					enum k8snet_client client)
{
	const struct cluster_settings *settings = &frontend->port->view.cluster->settings;

	if (is_inside(frontend))
		return settings->masquerade_all || (client != K8SNET_CLIENT_POD &&
						    settings->local_detection != K8SNET_LOCAL_NONE);
	if (frontend->port->spec->external_traffic_policy != K8SNET_TRAFFIC_LOCAL)
		return true;
	return client == K8SNET_CLIENT_NODE;
}

/* --- getters -------------------------------------------------------------- */

K8SNET_EXPORT const char *k8snet_frontend_type_get_name(enum k8snet_frontend_type type)
{
	switch (type) {
	case K8SNET_FRONTEND_CLUSTER_IP:
		return "cluster-ip";
	case K8SNET_FRONTEND_EXTERNAL_IP:
		return "external-ip";
	case K8SNET_FRONTEND_LOAD_BALANCER:
		return "load-balancer";
	case K8SNET_FRONTEND_NODE_PORT:
		return "node-port";
	}
	return NULL;
}

K8SNET_EXPORT enum k8snet_frontend_type
k8snet_resolved_frontend_get_type(const struct k8snet_resolved_frontend *frontend)
{
	return frontend->type;
}

K8SNET_EXPORT const struct k8snet_address *
k8snet_resolved_frontend_get_address(const struct k8snet_resolved_frontend *frontend)
{
	return frontend->type == K8SNET_FRONTEND_NODE_PORT ? NULL : &frontend->address;
}

K8SNET_EXPORT uint16_t
k8snet_resolved_frontend_get_number(const struct k8snet_resolved_frontend *frontend)
{
	return frontend->number;
}

K8SNET_EXPORT const struct k8snet_resolved_port *
k8snet_resolved_frontend_get_port(const struct k8snet_resolved_frontend *frontend)
{
	return frontend->port;
}
