/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_EXECUTE_H
#define KERNEL_EXECUTE_H

#include <string.h>

#include "base/vec.h"
#include "kernel/netlink.h"
#include "kernel/rtnl.h"

/*
 * One call of execute(). Operations are done in runs of one kind; the functions
 * below do one run, first to end - 1, set the status of each of its operations,
 * and note the first failure.
 */
struct execution {
	struct netlink_kernel *kernel;
	struct k8snet_op *ops;
	size_t count;
	uint32_t masquerade_mark;
	const struct k8snet_plan_apply_options *options;
	struct failure failure;

	/* Sockets in namespaces of pods, for the runs to come. */
	struct netns_socket *pods;
	size_t n_pods;

	/* Links whose other end, in a pod, is not up yet. */
	VEC(size_t) rising;
};

/*
 * Add and change kernel objects other than sysctls, in any namespaces: first the
 * node's, then pod by pod, links before what hangs on them. No object of a node
 * depends on one in a pod, and a pod's only on the link that leads there.
 */
void execute_kobjs(struct execution *x, size_t first, size_t end);
/* Delete them; in one namespace, and in any order. */
void execute_deletions(struct execution *x, size_t first, size_t end);
/* Bring up the other ends that are not up yet. */
void execute_rising(struct execution *x);
void execute_sysctls(struct execution *x, size_t first, size_t end);
/* Tables, chains and elements. */
void execute_nftables(struct execution *x, size_t first, size_t end);
void execute_conntrack(struct execution *x, size_t first, size_t end);

/* How an operation went; tells who asked to be told. */
void execute_done(struct execution *x, size_t index);
void execute_failed(struct execution *x, size_t index, int error, const char *text);
void execute_failed_netns(struct execution *x, size_t index, int error, const char *netns);

static inline bool execute_is_netns(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static inline bool execute_has_failed(const struct execution *x)
{
	return x->failure.error != 0;
}

/* --- sockets of pods' namespaces ------------------------------------------- */

/* The socket for a namespace (NULL: the node's), or -errno. Opens those for the
 * operations from `index` on with it. */
int execute_get_socket(struct execution *x, size_t index, const char *netns);
void execute_close_sockets(struct execution *x);

#endif
