/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "raw.h"

#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define ROOM 1024

void raw_open(struct raw *r)
{
	r->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
	r->used = 0;
	r->last = NULL;
	if (r->fd < 0) {
		perror("socket");
		exit(1);
	}
}

void raw_close(struct raw *r)
{
	close(r->fd);
}

struct nlmsghdr *raw_add(struct raw *r, uint16_t type, uint16_t flags, const void *header,
			 size_t size)
{
	struct nlmsghdr *message;

	if (r->last)
		r->used = (size_t)((char *)mnl_nlmsg_get_payload_tail(r->last) - r->buffer);
	if (r->used + ROOM > sizeof(r->buffer))
		raw_flush(r);
	message = mnl_nlmsg_put_header(r->buffer + r->used);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++r->sequence;
	memcpy(mnl_nlmsg_put_extra_header(message, size), header, size);
	r->last = message;
	return message;
}

static void die(const char *what, int error)
{
	fprintf(stderr, "floor: %s: %s\n", what, strerror(error));
	exit(1);
}

void raw_flush(struct raw *r)
{
	char answer[8192];
	const struct nlmsgerr *error;
	struct nlmsghdr *message = (struct nlmsghdr *)answer;
	ssize_t n;

	if (!r->last)
		return;
	r->last->nlmsg_flags |= NLM_F_ACK;
	r->used = (size_t)((char *)mnl_nlmsg_get_payload_tail(r->last) - r->buffer);
	if (send(r->fd, r->buffer, r->used, 0) < 0)
		die("send", errno);
	n = recv(r->fd, answer, sizeof(answer), 0);
	if (n < 0 || message->nlmsg_type != NLMSG_ERROR)
		die("recv", n < 0 ? errno : EPROTO);
	error = mnl_nlmsg_get_payload(message);
	if (error->error)
		die("the kernel refused a message", -error->error);
	r->used = 0;
	r->last = NULL;
}

void raw_address(struct raw *r, uint32_t index, const void *address, size_t length, uint8_t prefix)
{
	struct ifaddrmsg header = {
		.ifa_family = AF_INET, .ifa_prefixlen = prefix, .ifa_index = index};
	struct nlmsghdr *m =
		raw_add(r, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));

	mnl_attr_put(m, IFA_LOCAL, length, address);
	mnl_attr_put(m, IFA_ADDRESS, length, address);
}

void raw_route(struct raw *r, uint32_t index, const void *to, uint8_t prefix, const void *via,
	       int onlink)
{
	struct rtmsg header = {.rtm_family = AF_INET,
			       .rtm_dst_len = prefix,
			       .rtm_table = RT_TABLE_MAIN,
			       .rtm_protocol = RTPROT_STATIC,
			       .rtm_scope = via ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
			       .rtm_type = RTN_UNICAST,
			       .rtm_flags = onlink ? RTNH_F_ONLINK : 0};
	struct nlmsghdr *m =
		raw_add(r, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, &header, sizeof(header));

	if (to)
		mnl_attr_put(m, RTA_DST, 4, to);
	if (via)
		mnl_attr_put(m, RTA_GATEWAY, 4, via);
	mnl_attr_put_u32(m, RTA_OIF, index);
}

void raw_neighbour(struct raw *r, uint32_t index, const void *address, const uint8_t *mac)
{
	struct ndmsg header = {
		.ndm_family = AF_INET, .ndm_ifindex = (int)index, .ndm_state = NUD_PERMANENT};
	struct nlmsghdr *m =
		raw_add(r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));

	mnl_attr_put(m, NDA_DST, 4, address);
	mnl_attr_put(m, NDA_LLADDR, 6, mac);
}

void raw_fdb(struct raw *r, uint32_t index, const uint8_t *mac, const void *remote)
{
	struct ndmsg header = {.ndm_family = AF_BRIDGE,
			       .ndm_ifindex = (int)index,
			       .ndm_state = NUD_PERMANENT | NUD_NOARP,
			       .ndm_flags = NTF_SELF};
	struct nlmsghdr *m =
		raw_add(r, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, &header, sizeof(header));

	mnl_attr_put(m, NDA_LLADDR, 6, mac);
	mnl_attr_put(m, NDA_DST, 4, remote);
}
