/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/rtnl.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if_addr.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

static uint8_t get_family(const struct k8snet_address *address)
{
	return address->family == 6 ? AF_INET6 : AF_INET;
}

static void put_ip(struct nlmsghdr *message, uint16_t type, const struct k8snet_address *address)
{
	mnl_attr_put(message, type, address->family == 6 ? 16 : 4, address->bytes);
}

static struct nlmsghdr *add_message(struct rtnl *r, const struct k8snet_op *op, uint32_t tag,
				    uint16_t add_type, uint16_t delete_type, const void *header,
				    size_t size)
{
	static const uint16_t flags[] = {
		[OP_ADD] = NLM_F_CREATE | NLM_F_EXCL,
		[OP_SET] = NLM_F_CREATE | NLM_F_REPLACE,
		[OP_DELETE] = 0,
	};
	bool is_delete = op->verb == OP_DELETE;
	struct nlmsghdr *message = batch_add(r->batch, tag, is_delete ? delete_type : add_type,
					     flags[op->verb], header, size);

	batch_last(r->batch)->may_be_gone = is_delete;
	return message;
}

/* What hangs on a link that is gone is gone with it: a deletion that says so. */
static int get_index(struct rtnl *r, const struct k8snet_op *op)
{
	int index = rtnl_get_index(r, op->kobj->name);

	return index == -ENODEV && op->verb == OP_DELETE ? INT32_MAX : index;
}

int rtnl_put_address(struct rtnl *r, const struct k8snet_op *op, uint32_t tag)
{
	const struct k8snet_prefix *prefix = &op->kobj->address;
	struct ifaddrmsg header = {
		.ifa_family = get_family(&prefix->address),
		.ifa_prefixlen = prefix->length,
		.ifa_scope = RT_SCOPE_UNIVERSE,
	};
	struct nlmsghdr *message;
	int index = get_index(r, op);

	if (index < 0)
		return index;
	header.ifa_index = (unsigned int)index;
	message = add_message(r, op, tag, RTM_NEWADDR, RTM_DELADDR, &header, sizeof(header));
	put_ip(message, IFA_LOCAL, &prefix->address);
	put_ip(message, IFA_ADDRESS, &prefix->address);
	if (prefix->address.family == 6 && op->verb != OP_DELETE)
		mnl_attr_put_u32(message, IFA_FLAGS, IFA_F_NODAD);
	return 0;
}

int rtnl_put_neighbour(struct rtnl *r, const struct k8snet_op *op, uint32_t tag)
{
	const struct kobj *kobj = op->kobj;
	struct ndmsg header = {
		.ndm_family = get_family(&kobj->neighbour.address),
		.ndm_state = NUD_PERMANENT,
	};
	struct nlmsghdr *message;

	header.ndm_ifindex = get_index(r, op);
	if (header.ndm_ifindex < 0)
		return header.ndm_ifindex;
	message = add_message(r, op, tag, RTM_NEWNEIGH, RTM_DELNEIGH, &header, sizeof(header));
	/* One that was resolved, or could not be, gives way. */
	if (op->verb == OP_ADD)
		message->nlmsg_flags = NLM_F_REQUEST | NLM_F_CREATE | NLM_F_REPLACE;
	put_ip(message, NDA_DST, &kobj->neighbour.address);
	if (op->verb != OP_DELETE)
		mnl_attr_put(message, NDA_LLADDR, sizeof(kobj->neighbour.mac), kobj->neighbour.mac);
	return 0;
}

int rtnl_put_fdb(struct rtnl *r, const struct k8snet_op *op, uint32_t tag)
{
	const struct kobj *kobj = op->kobj;
	struct ndmsg header = {
		.ndm_family = AF_BRIDGE,
		.ndm_state = NUD_PERMANENT,
		.ndm_flags = NTF_SELF,
	};
	struct nlmsghdr *message;

	header.ndm_ifindex = get_index(r, op);
	if (header.ndm_ifindex < 0)
		return header.ndm_ifindex;
	message = add_message(r, op, tag, RTM_NEWNEIGH, RTM_DELNEIGH, &header, sizeof(header));
	mnl_attr_put(message, NDA_LLADDR, sizeof(kobj->fdb.mac), kobj->fdb.mac);
	if (op->verb != OP_DELETE)
		put_ip(message, NDA_DST, &kobj->fdb.remote);
	return 0;
}

/* The key of a route is where it leads to: what it goes through is not asked for. */
static int put_route_delete(struct rtnl *r, const struct k8snet_op *op, uint32_t tag)
{
	const struct k8snet_prefix *to = &op->kobj->route.destination;
	const struct rtmsg header = {
		.rtm_family = get_family(&to->address),
		.rtm_dst_len = to->length,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = ROUTE_PROTOCOL,
		.rtm_scope = RT_SCOPE_NOWHERE,
		.rtm_type = RTN_UNICAST,
	};
	struct nlmsghdr *message =
		add_message(r, op, tag, RTM_NEWROUTE, RTM_DELROUTE, &header, sizeof(header));

	put_ip(message, RTA_DST, &to->address);
	return 0;
}

int rtnl_put_route(struct rtnl *r, const struct k8snet_op *op, uint32_t tag)
{
	const struct k8snet_prefix *to = &op->kobj->route.destination;
	const struct kobj_route *route = &op->kobj->route.route;
	const struct rtmsg header = {
		.rtm_family = get_family(&to->address),
		.rtm_dst_len = to->length,
		.rtm_table = RT_TABLE_MAIN,
		.rtm_protocol = ROUTE_PROTOCOL,
		.rtm_scope = route->via.family ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
		.rtm_type = RTN_UNICAST,
		.rtm_flags = route->onlink ? RTNH_F_ONLINK : 0,
	};
	struct nlmsghdr *message;
	int index;

	if (op->verb == OP_DELETE)
		return put_route_delete(r, op, tag);
	index = rtnl_get_index(r, op->kobj->name);
	if (index < 0)
		return index;
	message = add_message(r, op, tag, RTM_NEWROUTE, RTM_DELROUTE, &header, sizeof(header));
	put_ip(message, RTA_DST, &to->address);
	if (route->via.family)
		put_ip(message, RTA_GATEWAY, &route->via);
	mnl_attr_put_u32(message, RTA_OIF, (uint32_t)index);
	return 0;
}
