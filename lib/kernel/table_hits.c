/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/table_hits.h"

#include <stdlib.h>
#include <string.h>

/* By what makes an element of a map that counts. */
static int compare(const void *a, const void *b)
{
	const struct nft_element *x = &((const struct nft_hits *)a)->element;
	const struct nft_element *y = &((const struct nft_hits *)b)->element;
	int order;

	if (x->family != y->family)
		return x->family - y->family;
	if (x->map != y->map)
		return x->map - y->map;
	if (x->protocol != y->protocol)
		return x->protocol - y->protocol;
	if (x->map == NFT_AFFINITY_ENDPOINTS)
		return (x->number > y->number) - (x->number < y->number);
	order = memcmp(x->address, y->address, sizeof(x->address));
	if (order)
		return order;
	return x->port != y->port ? x->port - y->port : x->slot - y->slot;
}

void hits_sort(struct state *state)
{
	if (state->hits.count)
		qsort(state->hits.items, state->hits.count, sizeof(*state->hits.items), compare);
}

static uint64_t find(const struct state *state, const struct nft_element *element)
{
	const struct nft_hits key = {.element = *element}, *found = NULL;

	if (state->hits.count)
		found = bsearch(&key, state->hits.items, state->hits.count,
				sizeof(*state->hits.items), compare);
	return found ? found->hits : 0;
}

static struct nft_element element_of(const struct frontend *f, enum nft_map map)
{
	struct nft_element e = {.family = f->key.family,
				.map = (uint8_t)map,
				.protocol = f->key.protocol,
				.port = f->key.port};

	memcpy(e.address, f->key.address, sizeof(e.address));
	return e;
}

uint64_t hits_of_frontend(const struct state *state, const struct frontend *f)
{
	bool is_node_port = f->key.type == FRONTEND_NODE_PORT;
	const struct nft_element e = element_of(f, nft_lead_map(is_node_port, !f->leads[0]));

	return find(state, &e);
}

uint64_t hits_of_slot(const struct state *state, const struct frontend *f, bool is_local,
		      uint32_t slot)
{
	struct nft_element e =
		element_of(f, nft_slots_map(f->key.type == FRONTEND_NODE_PORT, is_local));

	if (frontend_get_verdict(f)->affinity)
		return 0;
	e.slot = (uint16_t)slot;
	return find(state, &e);
}

uint64_t hits_of_affinity_slot(const struct state *state, const struct frontend *f,
			       const struct frontend *group, bool is_local, uint32_t slot)
{
	struct nft_element e = element_of(f, NFT_AFFINITY_ENDPOINTS);
	struct backend backend;

	is_local |= f->number >> 16 & NFT_AFFINITY_LOCAL;
	if (!slots_get(group->slots[is_local], slot, &backend))
		return 0;
	e.number = f->number | (is_local ? NFT_AFFINITY_LOCAL << 16 : 0) | backend.port;
	return find(state, &e);
}
