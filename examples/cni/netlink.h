/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_NETLINK_H
#define CNI_NETLINK_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Messages to one netlink socket, many in one call. The kernel does them one
 * after another and goes on after one that failed; the first failure is told,
 * with what was to be done and the kernel's own text.
 */

#define NETLINK_MESSAGES     256
#define NETLINK_BYTES	     (128 * 1024)
#define NETLINK_MESSAGE_ROOM 9216 /* at least as large as any one message */

struct netlink_message {
	char what[96];
	uint32_t sequence;
	size_t offset;
	bool may_fail; /* its failure is not told */
	bool is_answered;
	int error; /* after netlink_flush(): positive errno */
};

struct netlink {
	int fd; /* -1: not open */
	uint32_t sequence;
	size_t last, count;	       /* where the last message begins; how many */
	bool is_overfull;	       /* more were added than there was room for */
	struct netlink_message *acked; /* the one to be acknowledged; NULL: the last one */
	struct netlink_message messages[NETLINK_MESSAGES];
	char text[512]; /* after a failure: what and why */
	_Alignas(8) char buffer[NETLINK_BYTES], answer[NETLINK_BYTES];
};

/* A socket in the namespace of the thread. 0 or -errno. */
int netlink_open(struct netlink *n, int protocol);
void netlink_close(struct netlink *n);

/*
 * A new message, to be filled with libmnl. When there is no room for another,
 * netlink_is_full() says so: flush first; else what is added is lost, and the next
 * call sends nothing and is -EMSGSIZE.
 */
struct nlmsghdr *netlink_add(struct netlink *n, uint16_t type, uint16_t flags, const void *header,
			     size_t size, const char *what, ...)
	__attribute__((format(printf, 6, 7)));
bool netlink_is_full(const struct netlink *n);
/* The message added last, to say that it may_fail or to see its error. */
struct netlink_message *netlink_last(struct netlink *n);
/* Forget what was added. */
void netlink_clear(struct netlink *n);
/* Send them all and read the answers. 0, or -errno of the first that failed. */
int netlink_flush(struct netlink *n);

/* Of the `count` messages of the last netlink_flush(): how many the kernel did. */
size_t netlink_count_done(const struct netlink *n, size_t count);

/* Send one request, made with netlink_add(), and call `parse` for each message of the
 * answer, of which there are several if it is a dump; NULL: it is acknowledged only. A
 * dump that was interrupted is -EINTR: ask again. */
typedef int (*netlink_parse_fn)(const struct nlmsghdr *message, void *data);
int netlink_ask(struct netlink *n, netlink_parse_fn parse, void *data);

/* Failures that are known before something is sent, in the same form. */
int netlink_fail(struct netlink *n, int error, const char *what, ...)
	__attribute__((format(printf, 3, 4)));

#endif
