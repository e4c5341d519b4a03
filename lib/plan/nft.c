/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/nft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/service.h>

#include "base/cleanup.h"

#define MARK_PREFIX "masquerade-0x"

static const uint8_t protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP, K8SNET_PROTOCOL_SCTP};
static const char *const protocol_names[] = {"tcp", "udp", "sctp"};
static const char *const map_names[NFT_N_MAPS][3] = {
	[NFT_POD_NETWORKS] = {"pod-networks"},
	[NFT_NODE_ADDRESSES] = {"node-addresses"},
	[NFT_HAIRPIN] = {"hairpin"},
	[NFT_SERVICES] = {"services"},
	[NFT_NODE_PORTS] = {"node-ports"},
	[NFT_ENDPOINTS] = {"endpoints-tcp", "endpoints-udp", "endpoints-sctp"},
	[NFT_NODE_PORT_ENDPOINTS] = {"node-port-endpoints-tcp", "node-port-endpoints-udp",
				     "node-port-endpoints-sctp"},
};
static const char *const kind_names[] = {"cluster", "external", "node-port"};

static size_t protocol_index(uint8_t protocol)
{
	return protocol == K8SNET_PROTOCOL_SCTP ? 2 : protocol == K8SNET_PROTOCOL_UDP ? 1 : 0;
}

const char *nft_family_name(uint8_t family)
{
	return family == 6 ? "ip6" : "ip";
}

const char *nft_protocol_name(uint8_t protocol)
{
	return protocol_names[protocol_index(protocol)];
}

const char *nft_map_name(enum nft_map map, uint8_t protocol)
{
	bool has_protocol = map == NFT_ENDPOINTS || map == NFT_NODE_PORT_ENDPOINTS;

	return map_names[map][has_protocol ? protocol_index(protocol) : 0];
}

bool nft_map_parse(const char *name, enum nft_map *map, uint8_t *protocol)
{
	size_t m, p;

	for (m = 0; m < NFT_N_MAPS; m++) {
		for (p = 0; p < 3 && map_names[m][p]; p++) {
			if (strcmp(name, map_names[m][p]))
				continue;
			*map = m;
			*protocol = map_names[m][1] ? protocols[p] : 0;
			return true;
		}
	}
	return false;
}

struct nft_chain nft_mark_chain(uint8_t family, uint32_t masquerade_mark)
{
	return (struct nft_chain){.family = family,
				  .kind = NFT_CHAIN_MARK,
				  .n = (uint16_t)__builtin_ctz(masquerade_mark)};
}

char *nft_chain_name(const struct nft_chain *chain, char *buffer)
{
	if (chain->kind == NFT_CHAIN_NO_ENDPOINTS)
		snprintf(buffer, NFT_CHAIN_NAME_SIZE, "no-endpoints");
	else if (chain->kind == NFT_CHAIN_MARK)
		snprintf(buffer, NFT_CHAIN_NAME_SIZE, MARK_PREFIX "%08x", 1u << chain->n);
	else
		snprintf(buffer, NFT_CHAIN_NAME_SIZE, "%s-%s-%u", kind_names[chain->kind],
			 nft_protocol_name(chain->protocol), chain->n);
	return buffer;
}

/* 1 to 65535 without leading zeros, to the end; 0: it is not. */
static uint16_t parse_n(const char *text)
{
	char *end;
	unsigned long n;

	if (*text < '1' || *text > '9')
		return 0;
	n = strtoul(text, &end, 10);
	return *end || n > UINT16_MAX ? 0 : (uint16_t)n;
}

static const char *skip_word(const char *text, const char *word)
{
	size_t length = strlen(word);

	if (strncmp(text, word, length) || text[length] != '-')
		return NULL;
	return text + length + 1;
}

static bool parse_kind_name(struct nft_chain *chain, const char *name, uint8_t kind)
{
	const char *rest = skip_word(name, kind_names[kind]), *number;
	size_t p;

	for (p = 0; rest && p < ARRAY_SIZE(protocols); p++) {
		number = skip_word(rest, protocol_names[p]);
		if (!number || !parse_n(number))
			continue;
		chain->kind = kind;
		chain->protocol = protocols[p];
		chain->n = parse_n(number);
		return true;
	}
	return false;
}

static bool parse_mark_name(struct nft_chain *chain, const char *name)
{
	char canonical[NFT_CHAIN_NAME_SIZE];
	unsigned long mark;

	if (strncmp(name, MARK_PREFIX, strlen(MARK_PREFIX)))
		return false;
	mark = strtoul(name + strlen(MARK_PREFIX), NULL, 16);
	if (!mark || mark > UINT32_MAX)
		return false;
	*chain = nft_mark_chain(chain->family, (uint32_t)mark);
	return !strcmp(nft_chain_name(chain, canonical), name);
}

void nft_chain_parse(struct nft_chain *chain, const char *name)
{
	uint8_t kind;

	chain->protocol = 0;
	chain->n = 0;
	if (!strcmp(name, "no-endpoints")) {
		chain->kind = NFT_CHAIN_NO_ENDPOINTS;
		return;
	}
	if (parse_mark_name(chain, name))
		return;
	for (kind = 0; kind < ARRAY_SIZE(kind_names); kind++)
		if (parse_kind_name(chain, name, kind))
			return;
	chain->kind = NFT_CHAIN_UNKNOWN;
}
