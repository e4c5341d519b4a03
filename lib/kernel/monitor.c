/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "base/context.h"
#include "kernel/netlink.h"
#include "netlink/nlsock.h"

#define RECEIVE_SIZE 65536
/* What may wait: some thousands of elements. */
#define RECEIVE_BUFFER (2 * 1024 * 1024)

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

static int set_member(int fd, bool is_member)
{
	int group = NFNLGRP_NFTABLES;

	if (setsockopt(fd, SOL_NETLINK,
		       is_member ? NETLINK_ADD_MEMBERSHIP : NETLINK_DROP_MEMBERSHIP, &group,
		       sizeof(group)) < 0)
		return -errno;
	return 0;
}

/* --- the generation -------------------------------------------------------------- */

static bool is_message(const struct nlmsghdr *message, uint16_t type)
{
	return message->nlmsg_type == (NFNL_SUBSYS_NFTABLES << 8 | type);
}

/* The attribute 1 of all messages: a generation, or the name of a table. */
static const struct nlattr *first_attr(const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == 1)
			return attr;
	}
	return NULL;
}

static void take_generation(struct monitor *m, const struct nlmsghdr *message)
{
	const struct nlattr *attr = first_attr(message);

	if (attr && mnl_attr_validate(attr, MNL_TYPE_U32) == 0)
		m->generation = ntohl(mnl_attr_get_u32(attr));
}

static int receive_generation(struct netlink_kernel *kernel, uint32_t sequence, uint32_t *out)
{
	char buffer[1024] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct monitor answer = {.generation = 0};
	const struct nlmsghdr *message;
	struct nlsock_ack ack;
	ssize_t n;
	int rest;

	for (;;) {
		n = nlsock_receive(kernel->netfilter, buffer, sizeof(buffer), 0);
		if (n < 0)
			return (int)n;
		rest = (int)n;
		message = (const struct nlmsghdr *)buffer;
		for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest)) {
			if (message->nlmsg_seq != sequence)
				continue;
			if (message->nlmsg_type == NLMSG_ERROR)
				return nlsock_parse_ack(message, &ack) < 0 ? -EBADMSG : -ack.error;
			if (!is_message(message, NFT_MSG_NEWGEN))
				continue;
			take_generation(&answer, message);
			*out = answer.generation;
			return 0;
		}
	}
}

static int ask_generation(struct netlink_kernel *kernel, uint32_t *out)
{
	char buffer[128] __attribute__((aligned(NLMSG_ALIGNTO)));
	int fd = netlink_get_netfilter(kernel), r;
	struct nlmsghdr *message;
	struct nfgenmsg *header;

	if (fd < 0)
		return fd;
	message = mnl_nlmsg_put_header(buffer);
	message->nlmsg_type = NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN;
	message->nlmsg_flags = NLM_F_REQUEST;
	message->nlmsg_seq = kernel->netfilter_sequence++;
	header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	header->version = NFNETLINK_V0;
	r = nlsock_send(fd, message, message->nlmsg_len);
	return r < 0 ? r : receive_generation(kernel, message->nlmsg_seq, out);
}

/* --- notices --------------------------------------------------------------------- */

/* Whether it tells of a table of ours, or of something in one. */
static bool is_about_us(const struct nlmsghdr *message)
{
	const struct nfgenmsg *header = mnl_nlmsg_get_payload(message);
	const struct nlattr *table = first_attr(message);

	if (header->nfgen_family != NFPROTO_IPV4 && header->nfgen_family != NFPROTO_IPV6)
		return false;
	return table && mnl_attr_validate(table, MNL_TYPE_NUL_STRING) == 0 &&
	       !strcmp(mnl_attr_get_str(table), NFT_TABLE);
}

/* Elements that packets learn are theirs, and of the trace of one. */
static bool is_learnt(const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	if (!is_message(message, NFT_MSG_NEWSETELEM) && !is_message(message, NFT_MSG_DELSETELEM))
		return false;
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) == NFTA_SET_ELEM_LIST_SET)
			return mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 &&
			       !strcmp(mnl_attr_get_str(attr), nft_map_name(NFT_AFFINITY, 0));
	}
	return false;
}

static void take_notice(struct netlink_kernel *kernel, const struct nlmsghdr *message)
{
	if (mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg) ||
	    message->nlmsg_type >> 8 != NFNL_SUBSYS_NFTABLES)
		return;
	if (is_message(message, NFT_MSG_NEWGEN))
		take_generation(&kernel->monitor, message);
	else if (is_about_us(message) && !is_learnt(message))
		kernel->base.is_disturbed = true;
}

/* All that has come. 0 or -errno. */
static int drain(struct netlink_kernel *kernel)
{
	_cleanup_free_ char *buffer = malloc(RECEIVE_SIZE);
	const struct nlmsghdr *message;
	ssize_t n;
	int rest;

	if (!buffer)
		return -ENOMEM;
	for (;;) {
		n = nlsock_receive(kernel->monitor.fd, buffer, RECEIVE_SIZE, MSG_DONTWAIT);
		if (n == -ENOBUFS) {
			/* More than could wait: some of it may have been about us. */
			kernel->base.is_disturbed = true;
			continue;
		}
		if (n < 0)
			return n == -EAGAIN ? 0 : (int)n;
		rest = (int)n;
		message = (const struct nlmsghdr *)buffer;
		for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest))
			take_notice(kernel, message);
	}
}

static int fail(struct netlink_kernel *kernel, int error)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_SERVICE,
		.id = netlink_get_message_id(-error),
		.operation = "monitor nftables",
		.kernel_errno = -error,
	};

	if (error == -ENOMEM)
		return ctx_no_memory(kernel->base.ctx);
	return ctx_error(kernel->base.ctx, netlink_get_code(-error), &at, "%s",
			 netlink_get_error_text(-error));
}

/* A socket without a port of its own is passed over by multicasts of the kernel. */
static int bind_port(int fd)
{
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};

	return bind(fd, (const struct sockaddr *)&any, sizeof(any)) < 0 ? -errno : 0;
}

int monitor_get_fd(struct k8snet_kernel *base)
{
	struct netlink_kernel *kernel = netlink_kernel(base);
	struct monitor *m = &kernel->monitor;
	int fd, r;

	if (m->fd >= 0)
		return m->fd;
	fd = netns_open_socket(&kernel->ns, NETLINK_NETFILTER);
	if (fd < 0)
		return fail(kernel, fd);
	nlsock_reserve_receive(fd, RECEIVE_BUFFER);
	r = bind_port(fd);
	if (r == 0)
		r = set_member(fd, true);
	if (r == 0)
		r = ask_generation(kernel, &m->generation);
	if (r < 0) {
		close(fd);
		return fail(kernel, r);
	}
	m->fd = fd;
	/* Of what was before nobody has told. */
	base->is_disturbed = true;
	return fd;
}

int monitor_process(struct k8snet_kernel *base)
{
	struct netlink_kernel *kernel = netlink_kernel(base);
	int r = kernel->monitor.fd < 0 ? 0 : drain(kernel);

	return r < 0 ? fail(kernel, r) : 0;
}

/* Others' notices that are not read yet make the generation differ, too: then it is
 * looked at once more than is needed. */
int monitor_execute(struct k8snet_kernel *base, struct k8snet_op *ops, size_t count,
		    uint32_t masquerade_mark, const struct k8snet_plan_apply_options *options)
{
	struct netlink_kernel *kernel = netlink_kernel(base);
	struct monitor *m = &kernel->monitor;
	uint32_t expected, generation;
	int r;

	m->transactions = 0;
	if (m->fd < 0)
		return netlink_execute(base, ops, count, masquerade_mark, options);
	if (drain(kernel) < 0 || set_member(m->fd, false) < 0)
		kernel->base.is_disturbed = true;
	r = netlink_execute(base, ops, count, masquerade_mark, options);
	expected = m->generation + m->transactions;
	if (set_member(m->fd, true) < 0 || ask_generation(kernel, &generation) < 0) {
		kernel->base.is_disturbed = true;
		return r;
	}
	if (generation != expected)
		kernel->base.is_disturbed = true;
	m->generation = generation;
	return r;
}
