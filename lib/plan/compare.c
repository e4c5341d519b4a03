/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/compare.h"

#include <errno.h>

int compare_fail(struct compare *c, int error)
{
	if (!c->error)
		c->error = error == -ENOMEM ? ctx_no_memory(c->ctx) : error;
	return c->error;
}

struct k8snet_op *compare_op(struct compare *c, op_list *list, enum op_verb verb,
			     enum op_target target, enum k8snet_layer layer, const char *object)
{
	struct k8snet_op *op = vec_push(list);

	if (!op) {
		compare_fail(c, -ENOMEM);
		return NULL;
	}
	op->verb = verb;
	op->target = target;
	op->layer = layer;
	op->plan = c->plan;
	op->object = object;
	return op;
}

void compare_element(struct compare *c, bool is_delete, enum k8snet_layer layer, const char *object,
		     const struct nft_element *element)
{
	struct k8snet_op *op;

	if (c->drops_table[family_index(element->family)])
		return;
	op = compare_op(c, &c->elements, is_delete ? OP_DELETE : OP_ADD, OP_ELEMENT, layer, object);
	if (op)
		op->element = *element;
}

/* --- chains --------------------------------------------------------------- */

static bool is_planned(const struct compare *c, const struct nft_chain *chain)
{
	const struct nft_chain *planned;

	vec_foreach (&c->plan->changes->chains, planned)
		if (nft_chain_is_same(planned, chain))
			return true;
	return false;
}

static void add_chain(struct compare *c, op_list *list, const struct nft_chain *chain,
		      enum k8snet_layer layer, const char *object)
{
	struct k8snet_op *op = compare_op(c, list, OP_ADD, OP_CHAIN, layer, object);
	struct nft_chain *planned = vec_push(&c->plan->changes->chains);

	if (op && planned)
		op->chain = *planned = *chain;
	else
		compare_fail(c, -ENOMEM);
}

static void delete_chain(struct compare *c, const struct nft_chain *chain)
{
	struct k8snet_op *op =
		compare_op(c, &c->late, OP_DELETE, OP_CHAIN, K8SNET_LAYER_SERVICE, c->node_object);
	struct nft_chain *gone = vec_push(&c->plan->changes->old_chains);

	if (op && gone)
		op->chain = *gone = *chain;
	else
		compare_fail(c, -ENOMEM);
}

void compare_chain(struct compare *c, const struct nft_chain *chain, enum k8snet_layer layer,
		   const char *object)
{
	struct state_chain *there = state_find_chain(c->state, chain);
	bool is_whole = there && there->is_whole && !c->has_old_mark[family_index(chain->family)];

	if (there)
		there->is_used = true;
	if (!is_whole && !is_planned(c, chain))
		add_chain(c, &c->adds, chain, layer, object);
}

static void last_chains(struct compare *c, size_t i)
{
	const struct nft_chain mark = nft_mark_chain(i ? 6 : 4, c->plan->masquerade_mark);
	struct state_chain *chain;

	/* Those with another mark must not be used again. */
	if (c->drops_table[i] || !(c->prune || c->has_old_mark[i]))
		return;
	vec_foreach (&c->state->tables[i].chains, chain)
		if (!chain->is_used)
			delete_chain(c, &chain->chain);
	if (c->has_old_mark[i])
		add_chain(c, &c->late, &mark, K8SNET_LAYER_SERVICE, c->node_object);
}

void compare_last_chains(struct compare *c)
{
	last_chains(c, 0);
	last_chains(c, 1);
}

/* --- tables --------------------------------------------------------------- */

bool compare_wants_table(const struct compare *c, size_t i)
{
	return c->node && c->has_family[i] && k8snet_cluster_count_services(c->cluster) > 0;
}

/* Whether a chain tells of the mark; those that tell of another one go. */
static void compare_mark(struct compare *c, size_t i)
{
	const struct nft_chain wanted = nft_mark_chain(i ? 6 : 4, c->plan->masquerade_mark);
	struct state_chain *chain;

	c->has_old_mark[i] = true;
	vec_foreach (&c->state->tables[i].chains, chain) {
		if (chain->chain.kind != NFT_CHAIN_MARK)
			continue;
		chain->is_used = true;
		if (chain->chain.n == wanted.n)
			c->has_old_mark[i] = false;
		else
			delete_chain(c, &chain->chain);
	}
}

static void table_op(struct compare *c, size_t i, bool is_delete)
{
	struct k8snet_op *op;
	uint8_t *family;

	op = compare_op(c, is_delete ? &c->late : &c->adds, is_delete ? OP_DELETE : OP_ADD,
			OP_TABLE, K8SNET_LAYER_SERVICE, c->node_object);
	if (is_delete)
		family = vec_push(&c->plan->changes->old_tables);
	else
		family = vec_push(&c->plan->changes->tables);
	if (op && family)
		op->family = *family = i ? 6 : 4;
	else
		compare_fail(c, -ENOMEM);
}

static void compare_table(struct compare *c, size_t i)
{
	const struct state_table *table = &c->state->tables[i];

	if (compare_wants_table(c, i)) {
		compare_mark(c, i);
		if (!table->is_whole || c->has_old_mark[i])
			table_op(c, i, false);
	} else if (table->exists && c->prune) {
		c->drops_table[i] = true;
		table_op(c, i, true);
	}
}

void compare_tables(struct compare *c)
{
	compare_table(c, 0);
	compare_table(c, 1);
}
