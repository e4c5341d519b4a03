/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Questions about single addresses: they cost the same on a node with thousands. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <netlink/attr.h>
#include <netlink/route/addr.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/observe.h"

struct search {
	struct k8snet_address address; /* family alone: any global one */
	int index;		       /* 0: none found */
	struct k8snet_prefix prefix;
};

static size_t get_size(uint8_t family)
{
	return family == 6 ? 16 : 4;
}

static uint8_t get_family(uint8_t family)
{
	return family == 6 ? AF_INET6 : AF_INET;
}

static struct nl_msg *new_request(int type, const void *header, size_t size, int attr,
				  const struct k8snet_address *address)
{
	struct nl_msg *request = nlmsg_alloc_simple(type, 0);

	if (request && nlmsg_append(request, (void *)header, size, NLMSG_ALIGNTO) == 0 &&
	    nla_put(request, attr, (int)get_size(address->family), address->bytes) == 0)
		return request;
	nlmsg_free(request);
	return NULL;
}

/* --- addresses of a link --------------------------------------------------------- */

static bool is_global(struct rtnl_addr *address)
{
	const unsigned int unusable =
		IFA_F_TENTATIVE | IFA_F_DADFAILED | IFA_F_DEPRECATED | IFA_F_TEMPORARY;

	if (rtnl_addr_get_scope(address) != RT_SCOPE_UNIVERSE)
		return false;
	return rtnl_addr_get_family(address) == AF_INET ||
	       !(rtnl_addr_get_flags(address) & unusable);
}

static int take_address(struct observer *o, struct nl_object *object, const struct nlmsghdr *raw)
{
	struct rtnl_addr *address = (struct rtnl_addr *)object;
	struct search *search = o->data;
	struct k8snet_address local, any = {.family = search->address.family};
	bool is_any = k8snet_address_is_equal(&search->address, &any);

	if (search->index || raw->nlmsg_type != RTM_NEWADDR ||
	    !observe_get_address(rtnl_addr_get_local(address), &local) ||
	    local.family != search->address.family)
		return 0;
	if (is_any ? !is_global(address) : !k8snet_address_is_equal(&local, &search->address))
		return 0;
	search->index = rtnl_addr_get_ifindex(address);
	search->prefix.address = local;
	search->prefix.length = (uint8_t)rtnl_addr_get_prefixlen(address);
	return 0;
}

static int search_link(struct observer *o, struct search *search, int index)
{
	const struct ifaddrmsg header = {
		.ifa_family = get_family(search->address.family),
		.ifa_index = (unsigned int)index,
	};
	int r;

	search->index = 0;
	o->data = search;
	r = observer_dump(o, RTM_GETADDR, &header, sizeof(header), take_address);
	return r < 0 ? r : search->index ? 0 : -ENOENT;
}

int observe_global_address(struct observer *o, uint8_t family, int index,
			   struct k8snet_prefix *address)
{
	struct search search = {.address = {.family = family}};
	int r = search_link(o, &search, index);

	*address = search.prefix;
	return r;
}

/* --- the link of an address ------------------------------------------------------ */

static int take_route(struct observer *o, struct nl_object *object, const struct nlmsghdr *raw)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	struct nl_addr *to = rtnl_route_get_dst(route);
	struct search *search = o->data;

	if (raw->nlmsg_type != RTM_NEWROUTE || !rtnl_route_get_nnexthops(route))
		return 0;
	search->index = rtnl_route_nh_get_ifindex(rtnl_route_nexthop_n(route, 0));
	search->prefix.length = to ? (uint8_t)nl_addr_get_prefixlen(to) : 0;
	return 0;
}

/* The route that leads to an address, as it stands in the table. Sets
 * search->index and search->prefix.length. */
static int find_route(struct observer *o, struct search *search)
{
	const struct rtmsg header = {
		.rtm_family = get_family(search->address.family),
		.rtm_dst_len = (unsigned char)(8 * get_size(search->address.family)),
		.rtm_flags = RTM_F_FIB_MATCH,
	};
	int r;

	o->data = search;
	r = observer_request(
		o, new_request(RTM_GETROUTE, &header, sizeof(header), RTA_DST, &search->address),
		take_route);
	/* Nothing leads there, or a route that says so: unreachable, prohibit, blackhole. */
	if (r == -ENETUNREACH || r == -EHOSTUNREACH || r == -ESRCH || r == -EACCES || r == -EINVAL)
		return -ENOENT;
	return r < 0 ? r : search->index ? 0 : -ENOENT;
}

/* IPv6 can be asked which link has an address; of IPv4, the local table knows. */
static int find_address(struct observer *o, struct search *search)
{
	const struct ifaddrmsg header = {.ifa_family = AF_INET6};
	int r;

	if (search->address.family == 4)
		return find_route(o, search);
	o->data = search;
	r = observer_request(
		o, new_request(RTM_GETADDR, &header, sizeof(header), IFA_ADDRESS, &search->address),
		take_address);
	return r == -EADDRNOTAVAIL ? -ENOENT : r < 0 ? r : search->index ? 0 : -ENOENT;
}

int observe_uplink(struct observer *o, const struct k8snet_address *address, int *index,
		   struct k8snet_prefix *prefix)
{
	struct search search = {.address = *address};
	int r = find_address(o, &search);

	if (r < 0)
		return r;
	/* Somebody else's address: what was found leads to it. */
	r = search_link(o, &search, search.index);
	*index = search.index;
	*prefix = search.prefix;
	return r;
}

/* --- the default route ----------------------------------------------------------- */

/* The best one so far. */
struct default_route {
	int index; /* 0: none */
	bool is_down;
	uint8_t length;
	uint32_t priority;
};

static bool is_better(const struct default_route *a, const struct default_route *b)
{
	if (!b->index || a->is_down != b->is_down)
		return !b->index || b->is_down;
	if (a->length != b->length)
		return a->length < b->length;
	return a->priority < b->priority;
}

/* Of several next hops the first that is up. */
static int choose_hop(struct rtnl_route *route, bool *is_down)
{
	int i, index, first = 0, n = rtnl_route_get_nnexthops(route);

	*is_down = true;
	for (i = 0; i < n && *is_down; i++) {
		struct rtnl_nexthop *hop = rtnl_route_nexthop_n(route, i);

		index = rtnl_route_nh_get_ifindex(hop);
		if (!first)
			first = index;
		if (!index || rtnl_route_nh_get_flags(hop) & (RTNH_F_DEAD | RTNH_F_LINKDOWN))
			continue;
		*is_down = false;
		first = index;
	}
	return first;
}

/* To everywhere; or to the first half of it, as those write it who leave the default route
 * of others alone, whoever has the second half. A black hole leads nowhere. */
static int take_default_route(struct observer *o, struct nl_object *object,
			      const struct nlmsghdr *raw)
{
	struct rtnl_route *route = (struct rtnl_route *)object;
	struct nl_addr *to = rtnl_route_get_dst(route);
	struct default_route *best = o->data, found = {0};
	struct k8snet_address address;

	if (raw->nlmsg_type != RTM_NEWROUTE || rtnl_route_get_table(route) != RT_TABLE_MAIN ||
	    rtnl_route_get_type(route) != RTN_UNICAST)
		return 0;
	found.length = to ? (uint8_t)nl_addr_get_prefixlen(to) : 0;
	if (found.length > 1 ||
	    (found.length == 1 && (!observe_get_address(to, &address) || address.bytes[0])))
		return 0;
	found.priority = rtnl_route_get_priority(route);
	found.index = choose_hop(route, &found.is_down);
	if (found.index && is_better(&found, best))
		*best = found;
	return 0;
}

int observe_default_link(struct observer *o, uint8_t family, int *index)
{
	const struct rtmsg header = {
		.rtm_family = get_family(family),
		.rtm_table = RT_TABLE_MAIN,
		.rtm_type = RTN_UNICAST,
	};
	struct default_route best = {0};
	int r;

	o->data = &best;
	r = observer_dump(o, RTM_GETROUTE, &header, sizeof(header), take_default_route);
	/* A family that is off, or a table that was never used. */
	if (r == -EOPNOTSUPP || r == -EAFNOSUPPORT || r == -ENOENT)
		return -ENOENT;
	*index = best.index;
	return r < 0 ? r : best.index ? 0 : -ENOENT;
}
