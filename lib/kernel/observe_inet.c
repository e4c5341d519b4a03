/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/observe.h"

static int add(struct observer *o, struct kobj *kobj, int index)
{
	const char *name = observer_get_name(o, index);
	struct kobj *found;

	if (!name)
		return 0;
	found = vec_push(&o->found);
	if (!found)
		return -ENOMEM;
	memcpy(kobj->name, name, sizeof(kobj->name));
	kobj->netns = o->netns;
	*found = *kobj;
	return 0;
}

/* An attribute that names a link, at the end of a request. */
struct link_filter {
	struct nlattr attr;
	int32_t index;
};

static struct link_filter filter_link(uint16_t type, int index)
{
	return (struct link_filter){
		.attr = {.nla_len = sizeof(struct link_filter), .nla_type = type},
		.index = index,
	};
}

/* --- addresses ------------------------------------------------------------------ */

static int take_address(struct observer *o, struct nl_object *object, const struct nlmsghdr *raw)
{
	struct rtnl_addr *address = (struct rtnl_addr *)object;
	struct kobj kobj = {.type = KOBJ_ADDRESS};

	if (raw->nlmsg_type != RTM_NEWADDR ||
	    !observe_get_address(rtnl_addr_get_local(address), &kobj.address.address))
		return 0;
	kobj.address.length = (uint8_t)rtnl_addr_get_prefixlen(address);
	return add(o, &kobj, rtnl_addr_get_ifindex(address));
}

int observe_addresses(struct observer *o, int index)
{
	const struct ifaddrmsg header = {.ifa_index = (unsigned int)index};

	return observer_dump(o, RTM_GETADDR, &header, sizeof(header), take_address);
}

/* --- neighbours and forwarding entries -------------------------------------------- */

static bool get_mac(struct nl_addr *from, uint8_t to[6])
{
	if (!from || nl_addr_get_len(from) != 6)
		return false;
	memcpy(to, nl_addr_get_binary_addr(from), 6);
	return true;
}

/* Of ours only: others' neighbours may be many, and are none of our business.
 * In a pod all is ours. */
static bool is_ours(struct observer *o, int index)
{
	return observer_get_name(o, index) && (o->is_ours || o->netns);
}

static int take_neighbour(struct observer *o, struct nl_object *object, const struct nlmsghdr *raw)
{
	struct rtnl_neigh *neighbour = (struct rtnl_neigh *)object;
	int index = rtnl_neigh_get_ifindex(neighbour);
	struct kobj kobj = {.type = KOBJ_NEIGHBOUR};

	if (raw->nlmsg_type != RTM_NEWNEIGH || !(rtnl_neigh_get_state(neighbour) & NUD_PERMANENT) ||
	    !is_ours(o, index) ||
	    !observe_get_address(rtnl_neigh_get_dst(neighbour), &kobj.neighbour.address) ||
	    !get_mac(rtnl_neigh_get_lladdr(neighbour), kobj.neighbour.mac))
		return 0;
	return add(o, &kobj, index);
}

int observe_neighbours(struct observer *o, int index)
{
	struct {
		struct ndmsg header;
		struct link_filter link;
	} request = {.link = filter_link(NDA_IFINDEX, index)};

	return observer_dump(o, RTM_GETNEIGH, &request,
			     index ? sizeof(request) : sizeof(request.header), take_neighbour);
}

static int take_fdb(struct observer *o, struct nl_object *object, const struct nlmsghdr *raw)
{
	struct rtnl_neigh *entry = (struct rtnl_neigh *)object;
	int index = rtnl_neigh_get_ifindex(entry);
	struct kobj kobj = {.type = KOBJ_FDB};

	if (raw->nlmsg_type != RTM_NEWNEIGH || !is_ours(o, index) ||
	    !observe_get_address(rtnl_neigh_get_dst(entry), &kobj.fdb.remote) ||
	    !get_mac(rtnl_neigh_get_lladdr(entry), kobj.fdb.mac))
		return 0;
	return add(o, &kobj, index);
}

int observe_fdb(struct observer *o, int index)
{
	const struct {
		struct ndmsg header;
		struct link_filter link;
	} request = {
		.header = {.ndm_family = AF_BRIDGE},
		.link = filter_link(NDA_IFINDEX, index),
	};

	return observer_dump(o, RTM_GETNEIGH, &request, sizeof(request), take_fdb);
}

/* --- routes ---------------------------------------------------------------------- */

static int take_route(struct observer *o, struct nl_object *object, const struct nlmsghdr *raw)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	struct kobj kobj = {.type = KOBJ_ROUTE};
	struct nl_addr *to = rtnl_route_get_dst(route);
	struct rtnl_nexthop *hop;

	/* An older kernel does not filter. */
	if (raw->nlmsg_type != RTM_NEWROUTE || rtnl_route_get_protocol(route) != ROUTE_PROTOCOL ||
	    rtnl_route_get_table(route) != RT_TABLE_MAIN ||
	    rtnl_route_get_type(route) != RTN_UNICAST || rtnl_route_get_nnexthops(route) != 1)
		return 0;
	hop = rtnl_route_nexthop_n(route, 0);
	if (!observe_get_address(to, &kobj.route.destination.address))
		kobj.route.destination.address.family =
			rtnl_route_get_family(route) == AF_INET6 ? 6 : 4;
	kobj.route.destination.length = to ? (uint8_t)nl_addr_get_prefixlen(to) : 0;
	observe_get_address(rtnl_route_nh_get_gateway(hop), &kobj.route.route.via);
	kobj.route.route.onlink =
		(rtnl_route_nh_get_flags(hop) | rtnl_route_get_flags(route)) & RTNH_F_ONLINK;
	return add(o, &kobj, rtnl_route_nh_get_ifindex(hop));
}

static int dump_routes(struct observer *o, uint8_t family, int index)
{
	const struct {
		struct rtmsg header;
		struct link_filter link;
	} request = {
		.header =
			{
				.rtm_family = family,
				.rtm_table = RT_TABLE_MAIN,
				.rtm_protocol = ROUTE_PROTOCOL,
				.rtm_type = RTN_UNICAST,
			},
		.link = filter_link(RTA_OIF, index),
	};

	return observer_dump(o, RTM_GETROUTE, &request,
			     index ? sizeof(request) : sizeof(request.header), take_route);
}

/* A family that is off, or a table that was never used, has no routes. */
static bool is_empty(int error)
{
	return error == -EOPNOTSUPP || error == -EAFNOSUPPORT || error == -ENOENT;
}

int observe_routes(struct observer *o, int index)
{
	int r = dump_routes(o, AF_INET, index);

	if (r == 0 || is_empty(r))
		r = dump_routes(o, AF_INET6, index);
	return is_empty(r) ? 0 : r;
}
