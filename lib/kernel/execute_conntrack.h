/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_EXECUTE_CONNTRACK_H
#define KERNEL_EXECUTE_CONNTRACK_H

#include "base/hash.h"
#include "kernel/conntrack.h"
#include "kernel/execute.h"

/*
 * Deleting entries of connection tracking, and resetting the connections that are
 * tracked. The table is walked once for each family and purpose, by the kernel, which
 * sends what the operations have in common; of that, what is meant is looked up.
 */

struct target {
	struct hash_node node;
	const struct conntrack *conntrack;
};

struct cleaning {
	struct execution *x;
	uint8_t family;
	uint8_t verb; /* of the operations that are meant */
	/* What is done with an entry that is meant; 0 or -errno. */
	int (*take)(struct cleaning *c, const struct conntrack_entry *entry);
	struct hash targets;
	struct target *items;
	struct conntrack_filter filter;
	struct batch *batch; /* NULL until there is something to delete */
	int fd;		     /* of its own: on the kernel's, the dump is under way */
	VEC(struct conntrack_connection) found; /* to be reset */
	char text[NLSOCK_TEXT_SIZE];
};

/* Look at all entries, and do with those that are meant what c->take says. 0 or -errno. */
int conntrack_walk(struct cleaning *c);
/* For c->take: delete it. */
int conntrack_delete(struct cleaning *c, const struct conntrack_entry *entry);

/* execute_reset.c: reset the connections that are meant. 0 or -errno. */
int reset_connections(struct cleaning *c);

#endif
