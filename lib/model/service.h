/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_SERVICE_H
#define MODEL_SERVICE_H

#include <k8snet/service.h>

#include "base/vec.h"
#include "model/cluster.h"
#include "model/labels.h"

/* In the order of enum k8snet_load_balancing. */
#define LOAD_BALANCING_NAMES                                                                \
	{                                                                                   \
		"random", "round-robin", "source-hash", "consistent-hash", "weighted", NULL \
	}

struct service_port {
	const char *name; /* interned, never NULL */
	uint16_t port, node_port;
	uint8_t protocol; /* enum k8snet_protocol */
};

typedef VEC(struct service_port) service_ports;
typedef VEC(struct k8snet_address) address_list;

struct service_spec {
	uint8_t type;			 /* enum k8snet_service_type */
	uint8_t external_traffic_policy; /* enum k8snet_traffic_policy */
	uint8_t internal_traffic_policy;
	uint8_t load_balancing;		 /* enum k8snet_load_balancing */
	uint16_t health_check_node_port; /* 0: none */
	uint32_t session_affinity;	 /* seconds; 0: none */
	const char *proxy_name;		 /* interned; NULL: ours */
	struct address_pair cluster_ips;
	address_list external_ips, load_balancer_ips;
	prefix_list source_ranges; /* of load balancer addresses; none: all */
	service_ports ports;	   /* node_port 0: none */
	label_list selector;	   /* none: endpoints are made by hand */
};

struct k8snet_service {
	struct model_object object;
	struct service_spec spec;
};

struct endpoint {
	const char *node_name;		     /* interned, or NULL */
	const char *node_hints, *zone_hints; /* "a,b", interned, or NULL */
	uint8_t address[16];		     /* of the slice's family */
	uint8_t conditions;		     /* or of enum k8snet_endpoint_condition */
	uint16_t weight;		     /* 0..256; 0: drained */
};

struct slice_spec {
	const char *service_name; /* interned */
	uint8_t family;		  /* 4 or 6 */
	bool is_headless;	  /* for names alone, by its label */
	service_ports ports;
	VEC(struct endpoint) endpoints;
};

/* The slices of one service, whether or not the service exists. */
struct slice_group {
	struct hash_node by_name;
	const char *namespace_, *name; /* interned */
	struct k8snet_endpointslice *first, *last;
};

struct k8snet_endpointslice {
	struct model_object object;
	struct slice_spec spec;
	struct slice_group *group; /* NULL once removed */
	struct k8snet_endpointslice *group_prev, *group_next;
};

/* The slices of a service that need not exist; NULL: none. */
struct slice_group *slice_group_find(const struct k8snet_cluster *cluster, const char *namespace_,
				     const char *service_name);

#endif
