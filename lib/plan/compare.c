/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/compare.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int compare_fail(struct compare *c, int error)
{
	if (!c->error)
		c->error = error == -ENOMEM ? ctx_no_memory(c->ctx) : error;
	return c->error;
}

void compare_lack(struct compare *c, const char *format, ...)
{
	char text[256];
	const char **lack = vec_push(&c->plan->lacks);
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (lack)
		*lack = arena_join(&c->plan->arena, c->node_object, ": ", text, NULL);
	if (!lack || !*lack)
		compare_fail(c, -ENOMEM);
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

/* What the plan makes of it: finds or makes. NULL: out of memory. */
static struct plan_chain *get_planned(struct compare *c, const struct nft_chain *chain)
{
	struct hash *chains = &c->plan->changes->chains;
	uint64_t hash = chain_hash(chains, chain);
	struct hash_node *node = hash_find(chains, hash);
	struct plan_chain *planned;

	for (; node; node = hash_find_next(node)) {
		planned = container_of(node, struct plan_chain, node);
		if (nft_chain_is_same(&planned->chain, chain))
			return planned;
	}
	planned = arena_alloc(&c->plan->arena, sizeof(*planned));
	if (!planned || hash_insert(chains, &planned->node, hash) < 0) {
		compare_fail(c, -ENOMEM);
		return NULL;
	}
	planned->chain = *chain;
	return planned;
}

static void add_chain(struct compare *c, op_list *list, struct plan_chain *planned,
		      enum k8snet_layer layer, const char *object)
{
	struct k8snet_op *op = compare_op(c, list, OP_ADD, OP_CHAIN, layer, object);

	planned->is_added = true;
	if (op)
		op->chain = planned->chain;
}

static void add_balancer(struct compare *c, struct plan_chain *planned, enum k8snet_layer layer,
			 const char *object)
{
	const struct nft_element e = nft_balancer_element(&planned->chain);

	planned->is_balancer = true;
	compare_element(c, false, layer, object, &e);
}

static void delete_chain(struct compare *c, const struct state_chain *there)
{
	const struct nft_element e = nft_balancer_element(&there->chain);
	struct nft_chain *gone = vec_push(&c->plan->changes->old_chains);
	struct k8snet_op *op;

	if (gone)
		*gone = there->chain;
	else
		compare_fail(c, -ENOMEM);
	if (there->is_balancer)
		compare_element(c, true, K8SNET_LAYER_SERVICE, c->node_object, &e);
	if (nft_chain_is_fixed(there->chain.kind))
		return;
	op = compare_op(c, &c->late, OP_DELETE, OP_CHAIN, K8SNET_LAYER_SERVICE, c->node_object);
	if (op)
		op->chain = there->chain;
}

void compare_chain(struct compare *c, const struct nft_chain *chain, enum k8snet_layer layer,
		   const char *object)
{
	const struct nft_verdict verdict = nft_chain_get_verdict(chain);
	struct state_chain *there = state_find_chain(c->state, chain);
	bool is_whole = there && there->is_whole && !c->has_old_mark[family_index(chain->family)];
	bool lacks_balancer = !(there && there->is_balancer) && nft_verdict_get_number(&verdict);
	struct plan_chain *planned;

	is_whole |= nft_chain_is_fixed(chain->kind);
	if (there)
		there->is_used = true;
	if (is_whole && !lacks_balancer)
		return;
	planned = get_planned(c, chain);
	if (planned && !is_whole && !planned->is_added)
		add_chain(c, &c->adds, planned, layer, object);
	if (planned && lacks_balancer && !planned->is_balancer)
		add_balancer(c, planned, layer, object);
}

void compare_chain_gone(struct compare *c, const struct nft_chain *chain)
{
	const struct state_chain *there = state_find_chain(c->state, chain);

	if (there)
		delete_chain(c, there);
}

/* Those that nothing uses; with pruning all, else a frontend's own, those that every packet
 * meets, and those with another mark or with others' rules, which must not be used again. */
static bool is_to_go(const struct compare *c, const struct state_chain *chain)
{
	if (chain->is_used)
		return false;
	if (nft_chain_is_fixed(chain->chain.kind))
		return c->prune;
	return c->prune || !chain->is_whole || chain->chain.kind == NFT_CHAIN_RESET ||
	       c->has_old_mark[family_index(chain->chain.family)] ||
	       nft_chain_is_own(&chain->chain);
}

static int compare_names(const void *a, const void *b)
{
	char x[NFT_CHAIN_NAME_SIZE], y[NFT_CHAIN_NAME_SIZE];

	return strcmp(nft_chain_name(&(*(struct state_chain *const *)a)->chain, x),
		      nft_chain_name(&(*(struct state_chain *const *)b)->chain, y));
}

/* In an order of their own, so that two plans for the same are the same text. */
static void delete_chains(struct compare *c, size_t i)
{
	VEC(struct state_chain *) unused = {0};
	struct state_chain **place;
	struct hash_node *node;

	hash_foreach (&c->state->tables[i].chains, node) {
		struct state_chain *chain = container_of(node, struct state_chain, node);

		if (!is_to_go(c, chain))
			continue;
		place = vec_push(&unused);
		if (place)
			*place = chain;
		else
			compare_fail(c, -ENOMEM);
	}
	if (unused.count)
		qsort(unused.items, unused.count, sizeof(*unused.items), compare_names);
	vec_foreach (&unused, place)
		delete_chain(c, *place);
	vec_done(&unused);
}

static void last_chains(struct compare *c, size_t i)
{
	const struct nft_chain mark = nft_mark_chain(i ? 6 : 4, c->plan->masquerade_mark);
	struct plan_chain *planned;

	if (c->drops_table[i])
		return;
	delete_chains(c, i);
	planned = c->has_old_mark[i] ? get_planned(c, &mark) : NULL;
	if (planned)
		add_chain(c, &c->late, planned, K8SNET_LAYER_SERVICE, c->node_object);
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
	struct hash_node *node;

	c->has_old_mark[i] = true;
	hash_foreach (&c->state->tables[i].chains, node) {
		struct state_chain *chain = container_of(node, struct state_chain, node);

		if (chain->chain.kind != NFT_CHAIN_MARK)
			continue;
		chain->is_used = true;
		if (chain->chain.n == wanted.n)
			c->has_old_mark[i] = false;
		else
			delete_chain(c, chain);
	}
}

/* Maps that are there count or do not, and the kernel refuses to change that. */
static void add_table(struct compare *c, size_t i)
{
	const struct state_table *table = &c->state->tables[i];
	struct table_change *change = vec_push(&c->plan->changes->tables);
	struct k8snet_op *op =
		compare_op(c, &c->adds, OP_ADD, OP_TABLE, K8SNET_LAYER_SERVICE, c->node_object);

	if (!op || !change) {
		compare_fail(c, -ENOMEM);
		return;
	}
	op->family = change->family = i ? 6 : 4;
	op->has_counters = change->has_counters =
		table->exists ? table->has_counters : k8snet_cluster_has_counters(c->cluster);
}

static void delete_table(struct compare *c, size_t i)
{
	uint8_t *family = vec_push(&c->plan->changes->old_tables);
	struct k8snet_op *op =
		compare_op(c, &c->late, OP_DELETE, OP_TABLE, K8SNET_LAYER_SERVICE, c->node_object);

	if (op && family)
		op->family = *family = i ? 6 : 4;
	else
		compare_fail(c, -ENOMEM);
}

static void want_reset_chains(struct compare *c, size_t i)
{
	struct nft_chain chain = {.family = i ? 6 : 4, .kind = NFT_CHAIN_RESET};

	if (!c->cluster->settings.reset_connections)
		return;
	for (; chain.n < NFT_N_RESET_HOOKS; chain.n++)
		compare_chain(c, &chain, K8SNET_LAYER_SERVICE, c->node_object);
}

/* Numbers that lead to other chains than they say, and would be in the way. */
static void delete_strays(struct compare *c, size_t i)
{
	const struct nft_element *stray;

	vec_foreach (&c->state->tables[i].strays, stray)
		compare_element(c, true, K8SNET_LAYER_SERVICE, c->node_object, stray);
}

static void compare_table(struct compare *c, size_t i)
{
	const struct state_table *table = &c->state->tables[i];

	if (compare_wants_table(c, i)) {
		compare_mark(c, i);
		delete_strays(c, i);
		if (!table->is_whole || c->has_old_mark[i])
			add_table(c, i);
		want_reset_chains(c, i);
	} else if (table->exists && c->prune) {
		c->drops_table[i] = true;
		delete_table(c, i);
	}
}

void compare_tables(struct compare *c)
{
	compare_table(c, 0);
	compare_table(c, 1);
}
