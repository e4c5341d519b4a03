/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Which backend has which slots. */
#include "plan/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "resolve/maglev.h"

/* --- finding backends ----------------------------------------------------- */

/* Slots, and numbers of endpoints, are 16 bits. */
#define MAX_BACKENDS 65534

void use_backends(struct backend_list *list, struct backend_set *set)
{
	list->set = set;
	list->count = set->items.count < MAX_BACKENDS ? set->items.count : MAX_BACKENDS;
}

uint32_t find_backend(const struct backend_list *list, const struct backend *b)
{
	uint32_t place = backend_set_find(list->set, b);

	return place < list->count ? place : NO_INDEX;
}

bool has_backend(const struct frontend_want *want, const struct backend *b)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (want->backends[i] && find_backend(want->backends[i], b) != NO_INDEX)
			return true;
	return false;
}

void backend_list_done(struct backend_list *list)
{
	vec_done(&list->shares);
	vec_done(&list->due);
	vec_done(&list->table);
	vec_done(&list->numbers);
}

/* --- how many slots ------------------------------------------------------- */

static uint32_t gcd(uint32_t a, uint32_t b)
{
	uint32_t rest;

	for (; b; b = rest) {
		rest = a % b;
		a = b;
	}
	return a;
}

/* In proportion to the weights, with as few slots as that takes, and at least one. */
static void share_by_weight(struct backend_list *list)
{
	uint32_t divisor = 0, count = (uint32_t)list->count, sum = 0, i;
	const struct backend *backends = list->set->items.items;

	for (i = 0; i < count; i++) {
		divisor = gcd(divisor, backends[i].weight);
		sum += backends[i].weight;
	}
	list->n_slots = 0;
	for (i = 0; i < count; i++) {
		uint32_t weight = backends[i].weight, share = weight / divisor;

		if (sum / divisor > UINT16_MAX)
			share = 1 + (uint32_t)((uint64_t)weight * (UINT16_MAX - count) / sum);
		list->shares.items[i] = (uint16_t)share;
		list->n_slots += share;
	}
}

static int make_table(struct backend_list *list, uint32_t n_slots)
{
	list->n_slots = n_slots;
	if (vec_reserve(&list->table, n_slots) < 0)
		return -ENOMEM;
	list->table.count = n_slots;
	return 0;
}

static int share_consistently(struct backend_list *list)
{
	if (make_table(list, maglev_size(list->count)) < 0)
		return -ENOMEM;
	return maglev_fill(list->table.items, list->n_slots, list->set->items.items, list->count);
}

static int compare_indexes(const void *a, const void *b, void *items)
{
	const struct backend *backends = items;

	return backend_compare(&backends[*(const uint16_t *)a], &backends[*(const uint16_t *)b]);
}

/* A slot each, in an order that all nodes agree on, whatever was there before. */
static int share_in_order(struct backend_list *list)
{
	uint32_t i;

	if (make_table(list, (uint32_t)list->count) < 0)
		return -ENOMEM;
	for (i = 0; i < list->n_slots; i++)
		list->table.items[i] = (uint16_t)i;
	qsort_r(list->table.items, list->n_slots, sizeof(*list->table.items), compare_indexes,
		list->set->items.items);
	return 0;
}

int share_slots(struct backend_list *list, enum k8snet_load_balancing policy)
{
	size_t i;

	list->shares.count = list->table.count = 0;
	list->n_slots = (uint32_t)list->count;
	if (!list->n_slots)
		return 0;
	if (policy == K8SNET_LOAD_BALANCING_CONSISTENT_HASH)
		return share_consistently(list);
	if (policy == K8SNET_LOAD_BALANCING_SOURCE_HASH)
		return share_in_order(list);
	if (vec_reserve(&list->shares, list->count) < 0)
		return -ENOMEM;
	list->shares.count = list->count;
	for (i = 0; i < list->shares.count; i++)
		list->shares.items[i] = 1;
	if (policy == K8SNET_LOAD_BALANCING_WEIGHTED)
		share_by_weight(list);
	return 0;
}

/* --- which slots ---------------------------------------------------------- */

static void slot_op(struct compare *c, const struct slots_job *job, uint32_t slot, bool is_delete,
		    const struct backend *backend)
{
	const struct frontend_key *key = job->key;
	struct nft_element e = {.family = key->family, .slot = (uint16_t)slot};

	if (key->type == FRONTEND_GROUP) {
		e.map = NFT_AFFINITY_SLOTS;
		e.number = (uint32_t)key->port << 16 | backend->port;
		if (job->is_local)
			e.number |= NFT_AFFINITY_LOCAL << 16;
	} else {
		e.map = (uint8_t)nft_slots_map(key->type == FRONTEND_NODE_PORT, job->is_local);
		e.protocol = key->protocol;
		e.port = key->port;
		e.to_port = backend->port;
		memcpy(e.address, key->address, sizeof(e.address));
		memcpy(e.to_address, backend->address, sizeof(e.to_address));
	}
	compare_element(c, is_delete, job->layer, job->object, &e);
}

static void fill_by_table(struct slots_job *job)
{
	const struct backend_list *list = job->backends;
	uint32_t i;

	for (i = 0; i < job->new->count; i++)
		slots_set(job->new, i, &list->set->items.items[list->table.items[i]]);
}

/* Backends that stay keep their slots, if there are still as many, and as many due to them. */
static void keep_slots(struct slots_job *job)
{
	uint32_t i, place;
	struct backend backend;

	for (i = 0; i < job->new->count; i++) {
		slots_set(job->new, i, &(struct backend){0});
		if (!slots_get(job->old, i, &backend))
			continue;
		place = find_backend(job->backends, &backend);
		if (place == NO_INDEX || !job->backends->due.items[place])
			continue;
		slots_set(job->new, i, &backend);
		job->backends->due.items[place]--;
	}
}

/* The others take what is left, in their order. */
static void fill_slots(struct slots_job *job)
{
	struct backend_list *list = job->backends;
	struct backend backend;
	uint32_t i, next = 0;

	for (i = 0; i < job->new->count; i++) {
		if (slots_get(job->new, i, &backend))
			continue;
		while (!list->due.items[next])
			next++;
		list->due.items[next]--;
		slots_set(job->new, i, &list->set->items.items[next]);
	}
}

static int assign_slots(struct slots_job *job)
{
	struct backend_list *list = job->backends;
	size_t n;

	if (!list || !list->n_slots)
		return 0;
	job->new = slots_new(job->key, list->n_slots);
	if (!job->new)
		return -ENOMEM;
	if (list->table.count) {
		fill_by_table(job);
		return 0;
	}
	n = list->shares.count;
	list->due.count = 0;
	if (vec_reserve(&list->due, n) < 0)
		return -ENOMEM;
	memcpy(list->due.items, list->shares.items, n * sizeof(*list->due.items));
	keep_slots(job);
	fill_slots(job);
	return 0;
}

bool slots_ops(struct compare *c, const struct slots_job *job)
{
	uint32_t n_old = job->old ? job->old->count : 0, n_new = job->new ? job->new->count : 0;
	struct backend was, is;
	bool has_old, has_new, differs = false;
	uint32_t i;

	for (i = 0; i < n_old || i < n_new; i++) {
		if (slots_are_same(job->old, job->new, i))
			continue;
		has_old = slots_get(job->old, i, &was);
		has_new = slots_get(job->new, i, &is);
		differs |= has_old || has_new;
		if (has_old)
			slot_op(c, job, i, true, &was);
		if (has_new)
			slot_op(c, job, i, false, &is);
	}
	return differs;
}

void want_slots(struct compare *c, struct frontend_change *change, struct slots_job *job)
{
	if (assign_slots(job) < 0) {
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
