/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef RESOLVE_RESOLVE_H
#define RESOLVE_RESOLVE_H

#include <k8snet/resolve.h>

#include "model/node.h"
#include "model/service.h"
#include "resolve/backend.h"

/*
 * One port of a service in one family is resolved at a time, each of its lists when it is
 * asked for: whoever looks at a port after another keeps one struct k8snet_resolved_port,
 * and in the end allocates nothing.
 */

#define N_BACKEND_LISTS 3 /* enum k8snet_backends */

/* Who asks. */
struct resolve_view {
	const struct k8snet_cluster *cluster;
	const struct k8snet_node *node; /* NULL: not in the cluster */
	const char *node_name;		/* NULL: none */
};

struct k8snet_backend {
	const struct endpoint *endpoint;
	uint16_t port; /* 0: of no port in particular */
	uint8_t family;
	bool is_local;
};

struct resolved_list {
	struct backend_set set;		    /* indexed */
	VEC(struct k8snet_backend) details; /* as many, of each */
	bool is_terminating;
};

struct k8snet_resolved_frontend {
	const struct k8snet_resolved_port *port;
	enum k8snet_frontend_type type;
	struct k8snet_address address; /* of a node port: its family alone */
	uint16_t number;
};

struct k8snet_resolved_port {
	struct resolve_view view;
	const struct service_spec *spec;
	const struct slice_group *slices; /* NULL: none */
	const struct service_port *port;  /* NULL: any, of a headless service */
	uint8_t family;
	enum k8snet_topology topology;
	size_t index; /* in a resolution */
	struct resolved_list lists[N_BACKEND_LISTS];
	VEC(struct k8snet_resolved_frontend) frontends;
};

/* Look at this port, of which nothing is collected yet. */
void resolved_port_begin(struct k8snet_resolved_port *p, const struct resolve_view *view,
			 const struct service_spec *spec, const struct slice_group *slices,
			 const struct service_port *port, uint8_t family);
/* Fill one of its lists. -ENOMEM. */
int resolved_port_collect(struct k8snet_resolved_port *p, enum k8snet_backends which);
/* Fill the frontends; `cluster_ip` is that of the port's family. -ENOMEM. */
int resolved_port_list_frontends(struct k8snet_resolved_port *p,
				 const struct k8snet_address *cluster_ip);
void resolved_port_done(struct k8snet_resolved_port *p);

/* Why a service has no frontends, with whatever ports. */
enum k8snet_reason resolve_reason(const struct service_spec *spec);

/* The slices of the port's service: of one that has cluster IPs, those that are served. */
const struct k8snet_endpointslice *resolved_port_first_slice(const struct k8snet_resolved_port *p);
const struct k8snet_endpointslice *
resolved_port_next_slice(const struct k8snet_resolved_port *p,
			 const struct k8snet_endpointslice *prev);
/* The port of a slice that is the one at hand; NULL: the slice has none. */
const struct service_port *port_of_slice(const struct k8snet_resolved_port *p,
					 const struct k8snet_endpointslice *slice);
bool endpoint_is_on(const struct endpoint *e, const char *node_name);
/* May have new connections; one that is drained is as one that is not ready. */
bool endpoint_is_ready(const struct endpoint *e);
/* The same, if none is ready: it serves while it terminates. */
bool endpoint_is_last_resort(const struct endpoint *e);

/* An address of the port has source ranges, whatever types it has. */
bool resolved_frontend_has_ranges(const struct k8snet_resolved_frontend *frontend);

#endif
