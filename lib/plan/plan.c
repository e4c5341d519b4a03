/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/plan.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/compare.h"

static void free_claims(struct hash *claims)
{
	struct hash_node *node;
	size_t i;

	hash_foreach (claims, node) {
		struct frontend_change *f = container_of(node, struct frontend_change, node);

		for (i = 0; i < 2; i++) {
			if (f->has_new_slots[i])
				free(f->slots[i]);
			if (f->has_new_endpoints[i])
				free(f->endpoints[i]);
		}
		if (f->has_new_leaving)
			free(f->leaving);
	}
	hash_done(claims);
}

static void free_changes(struct plan_changes *changes)
{
	if (!changes)
		return;
	hash_done(&changes->kobjs);
	vec_done(&changes->gone);
	vec_done(&changes->orphans);
	hash_done(&changes->chains);
	vec_done(&changes->old_chains);
	vec_done(&changes->tables);
	vec_done(&changes->old_tables);
	free_claims(&changes->claims);
	hash_done(&changes->members);
	free(changes);
}

int plan_reset_changes(struct k8snet_plan *plan)
{
	struct plan_changes *changes = calloc(1, sizeof(*changes));

	if (!changes)
		return -ENOMEM;
	hash_init_with_key(&changes->kobjs, plan->hash_key);
	hash_init_with_key(&changes->chains, plan->hash_key);
	hash_init_with_key(&changes->claims, plan->hash_key);
	hash_init_with_key(&changes->members, plan->hash_key);
	changes->last_kobj = &changes->first_kobj;
	changes->last_member = &changes->first_member;
	free_changes(plan->changes);
	plan->changes = changes;
	return 0;
}

int plan_alloc(struct k8snet_plan **out, struct k8snet_cluster *cluster)
{
	struct k8snet_ctx *ctx = k8snet_cluster_get_ctx(cluster);
	struct k8snet_plan *plan = calloc(1, sizeof(*plan));

	if (!plan)
		return ctx_no_memory(ctx);
	plan->refs = 1;
	plan->ctx = k8snet_ctx_ref(ctx);
	memcpy(plan->hash_key, cluster->strings->hash.key, sizeof(plan->hash_key));
	if (plan_reset_changes(plan) < 0) {
		k8snet_plan_unref(plan);
		return ctx_no_memory(ctx);
	}
	*out = plan;
	return 0;
}

K8SNET_EXPORT struct k8snet_plan *k8snet_plan_ref(struct k8snet_plan *plan)
{
	plan->refs++;
	return plan;
}

K8SNET_EXPORT struct k8snet_plan *k8snet_plan_unref(struct k8snet_plan *plan)
{
	if (!plan || --plan->refs > 0)
		return NULL;
	free_changes(plan->changes);
	vec_done(&plan->ops);
	vec_done(&plan->lacks);
	arena_done(&plan->arena);
	k8snet_ctx_unref(plan->ctx);
	free(plan);
	return NULL;
}

K8SNET_EXPORT size_t k8snet_plan_count_ops(const struct k8snet_plan *plan)
{
	return plan->ops.count;
}

K8SNET_EXPORT const char *k8snet_plan_get_lack(const struct k8snet_plan *plan, size_t index)
{
	return index < plan->lacks.count ? plan->lacks.items[index] : NULL;
}

K8SNET_EXPORT bool k8snet_plan_is_empty(const struct k8snet_plan *plan)
{
	return plan->ops.count == 0;
}

K8SNET_EXPORT const struct k8snet_op *k8snet_plan_next_op(const struct k8snet_plan *plan,
							  const struct k8snet_op *prev)
{
	const struct k8snet_op *op = prev ? prev + 1 : plan->ops.items;

	return op && op < plan->ops.items + plan->ops.count ? op : NULL;
}

K8SNET_EXPORT enum k8snet_op_status k8snet_op_get_status(const struct k8snet_op *op)
{
	return op->status;
}

K8SNET_EXPORT enum k8snet_layer k8snet_op_get_layer(const struct k8snet_op *op)
{
	return op->layer;
}

K8SNET_EXPORT const char *k8snet_op_get_object(const struct k8snet_op *op)
{
	return op->object;
}
