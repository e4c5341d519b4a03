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
	if (r == -ENETUNREACH || r == -EHOSTUNREACH || r == -ESRCH)
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

int observe_default_link(struct observer *o, uint8_t family, int *index)
{
	/* For documentation (RFC 5737, RFC 3849): nothing but the default route leads there. */
	static const struct k8snet_address elsewhere[] = {
		{.family = 4, .bytes = {192, 0, 2, 1}},
		{.family = 6, .bytes = {0x20, 0x01, 0x0d, 0xb8, [15] = 1}},
	};
	struct search search = {.address = elsewhere[family == 6]};
	int r = find_route(o, &search);

	*index = search.index;
	return r < 0 ? r : search.prefix.length ? -ENOENT : 0;
}
