/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_KERNEL_H
#define K8SNET_KERNEL_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_ctx;
struct k8snet_node;

/*
 * struct k8snet_kernel: one network namespace in which a node lives: the
 * machine's own for a real node, one for each node in a lab.
 *
 * It holds the sockets, and remembers what it last saw and did, so that the
 * next plan can be incremental. It needs CAP_NET_ADMIN in the namespace, and
 * CAP_SYS_ADMIN to enter namespaces of pods.
 */
struct k8snet_kernel;

struct k8snet_kernel_options {
	size_t size; /* sizeof(struct k8snet_kernel_options) */
	/* Path of the node's network namespace ("/run/netns/lab-node-1");
	 * NULL: that of the calling thread. */
	const char *netns;
	/*
	 * Own the tables of services: with the flags "owner" and "persist" of Linux 6.9 nobody
	 * else can change or delete them while the kernel is open, and "nft flush ruleset" passes
	 * them over. When it is closed, or its process ends, they stay, without an owner, and
	 * anybody can change them until they are adopted: which k8snet_kernel_open() does at once.
	 * A table without these flags is replaced by the next plan, in one transaction; what
	 * session affinity learnt is lost once. Others can read the tables.
	 */
	bool own_tables;
};

/*
 * Open the sockets. The calling thread's namespace is never changed: a short
 * helper thread enters the other one. `options` may be NULL. *out is the
 * caller's. Errors: -ENOENT (no such namespace), -EPERM, -EIO, -EINVAL, -ENOMEM,
 * -ENOTSUP (own_tables before Linux 6.9).
 */
int k8snet_kernel_open(struct k8snet_kernel **out, struct k8snet_ctx *ctx,
		       const struct k8snet_kernel_options *options);
struct k8snet_kernel *k8snet_kernel_ref(struct k8snet_kernel *kernel);
/* Drop a reference; the last one closes the sockets and changes nothing in the
 * kernel. Takes NULL. Returns NULL. */
struct k8snet_kernel *k8snet_kernel_unref(struct k8snet_kernel *kernel);

/*
 * Discover layer 0: find the link that has the node's address (or, if the node
 * has none, the link of the default route of the main table, the one with the lowest
 * metric that is up, whose first global addresses become the node's; a route that
 * refuses packets is none, two halves are one), and set the node's uplink name and MTU.
 * Errors: -ENOENT (no such link), -EIO, -ENOMEM.
 */
int k8snet_kernel_discover_node(struct k8snet_kernel *kernel, struct k8snet_node *node);

/*
 * Notices of what others do to the library's nftables tables: somebody flushes
 * them, deletes one, or changes an element. Get a descriptor to poll for reading;
 * it belongs to the kernel, and must not be read. From the first call on, others'
 * changes are noticed. When it is readable, call k8snet_kernel_process().
 * Errors: -EPERM, -ENOTSUP, -EIO, -ENOMEM.
 */
int k8snet_kernel_get_fd(struct k8snet_kernel *kernel);
/* Read the notices that have come; does not wait. Errors: -EIO, -ENOMEM. */
int k8snet_kernel_process(struct k8snet_kernel *kernel);
/*
 * Whether somebody else changed something of the library's tables since they were
 * last looked at, or may have (notices were lost; another change of the ruleset came
 * while a plan was applied; after the first k8snet_kernel_get_fd()). Then the next
 * plan looks at the kernel again and compares everything, also what rules say. What plans
 * do does not count.
 * It may become true in k8snet_kernel_process() and in k8snet_plan_apply().
 */
bool k8snet_kernel_is_disturbed(const struct k8snet_kernel *kernel);

#ifdef __cplusplus
}
#endif

#endif
