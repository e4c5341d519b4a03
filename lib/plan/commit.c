/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The operations of a plan are done: what is remembered follows. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "plan/compare.h"

static int commit_kobj(struct state *state, const struct kobj *kobj, const char *owner)
{
	if (state_add_kobj(state, kobj) < 0)
		return -ENOMEM;
	return state_set_owner(state, state_find_kobj(state, kobj), owner);
}

static int commit_kobjs(const struct plan_changes *changes, struct state *state)
{
	const struct plan_kobj *entry;
	struct state_kobj *const *gone;

	vec_foreach (&changes->gone, gone)
		state_remove_kobj(state, *gone);
	for (entry = changes->first_kobj; entry; entry = entry->next)
		if (commit_kobj(state, entry->kobj, entry->owner) < 0)
			return -ENOMEM;
	if (changes->is_full)
		state->has_conflicts = changes->has_kobj_conflicts;
	return 0;
}

static int commit_chain(const struct plan_chain *chain, struct state *state)
{
	if (chain->is_added && state_add_chain(state, &chain->chain, true) < 0)
		return -ENOMEM;
	return chain->is_balancer ? state_add_balancer(state, &chain->chain) : 0;
}

static int commit_tables(const struct plan_changes *changes, struct state *state)
{
	const struct nft_chain *chain;
	const struct hash_node *node;
	const struct table_change *table;

	vec_foreach (&changes->tables, table)
		state_set_table(state, table->family, true, table->has_counters);
	vec_foreach (&changes->old_chains, chain)
		state_remove_chain(state, chain);
	hash_foreach (&changes->chains, node)
		if (commit_chain(container_of(node, const struct plan_chain, node), state) < 0)
			return -ENOMEM;
	state->tables[0].strays.count = state->tables[1].strays.count = 0;
	return 0;
}

static int commit_member(const struct member_change *change, struct state *state)
{
	struct nft_member *m = members_find(&state->members, &change->element);
	int users = (m ? (int)m->users : 0) + change->delta;

	if (users <= 0) {
		if (m)
			members_remove(&state->members, m);
		return 0;
	}
	m = members_get(&state->members, &change->element);
	if (!m)
		return -ENOMEM;
	m->users = (unsigned int)users;
	return 0;
}

static int commit_members(const struct plan_changes *changes, struct state *state)
{
	const struct member_change *m;

	for (m = changes->first_member; m; m = m->next)
		if (commit_member(m, state) < 0)
			return -ENOMEM;
	return 0;
}

static void commit_backends(struct frontend *f, struct frontend_change *change, size_t i)
{
	if (change->has_new_slots[i]) {
		free(f->slots[i]);
		f->slots[i] = steal_pointer(change->slots[i]);
		change->has_new_slots[i] = false;
	}
	if (change->has_new_endpoints[i]) {
		free(f->endpoints[i]);
		f->endpoints[i] = steal_pointer(change->endpoints[i]);
		change->has_new_endpoints[i] = false;
	}
}

static int commit_frontend(struct frontend_change *change, struct state *state,
			   struct frontend_service *service)
{
	struct frontend *f = change->there;
	bool is_chain = change->is_chain;
	size_t i;

	if (!f)
		f = frontends_get(&state->frontends, &change->key);
	if (!f)
		return -ENOMEM;
	f->leads[is_chain] = f->key.type != FRONTEND_GROUP;
	f->leads[!is_chain] = false;
	f->verdicts[is_chain] = change->verdict;
	f->number = change->number;
	f->has_number = change->number != 0;
	for (i = 0; i < 2; i++)
		commit_backends(f, change, i);
	if (change->has_new_leaving) {
		free(f->leaving);
		f->leaving = steal_pointer(change->leaving);
		change->has_new_leaving = false;
	}
	frontend_set_service(f, service);
	return 0;
}

static int set_uses(struct frontend_service *service, const struct service_change *change)
{
	struct nft_element *uses = NULL;

	if (!change->has_new_uses)
		return 0;
	if (change->n_uses) {
		uses = malloc(change->n_uses * sizeof(*uses));
		if (!uses)
			return -ENOMEM;
		memcpy(uses, change->uses, change->n_uses * sizeof(*uses));
	}
	free(service->uses);
	service->uses = uses;
	service->n_uses = change->n_uses;
	return 0;
}

static int commit_service(const struct service_change *change, struct state *state)
{
	struct frontend_service *service = change->there;
	struct frontend_change *f;

	if (!change->first) {
		if (service)
			frontends_remove_service(&state->frontends, service);
		return 0;
	}
	if (!service)
		service = frontends_get_service(&state->frontends, change->name);
	if (!service || set_uses(service, change) < 0)
		return -ENOMEM;
	for (f = change->first; f; f = f->next_of_service)
		if (commit_frontend(f, state, service) < 0)
			return -ENOMEM;
	return 0;
}

/* Services that left the cluster unseen by a journal. */
static void forget_empty_services(struct frontends *fs)
{
	struct hash_node *node, *next;

	for (node = hash_first(&fs->services); node; node = next) {
		struct frontend_service *s = container_of(node, struct frontend_service, node);

		next = hash_next(&fs->services, node);
		if (!s->first)
			frontends_remove_service(fs, s);
	}
}

static int commit_services(const struct plan_changes *changes, struct state *state)
{
	const struct service_change *change;
	struct frontend *const *orphan;

	vec_foreach (&changes->orphans, orphan)
		frontends_remove(&state->frontends, *orphan);
	for (change = changes->services; change; change = change->next)
		if (commit_service(change, state) < 0)
			return -ENOMEM;
	if (changes->is_full) {
		forget_empty_services(&state->frontends);
		state->frontends.has_conflicts = false;
	}
	state->frontends.has_conflicts |= changes->has_conflicts;
	return 0;
}

int plan_commit(struct k8snet_plan *plan, struct state *state)
{
	if (commit_kobjs(plan->changes, state) < 0 || commit_tables(plan->changes, state) < 0 ||
	    commit_members(plan->changes, state) < 0 || commit_services(plan->changes, state) < 0)
		return -ENOMEM;
	state->stale.count = 0;
	return 0;
}

static bool are_elements_done(const struct k8snet_plan *plan)
{
	const struct k8snet_op *op;

	vec_foreach (&plan->ops, op)
		if (op->target == OP_ELEMENT)
			return op->status == K8SNET_OP_DONE;
	return false;
}

int plan_commit_part(struct k8snet_plan *plan, struct state *state)
{
	const struct k8snet_op *op;

	vec_foreach (&plan->ops, op) {
		if (op->target != OP_KOBJ || op->verb == OP_DELETE || op->status != K8SNET_OP_DONE)
			continue;
		if (commit_kobj(state, op->kobj, op->object) < 0)
			return -ENOMEM;
	}
	if (!are_elements_done(plan))
		return 0;
	if (commit_members(plan->changes, state) < 0 || commit_services(plan->changes, state) < 0 ||
	    commit_stale(plan, state) < 0)
		return -ENOMEM;
	return 0;
}
