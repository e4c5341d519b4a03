/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table that marks a packet where it begins and drops it behind all others. It belongs to a
 * socket, and goes with it. */
#include <errno.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "kernel/nfnl.h"
#include "kernel/trace.h"
#include "netlink/nft_rule.h"
#include "netlink/nft_table.h"

#define N_RULES 8

static const struct {
	const char *name;
	struct nft_hook hook;
} chains[] = {
	{"prerouting", {"filter", NFT_HOOK_PREROUTING, -350}},
	{"output", {"filter", NFT_HOOK_OUTPUT, -350}},
	{"replies", {"filter", NFT_HOOK_OUTPUT, -450}},
	{"prerouted", {"filter", NFT_HOOK_PREROUTING, -99}},
	{"rerouted", {"filter", NFT_HOOK_OUTPUT, -99}},
	{"postrouting", {"filter", NFT_HOOK_POSTROUTING, 200}},
	{"input", {"filter", NFT_HOOK_INPUT, 200}},
};

struct writer {
	const struct trace *t;
	char *buffer;
	size_t used;
	struct nft_rule rule;
};

static struct nlmsghdr *begin(struct writer *w, uint16_t type, uint16_t flags)
{
	return nfnl_put_nftables(w->buffer + w->used, type, flags, w->t->flow->source.family);
}

static void put_chain(struct writer *w, const char *name, const struct nft_hook *hook)
{
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWCHAIN, NLM_F_CREATE);

	nft_put_chain(message, w->t->table, name, hook);
	w->used += message->nlmsg_len;
}

static void end_rule(struct writer *w, const char *chain)
{
	struct nlmsghdr *message = begin(w, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);

	mnl_attr_put_strz(message, NFTA_RULE_TABLE, w->t->table);
	mnl_attr_put_strz(message, NFTA_RULE_CHAIN, chain);
	nft_rule_put(message, &w->rule);
	w->used += message->nlmsg_len;
	w->rule.n = 0;
}

/* --- what rules consist of --------------------------------------------------------- */

static void compare(struct writer *w, const struct nft_term *key, uint32_t value)
{
	nft_rule_append_key(&w->rule, NFT_STATEMENT_COMPARE, key, 1, NULL)->value = value;
}

#define IS(value, ...) compare(w, &(const struct nft_term)NFT_TERM(__VA_ARGS__), value)

static void is_address(struct writer *w, uint8_t load, const struct k8snet_address *address)
{
	const struct nft_term key = {.load = load};
	struct nft_statement *s =
		nft_rule_append_key(&w->rule, NFT_STATEMENT_ADDRESS, &key, 1, NULL);

	memcpy(s->address, address->bytes, sizeof(s->address));
	s->value = address->family == 6 ? 128 : 32;
}

static void set_trace(struct writer *w)
{
	struct nft_statement *s = nft_rule_append(&w->rule, NFT_STATEMENT_SET);

	s->what = NFT_LOAD_NFTRACE;
	s->value = 1;
}

static void drop(struct writer *w)
{
	nft_rule_append(&w->rule, NFT_STATEMENT_VERDICT)->code = NFT_CODE_DROP;
}

/* The packet as it was sent. */
static void is_packet(struct writer *w)
{
	is_address(w, NFT_LOAD_SADDR, &w->t->flow->source);
	IS((uint32_t)w->t->flow->protocol, PROTOCOL);
	IS(w->t->source_port, SPORT);
}

/* The connection, when it has been translated. */
static void is_original(struct writer *w)
{
	is_address(w, NFT_LOAD_CT_SADDR, &w->t->flow->source);
	IS((uint32_t)w->t->flow->protocol, CT_PROTOCOL);
	IS(w->t->source_port, CT_SPORT);
	IS(w->t->flow->port, CT_DPORT);
}

/* --- the rules ------------------------------------------------------------------------ */

static void put_begin(struct writer *w, const char *chain)
{
	is_packet(w);
	set_trace(w);
	end_rule(w, chain);
}

static void put_end(struct writer *w, const char *chain)
{
	is_original(w);
	drop(w);
	end_rule(w, chain);
	is_packet(w);
	drop(w);
	end_rule(w, chain);
}

/* An answer of the node. What it says is wrong has the packet in it, behind 8 bytes. */
static void put_replies(struct writer *w)
{
	const struct k8snet_flow *flow = w->t->flow;
	bool is_ipv6 = flow->source.family == 6;

	is_address(w, NFT_LOAD_SADDR, &flow->destination);
	is_address(w, NFT_LOAD_DADDR, &flow->source);
	IS((uint32_t)flow->protocol, PROTOCOL);
	IS(flow->port, SPORT);
	IS(w->t->source_port, DPORT);
	set_trace(w);
	drop(w);
	end_rule(w, "replies");
	is_address(w, NFT_LOAD_DADDR, &flow->source);
	IS(is_ipv6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP, PROTOCOL);
	IS(w->t->source_port, TRANSPORT, .offset = is_ipv6 ? 48 : 28);
	set_trace(w);
	drop(w);
	end_rule(w, "replies");
}

static void put_table(struct writer *w)
{
	struct nlmsghdr *message;
	size_t i;

	w->used = nfnl_put_bracket(w->buffer, NFNL_MSG_BATCH_BEGIN);
	message = begin(w, NFT_MSG_NEWTABLE, NLM_F_CREATE | NLM_F_EXCL);
	nft_put_table(message, w->t->table, NULL, NFT_TABLE_F_OWNER);
	w->used += message->nlmsg_len;
	for (i = 0; i < ARRAY_SIZE(chains); i++)
		put_chain(w, chains[i].name, &chains[i].hook);
	put_begin(w, "prerouting");
	put_begin(w, "output");
	put_replies(w);
	put_end(w, "postrouting");
	put_end(w, "input");
	w->used += nfnl_put_bracket(w->buffer + w->used, NFNL_MSG_BATCH_END);
}

int trace_add_table(struct trace *t)
{
	_cleanup_free_ char *buffer =
		malloc((1 + ARRAY_SIZE(chains)) * NFT_TABLE_ROOM + N_RULES * NFT_RULE_ROOM);
	struct writer w = {.t = t, .buffer = buffer, .rule.family = t->flow->source.family};

	if (!buffer)
		return -ENOMEM;
	t->owner = netns_open_socket(&t->kernel->ns, NETLINK_NETFILTER);
	if (t->owner < 0)
		return t->owner;
	put_table(&w);
	return nfnl_transact_by(t->owner, 1, buffer, w.used);
}
