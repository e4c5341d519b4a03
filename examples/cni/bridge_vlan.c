/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bridge: the VLANs of a port, and the node's own link in one. */
#include <errno.h>
#include <netinet/in.h>

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "bridge.h"

/* What a bridge gives each port, unless it was told otherwise. */
#define DEFAULT_VLAN 1

/* --- of a port ------------------------------------------------------------------------- */

static void put_vlans(struct plugin *p, uint16_t type, int index, uint16_t first, uint16_t last,
		      uint16_t flags, const char *what)
{
	const struct ifinfomsg header = {.ifi_family = AF_BRIDGE, .ifi_index = index};
	struct bridge_vlan_info info = {.flags = flags, .vid = first};
	struct nlmsghdr *message;
	struct nlattr *spec;

	message = netlink_add(&p->host, type, 0, &header, sizeof(header),
			      "link %s: VLANs %u-%u: %s", p->owner.link, first, last, what);
	spec = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	if (first != last) {
		info.flags |= BRIDGE_VLAN_INFO_RANGE_BEGIN;
		mnl_attr_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
		info.flags ^= BRIDGE_VLAN_INFO_RANGE_BEGIN | BRIDGE_VLAN_INFO_RANGE_END;
		info.vid = last;
	}
	mnl_attr_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
	mnl_attr_nest_end(message, spec);
}

static bool is_in_trunk(const struct bridge *b, unsigned int vlan)
{
	return vlan <= VLAN_MAX && b->trunk[vlan / 8] & 1 << vlan % 8;
}

static int put_trunk(struct plugin *p, const struct bridge *b, int index)
{
	unsigned int first, last;
	int r = 0;

	for (first = 1; r == 0 && first <= VLAN_MAX; first = last + 1) {
		last = first;
		if (!is_in_trunk(b, first))
			continue;
		while (is_in_trunk(b, last + 1))
			last++;
		put_vlans(p, RTM_SETLINK, index, (uint16_t)first, (uint16_t)last, 0, "add");
		if (netlink_is_full(&p->host))
			r = netlink_flush(&p->host);
	}
	return r < 0 ? r : netlink_flush(&p->host);
}

int bridge_vlan_add(struct plugin *p, const struct bridge *b)
{
	int index;

	if (!b->vlan && !b->has_trunk)
		return 0;
	index = link_get_index(&p->host, p->owner.link);
	if (index < 0)
		return plugin_fail_errno(p, index, "link %s", p->owner.link);
	if (!b->keeps_default_vlan) {
		put_vlans(p, RTM_DELLINK, index, DEFAULT_VLAN, DEFAULT_VLAN, 0, "delete");
		netlink_last(&p->host)->may_fail = true;
	}
	if (b->vlan)
		put_vlans(p, RTM_SETLINK, index, b->vlan, b->vlan,
			  BRIDGE_VLAN_INFO_PVID | BRIDGE_VLAN_INFO_UNTAGGED, "add");
	return put_trunk(p, b, index) < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}

/* --- CHECK ------------------------------------------------------------------------------- */

struct vlans {
	uint8_t there[VLAN_MAX / 8 + 1];
	uint16_t untagged; /* what comes without a tag; 0: is dropped */
};

struct vlan_entry {
	struct bridge_vlan_info info;
	uint16_t last;
};

static int parse_entry(const struct nlattr *attr, void *data)
{
	struct vlan_entry *entry = data;

	if (mnl_attr_get_type(attr) == BRIDGE_VLANDB_ENTRY_INFO &&
	    mnl_attr_get_payload_len(attr) >= sizeof(entry->info))
		memcpy(&entry->info, mnl_attr_get_payload(attr), sizeof(entry->info));
	if (mnl_attr_get_type(attr) == BRIDGE_VLANDB_ENTRY_RANGE &&
	    mnl_attr_validate(attr, MNL_TYPE_U16) == 0)
		entry->last = mnl_attr_get_u16(attr);
	return MNL_CB_OK;
}

static int note_entry(const struct nlattr *attr, void *data)
{
	struct vlan_entry entry = {.last = 0};
	struct vlans *vlans = data;
	unsigned int vlan;

	if ((mnl_attr_get_type(attr) & NLA_TYPE_MASK) != BRIDGE_VLANDB_ENTRY)
		return MNL_CB_OK;
	mnl_attr_parse_nested(attr, parse_entry, &entry);
	if (entry.info.flags & BRIDGE_VLAN_INFO_PVID)
		vlans->untagged = entry.info.vid;
	for (vlan = entry.info.vid; vlan <= VLAN_MAX; vlan++) {
		vlans->there[vlan / 8] |= (uint8_t)(1 << vlan % 8);
		if (vlan >= entry.last)
			break;
	}
	return MNL_CB_OK;
}

static int parse_vlans(const struct nlmsghdr *message, void *data)
{
	if (message->nlmsg_type == RTM_NEWVLAN)
		mnl_attr_parse(message, sizeof(struct br_vlan_msg), note_entry, data);
	return 0;
}

int bridge_vlan_check(struct plugin *p, const struct bridge *b, const struct link *link)
{
	const struct br_vlan_msg header = {.family = AF_BRIDGE, .ifindex = (uint32_t)link->index};
	struct vlans vlans = {.untagged = 0};
	unsigned int vlan;
	int r;

	if (!b->vlan && !b->has_trunk)
		return 0;
	do {
		memset(&vlans, 0, sizeof(vlans));
		netlink_add(&p->host, RTM_GETVLAN, NLM_F_DUMP, &header, sizeof(header),
			    "link %s: VLANs", link->name);
		r = netlink_ask(&p->host, parse_vlans, &vlans);
	} while (r == -EINTR);
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	for (vlan = 1; vlan <= VLAN_MAX; vlan++) {
		bool is_wanted = vlan == b->vlan || is_in_trunk(b, vlan);
		bool is_there = vlans.there[vlan / 8] & 1 << vlan % 8;

		if (vlan == DEFAULT_VLAN && b->keeps_default_vlan && !is_wanted)
			continue;
		if (is_there != is_wanted)
			return plugin_deviates(p, "link %s: VLAN %u is %s", link->name, vlan,
					       is_there ? "there" : "not there");
	}
	if (b->vlan && vlans.untagged != b->vlan)
		return plugin_deviates(p, "link %s: what has no tag belongs to VLAN %u, not %u",
				       link->name, vlans.untagged, b->vlan);
	return 0;
}

/* --- the node's link in a VLAN ----------------------------------------------------------- */

#define NAME_SIZE 32

/* bridge_read() saw that a link may have such a name. */
static void get_name(const struct bridge *b, char name[NAME_SIZE])
{
	snprintf(name, NAME_SIZE, "%.15s.%u", b->name, b->vlan);
}

/* That of the reference plugin is one end of a veth pair, whose other is a port. */
static bool is_usable(const struct link *link, const struct link *bridge)
{
	return !strcmp(link->kind, "veth") ||
	       (!strcmp(link->kind, "vlan") && link->peer == bridge->index);
}

int bridge_vlan_get_link(struct plugin *p, const struct bridge *b, const struct link *bridge,
			 struct link *out)
{
	char name[NAME_SIZE];
	int r;

	get_name(b, name);
	r = link_get(&p->host, name, out);
	if (r == -ENODEV)
		return r;
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	if (!is_usable(out, bridge))
		return plugin_fail(p, ERROR_IN_USE,
				   "vlan: link %s exists and is not bridge %s in VLAN %u", name,
				   b->name, b->vlan);
	return 0;
}

static void put_own_vlan(struct plugin *p, const struct bridge *b, int index)
{
	const struct ifinfomsg header = {.ifi_family = AF_BRIDGE, .ifi_index = index};
	const struct bridge_vlan_info info = {.vid = b->vlan};
	struct nlmsghdr *message;
	struct nlattr *spec;

	message = netlink_add(&p->host, RTM_SETLINK, 0, &header, sizeof(header),
			      "bridge %s: VLAN %u: add", b->name, b->vlan);
	spec = mnl_attr_nest_start(message, IFLA_AF_SPEC);
	mnl_attr_put_u16(message, IFLA_BRIDGE_FLAGS, BRIDGE_FLAGS_SELF);
	mnl_attr_put(message, IFLA_BRIDGE_VLAN_INFO, sizeof(info), &info);
	mnl_attr_nest_end(message, spec);
}

static int make_link(struct plugin *p, const struct bridge *b, const struct link *bridge)
{
	const struct ifinfomsg header = {0};
	struct nlmsghdr *message;
	struct nlattr *info, *data;
	char name[NAME_SIZE];
	int r;

	get_name(b, name);
	message = netlink_add(&p->host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header,
			      sizeof(header), "link %s: add to bridge %s", name, b->name);
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_LINK, (uint32_t)bridge->index);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "vlan");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	mnl_attr_put_u16(message, IFLA_VLAN_ID, b->vlan);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	r = netlink_flush(&p->host);
	/* Another process was faster. */
	if (r < 0 && r != -EEXIST)
		return plugin_fail_netlink(p, &p->host);
	bridge_link_set_ipv6(b, name);
	return 0;
}

int bridge_vlan_ensure_link(struct plugin *p, const struct bridge *b, const struct link *bridge,
			    struct link *out)
{
	int r = bridge_vlan_get_link(p, b, bridge, out);

	if (r == -ENODEV) {
		r = make_link(p, b, bridge);
		if (r == 0)
			r = bridge_vlan_get_link(p, b, bridge, out);
		if (r == -ENODEV)
			r = plugin_fail(p, K8SNET_CNI_ERROR_TRY_LATER,
					"bridge %s: its link in VLAN %u was removed meanwhile",
					b->name, b->vlan);
	}
	if (r < 0)
		return r;
	/* The bridge itself is to take what has this tag. */
	if (!strcmp(out->kind, "vlan"))
		put_own_vlan(p, b, bridge->index);
	if (!(out->flags & IFF_UP))
		link_put_change(&p->host, out->name, true, "set up");
	return netlink_flush(&p->host) < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}
