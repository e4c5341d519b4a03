/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "netlink.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "netlink/nlsock.h"

int netlink_open(struct netlink *n, int protocol)
{
	netlink_clear(n);
	n->text[0] = '\0';
	n->fd = nlsock_open(protocol);
	return n->fd < 0 ? netlink_fail(n, -n->fd, "netlink socket") : 0;
}

void netlink_close(struct netlink *n)
{
	if (n->fd >= 0)
		close(n->fd);
	n->fd = -1;
}

int netlink_fail(struct netlink *n, int error, const char *what, ...)
{
	va_list args;
	size_t used;

	va_start(args, what);
	vsnprintf(n->text, sizeof(n->text), what, args);
	va_end(args);
	used = strlen(n->text);
	snprintf(n->text + used, sizeof(n->text) - used, ": %s", strerror(error));
	return -error;
}

/* Messages grow after they were added: count the last one only now. */
static size_t used(const struct netlink *n)
{
	const struct nlmsghdr *last = (const struct nlmsghdr *)(n->buffer + n->last);

	return n->count ? n->last + MNL_ALIGN(last->nlmsg_len) : 0;
}

bool netlink_is_full(const struct netlink *n)
{
	return n->count == NETLINK_MESSAGES || used(n) + NETLINK_MESSAGE_ROOM > NETLINK_BYTES;
}

struct nlmsghdr *netlink_add(struct netlink *n, uint16_t type, uint16_t flags, const void *header,
			     size_t size, const char *what, ...)
{
	struct netlink_message *entry;
	struct nlmsghdr *message;
	va_list args;

	/* It takes the place of the last one, and nothing will be sent. */
	if (netlink_is_full(n)) {
		n->is_overfull = true;
	} else {
		n->last = used(n);
		n->count++;
	}
	message = mnl_nlmsg_put_header(n->buffer + n->last);
	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	message->nlmsg_seq = ++n->sequence;
	memcpy(mnl_nlmsg_put_extra_header(message, size), header, size);
	entry = netlink_last(n);
	*entry = (struct netlink_message){.sequence = n->sequence, .offset = n->last};
	va_start(args, what);
	vsnprintf(entry->what, sizeof(entry->what), what, args);
	va_end(args);
	return message;
}

struct netlink_message *netlink_last(struct netlink *n)
{
	return &n->messages[n->count - 1];
}

void netlink_clear(struct netlink *n)
{
	n->last = n->count = 0;
	n->acked = NULL;
	n->is_overfull = false;
}

/* --- answers ----------------------------------------------------------------- */

/* The error of an NLMSG_ERROR message, positive; with its text, if `n` has none yet. */
static int note_error(struct netlink *n, const struct nlmsghdr *message,
		      struct netlink_message *entry)
{
	struct nlsock_ack ack;
	size_t length;

	if (nlsock_parse_ack(message, &ack) < 0)
		return EBADMSG;
	if (!ack.error || entry->may_fail || n->text[0])
		return ack.error;
	netlink_fail(n, ack.error, "%s", entry->what);
	length = strlen(n->text);
	if (ack.text[0])
		snprintf(n->text + length, sizeof(n->text) - length, " (kernel: %s)", ack.text);
	return ack.error;
}

static int send_all(struct netlink *n)
{
	int r;

	n->text[0] = '\0';
	if (n->is_overfull)
		return netlink_fail(n, EMSGSIZE, "more than %zu messages in one call: %s", n->count,
				    n->messages[0].what);
	r = nlsock_send(n->fd, n->buffer, used(n));
	return r < 0 ? netlink_fail(n, -r, "%s", n->messages[0].what) : 0;
}

static ssize_t read_answers(struct netlink *n, int flags)
{
	return nlsock_receive(n->fd, n->answer, sizeof(n->answer), flags);
}

static void read_acks(struct netlink *n, size_t length, size_t count)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)n->answer;
	int rest = (int)length;

	for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
		/* Sequence numbers wrap; answers to an earlier batch are stale. */
		uint32_t index = message->nlmsg_seq - n->messages[0].sequence;

		if (message->nlmsg_type == NLMSG_ERROR && index < count) {
			n->messages[index].error = note_error(n, message, &n->messages[index]);
			n->messages[index].is_answered = true;
		}
	}
}

static int get_first_error(const struct netlink *n, size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (n->messages[i].error && !n->messages[i].may_fail)
			return -n->messages[i].error;
	return 0;
}

int netlink_flush(struct netlink *n)
{
	struct netlink_message *acked;
	size_t count = n->count;
	ssize_t length = 0;
	int r;

	if (!count)
		return 0;
	acked = n->acked ? n->acked : netlink_last(n);
	((struct nlmsghdr *)(n->buffer + acked->offset))->nlmsg_flags |= NLM_F_ACK;
	r = send_all(n);
	netlink_clear(n);
	/* The kernel has answered before the call that sends returns. Errors come
	 * unasked; that the last message is acknowledged says that all is done. */
	while (r == 0 && !acked->is_answered && (length = read_answers(n, MSG_DONTWAIT)) >= 0)
		read_acks(n, (size_t)length, count);
	if (r < 0)
		return r;
	r = get_first_error(n, count);
	if (r == 0 && !acked->is_answered)
		r = netlink_fail(n, length < 0 ? (int)-length : EIO, "%s", acked->what);
	return r;
}

size_t netlink_count_done(const struct netlink *n, size_t count)
{
	size_t i, done = 0;

	for (i = 0; i < count; i++)
		done += !n->messages[i].error;
	return done;
}

struct asking {
	netlink_parse_fn parse;
	void *data;
	bool is_dump, is_done, is_interrupted;
	int error;
};

/* A dump that fails says so at its end. */
static int read_done(struct netlink *n, const struct nlmsghdr *message)
{
	int error = 0;

	if (mnl_nlmsg_get_payload_len(message) >= sizeof(error))
		memcpy(&error, mnl_nlmsg_get_payload(message), sizeof(error));
	return error < 0 ? netlink_fail(n, -error, "%s", n->messages[0].what) : 0;
}

static void read_answer(struct netlink *n, size_t length, struct asking *asking)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)n->answer;
	int rest = (int)length, r;

	for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
		if (message->nlmsg_seq != n->messages[0].sequence)
			continue;
		asking->is_interrupted |= message->nlmsg_flags & NLM_F_DUMP_INTR;
		if (message->nlmsg_type == NLMSG_DONE) {
			asking->is_done = true;
			asking->error = asking->error ? asking->error : read_done(n, message);
		} else if (message->nlmsg_type == NLMSG_ERROR) {
			asking->is_done = true;
			asking->error = -note_error(n, message, &n->messages[0]);
		} else if (!asking->error) {
			r = asking->parse ? asking->parse(message, asking->data) : 0;
			asking->error = r < 0 ? netlink_fail(n, -r, "%s", n->messages[0].what) : 0;
			asking->is_done |= !asking->is_dump;
		}
	}
}

int netlink_ask(struct netlink *n, netlink_parse_fn parse, void *data)
{
	struct nlmsghdr *request = (struct nlmsghdr *)n->buffer;
	struct asking asking = {.parse = parse, .data = data};
	ssize_t length;
	int r;

	asking.is_dump = request->nlmsg_flags & NLM_F_DUMP;
	/* What is answered by one message needs no other to say that it is done. */
	if (!parse)
		request->nlmsg_flags |= NLM_F_ACK;
	r = send_all(n);
	while (r == 0 && !asking.is_done) {
		length = read_answers(n, 0);
		if (length < 0)
			r = netlink_fail(n, (int)-length, "%s", n->messages[0].what);
		else
			read_answer(n, (size_t)length, &asking);
	}
	netlink_clear(n);
	if (r < 0 || asking.error)
		return r < 0 ? r : asking.error;
	return asking.is_interrupted ? -EINTR : 0;
}
