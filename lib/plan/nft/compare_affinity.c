/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Session affinity: a service port has a number S, each of its endpoints a number E. Both
 * come from hashes, past those in use, and what has a number keeps it, also over a restart:
 * what packets have learnt is in these numbers.
 */
#include "plan/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/siphash.h"

/* E of an element that somebody else wrote. */
#define LAST_NUMBER 65534u

/* Fixed: the next process is to find the same. */
static const uint64_t hash_key[2] = {0x6b38736e65742d61ULL, 0x6666696e6974792dULL};

/* --- the number of a service port ----------------------------------------- */

static bool is_empty(const struct frontend *group)
{
	return !group->slots[0] && !group->slots[1] && !group->endpoints[0] && !group->endpoints[1];
}

/* Nobody else's: what no frontend refers to is left over, by somebody who deleted elements. */
static bool is_left_over(const struct compare *c, const struct service_change *service,
			 const struct frontend *group)
{
	return c->plan->changes->is_full && !group->is_used &&
	       (!group->service || group->service == service->there);
}

static bool is_free(const struct compare *c, const struct service_change *service,
		    const struct frontend_key *key)
{
	const struct frontend *there = frontends_find(&c->state->frontends, key);

	return (!there || is_empty(there) || is_left_over(c, service, there)) &&
	       !find_claim(c, key);
}

/* That of a frontend, unless another service port has it. */
static bool adopt_number(const struct compare *c, const struct service_change *service,
			 const struct frontend_key *key, struct frontend_key *group)
{
	const struct frontend *there = frontends_find(&c->state->frontends, key), *found;
	uint32_t s = there && there->has_number ? there->number >> 16 & ~NFT_AFFINITY_LOCAL : 0;

	if (s < NFT_AFFINITY_FIRST)
		return false;
	*group = group_key(key->family, there->number);
	found = frontends_find(&c->state->frontends, group);
	if (found && found->service && found->service != service->there)
		return false;
	return !find_claim(c, group);
}

static bool choose_number(struct compare *c, const struct service_change *service,
			  struct frontend_key *group)
{
	const char *name = service->name;
	uint64_t hash = siphash(hash_key, name, strlen(name)) +
			siphash(hash_key, c->port->name, strlen(c->port->name)) +
			c->port->protocol * 65536u + c->port->port;
	uint32_t i, s;

	for (i = 0; i < NFT_AFFINITY_COUNT && !c->lacks_numbers[family_index(c->port_family)];
	     i++) {
		s = NFT_AFFINITY_FIRST + (uint32_t)(hash + i) % NFT_AFFINITY_COUNT;
		*group = group_key(c->port_family, s << 16);
		if (is_free(c, service, group))
			return true;
	}
	if (!c->lacks_numbers[family_index(c->port_family)])
		ctx_warning(c->ctx,
			    "%s: more than %u ports of services have session affinity: it and "
			    "the rest go without",
			    name, NFT_AFFINITY_COUNT);
	c->lacks_numbers[family_index(c->port_family)] = true;
	return false;
}

struct frontend_change *compare_group(struct compare *c, struct service_change *service,
				      const struct way_in *ways, size_t n_ways)
{
	struct frontend_key group;
	size_t i;

	for (i = 0; i < n_ways; i++)
		if (adopt_number(c, service, &ways[i].key, &group))
			break;
	if (i == n_ways && !choose_number(c, service, &group))
		return NULL;
	return compare_claim(c, service, &group);
}

/* --- numbers of endpoints ------------------------------------------------- */

#define HAS(set, number) ((set)[(number) / 8] & 1u << (number) % 8)
#define ADD(set, number) ((set)[(number) / 8] |= (uint8_t)(1u << (number) % 8))

/* Those that are in use, or have been: what leaves takes its clients along. */
struct numbers {
	uint8_t taken[8192], old[8192];
};

struct group_job {
	struct compare *c;
	const struct frontend_key *key;
	const struct frontend *there; /* NULL: none */
	enum k8snet_layer layer;
	const char *object;
	struct numbers *numbers;
};

static void adopt(const struct group_job *job, struct backend_list *list,
		  const struct group_endpoints *endpoints)
{
	const struct group_endpoint *e;
	uint32_t i, place;

	for (i = 0; endpoints && i < endpoints->count; i++) {
		e = &endpoints->items[i];
		ADD(job->numbers->old, e->number);
		place = find_backend(list, &e->backend);
		if (place == NO_INDEX || list->numbers.items[place] || !e->number ||
		    e->number > LAST_NUMBER || HAS(job->numbers->taken, e->number))
			continue;
		list->numbers.items[place] = e->number;
		ADD(job->numbers->taken, e->number);
	}
}

/* 0: there are no more. */
static uint16_t choose(const struct group_job *job, const struct backend *backend)
{
	uint64_t hash = siphash(hash_key, backend, BACKEND_SIZE);
	uint32_t i, number;

	for (i = 0; i < LAST_NUMBER; i++) {
		number = 1 + (uint32_t)(hash % LAST_NUMBER + i) % LAST_NUMBER;
		if (HAS(job->numbers->taken, number) || HAS(job->numbers->old, number))
			continue;
		ADD(job->numbers->taken, number);
		return (uint16_t)number;
	}
	return 0;
}

/* Backends that are in another list have their number there. */
static int number_backends(const struct group_job *job, struct backend_list *list,
			   const struct backend_list *other)
{
	size_t i, n = list->count;
	uint32_t place;

	list->numbers.count = 0;
	if (vec_reserve(&list->numbers, n) < 0)
		return -ENOMEM;
	list->numbers.count = n;
	if (n)
		memset(list->numbers.items, 0, n * sizeof(*list->numbers.items));
	for (i = 0; other && other->count && i < n; i++) {
		place = find_backend(other, &list->set->items.items[i]);
		if (place != NO_INDEX)
			list->numbers.items[i] = other->numbers.items[place];
	}
	if (job->there && n) {
		adopt(job, list, job->there->endpoints[0]);
		adopt(job, list, job->there->endpoints[1]);
	}
	for (i = 0; i < n; i++)
		if (!list->numbers.items[i])
			list->numbers.items[i] = choose(job, &list->set->items.items[i]);
	return 0;
}

/* --- endpoints ------------------------------------------------------------ */

static void endpoint_op(const struct group_job *job, bool is_local, bool is_delete,
			const struct group_endpoint *endpoint)
{
	struct nft_element e = {.family = job->key->family,
				.map = NFT_AFFINITY_ENDPOINTS,
				.protocol = endpoint->protocol,
				.to_port = endpoint->backend.port,
				.number = (uint32_t)job->key->port << 16 | endpoint->number};

	if (is_local)
		e.number |= NFT_AFFINITY_LOCAL << 16;
	memcpy(e.to_address, endpoint->backend.address, sizeof(e.to_address));
	compare_element(job->c, is_delete, job->layer, job->object, &e);
}

static struct group_endpoints *list_endpoints(const struct backend_list *list, uint8_t protocol)
{
	size_t i, n = list->count;
	struct group_endpoints *endpoints;

	endpoints = calloc(1, sizeof(*endpoints) + n * sizeof(*endpoints->items));
	if (!endpoints)
		return NULL;
	endpoints->count = (uint32_t)n;
	for (i = 0; i < n; i++) {
		struct group_endpoint *e = &endpoints->items[i];

		e->number = list->numbers.items[i];
		e->protocol = protocol;
		e->backend = list->set->items.items[i];
		e->backend.weight = 0;
	}
	return endpoints;
}

/* Where the list has just this endpoint; NO_INDEX: nowhere. */
static uint32_t find_endpoint(const struct backend_list *list, const struct group_endpoint *e,
			      uint8_t protocol)
{
	uint32_t place = list ? find_backend(list, &e->backend) : NO_INDEX;

	if (place == NO_INDEX || e->protocol != protocol || list->numbers.items[place] != e->number)
		return NO_INDEX;
	return place;
}

/* Whether any goes. What stays is marked in `due` of the list. */
static bool delete_endpoints(const struct group_job *job, bool is_local, struct backend_list *list,
			     uint8_t protocol)
{
	const struct group_endpoints *old = job->there ? job->there->endpoints[is_local] : NULL;
	bool differs = false;
	uint32_t i, place;

	for (i = 0; old && i < old->count; i++) {
		place = find_endpoint(list, &old->items[i], protocol);
		if (place != NO_INDEX) {
			list->due.items[place] = true;
			continue;
		}
		differs = true;
		endpoint_op(job, is_local, true, &old->items[i]);
	}
	return differs;
}

static bool add_endpoints(const struct group_job *job, bool is_local,
			  const struct backend_list *list, const struct group_endpoints *endpoints)
{
	bool differs = false;
	uint32_t i;

	for (i = 0; i < endpoints->count; i++) {
		if (list->due.items[i])
			continue;
		differs = true;
		endpoint_op(job, is_local, false, &endpoints->items[i]);
	}
	return differs;
}

static int want_endpoints(const struct group_job *job, struct frontend_change *change,
			  bool is_local, struct backend_list *list)
{
	struct group_endpoints *endpoints;
	size_t n = list ? list->count : 0;
	bool differs;

	if (!n) {
		change->has_new_endpoints[is_local] =
			delete_endpoints(job, is_local, NULL, job->c->port->protocol);
		return 0;
	}
	list->due.count = 0;
	if (vec_reserve(&list->due, n) < 0)
		return -ENOMEM;
	memset(list->due.items, 0, n * sizeof(*list->due.items));
	endpoints = list_endpoints(list, job->c->port->protocol);
	if (!endpoints)
		return -ENOMEM;
	differs = delete_endpoints(job, is_local, list, job->c->port->protocol);
	differs |= add_endpoints(job, is_local, list, endpoints);
	change->has_new_endpoints[is_local] = differs;
	if (differs)
		change->endpoints[is_local] = endpoints;
	else
		free(endpoints);
	return 0;
}

/* --- slots ---------------------------------------------------------------- */

/* The list with numbers in place of addresses. */
static int as_numbers(struct compare *c, const struct frontend_key *key, bool is_local,
		      const struct backend_list *list)
{
	struct backend_list *out = &c->numbered;
	size_t i, n_shares = list->shares.count, n_table = list->table.count;

	c->numbers.items.count = out->shares.count = out->table.count = 0;
	if (vec_reserve(&c->numbers.items, list->count) < 0 ||
	    vec_reserve(&out->shares, n_shares) < 0 || vec_reserve(&out->table, n_table) < 0)
		return -ENOMEM;
	for (i = 0; i < list->count; i++)
		*(struct backend *)vec_push(&c->numbers.items) =
			group_slot((uint32_t)key->port << 16, is_local, list->numbers.items[i]);
	if (n_shares)
		memcpy(out->shares.items, list->shares.items,
		       n_shares * sizeof(*list->shares.items));
	if (n_table)
		memcpy(out->table.items, list->table.items, n_table * sizeof(*list->table.items));
	out->shares.count = n_shares;
	out->table.count = n_table;
	out->n_slots = list->n_slots;
	memcpy(c->numbers.key, c->state->frontends.by_key.key, sizeof(c->numbers.key));
	if (backend_set_index(&c->numbers) < 0)
		return -ENOMEM;
	use_backends(out, &c->numbers);
	return 0;
}

static int want_group_slots(const struct group_job *job, struct frontend_change *change,
			    bool is_local, const struct backend_list *list)
{
	struct slots_job slots = {.key = job->key,
				  .is_local = is_local,
				  .layer = job->layer,
				  .object = job->object,
				  .old = job->there ? job->there->slots[is_local] : NULL};

	if (list) {
		if (as_numbers(job->c, job->key, is_local, list) < 0)
			return -ENOMEM;
		slots.backends = &job->c->numbered;
	}
	want_slots(job->c, change, &slots);
	return 0;
}

void compare_group_end(struct compare *c, struct frontend_change *group,
		       struct backend_list *const lists[2])
{
	struct frontend *there = group->there;
	struct numbers numbers = {0};
	const struct group_job job = {.c = c,
				      .key = &group->key,
				      .there = there,
				      .layer = K8SNET_LAYER_SERVICE,
				      .object = group->service->name,
				      .numbers = &numbers};
	size_t i;
	int r = 0;

	if (there)
		there->is_wanted = true;
	if (lists[0])
		r = number_backends(&job, lists[0], NULL);
	if (r == 0 && lists[1])
		r = number_backends(&job, lists[1], lists[0]);
	for (i = 0; i < 2 && r == 0; i++)
		r = want_endpoints(&job, group, i, lists[i]);
	for (i = 0; i < 2 && r == 0; i++)
		r = want_group_slots(&job, group, i, lists[i]);
	if (r < 0)
		compare_fail(c, r);
}

void compare_group_gone(struct compare *c, const struct frontend *group, const char *object)
{
	const struct group_job job = {.c = c,
				      .key = &group->key,
				      .there = group,
				      .layer = K8SNET_LAYER_SERVICE,
				      .object = object};

	delete_endpoints(&job, false, NULL, 0);
	delete_endpoints(&job, true, NULL, 0);
}
