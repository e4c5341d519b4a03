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

static int users_of(const struct compare *c, const struct member_change *m)
{
	const struct nft_member *there = members_find(&c->state->members, &m->element);

	return (there ? (int)there->users : 0) + m->delta;
}

/* --- subnets that lie within others --------------------------------------- */

/* Lengths of the prefixes in a set, a bit for each. */
struct lengths {
	bool in_use[129];
};

static bool is_wanted_network(const struct compare *c, const struct member_change *m)
{
	return nft_map_is_intervals(m->element.map) && users_of(c, m) > 0;
}

static struct nft_element widen(const struct nft_element *element, unsigned int length)
{
	struct nft_element wider = *element;
	unsigned int bit;

	for (bit = length; bit < element->prefix_length; bit++)
		wider.address[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	wider.prefix_length = (uint8_t)length;
	return wider;
}

static bool is_covered(const struct compare *c, const struct nft_element *element,
		       const struct lengths *lengths)
{
	const struct hash *members = &c->plan->changes->members;
	const struct member_change *m;
	struct nft_element wider;
	unsigned int length;

	for (length = 0; length < element->prefix_length; length++) {
		if (!lengths->in_use[length])
			continue;
		wider = widen(element, length);
		m = find_change(members, &wider, hash_bytes(members, &wider, sizeof(wider)));
		if (m && users_of(c, m) > 0)
			return true;
	}
	return false;
}

/* The intervals of a set must not overlap. */
static void drop_covered(struct compare *c)
{
	struct lengths lengths = {0};
	struct member_change *m;

	for (m = c->plan->changes->first_member; m; m = m->next)
		if (is_wanted_network(c, m))
			lengths.in_use[m->element.prefix_length] = true;
	for (m = c->plan->changes->first_member; m; m = m->next)
		m->is_covered = is_wanted_network(c, m) && is_covered(c, &m->element, &lengths);
	for (m = c->plan->changes->first_member; m; m = m->next)
		if (m->is_covered)
			m->delta -= users_of(c, m);
}

/* --- operations ----------------------------------------------------------- */

static bool is_in_the_way(const struct nft_element *element)
{
	return nft_map_has_flag(element->map, NFT_MAP_INTERVALS | NFT_MAP_RANGES);
}

/* Observed, and nobody uses it. Networks that do not belong there would be in the
 * way of others, and are deleted always. */
static void drop_unused(struct compare *c)
{
	struct hash_node *node;

	hash_foreach (&c->state->members.by_key, node) {
		const struct nft_member *m = container_of(node, struct nft_member, node);

		if (!m->users && (c->prune || (c->node && is_in_the_way(&m->element))))
			compare_member(c, &m->element, 0);
	}
}

static void member_ops(struct compare *c, bool is_delete)
{
	const struct member_change *m;

	for (m = c->plan->changes->first_member; m; m = m->next) {
		bool is_there = members_find(&c->state->members, &m->element);
		bool is_wanted = users_of(c, m) > 0;

		if (is_there != is_wanted && is_there == is_delete)
			compare_element(c, is_delete, K8SNET_LAYER_SERVICE, c->node_object,
					&m->element);
	}
}

/* What goes makes room for what comes: intervals do not overlap. */
void compare_members(struct compare *c)
{
	if (c->plan->changes->is_full) {
		drop_unused(c);
		drop_covered(c);
	}
	member_ops(c, true);
	member_ops(c, false);
}
