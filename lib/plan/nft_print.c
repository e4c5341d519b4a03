/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/nft.h"

#include <string.h>

#include <k8snet/address.h>
#include <k8snet/service.h>

#include "base/cleanup.h"
#include "base/strbuf.h"

/* The skeleton as nft text. %F: family and table; %f: family; %A: type of an
 * address; %M: the masquerade mark; %L: loopback addresses. */
static const char table_text[] =
	"add table %F { comment \"libk8snet\" ; }\n"
	"add set %F pod-networks { type %A ; flags interval ; }\n"
	"add set %F unmasqueraded { type %A ; flags interval ; }\n"
	"add set %F node-addresses { type %A ; flags interval ; }\n"
	"add set %F service-networks { type %A ; flags interval ; }\n"
	"add set %F cluster-ips { type %A ; }\n"
	"add set %F hairpin { type %A . %A ; }\n"
	"add set %F source-ranged { type %A . inet_proto . inet_service ; }\n"
	"add set %F source-ranges { type %A . inet_proto . inet_service . %A ; flags interval ; }\n"
	"add map %F services { type %A . inet_proto . inet_service : verdict ; }\n"
	"add map %F node-ports { type inet_proto . inet_service : verdict ; }\n";

/* %P: the protocol. */
static const char protocol_text[] =
	"add map %F endpoints-%P { typeof %f daddr . %P dport . numgen random mod 65536 : "
	"%f daddr . %P dport ; }\n"
	"add map %F node-port-endpoints-%P { typeof %P dport . numgen random mod 65536 : "
	"%f daddr . %P dport ; }\n"
	"add map %F local-endpoints-%P { typeof %f daddr . %P dport . numgen random mod 65536 : "
	"%f daddr . %P dport ; }\n"
	"add map %F node-port-local-endpoints-%P { typeof %P dport . numgen random mod 65536 : "
	"%f daddr . %P dport ; }\n";

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
	"add rule %F services %f daddr . meta l4proto . th dport vmap @services\n"
	"add rule %F services %f daddr @node-addresses %f daddr != %L fib daddr type local "
	"meta l4proto . th dport vmap @node-ports\n"
	"add rule %F services %f daddr @cluster-ips fib daddr type != local goto no-endpoints\n"
	"add rule %F services %f daddr @service-networks fib daddr type != local drop\n"
	"add rule %F prerouting jump services\n"
	"add rule %F output jump services\n"
	"add rule %F postrouting meta mark & %M != 0 meta mark set meta mark ^ %M "
	"masquerade fully-random\n"
	"add rule %F postrouting ct status dnat %f saddr . %f daddr @hairpin "
	"masquerade fully-random\n";

const struct nft_skeleton_chain nft_skeleton_chains[] = {
	{"no-endpoints", 2}, {"no-local-endpoints", 1}, {"services", 5}, {"prerouting", 1},
	{"output", 1},	     {"postrouting", 2},
};
const size_t nft_n_skeleton_chains = ARRAY_SIZE(nft_skeleton_chains);

static void expand_one(struct strbuf *b, char what, uint8_t family, uint8_t protocol, uint32_t mark)
{
	switch (what) {
	case 'F':
		strbuf_printf(b, "%s " NFT_TABLE, nft_family_name(family));
		break;
	case 'f':
		strbuf_add(b, nft_family_name(family));
		break;
	case 'A':
		strbuf_add(b, family == 6 ? "ipv6_addr" : "ipv4_addr");
		break;
	case 'P':
		strbuf_add(b, nft_protocol_name(protocol));
		break;
	case 'L':
		strbuf_add(b, family == 6 ? "::1" : "127.0.0.0/8");
		break;
	case 'M':
		strbuf_printf(b, "0x%08x", mark);
		break;
	}
}

static void expand(struct strbuf *b, const char *text, uint8_t family, uint8_t protocol,
		   uint32_t mark)
{
	for (; *text; text++) {
		if (*text == '%')
			expand_one(b, *++text, family, protocol, mark);
		else
			strbuf_add_n(b, text, 1);
	}
}

void nft_print_table_add(struct strbuf *b, uint8_t family, uint32_t masquerade_mark)
{
	expand(b, table_text, family, 0, 0);
	expand(b, protocol_text, family, K8SNET_PROTOCOL_TCP, 0);
	expand(b, protocol_text, family, K8SNET_PROTOCOL_UDP, 0);
	expand(b, protocol_text, family, K8SNET_PROTOCOL_SCTP, 0);
	expand(b, chains_text, family, 0, masquerade_mark);
}

void nft_print_table_delete(struct strbuf *b, uint8_t family)
{
	expand(b, "delete table %F\n", family, 0, 0);
}

static void begin_rule(struct strbuf *b, const struct nft_chain *chain)
{
	char name[NFT_CHAIN_NAME_SIZE];

	strbuf_printf(b, "add rule %s " NFT_TABLE " %s ", nft_family_name(chain->family),
		      nft_chain_name(chain, name));
}

static void print_mark(struct strbuf *b, uint32_t masquerade_mark)
{
	strbuf_printf(b, "meta mark set meta mark | 0x%08x", masquerade_mark);
}

static bool is_of_node_ports(const struct nft_chain *chain)
{
	return chain->kind == NFT_CHAIN_NODE_PORT || chain->kind == NFT_CHAIN_NODE_PORT_LOCAL;
}

/* "dnat ip to ip daddr . tcp dport . numgen random mod 3 map @endpoints-tcp" */
static void print_dnat(struct strbuf *b, const struct nft_chain *chain, bool is_local)
{
	const char *family = nft_family_name(chain->family);
	enum nft_map map = nft_slots_map(is_of_node_ports(chain), is_local);

	strbuf_printf(b, "dnat %s to ", family);
	if (!is_of_node_ports(chain))
		strbuf_printf(b, "%s daddr . ", family);
	strbuf_printf(b, "%s dport . numgen random mod %u map @%s\n",
		      nft_protocol_name(chain->protocol), is_local ? chain->l : chain->n,
		      nft_map_name(map, chain->protocol));
}

/* All backends, whoever asks. */
static void print_cluster_rules(struct strbuf *b, const struct nft_chain *chain,
				uint32_t masquerade_mark)
{
	begin_rule(b, chain);
	if (chain->kind == NFT_CHAIN_CLUSTER)
		strbuf_printf(b, "%s saddr != @unmasqueraded ", nft_family_name(chain->family));
	print_mark(b, masquerade_mark);
	strbuf_add(b, "\n");
	begin_rule(b, chain);
	print_dnat(b, chain, false);
}

/* From pods and from the node itself all backends, as if the traffic had gone out to a
 * load balancer and come back; from others those on this node, and nobody is told. */
static void print_local_rules(struct strbuf *b, const struct nft_chain *chain,
			      uint32_t masquerade_mark)
{
	begin_rule(b, chain);
	strbuf_printf(b, "%s saddr @pod-networks ", nft_family_name(chain->family));
	print_dnat(b, chain, false);
	begin_rule(b, chain);
	strbuf_add(b, "fib saddr type local ");
	print_mark(b, masquerade_mark);
	strbuf_add(b, " ");
	print_dnat(b, chain, false);
	begin_rule(b, chain);
	if (chain->l)
		print_dnat(b, chain, true);
	else
		strbuf_add(b, "drop\n");
}

void nft_print_chain_add(struct strbuf *b, const struct nft_chain *chain, uint32_t masquerade_mark)
{
	char name[NFT_CHAIN_NAME_SIZE];
	const char *family = nft_family_name(chain->family);

	nft_chain_name(chain, name);
	strbuf_printf(b, "add chain %s " NFT_TABLE " %s\n", family, name);
	if (chain->kind == NFT_CHAIN_MARK)
		return;
	strbuf_printf(b, "flush chain %s " NFT_TABLE " %s\n", family, name);
	if (nft_chain_count_rules(chain) == 3)
		print_local_rules(b, chain, masquerade_mark);
	else
		print_cluster_rules(b, chain, masquerade_mark);
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

static void print_key(struct strbuf *b, const struct nft_element *e)
{
	const char *protocol = nft_protocol_name(e->protocol);

	if (!nft_map_is_of_node_ports(e->map))
		print_address(b, e->family, e->address);
	switch ((enum nft_map)e->map) {
	case NFT_POD_NETWORKS:
	case NFT_UNMASQUERADED:
	case NFT_NODE_ADDRESSES:
	case NFT_SERVICE_NETWORKS:
		strbuf_printf(b, "/%u", e->prefix_length);
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
	case NFT_SOURCE_RANGED:
	case NFT_SERVICES:
		strbuf_printf(b, " . %s . %u", protocol, e->port);
		break;
	case NFT_NODE_PORTS:
		strbuf_printf(b, "%s . %u", protocol, e->port);
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
	case NFT_N_MAPS:
		break;
	}
}

static void print_data(struct strbuf *b, const struct nft_element *e)
{
	struct nft_chain chain = {e->family, e->to_kind, e->protocol, e->to_n, e->to_l};
	char name[NFT_CHAIN_NAME_SIZE];

	if (nft_map_is_verdicts(e->map)) {
		strbuf_printf(b, " : goto %s", nft_chain_name(&chain, name));
	} else if (nft_map_is_slots(e->map)) {
		strbuf_add(b, " : ");
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
