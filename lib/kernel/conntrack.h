/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_CONNTRACK_H
#define KERNEL_CONNTRACK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>

#include "kernel/probe.h"
#include "plan/conntrack.h"

/*
 * Messages of ctnetlink: a dump of those entries that may be meant, and the
 * deletion of one.
 */

/* What all that is looked for has in common: the kernel leaves out the rest. */
struct conntrack_filter {
	uint8_t family, protocol;
	bool has_address, has_port, has_to_address;
	struct conntrack like;
};

/* The first, and one more. */
void conntrack_filter_begin(struct conntrack_filter *filter, const struct conntrack *conntrack);
void conntrack_filter_add(struct conntrack_filter *filter, const struct conntrack *conntrack);

#define CONNTRACK_MESSAGE_SIZE 512

/* Fill a request for a dump; NULL instead of the filter: of all of that family. */
void conntrack_put_dump(struct nlmsghdr *message, uint8_t family,
			const struct conntrack_filter *filter);

/* One connection: the tuple of its first packet, and that of its replies. */
struct conntrack_connection {
	struct probe_end from, to;
	struct probe_end reply_from, reply_to;
};

/* An entry as it is dumped. */
struct conntrack_entry {
	struct conntrack conntrack;
	uint8_t state; /* of TCP, enum tcp_conntrack */
	struct conntrack_connection connection;
	const struct nlattr *tuple, *id; /* they say which one it is */
};

/* False: it is not one that the library may have made: another protocol, a zone. */
bool conntrack_parse(struct conntrack_entry *entry, const struct nlmsghdr *message);
void conntrack_put_delete(struct nlmsghdr *message, const struct conntrack_entry *entry);

#endif
