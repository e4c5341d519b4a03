/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NETLINK_NLSOCK_H
#define NETLINK_NLSOCK_H

#include <linux/netlink.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A netlink socket of the thread's namespace that answers with extended acks and
 * checks dump requests strictly, or -errno. */
int nlsock_open(int protocol);

/* Make room for what one call sends; for what arrives before it is read. */
void nlsock_reserve_send(int fd, size_t size);
void nlsock_reserve_receive(int fd, size_t size);

/* Send to the kernel. 0 or -errno. */
int nlsock_send(int fd, const void *data, size_t length);
/* What the kernel sent; what others sent is dropped. `flags` as of recvmsg(2).
 * The length, or -errno. */
ssize_t nlsock_receive(int fd, void *buffer, size_t size, int flags);

/* As many messages as are there, `n` at most and one at least, each into `size` bytes of
 * `buffer`. How many, or -errno; of one that others sent, or that is longer, the length is 0. */
#define NLSOCK_MAX_MANY 64
int nlsock_receive_many(int fd, char *buffer, size_t size, size_t *lengths, unsigned int n);

#define NLSOCK_TEXT_SIZE 128

/* What an NLMSG_ERROR message says. */
struct nlsock_ack {
	uint32_t sequence;
	int error;	 /* positive; 0: acknowledged */
	uint32_t offset; /* of the attribute at fault in what was sent; 0: not known */
	char text[NLSOCK_TEXT_SIZE];
};

/* 0, or -EBADMSG. */
int nlsock_parse_ack(const struct nlmsghdr *message, struct nlsock_ack *ack);

#endif
