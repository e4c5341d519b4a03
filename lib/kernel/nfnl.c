/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/nfnl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nfnetlink.h>
#include <stdlib.h>
#include <string.h>

#include "netlink/nlsock.h"

#define RECEIVE_SIZE 65536
#define PART_SIZE    1024
#define N_PARTS	     (RECEIVE_SIZE / PART_SIZE)

struct dump {
	uint32_t sequence;
	nfnl_fn fn;
	void *data;
	bool was_disturbed, is_over;
	int error;
};

static void take_message(struct dump *d, const struct nlmsghdr *message)
{
	struct nlsock_ack ack;

	if (message->nlmsg_seq != d->sequence)
		return;
	d->was_disturbed |= (message->nlmsg_flags & NLM_F_DUMP_INTR) != 0;
	if (message->nlmsg_type == NLMSG_DONE) {
		d->is_over = true;
	} else if (message->nlmsg_type == NLMSG_ERROR) {
		if (!d->error)
			d->error = nlsock_parse_ack(message, &ack) < 0 ? -EBADMSG : -ack.error;
		d->is_over = true;
	} else if (message->nlmsg_type >= NLMSG_MIN_TYPE && !d->error) {
		d->error = d->fn(d->data, message);
	}
}

static void take_messages(struct dump *d, const char *buffer, size_t length)
{
	const struct nlmsghdr *message = (const struct nlmsghdr *)buffer;
	int rest = (int)length;

	for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest))
		take_message(d, message);
}

/* To the end, also after an error: the socket is used again. */
static int receive(int fd, struct dump *d)
{
	_cleanup_free_ char *buffer = malloc(RECEIVE_SIZE);
	ssize_t n;

	if (!buffer)
		return -ENOMEM;
	while (!d->is_over) {
		n = nlsock_receive(fd, buffer, RECEIVE_SIZE, 0);
		if (n < 0)
			return (int)n;
		take_messages(d, buffer, (size_t)n);
	}
	return d->error ? d->error : d->was_disturbed ? -EINTR : 0;
}

/* The same for an answer of many small parts. */
static int receive_parts(int fd, struct dump *d)
{
	_cleanup_free_ char *buffer = malloc(RECEIVE_SIZE);
	size_t lengths[N_PARTS];
	int i, n;

	if (!buffer)
		return -ENOMEM;
	while (!d->is_over) {
		n = nlsock_receive_many(fd, buffer, PART_SIZE, lengths, N_PARTS);
		if (n < 0)
			return n;
		for (i = 0; i < n; i++)
			take_messages(d, buffer + (size_t)i * PART_SIZE, lengths[i]);
	}
	return d->error;
}

static struct nlmsghdr *put(char *buffer, uint16_t type, uint16_t flags, uint8_t family,
			    uint16_t resource)
{
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));

	message->nlmsg_type = type;
	message->nlmsg_flags = NLM_F_REQUEST | flags;
	header->nfgen_family = family;
	header->version = NFNETLINK_V0;
	header->res_id = htons(resource);
	return message;
}

struct nlmsghdr *nfnl_put_nftables(char *buffer, uint16_t type, uint16_t flags, uint8_t family)
{
	return put(buffer, (uint16_t)(NFNL_SUBSYS_NFTABLES << 8 | type), flags,
		   family == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4, 0);
}

size_t nfnl_put_bracket(char *buffer, uint16_t type)
{
	return put(buffer, type, 0, NFPROTO_UNSPEC, NFNL_SUBSYS_NFTABLES)->nlmsg_len;
}

static void put_attributes(struct nlmsghdr *message, const struct nfnl_request *request)
{
	if (request->table_attr)
		mnl_attr_put_strz(message, request->table_attr, NFT_TABLE);
	if (request->set_attr)
		mnl_attr_put_strz(message, request->set_attr, request->set);
}

static int send_and_receive(struct netlink_kernel *kernel, struct nlmsghdr *message, struct dump *d,
			    int (*receive_fn)(int fd, struct dump *d))
{
	int fd = netlink_get_netfilter(kernel), r;

	if (fd < 0)
		return fd;
	d->sequence = message->nlmsg_seq = kernel->netfilter_sequence++;
	r = nlsock_send(fd, message, message->nlmsg_len);
	return r < 0 ? r : receive_fn(fd, d);
}

int nfnl_ask(struct netlink_kernel *kernel, struct nlmsghdr *message, nfnl_fn fn, void *data)
{
	struct dump d = {.fn = fn, .data = data};

	return send_and_receive(kernel, message, &d, receive_parts);
}

int nfnl_dump_with(struct netlink_kernel *kernel, struct nlmsghdr *message, nfnl_fn fn, void *data)
{
	struct dump d = {.fn = fn, .data = data};

	return send_and_receive(kernel, message, &d, receive);
}

int nfnl_dump(struct netlink_kernel *kernel, const struct nfnl_request *request, nfnl_fn fn,
	      void *data)
{
	char buffer[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *message =
		nfnl_put_nftables(buffer, request->type, NLM_F_DUMP, request->family);

	put_attributes(message, request);
	return nfnl_dump_with(kernel, message, fn, data);
}

/* An error, or the acknowledgement, has the same sequence number. */
int nfnl_transact_by(int fd, uint32_t sequence, char *messages, size_t length)
{
	struct nlmsghdr *message = (struct nlmsghdr *)messages, *last = NULL;
	struct dump d = {.sequence = sequence};
	int rest = (int)length, r;

	for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
		message->nlmsg_seq = d.sequence;
		if (message->nlmsg_type >= NLMSG_MIN_TYPE << 4)
			last = message;
	}
	if (last)
		last->nlmsg_flags |= NLM_F_ACK;
	r = nlsock_send(fd, messages, length);
	return r < 0 ? r : receive(fd, &d);
}

int nfnl_transact(struct netlink_kernel *kernel, char *messages, size_t length)
{
	int fd = netlink_get_netfilter(kernel);

	return fd < 0 ? fd : nfnl_transact_by(fd, kernel->netfilter_sequence++, messages, length);
}
