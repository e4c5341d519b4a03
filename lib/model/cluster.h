/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_CLUSTER_H
#define MODEL_CLUSTER_H

#include <k8snet/address.h>
#include <k8snet/cluster.h>

#include "base/vec.h"
#include "model/journal.h"
#include "model/object.h"

/* Addresses or prefixes, at most one of each family. */
struct address_pair {
	struct k8snet_address items[2];
	unsigned int count;
};

struct prefix_pair {
	struct k8snet_prefix items[2];
	unsigned int count;
};

static inline const struct k8snet_address *address_pair_find(const struct address_pair *pair,
							     int family)
{
	for (unsigned int i = 0; i < pair->count; i++)
		if (pair->items[i].family == family)
			return &pair->items[i];
	return NULL;
}

static inline const struct k8snet_prefix *prefix_pair_find(const struct prefix_pair *pair,
							   int family)
{
	for (unsigned int i = 0; i < pair->count; i++)
		if (pair->items[i].address.family == family)
			return &pair->items[i];
	return NULL;
}

typedef VEC(struct k8snet_prefix) prefix_list;

/* The name of a link, or how names begin. */
struct interface_pattern {
	char text[16]; /* "cali*" */
};

struct cluster_settings {
	enum k8snet_mode mode;
	enum k8snet_link link;
	bool direct_routing;
	bool services_only;
	char bridge_name[16];
	uint32_t overlay_vni;
	uint16_t overlay_port;
	uint32_t mtu;
	uint32_t masquerade_mark;
	struct prefix_pair pod_cidrs;
	bool masquerade_all;
	bool counters;
	bool reset_connections;
	enum k8snet_local_detection local_detection;
	prefix_list node_port_cidrs, service_cidrs;
	VEC(struct interface_pattern) pod_interfaces;
};

struct k8snet_cluster {
	unsigned int refs;
	struct k8snet_ctx *ctx;
	struct strings *strings;
	struct cluster_settings settings;
	struct model_list lists[MODEL_N_KINDS];
	bool is_replacing[MODEL_N_KINDS];
	struct hash slices_by_service; /* of struct slice_group */
	struct journal *journal;
	uint64_t generation;
	size_t skipped;
};

#endif
