/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_NETWORKS_H
#define CNI_NETWORKS_H

#include <k8snet/address.h>
#include <stddef.h>
#include <stdint.h>

/* Networks of one family, as ranges of addresses: ascending, apart from each other. */

#define NETWORKS_MAX 500

struct network_range {
	struct k8snet_address low, high;
};

struct networks {
	struct network_range *items;
	size_t count;
};

/* 0 or -ENOMEM. */
int networks_add(struct networks *networks, const struct k8snet_prefix *prefix);
int networks_add_all(struct networks *networks, const struct networks *others);
void networks_done(struct networks *networks);
/* The same for the same addresses, however they were added. */
uint64_t networks_hash(const struct networks *networks);

#endif
