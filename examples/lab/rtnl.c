/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/if.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "netlink/nlsock.h"

#include "runtime.h"

#define MESSAGE_SIZE 8192

static int open_socket(void *data)
{
	struct lab_rtnl *rtnl = data;

	rtnl->fd = nlsock_open(NETLINK_ROUTE);
	return rtnl->fd < 0 ? rtnl->fd : 0;
}

int lab_rtnl_open(struct lab_rtnl *rtnl, const char *netns)
{
	int error;

	*rtnl = (struct lab_rtnl){.fd = -1, .sequence = (unsigned int)time(NULL)};
	error = netns ? lab_netns_run(netns, open_socket, rtnl) : open_socket(rtnl);
	if (error)
		lab_rtnl_close(rtnl);
	return error;
}

void lab_rtnl_close(struct lab_rtnl *rtnl)
{
	if (rtnl->fd >= 0)
		close(rtnl->fd);
	rtnl->fd = -1;
}

static struct nlmsghdr *start(struct lab_rtnl *rtnl, void *buffer, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++rtnl->sequence;
	return message;
}

/* What the kernel answers: 1 and the message, 0 for an ack, or a negative errno. */
static ssize_t read_answer(struct lab_rtnl *rtnl, void *buffer, size_t size)
{
	const struct nlmsghdr *message = buffer;
	ssize_t n = nlsock_receive(rtnl->fd, buffer, size, 0);
	struct nlsock_ack ack;

	if (n < 0)
		return n;
	if (!mnl_nlmsg_ok(message, (int)n) || message->nlmsg_seq != rtnl->sequence)
		return -EPROTO;
	if (message->nlmsg_type != NLMSG_ERROR)
		return 1;
	if (nlsock_parse_ack(message, &ack) < 0)
		return -EPROTO;
	if (ack.error)
		snprintf(rtnl->error, sizeof(rtnl->error), "%s", ack.text);
	return -ack.error;
}

static int talk(struct lab_rtnl *rtnl, struct nlmsghdr *message)
{
	char buffer[MESSAGE_SIZE];
	int r;

	rtnl->error[0] = '\0';
	message->nlmsg_flags |= NLM_F_ACK;
	r = nlsock_send(rtnl->fd, message, message->nlmsg_len);
	return r < 0 ? r : (int)read_answer(rtnl, buffer, sizeof(buffer));
}

/* The answer to "which link is this" in `buffer`. */
static int get_link(struct lab_rtnl *rtnl, const char *name, void *buffer, size_t size)
{
	struct nlmsghdr *message = start(rtnl, buffer, RTM_GETLINK, 0);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	ssize_t n;

	link->ifi_family = AF_UNSPEC;
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	rtnl->error[0] = '\0';
	n = nlsock_send(rtnl->fd, message, message->nlmsg_len);
	if (n == 0)
		n = read_answer(rtnl, buffer, size);
	return n == 0 ? -EPROTO : n < 0 ? (int)n : 0;
}

int lab_rtnl_get_index(struct lab_rtnl *rtnl, const char *name)
{
	char buffer[MESSAGE_SIZE * 2];
	const struct ifinfomsg *link;
	int error = get_link(rtnl, name, buffer, sizeof(buffer));

	if (error)
		return error;
	link = mnl_nlmsg_get_payload((struct nlmsghdr *)buffer);
	return link->ifi_index;
}

int lab_rtnl_add_bridge(struct lab_rtnl *rtnl, const char *name)
{
	char buffer[MESSAGE_SIZE];
	struct nlmsghdr *message = start(rtnl, buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	struct nlattr *info, *data;

	link->ifi_family = AF_UNSPEC;
	link->ifi_flags = link->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	/* Without a querier, snooping loses neighbour solicitations. */
	mnl_attr_put_u8(message, IFLA_BR_MCAST_SNOOPING, 0);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	return talk(rtnl, message);
}

int lab_rtnl_add_veth(struct lab_rtnl *rtnl, const char *name, const char *bridge, const char *peer,
		      int peer_netns)
{
	char buffer[MESSAGE_SIZE];
	struct nlattr *info, *data, *nest;
	struct nlmsghdr *message;
	struct ifinfomsg *link;
	int master = lab_rtnl_get_index(rtnl, bridge);

	if (master < 0)
		return master;
	message = start(rtnl, buffer, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL);
	link = mnl_nlmsg_put_extra_header(message, sizeof(*link));
	link->ifi_family = AF_UNSPEC;
	link->ifi_flags = link->ifi_change = IFF_UP;
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)master);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	nest = mnl_attr_nest_start(message, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(message, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, peer);
	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)peer_netns);
	mnl_attr_nest_end(message, nest);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
	return talk(rtnl, message);
}

static struct nlmsghdr *start_change(struct lab_rtnl *rtnl, void *buffer, const char *name,
				     unsigned int flags)
{
	struct nlmsghdr *message = start(rtnl, buffer, RTM_NEWLINK, 0);
	struct ifinfomsg *link = mnl_nlmsg_put_extra_header(message, sizeof(*link));

	link->ifi_family = AF_UNSPEC;
	link->ifi_flags = link->ifi_change = flags;
	mnl_attr_put_strz(message, IFLA_IFNAME, name);
	return message;
}

int lab_rtnl_set_up(struct lab_rtnl *rtnl, const char *name)
{
	char buffer[MESSAGE_SIZE];

	return talk(rtnl, start_change(rtnl, buffer, name, IFF_UP));
}

int lab_rtnl_set_alias(struct lab_rtnl *rtnl, const char *name, const char *alias)
{
	char buffer[MESSAGE_SIZE];
	struct nlmsghdr *message = start_change(rtnl, buffer, name, 0);

	mnl_attr_put_str(message, IFLA_IFALIAS, alias);
	return talk(rtnl, message);
}

int lab_rtnl_get_alias(struct lab_rtnl *rtnl, const char *name, char *text, size_t size)
{
	char buffer[MESSAGE_SIZE * 2];
	const struct nlmsghdr *message = (struct nlmsghdr *)buffer;
	const struct nlattr *attr;
	int error = get_link(rtnl, name, buffer, sizeof(buffer));

	if (error)
		return error;
	*text = '\0';
	mnl_attr_for_each(attr, message, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) == IFLA_IFALIAS)
			snprintf(text, size, "%.*s", (int)mnl_attr_get_payload_len(attr),
				 (const char *)mnl_attr_get_payload(attr));
	}
	return 0;
}

int lab_rtnl_get_mac(struct lab_rtnl *rtnl, const char *name, uint8_t mac[6])
{
	char buffer[MESSAGE_SIZE * 2];
	const struct nlmsghdr *message = (struct nlmsghdr *)buffer;
	const struct nlattr *attr;
	int error = get_link(rtnl, name, buffer, sizeof(buffer));

	if (error)
		return error;
	mnl_attr_for_each(attr, message, sizeof(struct ifinfomsg))
	{
		if (mnl_attr_get_type(attr) == IFLA_ADDRESS &&
		    mnl_attr_get_payload_len(attr) == 6) {
			memcpy(mac, mnl_attr_get_payload(attr), 6);
			return 0;
		}
	}
	return -ENODATA;
}

static int family_of(const struct k8snet_address *address)
{
	return address->family == 6 ? AF_INET6 : AF_INET;
}

static size_t size_of(const struct k8snet_address *address)
{
	return address->family == 6 ? 16 : 4;
}

int lab_rtnl_add_address(struct lab_rtnl *rtnl, const char *name,
			 const struct k8snet_address *address, unsigned int length)
{
	char buffer[MESSAGE_SIZE];
	struct nlmsghdr *message;
	struct ifaddrmsg *body;
	int index = lab_rtnl_get_index(rtnl, name);

	if (index < 0)
		return index;
	message = start(rtnl, buffer, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL);
	body = mnl_nlmsg_put_extra_header(message, sizeof(*body));
	body->ifa_family = (uint8_t)family_of(address);
	body->ifa_prefixlen = (uint8_t)length;
	body->ifa_index = (uint32_t)index;
	/* Nobody else is there who could have it: do not wait for a second. */
	if (address->family == 6)
		body->ifa_flags = IFA_F_NODAD;
	mnl_attr_put(message, IFA_LOCAL, size_of(address), address->bytes);
	mnl_attr_put(message, IFA_ADDRESS, size_of(address), address->bytes);
	return talk(rtnl, message);
}

static void put_hops(struct nlmsghdr *message, const struct k8snet_address *hops, size_t count)
{
	struct nlattr *nest = mnl_attr_nest_start(message, RTA_MULTIPATH);
	struct rtnexthop *hop;
	size_t i;

	for (i = 0; i < count; i++) {
		hop = (struct rtnexthop *)mnl_nlmsg_get_payload_tail(message);
		memset(hop, 0, sizeof(*hop));
		message->nlmsg_len += sizeof(*hop);
		mnl_attr_put(message, RTA_GATEWAY, size_of(&hops[i]), hops[i].bytes);
		hop->rtnh_len = (unsigned short)(sizeof(*hop) + MNL_ATTR_HDRLEN +
						 MNL_ALIGN(size_of(&hops[i])));
	}
	mnl_attr_nest_end(message, nest);
}

int lab_rtnl_replace_route(struct lab_rtnl *rtnl, const struct k8snet_prefix *to,
			   const struct k8snet_address *hops, size_t hop_count)
{
	char buffer[MESSAGE_SIZE];
	struct nlmsghdr *message = start(rtnl, buffer, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE);
	struct rtmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	if (!hop_count || hop_count > LAB_MAX_NODES)
		return -EINVAL;
	body->rtm_family = (uint8_t)family_of(&hops[0]);
	body->rtm_dst_len = to->length;
	body->rtm_table = RT_TABLE_MAIN;
	body->rtm_protocol = RTPROT_STATIC;
	body->rtm_scope = RT_SCOPE_UNIVERSE;
	body->rtm_type = RTN_UNICAST;
	if (to->length)
		mnl_attr_put(message, RTA_DST, size_of(&to->address), to->address.bytes);
	if (hop_count == 1)
		mnl_attr_put(message, RTA_GATEWAY, size_of(&hops[0]), hops[0].bytes);
	else
		put_hops(message, hops, hop_count);
	return talk(rtnl, message);
}

int lab_rtnl_add_neighbour(struct lab_rtnl *rtnl, int link, const struct k8snet_address *address,
			   const uint8_t *mac)
{
	char buffer[MESSAGE_SIZE];
	struct nlmsghdr *message = start(rtnl, buffer, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE);
	struct ndmsg *body = mnl_nlmsg_put_extra_header(message, sizeof(*body));

	body->ndm_family = (uint8_t)family_of(address);
	body->ndm_ifindex = link;
	body->ndm_state = NUD_NOARP;
	body->ndm_flags = NTF_EXT_LEARNED;
	mnl_attr_put(message, NDA_DST, size_of(address), address->bytes);
	mnl_attr_put(message, NDA_LLADDR, 6, mac);
	return talk(rtnl, message);
}
