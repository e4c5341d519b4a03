/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bridge: the VLANs of a port. */
#include <errno.h>
#include <netinet/in.h>

#include <linux/if_bridge.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include "bridge.h"

/* What a bridge gives each port, unless it was told otherwise. */
#define DEFAULT_VLAN 1

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

static void put_trunk(struct plugin *p, const struct bridge *b, int index)
{
	unsigned int first, last;

	for (first = 1; first <= VLAN_MAX; first = last + 1) {
		last = first;
		if (!is_in_trunk(b, first))
			continue;
		while (is_in_trunk(b, last + 1))
			last++;
		put_vlans(p, RTM_SETLINK, index, (uint16_t)first, (uint16_t)last, 0, "add");
	}
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
	put_trunk(p, b, index);
	return netlink_flush(&p->host) < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}
