/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* --- which backend is where ---------------------------------------------- */

#define NO_INDEX UINT32_MAX

static uint64_t backend_hash(const struct compare *c, const struct backend *b)
{
	return hash_bytes(&c->state->frontends.by_key, b, sizeof(*b));
}

/* Where `b` is, or may be entered, in the index. */
static uint32_t *index_place(const struct compare *c, const struct backend_list *list,
			     const struct backend *b)
{
	size_t mask = list->index.count - 1, i = backend_hash(c, b) & mask;
	uint32_t *place = &list->index.items[i];

	while (*place != NO_INDEX && memcmp(&list->items.items[*place], b, sizeof(*b))) {
		i = (i + 1) & mask;
		place = &list->index.items[i];
	}
	return place;
}

int index_backends(struct compare *c, struct backend_list *list)
{
	size_t i, n = 8, kept = 0;

	while (n < list->items.count * 2)
		n *= 2;
	list->index.count = 0;
	if (vec_reserve(&list->index, n) < 0)
		return -ENOMEM;
	list->index.count = n;
	memset(list->index.items, 0xff, n * sizeof(uint32_t));
	for (i = 0; i < list->items.count; i++) {
		uint32_t *place;

		list->items.items[kept] = list->items.items[i];
		place = index_place(c, list, &list->items.items[kept]);
		if (*place == NO_INDEX)
			*place = (uint32_t)kept++;
	}
	list->items.count = kept;
	return 0;
}

bool has_backend(const struct compare *c, const struct frontend_want *want, const struct backend *b)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (want->backends[i] && *index_place(c, want->backends[i], b) != NO_INDEX)
			return true;
	return false;
}

/* --- slots ---------------------------------------------------------------- */

struct slots_job {
	const struct frontend_key *key;
	bool is_local; /* those of the local map */
	enum k8snet_layer layer;
	const char *object;
	struct backend_list *backends;	  /* NULL: none */
	const struct frontend_slots *old; /* NULL: none */
	struct frontend_slots *new;	  /* NULL: none */
};

static void slot_op(struct compare *c, const struct slots_job *job, uint32_t slot, bool is_delete,
		    const struct backend *backend)
{
	struct nft_element e = {.family = job->key->family,
				.map = nft_slots_map(job->key->is_node_port, job->is_local),
				.protocol = job->key->protocol,
				.port = job->key->port,
				.slot = (uint16_t)slot,
				.to_port = backend->port};

	memcpy(e.address, job->key->address, sizeof(e.address));
	memcpy(e.to_address, backend->address, sizeof(e.to_address));
	compare_element(c, is_delete, job->layer, job->object, &e);
}

/* Backends that stay keep their slot, if there are still as many slots. */
static void keep_slots(const struct compare *c, struct slots_job *job)
{
	uint32_t i, place;
	struct backend backend;

	for (i = 0; i < job->new->count; i++) {
		slots_set(job->new, i, &(struct backend){0});
		if (!slots_get(job->old, i, &backend))
			continue;
		place = *index_place(c, job->backends, &backend);
		if (place == NO_INDEX || job->backends->taken.items[place])
			continue;
		slots_set(job->new, i, &backend);
		job->backends->taken.items[place] = true;
	}
}

/* The others take what is left, in their order. */
static void fill_slots(struct slots_job *job)
{
	struct backend backend;
	uint32_t i, next = 0;

	for (i = 0; i < job->new->count; i++) {
		if (slots_get(job->new, i, &backend))
			continue;
		while (job->backends->taken.items[next])
			next++;
		slots_set(job->new, i, &job->backends->items.items[next++]);
	}
}

static int assign_slots(struct compare *c, struct slots_job *job)
{
	struct backend_list *list = job->backends;
	uint32_t i, count = list ? (uint32_t)list->items.count : 0;

	if (!count)
		return 0;
	job->new = slots_new(job->key->family, count);
	if (!job->new)
		return -ENOMEM;
	if (!job->old) {
		for (i = 0; i < count; i++)
			slots_set(job->new, i, &list->items.items[i]);
		return 0;
	}
	list->taken.count = 0;
	if (vec_reserve(&list->taken, count) < 0)
		return -ENOMEM;
	memset(list->taken.items, 0, count * sizeof(bool));
	keep_slots(c, job);
	fill_slots(job);
	return 0;
}

/* Whether anything differs; makes the operations. */
static bool slots_ops(struct compare *c, const struct slots_job *job)
{
	uint32_t n_old = job->old ? job->old->count : 0, n_new = job->new ? job->new->count : 0;
	struct backend was, is;
	bool has_old, has_new, differs = false;
	uint32_t i;

	for (i = 0; i < n_old || i < n_new; i++) {
		has_old = slots_get(job->old, i, &was);
		has_new = slots_get(job->new, i, &is);
		if (has_old == has_new && !memcmp(&was, &is, sizeof(was)))
			continue;
		differs = true;
		if (has_old)
			slot_op(c, job, i, true, &was);
		if (has_new)
			slot_op(c, job, i, false, &is);
	}
	return differs;
}

/* --- frontends ------------------------------------------------------------ */

static enum k8snet_layer layer_of(const struct frontend_key *key, uint8_t kind)
{
	if (key->is_node_port || kind == NFT_CHAIN_EXTERNAL || kind == NFT_CHAIN_EXTERNAL_LOCAL)
		return K8SNET_LAYER_INGRESS;
	return K8SNET_LAYER_SERVICE;
}

/* Where a verdict leads. */
struct verdict {
	uint8_t kind;
	uint16_t n, l;
};

static void verdict_op(struct compare *c, const struct frontend_key *key,
		       const struct verdict *verdict, bool is_delete, enum k8snet_layer layer,
		       const char *object)
{
	struct nft_element e = {.family = key->family,
				.map = key->is_node_port ? NFT_NODE_PORTS : NFT_SERVICES,
				.protocol = key->protocol,
				.port = key->port,
				.to_kind = verdict->kind,
				.to_n = verdict->n,
				.to_l = verdict->l};

	memcpy(e.address, key->address, sizeof(e.address));
	compare_element(c, is_delete, layer, object, &e);
}

static void want_verdict(struct compare *c, const struct frontend *there,
			 const struct frontend_change *change, enum k8snet_layer layer)
{
	const struct verdict verdict = {change->kind, change->n, change->l};
	const char *object = change->service->name;
	struct nft_chain chain = {change->key.family, change->kind, change->key.protocol, change->n,
				  change->l};

	if (!nft_chain_is_fixed(change->kind))
		compare_chain(c, &chain, layer, object);
	if (there && there->has_element) {
		const struct verdict old = {there->kind, there->n, there->l};

		if (old.kind == verdict.kind && old.n == verdict.n && old.l == verdict.l)
			return;
		verdict_op(c, &change->key, &old, true, layer, object);
	}
	verdict_op(c, &change->key, &verdict, false, layer, object);
}

static struct frontend_change *find_claim(const struct compare *c, const struct frontend_key *key,
					  uint64_t hash)
{
	struct hash_node *node;

	for (node = hash_find(&c->plan->changes->claims, hash); node; node = hash_find_next(node)) {
		struct frontend_change *change = container_of(node, struct frontend_change, node);

		if (!memcmp(&change->key, key, sizeof(*key)))
			return change;
	}
	return NULL;
}

static bool is_other_service(const struct frontend *there, const struct service_change *service)
{
	return there && there->service && strcmp(there->service->name, service->name);
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

/* The change for `key`, entered among the claims; NULL if it is claimed already. */
static struct frontend_change *claim(struct compare *c, struct service_change *service,
				     const struct frontend_key *key, const struct frontend *there)
{
	struct hash *claims = &c->plan->changes->claims;
	uint64_t hash = hash_bytes(claims, key, sizeof(*key));
	struct frontend_change *change;

	if (is_claimed(c, service, find_claim(c, key, hash), there))
		return NULL;
	change = arena_alloc(&c->plan->arena, sizeof(*change));
	if (!change || hash_insert(claims, &change->node, hash) < 0) {
		compare_fail(c, -ENOMEM);
		return NULL;
	}
	change->key = *key;
	change->service = service;
	change->next_of_service = service->first;
	service->first = change;
	return change;
}

/* The operations on slots; what the frontend has then is in the change. */
static void want_slots(struct compare *c, struct frontend_change *change, struct slots_job *job)
{
	if (assign_slots(c, job) < 0) {
		free(job->new);
		compare_fail(c, -ENOMEM);
		return;
	}
	change->has_new_slots[job->is_local] = slots_ops(c, job);
	if (change->has_new_slots[job->is_local])
		change->slots[job->is_local] = job->new;
	else
		free(job->new);
}

static uint16_t count_backends(const struct backend_list *list)
{
	return list ? (uint16_t)list->items.count : 0;
}

static bool is_claim_of(const struct compare *c, const struct service_change *service,
			const struct frontend_key *key)
{
	const struct frontend_change *claimed =
		find_claim(c, key, hash_bytes(&c->plan->changes->claims, key, sizeof(*key)));

	return claimed && claimed->service == service;
}

bool compare_frontend(struct compare *c, struct service_change *service,
		      const struct frontend_key *key, const struct frontend_want *want)
{
	struct frontend *there = frontends_find(&c->state->frontends, key);
	struct frontend_change *change = claim(c, service, key, there);
	struct slots_job job = {
		.key = key, .layer = layer_of(key, want->kind), .object = service->name};
	size_t i;

	if (!change)
		return is_claim_of(c, service, key);
	if (there)
		there->is_wanted = true;
	change->kind = want->kind;
	change->n = count_backends(want->backends[0]);
	change->l = count_backends(want->backends[1]);
	for (i = 0; i < 2; i++) {
		job.is_local = i;
		job.backends = want->backends[i];
		job.old = there ? there->slots[i] : NULL;
		job.new = NULL;
		want_slots(c, change, &job);
	}
	compare_conntrack(c, change, there, want, job.layer);
	want_verdict(c, there, change, job.layer);
	return true;
}

/* --- what is no longer wanted --------------------------------------------- */

static void delete_frontend(struct compare *c, const struct frontend *f, const char *object)
{
	const struct verdict verdict = {f->kind, f->n, f->l};
	struct slots_job job = {
		.key = &f->key, .layer = layer_of(&f->key, f->kind), .object = object};
	size_t i;

	if (f->has_element)
		verdict_op(c, &f->key, &verdict, true, job.layer, object);
	for (i = 0; i < 2; i++) {
		job.is_local = i;
		job.old = f->slots[i];
		slots_ops(c, &job);
	}
	compare_conntrack_gone(c, f, job.layer, object);
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
	struct frontend_service *s = frontends_find_service(&c->state->frontends, service->name);
	struct frontend *f;

	for (f = s ? s->first : NULL; f; f = f->next_of_service)
		if (!f->is_wanted)
			add_orphan(c, f, service->name);
}

void compare_orphans(struct compare *c)
{
	struct hash_node *node;

	hash_foreach (&c->state->frontends.by_key, node) {
		struct frontend *f = container_of(node, struct frontend, node);
		const char *object = c->node_object;

		if (f->is_wanted || !(f->service || c->prune))
			continue;
		if (f->service)
			object = arena_strdup(&c->plan->arena, f->service->name);
		if (object)
			add_orphan(c, f, object);
		else
			compare_fail(c, -ENOMEM);
	}
}
