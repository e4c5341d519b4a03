/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What nftables tells of a packet that is traced. */
#include <arpa/inet.h>
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "kernel/trace.h"
#include "netlink/nlsock.h"

#define RECEIVE_SIZE   65536
#define RECEIVE_BUFFER (4 * 1024 * 1024)
/* How long nothing may come, and how long it may take. */
#define SILENCE_MS 300
#define LIMIT_MS   2000

#ifndef SOL_NETLINK
#define SOL_NETLINK 270
#endif

struct event {
	const struct nlattr *attrs[NFTA_TRACE_MAX + 1];
	const char *table, *chain;
	uint32_t id, type;
	int verdict;	    /* NF_DROP and so on, NFT_GOTO ... */
	const char *target; /* of a jump; NULL */
};

int trace_open_events(struct trace *t)
{
	const struct sockaddr_nl any = {.nl_family = AF_NETLINK};
	int group = NFNLGRP_NFTRACE;

	t->events = netns_open_socket(&t->kernel->ns, NETLINK_NETFILTER);
	if (t->events < 0)
		return t->events;
	nlsock_reserve_receive(t->events, RECEIVE_BUFFER);
	if (bind(t->events, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
	    setsockopt(t->events, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(group)) < 0)
		return -errno;
	return 0;
}

/* --- an event --------------------------------------------------------------------- */

static uint32_t get_u32(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_U32) == 0 ? ntohl(mnl_attr_get_u32(attr))
								  : 0;
}

static const char *get_string(const struct nlattr *attr)
{
	return attr && mnl_attr_validate(attr, MNL_TYPE_NUL_STRING) == 0 ? mnl_attr_get_str(attr)
									 : "";
}

static void parse_verdict(struct event *e)
{
	const struct nlattr *attr, *nest = e->attrs[NFTA_TRACE_VERDICT];

	if (e->attrs[NFTA_TRACE_POLICY])
		e->verdict = (int)get_u32(e->attrs[NFTA_TRACE_POLICY]);
	if (!nest)
		return;
	mnl_attr_for_each_nested(attr, nest)
	{
		if (mnl_attr_get_type(attr) == NFTA_VERDICT_CODE)
			e->verdict = (int)get_u32(attr);
		else if (mnl_attr_get_type(attr) == NFTA_VERDICT_CHAIN)
			e->target = get_string(attr);
	}
}

static bool parse_event(struct event *e, const struct nlmsghdr *message)
{
	const struct nlattr *attr;

	memset(e, 0, sizeof(*e));
	if (message->nlmsg_type != (NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_TRACE) ||
	    mnl_nlmsg_get_payload_len(message) < sizeof(struct nfgenmsg))
		return false;
	mnl_attr_for_each(attr, message, sizeof(struct nfgenmsg))
	{
		if (mnl_attr_get_type(attr) <= NFTA_TRACE_MAX)
			e->attrs[mnl_attr_get_type(attr)] = attr;
	}
	e->table = get_string(e->attrs[NFTA_TRACE_TABLE]);
	e->chain = get_string(e->attrs[NFTA_TRACE_CHAIN]);
	e->id = get_u32(e->attrs[NFTA_TRACE_ID]);
	e->type = get_u32(e->attrs[NFTA_TRACE_TYPE]);
	e->verdict = NF_ACCEPT;
	parse_verdict(e);
	return true;
}

/* The headers, which the first event of a chain tells. */
static void look(const struct event *e, struct trace_sight *sight)
{
	const struct nlattr *network = e->attrs[NFTA_TRACE_NETWORK_HEADER];
	const struct nlattr *transport = e->attrs[NFTA_TRACE_TRANSPORT_HEADER];
	const uint8_t *p = network ? mnl_attr_get_payload(network) : NULL;
	uint8_t family = p && *p >> 4 == 6 ? 6 : 4;
	size_t size = nft_address_size(family), header = family == 6 ? 40 : 20;
	uint16_t ports[2];

	if (!network || !transport || mnl_attr_get_payload_len(network) < header ||
	    mnl_attr_get_payload_len(transport) < sizeof(ports))
		return;
	memset(sight, 0, sizeof(*sight));
	sight->is_seen = true;
	sight->source.family = sight->destination.family = family;
	memcpy(sight->source.bytes, p + header - 2 * size, size);
	memcpy(sight->destination.bytes, p + header - size, size);
	memcpy(ports, mnl_attr_get_payload(transport), sizeof(ports));
	sight->source_port = ntohs(ports[0]);
	sight->port = ntohs(ports[1]);
}

/* --- what it says ------------------------------------------------------------------- */

/* An answer of the node: a reset, or what ICMP says. */
static void take_reply(struct trace *t, const struct event *e)
{
	const struct nlattr *transport = e->attrs[NFTA_TRACE_TRANSPORT_HEADER];
	const uint8_t *p = transport ? mnl_attr_get_payload(transport) : NULL;
	const struct nlattr *network = e->attrs[NFTA_TRACE_NETWORK_HEADER];
	const uint8_t *ip = network ? mnl_attr_get_payload(network) : NULL;
	bool is_ipv6 = t->flow->source.family == 6;
	uint8_t protocol;

	if (!p || !ip || mnl_attr_get_payload_len(transport) < 2 ||
	    mnl_attr_get_payload_len(network) < 20)
		return;
	protocol = is_ipv6 ? ip[6] : ip[9];
	if (protocol == t->flow->protocol ||
	    (is_ipv6 ? p[0] == 1 && p[1] == 4 : p[0] == 3 && p[1] == 3)) {
		t->is_refused = true;
		path_step(t->path, "the node answers: refused");
	} else {
		path_step(t->path, "the node answers: unreachable (ICMP type %u, code %u)", p[0],
			  p[1]);
	}
}

static void take_own(struct trace *t, const struct event *e)
{
	if (!strcmp(e->chain, "prerouting") || !strcmp(e->chain, "output"))
		look(e, &t->first);
	else if (!strcmp(e->chain, "prerouted") || !strcmp(e->chain, "rerouted"))
		look(e, &t->translated);
	else if (!strcmp(e->chain, "postrouting") || !strcmp(e->chain, "input"))
		look(e, &t->last);
	t->is_over |= e->verdict == NF_DROP;
}

static const char *get_verdict_name(const struct event *e)
{
	switch (e->verdict) {
	case NF_DROP:
		return "drop";
	case NF_ACCEPT:
		return "accept";
	case NFT_GOTO:
		return "goto";
	case NFT_JUMP:
		return "jump";
	case NFT_RETURN:
		return "return";
	default:
		return "go on";
	}
}

/* Policies that accept say nothing. */
static void take_other(struct trace *t, const struct event *e)
{
	const struct nlattr *attr = e->attrs[NFTA_TRACE_RULE_HANDLE];
	char rule[32] = "";

	if (attr && mnl_attr_validate(attr, MNL_TYPE_U64) == 0)
		snprintf(rule, sizeof(rule), " rule %llu",
			 (unsigned long long)be64toh(mnl_attr_get_u64(attr)));
	if ((e->type == NFT_TRACETYPE_RULE && *rule) || e->verdict == NF_DROP)
		path_step(t->path, "table %s: %s%s: %s%s%s", e->table, e->chain, rule,
			  get_verdict_name(e), e->target ? " " : "", e->target ? e->target : "");
	if (e->verdict == NF_DROP)
		t->is_over = t->is_dropped = true;
}

static void take_event(struct trace *t, const struct nlmsghdr *message)
{
	struct event e;
	bool is_own;

	if (!parse_event(&e, message))
		return;
	is_own = !strcmp(e.table, t->table);
	if (is_own && !strcmp(e.chain, "replies")) {
		if (t->reply_id != e.id)
			take_reply(t, &e);
		t->reply_id = e.id;
		return;
	}
	if (is_own && !t->id && (!strcmp(e.chain, "prerouting") || !strcmp(e.chain, "output")))
		t->id = e.id;
	if (!t->id || e.id != t->id)
		return;
	if (is_own)
		take_own(t, &e);
	else
		take_other(t, &e);
}

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * INT64_C(1000) + ts.tv_nsec / 1000000;
}

int trace_read_events(struct trace *t)
{
	_cleanup_free_ char *buffer = malloc(RECEIVE_SIZE);
	const int64_t end = now_ms() + LIMIT_MS;
	struct pollfd poller = {.fd = t->events, .events = POLLIN};
	const struct nlmsghdr *message;
	ssize_t n;
	int rest;

	if (!buffer)
		return -ENOMEM;
	while (!t->is_over && now_ms() < end) {
		n = poll(&poller, 1, SILENCE_MS);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : 0;
		n = nlsock_receive(t->events, buffer, RECEIVE_SIZE, MSG_DONTWAIT);
		if (n < 0 && n != -EAGAIN)
			return (int)n;
		rest = n < 0 ? 0 : (int)n;
		message = (const struct nlmsghdr *)buffer;
		for (; mnl_nlmsg_ok(message, rest); message = mnl_nlmsg_next(message, &rest))
			take_event(t, message);
	}
	return 0;
}
