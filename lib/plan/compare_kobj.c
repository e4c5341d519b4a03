/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/compare.h"

#include <errno.h>
#include <string.h>

static bool is_on_link(const struct kobj *kobj, const char *netns, const char *link)
{
	bool same_netns =
		kobj->netns == netns || (kobj->netns && netns && !strcmp(kobj->netns, netns));

	return same_netns && kobj->type != KOBJ_SYSCTL && !strcmp(kobj->name, link);
}

void compare_recreate(struct compare *c, const char *netns, const char *link)
{
	struct kobj *key = vec_push(&c->recreated);

	if (!key) {
		compare_fail(c, -ENOMEM);
		return;
	}
	key->type = KOBJ_LINK;
	key->netns = netns;
	memcpy(key->name, link, strnlen(link, IFNAMSIZ - 1));
}

struct state_kobj *compare_find(const struct compare *c, const struct kobj *key)
{
	struct state_kobj *found = state_find_kobj(c->state, key);
	const struct kobj *link;

	vec_foreach (&c->recreated, link)
		if (found && is_on_link(&found->kobj, link->netns, link->name))
			return NULL;
	return found;
}

static const struct kobj *copy_wanted(struct compare *c, const struct kobj *wanted)
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
	struct plan_kobj *entry = vec_push(&c->plan->changes->kobjs);

	if (entry && (entry->kobj = copy_wanted(c, wanted))) {
		entry->owner = owner;
		return entry->kobj;
	}
	if (entry)
		c->plan->changes->kobjs.count--;
	compare_fail(c, -ENOMEM);
	return NULL;
}

static void mark_wanted(struct compare *c, const char *owner, struct state_kobj *found)
{
	found->is_wanted = true;
	if (state_set_owner(c->state, found, owner) < 0)
		compare_fail(c, -ENOMEM);
}

void compare_want_implied(struct compare *c, const char *owner, const struct kobj *wanted)
{
	struct state_kobj *found = state_find_kobj(c->state, wanted);

	if (found)
		mark_wanted(c, owner, found);
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

	if (kobj)
		kobj_op(c, &c->adds, OP_ADD, layer, owner, kobj);
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
		compare_recreate(c, wanted->netns, wanted->name);
		return WANT_ADD;
	}
	op = kobj_op(c, &c->adds, OP_SET, layer, owner, kobj);
	if (op)
		op->changes = (uint16_t)changes;
	return WANT_CHANGE;
}

/* Somebody else's link has the name that a link of ours is to have. */
static bool is_foreign(const struct kobj *found, const struct kobj *wanted)
{
	return wanted->type == KOBJ_LINK && found->link.type != wanted->link.type &&
	       !(found->link.alias &&
		 !strncmp(found->link.alias, LINK_ALIAS_MARK, strlen(LINK_ALIAS_MARK)));
}

enum want_result compare_want(struct compare *c, enum k8snet_layer layer, const char *owner,
			      const struct kobj *wanted)
{
	struct state_kobj *found = state_find_kobj(c->state, wanted);
	unsigned int changes = 0;

	/* Every namespace has its loopback. */
	if (!found && wanted->type == KOBJ_LINK && wanted->link.type == LINK_LOOPBACK)
		return want_change(c, layer, owner, wanted, LINK_CHANGE_UP);
	if (!found)
		return want_add(c, layer, owner, wanted);
	/* Adding fails, and says so: it is not ours to change. */
	if (is_foreign(&found->kobj, wanted))
		return want_add(c, layer, owner, wanted);
	mark_wanted(c, owner, found);
	if (!compare_find(c, wanted))
		return want_add(c, layer, owner, wanted);
	if (kobj_is_as_wanted(&found->kobj, wanted))
		return WANT_NOTHING;
	if (wanted->type == KOBJ_LINK)
		changes = kobj_link_changes(&found->kobj, wanted);
	return want_change(c, layer, owner, wanted, changes);
}

enum want_result compare_want_anew(struct compare *c, enum k8snet_layer layer, const char *owner,
				   const struct kobj *wanted)
{
	struct state_kobj *found = state_find_kobj(c->state, wanted);

	if (found)
		mark_wanted(c, owner, found);
	return want_change(c, layer, owner, wanted, LINK_CHANGE_RECREATE);
}

/* --- what is no longer wanted -------------------------------------------- */

static bool has_our_alias(const struct kobj *link)
{
	return link->link.alias &&
	       !strncmp(link->link.alias, LINK_ALIAS_MARK, strlen(LINK_ALIAS_MARK));
}

static struct state_kobj *link_of(const struct compare *c, const struct kobj *kobj)
{
	struct kobj key = {.type = KOBJ_LINK, .netns = kobj->netns};

	memcpy(key.name, kobj->name, IFNAMSIZ);
	return state_find_kobj(c->state, &key);
}

static bool is_link_local(const struct k8snet_address *address)
{
	return address->family == 6 && address->bytes[0] == 0xfe &&
	       (address->bytes[1] & 0xc0) == 0x80;
}

/* The link goes, and takes this with it. */
static bool goes_with_link(const struct compare *c, const struct kobj *kobj)
{
	const struct state_kobj *link = link_of(c, kobj);

	return !link || (!link->is_wanted && (link->owner || has_our_alias(&link->kobj)));
}

/* Whether nobody but the library can have made it. */
static bool is_ours(const struct compare *c, const struct state_kobj *found)
{
	const struct kobj *kobj = &found->kobj;
	const struct state_kobj *link;

	if (kobj->type == KOBJ_LINK)
		return !kobj->netns && has_our_alias(kobj);
	if (kobj->type == KOBJ_ROUTE)
		return true;
	if (kobj->type == KOBJ_SYSCTL)
		return false;
	link = link_of(c, kobj);
	return link && link->is_wanted && link->kobj.link.type != LINK_LOOPBACK;
}

static bool is_deletable(const struct kobj *kobj)
{
	if (kobj->type == KOBJ_SYSCTL)
		return false;
	if (kobj->type == KOBJ_ADDRESS)
		return !is_link_local(&kobj->address.address);
	/* The inner end of a veth goes with the outer one. */
	return kobj->type != KOBJ_LINK || !kobj->netns;
}

/* NULL owner: it was observed, and nobody wants it. */
static void delete_one(struct compare *c, struct state_kobj *found)
{
	const struct kobj *kobj = &found->kobj;
	const char *owner = found->owner ? found->owner->name : c->node_object;
	enum k8snet_layer layer = strncmp(owner, "pod ", 4) ? K8SNET_LAYER_NODE : K8SNET_LAYER_POD;
	struct state_kobj **gone;

	if (is_deletable(kobj) && (kobj->type == KOBJ_LINK || !goes_with_link(c, kobj))) {
		owner = arena_strdup(&c->plan->arena, owner);
		kobj = copy_wanted(c, kobj);
		if (!owner || !kobj) {
			compare_fail(c, -ENOMEM);
			return;
		}
		kobj_op(c, &c->deletes, OP_DELETE, layer, owner, kobj);
	}
	gone = vec_push(&c->plan->changes->gone);
	if (gone)
		*gone = found;
	else
		compare_fail(c, -ENOMEM);
}

static void begin_all(struct compare *c)
{
	struct hash_node *node;

	hash_foreach (&c->state->kobjs, node)
		container_of(node, struct state_kobj, node)->is_wanted = false;
}

void compare_begin(struct compare *c, const char *owner)
{
	const struct state_owner *o = owner ? state_find_owner(c->state, owner) : NULL;
	struct state_kobj *kobj;

	if (!owner) {
		begin_all(c);
		return;
	}
	for (kobj = o ? o->first : NULL; kobj; kobj = kobj->next_of_owner)
		kobj->is_wanted = false;
}

static void end_all(struct compare *c)
{
	struct hash_node *node;

	hash_foreach (&c->state->kobjs, node) {
		struct state_kobj *kobj = container_of(node, struct state_kobj, node);

		if (kobj->is_wanted)
			continue;
		if (kobj->owner || (c->prune && is_ours(c, kobj)))
			delete_one(c, kobj);
	}
}

void compare_end(struct compare *c, const char *owner)
{
	const struct state_owner *o = owner ? state_find_owner(c->state, owner) : NULL;
	struct state_kobj *kobj;

	if (!owner) {
		end_all(c);
		return;
	}
	for (kobj = o ? o->first : NULL; kobj; kobj = kobj->next_of_owner)
		if (!kobj->is_wanted)
			delete_one(c, kobj);
}
