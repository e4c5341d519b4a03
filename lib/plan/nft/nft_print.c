/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/nft/nft.h"

#include <string.h>

#include <k8snet/address.h>
#include <k8snet/service.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* The skeleton as nft text. %F: family and table; %f: family; %A: type of an
 * address; %M: the masquerade mark; %L: loopback addresses; %C: types of what stands for a
 * client; %K: counters. */
static const char table_text[] =
	"add table %F { comment \"libk8snet\" ; }\n"
	"add set %F pod-networks { type %A ; flags interval ; }\n"
	"add set %F unmasqueraded { type %A ; flags interval ; }\n"
	"add set %F node-addresses { type %A ; flags interval ; }\n"
	"add set %F service-networks { type %A ; flags interval ; }\n"
	"add set %F pod-interfaces { type ifname ; flags interval ; }\n"
	"add set %F unmasqueraded-interfaces { type ifname ; flags interval ; }\n"
	"add set %F cluster-ips { type %A ; }\n"
	"add set %F hairpin { type %A . %A ; }\n"
	"add set %F source-ranged { type %A . inet_proto . inet_service ; }\n"
	"add set %F source-ranges { type %A . inet_proto . inet_service . %A ; flags interval ; }\n"
	"add set %F resets { type %A . inet_service . %A . inet_service ; flags dynamic,timeout ; "
	"size 1048576 ; }\n"
	"add map %F services { typeof %f daddr . meta l4proto . th dport : meta priority ; %K}\n"
	"add map %F node-ports { typeof meta l4proto . th dport : meta priority ; %K}\n"
	"add map %F service-chains { type %A . inet_proto . inet_service : verdict ; %K}\n"
	"add map %F node-port-chains { type inet_proto . inet_service : verdict ; %K}\n"
	"add map %F balancers { typeof meta priority . meta l4proto : verdict ; }\n"
	"add map %F affinity-services { typeof %f daddr . meta l4proto . th dport : "
	"meta priority ; }\n"
	"add map %F affinity-node-ports { typeof meta l4proto . th dport : meta priority ; }\n"
	"add map %F affinity-slots { typeof meta priority . numgen random mod 65536 : "
	"meta priority ; }\n"
	"add map %F affinity { typeof meta priority . %C : meta priority ; flags dynamic,timeout ; "
	"size 1048576 ; }\n";

/* %P: the protocol. */
static const char protocol_text[] =
	"add map %F affinity-endpoints-%P { typeof meta priority : %f daddr . %P dport ; %K}\n"
	"add map %F endpoints-%P { typeof %f daddr . %P dport . numgen random mod 65536 : "
	"%f daddr . %P dport ; %K}\n"
	"add map %F node-port-endpoints-%P { typeof %P dport . numgen random mod 65536 : "
	"%f daddr . %P dport ; %K}\n"
	"add map %F local-endpoints-%P { typeof %f daddr . %P dport . numgen random mod 65536 : "
	"%f daddr . %P dport ; %K}\n"
	"add map %F node-port-local-endpoints-%P { typeof %P dport . numgen random mod 65536 : "
	"%f daddr . %P dport ; %K}\n";

/* Most of what is a service's leaves with it, before anything else. */
#define FIND_SERVICE                                                          \
	"meta priority set %f daddr . meta l4proto . th dport map @services " \
	"meta priority . meta l4proto vmap @balancers"

/* Flushed first: this text also mends a table in which rules were changed. */
static const char chains_text[] =
	"add chain %F no-endpoints\n"
	"add chain %F no-local-endpoints\n"
	"add chain %F services\n"
	"add chain %F prerouting { type nat hook prerouting priority -100 ; }\n"
	"add chain %F output { type nat hook output priority -100 ; }\n"
	"add chain %F postrouting { type nat hook postrouting priority 100 ; }\n"
	"flush chain %F no-endpoints\n"
	"flush chain %F no-local-endpoints\n"
	"flush chain %F services\n"
	"flush chain %F prerouting\n"
	"flush chain %F output\n"
	"flush chain %F postrouting\n"
	"add rule %F no-endpoints meta l4proto tcp reject with tcp reset\n"
	"add rule %F no-endpoints reject\n"
	"add rule %F no-local-endpoints drop\n"
	"add rule %F services %f daddr . meta l4proto . th dport @source-ranged "
	"%f daddr . meta l4proto . th dport . %f saddr != @source-ranges drop\n"
	"add rule %F services %f daddr . meta l4proto . th dport vmap @service-chains\n"
	"add rule %F services %f daddr @node-addresses %f daddr != %L fib daddr type local "
	"meta priority set meta l4proto . th dport map @node-ports "
	"meta priority . meta l4proto vmap @balancers\n"
	"add rule %F services %f daddr @node-addresses %f daddr != %L fib daddr type local "
	"meta l4proto . th dport vmap @node-port-chains\n"
	"add rule %F services %f daddr @cluster-ips fib daddr type != local goto no-endpoints\n"
	"add rule %F services %f daddr @service-networks fib daddr type != local drop\n"
	"add rule %F prerouting " FIND_SERVICE "\n"
	"add rule %F prerouting jump services\n"
	"add rule %F output " FIND_SERVICE "\n"
	"add rule %F output jump services\n"
	"add rule %F postrouting meta priority & c000:0 != none ct status dnat meta priority set "
	"none\n"
	"add rule %F postrouting meta mark & %M != 0 meta mark set meta mark ^ %M "
	"masquerade fully-random\n"
	"add rule %F postrouting ct status dnat %f saddr . %f daddr @hairpin "
	"masquerade fully-random\n";

const struct nft_skeleton_chain nft_skeleton_chains[] = {
	{"no-endpoints", 2}, {"no-local-endpoints", 1}, {"services", 6}, {"prerouting", 2},
	{"output", 2},	     {"postrouting", 3},
};
const size_t nft_n_skeleton_chains = ARRAY_SIZE(nft_skeleton_chains);

/* What stands for the letters. */
struct expansion {
	uint8_t family, protocol;
	bool has_counters;
	uint32_t mark;
};

static void expand_one(struct strbuf *b, char what, const struct expansion *x)
{
	const char *family = nft_family_name(x->family);

	switch (what) {
	case 'F':
		strbuf_printf(b, "%s " NFT_TABLE, family);
		break;
	case 'f':
		strbuf_add(b, family);
		break;
	case 'A':
		strbuf_add(b, x->family == 6 ? "ipv6_addr" : "ipv4_addr");
		break;
	case 'P':
		strbuf_add(b, nft_protocol_name(x->protocol));
		break;
	case 'L':
		strbuf_add(b, x->family == 6 ? "::1" : "127.0.0.0/8");
		break;
	case 'C':
		strbuf_add(b, x->family == 6 ? "numgen random mod 65536 . numgen random mod 65536"
					     : "ip saddr");
		break;
	case 'K':
		strbuf_add(b, x->has_counters ? "counter ; " : "");
		break;
	case 'M':
		strbuf_printf(b, "0x%08x", x->mark);
		break;
	}
}

static void expand(struct strbuf *b, const char *text, const struct expansion *x)
{
	for (; *text; text++) {
		if (*text == '%')
			expand_one(b, *++text, x);
		else
			strbuf_add_n(b, text, 1);
	}
}

void nft_print_table_add(struct strbuf *b, uint8_t family, uint32_t masquerade_mark,
			 bool has_counters)
{
	static const uint8_t protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP,
					    K8SNET_PROTOCOL_SCTP};
	struct expansion x = {
		.family = family, .has_counters = has_counters, .mark = masquerade_mark};
	size_t i;

	expand(b, table_text, &x);
	for (i = 0; i < ARRAY_SIZE(protocols); i++) {
		x.protocol = protocols[i];
		expand(b, protocol_text, &x);
	}
	expand(b, chains_text, &x);
}

void nft_print_table_delete(struct strbuf *b, uint8_t family)
{
	strbuf_printf(b, "delete table %s " NFT_TABLE "\n", nft_family_name(family));
}

void nft_print_chain_delete(struct strbuf *b, const struct nft_chain *chain)
{
	char name[NFT_CHAIN_NAME_SIZE];

	strbuf_printf(b, "delete chain %s " NFT_TABLE " %s\n", nft_family_name(chain->family),
		      nft_chain_name(chain, name));
}

static void print_address(struct strbuf *b, uint8_t family, const uint8_t *bytes)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	struct k8snet_address address = {.family = family};

	memcpy(address.bytes, bytes, family == 6 ? 16 : 4);
	strbuf_add(b, k8snet_address_format(&address, text, sizeof(text)));
}

static void print_number(struct strbuf *b, uint32_t number)
{
	strbuf_printf(b, "%x:%x", number >> 16, number & 0xffff);
}

static void print_key(struct strbuf *b, const struct nft_element *e)
{
	const char *protocol = nft_protocol_name(e->protocol);

	if (nft_map_has_address(e->map))
		print_address(b, e->family, e->address);
	switch ((enum nft_map)e->map) {
	case NFT_POD_NETWORKS:
	case NFT_UNMASQUERADED:
	case NFT_NODE_ADDRESSES:
	case NFT_SERVICE_NETWORKS:
		strbuf_printf(b, "/%u", e->prefix_length);
		break;
	case NFT_POD_INTERFACES:
	case NFT_UNMASQUERADED_INTERFACES:
		strbuf_printf(b, "\"%.16s%s\"", (const char *)e->address,
			      e->prefix_length < 128 ? "*" : "");
		break;
	case NFT_HAIRPIN:
		strbuf_add(b, " . ");
		print_address(b, e->family, e->address);
		break;
	case NFT_SOURCE_RANGES:
		strbuf_printf(b, " . %s . %u . ", protocol, e->port);
		print_address(b, e->family, e->to_address);
		strbuf_printf(b, "/%u", e->prefix_length);
		break;
	case NFT_RESETS:
		strbuf_printf(b, " . %u . ", e->port);
		print_address(b, e->family, e->to_address);
		strbuf_printf(b, " . %u", e->to_port);
		break;
	case NFT_SOURCE_RANGED:
	case NFT_SERVICES:
	case NFT_SERVICE_CHAINS:
	case NFT_AFFINITY_SERVICES:
		strbuf_printf(b, " . %s . %u", protocol, e->port);
		break;
	case NFT_BALANCERS:
		print_number(b, e->number);
		strbuf_printf(b, " . %s", protocol);
		break;
	case NFT_NODE_PORTS:
	case NFT_NODE_PORT_CHAINS:
	case NFT_AFFINITY_NODE_PORTS:
		strbuf_printf(b, "%s . %u", protocol, e->port);
		break;
	case NFT_AFFINITY_SLOTS:
		print_number(b, e->number & 0xffff0000);
		strbuf_printf(b, " . %u", e->slot);
		break;
	case NFT_AFFINITY_ENDPOINTS:
		print_number(b, e->number);
		break;
	case NFT_ENDPOINTS:
	case NFT_LOCAL_ENDPOINTS:
		strbuf_printf(b, " . %u . %u", e->port, e->slot);
		break;
	case NFT_NODE_PORT_ENDPOINTS:
	case NFT_NODE_PORT_LOCAL_ENDPOINTS:
		strbuf_printf(b, "%u . %u", e->port, e->slot);
		break;
	case NFT_CLUSTER_IPS:
	case NFT_AFFINITY:
	case NFT_N_MAPS:
		break;
	}
}

static void print_data(struct strbuf *b, const struct nft_element *e)
{
	const struct nft_chain chain = nft_element_get_chain(e);
	const struct nft_verdict verdict = nft_chain_get_verdict(&chain);
	char name[NFT_CHAIN_NAME_SIZE];

	if (nft_map_is_set(e->map))
		return;
	strbuf_add(b, " : ");
	if (nft_map_is_verdicts(e->map)) {
		strbuf_printf(b, "goto %s", nft_chain_name(&chain, name));
	} else if (nft_map_is_balancers(e->map)) {
		print_number(b, nft_verdict_get_number(&verdict));
	} else if (nft_map_is_numbers(e->map)) {
		print_number(b, e->number);
	} else {
		print_address(b, e->family, e->to_address);
		strbuf_printf(b, " . %u", e->to_port);
	}
}

void nft_print_element(struct strbuf *b, const struct nft_element *element, bool is_delete)
{
	strbuf_printf(b, "%s element %s " NFT_TABLE " %s { ", is_delete ? "delete" : "add",
		      nft_family_name(element->family),
		      nft_map_name(element->map, element->protocol));
	print_key(b, element);
	if (!is_delete)
		print_data(b, element);
	strbuf_add(b, " }\n");
}
