/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_PLAN_H
#define PLAN_PLAN_H

#include <k8snet/plan.h>

#include "base/arena.h"
#include "base/vec.h"
#include "plan/op.h"
#include "plan/state.h"

struct k8snet_cluster;
struct k8snet_node;

struct k8snet_plan {
	unsigned int refs;
	struct k8snet_ctx *ctx;
	struct arena arena; /* what the operations point to */
	uint64_t hash_key[2];
	VEC(struct k8snet_op) ops;
	uint32_t masquerade_mark;
	bool is_applied;
	bool is_partial; /* for one pod: says nothing of the rest */
	bool is_removal; /* of all, whatever the cluster says */

	VEC(const char *) lacks; /* what is missing, in its memory */

	/* Which kernel it was made for, and in which state; 0: none. */
	uint64_t kernel;
	uint64_t epoch;
	/* Where in the cluster's journal the next plan begins. */
	uint64_t cursor;
	struct plan_changes *changes; /* what state_commit() needs */
};

#endif
