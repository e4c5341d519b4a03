/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is no longer wanted. */
#include "plan/compare.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

typedef VEC(struct state_kobj *) state_kobj_list;

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

/* The link goes, or is made anew, and takes this with it. */
static bool goes_with_link(const struct compare *c, const struct state_kobj *found)
{
	const struct state_kobj *link = link_of(c, &found->kobj);

	if (!link || compare_get_lost(c, &found->kobj) & LOST_ALL)
		return true;
	/* Of other owners' links an incremental comparison knows nothing. */
	if (c->is_incremental && link->owner != found->owner)
		return false;
	return !link->is_wanted && (link->owner || has_our_alias(&link->kobj));
}

/* Whether nobody but the library can have made it. */
static bool is_ours(const struct compare *c, const struct state_kobj *found)
{
	const struct kobj *kobj = &found->kobj;
	const struct state_kobj *link;

	/* The bridge is others', too. */
	if (c->pod && !kobj->netns && strcmp(kobj->name, c->pod->link_name))
		return false;
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

static enum k8snet_layer layer_of(const char *owner)
{
	return strncmp(owner, "pod ", 4) ? K8SNET_LAYER_NODE : K8SNET_LAYER_POD;
}

/* Of what was observed and nobody wants, a link's alias says whose it was. */
static const char *owner_of(const struct compare *c, const struct state_kobj *found)
{
	const struct state_kobj *link = link_of(c, &found->kobj);
	const char *alias;

	if (found->owner)
		return found->owner->name;
	if (!link || !has_our_alias(&link->kobj))
		return c->node_object;
	alias = link->kobj.link.alias + strlen(LINK_ALIAS_MARK);
	return strncmp(alias, "pod ", 4) ? c->node_object : alias;
}

static void delete_op(struct compare *c, const struct state_kobj *found)
{
	const char *owner = owner_of(c, found);
	const struct kobj *kobj = compare_copy_kobj(c, &found->kobj);
	struct k8snet_op *op;

	owner = arena_strdup(&c->plan->arena, owner);
	if (!owner || !kobj) {
		compare_fail(c, -ENOMEM);
		return;
	}
	op = compare_op(c, &c->deletes, OP_DELETE, OP_KOBJ, layer_of(owner), owner);
	if (op)
		op->kobj = kobj;
	if (kobj->type == KOBJ_ADDRESS && kobj->address.address.family == 4) {
		compare_lose(c, kobj->netns, kobj->name, LOST_IPV4);
		c->loses_ipv4 = true;
	}
}

static void delete_one(struct compare *c, struct state_kobj *found)
{
	const struct kobj *kobj = &found->kobj;
	bool goes = kobj->type != KOBJ_LINK && goes_with_link(c, found);
	struct state_kobj **gone;

	/* It stays, and is not forgotten: it may be wanted again. */
	if (!goes && kobj->type == KOBJ_ADDRESS && !is_deletable(kobj))
		return;
	if (!goes && is_deletable(kobj))
		delete_op(c, found);
	gone = vec_push(&c->plan->changes->gone);
	if (gone)
		*gone = found;
	else
		compare_fail(c, -ENOMEM);
}

/* Routes and neighbours that stay, and that the kernel drops with an address. */
static void restore(struct compare *c, struct state_kobj *kobj)
{
	const char *owner;

	if (!kobj->is_wanted || kobj->has_op || !kobj->owner || !compare_is_lost(c, &kobj->kobj))
		return;
	kobj->has_op = true;
	owner = arena_strdup(&c->plan->arena, kobj->owner->name);
	if (owner)
		compare_replace(c, layer_of(owner), owner, &kobj->kobj);
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

	c->loses_ipv4 = false;
	if (!owner) {
		begin_all(c);
		return;
	}
	for (kobj = o ? o->first : NULL; kobj; kobj = kobj->next_of_owner)
		kobj->is_wanted = false;
}

static int compare_keys(const void *a, const void *b)
{
	const struct kobj *x = &(*(struct state_kobj *const *)a)->kobj;
	const struct kobj *y = &(*(struct state_kobj *const *)b)->kobj;
	int order = (int)x->type - (int)y->type;

	if (!order)
		order = strcmp(x->netns ? x->netns : "", y->netns ? y->netns : "");
	if (!order)
		order = strcmp(x->name, y->name);
	if (order)
		return order;
	if (x->type == KOBJ_FDB)
		return memcmp(x->fdb.mac, y->fdb.mac, 6);
	if (x->type == KOBJ_ROUTE)
		return memcmp(&x->route.destination, &y->route.destination,
			      sizeof(x->route.destination));
	/* Addresses and neighbours; links of one name are one. */
	return memcmp(&x->address, &y->address, sizeof(x->address.address));
}

/* Two plans for the same are the same text. */
static void delete_in_order(struct compare *c, state_kobj_list *unwanted)
{
	size_t i;

	qsort(unwanted->items, unwanted->count, sizeof(unwanted->items[0]), compare_keys);
	for (i = 0; i < unwanted->count; i++)
		delete_one(c, unwanted->items[i]);
}

static void delete_unwanted(struct compare *c)
{
	state_kobj_list unwanted = {0};
	struct state_kobj **place;
	struct hash_node *node;

	hash_foreach (&c->state->kobjs, node) {
		struct state_kobj *kobj = container_of(node, struct state_kobj, node);

		if (kobj->is_wanted || !(kobj->owner || (c->prune && is_ours(c, kobj))))
			continue;
		place = vec_push(&unwanted);
		if (place)
			*place = kobj;
		else
			compare_fail(c, -ENOMEM);
	}
	if (unwanted.count)
		delete_in_order(c, &unwanted);
	vec_done(&unwanted);
}

static void end_all(struct compare *c)
{
	struct hash_node *node;

	delete_unwanted(c);
	if (!c->loses_ipv4)
		return;
	hash_foreach (&c->state->kobjs, node)
		restore(c, container_of(node, struct state_kobj, node));
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
	if (!c->loses_ipv4)
		return;
	for (kobj = o ? o->first : NULL; kobj; kobj = kobj->next_of_owner)
		restore(c, kobj);
}
