/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink/batch.h"

#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdlib.h>
#include <string.h>

struct batch *batch_new(void)
{
	struct batch *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	b->fd = -1;
	b->sequence = 1;
	b->buffer = malloc(BATCH_MAX_BYTES);
	b->answer = malloc(BATCH_MAX_BYTES);
	if (!b->buffer || !b->answer)
		return batch_free(b);
	return b;
}

struct batch *batch_free(struct batch *b)
{
	if (!b)
		return NULL;
	free(b->buffer);
	free(b->answer);
	free(b);
	return NULL;
}

/* Messages grow after they were added: count the last one only now. */
static size_t used(const struct batch *b)
{
	const struct nlmsghdr *last;

	if (!b->count)
		return 0;
	last = b->messages[b->count - 1].at;
	return (size_t)((const char *)last - b->buffer) + MNL_ALIGN(last->nlmsg_len);
}

bool batch_has_room(const struct batch *b, size_t n)
{
	return b->count + n <= BATCH_MAX_MESSAGES &&
	       used(b) + n * BATCH_MESSAGE_ROOM <= BATCH_MAX_BYTES;
}

struct nlmsghdr *batch_add(struct batch *b, uint32_t tag, uint16_t type, uint16_t flags,
			   const void *header, size_t header_size)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(b->buffer + used(b));

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = b->sequence++;
	memcpy(mnl_nlmsg_put_extra_header(message, header_size), header, header_size);
	b->messages[b->count++] = (struct batch_message){.tag = tag, .at = message};
	return message;
}

struct batch_message *batch_last(struct batch *b)
{
	return &b->messages[b->count - 1];
}

static bool is_gone(int error)
{
	return error == ENODEV || error == ENOENT || error == ESRCH || error == ENXIO ||
	       error == EADDRNOTAVAIL;
}

static void note(struct batch *b, struct batch_message *message, const struct nlsock_ack *ack)
{
	message->was_gone = message->may_be_gone && is_gone(ack->error);
	if (message->was_gone)
		return;
	message->error = ack->error;
	if (ack->error && message->tag < b->failed_tag) {
		b->failed_tag = message->tag;
		memcpy(b->text, ack->text, sizeof(b->text));
	}
}

/* Returns whether the last message has been answered. */
static bool read_answer(struct batch *b, size_t length, uint32_t first)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)b->answer;
	struct nlsock_ack ack;
	bool is_last = false;
	int rest = (int)length;

	for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
		/* Sequence numbers wrap; answers to an earlier batch are stale. */
		uint32_t index = message->nlmsg_seq - first;

		if (message->nlmsg_type != NLMSG_ERROR || index >= b->count ||
		    nlsock_parse_ack(message, &ack) < 0)
			continue;
		note(b, &b->messages[index], &ack);
		is_last |= index == b->count - 1;
	}
	return is_last;
}

static int fail_all(struct batch *b, int error)
{
	size_t i;

	for (i = 0; i < b->count; i++)
		b->messages[i].error = -error;
	b->text[0] = 0;
	return error;
}

int batch_flush(struct batch *b)
{
	uint32_t first = b->sequence - (uint32_t)b->count;
	ssize_t n;
	int r;

	if (!b->count)
		return 0;
	b->failed_tag = UINT32_MAX;
	b->text[0] = 0;
	b->messages[b->count - 1].at->nlmsg_flags |= NLM_F_ACK;
	r = nlsock_send(b->fd, b->buffer, used(b));
	if (r < 0)
		return fail_all(b, r);
	do {
		n = nlsock_receive(b->fd, b->answer, BATCH_MAX_BYTES, 0);
		if (n < 0)
			return fail_all(b, (int)n);
	} while (!read_answer(b, (size_t)n, first));
	return 0;
}

void batch_clear(struct batch *b)
{
	b->count = 0;
}
