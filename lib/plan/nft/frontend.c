/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/nft/frontend.h"

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

void frontends_init(struct frontends *fs)
{
	hash_init(&fs->by_key);
	hash_init(&fs->services);
	fs->has_conflicts = false;
}

static void free_service(struct frontend_service *service)
{
	free(service->uses);
	free(service);
}

static void free_frontend(struct frontend *f)
{
	free(f->slots[0]);
	free(f->slots[1]);
	free(f->leaving);
	free(f->endpoints[0]);
	free(f->endpoints[1]);
	free(f);
}

void frontends_done(struct frontends *fs)
{
	struct hash_node *node, *next;

	for (node = hash_first(&fs->by_key); node; node = next) {
		next = hash_next(&fs->by_key, node);
		free_frontend(container_of(node, struct frontend, node));
	}
	for (node = hash_first(&fs->services); node; node = next) {
		next = hash_next(&fs->services, node);
		free_service(container_of(node, struct frontend_service, node));
	}
	hash_done(&fs->by_key);
	hash_done(&fs->services);
}

static struct frontend *find_with_hash(const struct frontends *fs, const struct frontend_key *key,
				       uint64_t hash)
{
	struct hash_node *node;

	for (node = hash_find(&fs->by_key, hash); node; node = hash_find_next(node)) {
		struct frontend *f = container_of(node, struct frontend, node);

		if (!memcmp(&f->key, key, sizeof(*key)))
			return f;
	}
	return NULL;
}

struct frontend *frontends_find(const struct frontends *fs, const struct frontend_key *key)
{
	return find_with_hash(fs, key, hash_bytes(&fs->by_key, key, sizeof(*key)));
}

struct frontend *frontends_get(struct frontends *fs, const struct frontend_key *key)
{
	uint64_t hash = hash_bytes(&fs->by_key, key, sizeof(*key));
	struct frontend *f = find_with_hash(fs, key, hash);

	if (f)
		return f;
	f = calloc(1, sizeof(*f));
	if (!f)
		return NULL;
	f->key = *key;
	if (hash_insert(&fs->by_key, &f->node, hash) < 0) {
		free(f);
		return NULL;
	}
	return f;
}

void frontend_set_service(struct frontend *f, struct frontend_service *service)
{
	struct frontend **p;

	if (f->service == service)
		return;
	if (f->service) {
		for (p = &f->service->first; *p != f; p = &(*p)->next_of_service)
			;
		*p = f->next_of_service;
	}
	f->service = service;
	if (service) {
		f->next_of_service = service->first;
		service->first = f;
	}
}

void frontends_remove(struct frontends *fs, struct frontend *f)
{
	frontend_set_service(f, NULL);
	hash_remove(&fs->by_key, &f->node);
	free_frontend(f);
}

struct frontend_service *frontends_find_service(const struct frontends *fs, const char *name)
{
	struct hash_node *node =
		hash_find(&fs->services, hash_bytes(&fs->services, name, strlen(name)));

	for (; node; node = hash_find_next(node)) {
		struct frontend_service *s = container_of(node, struct frontend_service, node);

		if (!strcmp(s->name, name))
			return s;
	}
	return NULL;
}

struct frontend_service *frontends_get_service(struct frontends *fs, const char *name)
{
	struct frontend_service *s = frontends_find_service(fs, name);
	size_t size = strlen(name) + 1;

	if (s)
		return s;
	s = calloc(1, sizeof(*s) + size);
	if (!s)
		return NULL;
	memcpy(s->name, name, size);
	if (hash_insert(&fs->services, &s->node, hash_bytes(&fs->services, name, size - 1)) < 0) {
		free(s);
		return NULL;
	}
	return s;
}

void frontends_remove_service(struct frontends *fs, struct frontend_service *service)
{
	while (service->first)
		frontend_set_service(service->first, NULL);
	hash_remove(&fs->services, &service->node);
	free_service(service);
}

const struct nft_verdict *frontend_get_verdict(const struct frontend *f)
{
	if (f->leads[0])
		return &f->verdicts[0];
	return f->leads[1] ? &f->verdicts[1] : NULL;
}

struct nft_chain frontend_get_chain(const struct frontend_key *key,
				    const struct nft_verdict *verdict)
{
	struct nft_element e = {
		.family = key->family, .protocol = key->protocol, .port = key->port};

	memcpy(e.address, key->address, sizeof(e.address));
	nft_element_set_verdict(&e, verdict);
	return nft_element_get_chain(&e);
}

/* --- groups --------------------------------------------------------------- */

struct frontend_key group_key(uint8_t family, uint32_t number)
{
	return (struct frontend_key){
		.family = family,
		.type = FRONTEND_GROUP,
		.port = (uint16_t)(number >> 16 & ~NFT_AFFINITY_LOCAL),
	};
}

struct backend group_slot(uint32_t number, bool is_local, uint16_t endpoint)
{
	uint16_t s = (uint16_t)(number >> 16 | (is_local ? NFT_AFFINITY_LOCAL : 0));
	struct backend slot = {.port = endpoint};

	slot.address[0] = (uint8_t)(s >> 8);
	slot.address[1] = (uint8_t)s;
	return slot;
}

struct frontend *frontends_find_group(const struct frontends *fs, const struct frontend *f)
{
	const struct frontend_key key = group_key(f->key.family, f->number);

	return f->has_number ? frontends_find(fs, &key) : NULL;
}

const struct group_endpoint *group_endpoints_find(const struct group_endpoints *endpoints,
						  uint16_t number)
{
	uint32_t i;

	for (i = 0; endpoints && i < endpoints->count; i++)
		if (endpoints->items[i].number == number)
			return &endpoints->items[i];
	return NULL;
}

/* --- slots ---------------------------------------------------------------- */

static size_t slot_size(const struct frontend_slots *slots)
{
	return slots->address_size + 2u;
}

struct frontend_slots *slots_new(const struct frontend_key *key, uint32_t count)
{
	uint8_t address_size = key->type == FRONTEND_GROUP ? 2 : key->family == 6 ? 16 : 4;
	struct frontend_slots *slots;

	slots = malloc(sizeof(*slots) + (size_t)count * (address_size + 2u));
	if (!slots)
		return NULL;
	slots->count = count;
	slots->address_size = address_size;
	return slots;
}

struct frontend_slots *slots_copy(const struct frontend_slots *slots)
{
	size_t size = sizeof(*slots) + slots->count * slot_size(slots);
	struct frontend_slots *copy = malloc(size);

	return copy ? memcpy(copy, slots, size) : NULL;
}

bool slots_are_same(const struct frontend_slots *a, const struct frontend_slots *b, uint32_t slot)
{
	size_t at;

	if (!a || !b || slot >= a->count || slot >= b->count)
		return false;
	at = slot * slot_size(a);
	return !memcmp(a->bytes + at, b->bytes + at, slot_size(a));
}

void slots_set(struct frontend_slots *slots, uint32_t slot, const struct backend *backend)
{
	uint8_t *p = slots->bytes + slot * slot_size(slots);

	memcpy(p, backend->address, slots->address_size);
	memcpy(p + slots->address_size, &backend->port, 2);
}

bool slots_get(const struct frontend_slots *slots, uint32_t slot, struct backend *backend)
{
	const uint8_t *p;

	memset(backend, 0, sizeof(*backend));
	if (!slots || slot >= slots->count)
		return false;
	p = slots->bytes + slot * slot_size(slots);
	memcpy(backend->address, p, slots->address_size);
	memcpy(&backend->port, p + slots->address_size, 2);
	return backend->port != 0;
}

/* --- elements of sets ----------------------------------------------------- */

void members_init(struct nft_members *ms)
{
	hash_init(&ms->by_key);
}

void members_done(struct nft_members *ms)
{
	struct hash_node *node, *next;

	for (node = hash_first(&ms->by_key); node; node = next) {
		next = hash_next(&ms->by_key, node);
		free(container_of(node, struct nft_member, node));
	}
	hash_done(&ms->by_key);
}

/* Elements of sets are zero but for their key. */
static struct nft_member *find_member(const struct nft_members *ms, const struct nft_element *e,
				      uint64_t hash)
{
	struct hash_node *node;

	for (node = hash_find(&ms->by_key, hash); node; node = hash_find_next(node)) {
		struct nft_member *m = container_of(node, struct nft_member, node);

		if (!memcmp(&m->element, e, sizeof(*e)))
			return m;
	}
	return NULL;
}

struct nft_member *members_find(const struct nft_members *ms, const struct nft_element *element)
{
	return find_member(ms, element, hash_bytes(&ms->by_key, element, sizeof(*element)));
}

struct nft_member *members_get(struct nft_members *ms, const struct nft_element *element)
{
	uint64_t hash = hash_bytes(&ms->by_key, element, sizeof(*element));
	struct nft_member *m = find_member(ms, element, hash);

	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	if (!m)
		return NULL;
	m->element = *element;
	if (hash_insert(&ms->by_key, &m->node, hash) < 0) {
		free(m);
		return NULL;
	}
	return m;
}

void members_remove(struct nft_members *ms, struct nft_member *member)
{
	hash_remove(&ms->by_key, &member->node);
	free(member);
}
