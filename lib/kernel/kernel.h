/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_KERNEL_H
#define KERNEL_KERNEL_H

#include <k8snet/kernel.h>
#include <k8snet/path.h>
#include <k8snet/plan.h>

#include "plan/op.h"
#include "plan/state.h"

/*
 * What a kernel can do: the one behind netlink sockets, and the one in memory
 * that the tests use.
 */
struct kernel_ops {
	/* Look, and fill `state` with what is there (state_add_...()). Sets the
	 * context's error. */
	int (*observe)(struct k8snet_kernel *kernel, const struct observe_request *request,
		       struct state *state);
	/*
	 * Do the operations in order until one fails; set the status of each, call
	 * options->progress (may be NULL) for each done and for the one that
	 * failed. Sets the context's error: layer and object of the operation, its
	 * text (op_print_text()), errno and text of the kernel.
	 */
	int (*execute)(struct k8snet_kernel *kernel, struct k8snet_op *ops, size_t count,
		       uint32_t masquerade_mark, const struct k8snet_plan_apply_options *options);
	/* Whether the node has this address: 1, 0 or -errno; and the link that leads there, ""
	 * if none does. NULL: it has none. */
	int (*has_address)(struct k8snet_kernel *kernel, const struct k8snet_address *address,
			   char link[IFNAMSIZ]);
	/* What session affinity remembers of a client, with element->number and address; puts
	 * the number of its backend there, and for how long. 0, -ENOENT or another errno.
	 * NULL: nothing is remembered. */
	int (*find_affinity)(struct k8snet_kernel *kernel, struct nft_element *element,
			     uint64_t *milliseconds);
	/* What becomes of a packet; NULL: that cannot be seen. Sets the context's error. */
	int (*trace)(struct k8snet_kernel *kernel, const struct k8snet_flow *flow,
		     struct k8snet_path *path);
	/* Whether nft would do what the plan prints; NULL: that cannot be asked. Sets the
	 * context's error. */
	int (*check)(struct k8snet_kernel *kernel, const struct k8snet_plan *plan);
	/* Notices of what others do, see k8snet/kernel.h; NULL: there are none. They set
	 * is_disturbed, and the context's error. */
	int (*get_fd)(struct k8snet_kernel *kernel);
	int (*process)(struct k8snet_kernel *kernel);
	/* Release sockets and memory; kernel_done() has been called. */
	void (*destroy)(struct k8snet_kernel *kernel);
};

struct k8snet_kernel {
	unsigned int refs;
	struct k8snet_ctx *ctx;
	uint64_t id; /* of it alone, unlike its address */
	const struct kernel_ops *ops;

	/* What is remembered of it between plans. */
	struct state state;
	bool is_observed;	/* state has been filled by observe() with request.all */
	bool is_disturbed;	/* somebody else changed what is in `state` */
	bool has_told_counters; /* that a table is there that does not count as it should */
	bool is_synced;		/* a plan for all of `cluster`, up to `cursor`, has been applied */
	uint64_t epoch;		/* grows with each applied plan */
	uint64_t lacks_told;	/* a hash of them; 0: there were none */
	uint64_t cursor;	/* in the journal of `cluster` */
	struct k8snet_cluster *cluster; /* the last one planned for; holds a reference */
	char *node_name;
};

/* For constructors: refs 1, a reference to ctx, an empty state. */
void kernel_init(struct k8snet_kernel *kernel, struct k8snet_ctx *ctx,
		 const struct kernel_ops *ops);
/* Releases what kernel_init() and plans took; k8snet_kernel_unref() calls it. */
void kernel_done(struct k8snet_kernel *kernel);

#endif
