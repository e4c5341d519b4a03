/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A whole service: its ports and frontends. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "model/slice.h"
#include "resolve/resolve.h"

struct k8snet_resolution {
	unsigned int refs;
	struct k8snet_cluster *cluster;
	enum k8snet_reason reason;
	size_t n_ports;				  /* in use */
	VEC(struct k8snet_resolved_port *) ports; /* those behind are kept for their memory */
};

/* What is at hand while one is filled. */
struct filling {
	struct k8snet_resolution *resolution;
	const struct k8snet_service *service;
	const struct slice_group *slices;
	struct resolve_view view;
};

K8SNET_EXPORT int k8snet_resolution_new(struct k8snet_resolution **out,
					struct k8snet_cluster *cluster)
{
	struct k8snet_resolution *resolution = calloc(1, sizeof(*resolution));

	if (!resolution)
		return ctx_no_memory(cluster->ctx);
	resolution->refs = 1;
	resolution->cluster = k8snet_cluster_ref(cluster);
	resolution->reason = K8SNET_REASON_NO_PORTS;
	*out = resolution;
	return 0;
}

K8SNET_EXPORT struct k8snet_resolution *k8snet_resolution_ref(struct k8snet_resolution *resolution)
{
	resolution->refs++;
	return resolution;
}

K8SNET_EXPORT struct k8snet_resolution *
k8snet_resolution_unref(struct k8snet_resolution *resolution)
{
	struct k8snet_resolved_port **port;

	if (!resolution || --resolution->refs)
		return NULL;
	vec_foreach (&resolution->ports, port) {
		resolved_port_done(*port);
		free(*port);
	}
	vec_done(&resolution->ports);
	k8snet_cluster_unref(resolution->cluster);
	free(resolution);
	return NULL;
}

/* The next one that is not in use; NULL: out of memory. */
static struct k8snet_resolved_port *take_port(struct k8snet_resolution *resolution)
{
	struct k8snet_resolved_port *port, **place;

	if (resolution->n_ports == resolution->ports.count) {
		port = calloc(1, sizeof(*port));
		place = port ? vec_push(&resolution->ports) : NULL;
		if (!place) {
			free(port);
			return NULL;
		}
		*place = port;
	}
	port = resolution->ports.items[resolution->n_ports];
	port->index = resolution->n_ports++;
	return port;
}

static int fill_port(const struct filling *f, const struct service_port *port, uint8_t family)
{
	const struct service_spec *spec = &f->service->spec;
	struct k8snet_resolved_port *p = take_port(f->resolution);
	const struct k8snet_address *cluster_ip = address_pair_find(&spec->cluster_ips, family);
	int i, r = 0;

	if (!p)
		return -ENOMEM;
	resolved_port_begin(p, &f->view, spec, f->slices, port, family);
	for (i = 0; i < N_BACKEND_LISTS && r == 0; i++)
		r = resolved_port_collect(p, (enum k8snet_backends)i);
	if (r == 0 && !f->resolution->reason)
		r = resolved_port_list_frontends(p, cluster_ip);
	return r;
}

static int fill_family(const struct filling *f, uint8_t family)
{
	const struct service_port *port;
	int r = 0;

	if (f->resolution->reason == K8SNET_REASON_HEADLESS)
		r = fill_port(f, NULL, family);
	vec_foreach (&f->service->spec.ports, port)
		if (r == 0)
			r = fill_port(f, port, family);
	return r;
}

static bool has_slices_of(const struct slice_group *slices, uint8_t family)
{
	const struct k8snet_endpointslice *slice;

	for (slice = slices ? slices->first : NULL; slice; slice = slice->group_next)
		if (slice->spec.family == family)
			return true;
	return false;
}

static int fill(const struct filling *f)
{
	const struct address_pair *ips = &f->service->spec.cluster_ips;
	unsigned int i;
	int r = 0;

	f->resolution->reason = resolve_reason(&f->service->spec);
	if (f->resolution->reason == K8SNET_REASON_EXTERNAL_NAME)
		return 0;
	for (i = 0; i < ips->count && r == 0; i++)
		r = fill_family(f, ips->items[i].family);
	for (i = 4; i <= 6 && !ips->count && r == 0; i += 2)
		if (has_slices_of(f->slices, (uint8_t)i))
			r = fill_family(f, (uint8_t)i);
	return r;
}

static int not_in_cluster(struct k8snet_ctx *ctx, const struct model_object *object)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_SERVICE, .id = K8SNET_MSG_NOT_FOUND, .operation = "resolve"};

	return ctx_error(ctx, -ENOENT, &at, "Service %s/%s is not in the cluster",
			 object->namespace_, object->name);
}

K8SNET_EXPORT int k8snet_resolve_service(struct k8snet_resolution *resolution,
					 const char *node_name,
					 const struct k8snet_service *service)
{
	const struct model_object *object = &service->object;
	struct filling f = {.resolution = resolution, .service = service};

	resolution->n_ports = 0;
	resolution->reason = K8SNET_REASON_NO_PORTS;
	if (object->cluster != resolution->cluster)
		return not_in_cluster(resolution->cluster->ctx, object);
	f.view.cluster = resolution->cluster;
	f.view.node_name = node_name;
	if (node_name)
		f.view.node = k8snet_cluster_find_node(resolution->cluster, node_name);
	f.slices = slice_group_find(resolution->cluster, object->namespace_, object->name);
	if (fill(&f) < 0) {
		resolution->n_ports = 0;
		return ctx_no_memory(resolution->cluster->ctx);
	}
	return 0;
}

/* --- iterating ------------------------------------------------------------ */

K8SNET_EXPORT enum k8snet_reason
k8snet_resolution_get_reason(const struct k8snet_resolution *resolution)
{
	return resolution->reason;
}

/* NULL: past the last. */
static struct k8snet_resolved_port *port_after(const struct k8snet_resolution *resolution,
					       const struct k8snet_resolved_port *prev)
{
	size_t i = prev ? prev->index + 1 : 0;

	return i < resolution->n_ports ? resolution->ports.items[i] : NULL;
}

K8SNET_EXPORT const struct k8snet_resolved_port *
k8snet_resolution_next_port(const struct k8snet_resolution *resolution,
			    const struct k8snet_resolved_port *prev)
{
	return port_after(resolution, prev);
}

K8SNET_EXPORT const struct k8snet_resolved_port *
k8snet_resolution_find_port(const struct k8snet_resolution *resolution, int family,
			    const char *name, uint16_t number)
{
	const struct k8snet_resolved_port *p = NULL;

	while ((p = port_after(resolution, p)))
		if (p->family == family && p->port &&
		    (name ? !strcmp(p->port->name, name) : p->port->port == number))
			return p;
	return NULL;
}

K8SNET_EXPORT const struct k8snet_resolved_frontend *
k8snet_resolution_next_frontend(const struct k8snet_resolution *resolution,
				const struct k8snet_resolved_frontend *prev)
{
	const struct k8snet_resolved_port *p = prev ? prev->port : port_after(resolution, NULL);

	if (prev && prev + 1 < p->frontends.items + p->frontends.count)
		return prev + 1;
	if (prev)
		p = port_after(resolution, p);
	while (p && !p->frontends.count)
		p = port_after(resolution, p);
	return p ? p->frontends.items : NULL;
}
