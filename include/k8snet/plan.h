/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_PLAN_H
#define K8SNET_PLAN_H

#include <stdbool.h>
#include <stddef.h>

#include <k8snet/context.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_cluster;
struct k8snet_kernel;
struct k8snet_pod;

/*
 * struct k8snet_plan: the difference between what a cluster wants of one node
 * and what the node's kernel holds, as a list of operations in the order in
 * which they are to be done. A plan is data: making and printing it changes
 * nothing.
 * struct k8snet_op: one operation.
 */
struct k8snet_plan;
struct k8snet_op;

enum k8snet_plan_flags {
	/* Look at the kernel again, instead of trusting what is remembered of
	 * it, and compare everything. The first plan for a kernel always does. */
	K8SNET_PLAN_FULL = 1,
	/* Also remove what the library made earlier and the cluster no longer
	 * wants; implies FULL. Nothing else is ever removed. Without it, only
	 * what was seen to leave the cluster is removed, and nftables chains and
	 * tables that no service needs any more stay. */
	K8SNET_PLAN_PRUNE = 2,
	/* Remove all that the library has made, whatever the cluster says; implies
	 * PRUNE. The node need not be in the cluster, and its name may be NULL. */
	K8SNET_PLAN_REMOVE_ALL = 4,
};

/*
 * Plan for the node `node_name` of `cluster`, whose kernel is `kernel`; NULL: an
 * empty one, for which the node needs an uplink (k8snet_node_set_uplink()).
 * `flags` is an or of enum k8snet_plan_flags. *out is the caller's.
 *
 * What a node lacks stops nothing that has no need of it, see k8snet_plan_get_lack().
 * Errors: -ENOENT (the cluster has no such node; without a kernel: the node has an
 * address and no uplink), -EINVAL, -EIO, -EPERM, -ENOTSUP, -ENOMEM.
 */
int k8snet_plan_new(struct k8snet_plan **out, struct k8snet_cluster *cluster, const char *node_name,
		    struct k8snet_kernel *kernel, unsigned int flags);

/*
 * Plan for one pod alone, and for what it needs of its node (forwarding, the
 * bridge): for short-lived programs. Looks at a constant number of kernel
 * objects, however many pods and services there are. If the pod is no longer in
 * its cluster, the plan removes it. `kernel` may be NULL.
 * Errors: as k8snet_plan_new().
 */
int k8snet_plan_new_for_pod(struct k8snet_plan **out, struct k8snet_pod *pod,
			    struct k8snet_kernel *kernel);

struct k8snet_plan *k8snet_plan_ref(struct k8snet_plan *plan);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_plan *k8snet_plan_unref(struct k8snet_plan *plan);

struct k8snet_plan_apply_options {
	size_t size; /* sizeof(struct k8snet_plan_apply_options) */
	/* Called after each operation that was done, and for the one that
	 * failed; may be NULL. */
	void (*progress)(void *data, const struct k8snet_op *op);
	void *data;
};

/*
 * Do it. Operations go to the kernel in batches, in order; tables, chains and
 * elements of nftables in one transaction, and after it the deletions of connection
 * tracking entries that lead UDP clients to endpoints that are gone. After the
 * first failure nothing more is sent; operations of the failing batch that do
 * not depend on it may have been done, see k8snet_op_get_status(). What was done
 * is remembered: a new plan continues from there. An object that is to be
 * removed and is gone already counts as removed. `options` may be NULL.
 *
 * Errors: -EIO, -EPERM, -ENOTSUP (the context's error names the operation and
 * carries the kernel's text), -ESTALE (the kernel is not the one planned for, or
 * it was looked at anew or another plan was applied to it since), -ENOMEM.
 */
int k8snet_plan_apply(struct k8snet_plan *plan, struct k8snet_kernel *kernel,
		      const struct k8snet_plan_apply_options *options);

/*
 * Have libnftables read the tables, chains and elements of the plan as they are printed
 * (K8SNET_PLAN_COMMANDS), in the network namespace of `kernel`, without doing anything. For
 * those who run what is printed, and to find what this library and nft understand differently:
 * k8snet_plan_apply() speaks to the kernel itself and needs no check.
 *
 * libnftables is loaded for this call alone. It is under the GPL-2.0, and ends the process when
 * memory is short.
 * Errors: -EINVAL (the context's error names the first operation that nft would refuse, and why;
 * or a kernel that cannot be asked), -ENOTSUP (no libnftables.so.1), -EPERM, -EIO, -ENOMEM.
 */
int k8snet_plan_check(const struct k8snet_plan *plan, struct k8snet_kernel *kernel);

/*
 * What the node lacks, and what is not planned for want of it: "node node-1: has no
 * address: no node ports are served". The index-th one; NULL past the last. Each that is
 * new is logged, too, as a warning. Borrowed.
 */
const char *k8snet_plan_get_lack(const struct k8snet_plan *plan, size_t index);

size_t k8snet_plan_count_ops(const struct k8snet_plan *plan);
bool k8snet_plan_is_empty(const struct k8snet_plan *plan);
/* The operation after `prev`, the first for NULL; NULL at the end. Borrowed. */
const struct k8snet_op *k8snet_plan_next_op(const struct k8snet_plan *plan,
					    const struct k8snet_op *prev);

enum k8snet_plan_format {
	K8SNET_PLAN_TEXT = 0,	  /* a line an operation, for people */
	K8SNET_PLAN_JSON = 1,	  /* an array of objects */
	K8SNET_PLAN_COMMANDS = 2, /* ip, bridge, nft and sysctl commands that do the same,
				     to be run by sh in the node's namespace */
};
/* Receives a piece of the output; a return other than 0 ends printing and is returned. */
typedef int (*k8snet_write_fn)(void *data, const char *text, size_t length);
/* Errors: -EINVAL, -ENOMEM. */
int k8snet_plan_print(const struct k8snet_plan *plan, enum k8snet_plan_format format,
		      k8snet_write_fn write, void *data);

/* The same for one operation: *out is a string without a newline at its end
 * and the caller's, to be released with free(). Errors: -EINVAL, -ENOMEM. */
int k8snet_op_format(const struct k8snet_op *op, enum k8snet_plan_format format, char **out);

enum k8snet_op_status {
	K8SNET_OP_PENDING = 0,
	K8SNET_OP_DONE = 1,
	K8SNET_OP_FAILED = 2,
};
enum k8snet_op_status k8snet_op_get_status(const struct k8snet_op *op);
enum k8snet_layer k8snet_op_get_layer(const struct k8snet_op *op);
/* What it is done for, e.g. "pod shop/cart-0", "node node-2", "service
 * shop/cart". Borrowed. */
const char *k8snet_op_get_object(const struct k8snet_op *op);
/* What is done, e.g. "link add", "route replace", "element delete",
 * "conntrack delete". Static. */
const char *k8snet_op_get_verb(const struct k8snet_op *op);

#ifdef __cplusplus
}
#endif

#endif
