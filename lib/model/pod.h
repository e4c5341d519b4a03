/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_POD_H
#define MODEL_POD_H

#include <k8snet/pod.h>

#include "model/cluster.h"
#include "model/labels.h"

struct pod_spec {
	const char *node_name; /* interned, or NULL */
	const char *netns;     /* interned, or NULL */
	struct address_pair addresses;
	label_list labels;
	char interface[16];
	bool host_network;
	bool has_mac;
	uint8_t mac[6]; /* the one set, or the one derived, if there are addresses */
};

struct k8snet_pod {
	struct model_object object;
	struct pod_spec spec;
	char link_name[16];
};

#endif
