/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The sets and maps: what one is, is said here and nowhere else. */
#include "plan/nft/nft.h"

#include <string.h>

#include <k8snet/service.h>

#include "base/cleanup.h"

#define EACH(name)                                     \
	{                                              \
		name "-tcp", name "-udp", name "-sctp" \
	}

/* In the order in which they are declared; those for each protocol come last. */
const struct nft_map_row nft_maps[NFT_N_MAPS] = {
	[NFT_POD_NETWORKS] = {{"pod-networks"},
			      {NFT_FIELD_ADDRESS},
			      {NFT_FIELD_END},
			      NFT_MAP_INTERVALS},
	[NFT_UNMASQUERADED] = {{"unmasqueraded"},
			       {NFT_FIELD_ADDRESS},
			       {NFT_FIELD_END},
			       NFT_MAP_INTERVALS},
	[NFT_NODE_ADDRESSES] = {{"node-addresses"},
				{NFT_FIELD_ADDRESS},
				{NFT_FIELD_END},
				NFT_MAP_INTERVALS},
	[NFT_SERVICE_NETWORKS] = {{"service-networks"},
				  {NFT_FIELD_ADDRESS},
				  {NFT_FIELD_END},
				  NFT_MAP_INTERVALS},
	[NFT_POD_INTERFACES] = {{"pod-interfaces"},
				{NFT_FIELD_LINK},
				{NFT_FIELD_END},
				NFT_MAP_INTERVALS},
	[NFT_UNMASQUERADED_INTERFACES] = {{"unmasqueraded-interfaces"},
					  {NFT_FIELD_LINK},
					  {NFT_FIELD_END},
					  NFT_MAP_INTERVALS},
	[NFT_CLUSTER_IPS] = {{"cluster-ips"}, {NFT_FIELD_ADDRESS}, {NFT_FIELD_END}, 0},
	[NFT_HAIRPIN] = {{"hairpin"},
			 {NFT_FIELD_ADDRESS, NFT_FIELD_SAME_ADDRESS},
			 {NFT_FIELD_END},
			 0},
	[NFT_SOURCE_RANGED] = {{"source-ranged"},
			       {NFT_FIELD_ADDRESS, NFT_FIELD_PROTOCOL, NFT_FIELD_PORT},
			       {NFT_FIELD_END},
			       0},
	[NFT_SOURCE_RANGES] = {{"source-ranges"},
			       {NFT_FIELD_ADDRESS, NFT_FIELD_PROTOCOL, NFT_FIELD_PORT,
				NFT_FIELD_SOURCE},
			       {NFT_FIELD_END},
			       NFT_MAP_RANGES},
	[NFT_RESETS] = {{"resets"},
			{NFT_FIELD_ADDRESS, NFT_FIELD_PORT, NFT_FIELD_TO_ADDRESS,
			 NFT_FIELD_TO_PORT},
			{NFT_FIELD_END},
			NFT_MAP_DYNAMIC},
	[NFT_SERVICES] = {{"services"},
			  {NFT_FIELD_ADDRESS, NFT_FIELD_PROTOCOL, NFT_FIELD_PORT},
			  {NFT_FIELD_LEAD},
			  NFT_MAP_COUNTED},
	[NFT_NODE_PORTS] = {{"node-ports"},
			    {NFT_FIELD_PROTOCOL, NFT_FIELD_PORT},
			    {NFT_FIELD_LEAD},
			    NFT_MAP_COUNTED | NFT_MAP_NODE_PORTS},
	[NFT_SERVICE_CHAINS] = {{"service-chains"},
				{NFT_FIELD_ADDRESS, NFT_FIELD_PROTOCOL, NFT_FIELD_PORT},
				{NFT_FIELD_VERDICT},
				NFT_MAP_COUNTED},
	[NFT_NODE_PORT_CHAINS] = {{"node-port-chains"},
				  {NFT_FIELD_PROTOCOL, NFT_FIELD_PORT},
				  {NFT_FIELD_VERDICT},
				  NFT_MAP_COUNTED | NFT_MAP_NODE_PORTS},
	[NFT_BALANCERS] = {{"balancers"},
			   {NFT_FIELD_BALANCER, NFT_FIELD_PROTOCOL},
			   {NFT_FIELD_VERDICT},
			   0},
	[NFT_AFFINITY_SERVICES] = {{"affinity-services"},
				   {NFT_FIELD_ADDRESS, NFT_FIELD_PROTOCOL, NFT_FIELD_PORT},
				   {NFT_FIELD_NUMBER},
				   0},
	[NFT_AFFINITY_NODE_PORTS] = {{"affinity-node-ports"},
				     {NFT_FIELD_PROTOCOL, NFT_FIELD_PORT},
				     {NFT_FIELD_NUMBER},
				     NFT_MAP_NODE_PORTS},
	[NFT_AFFINITY_SLOTS] = {{"affinity-slots"},
				{NFT_FIELD_SERVICE, NFT_FIELD_SLOT},
				{NFT_FIELD_NUMBER},
				0},
	[NFT_AFFINITY] = {{"affinity"},
			  {NFT_FIELD_SERVICE, NFT_FIELD_CLIENT},
			  {NFT_FIELD_NUMBER},
			  NFT_MAP_DYNAMIC},
	[NFT_AFFINITY_ENDPOINTS] = {EACH("affinity-endpoints"),
				    {NFT_FIELD_NUMBER},
				    {NFT_FIELD_TO_ADDRESS, NFT_FIELD_TO_PORT},
				    NFT_MAP_PROTOCOLS | NFT_MAP_COUNTED},
	[NFT_ENDPOINTS] = {EACH("endpoints"),
			   {NFT_FIELD_ADDRESS, NFT_FIELD_PORT, NFT_FIELD_SLOT},
			   {NFT_FIELD_TO_ADDRESS, NFT_FIELD_TO_PORT},
			   NFT_MAP_PROTOCOLS | NFT_MAP_COUNTED},
	[NFT_NODE_PORT_ENDPOINTS] = {EACH("node-port-endpoints"),
				     {NFT_FIELD_PORT, NFT_FIELD_SLOT},
				     {NFT_FIELD_TO_ADDRESS, NFT_FIELD_TO_PORT},
				     NFT_MAP_PROTOCOLS | NFT_MAP_COUNTED | NFT_MAP_NODE_PORTS},
	[NFT_LOCAL_ENDPOINTS] = {EACH("local-endpoints"),
				 {NFT_FIELD_ADDRESS, NFT_FIELD_PORT, NFT_FIELD_SLOT},
				 {NFT_FIELD_TO_ADDRESS, NFT_FIELD_TO_PORT},
				 NFT_MAP_PROTOCOLS | NFT_MAP_COUNTED | NFT_MAP_LOCAL},
	[NFT_NODE_PORT_LOCAL_ENDPOINTS] = {EACH("node-port-local-endpoints"),
					   {NFT_FIELD_PORT, NFT_FIELD_SLOT},
					   {NFT_FIELD_TO_ADDRESS, NFT_FIELD_TO_PORT},
					   NFT_MAP_PROTOCOLS | NFT_MAP_COUNTED |
						   NFT_MAP_NODE_PORTS | NFT_MAP_LOCAL},
};

static const uint8_t protocols[] = {K8SNET_PROTOCOL_TCP, K8SNET_PROTOCOL_UDP, K8SNET_PROTOCOL_SCTP};
static const char *const protocol_names[] = {"tcp", "udp", "sctp"};

size_t nft_protocol_index(uint8_t protocol)
{
	return protocol == K8SNET_PROTOCOL_SCTP ? 2 : protocol == K8SNET_PROTOCOL_UDP ? 1 : 0;
}

const char *nft_family_name(uint8_t family)
{
	return family == 6 ? "ip6" : "ip";
}

const char *nft_protocol_name(uint8_t protocol)
{
	return protocol_names[nft_protocol_index(protocol)];
}

/* --- names ------------------------------------------------------------------- */

unsigned int nft_map_count(uint8_t map)
{
	return nft_map_is_backends(map) ? ARRAY_SIZE(protocols) : 1;
}

const char *nft_map_name(enum nft_map map, uint8_t protocol)
{
	return nft_maps[map].names[nft_map_is_backends(map) ? nft_protocol_index(protocol) : 0];
}

bool nft_map_parse(const char *name, enum nft_map *map, uint8_t *protocol)
{
	unsigned int m, p;

	for (m = 0; m < NFT_N_MAPS; m++) {
		for (p = 0; p < nft_map_count(m); p++) {
			if (strcmp(name, nft_maps[m].names[p]) != 0)
				continue;
			*map = m;
			*protocol = nft_map_is_backends(m) ? protocols[p] : 0;
			return true;
		}
	}
	return false;
}

/* --- sizes ------------------------------------------------------------------- */

size_t nft_address_size(uint8_t family)
{
	return family == 6 ? 16 : 4;
}

static size_t field_size(enum nft_field field, uint8_t family)
{
	switch (field) {
	case NFT_FIELD_ADDRESS:
	case NFT_FIELD_SAME_ADDRESS:
	case NFT_FIELD_TO_ADDRESS:
	case NFT_FIELD_SOURCE:
		return nft_address_size(family);
	case NFT_FIELD_LINK:
		return 16;
	case NFT_FIELD_CLIENT:
		return family == 6 ? 8 : 4;
	case NFT_FIELD_VERDICT:
	case NFT_FIELD_END:
		return 0;
	default:
		return 4;
	}
}

static size_t fields_size(const uint8_t *fields, uint8_t family)
{
	size_t size = 0, i;

	for (i = 0; i < NFT_MAP_FIELDS; i++)
		size += field_size(fields[i], family);
	return size;
}

size_t nft_key_size(enum nft_map map, uint8_t family)
{
	return fields_size(nft_maps[map].key, family);
}

size_t nft_data_size(enum nft_map map, uint8_t family)
{
	return fields_size(nft_maps[map].data, family);
}

/* --- declarations ------------------------------------------------------------ */

/* What has no type of its own is declared as what it is compared with. */
static bool is_typeof(const struct nft_map_row *row)
{
	const uint32_t numbers = 1u << NFT_FIELD_SLOT | 1u << NFT_FIELD_BALANCER |
				 1u << NFT_FIELD_NUMBER | 1u << NFT_FIELD_SERVICE |
				 1u << NFT_FIELD_LEAD;
	uint32_t fields = 0;
	size_t i;

	for (i = 0; i < NFT_MAP_FIELDS; i++)
		fields |= 1u << row->key[i] | 1u << row->data[i];
	return (fields & numbers) != 0;
}

static struct nft_term declare_field(enum nft_field field, const struct nft_map_variant *variant)
{
	const struct nft_term slot = NFT_TERM(RANDOM, .modulus = 65536);

	switch (field) {
	case NFT_FIELD_LINK:
		return (struct nft_term)NFT_TERM(IIFNAME);
	case NFT_FIELD_PROTOCOL:
		return (struct nft_term)NFT_TERM(PROTOCOL);
	case NFT_FIELD_PORT:
	case NFT_FIELD_TO_PORT:
		return (struct nft_term)NFT_TERM(DPORT, .protocol = variant->protocol);
	case NFT_FIELD_SLOT:
		return slot;
	case NFT_FIELD_CLIENT:
		return variant->family == 6 ? slot : (struct nft_term)NFT_TERM(SADDR);
	case NFT_FIELD_BALANCER:
	case NFT_FIELD_NUMBER:
	case NFT_FIELD_SERVICE:
	case NFT_FIELD_LEAD:
		return (struct nft_term)NFT_TERM(PRIORITY);
	default:
		return (struct nft_term)NFT_TERM(DADDR);
	}
}

/* A client of IPv6 is two terms. How many there are. */
static uint8_t declare_fields(struct nft_term *terms, const uint8_t *fields,
			      const struct nft_map_variant *variant)
{
	uint8_t n = 0;
	size_t i;

	for (i = 0; i < NFT_MAP_FIELDS && fields[i]; i++) {
		if (fields[i] == NFT_FIELD_VERDICT)
			continue;
		terms[n++] = declare_field(fields[i], variant);
		if (fields[i] == NFT_FIELD_CLIENT && variant->family == 6)
			terms[n++] = declare_field(fields[i], variant);
	}
	return n;
}

struct nft_set nft_map_declare(enum nft_map map, const struct nft_map_variant *variant)
{
	const struct nft_map_row *row = &nft_maps[map];
	struct nft_set set = {
		.name = nft_map_name(map, variant->protocol),
		.family = variant->family,
		.is_typeof = is_typeof(row),
		.has_verdicts = nft_map_is_verdicts(map),
		.is_interval = (row->flags & (NFT_MAP_INTERVALS | NFT_MAP_RANGES)) != 0,
		.is_dynamic = nft_map_is_dynamic(map),
		.has_counters = variant->has_counters && nft_map_has_flag(map, NFT_MAP_COUNTED),
		.size = nft_map_is_dynamic(map) ? NFT_DYNAMIC_SIZE : 0,
	};

	set.n_key = declare_fields(set.key, row->key, variant);
	set.n_data = declare_fields(set.data, row->data, variant);
	return set;
}
