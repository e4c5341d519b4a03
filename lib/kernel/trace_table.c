/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The table that marks a packet where it begins and drops it behind all others. */
#include "kernel/trace.h"

/* %T: the table; %D: the packet; %f: family; %O: the connection, when it has been translated;
 * %R: an answer of the node. */
static const char table_text[] =
	"add table %T { flags owner ; }\n"
	"add chain %T prerouting { type filter hook prerouting priority -350 ; }\n"
	"add chain %T output { type filter hook output priority -350 ; }\n"
	"add chain %T replies { type filter hook output priority -450 ; }\n"
	"add chain %T prerouted { type filter hook prerouting priority -99 ; }\n"
	"add chain %T rerouted { type filter hook output priority -99 ; }\n"
	"add chain %T postrouting { type filter hook postrouting priority 200 ; }\n"
	"add chain %T input { type filter hook input priority 200 ; }\n"
	"add rule %T prerouting %D meta nftrace set 1\n"
	"add rule %T output %D meta nftrace set 1\n"
	"%R"
	"add rule %T postrouting %O drop\n"
	"add rule %T postrouting %D drop\n"
	"add rule %T input %O drop\n"
	"add rule %T input %D drop\n";

struct names {
	char source[K8SNET_ADDRESS_TEXT_SIZE], destination[K8SNET_ADDRESS_TEXT_SIZE];
	const char *family, *protocol;
};

static void print_packet(struct strbuf *b, const struct trace *t, const struct names *n)
{
	strbuf_printf(b, "%s saddr %s meta l4proto %s th sport %u", n->family, n->source,
		      n->protocol, t->source_port);
}

static void print_original(struct strbuf *b, const struct trace *t, const struct names *n)
{
	strbuf_printf(b,
		      "ct original %s saddr %s ct original protocol %s ct original proto-src %u "
		      "ct original proto-dst %u",
		      n->family, n->source, n->protocol, t->source_port, t->flow->port);
}

/* What it says is wrong has the packet in it, behind 8 bytes. */
static void print_replies(struct strbuf *b, const struct trace *t, const struct names *n)
{
	bool is_ipv6 = t->flow->source.family == 6;

	strbuf_printf(b,
		      "add rule %s %s replies %s saddr %s %s daddr %s meta l4proto %s "
		      "th sport %u th dport %u meta nftrace set 1 drop\n",
		      n->family, t->table, n->family, n->destination, n->family, n->source,
		      n->protocol, t->flow->port, t->source_port);
	strbuf_printf(b,
		      "add rule %s %s replies %s daddr %s meta l4proto %s @th,%u,16 %u "
		      "meta nftrace set 1 drop\n",
		      n->family, t->table, n->family, n->source, is_ipv6 ? "ipv6-icmp" : "icmp",
		      is_ipv6 ? 384 : 224, t->source_port);
}

static void expand_one(struct strbuf *b, char what, const struct trace *t, const struct names *n)
{
	switch (what) {
	case 'T':
		strbuf_printf(b, "%s %s", n->family, t->table);
		break;
	case 'D':
		print_packet(b, t, n);
		break;
	case 'O':
		print_original(b, t, n);
		break;
	case 'R':
		print_replies(b, t, n);
		break;
	}
}

void trace_print_table(struct strbuf *b, const struct trace *t)
{
	struct names n = {.family = nft_family_name(t->flow->source.family),
			  .protocol = nft_protocol_name((uint8_t)t->flow->protocol)};
	const char *p;

	k8snet_address_format(&t->flow->source, n.source, sizeof(n.source));
	k8snet_address_format(&t->flow->destination, n.destination, sizeof(n.destination));
	for (p = table_text; *p; p++) {
		if (*p == '%')
			expand_one(b, *++p, t, &n);
		else
			strbuf_add_n(b, p, 1);
	}
}
