/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Links and what hangs on them, as the kernel makes and removes them. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "memory_kernel.h"

static bool is_same_netns(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool is_on(const struct kobj *kobj, const struct kobj *link)
{
	return kobj->type != KOBJ_SYSCTL && kobj->type != KOBJ_LINK &&
	       is_same_netns(kobj->netns, link->netns) && !strcmp(kobj->name, link->name);
}

static struct machine_kobj *link_of(const struct machine *m, const struct kobj *kobj)
{
	return machine_find_link(m, kobj->netns, kobj->name);
}

/* A copy with strings of the machine's own; NULL: out of memory. */
static struct machine_kobj *store(struct machine *m, const struct kobj *kobj)
{
	struct machine_kobj *k = vec_push(&m->kobjs);
	bool failed = !k;

	if (!k)
		return NULL;
	k->kobj = *kobj;
	if (kobj->netns)
		failed |= !(k->kobj.netns = arena_strdup(&m->arena, kobj->netns));
	if (kobj->type == KOBJ_LINK) {
		k->kobj.link.peer_netns = NULL;
		if (kobj->link.alias)
			failed |= !(k->kobj.link.alias = arena_strdup(&m->arena, kobj->link.alias));
	}
	if (failed)
		m->kobjs.count--;
	return failed ? NULL : k;
}

static void drop(struct machine *m, struct machine_kobj *k)
{
	*k = m->kobjs.items[--m->kobjs.count];
}

static uint8_t family_of(const struct kobj *kobj)
{
	switch (kobj->type) {
	case KOBJ_ADDRESS:
		return kobj->address.address.family;
	case KOBJ_NEIGHBOUR:
		return kobj->neighbour.address.family;
	case KOBJ_ROUTE:
		return kobj->route.destination.address.family;
	default:
		return 0;
	}
}

/* All of one type and family (0: any) on a link. */
static void flush(struct machine *m, const struct kobj *link, enum kobj_type type, uint8_t family)
{
	size_t i = 0;

	while (i < m->kobjs.count) {
		struct machine_kobj *k = &m->kobjs.items[i];

		if (k->kobj.type == type && is_on(&k->kobj, link) &&
		    (!family || family_of(&k->kobj) == family))
			drop(m, k);
		else
			i++;
	}
}

/* --- links ---------------------------------------------------------------- */

/* An IPv6 link that is up, and may, gives itself an address. */
static int add_link_local(struct machine *m, const struct kobj *link)
{
	struct kobj kobj = {.type = KOBJ_ADDRESS, .netns = link->netns};

	if (link->link.addrgen_none || !link->link.up || link->link.type == LINK_LOOPBACK)
		return 0;
	memcpy(kobj.name, link->name, IFNAMSIZ);
	kobj.address.address.family = 6;
	kobj.address.address.bytes[0] = 0xfe;
	kobj.address.address.bytes[1] = 0x80;
	memcpy(kobj.address.address.bytes + 10, link->link.mac, 6);
	kobj.address.length = 64;
	return machine_find(m, &kobj) || store(m, &kobj) ? 0 : ENOMEM;
}

static int check_vxlan(const struct machine *m, const struct kobj *kobj)
{
	const struct kobj_link *link = &kobj->link;
	const struct machine_kobj *device = machine_find_link(m, NULL, link->device), *k;

	if (!device)
		return ENODEV;
	if (link->mtu > device->kobj.link.mtu - (link->local.family == 6 ? 70 : 50))
		return EINVAL;
	vec_foreach (&m->kobjs, k)
		if (k->kobj.type == KOBJ_LINK && k->kobj.link.type == LINK_VXLAN &&
		    k->kobj.link.vni == link->vni && k->kobj.link.port == link->port &&
		    k->kobj.link.local.family == link->local.family)
			return EEXIST;
	return 0;
}

static int add_peer(struct machine *m, const struct kobj *kobj, unsigned int pair)
{
	struct kobj inner = {.type = KOBJ_LINK, .netns = kobj->link.peer_netns};
	struct machine_kobj *k;

	memcpy(inner.name, kobj->link.peer_name, IFNAMSIZ);
	inner.link.type = LINK_VETH;
	inner.link.up = true;
	inner.link.mtu = kobj->link.mtu;
	inner.link.has_mac = true;
	memcpy(inner.link.mac, kobj->link.peer_mac, 6);
	k = store(m, &inner);
	if (!k)
		return ENOMEM;
	k->pair = pair;
	return add_link_local(m, &inner);
}

static int add_link(struct machine *m, const struct kobj *kobj)
{
	const struct kobj_link *link = &kobj->link;
	unsigned int pair = link->type == LINK_VETH ? ++m->last_pair : 0;
	struct kobj made = *kobj;
	struct machine_kobj *k;
	int error;

	if (machine_find(m, kobj))
		return EEXIST;
	if (kobj->netns || !link->mtu)
		return EINVAL;
	if (link->master[0] && !machine_find_link(m, NULL, link->master))
		return ENODEV;
	error = link->type == LINK_VXLAN ? check_vxlan(m, kobj) : 0;
	if (!error && pair && !machine_has_netns(m, link->peer_netns))
		error = ENOENT;
	if (!error && pair && machine_find_link(m, link->peer_netns, link->peer_name))
		error = EEXIST;
	if (error)
		return error;
	if (!link->has_mac)
		memcpy(made.link.mac,
		       (uint8_t[]){0x02, 0, 0, (uint8_t)(pair >> 16), (uint8_t)(pair >> 8),
				   (uint8_t)pair},
		       6);
	made.link.has_mac = true;
	made.link.hairpin = link->hairpin && link->master[0];
	memset(made.link.peer_name, 0, IFNAMSIZ);
	k = store(m, &made);
	if (!k)
		return ENOMEM;
	k->pair = pair;
	error = add_link_local(m, &made);
	return error || !pair ? error : add_peer(m, kobj, pair);
}

static int set_port(const struct machine *m, struct kobj_link *link, const struct kobj_link *to,
		    unsigned int changes)
{
	if (changes & LINK_CHANGE_MASTER) {
		if (to->master[0] && !machine_find_link(m, NULL, to->master))
			return ENODEV;
		memcpy(link->master, to->master, IFNAMSIZ);
		link->hairpin = false;
	}
	if (changes & LINK_CHANGE_HAIRPIN) {
		if (!link->master[0])
			return EOPNOTSUPP;
		link->hairpin = to->hairpin;
	}
	return 0;
}

static int set_link(struct machine *m, const struct kobj *kobj, unsigned int changes)
{
	struct machine_kobj *k = machine_find(m, kobj);
	const struct kobj_link *to = &kobj->link;
	struct kobj_link *link;
	struct kobj copy;
	int error;

	if (!k)
		return ENODEV;
	link = &k->kobj.link;
	if (changes & LINK_CHANGE_RECREATE)
		return EINVAL;
	error = set_port(m, link, to, changes);
	if (error)
		return error;
	if (changes & LINK_CHANGE_MTU) {
		if (link->type == LINK_VXLAN &&
		    to->mtu > machine_find_link(m, NULL, link->device)->kobj.link.mtu - 50)
			return EINVAL;
		link->mtu = to->mtu;
	}
	if (changes & LINK_CHANGE_ALIAS) {
		link->alias = arena_strdup(&m->arena, to->alias);
		if (!link->alias)
			return ENOMEM;
	}
	if (changes & LINK_CHANGE_NF_CALL) {
		link->nf_call_iptables = to->nf_call_iptables;
		link->nf_call_ip6tables = to->nf_call_ip6tables;
	}
	if (changes & LINK_CHANGE_ADDRGEN)
		link->addrgen_none = to->addrgen_none;
	if (changes & LINK_CHANGE_UP)
		link->up = true;
	if (changes & LINK_CHANGE_MAC)
		memcpy(link->mac, to->mac, 6);
	copy = k->kobj;
	/* neigh_changeaddr(): permanent ones too */
	if (changes & LINK_CHANGE_MAC)
		flush(m, &copy, KOBJ_NEIGHBOUR, 0);
	return changes & LINK_CHANGE_UP ? add_link_local(m, &copy) : 0;
}

static void delete_one_link(struct machine *m, const struct kobj *link)
{
	enum kobj_type type;
	struct machine_kobj *k;

	for (type = KOBJ_ADDRESS; type <= KOBJ_ROUTE; type++)
		flush(m, link, type, 0);
	vec_foreach (&m->kobjs, k) {
		if (k->kobj.type != KOBJ_LINK || k->kobj.netns ||
		    strcmp(k->kobj.link.master, link->name) || link->netns)
			continue;
		memset(k->kobj.link.master, 0, IFNAMSIZ);
		k->kobj.link.hairpin = false;
	}
	drop(m, machine_find(m, link));
}

static int delete_link(struct machine *m, const struct kobj *key)
{
	struct machine_kobj *k = machine_find(m, key), *other;
	unsigned int pair;
	struct kobj copy;

	if (!k)
		return 0;
	if (k->kobj.link.type == LINK_LOOPBACK)
		return EOPNOTSUPP;
	pair = k->pair;
	copy = k->kobj;
	delete_one_link(m, &copy);
	vec_foreach (&m->kobjs, other) {
		bool is_peer = pair && other->pair == pair;
		bool is_carried = other->kobj.type == KOBJ_LINK && !copy.netns &&
				  other->kobj.link.type == LINK_VXLAN &&
				  !strcmp(other->kobj.link.device, copy.name);

		if (is_peer || is_carried) {
			copy = other->kobj;
			delete_one_link(m, &copy);
			break;
		}
	}
	return 0;
}

/* --- addresses ------------------------------------------------------------ */

static bool is_same_network(const struct k8snet_prefix *a, const struct k8snet_prefix *b)
{
	return a->length == b->length && a->address.family == b->address.family &&
	       k8snet_prefix_has_address(a, &b->address);
}

static int add_address(struct machine *m, const struct kobj *kobj)
{
	struct machine_kobj *k;
	bool is_secondary = false;

	if (!link_of(m, kobj))
		return ENODEV;
	vec_foreach (&m->kobjs, k) {
		if (k->kobj.type != KOBJ_ADDRESS || !is_on(&k->kobj, kobj))
			continue;
		if (k8snet_address_is_equal(&k->kobj.address.address, &kobj->address.address) &&
		    (kobj->address.address.family == 6 ||
		     k->kobj.address.length == kobj->address.length))
			return EEXIST;
		if (kobj->address.address.family == 4 && !k->is_secondary &&
		    is_same_network(&k->kobj.address, &kobj->address))
			is_secondary = true;
	}
	k = store(m, kobj);
	if (k)
		k->is_secondary = is_secondary;
	return k ? 0 : ENOMEM;
}

static bool has_address(const struct machine *m, const struct kobj *on, uint8_t family)
{
	const struct machine_kobj *k;

	vec_foreach (&m->kobjs, k)
		if (k->kobj.type == KOBJ_ADDRESS && is_on(&k->kobj, on) &&
		    family_of(&k->kobj) == family)
			return true;
	return false;
}

static void delete_secondaries(struct machine *m, const struct kobj *gone)
{
	size_t i = 0;

	while (i < m->kobjs.count) {
		struct machine_kobj *k = &m->kobjs.items[i];

		if (k->kobj.type == KOBJ_ADDRESS && k->is_secondary && is_on(&k->kobj, gone) &&
		    is_same_network(&k->kobj.address, &gone->address))
			drop(m, k);
		else
			i++;
	}
}

/* With the last IPv4 address of a link go its routes and neighbours, permanent
 * ones too (fib_disable_ip()). */
static int delete_address(struct machine *m, const struct kobj *key)
{
	struct machine_kobj *k = machine_find(m, key);
	struct kobj gone;
	bool was_first;

	if (!k)
		return 0;
	gone = k->kobj;
	was_first = !k->is_secondary;
	drop(m, k);
	if (gone.address.address.family == 6)
		return 0;
	if (was_first)
		delete_secondaries(m, &gone);
	if (!has_address(m, &gone, 4)) {
		flush(m, &gone, KOBJ_ROUTE, 4);
		flush(m, &gone, KOBJ_NEIGHBOUR, 4);
	}
	return 0;
}

/* --- neighbours, forwarding entries, routes ------------------------------- */

static int put_neighbour(struct machine *m, const struct kobj *kobj)
{
	struct machine_kobj *k = machine_find(m, kobj);

	if (!link_of(m, kobj))
		return ENODEV;
	if (k)
		k->kobj.neighbour = kobj->neighbour;
	else
		k = store(m, kobj);
	return k ? 0 : ENOMEM;
}

static int put_fdb(struct machine *m, const struct kobj *kobj, bool replace)
{
	struct machine_kobj *k = machine_find(m, kobj), *link = link_of(m, kobj);

	if (!link)
		return ENODEV;
	if (link->kobj.link.type != LINK_VXLAN)
		return EOPNOTSUPP;
	if (k && !replace)
		return EEXIST;
	if (k)
		k->kobj.fdb = kobj->fdb;
	else
		k = store(m, kobj);
	return k ? 0 : ENOMEM;
}

static bool is_reachable(const struct machine *m, const struct kobj *kobj)
{
	const struct kobj_route *route = &kobj->route.route;
	const struct machine_kobj *k;

	if (!route->via.family || route->onlink)
		return true;
	vec_foreach (&m->kobjs, k)
		if (k->kobj.type == KOBJ_ADDRESS && is_on(&k->kobj, kobj) &&
		    k8snet_prefix_has_address(&k->kobj.address, &route->via))
			return !k8snet_address_is_equal(&k->kobj.address.address, &route->via);
	return false;
}

static int put_route(struct machine *m, const struct kobj *kobj, bool replace, uint8_t protocol)
{
	struct machine_kobj *k = machine_find(m, kobj), *link = link_of(m, kobj);

	if (!link)
		return ENODEV;
	if (!link->kobj.link.up)
		return ENETDOWN;
	if (!is_reachable(m, kobj))
		return ENETUNREACH;
	if (k && !replace)
		return EEXIST;
	if (k)
		drop(m, k);
	k = store(m, kobj);
	if (k)
		k->protocol = protocol;
	return k ? 0 : ENOMEM;
}

static int delete_plain(struct machine *m, const struct kobj *key)
{
	struct machine_kobj *k = machine_find(m, key);

	if (k && (key->type != KOBJ_ROUTE || k->protocol == ROUTE_PROTOCOL))
		drop(m, k);
	return 0;
}

/* --- operations ----------------------------------------------------------- */

static int put(struct machine *m, const struct kobj *kobj, bool replace, uint8_t protocol)
{
	struct machine_kobj *k;

	switch (kobj->type) {
	case KOBJ_SYSCTL:
		k = machine_find(m, kobj);
		if (!k)
			return ENOENT;
		k->kobj.sysctl.value = arena_strdup(&m->arena, kobj->sysctl.value);
		return k->kobj.sysctl.value ? 0 : ENOMEM;
	case KOBJ_LINK:
		return add_link(m, kobj);
	case KOBJ_ADDRESS:
		return add_address(m, kobj);
	case KOBJ_NEIGHBOUR:
		return put_neighbour(m, kobj);
	case KOBJ_FDB:
		return put_fdb(m, kobj, replace);
	case KOBJ_ROUTE:
		return put_route(m, kobj, replace, protocol);
	}
	return EINVAL;
}

int machine_kobj_add(struct machine *m, const struct kobj *kobj, uint8_t protocol)
{
	return machine_has_netns(m, kobj->netns) ? put(m, kobj, false, protocol) : ENOENT;
}

int machine_kobj_delete(struct machine *m, const struct kobj *key)
{
	switch (key->type) {
	case KOBJ_LINK:
		return delete_link(m, key);
	case KOBJ_ADDRESS:
		return delete_address(m, key);
	case KOBJ_SYSCTL:
		return EINVAL;
	default:
		return delete_plain(m, key);
	}
}

int machine_kobj_op(struct machine *m, const struct k8snet_op *op)
{
	const struct kobj *kobj = op->kobj;

	/* What was in a namespace that is gone is gone. */
	if (!machine_has_netns(m, kobj->netns))
		return op->verb == OP_DELETE ? 0 : ENOENT;
	if (op->verb == OP_DELETE)
		return machine_kobj_delete(m, kobj);
	if (op->verb == OP_SET && kobj->type == KOBJ_LINK)
		return set_link(m, kobj, op->changes);
	return put(m, kobj, op->verb == OP_SET, ROUTE_PROTOCOL);
}
