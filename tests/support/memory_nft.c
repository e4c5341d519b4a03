/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables, chains and elements, as nf_tables does. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_kernel.h"

static struct machine_table *table_of(const struct machine *m, uint8_t family)
{
	return (struct machine_table *)&m->tables[family == 6];
}

static void copy_key_field(struct nft_element *key, const struct nft_element *e, uint8_t field)
{
	switch ((enum nft_field)field) {
	case NFT_FIELD_ADDRESS:
	case NFT_FIELD_LINK:
		memcpy(key->address, e->address, sizeof(key->address));
		key->prefix_length = e->prefix_length;
		break;
	case NFT_FIELD_SOURCE:
	case NFT_FIELD_TO_ADDRESS:
		memcpy(key->to_address, e->to_address, sizeof(key->to_address));
		break;
	case NFT_FIELD_PROTOCOL:
		key->protocol = e->protocol;
		break;
	case NFT_FIELD_PORT:
		key->port = e->port;
		break;
	case NFT_FIELD_TO_PORT:
		key->to_port = e->to_port;
		break;
	case NFT_FIELD_SLOT:
		key->slot = e->slot;
		break;
	case NFT_FIELD_BALANCER:
	case NFT_FIELD_NUMBER:
		key->number = e->number;
		break;
	case NFT_FIELD_SERVICE:
		key->number = e->number & 0xffff0000;
		break;
	default:
		break;
	}
}

/* The key: an element without its data. */
static struct nft_element key_of(const struct nft_element *e)
{
	struct nft_element key = {.family = e->family, .map = e->map};
	size_t i;

	if (nft_map_is_backends(e->map))
		key.protocol = e->protocol;
	for (i = 0; i < NFT_MAP_FIELDS; i++)
		copy_key_field(&key, e, nft_maps[e->map].key[i]);
	return key;
}

struct machine_element *machine_find_element(const struct machine *m, const struct nft_element *e)
{
	const struct hash *h = &table_of(m, e->family)->elements;
	struct nft_element key = key_of(e), other;
	struct hash_node *node = hash_find(h, hash_bytes(h, &key, sizeof(key)));

	for (; node; node = hash_find_next(node)) {
		other = key_of(&container_of(node, struct machine_element, node)->element);
		if (!memcmp(&other, &key, sizeof(key)))
			return container_of(node, struct machine_element, node);
	}
	return NULL;
}

static int insert(struct machine *m, const struct nft_element *e)
{
	struct hash *h = &table_of(m, e->family)->elements;
	struct machine_element *copy = calloc(1, sizeof(*copy));
	struct nft_element key = key_of(e);

	if (!copy)
		return ENOMEM;
	copy->element = *e;
	if (hash_insert(h, &copy->node, hash_bytes(h, &key, sizeof(key))) == 0)
		return 0;
	free(copy);
	return ENOMEM;
}

void machine_delete_element(struct machine *m, struct machine_element *e)
{
	hash_remove(&table_of(m, e->element.family)->elements, &e->node);
	free(e);
}

size_t machine_count_elements(const struct machine *m)
{
	return m->tables[0].elements.count + m->tables[1].elements.count;
}

struct machine_chain *machine_find_chain(const struct machine *m, const struct nft_chain *chain)
{
	struct machine_chain *c;

	vec_foreach (&table_of(m, chain->family)->chains, c)
		if (nft_chain_is_same(&c->chain, chain))
			return c;
	return NULL;
}

bool machine_is_unmapped(const struct machine *m, const struct nft_element *e)
{
	const struct machine_table *table = table_of(m, e->family);

	return !table->exists ||
	       table->lacks[e->map]
			   [nft_map_is_backends(e->map) ? nft_protocol_index(e->protocol) : 0];
}

void machine_delete_chain(struct machine *m, const struct nft_chain *chain)
{
	struct machine_table *table = table_of(m, chain->family);
	struct machine_chain *c = machine_find_chain(m, chain);

	if (c)
		*c = table->chains.items[--table->chains.count];
}

void machine_delete_table(struct machine *m, uint8_t family)
{
	struct machine_table *table = table_of(m, family);
	struct hash_node *node;

	while ((node = hash_first(&table->elements)))
		machine_delete_element(m, container_of(node, struct machine_element, node));
	table->chains.count = 0;
	table->exists = table->has_rules = table->has_counters = false;
	memset(table->lacks, 0, sizeof(table->lacks));
}

/* --- tables and chains ---------------------------------------------------- */

static bool leads_to(const struct nft_element *e, const struct nft_chain *chain)
{
	const struct nft_chain to = nft_element_get_chain(e);

	return nft_map_is_verdicts(e->map) && nft_chain_is_same(&to, chain);
}

static bool is_used(const struct machine *m, const struct nft_chain *chain)
{
	struct hash_node *node;

	hash_foreach (&table_of(m, chain->family)->elements, node)
		if (leads_to(&container_of(node, struct machine_element, node)->element, chain))
			return true;
	return false;
}

static int put_chain(struct machine *m, const struct nft_chain *chain, uint32_t mark)
{
	struct machine_chain *c = machine_find_chain(m, chain);
	struct nft_element map = {.family = chain->family,
				  .map = chain->affinity ? NFT_AFFINITY_ENDPOINTS
					 : chain->kind == NFT_CHAIN_NODE_PORT
						 ? NFT_NODE_PORT_ENDPOINTS
						 : NFT_ENDPOINTS,
				  .protocol = chain->protocol};

	if (chain->kind != NFT_CHAIN_MARK && machine_is_unmapped(m, &map))
		return ENOENT;
	if (!c)
		c = vec_push(&table_of(m, chain->family)->chains);
	if (!c)
		return ENOMEM;
	c->chain = *chain;
	c->has_rules = true;
	c->mark = mark;
	return 0;
}

static int table_op(struct machine *m, const struct k8snet_op *op, uint32_t mark)
{
	struct machine_table *table = table_of(m, op->family);

	if (op->verb == OP_DELETE) {
		machine_delete_table(m, op->family);
		return 0;
	}
	table->exists = table->has_rules = true;
	table->mark = mark;
	table->has_counters |= op->has_counters;
	memset(table->lacks, 0, sizeof(table->lacks));
	return 0;
}

int machine_skeleton(struct machine *m, const struct k8snet_op *op, uint32_t mark)
{
	if (op->target == OP_TABLE)
		return table_op(m, op, mark);
	if (op->verb == OP_DELETE) {
		if (is_used(m, &op->chain))
			return EBUSY;
		machine_delete_chain(m, &op->chain);
		return 0;
	}
	if (!table_of(m, op->chain.family)->exists)
		return ENOENT;
	return put_chain(m, &op->chain, mark);
}

/* --- elements ------------------------------------------------------------- */

static bool overlaps(const struct machine *m, const struct nft_element *e)
{
	struct k8snet_prefix a = {.length = e->prefix_length}, b;
	struct hash_node *node;

	if (!nft_map_is_intervals(e->map))
		return false;
	a.address.family = nft_map_is_interfaces(e->map) ? 6 : e->family;
	memcpy(a.address.bytes, e->address, 16);
	hash_foreach (&table_of(m, e->family)->elements, node) {
		const struct nft_element *o =
			&container_of(node, struct machine_element, node)->element;

		if (o->map != e->map)
			continue;
		b = (struct k8snet_prefix){.length = o->prefix_length};
		b.address.family = a.address.family;
		memcpy(b.address.bytes, o->address, 16);
		if (k8snet_prefix_has_address(&a, &b.address) ||
		    k8snet_prefix_has_address(&b, &a.address))
			return true;
	}
	return false;
}

int machine_element_add(struct machine *m, const struct nft_element *e)
{
	const struct nft_chain chain = nft_element_get_chain(e);

	if (machine_is_unmapped(m, e))
		return ENOENT;
	if (machine_find_element(m, e) || overlaps(m, e))
		return EEXIST;
	if (nft_map_is_verdicts(e->map) && !nft_chain_is_fixed(e->to_kind) &&
	    !machine_find_chain(m, &chain))
		return ENOENT;
	return insert(m, e);
}

struct undo {
	struct nft_element element;
	bool was_there;
};
typedef VEC(struct undo) undo_list;

static int element_op(struct machine *m, const struct k8snet_op *op, undo_list *undo)
{
	struct machine_element *there = machine_find_element(m, &op->element);
	struct undo *u;
	int error;

	if (op->verb == OP_DELETE && !there)
		return machine_is_unmapped(m, &op->element) ? ENOENT : 0;
	u = vec_push(undo);
	if (!u)
		return ENOMEM;
	u->element = op->element;
	if (op->verb == OP_DELETE) {
		u->element = there->element;
		u->was_there = true;
		machine_delete_element(m, there);
		return 0;
	}
	error = machine_element_add(m, &op->element);
	if (error)
		undo->count--;
	return error;
}

static void roll_back(struct machine *m, undo_list *undo)
{
	while (undo->count) {
		const struct undo *u = &undo->items[--undo->count];

		if (!u->was_there)
			machine_delete_element(m, machine_find_element(m, &u->element));
		else if (insert(m, &u->element))
			abort();
	}
}

int machine_elements(struct machine *m, const struct k8snet_op *ops, size_t count, size_t *failed)
{
	undo_list undo = {0};
	int error = 0;
	size_t i;

	for (i = 0; i < count && !error; i++)
		error = element_op(m, &ops[i], &undo);
	*failed = error ? i - 1 : count;
	if (error)
		roll_back(m, &undo);
	vec_done(&undo);
	return error;
}
