/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether an address is the node's own, as "fib daddr type local" has it; and where others are. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "kernel/netlink.h"
#include "netlink/nlsock.h"

/* None that a batch has, which counts from 1. */
#define SEQUENCE 0xfffffffe

static void take_link(int fd, const struct nlmsghdr *message, char link[IFNAMSIZ])
{
	struct ifreq request = {.ifr_ifindex = 0};
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct rtmsg))
	{
		if (mnl_attr_get_type(attr) == RTA_OIF &&
		    mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			request.ifr_ifindex = (int)mnl_attr_get_u32(attr);
	}
	/* Any socket answers this, of its own namespace. */
	if (request.ifr_ifindex && ioctl(fd, SIOCGIFNAME, &request) == 0)
		memcpy(link, request.ifr_name, IFNAMSIZ);
}

static int take_answer(int fd, const char *buffer, ssize_t length, char link[IFNAMSIZ],
		       bool *is_over)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	const struct rtmsg *route;
	int rest = (int)length;

	for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
		if (message->nlmsg_seq != SEQUENCE)
			continue;
		*is_over = true;
		/* No way to it: it is somewhere else. */
		if (message->nlmsg_type != RTM_NEWROUTE ||
		    mnl_nlmsg_get_payload_len(message) < sizeof(*route))
			return 0;
		route = mnl_nlmsg_get_payload(message);
		take_link(fd, message, link);
		return route->rtm_type == RTN_LOCAL;
	}
	return 0;
}

int netlink_has_address(struct k8snet_kernel *base, const struct k8snet_address *address,
			char link[IFNAMSIZ])
{
	char buffer[8192] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct netlink_kernel *kernel = netlink_kernel(base);
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	const size_t size = nft_address_size(address->family);
	struct rtmsg *route = mnl_nlmsg_put_extra_header(message, sizeof(*route));
	bool is_over = false;
	ssize_t n;
	int r;

	link[0] = '\0';
	message->nlmsg_type = RTM_GETROUTE;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = SEQUENCE;
	route->rtm_family = address->family == 6 ? AF_INET6 : AF_INET;
	route->rtm_dst_len = (uint8_t)(8 * size);
	mnl_attr_put(message, RTA_DST, size, address->bytes);
	r = nlsock_send(kernel->route, message, message->nlmsg_len);
	while (r == 0 && !is_over) {
		n = nlsock_receive(kernel->route, buffer, sizeof(buffer), 0);
		r = n < 0 ? (int)n : take_answer(kernel->route, buffer, n, link, &is_over);
	}
	return r;
}
