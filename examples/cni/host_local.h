/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_HOST_LOCAL_H
#define CNI_HOST_LOCAL_H

#include "lease.h"
#include "plugin.h"

struct range {
	struct k8snet_prefix subnet;
	struct k8snet_address start, end, gateway;
};

/* The container gets one address out of each set. */
struct range_set {
	struct range *ranges;
	size_t count;
};

struct host_local {
	const char *data_dir, *network, *resolv_conf;
	struct range_set *sets;
	size_t n_sets;
	struct k8snet_address wanted[LEASES_PER_OWNER]; /* requested addresses */
	size_t n_wanted;
};

int host_local_read(struct plugin *p, struct host_local *h);
/* Only where the leases are, which takes no memory. */
int host_local_read_place(struct plugin *p, struct host_local *h);
void host_local_done(struct host_local *h);
#define _cleanup_host_local_ _cleanup_(host_local_done)

/* The range of a set that has the address; NULL: none. */
const struct range *range_set_find(const struct range_set *set,
				   const struct k8snet_address *address);
/* As in messages: "10.1.0.1-10.1.0.254,...". */
const char *range_set_text(const struct range_set *set, char *buffer, size_t size);
/* Order of addresses of one family. */
int address_compare(const struct k8snet_address *a, const struct k8snet_address *b);

#endif
