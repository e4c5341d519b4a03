/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_LEARNT_H
#define KERNEL_LEARNT_H

#include <k8snet/path.h>

#include "kernel/netlink.h"

/* Single elements of the map `affinity`, which packets learn. */
struct learnt {
	uint32_t number; /* S << 16: of which service port; 0: none */
	struct k8snet_address client;
	bool exists;
	uint32_t endpoint;	      /* S << 16 | E */
	uint64_t timeout, expiration; /* milliseconds */
};

/* Look one up by number and client. 0, also if it does not exist, or -errno. */
int learnt_get(struct netlink_kernel *kernel, struct learnt *learnt);
/* All that such a packet may change. 0 or -errno. */
int learnt_save(struct netlink_kernel *kernel, const struct k8snet_flow *flow,
		struct learnt saved[4]);
/* As it was. 0 or -errno. */
int learnt_restore(struct netlink_kernel *kernel, const struct learnt saved[4]);

/* For struct kernel_ops. */
int netlink_find_affinity(struct k8snet_kernel *kernel, struct nft_element *element,
			  uint64_t *milliseconds);

#endif
