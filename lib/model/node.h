/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_NODE_H
#define MODEL_NODE_H

#include <k8snet/node.h>

#include "model/cluster.h"

struct node_spec {
	struct address_pair addresses;
	struct prefix_pair pod_cidrs;
	char uplink_name[16]; /* "": not set */
	uint32_t uplink_mtu;  /* 0: not set */
	bool has_mac[2];      /* of the VTEP for IPv4, IPv6 */
	uint8_t mac[2][6];
	const char *zone; /* interned, or NULL */
};

struct k8snet_node {
	struct model_object object;
	struct node_spec spec;
	uint8_t derived_mac[2][6];
};

#endif
