/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_OBSERVE_H
#define KERNEL_OBSERVE_H

#include <netlink/addr.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/object.h>
#include <stdbool.h>

#include "base/vec.h"
#include "kernel/netlink.h"

/*
 * Looking at the links of one namespace and at what hangs on them, by
 * libnl: requests are put together here, answers parsed there.
 */

struct observed_link {
	int index, master, device; /* 0: none */
	struct kobj kobj;
	char alias[256];
};

struct observer {
	struct state *state; /* what is to be filled */
	const char *netns;
	struct nl_sock *socket;
	VEC(struct observed_link) links; /* sorted by index, if all were asked for */
	bool is_sorted;
	VEC(struct kobj) found; /* by the dump that is running */
	void *data;		/* for observe_fn */
	/* The link asked about last. */
	int index;
	char name[IFNAMSIZ];
	bool is_ours;
};

/* Takes the descriptor over, also when it fails. 0 or -errno. */
int observer_init(struct observer *o, struct state *state, const char *netns, int fd);
void observer_done(struct observer *o);

/*
 * Send a request, take it over (NULL: out of memory), and call `fn` for each
 * object in the answer. 0 or -errno; the kernel's own, where there is one. Dumps
 * that were disturbed return -EINTR; observer_dump() repeats them, and adds what
 * `fn` put into o->found to the state.
 */
typedef int (*observe_fn)(struct observer *o, struct nl_object *object, const struct nlmsghdr *raw);
int observer_request(struct observer *o, struct nl_msg *request, observe_fn fn);
int observer_dump(struct observer *o, int type, const void *header, size_t size, observe_fn fn);

/* The name of a link; NULL: it is gone. Sets o->is_ours. Valid until the next call. */
const char *observer_get_name(struct observer *o, int index);

/* All links, or one; -ENODEV. */
int observe_links(struct observer *o);
int observe_link(struct observer *o, const char *name, int index);
/* One that was seen; NULL: it was not. Valid until the next is. */
const struct observed_link *observer_find_link(const struct observer *o, int index);
/* What hangs on all links (index 0) or on one. */
int observe_addresses(struct observer *o, int index);
int observe_neighbours(struct observer *o, int index);
int observe_routes(struct observer *o, int index);
/* Forwarding entries of a VXLAN link. */
int observe_fdb(struct observer *o, int index);

/* The link that has this address, with the address's prefix; -ENOENT. */
int observe_uplink(struct observer *o, const struct k8snet_address *address, int *index,
		   struct k8snet_prefix *prefix);
/* The link of the default route of the main table, or of the first of two halves; -ENOENT. */
int observe_default_link(struct observer *o, uint8_t family, int *index);
/* The first global address of a family that a link has; -ENOENT. */
int observe_global_address(struct observer *o, uint8_t family, int index,
			   struct k8snet_prefix *address);

/* Set *to from a libnl address; false: not IP. */
bool observe_get_address(struct nl_addr *from, struct k8snet_address *to);

/* nftables; and how often elements with counters were found. */
int observe_tables(struct netlink_kernel *kernel, bool wants_hits, struct state *state);

#endif
