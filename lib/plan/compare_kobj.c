/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/compare.h"

#include <errno.h>
#include <string.h>

static struct lost_link *find_lost(const struct compare *c, const char *netns, const char *name)
{
	struct hash_node *node = NULL;

	if (!netns)
		netns = "";
	if (c->lost.count)
		node = hash_find(&c->lost, hash_strings(&c->lost, netns, name));
	for (; node; node = hash_find_next(node)) {
		struct lost_link *lost = container_of(node, struct lost_link, node);

		if (!strcmp(lost->netns, netns) && !strcmp(lost->name, name))
			return lost;
	}
	return NULL;
}

void compare_lose(struct compare *c, const char *netns, const char *name, enum lost_what what)
{
	struct lost_link *lost = find_lost(c, netns, name);

	if (!lost) {
		lost = arena_alloc(&c->plan->arena, sizeof(*lost));
		if (!lost || hash_insert(&c->lost, &lost->node,
					 hash_strings(&c->lost, netns ? netns : "", name)) < 0) {
			compare_fail(c, -ENOMEM);
			return;
		}
		lost->netns = netns ? netns : "";
		memcpy(lost->name, name, strnlen(name, IFNAMSIZ - 1));
	}
	lost->what |= what;
}

static bool is_ipv4(const struct kobj *kobj)
{
	if (kobj->type == KOBJ_NEIGHBOUR)
		return kobj->neighbour.address.family == 4;
	return kobj->type == KOBJ_ROUTE && kobj->route.destination.address.family == 4;
}

unsigned int compare_get_lost(const struct compare *c, const struct kobj *kobj)
{
	const struct lost_link *lost = NULL;

	if (c->lost.count && kobj->type != KOBJ_SYSCTL)
		lost = find_lost(c, kobj->netns, kobj->name);
	return lost ? lost->what : 0;
}

bool compare_is_lost(const struct compare *c, const struct kobj *kobj)
{
	unsigned int what = compare_get_lost(c, kobj);

	return what & LOST_ALL || (what & LOST_NEIGHBOURS && kobj->type == KOBJ_NEIGHBOUR) ||
	       (what & LOST_IPV4 && is_ipv4(kobj));
}

struct state_kobj *compare_find(const struct compare *c, const struct kobj *key)
{
	struct state_kobj *found = state_find_kobj(c->state, key);

	return found && !compare_is_lost(c, &found->kobj) ? found : NULL;
}

const struct kobj *compare_copy_kobj(struct compare *c, const struct kobj *wanted)
{
	struct arena *a = &c->plan->arena;
	struct kobj *copy = arena_alloc(a, sizeof(*copy));

	if (!copy)
		return NULL;
	*copy = *wanted;
	if (wanted->netns && !(copy->netns = arena_strdup(a, wanted->netns)))
		return NULL;
	if (wanted->type == KOBJ_LINK) {
		if (wanted->link.alias && !(copy->link.alias = arena_strdup(a, wanted->link.alias)))
			return NULL;
		if (wanted->link.peer_netns &&
		    !(copy->link.peer_netns = arena_strdup(a, wanted->link.peer_netns)))
			return NULL;
	}
	/* Sysctls are constants. */
	return copy;
}

static const struct kobj *remember(struct compare *c, const char *owner, const struct kobj *wanted)
{
	struct plan_changes *changes = c->plan->changes;
	struct plan_kobj *entry = arena_alloc(&c->plan->arena, sizeof(*entry));
	const struct kobj *copy = compare_copy_kobj(c, wanted);

	if (!entry || !copy ||
	    hash_insert(&changes->kobjs, &entry->node, kobj_hash(&changes->kobjs, copy)) < 0) {
		compare_fail(c, -ENOMEM);
		return NULL;
	}
	entry->kobj = copy;
	entry->owner = owner;
	*changes->last_kobj = entry;
	changes->last_kobj = &entry->next;
	return copy;
}

/* --- whose it is ---------------------------------------------------------- */

/* Who wants to have it made; NULL: nobody yet. */
static const char *planned_owner(const struct compare *c, const struct kobj *wanted)
{
	const struct hash *planned = &c->plan->changes->kobjs;
	struct hash_node *node = hash_find(planned, kobj_hash(planned, wanted));

	for (; node; node = hash_find_next(node)) {
		const struct plan_kobj *entry = container_of(node, struct plan_kobj, node);

		if (kobj_is_same(entry->kobj, wanted))
			return entry->owner;
	}
	return NULL;
}

/* Who wants it; in an incremental comparison also who wanted it so far. */
static const char *current_owner(const struct compare *c, const struct kobj *wanted)
{
	const struct state_kobj *found = state_find_kobj(c->state, wanted);

	if (found && found->owner && (found->is_wanted || c->is_incremental))
		return found->owner->name;
	return planned_owner(c, wanted);
}

bool compare_is_taken(struct compare *c, const char *owner, const struct kobj *wanted)
{
	const char *other;

	/* Every namespace has one, for all. */
	if (wanted->type == KOBJ_LINK && wanted->link.type == LINK_LOOPBACK)
		return false;
	other = current_owner(c, wanted);
	if (!other || !strcmp(other, owner))
		return false;
	if (c->is_incremental) {
		c->needs_full = true;
		return true;
	}
	c->plan->changes->has_kobj_conflicts = true;
	ctx_warning(c->ctx, "%s: wants what %s has", owner, other);
	return true;
}

static void mark_wanted(struct compare *c, const char *owner, struct state_kobj *found)
{
	found->is_wanted = true;
	if (state_set_owner(c->state, found, owner) < 0)
		compare_fail(c, -ENOMEM);
}

void compare_want_implied(struct compare *c, const char *owner, const struct kobj *wanted)
{
	remember(c, owner, wanted);
}

static struct k8snet_op *kobj_op(struct compare *c, op_list *list, enum op_verb verb,
				 enum k8snet_layer layer, const char *object,
				 const struct kobj *kobj)
{
	struct k8snet_op *op = compare_op(c, list, verb, OP_KOBJ, layer, object);

	if (op)
		op->kobj = kobj;
	return op;
}

static enum want_result want_add(struct compare *c, enum k8snet_layer layer, const char *owner,
				 const struct kobj *wanted)
{
	const struct kobj *kobj = remember(c, owner, wanted);

	if (!kobj)
		return WANT_ADD;
	kobj_op(c, &c->adds, OP_ADD, layer, owner, kobj);
	/* What is remembered of an earlier one is gone. */
	if (kobj->type == KOBJ_LINK)
		compare_lose(c, kobj->netns, kobj->name, LOST_ALL);
	return WANT_ADD;
}

static enum want_result want_change(struct compare *c, enum k8snet_layer layer, const char *owner,
				    const struct kobj *wanted, unsigned int changes)
{
	const struct kobj *kobj = remember(c, owner, wanted);
	struct k8snet_op *op;

	if (!kobj)
		return WANT_CHANGE;
	if (changes & LINK_CHANGE_RECREATE) {
		kobj_op(c, &c->deletes, OP_DELETE, layer, owner, kobj);
		kobj_op(c, &c->adds, OP_ADD, layer, owner, kobj);
		compare_lose(c, wanted->netns, wanted->name, LOST_ALL);
		return WANT_ADD;
	}
	if (changes & LINK_CHANGE_MAC)
		compare_lose(c, wanted->netns, wanted->name, LOST_NEIGHBOURS);
	op = kobj_op(c, &c->adds, OP_SET, layer, owner, kobj);
	if (op)
		op->changes = (uint16_t)changes;
	return WANT_CHANGE;
}

void compare_replace(struct compare *c, enum k8snet_layer layer, const char *owner,
		     const struct kobj *wanted)
{
	want_change(c, layer, owner, wanted, 0);
}

/* Somebody else's link has the name that a link of ours is to have. */
static bool is_foreign(const struct kobj *found, const struct kobj *wanted)
{
	return wanted->type == KOBJ_LINK && found->link.type != wanted->link.type &&
	       !(found->link.alias &&
		 !strncmp(found->link.alias, LINK_ALIAS_MARK, strlen(LINK_ALIAS_MARK)));
}

/* The kernel looks an on-link IPv6 gateway up in the routes that it has: it must
 * not find the old one, which leads elsewhere. */
static bool is_in_the_way(const struct kobj *found, const struct kobj *wanted)
{
	return wanted->type == KOBJ_ROUTE && wanted->route.route.onlink &&
	       wanted->route.destination.address.family == 6 && strcmp(found->name, wanted->name);
}

static enum want_result want_instead(struct compare *c, enum k8snet_layer layer, const char *owner,
				     const struct kobj *wanted, const struct kobj *found)
{
	const struct kobj *old = compare_copy_kobj(c, found);

	if (old)
		kobj_op(c, &c->deletes, OP_DELETE, layer, owner, old);
	else
		compare_fail(c, -ENOMEM);
	return want_add(c, layer, owner, wanted);
}

static enum want_result want_found(struct compare *c, enum k8snet_layer layer, const char *owner,
				   const struct kobj *wanted, const struct kobj *found)
{
	unsigned int changes = 0;

	if (!compare_find(c, wanted))
		return want_add(c, layer, owner, wanted);
	if (kobj_is_as_wanted(found, wanted))
		return WANT_NOTHING;
	if (is_in_the_way(found, wanted))
		return want_instead(c, layer, owner, wanted, found);
	if (wanted->type == KOBJ_LINK)
		changes = kobj_link_changes(found, wanted);
	return want_change(c, layer, owner, wanted, changes);
}

enum want_result compare_want(struct compare *c, enum k8snet_layer layer, const char *owner,
			      const struct kobj *wanted)
{
	struct state_kobj *found = state_find_kobj(c->state, wanted);
	enum want_result result;

	if (compare_is_taken(c, owner, wanted))
		return WANT_NOTHING;
	/* Every namespace has its loopback. */
	if (!found && wanted->type == KOBJ_LINK && wanted->link.type == LINK_LOOPBACK)
		return want_change(c, layer, owner, wanted, LINK_CHANGE_UP);
	/* Adding fails, and says so, where there is one that is not ours to change. */
	if (!found || is_foreign(&found->kobj, wanted))
		return want_add(c, layer, owner, wanted);
	mark_wanted(c, owner, found);
	result = want_found(c, layer, owner, wanted, &found->kobj);
	found->has_op = result != WANT_NOTHING;
	return result;
}

enum want_result compare_want_anew(struct compare *c, enum k8snet_layer layer, const char *owner,
				   const struct kobj *wanted)
{
	struct state_kobj *found = state_find_kobj(c->state, wanted);

	if (found)
		mark_wanted(c, owner, found);
	return want_change(c, layer, owner, wanted, LINK_CHANGE_RECREATE);
}
