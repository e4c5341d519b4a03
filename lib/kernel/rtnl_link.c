/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/rtnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/netns.h"

/* The kernel's IFALIASZ without the NUL. */
#define MAX_ALIAS 255

static struct nlmsghdr *add_message(struct rtnl *r, uint32_t tag, uint16_t type, uint16_t flags,
				    const char *name, bool is_up)
{
	struct ifinfomsg header = {
		.ifi_family = AF_UNSPEC,
		.ifi_flags = is_up ? IFF_UP : 0,
		.ifi_change = is_up ? IFF_UP : 0,
	};
	struct nlmsghdr *message = batch_add(r->batch, tag, type, flags, &header, sizeof(header));

	if (name)
		mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return message;
}

void rtnl_put_up(struct rtnl *r, const char *name, uint32_t tag)
{
	add_message(r, tag, RTM_NEWLINK, 0, name, true);
}

/* IFLA_INET6_ADDR_GEN_MODE none. */
static void put_addrgen_none(struct nlmsghdr *message, bool is_none)
{
	struct nlattr *families = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(message, AF_INET6);

	mnl_attr_put_u8(message, IFLA_INET6_ADDR_GEN_MODE,
			is_none ? IN6_ADDR_GEN_MODE_NONE : IN6_ADDR_GEN_MODE_EUI64);
	mnl_attr_nest_end(message, inet6);
	mnl_attr_nest_end(message, families);
}

static void put_hairpin(struct nlmsghdr *message, bool is_on)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	struct nlattr *data;

	mnl_attr_put_strz(message, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
	mnl_attr_put_u8(message, IFLA_BRPORT_MODE, is_on);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

static bool has_bytes(const uint8_t mac[6])
{
	static const uint8_t none[6];

	return memcmp(mac, none, sizeof(none)) != 0;
}

static void put_veth(struct nlmsghdr *message, const struct kobj_link *link, int peer_fd)
{
	const struct ifinfomsg header = {0};
	struct nlattr *peer = mnl_attr_nest_start(message, VETH_INFO_PEER);

	memcpy(mnl_nlmsg_get_payload_tail(message), &header, sizeof(header));
	message->nlmsg_len += MNL_ALIGN(sizeof(header));
	mnl_attr_put_strz(message, IFLA_IFNAME, link->peer_name);
	if (link->mtu)
		mnl_attr_put_u32(message, IFLA_MTU, link->mtu);
	if (has_bytes(link->peer_mac))
		mnl_attr_put(message, IFLA_ADDRESS, sizeof(link->peer_mac), link->peer_mac);
	if (peer_fd >= 0)
		mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)peer_fd);
	mnl_attr_nest_end(message, peer);
}

static void put_bridge(struct nlmsghdr *message, const struct kobj_link *link, unsigned int changes)
{
	if (!(changes & LINK_CHANGE_NF_CALL))
		return;
	mnl_attr_put_u8(message, IFLA_BR_NF_CALL_IPTABLES, link->nf_call_iptables);
	mnl_attr_put_u8(message, IFLA_BR_NF_CALL_IP6TABLES, link->nf_call_ip6tables);
}

/* What flannel's backend makes. */
static void put_vxlan(struct nlmsghdr *message, const struct kobj_link *link, int device)
{
	mnl_attr_put_u32(message, IFLA_VXLAN_ID, link->vni);
	if (link->local.family == 4)
		mnl_attr_put(message, IFLA_VXLAN_LOCAL, 4, link->local.bytes);
	else if (link->local.family == 6)
		mnl_attr_put(message, IFLA_VXLAN_LOCAL6, 16, link->local.bytes);
	if (device)
		mnl_attr_put_u32(message, IFLA_VXLAN_LINK, (uint32_t)device);
	mnl_attr_put_u16(message, IFLA_VXLAN_PORT, htons(link->port));
	mnl_attr_put_u8(message, IFLA_VXLAN_LEARNING, 0);
}

static const char *get_kind(enum link_type type)
{
	switch (type) {
	case LINK_VETH:
		return "veth";
	case LINK_BRIDGE:
		return "bridge";
	case LINK_VXLAN:
		return "vxlan";
	case LINK_LOOPBACK:
	case LINK_OTHER:
		break;
	}
	return NULL;
}

/* What a message needs that has to be looked up. */
struct lookups {
	int master, device; /* 0: none */
	int peer_fd;	    /* -1: none */
};

static void put_info(struct nlmsghdr *message, const struct kobj_link *link,
		     const struct lookups *found)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	struct nlattr *data;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, get_kind(link->type));
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	if (link->type == LINK_VETH)
		put_veth(message, link, found->peer_fd);
	else if (link->type == LINK_BRIDGE)
		put_bridge(message, link, LINK_CHANGE_NF_CALL);
	else
		put_vxlan(message, link, found->device);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

static int look_up(struct rtnl *r, const struct kobj_link *link, struct lookups *found)
{
	*found = (struct lookups){.peer_fd = -1};
	if (link->master[0]) {
		found->master = rtnl_get_index(r, link->master);
		if (found->master < 0)
			return found->master;
	}
	if (link->type == LINK_VXLAN && link->device[0]) {
		found->device = rtnl_get_index(r, link->device);
		if (found->device < 0)
			return found->device;
	}
	return 0;
}

static int open_peer(struct rtnl *r, const struct kobj_link *link, struct lookups *found)
{
	if (link->type != LINK_VETH || !link->peer_netns)
		return 0;
	found->peer_fd = netns_open_fd(link->peer_netns);
	if (found->peer_fd < 0) {
		r->bad_netns = link->peer_netns;
		return found->peer_fd;
	}
	rtnl_keep_peer(r, found->peer_fd);
	return 0;
}

/*
 * The kernel takes neither alias nor address generation mode nor a port's
 * settings with a new link. And a link that has a carrier before its mode is none
 * may get the address that it must not have: bring it up last. A veth has no
 * carrier until its other end is up, which cannot be asked for with a new link
 * either.
 */
static bool is_up_at_once(const struct kobj_link *link)
{
	return link->up && (!link->addrgen_none || link->type == LINK_VETH);
}

/* A bridge takes the least MTU of its ports, and 1500 without ports, unless its
 * own was changed after it was made. */
static bool has_late_mtu(const struct kobj_link *link)
{
	return link->mtu && link->type == LINK_BRIDGE;
}

static void put_settings(struct rtnl *r, const struct kobj *kobj, uint32_t tag)
{
	const struct kobj_link *link = &kobj->link;
	bool is_port = link->hairpin && link->master[0];
	struct nlmsghdr *message;

	if (link->alias || link->addrgen_none || is_port || has_late_mtu(link)) {
		message = add_message(r, tag, RTM_NEWLINK, 0, kobj->name, false);
		if (has_late_mtu(link))
			mnl_attr_put_u32(message, IFLA_MTU, link->mtu);
		if (link->alias)
			mnl_attr_put(message, IFLA_IFALIAS, strlen(link->alias), link->alias);
		if (link->addrgen_none)
			put_addrgen_none(message, true);
		if (is_port)
			put_hairpin(message, true);
	}
	if (link->up && !is_up_at_once(link))
		rtnl_put_up(r, kobj->name, tag);
	if (link->type == LINK_VETH && !link->peer_netns)
		rtnl_put_up(r, link->peer_name, tag);
}

static int put_new(struct rtnl *r, const struct kobj *kobj, uint32_t tag)
{
	const struct kobj_link *link = &kobj->link;
	struct nlmsghdr *message;
	struct lookups found;
	int error = look_up(r, link, &found);

	/* The kernel refuses the new link, but not the settings behind it, which
	 * would be made on somebody else's. */
	if (error == 0 && rtnl_has_link(r, kobj->name))
		error = -EEXIST;
	if (error == 0)
		error = open_peer(r, link, &found);
	if (error < 0)
		return error;
	message = add_message(r, tag, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, kobj->name,
			      is_up_at_once(link));
	if (link->mtu && !has_late_mtu(link))
		mnl_attr_put_u32(message, IFLA_MTU, link->mtu);
	if (link->has_mac)
		mnl_attr_put(message, IFLA_ADDRESS, sizeof(link->mac), link->mac);
	if (found.master)
		mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)found.master);
	put_info(message, link, &found);
	put_settings(r, kobj, tag);
	return 0;
}

static void put_bridge_change(struct nlmsghdr *message, const struct kobj_link *link)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	struct nlattr *data;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	put_bridge(message, link, LINK_CHANGE_NF_CALL);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

static void put_values(struct rtnl *r, const struct kobj *kobj, unsigned int changes, int master,
		       uint32_t tag)
{
	struct nlmsghdr *message = add_message(r, tag, RTM_NEWLINK, 0, kobj->name, false);
	const struct kobj_link *link = &kobj->link;

	if (changes & LINK_CHANGE_MTU)
		mnl_attr_put_u32(message, IFLA_MTU, link->mtu);
	if (changes & LINK_CHANGE_MAC)
		mnl_attr_put(message, IFLA_ADDRESS, sizeof(link->mac), link->mac);
	if (changes & LINK_CHANGE_MASTER)
		mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)master);
	if ((changes & LINK_CHANGE_ALIAS) && link->alias)
		mnl_attr_put(message, IFLA_IFALIAS, strlen(link->alias), link->alias);
	if (changes & LINK_CHANGE_ADDRGEN)
		put_addrgen_none(message, link->addrgen_none);
	if (changes & LINK_CHANGE_NF_CALL)
		put_bridge_change(message, link);
}

static void put_down(struct rtnl *r, const char *name, uint32_t tag)
{
	const struct ifinfomsg header = {.ifi_change = IFF_UP};
	struct nlmsghdr *message =
		batch_add(r->batch, tag, RTM_NEWLINK, 0, &header, sizeof(header));

	mnl_attr_put_strz(message, IFLA_IFNAME, name);
}

static int put_change(struct rtnl *r, const struct kobj *kobj, unsigned int changes, uint32_t tag)
{
	const unsigned int values = LINK_CHANGE_MTU | LINK_CHANGE_MAC | LINK_CHANGE_MASTER |
				    LINK_CHANGE_ALIAS | LINK_CHANGE_ADDRGEN | LINK_CHANGE_NF_CALL;
	int master = 0;

	if ((changes & LINK_CHANGE_MASTER) && kobj->link.master[0]) {
		master = rtnl_get_index(r, kobj->link.master);
		if (master < 0)
			return master;
	}
	if (changes & values)
		put_values(r, kobj, changes, master, tag);
	if (changes & LINK_CHANGE_HAIRPIN)
		put_hairpin(add_message(r, tag, RTM_NEWLINK, 0, kobj->name, false),
			    kobj->link.hairpin);
	if ((changes & LINK_CHANGE_UP) && kobj->link.up)
		rtnl_put_up(r, kobj->name, tag);
	else if (changes & LINK_CHANGE_UP)
		put_down(r, kobj->name, tag);
	return 0;
}

int rtnl_put_link(struct rtnl *r, const struct k8snet_op *op, uint32_t tag)
{
	const struct kobj *kobj = op->kobj;

	if (op->verb == OP_DELETE) {
		add_message(r, tag, RTM_DELLINK, 0, kobj->name, false);
		batch_last(r->batch)->may_be_gone = true;
		return 0;
	}
	if (kobj->link.alias && strlen(kobj->link.alias) > MAX_ALIAS)
		return -EINVAL;
	if (op->verb == OP_SET)
		return put_change(r, kobj, op->changes, tag);
	/* A loopback is there always. */
	if (kobj->link.type == LINK_LOOPBACK)
		return put_change(r, kobj, LINK_CHANGE_UP, tag);
	return get_kind(kobj->link.type) ? put_new(r, kobj, tag) : -EINVAL;
}

void rtnl_put_group(struct rtnl *r, const char *name, uint32_t group, uint32_t tag)
{
	struct nlmsghdr *message = add_message(r, tag, RTM_NEWLINK, 0, name, false);

	mnl_attr_put_u32(message, IFLA_GROUP, group);
	batch_last(r->batch)->may_be_gone = true;
}

void rtnl_put_group_delete(struct rtnl *r, uint32_t group, uint32_t tag)
{
	struct nlmsghdr *message = add_message(r, tag, RTM_DELLINK, 0, NULL, false);

	mnl_attr_put_u32(message, IFLA_GROUP, group);
	batch_last(r->batch)->may_be_gone = true;
	memset(r->names, 0, sizeof(r->names));
	r->changes_links = true;
}
