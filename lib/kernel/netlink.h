/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NETLINK_H
#define KERNEL_NETLINK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/cleanup.h"
#include "kernel/kernel.h"
#include "kernel/monitor.h"
#include "kernel/netns.h"
#include "netlink/batch.h"

/* To whom a table belongs, as it was last seen. */
struct table_owner {
	bool exists;
	uint32_t flags; /* NFT_TABLE_F_... */
	uint32_t port;	/* of the owner's socket */
};

/* The kernel behind netlink sockets. */
struct netlink_kernel {
	struct k8snet_kernel base;
	struct netns ns;	     /* the node's */
	int route;		     /* rtnetlink */
	int netfilter;		     /* nfnetlink; -1 until it is needed */
	uint32_t netfilter_sequence; /* of the next message */
	uint32_t by_key_from; /* how many elements are looked at by key, see observe_by_key.h */
	struct monitor monitor;
	struct batch *batch;	      /* NULL until it is needed */
	bool own_tables;	      /* see own_table.h */
	struct table_owner owners[2]; /* of family 4, 6 */
};

static inline struct netlink_kernel *netlink_kernel(struct k8snet_kernel *kernel)
{
	return container_of(kernel, struct netlink_kernel, base);
}

/* The kernel's nfnetlink socket, opened when first asked for; or -errno. */
int netlink_get_netfilter(struct netlink_kernel *kernel);

/* What the kernel refused, and where. */
struct failure {
	size_t index; /* of the operation */
	int error;    /* positive errno; 0: none */
	enum k8snet_message_id id;
	const char *netns; /* the namespace that cannot be entered */
	char text[256];	   /* of the kernel */
};

int netlink_observe(struct k8snet_kernel *kernel, const struct observe_request *request,
		    struct state *state);
int netlink_execute(struct k8snet_kernel *kernel, struct k8snet_op *ops, size_t count,
		    uint32_t masquerade_mark, const struct k8snet_plan_apply_options *options);

int netlink_check(struct k8snet_kernel *kernel, const struct k8snet_plan *plan);
int netlink_has_address(struct k8snet_kernel *kernel, const struct k8snet_address *address,
			char link[IFNAMSIZ]);

/* The code that a function returns for an errno of the kernel, out of the list
 * in k8snet/context.h, and which message it is. Both are negative or positive. */
int netlink_get_code(int error);
enum k8snet_message_id netlink_get_message_id(int error);
/* strerror(), and which capability is missing. Positive. */
const char *netlink_get_error_text(int error);

#endif
