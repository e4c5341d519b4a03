/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_CONTAINER_H
#define CNI_CONTAINER_H

#include "plugin.h"

/* The container's end of a link: up, with its addresses and routes. */

struct container {
	bool has_dad; /* wait for duplicate address detection */
	/* Each address reaches its network through its gateway, as if it were alone on
	 * the link (ptp). */
	bool is_point_to_point;
};

/* Give the link what `result` has. */
int container_configure(struct plugin *p, const struct container *container,
			const struct k8snet_cni_result *result);
/* Bring the link up, without addresses. */
int container_set_up(struct plugin *p);
/* CHECK: the link has what prevResult has. */
int container_check(struct plugin *p, const struct container *container,
		    const struct k8snet_cni_result *result, int index);

#endif
