/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_WANT_H
#define PLAN_WANT_H

#include <string.h>

#include "plan/kobj.h"

/* Helpers of the want_*.c files. */

static inline void kobj_set_name(struct kobj *kobj, const char *name)
{
	size_t length = strlen(name);

	memcpy(kobj->name, name, length < IFNAMSIZ ? length : IFNAMSIZ - 1);
}

/* The first address of a node's subnet: its last bit is free, by the limits of
 * k8snet_node_add_pod_cidr(). */
static inline struct k8snet_address gateway_of(const struct k8snet_prefix *cidr)
{
	struct k8snet_address gateway = cidr->address;

	gateway.bytes[gateway.family == 6 ? 15 : 3] |= 1;
	return gateway;
}

#endif
