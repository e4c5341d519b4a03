/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

void state_init(struct state *s)
{
	memset(s, 0, sizeof(*s));
	hash_init(&s->kobjs);
	hash_init(&s->owners);
	frontends_init(&s->frontends);
	members_init(&s->members);
	hash_init(&s->tables[0].chains);
	hash_init(&s->tables[1].chains);
}

static void free_nodes(struct hash *h)
{
	struct hash_node *node, *next;

	for (node = hash_first(h); node; node = next) {
		next = hash_next(h, node);
		free(node); /* the first member of what is stored */
	}
	hash_done(h);
}

void state_done(struct state *s)
{
	free_nodes(&s->kobjs);
	free_nodes(&s->owners);
	frontends_done(&s->frontends);
	members_done(&s->members);
	vec_done(&s->hits);
	vec_done(&s->stale);
	free_nodes(&s->tables[0].chains);
	free_nodes(&s->tables[1].chains);
	vec_done(&s->tables[0].strays);
	vec_done(&s->tables[1].strays);
}

/* The key as bytes, for hashing. */
struct kobj_key {
	uint8_t type, length;
	char name[IFNAMSIZ];
	uint8_t bytes[17];
};

static void copy_address(struct kobj_key *key, const struct k8snet_address *address)
{
	key->bytes[0] = address->family;
	memcpy(key->bytes + 1, address->bytes, 16);
}

uint64_t kobj_hash(const struct hash *h, const struct kobj *kobj)
{
	struct kobj_key key = {.type = kobj->type};
	const char *text = kobj->netns ? kobj->netns : "";

	if (kobj->type != KOBJ_ROUTE)
		memcpy(key.name, kobj->name, strnlen(kobj->name, IFNAMSIZ));
	if (kobj->type == KOBJ_SYSCTL)
		return hash_strings(h, text, kobj->sysctl.path);
	if (kobj->type == KOBJ_FDB)
		memcpy(key.bytes, kobj->fdb.mac, 6);
	if (kobj->type == KOBJ_NEIGHBOUR)
		copy_address(&key, &kobj->neighbour.address);
	if (kobj->type == KOBJ_ADDRESS || kobj->type == KOBJ_ROUTE) {
		const struct k8snet_prefix *prefix =
			kobj->type == KOBJ_ROUTE ? &kobj->route.destination : &kobj->address;
		copy_address(&key, &prefix->address);
		key.length = prefix->length;
	}
	return hash_bytes(h, &key, sizeof(key)) + (*text ? hash_bytes(h, text, strlen(text)) : 0);
}

static struct state_kobj *find_with_hash(const struct state *s, const struct kobj *key,
					 uint64_t hash)
{
	struct hash_node *node;

	for (node = hash_find(&s->kobjs, hash); node; node = hash_find_next(node)) {
		struct state_kobj *found = container_of(node, struct state_kobj, node);

		if (kobj_is_same(&found->kobj, key))
			return found;
	}
	return NULL;
}

struct state_kobj *state_find_kobj(const struct state *s, const struct kobj *key)
{
	return find_with_hash(s, key, kobj_hash(&s->kobjs, key));
}

static size_t string_size(const char *text)
{
	return text ? strlen(text) + 1 : 0;
}

/* Copy a string to *p and go on behind it. */
static const char *put_string(char **p, const char *text)
{
	size_t size = string_size(text);
	char *copy = *p;

	if (!size)
		return NULL;
	*p += size;
	return memcpy(copy, text, size);
}

static struct state_kobj *copy_kobj(const struct kobj *kobj)
{
	bool is_link = kobj->type == KOBJ_LINK, is_sysctl = kobj->type == KOBJ_SYSCTL;
	const char *one = is_link ? kobj->link.alias : is_sysctl ? kobj->sysctl.path : NULL;
	const char *two = is_link ? kobj->link.peer_netns : is_sysctl ? kobj->sysctl.value : NULL;
	struct state_kobj *copy;
	char *p;

	copy = calloc(1, sizeof(*copy) + string_size(kobj->netns) + string_size(one) +
				 string_size(two));
	if (!copy)
		return NULL;
	p = (char *)(copy + 1);
	copy->kobj = *kobj;
	copy->kobj.netns = put_string(&p, kobj->netns);
	one = put_string(&p, one);
	two = put_string(&p, two);
	if (is_link) {
		copy->kobj.link.alias = one;
		copy->kobj.link.peer_netns = two;
	} else if (is_sysctl) {
		copy->kobj.sysctl.path = one;
		copy->kobj.sysctl.value = two;
	}
	return copy;
}

int state_add_kobj(struct state *s, const struct kobj *kobj)
{
	uint64_t hash = kobj_hash(&s->kobjs, kobj);
	struct state_kobj *old = find_with_hash(s, kobj, hash), *copy;
	int r;

	copy = copy_kobj(kobj);
	if (!copy)
		return -ENOMEM;
	r = hash_insert(&s->kobjs, &copy->node, hash);
	if (r < 0) {
		free(copy);
		return r;
	}
	if (old)
		state_remove_kobj(s, old);
	return 0;
}

static void leave_owner(struct state *s, struct state_kobj *kobj)
{
	struct state_owner *owner = kobj->owner;
	struct state_kobj **p;

	if (!owner)
		return;
	for (p = &owner->first; *p != kobj; p = &(*p)->next_of_owner)
		;
	*p = kobj->next_of_owner;
	kobj->owner = NULL;
	if (owner->first)
		return;
	hash_remove(&s->owners, &owner->node);
	free(owner);
}

void state_remove_kobj(struct state *s, struct state_kobj *kobj)
{
	leave_owner(s, kobj);
	hash_remove(&s->kobjs, &kobj->node);
	free(kobj);
}

struct state_owner *state_find_owner(const struct state *s, const char *name)
{
	struct hash_node *node = hash_find(&s->owners, hash_bytes(&s->owners, name, strlen(name)));

	for (; node; node = hash_find_next(node)) {
		struct state_owner *owner = container_of(node, struct state_owner, node);

		if (!strcmp(owner->name, name))
			return owner;
	}
	return NULL;
}

static struct state_owner *get_owner(struct state *s, const char *name)
{
	struct state_owner *owner = state_find_owner(s, name);
	size_t size = strlen(name) + 1;

	if (owner)
		return owner;
	owner = calloc(1, sizeof(*owner) + size);
	if (!owner)
		return NULL;
	memcpy(owner->name, name, size);
	if (hash_insert(&s->owners, &owner->node, hash_bytes(&s->owners, name, size - 1)) < 0) {
		free(owner);
		return NULL;
	}
	return owner;
}

int state_set_owner(struct state *s, struct state_kobj *kobj, const char *name)
{
	struct state_owner *owner = kobj->owner;

	if (owner && !strcmp(owner->name, name))
		return 0;
	owner = get_owner(s, name);
	if (!owner)
		return -ENOMEM;
	leave_owner(s, kobj);
	kobj->owner = owner;
	kobj->next_of_owner = owner->first;
	owner->first = kobj;
	return 0;
}

void state_set_uplink(struct state *s, uint8_t family, const char *name, uint32_t mtu,
		      const struct k8snet_prefix *prefix)
{
	struct state_uplink *uplink = &s->uplinks[family_index(family)];

	memset(uplink->name, 0, sizeof(uplink->name));
	memcpy(uplink->name, name, strnlen(name, IFNAMSIZ - 1));
	uplink->mtu = mtu;
	uplink->prefix = *prefix;
}

void state_set_table(struct state *s, uint8_t family, bool is_whole, bool has_counters)
{
	struct state_table *table = &s->tables[family_index(family)];

	table->exists = true;
	table->is_whole = is_whole;
	table->has_counters = has_counters;
}

uint64_t chain_hash(const struct hash *h, const struct nft_chain *chain)
{
	const uint32_t key[] = {chain->kind, chain->protocol, chain->n,	  chain->l,
				chain->pick, chain->affinity, chain->port};

	return hash_bytes(h, key, sizeof(key)) ^
	       (nft_chain_is_own(chain) ? hash_bytes(h, chain->address, 16) : 0);
}

struct state_chain *state_find_chain(const struct state *s, const struct nft_chain *chain)
{
	const struct hash *chains = &s->tables[family_index(chain->family)].chains;
	struct hash_node *node = hash_find(chains, chain_hash(chains, chain));

	for (; node; node = hash_find_next(node)) {
		struct state_chain *c = container_of(node, struct state_chain, node);

		if (nft_chain_is_same(&c->chain, chain))
			return c;
	}
	return NULL;
}

/* Finds or makes. NULL: out of memory. */
static struct state_chain *get_chain(struct state *s, const struct nft_chain *chain)
{
	struct hash *chains = &s->tables[family_index(chain->family)].chains;
	struct state_chain *c = state_find_chain(s, chain);

	if (c)
		return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		return NULL;
	c->chain = *chain;
	if (hash_insert(chains, &c->node, chain_hash(chains, chain)) == 0)
		return c;
	free(c);
	return NULL;
}

int state_add_chain(struct state *s, const struct nft_chain *chain, bool is_whole)
{
	struct state_chain *c = get_chain(s, chain);

	if (!c)
		return -ENOMEM;
	c->is_whole = is_whole;
	return 0;
}

int state_add_balancer(struct state *s, const struct nft_chain *chain)
{
	struct state_chain *c = get_chain(s, chain);

	if (!c)
		return -ENOMEM;
	c->is_balancer = true;
	return 0;
}

void state_remove_chain(struct state *s, const struct nft_chain *chain)
{
	struct state_chain *c = state_find_chain(s, chain);

	if (!c)
		return;
	hash_remove(&s->tables[family_index(chain->family)].chains, &c->node);
	free(c);
}

/* --- elements ------------------------------------------------------------- */

static struct frontend_key key_of_element(const struct nft_element *e)
{
	struct frontend_key key = {.family = e->family, .protocol = e->protocol, .port = e->port};

	if (e->map == NFT_AFFINITY_SLOTS || e->map == NFT_AFFINITY_ENDPOINTS)
		return group_key(e->family, e->number);
	key.type = nft_map_is_of_node_ports(e->map) ? FRONTEND_NODE_PORT : FRONTEND_VIP;
	if (key.type == FRONTEND_VIP)
		memcpy(key.address, e->address, sizeof(key.address));
	return key;
}

static int add_slot(struct frontend_slots **slots, const struct frontend_key *key, uint16_t slot,
		    const struct backend *backend)
{
	struct frontend_slots *bigger;
	uint32_t i, old = *slots ? (*slots)->count : 0, count = old ? old : 4;

	while (count <= slot)
		count *= 2;
	if (count != old) {
		bigger = slots_new(key, count);
		if (!bigger)
			return -ENOMEM;
		if (old)
			memcpy(bigger->bytes, (*slots)->bytes,
			       (size_t)old * (bigger->address_size + 2u));
		for (i = old; i < count; i++)
			slots_set(bigger, i, &(struct backend){0});
		free(*slots);
		*slots = bigger;
	}
	slots_set(*slots, slot, backend);
	return 0;
}

static struct backend backend_of_element(const struct nft_element *e)
{
	struct backend backend = {.port = e->to_port};

	memcpy(backend.address, e->to_address, sizeof(backend.address));
	return backend;
}

/* Grows by doubling; the kernel has each number once. */
static int add_endpoint(struct group_endpoints **endpoints, const struct nft_element *e)
{
	uint32_t count = *endpoints ? (*endpoints)->count : 0;
	struct group_endpoints *bigger;

	if (!(count & (count - 1))) {
		bigger = realloc(*endpoints, sizeof(*bigger) + (count ? 2 * (size_t)count : 1) *
								       sizeof(*bigger->items));
		if (!bigger)
			return -ENOMEM;
		*endpoints = bigger;
	}
	(*endpoints)->count = count + 1;
	(*endpoints)->items[count] =
		(struct group_endpoint){(uint16_t)e->number, e->protocol, backend_of_element(e)};
	return 0;
}

static int add_to_group(struct frontend *f, const struct nft_element *e)
{
	bool is_local = e->number >> 16 & NFT_AFFINITY_LOCAL;
	struct backend slot;

	if (e->map == NFT_AFFINITY_ENDPOINTS)
		return add_endpoint(&f->endpoints[is_local], e);
	slot = group_slot(e->number, is_local, (uint16_t)e->number);
	return add_slot(&f->slots[is_local], &f->key, e->slot, &slot);
}

static void add_verdict(struct frontend *f, const struct nft_element *e)
{
	bool is_chain = nft_map_is_chains(e->map);

	f->leads[is_chain] = true;
	nft_element_get_verdict(e, &f->verdicts[is_chain]);
}

/* The verdict of a number; one to another chain than the number says is a stray. */
static int add_balancer(struct state *s, const struct nft_element *e)
{
	const struct nft_chain chain = nft_element_get_chain(e);
	const struct nft_verdict verdict = nft_chain_get_verdict(&chain);
	struct nft_element *stray;

	if (e->number && nft_verdict_get_number(&verdict) == e->number)
		return state_add_balancer(s, &chain);
	stray = vec_push(&s->tables[family_index(e->family)].strays);
	if (!stray)
		return -ENOMEM;
	*stray = *e;
	return 0;
}

int state_add_element(struct state *s, const struct nft_element *e)
{
	struct backend backend = backend_of_element(e);
	struct frontend_key key;
	struct frontend *f;

	if (nft_map_is_set(e->map))
		return members_get(&s->members, e) ? 0 : -ENOMEM;
	if (e->map == NFT_BALANCERS)
		return add_balancer(s, e);
	key = key_of_element(e);
	f = frontends_get(&s->frontends, &key);
	if (!f)
		return -ENOMEM;
	if (key.type == FRONTEND_GROUP)
		return add_to_group(f, e);
	if (nft_map_is_slots(e->map))
		return add_slot(&f->slots[nft_map_is_local(e->map)], &key, e->slot, &backend);
	if (nft_map_is_balancers(e->map) || nft_map_is_chains(e->map)) {
		add_verdict(f, e);
	} else {
		f->has_number = true;
		f->number = e->number;
	}
	return 0;
}

void observe_request_done(struct observe_request *request)
{
	vec_done(&request->links);
	vec_done(&request->netns);
	vec_done(&request->sysctls);
	vec_done(&request->addresses);
}
