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
	[NFT_UNMASQUERADED] = {"unmasqueraded"},
	[NFT_NODE_ADDRESSES] = {"node-addresses"},
	[NFT_SERVICE_NETWORKS] = {"service-networks"},
	[NFT_CLUSTER_IPS] = {"cluster-ips"},
	[NFT_HAIRPIN] = {"hairpin"},
	[NFT_SOURCE_RANGED] = {"source-ranged"},
	[NFT_SOURCE_RANGES] = {"source-ranges"},
	[NFT_SERVICES] = {"services"},
	[NFT_NODE_PORTS] = {"node-ports"},
	[NFT_ENDPOINTS] = {"endpoints-tcp", "endpoints-udp", "endpoints-sctp"},
	[NFT_NODE_PORT_ENDPOINTS] = {"node-port-endpoints-tcp", "node-port-endpoints-udp",
				     "node-port-endpoints-sctp"},
	[NFT_LOCAL_ENDPOINTS] = {"local-endpoints-tcp", "local-endpoints-udp",
				 "local-endpoints-sctp"},
	[NFT_NODE_PORT_LOCAL_ENDPOINTS] = {"node-port-local-endpoints-tcp",
					   "node-port-local-endpoints-udp",
					   "node-port-local-endpoints-sctp"},
};
static const char *const kind_names[] = {"cluster", "external", "node-port", "external-local",
					 "node-port-local"};

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
	return map_names[map][nft_map_is_slots(map) ? protocol_index(protocol) : 0];
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

bool nft_chain_is_same(const struct nft_chain *a, const struct nft_chain *b)
{
	return a->family == b->family && a->kind == b->kind && a->protocol == b->protocol &&
	       a->n == b->n && a->l == b->l;
}

static bool is_local_kind(uint8_t kind)
{
	return kind == NFT_CHAIN_EXTERNAL_LOCAL || kind == NFT_CHAIN_NODE_PORT_LOCAL;
}

unsigned int nft_chain_count_rules(const struct nft_chain *chain)
{
	if (chain->kind == NFT_CHAIN_MARK)
		return 0;
	return is_local_kind(chain->kind) ? 3 : 2;
}

char *nft_chain_name(const struct nft_chain *chain, char *buffer)
{
	if (chain->kind == NFT_CHAIN_NO_ENDPOINTS)
		snprintf(buffer, NFT_CHAIN_NAME_SIZE, "no-endpoints");
	else if (chain->kind == NFT_CHAIN_NO_LOCAL_ENDPOINTS)
		snprintf(buffer, NFT_CHAIN_NAME_SIZE, "no-local-endpoints");
	else if (chain->kind == NFT_CHAIN_MARK)
		snprintf(buffer, NFT_CHAIN_NAME_SIZE, MARK_PREFIX "%08x", 1u << chain->n);
	else if (is_local_kind(chain->kind))
		snprintf(buffer, NFT_CHAIN_NAME_SIZE, "%s-%s-%u-%u", kind_names[chain->kind],
			 nft_protocol_name(chain->protocol), chain->n, chain->l);
	else
		snprintf(buffer, NFT_CHAIN_NAME_SIZE, "%s-%s-%u", kind_names[chain->kind],
			 nft_protocol_name(chain->protocol), chain->n);
	return buffer;
}

/* At most 65535, without leading zeros; *text is behind it then. */
static bool parse_number(const char **text, uint16_t *number)
{
	const char *start = *text;
	unsigned long n = 0;

	for (; **text >= '0' && **text <= '9' && n <= UINT16_MAX; (*text)++)
		n = n * 10 + (unsigned long)(**text - '0');
	*number = (uint16_t)n;
	return *text > start && n <= UINT16_MAX && (*start != '0' || *text == start + 1);
}

/* "3", or of a local kind "3-1", to the end. */
static bool parse_counts(struct nft_chain *chain, const char *text, uint8_t kind)
{
	uint16_t n, l = 0;

	if (!parse_number(&text, &n) || !n)
		return false;
	if (is_local_kind(kind) && (*text++ != '-' || !parse_number(&text, &l)))
		return false;
	if (*text)
		return false;
	chain->n = n;
	chain->l = l;
	return true;
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
		if (!number || !parse_counts(chain, number, kind))
			continue;
		chain->kind = kind;
		chain->protocol = protocols[p];
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
	char fixed[NFT_CHAIN_NAME_SIZE];
	uint8_t kind;

	chain->protocol = 0;
	chain->n = chain->l = 0;
	for (kind = NFT_CHAIN_NO_ENDPOINTS; nft_chain_is_fixed(kind); kind++) {
		chain->kind = kind;
		if (!strcmp(name, nft_chain_name(chain, fixed)))
			return;
	}
	if (parse_mark_name(chain, name))
		return;
	for (kind = 0; kind < ARRAY_SIZE(kind_names); kind++)
		if (parse_kind_name(chain, name, kind))
			return;
	chain->kind = NFT_CHAIN_UNKNOWN;
}
