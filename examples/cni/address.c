/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "address.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

/* --- values ------------------------------------------------------------------- */

static char *next_buffer(void)
{
	static char buffers[8][K8SNET_ADDRESS_TEXT_SIZE];
	static unsigned int next;

	return buffers[next++ % 8];
}

const char *address_text(const struct k8snet_address *address)
{
	return k8snet_address_format(address, next_buffer(), K8SNET_ADDRESS_TEXT_SIZE);
}

const char *prefix_text(const struct k8snet_prefix *prefix)
{
	return k8snet_prefix_format(prefix, next_buffer(), K8SNET_ADDRESS_TEXT_SIZE);
}

struct k8snet_address address_next(const struct k8snet_address *address)
{
	struct k8snet_address next = *address;
	size_t i = address_size(address);

	while (i-- > 0 && ++next.bytes[i] == 0)
		;
	return next;
}

bool prefix_is_equal(const struct k8snet_prefix *a, const struct k8snet_prefix *b)
{
	return a->length == b->length && k8snet_address_is_equal(&a->address, &b->address);
}

bool address_is_unspecified(const struct k8snet_address *address)
{
	static const uint8_t zero[16];

	return !memcmp(address->bytes, zero, address_size(address));
}

struct k8snet_prefix prefix_of_host(const struct k8snet_address *address)
{
	return (struct k8snet_prefix){*address, (uint8_t)(8 * address_size(address))};
}

struct k8snet_prefix prefix_of_all(uint8_t family)
{
	return (struct k8snet_prefix){.address.family = family};
}

static uint8_t get_family(const struct k8snet_address *address)
{
	return address->family == 6 ? AF_INET6 : AF_INET;
}

static bool read_address(const struct nlattr *attr, uint8_t family, struct k8snet_address *out)
{
	size_t size = family == AF_INET6 ? 16 : 4;

	if (mnl_attr_get_payload_len(attr) != size)
		return false;
	*out = (struct k8snet_address){.family = family == AF_INET6 ? 6 : 4};
	memcpy(out->bytes, mnl_attr_get_payload(attr), size);
	return true;
}

/* --- addresses of a link ------------------------------------------------------- */

struct listing {
	struct address_list *list;
	int index;
};

static int parse_address(const struct nlmsghdr *message, void *data)
{
	const struct ifaddrmsg *header = mnl_nlmsg_get_payload(message);
	struct listing *listing = data;
	struct link_address address = {.flags = header->ifa_flags, .scope = header->ifa_scope};
	struct link_address *bigger;
	const struct nlattr *attr;
	bool has_local = false;

	if (message->nlmsg_type != RTM_NEWADDR || (int)header->ifa_index != listing->index)
		return 0;
	mnl_attr_for_each(attr, message, sizeof(*header))
	{
		uint16_t type = mnl_attr_get_type(attr);

		if (type == IFA_LOCAL)
			has_local = read_address(attr, header->ifa_family, &address.prefix.address);
		else if (type == IFA_ADDRESS && !has_local)
			read_address(attr, header->ifa_family, &address.prefix.address);
		else if (type == IFA_FLAGS && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			address.flags = mnl_attr_get_u32(attr);
	}
	address.prefix.length = header->ifa_prefixlen;
	bigger = realloc(listing->list->items, (listing->list->count + 1) * sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	listing->list->items = bigger;
	bigger[listing->list->count++] = address;
	return 0;
}

int address_list_get(struct netlink *n, int index, struct address_list *out)
{
	const struct ifaddrmsg header = {.ifa_index = (unsigned int)index};
	struct listing listing = {.list = out, .index = index};
	int r;

	do {
		out->count = 0;
		netlink_add(n, RTM_GETADDR, NLM_F_DUMP, &header, sizeof(header), "addresses");
		r = netlink_ask(n, parse_address, &listing);
	} while (r == -EINTR);
	/* Nobody has to free what was read of it. */
	if (r < 0)
		address_list_done(out);
	return r;
}

const struct link_address *address_list_find(const struct address_list *list,
					     const struct k8snet_prefix *prefix)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (prefix_is_equal(&list->items[i].prefix, prefix))
			return &list->items[i];
	return NULL;
}

void address_list_done(struct address_list *list)
{
	free(list->items);
	*list = (struct address_list){0};
}

static struct nlmsghdr *put(struct netlink *n, uint16_t type, uint16_t flags, int index,
			    const char *ifname, const struct k8snet_prefix *prefix)
{
	size_t size = address_size(&prefix->address);
	const struct ifaddrmsg header = {
		.ifa_family = get_family(&prefix->address),
		.ifa_prefixlen = prefix->length,
		.ifa_index = (unsigned int)index,
	};
	struct nlmsghdr *message =
		netlink_add(n, type, flags, &header, sizeof(header), "link %s: address %s %s",
			    ifname, type == RTM_NEWADDR ? "add" : "delete", prefix_text(prefix));

	mnl_attr_put(message, IFA_LOCAL, size, prefix->address.bytes);
	mnl_attr_put(message, IFA_ADDRESS, size, prefix->address.bytes);
	return message;
}

static void put_broadcast(struct nlmsghdr *message, const struct k8snet_prefix *prefix)
{
	uint8_t bytes[4];
	size_t i;

	if (prefix->address.family == 6 || prefix->length > 30)
		return;
	for (i = 0; i < sizeof(bytes); i++) {
		int bits = prefix->length - (int)i * 8;

		bytes[i] = prefix->address.bytes[i] | (bits <= 0  ? 0xff
						       : bits < 8 ? 0xff >> bits
								  : 0);
	}
	mnl_attr_put(message, IFA_BROADCAST, sizeof(bytes), bytes);
}

void address_put(struct netlink *n, int index, const char *ifname,
		 const struct k8snet_prefix *prefix, uint32_t flags)
{
	struct nlmsghdr *message =
		put(n, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, index, ifname, prefix);

	put_broadcast(message, prefix);
	if (flags)
		mnl_attr_put_u32(message, IFA_FLAGS, flags);
}

void address_put_delete(struct netlink *n, int index, const char *ifname,
			const struct k8snet_prefix *prefix)
{
	put(n, RTM_DELADDR, 0, index, ifname, prefix);
}

/* --- routes ---------------------------------------------------------------------- */

static void put_metrics(struct nlmsghdr *message, const struct route *route)
{
	struct nlattr *metrics;

	if (!route->mtu && !route->advmss)
		return;
	metrics = mnl_attr_nest_start(message, RTA_METRICS);
	if (route->mtu)
		mnl_attr_put_u32(message, RTAX_MTU, route->mtu);
	if (route->advmss)
		mnl_attr_put_u32(message, RTAX_ADVMSS, route->advmss);
	mnl_attr_nest_end(message, metrics);
}

static uint32_t get_table(const struct route *route)
{
	return route->table ? route->table : RT_TABLE_MAIN;
}

static struct rtmsg make_header(const struct route *route)
{
	uint8_t scope = route->gateway.family || route->destination.address.family == 6
				? RT_SCOPE_UNIVERSE
				: RT_SCOPE_LINK;

	return (struct rtmsg){
		.rtm_family = get_family(&route->destination.address),
		.rtm_dst_len = route->destination.length,
		.rtm_table = get_table(route) < 256 ? (uint8_t)get_table(route) : RT_TABLE_COMPAT,
		.rtm_protocol = route->protocol ? route->protocol : RTPROT_BOOT,
		.rtm_scope = route->scope >= 0 ? (uint8_t)route->scope : scope,
		.rtm_type = RTN_UNICAST,
	};
}

static void put_route(struct nlmsghdr *message, const struct route *route)
{
	size_t size = address_size(&route->destination.address);

	if (route->destination.length)
		mnl_attr_put(message, RTA_DST, size, route->destination.address.bytes);
	if (route->gateway.family)
		mnl_attr_put(message, RTA_GATEWAY, size, route->gateway.bytes);
	if (route->source.family)
		mnl_attr_put(message, RTA_PREFSRC, size, route->source.bytes);
	if (route->interface)
		mnl_attr_put_u32(message, RTA_OIF, (uint32_t)route->interface);
	if (route->priority)
		mnl_attr_put_u32(message, RTA_PRIORITY, route->priority);
	mnl_attr_put_u32(message, RTA_TABLE, get_table(route));
	put_metrics(message, route);
}

void route_put(struct netlink *n, const struct route *route, const char *ifname)
{
	const struct rtmsg header = make_header(route);
	uint16_t flags = NLM_F_CREATE | (route->is_shared ? 0 : NLM_F_EXCL);

	put_route(netlink_add(n, RTM_NEWROUTE, flags, &header, sizeof(header),
			      "link %s: route add %s%s%s", ifname, prefix_text(&route->destination),
			      route->gateway.family ? " via " : "",
			      route->gateway.family ? address_text(&route->gateway) : ""),
		  route);
}

void route_put_delete(struct netlink *n, const struct route *route, const char *ifname)
{
	struct rtmsg header = make_header(route);

	header.rtm_scope = RT_SCOPE_NOWHERE;
	header.rtm_protocol = RTPROT_UNSPEC;
	put_route(netlink_add(n, RTM_DELROUTE, 0, &header, sizeof(header),
			      "link %s: route delete %s", ifname, prefix_text(&route->destination)),
		  route);
}

static void read_metrics(const struct nlattr *metrics, struct route *route)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, metrics)
	{
		if (mnl_attr_validate(attr, MNL_TYPE_U32) < 0)
			continue;
		if (mnl_attr_get_type(attr) == RTAX_MTU)
			route->mtu = mnl_attr_get_u32(attr);
		else if (mnl_attr_get_type(attr) == RTAX_ADVMSS)
			route->advmss = mnl_attr_get_u32(attr);
	}
}

static void read_route(const struct nlmsghdr *message, struct route *route)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *attr;

	*route = (struct route){
		.table = header->rtm_table,
		.scope = header->rtm_scope,
		.protocol = header->rtm_protocol,
	};
	route->destination = prefix_of_all(header->rtm_family == AF_INET6 ? 6 : 4);
	route->destination.length = header->rtm_dst_len;
	mnl_attr_for_each(attr, message, sizeof(*header))
	{
		uint16_t type = mnl_attr_get_type(attr);
		bool is_u32 = mnl_attr_validate(attr, MNL_TYPE_U32) == 0;

		if (type == RTA_DST)
			read_address(attr, header->rtm_family, &route->destination.address);
		else if (type == RTA_GATEWAY)
			read_address(attr, header->rtm_family, &route->gateway);
		else if (type == RTA_PREFSRC)
			read_address(attr, header->rtm_family, &route->source);
		else if (type == RTA_METRICS)
			read_metrics(attr, route);
		else if (type == RTA_OIF && is_u32)
			route->interface = (int)mnl_attr_get_u32(attr);
		else if (type == RTA_PRIORITY && is_u32)
			route->priority = mnl_attr_get_u32(attr);
		else if (type == RTA_TABLE && is_u32)
			route->table = mnl_attr_get_u32(attr);
	}
}

struct search {
	const struct route *like;
	struct route *found;
	int count;
};

static int match_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct search *search = data;
	const struct route *like = search->like;
	struct route route;

	if (message->nlmsg_type != RTM_NEWROUTE || header->rtm_flags & RTM_F_CLONED)
		return 0;
	read_route(message, &route);
	if (!prefix_is_equal(&route.destination, &like->destination) ||
	    route.table != get_table(like) ||
	    (like->interface && route.interface != like->interface) ||
	    (like->priority && route.priority != like->priority))
		return 0;
	/* Of several, the one with the same gateway. */
	if (!search->count || k8snet_address_is_equal(&route.gateway, &like->gateway))
		*search->found = route;
	search->count++;
	return 0;
}

int route_find(struct netlink *n, const struct route *like, struct route *found)
{
	struct search search = {.like = like, .found = found};
	struct rtmsg header = {.rtm_family = get_family(&like->destination.address)};
	struct nlmsghdr *message;
	int r;

	do {
		search.count = 0;
		message =
			netlink_add(n, RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header), "routes");
		mnl_attr_put_u32(message, RTA_TABLE, get_table(like));
		r = netlink_ask(n, match_route, &search);
	} while (r == -EINTR);
	/* A table that nobody made has no routes. */
	if (r == -ENOENT)
		r = 0;
	return r < 0 ? r : search.count > 0;
}

struct sifting {
	uint8_t protocol;
	struct route some[NETLINK_MESSAGES];
	size_t count, deleted;
};

static int sift_route(const struct nlmsghdr *message, void *data)
{
	const struct rtmsg *header = mnl_nlmsg_get_payload(message);
	struct sifting *sifting = data;
	struct route route;

	if (message->nlmsg_type != RTM_NEWROUTE || header->rtm_type != RTN_UNICAST)
		return 0;
	read_route(message, &route);
	if (route.table == RT_TABLE_MAIN && route.protocol == sifting->protocol &&
	    sifting->count < NETLINK_MESSAGES)
		sifting->some[sifting->count++] = route;
	return 0;
}

static int delete_some(struct netlink *n, struct sifting *sifting)
{
	const struct rtmsg header = {.rtm_protocol = sifting->protocol};
	struct nlmsghdr *message;
	size_t i;
	int r;

	sifting->count = 0;
	message = netlink_add(n, RTM_GETROUTE, NLM_F_DUMP, &header, sizeof(header), "routes");
	mnl_attr_put_u32(message, RTA_TABLE, RT_TABLE_MAIN);
	r = netlink_ask(n, sift_route, sifting);
	if (r < 0)
		return r;
	for (i = 0; i < sifting->count; i++)
		route_put_delete(n, &sifting->some[i], "node");
	r = netlink_flush(n);
	sifting->deleted = netlink_count_done(n, sifting->count);
	/* Gone by itself, with its link. */
	return r == -ESRCH ? 0 : r;
}

int route_delete_all(struct netlink *n, uint8_t protocol)
{
	struct sifting sifting = {.protocol = protocol};
	int r;

	do
		r = delete_some(n, &sifting);
	while (r == -EINTR || (r == 0 && sifting.count == NETLINK_MESSAGES && sifting.deleted));
	return r;
}

static int parse_interface(const struct nlmsghdr *message, void *data)
{
	int *interface = data;
	struct route route;

	if (message->nlmsg_type == RTM_NEWROUTE) {
		read_route(message, &route);
		*interface = route.interface;
	}
	return 0;
}

int route_get_interface(struct netlink *n, const struct k8snet_address *to)
{
	struct rtmsg header = {
		.rtm_family = get_family(to),
		.rtm_dst_len = (uint8_t)(8 * address_size(to)),
	};
	struct nlmsghdr *message;
	int interface = 0, r;

	message = netlink_add(n, RTM_GETROUTE, 0, &header, sizeof(header), "route to %s",
			      address_text(to));
	mnl_attr_put(message, RTA_DST, address_size(to), to->bytes);
	r = netlink_ask(n, parse_interface, &interface);
	return r < 0 ? r : interface;
}
