/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/kobj.h"

#include <string.h>

static bool strings_equal(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

static bool prefixes_equal(const struct k8snet_prefix *a, const struct k8snet_prefix *b)
{
	return a->length == b->length && k8snet_address_is_equal(&a->address, &b->address);
}

bool kobj_is_same(const struct kobj *a, const struct kobj *b)
{
	if (a->type != b->type || !strings_equal(a->netns, b->netns))
		return false;
	/* A route is known by where it leads; its link is how it leads there. */
	if (a->type != KOBJ_ROUTE && strcmp(a->name, b->name))
		return false;
	switch (a->type) {
	case KOBJ_SYSCTL:
		return !strcmp(a->sysctl.path, b->sysctl.path);
	case KOBJ_LINK:
		return true;
	case KOBJ_ADDRESS:
		return prefixes_equal(&a->address, &b->address);
	case KOBJ_NEIGHBOUR:
		return k8snet_address_is_equal(&a->neighbour.address, &b->neighbour.address);
	case KOBJ_FDB:
		return !memcmp(a->fdb.mac, b->fdb.mac, 6);
	case KOBJ_ROUTE:
		return prefixes_equal(&a->route.destination, &b->route.destination);
	}
	return false;
}

static unsigned int vxlan_changes(const struct kobj_link *o, const struct kobj_link *w)
{
	bool same = o->vni == w->vni && o->port == w->port &&
		    k8snet_address_is_equal(&o->local, &w->local) && !strcmp(o->device, w->device);

	return same ? 0 : LINK_CHANGE_RECREATE;
}

/* A link of ours that is to be in no bridge: in a pod that is the pod's affair. */
static bool is_strayed(const struct kobj *observed, const struct kobj *wanted)
{
	return !wanted->netns && !wanted->link.master[0] && observed->link.master[0] &&
	       (wanted->link.type == LINK_VETH || wanted->link.type == LINK_VXLAN);
}

static unsigned int attribute_changes(const struct kobj_link *o, const struct kobj_link *w)
{
	unsigned int changes = 0;

	if (w->up && !o->up)
		changes |= LINK_CHANGE_UP;
	if (w->mtu && w->mtu != o->mtu)
		changes |= LINK_CHANGE_MTU;
	if (w->has_mac && memcmp(o->mac, w->mac, 6))
		changes |= LINK_CHANGE_MAC;
	if (w->master[0] && strcmp(o->master, w->master))
		changes |= LINK_CHANGE_MASTER;
	if (w->alias && !strings_equal(o->alias, w->alias))
		changes |= LINK_CHANGE_ALIAS;
	if (w->master[0] && w->hairpin != o->hairpin)
		changes |= LINK_CHANGE_HAIRPIN;
	if (w->addrgen_none && !o->addrgen_none)
		changes |= LINK_CHANGE_ADDRGEN;
	return changes;
}

unsigned int kobj_link_changes(const struct kobj *observed, const struct kobj *wanted)
{
	const struct kobj_link *o = &observed->link, *w = &wanted->link;
	unsigned int changes;

	if (o->type != w->type)
		return LINK_CHANGE_RECREATE;
	changes = attribute_changes(o, w);
	if (is_strayed(observed, wanted))
		changes |= LINK_CHANGE_MASTER;
	if (w->type == LINK_VXLAN)
		changes |= vxlan_changes(o, w);
	if (w->type == LINK_BRIDGE && (w->nf_call_iptables != o->nf_call_iptables ||
				       w->nf_call_ip6tables != o->nf_call_ip6tables))
		changes |= LINK_CHANGE_NF_CALL;
	/* A port that joins a bridge starts without hairpin. */
	if (changes & LINK_CHANGE_MASTER && w->hairpin)
		changes |= LINK_CHANGE_HAIRPIN;
	return changes;
}

bool kobj_is_as_wanted(const struct kobj *observed, const struct kobj *wanted)
{
	switch (wanted->type) {
	case KOBJ_SYSCTL:
		return !strcmp(observed->sysctl.value, wanted->sysctl.value);
	case KOBJ_LINK:
		return !kobj_link_changes(observed, wanted);
	case KOBJ_ADDRESS:
		return true;
	case KOBJ_NEIGHBOUR:
		return !memcmp(observed->neighbour.mac, wanted->neighbour.mac, 6);
	case KOBJ_FDB:
		return k8snet_address_is_equal(&observed->fdb.remote, &wanted->fdb.remote);
	case KOBJ_ROUTE:
		return !strcmp(observed->name, wanted->name) &&
		       observed->route.route.onlink == wanted->route.route.onlink &&
		       k8snet_address_is_equal(&observed->route.route.via,
					       &wanted->route.route.via);
	}
	return false;
}
