/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink/nlsock.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static void enable(int fd, int option)
{
	int one = 1;

	/* An older kernel answers with less. */
	(void)setsockopt(fd, SOL_NETLINK, option, &one, sizeof(one));
}

int nlsock_open(int protocol)
{
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	enable(fd, NETLINK_EXT_ACK);
	enable(fd, NETLINK_CAP_ACK);
	enable(fd, NETLINK_GET_STRICT_CHK);
	return fd;
}

static void reserve(int fd, int forced, int option, size_t size)
{
	int value = size > INT32_MAX / 2 ? INT32_MAX / 2 : (int)size, current = 0;
	socklen_t length = sizeof(current);

	if (getsockopt(fd, SOL_SOCKET, option, &current, &length) == 0 && current / 2 >= value)
		return;
	if (setsockopt(fd, SOL_SOCKET, forced, &value, sizeof(value)) < 0)
		(void)setsockopt(fd, SOL_SOCKET, option, &value, sizeof(value));
}

void nlsock_reserve_send(int fd, size_t size)
{
	reserve(fd, SO_SNDBUFFORCE, SO_SNDBUF, size);
}

void nlsock_reserve_receive(int fd, size_t size)
{
	reserve(fd, SO_RCVBUFFORCE, SO_RCVBUF, size);
}

int nlsock_send(int fd, const void *data, size_t length)
{
	struct sockaddr_nl kernel = {.nl_family = AF_NETLINK};
	ssize_t n;

	do
		n = sendto(fd, data, length, 0, (struct sockaddr *)&kernel, sizeof(kernel));
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : 0;
}

ssize_t nlsock_receive(int fd, void *buffer, size_t size, int flags)
{
	struct sockaddr_nl from;
	socklen_t length;
	ssize_t n;

	do {
		length = sizeof(from);
		n = recvfrom(fd, buffer, size, flags, (struct sockaddr *)&from, &length);
	} while ((n < 0 && errno == EINTR) || (n >= 0 && from.nl_pid != 0));
	return n < 0 ? -errno : n;
}

int nlsock_receive_many(int fd, char *buffer, size_t size, size_t *lengths, unsigned int n)
{
	struct mmsghdr messages[NLSOCK_MAX_MANY];
	struct sockaddr_nl from[NLSOCK_MAX_MANY];
	struct iovec parts[NLSOCK_MAX_MANY];
	unsigned int i;
	int r;

	n = n < NLSOCK_MAX_MANY ? n : NLSOCK_MAX_MANY;
	for (i = 0; i < n; i++) {
		parts[i] = (struct iovec){buffer + i * size, size};
		messages[i].msg_hdr = (struct msghdr){.msg_name = &from[i],
						      .msg_namelen = sizeof(from[i]),
						      .msg_iov = &parts[i],
						      .msg_iovlen = 1};
	}
	do
		r = recvmmsg(fd, messages, n, MSG_WAITFORONE, NULL);
	while (r < 0 && errno == EINTR);
	for (i = 0; r > 0 && i < (unsigned int)r; i++)
		lengths[i] = from[i].nl_pid || messages[i].msg_hdr.msg_flags & MSG_TRUNC
				     ? 0
				     : messages[i].msg_len;
	return r < 0 ? -errno : r;
}

static int parse_attribute(const struct nlattr *attr, void *data)
{
	struct nlsock_ack *ack = data;

	switch (mnl_attr_get_type(attr)) {
	case NLMSGERR_ATTR_MSG:
		snprintf(ack->text, sizeof(ack->text), "%.*s", (int)mnl_attr_get_payload_len(attr),
			 mnl_attr_get_str(attr));
		break;
	case NLMSGERR_ATTR_OFFS:
		if (mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
			ack->offset = mnl_attr_get_u32(attr);
		break;
	}
	return MNL_CB_OK;
}

int nlsock_parse_ack(const struct nlmsghdr *message, struct nlsock_ack *ack)
{
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);
	size_t skip = sizeof(*error);

	memset(ack, 0, sizeof(*ack));
	if (mnl_nlmsg_get_payload_len(message) < sizeof(*error))
		return -EBADMSG;
	ack->sequence = message->nlmsg_seq;
	ack->error = error->error < 0 ? -error->error : error->error;
	if (!(message->nlmsg_flags & NLM_F_ACK_TLVS))
		return 0;
	/* Without NLM_F_CAPPED, what was sent comes before the attributes. */
	if (!(message->nlmsg_flags & NLM_F_CAPPED))
		skip += MNL_ALIGN(error->msg.nlmsg_len) - sizeof(error->msg);
	if (skip <= mnl_nlmsg_get_payload_len(message))
		mnl_attr_parse(message, (unsigned int)skip, parse_attribute, ack);
	return 0;
}
