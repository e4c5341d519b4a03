/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/compare.h"

#include <errno.h>
#include <string.h>

static struct member_change *find_change(const struct hash *h, const struct nft_element *element,
					 uint64_t hash)
{
	struct hash_node *node;

	for (node = hash_find(h, hash); node; node = hash_find_next(node)) {
		struct member_change *m = container_of(node, struct member_change, node);

		if (!memcmp(&m->element, element, sizeof(*element)))
			return m;
	}
	return NULL;
}

void compare_member(struct compare *c, const struct nft_element *element, int delta)
{
	struct hash *members = &c->plan->changes->members;
	uint64_t hash = hash_bytes(members, element, sizeof(*element));
	struct member_change *m = find_change(members, element, hash);

	if (!m) {
		m = arena_alloc(&c->plan->arena, sizeof(*m));
		if (!m || hash_insert(members, &m->node, hash) < 0) {
			compare_fail(c, -ENOMEM);
			return;
		}
		m->element = *element;
		*c->plan->changes->last_member = m;
		c->plan->changes->last_member = &m->next;
	}
	m->delta += delta;
}

static void compare_one(struct compare *c, const struct member_change *m)
{
	const struct nft_member *there = members_find(&c->state->members, &m->element);
	int users = (there ? (int)there->users : 0) + m->delta;

	if (!there && users > 0)
		compare_element(c, false, K8SNET_LAYER_SERVICE, c->node_object, &m->element);
	if (there && users <= 0)
		compare_element(c, true, K8SNET_LAYER_SERVICE, c->node_object, &m->element);
}

/* Observed, and nobody uses it. */
static void prune_members(struct compare *c)
{
	struct hash_node *node;

	hash_foreach (&c->state->members.by_key, node) {
		const struct nft_member *m = container_of(node, struct nft_member, node);

		if (!m->users)
			compare_member(c, &m->element, 0);
	}
}

void compare_members(struct compare *c)
{
	const struct member_change *m;

	if (c->prune)
		prune_members(c);
	for (m = c->plan->changes->first_member; m; m = m->next)
		compare_one(c, m);
}
