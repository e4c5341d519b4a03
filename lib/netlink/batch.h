/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NETLINK_BATCH_H
#define NETLINK_BATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "netlink/nlsock.h"

/*
 * Many rtnetlink messages in one sendmsg(2). The kernel does them one after
 * another and goes on after one that failed. Only the last one asks to be
 * acknowledged: errors of the others arrive unasked, and before it.
 */

#define BATCH_MAX_MESSAGES 512
#define BATCH_MAX_BYTES	   (64 * 1024)
/* At least as large as any one message. */
#define BATCH_MESSAGE_ROOM 2048

struct batch_message {
	uint32_t tag;	     /* whose message it is */
	bool may_be_gone;    /* it removes: not to find it is no error */
	bool was_gone;	     /* after batch_flush() */
	int error;	     /* after batch_flush(): positive, 0: done */
	struct nlmsghdr *at; /* in buffer */
};

struct batch {
	int fd;
	uint32_t sequence; /* of the next message */
	size_t count;
	char *buffer; /* BATCH_MAX_BYTES */
	char *answer; /* BATCH_MAX_BYTES */
	struct batch_message messages[BATCH_MAX_MESSAGES];
	/* The text of the error of the message with the lowest tag. */
	uint32_t failed_tag;
	char text[NLSOCK_TEXT_SIZE];
};

/* NULL: out of memory. */
struct batch *batch_new(void);
struct batch *batch_free(struct batch *b);

/* Whether there is room for n more messages. */
bool batch_has_room(const struct batch *b, size_t n);
/* A new message to be filled with libmnl; there must be room. */
struct nlmsghdr *batch_add(struct batch *b, uint32_t tag, uint16_t type, uint16_t flags,
			   const void *header, size_t header_size);
/* The message added last, to say that it may_be_gone. */
struct batch_message *batch_last(struct batch *b);

/*
 * Send what was added, wait for the answer, and fill in how it went, message by
 * message; then the batch is to be emptied. 0, or -errno if it was not sent or
 * the answer was lost: then all messages failed with it.
 */
int batch_flush(struct batch *b);
void batch_clear(struct batch *b);

#endif
