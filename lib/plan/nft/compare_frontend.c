/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- frontends ------------------------------------------------------------ */

static enum k8snet_layer layer_of(const struct frontend_key *key, uint8_t kind)
{
	if (key->type == FRONTEND_NODE_PORT || kind == NFT_CHAIN_EXTERNAL ||
	    kind == NFT_CHAIN_EXTERNAL_LOCAL)
		return K8SNET_LAYER_INGRESS;
	return K8SNET_LAYER_SERVICE;
}

/* Operations of one frontend. */
struct frontend_job {
	struct compare *c;
	const struct frontend_key *key;
	enum k8snet_layer layer;
	const char *object;
};

static struct nft_element element_of(const struct frontend_job *job, enum nft_map map)
{
	struct nft_element e = {.family = job->key->family,
				.map = (uint8_t)map,
				.protocol = job->key->protocol,
				.port = job->key->port};

	memcpy(e.address, job->key->address, sizeof(e.address));
	return e;
}

static void verdict_op(const struct frontend_job *job, bool is_chain,
		       const struct nft_verdict *verdict, bool is_delete)
{
	bool is_node_port = job->key->type == FRONTEND_NODE_PORT;
	struct nft_element e = element_of(job, nft_lead_map(is_node_port, is_chain));

	nft_element_set_verdict(&e, verdict);
	compare_element(job->c, is_delete, job->layer, job->object, &e);
}

/* Of a frontend whose slots are a group's. */
static void number_op(const struct frontend_job *job, uint32_t number, bool is_delete)
{
	bool is_node_port = job->key->type == FRONTEND_NODE_PORT;
	struct nft_element e =
		element_of(job, is_node_port ? NFT_AFFINITY_NODE_PORTS : NFT_AFFINITY_SERVICES);

	e.number = number;
	compare_element(job->c, is_delete, job->layer, job->object, &e);
}

/* Its own chain is of no use to others. In a full comparison it is found unused. */
static void old_chain(const struct frontend_job *job, const struct frontend *there)
{
	const struct nft_chain chain = frontend_get_chain(&there->key, &there->verdicts[1]);

	if (job->c->is_incremental && there->leads[1] && nft_chain_is_own(&chain))
		compare_chain_gone(job->c, &chain);
}

static void want_verdict(const struct frontend_job *job, const struct frontend *there,
			 const struct frontend_change *change)
{
	const struct nft_chain chain = frontend_get_chain(job->key, &change->verdict);
	bool is_chain = change->is_chain, is_there = false;
	size_t i;

	compare_chain(job->c, &chain, job->layer, job->object);
	for (i = 0; i < 2; i++) {
		if (!there || !there->leads[i])
			continue;
		is_there |=
			i == is_chain && nft_verdict_is_same(&there->verdicts[i], &change->verdict);
		if (i == is_chain && is_there)
			continue;
		verdict_op(job, i, &there->verdicts[i], true);
		if (i)
			old_chain(job, there);
	}
	if (!is_there)
		verdict_op(job, is_chain, &change->verdict, false);
}

static void want_number(const struct frontend_job *job, const struct frontend *there,
			const struct frontend_change *change)
{
	bool has_old = there && there->has_number;

	if (has_old && there->number == change->number)
		return;
	if (has_old) {
		struct frontend *group = frontends_find_group(&job->c->state->frontends, there);

		/* Of a process that is no more: nobody is known to have it. */
		if (group)
			group->is_left = true;
		number_op(job, there->number, true);
	}
	if (change->number)
		number_op(job, change->number, false);
}

/* --- claims --------------------------------------------------------------- */

static struct frontend_change *find_claim_by_hash(const struct hash *claims,
						  const struct frontend_key *key, uint64_t hash)
{
	struct hash_node *node = hash_find(claims, hash);

	for (; node; node = hash_find_next(node)) {
		struct frontend_change *change = container_of(node, struct frontend_change, node);

		if (!memcmp(&change->key, key, sizeof(*key)))
			return change;
	}
	return NULL;
}

struct frontend_change *find_claim(const struct compare *c, const struct frontend_key *key)
{
	const struct hash *claims = &c->plan->changes->claims;

	return find_claim_by_hash(claims, key, hash_bytes(claims, key, sizeof(*key)));
}

static bool is_other_service(const struct frontend *there, const struct service_change *service)
{
	return there && there->service && there->service != service->there;
}

/* Which of two services comes first is seen when all are compared in order. */
static bool is_claimed(struct compare *c, const struct service_change *service,
		       const struct frontend_change *claimed, const struct frontend *there)
{
	/* An address may be both an external and a load balancer's. */
	if (claimed && claimed->service == service)
		return true;
	if (c->is_incremental) {
		c->needs_full |= claimed || is_other_service(there, service);
		return c->needs_full;
	}
	if (!claimed)
		return false;
	ctx_warning(c->ctx, "%s: has an address and port of %s", service->name,
		    claimed->service->name);
	c->plan->changes->has_conflicts = true;
	return true;
}

struct frontend_change *compare_claim(struct compare *c, struct service_change *service,
				      const struct frontend_key *key)
{
	struct frontend *there = frontends_find(&c->state->frontends, key);
	struct hash *claims = &c->plan->changes->claims;
	uint64_t hash = hash_bytes(claims, key, sizeof(*key));
	struct frontend_change *change;

	if (is_claimed(c, service, find_claim_by_hash(claims, key, hash), there))
		return NULL;
	change = arena_alloc(&c->plan->arena, sizeof(*change));
	if (!change || hash_insert(claims, &change->node, hash) < 0) {
		compare_fail(c, -ENOMEM);
		return NULL;
	}
	change->key = *key;
	change->there = there;
	change->service = service;
	change->next_of_service = service->first;
	service->first = change;
	return change;
}

static bool is_claim_of(const struct compare *c, const struct service_change *service,
			const struct frontend_key *key)
{
	const struct frontend_change *claimed = find_claim(c, key);

	return claimed && claimed->service == service;
}

/* --- a frontend ----------------------------------------------------------- */

static void want_own_slots(const struct frontend_job *job, struct frontend_change *change,
			   const struct frontend_want *want)
{
	const struct frontend *there = change->there;
	struct slots_job slots = {.key = job->key, .layer = job->layer, .object = job->object};
	size_t i;

	for (i = 0; i < 2; i++) {
		slots.is_local = i;
		slots.backends = want->number ? NULL : want->backends[i];
		slots.old = there ? there->slots[i] : NULL;
		slots.new = NULL;
		want_slots(job->c, change, &slots);
	}
}

bool compare_frontend(struct compare *c, struct service_change *service,
		      const struct frontend_key *key, const struct frontend_want *want)
{
	struct frontend_change *change = compare_claim(c, service, key);
	struct frontend *there = change ? change->there : NULL;
	const struct frontend_job job = {c, key, layer_of(key, want->verdict.kind), service->name};

	if (!change)
		return is_claim_of(c, service, key);
	if (there)
		there->is_wanted = true;
	change->verdict = want->verdict;
	change->is_chain = want->has_ranges || !nft_verdict_get_number(&want->verdict);
	change->number = want->number;
	want_own_slots(&job, change, want);
	want_number(&job, there, change);
	compare_conntrack(c, change, there, want, job.layer);
	want_verdict(&job, there, change);
	return true;
}

/* --- what is no longer wanted --------------------------------------------- */

static void delete_frontend(struct compare *c, const struct frontend *f, const char *object)
{
	const struct nft_verdict *verdict = frontend_get_verdict(f);
	const struct frontend_job job = {c, &f->key, layer_of(&f->key, verdict ? verdict->kind : 0),
					 object};
	struct slots_job slots = {.key = &f->key, .layer = job.layer, .object = object};
	size_t i;

	for (i = 0; i < 2; i++)
		if (f->leads[i])
			verdict_op(&job, i, &f->verdicts[i], true);
	if (f->has_number)
		number_op(&job, f->number, true);
	for (i = 0; i < 2; i++) {
		slots.is_local = i;
		slots.old = f->slots[i];
		slots_ops(c, &slots);
	}
	if (f->key.type == FRONTEND_GROUP)
		compare_group_gone(c, f, object);
	else
		compare_conntrack_gone(c, f, job.layer, object);
	old_chain(&job, f);
}

static void add_orphan(struct compare *c, struct frontend *f, const char *object)
{
	struct frontend **orphan = vec_push(&c->plan->changes->orphans);

	if (!orphan) {
		compare_fail(c, -ENOMEM);
		return;
	}
	*orphan = f;
	delete_frontend(c, f, object);
}

void compare_service_end(struct compare *c, struct service_change *service)
{
	struct frontend *f;

	for (f = service->there ? service->there->first : NULL; f; f = f->next_of_service)
		if (!f->is_wanted)
			add_orphan(c, f, service->name);
}

/* Of nobody, and it stays: so does what it leads to. */
static void keep_chains(struct compare *c, const struct frontend *f)
{
	struct nft_chain chain;
	size_t i;

	for (i = 0; i < 2; i++) {
		if (!f->leads[i] || f->verdicts[i].kind == NFT_CHAIN_UNKNOWN)
			continue;
		chain = frontend_get_chain(&f->key, &f->verdicts[i]);
		if (state_find_chain(c->state, &chain))
			compare_chain(c, &chain, layer_of(&f->key, chain.kind), c->node_object);
	}
}

void compare_orphans(struct compare *c)
{
	struct hash_node *node;

	hash_foreach (&c->state->frontends.by_key, node) {
		struct frontend *f = container_of(node, struct frontend, node);
		const char *object = c->node_object;

		if (f->is_wanted)
			continue;
		if (!(f->service || f->is_left || c->prune)) {
			keep_chains(c, f);
			continue;
		}
		if (f->service)
			object = arena_strdup(&c->plan->arena, f->service->name);
		if (object)
			add_orphan(c, f, object);
		else
			compare_fail(c, -ENOMEM);
	}
}
