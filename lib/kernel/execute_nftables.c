/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "kernel/execute.h"
#include "kernel/nft_encode.h"
#include "kernel/own_table.h"
#include "netlink/nlsock.h"

#define ANSWER_SIZE 8192
/* Attempts that each find elements that were gone. */
#define MAX_ATTEMPTS 64

/* How a transaction ended. */
struct outcome {
	bool is_answered;
	bool is_committed;
	size_t n_gone; /* deletions of what was not there, marked as done */
	bool is_vague; /* an error could not be traced to one element */
	struct failure failure;
};

static struct k8snet_op *get_op(struct execution *x, size_t first, const struct nft_encoding *e,
				size_t position)
{
	return &x->ops[first + e->order[position]];
}

/* Mark deletions that failed because there is nothing to delete; no call of
 * progress yet, the transaction may still fail. */
static void note_gone(struct execution *x, size_t first, const struct nft_encoding *e,
		      const struct nft_message *message, int element, struct outcome *out)
{
	/* A table, or a chain, is one message. */
	size_t count = message->count ? message->count : 1;
	size_t from = element < 0 ? 0 : (size_t)element;
	size_t end = element < 0 ? count : from + 1;

	for (; from < end && from < count; from++) {
		get_op(x, first, e, message->first + from)->status = K8SNET_OP_DONE;
		out->n_gone++;
	}
}

static void note_error(struct execution *x, size_t first, const struct nft_encoding *e,
		       const struct nlsock_ack *ack, struct outcome *out)
{
	/* The begin message answers for the transaction. */
	uint32_t number = ack->sequence - e->sequence - 1;
	const struct nft_message *message;
	size_t index = first;
	int element = -1;

	if (number < e->messages.count) {
		message = &e->messages.items[number];
		if (ack->offset && message->count)
			element = nft_encoding_find(e, message, ack->offset);
		if (ack->error == ENOENT &&
		    get_op(x, first, e, message->first)->verb == OP_DELETE &&
		    (ack->offset || message->count <= 1)) {
			note_gone(x, first, e, message, element, out);
			return;
		}
		out->is_vague |= element < 0 && message->count > 1;
		index = first + e->order[message->first + (element < 0 ? 0 : (size_t)element)];
	}
	if (out->failure.error && out->failure.index <= index)
		return;
	out->failure = (struct failure){
		.index = index, .error = ack->error, .id = netlink_get_message_id(ack->error)};
	snprintf(out->failure.text, sizeof(out->failure.text), "%s", ack->text);
}

static void read_answer(struct execution *x, size_t first, const struct nft_encoding *e,
			const char *answer, size_t length, struct outcome *out)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)answer;
	struct nlsock_ack ack;
	int rest = (int)length;

	for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
		if (message->nlmsg_type != NLMSG_ERROR || nlsock_parse_ack(message, &ack) < 0 ||
		    ack.sequence - e->sequence >= nft_encoding_count(e))
			continue;
		/* Answers come in the order of the messages; the first one's is
		 * that of the whole transaction. */
		out->is_answered |= ack.sequence == e->sequence ||
				    ack.sequence - e->sequence == e->messages.count;
		if (ack.error)
			note_error(x, first, e, &ack, out);
		else
			out->is_committed = true;
	}
}

/* The kernel answers before the call that sends returns. 0 or -errno. */
static int transact(struct execution *x, size_t first, const struct nft_encoding *e,
		    struct outcome *out)
{
	int fd = netlink_get_netfilter(x->kernel);
	char answer[ANSWER_SIZE];
	ssize_t n;
	int r;

	if (fd < 0)
		return fd;
	r = nlsock_send(fd, e->buffer, e->used);
	if (r == -EMSGSIZE) {
		nlsock_reserve_send(fd, e->used + 1024);
		r = nlsock_send(fd, e->buffer, e->used);
	}
	if (r < 0)
		return r;
	while (!out->is_answered) {
		n = nlsock_receive(fd, answer, sizeof(answer), MSG_DONTWAIT);
		if (n == -EAGAIN)
			break;
		/* More errors than fit: those that did fit will do. */
		if (n < 0 && n != -ENOBUFS)
			return (int)n;
		if (n > 0)
			read_answer(x, first, e, answer, (size_t)n, out);
	}
	/* With an error nothing was done, whatever was acknowledged. */
	out->is_committed &= !out->failure.error && !out->n_gone;
	return out->is_committed || out->failure.error || out->n_gone ? 0 : -ENOBUFS;
}

static int attempt(struct execution *x, size_t first, size_t end, size_t per_message,
		   struct outcome *out)
{
	const struct nft_encode_options options = {
		.sequence = x->kernel->netfilter_sequence,
		.masquerade_mark = x->masquerade_mark,
		.table_flags = {own_table_flags(x->kernel, 4), own_table_flags(x->kernel, 6)},
		.replaces_table = {own_table_must_replace(x->kernel, 4),
				   own_table_must_replace(x->kernel, 6)},
		.per_message = per_message,
	};
	struct nft_encoding e;
	int r;

	memset(out, 0, sizeof(*out));
	r = nft_encode(&e, x->ops + first, end - first, &options);
	if (r == 0 && e.n_order)
		r = transact(x, first, &e, out);
	else if (r == 0)
		out->is_committed = true;
	x->kernel->netfilter_sequence += nft_encoding_count(&e);
	x->kernel->monitor.transactions += r == 0 && e.n_order && out->is_committed;
	nft_encoding_done(&e);
	return r;
}

/* Repeat without the deletions that had nothing to delete; with an element to a
 * message if the kernel does not say which one it means. */
static int run(struct execution *x, size_t first, size_t end, struct outcome *out)
{
	size_t per_message = SIZE_MAX;
	int r, i;

	for (i = 0; i < MAX_ATTEMPTS; i++) {
		r = attempt(x, first, end, per_message, out);
		if (r < 0 || out->is_committed)
			return r;
		if (out->failure.error && !(out->is_vague && per_message > 1))
			return 0;
		per_message = 1;
	}
	return -EIO;
}

static void mark_pending(struct execution *x, size_t first, size_t end)
{
	size_t i;

	/* Its status says whether an operation takes part. */
	for (i = first; i < end; i++)
		x->ops[i].status = K8SNET_OP_PENDING;
}

static void note_table(struct netlink_kernel *kernel, const struct k8snet_op *op)
{
	if (op->target == OP_TABLE)
		own_table_note(kernel, op->family, op->verb != OP_DELETE);
}

/* Whether all was done; else what failed is told. */
static bool run_to_end(struct execution *x, size_t first, size_t end)
{
	struct outcome out;
	size_t i;
	int r;

	mark_pending(x, first, end);
	r = run(x, first, end, &out);
	if (r == 0 && out.is_committed) {
		for (i = first; i < end; i++) {
			note_table(x->kernel, &x->ops[i]);
			execute_done(x, i);
		}
		return true;
	}
	mark_pending(x, first, end);
	if (r < 0)
		execute_failed(x, first, -r, "");
	else
		execute_failed(x, out.failure.index, out.failure.error, out.failure.text);
	return false;
}

/* Where what is still good ends: tables and chains before what failed. */
static size_t find_good_end(const struct execution *x, size_t first)
{
	size_t end = first;

	while (end < x->failure.index && x->ops[end].target != OP_ELEMENT)
		end++;
	return end;
}

/* All in one transaction. If it fails, the tables and chains before what failed are made without
 * it: the next attempt has less to do, and others' are not held up by it. */
void execute_nftables(struct execution *x, size_t first, size_t end)
{
	while (first < end && !run_to_end(x, first, end))
		end = find_good_end(x, first);
}
