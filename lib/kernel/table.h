/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_TABLE_H
#define KERNEL_TABLE_H

#include <k8snet/table.h>

#include "plan/state.h"

/* A backend with all its slots, or one slot that has none. */
struct table_backend {
	struct backend backend; /* port 0: its element is missing */
	bool is_local;
	uint32_t first, n_slots;
	uint64_t hits;
};

struct k8snet_frontend {
	const struct k8snet_table *table;
	const struct frontend *frontend;
	struct k8snet_address address; /* family 0: a node port */
	struct table_backend *backends;
	size_t n_backends;
	uint64_t hits;
};

struct k8snet_table {
	unsigned int refs;
	struct state state;
	struct k8snet_frontend *frontends;
	size_t count;
};

/* What a slot leads to, port 0: nothing; of a group by way of its endpoints. */
void table_get_slot(const struct frontend *f, const struct frontend *group, bool is_local,
		    uint32_t slot, struct backend *backend);

#endif
