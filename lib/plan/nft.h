/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_NFT_H
#define PLAN_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The nftables layout of layers 2 and 3, a table of one name in each family:
 *
 *   set pod-networks      { ADDR interval }       sources that are pods
 *   set unmasqueraded     { ADDR interval }       sources that keep their address on
 *                                                 the way to a cluster IP
 *   set node-addresses    { ADDR interval }       where node ports are
 *   set service-networks  { ADDR interval }       where cluster IPs are from
 *   set cluster-ips       { ADDR }                those of services
 *   set hairpin           { ADDR . ADDR }         each local backend twice
 *   set source-ranged     { ADDR . PROTO . PORT } load balancers' that have ranges
 *   set source-ranges     { ADDR . PROTO . PORT . ADDR interval }   the sources for them
 *   map services          { ADDR . PROTO . PORT : verdict }
 *   map node-ports        { PROTO . PORT : verdict }
 *   map endpoints-PROTO            { ADDR . PORT . slot : ADDR . PORT }
 *   map node-port-endpoints-PROTO  { PORT . slot : ADDR . PORT }
 *   map local-endpoints-PROTO, node-port-local-endpoints-PROTO: the same, those
 *       backends on this node that have the traffic of a policy Local
 *
 * The verdict is "goto KIND-PROTO-N", N being how many backends there are: a
 * chain that picks a slot below N at random and translates to what the map
 * holds; or "goto KIND-local-PROTO-N-L", which takes N for what comes from pods and
 * from the node itself, and for the rest L, how many are in the local map. Chains are shared by all
 * services; a service is an element and an endpoint is an element. An empty chain
 * "masquerade-0x00004000" says which bit of the mark the rules use. One map for each protocol,
 * because nft 1.0.6 adds "meta l4proto tcp" to every rule that uses a map whose data are "tcp
 * dport".
 */
#define NFT_TABLE "k8snet"

enum nft_map {
	NFT_POD_NETWORKS,
	NFT_UNMASQUERADED,
	NFT_NODE_ADDRESSES,
	NFT_SERVICE_NETWORKS,
	NFT_CLUSTER_IPS,
	NFT_HAIRPIN,
	NFT_SOURCE_RANGED,
	NFT_SOURCE_RANGES,
	NFT_SERVICES,
	NFT_NODE_PORTS,
	NFT_ENDPOINTS,
	NFT_NODE_PORT_ENDPOINTS,
	NFT_LOCAL_ENDPOINTS,
	NFT_NODE_PORT_LOCAL_ENDPOINTS,
	NFT_N_MAPS,
};

/* Sets come first, then maps to verdicts, then those of slots, one for each protocol. */
static inline bool nft_map_is_set(uint8_t map)
{
	return map < NFT_SERVICES;
}

/* Of networks, which must not overlap. */
static inline bool nft_map_is_networks(uint8_t map)
{
	return map <= NFT_SERVICE_NETWORKS;
}

static inline bool nft_map_is_verdicts(uint8_t map)
{
	return map == NFT_SERVICES || map == NFT_NODE_PORTS;
}

static inline bool nft_map_is_slots(uint8_t map)
{
	return map >= NFT_ENDPOINTS;
}

static inline bool nft_map_is_local(uint8_t map)
{
	return map == NFT_LOCAL_ENDPOINTS || map == NFT_NODE_PORT_LOCAL_ENDPOINTS;
}

/* Whether keys begin with a port instead of an address. */
static inline bool nft_map_is_of_node_ports(uint8_t map)
{
	return map == NFT_NODE_PORTS || map == NFT_NODE_PORT_ENDPOINTS ||
	       map == NFT_NODE_PORT_LOCAL_ENDPOINTS;
}

/* The map with the slots of a frontend. */
static inline enum nft_map nft_slots_map(bool is_node_port, bool is_local)
{
	if (is_local)
		return is_node_port ? NFT_NODE_PORT_LOCAL_ENDPOINTS : NFT_LOCAL_ENDPOINTS;
	return is_node_port ? NFT_NODE_PORT_ENDPOINTS : NFT_ENDPOINTS;
}

enum nft_chain_kind {
	NFT_CHAIN_CLUSTER,	      /* "cluster-tcp-3": masquerade what is not from a pod */
	NFT_CHAIN_EXTERNAL,	      /* "external-tcp-3": masquerade all */
	NFT_CHAIN_NODE_PORT,	      /* "node-port-tcp-3": masquerade all, slots by port alone */
	NFT_CHAIN_EXTERNAL_LOCAL,     /* "external-local-tcp-3-1": n of all, l on this node */
	NFT_CHAIN_NODE_PORT_LOCAL,    /* "node-port-local-tcp-3-1": the same by port alone */
	NFT_CHAIN_NO_ENDPOINTS,	      /* "no-endpoints": refuse */
	NFT_CHAIN_NO_LOCAL_ENDPOINTS, /* "no-local-endpoints": drop, they are elsewhere */
	NFT_CHAIN_MARK,		      /* "masquerade-0x00004000": empty, n is the bit's number */
	NFT_CHAIN_UNKNOWN,	      /* observed only: none of ours */
};

struct nft_chain {
	uint8_t family; /* 4 or 6 */
	uint8_t kind;	/* enum nft_chain_kind */
	uint8_t protocol;
	uint16_t n; /* how many backends, 1 to 65535 */
	uint16_t l; /* of the local kinds: how many on this node */
};

bool nft_chain_is_same(const struct nft_chain *a, const struct nft_chain *b);
/* One that is there for all, with the table. */
static inline bool nft_chain_is_fixed(uint8_t kind)
{
	return kind == NFT_CHAIN_NO_ENDPOINTS || kind == NFT_CHAIN_NO_LOCAL_ENDPOINTS;
}
/* How many rules it has. */
unsigned int nft_chain_count_rules(const struct nft_chain *chain);

/* The chain that tells of the mark, which has exactly one bit. */
struct nft_chain nft_mark_chain(uint8_t family, uint32_t masquerade_mark);

/* An element of one of the sets or maps. Addresses are in network byte order,
 * of the family's length; ports and slots are numbers. What a map does not have
 * is zero. */
struct nft_element {
	uint8_t family; /* 4 or 6 */
	uint8_t map;	/* enum nft_map */
	uint8_t protocol;
	uint8_t prefix_length; /* of networks, and of the source in NFT_SOURCE_RANGES */
	uint16_t port;
	uint16_t slot;
	uint8_t address[16]; /* NFT_HAIRPIN: twice the same */
	/* data */
	uint8_t to_kind; /* enum nft_chain_kind, of verdicts */
	uint8_t unused;
	uint16_t to_n, to_l;
	uint16_t to_port;	/* of slots */
	uint8_t to_address[16]; /* of slots; NFT_SOURCE_RANGES: the source, part of the key */
};

struct strbuf;

/* "ip" or "ip6". */
const char *nft_family_name(uint8_t family);
/* "tcp", "udp" or "sctp". */
const char *nft_protocol_name(uint8_t protocol);
/* The name of a set or map, "endpoints-tcp". Static. */
const char *nft_map_name(enum nft_map map, uint8_t protocol);
/* The other way round; false if it is none of ours. */
bool nft_map_parse(const char *name, enum nft_map *map, uint8_t *protocol);

#define NFT_CHAIN_NAME_SIZE 40
char *nft_chain_name(const struct nft_chain *chain, char *buffer);
/* Fills kind, protocol and n; kind NFT_CHAIN_UNKNOWN if it is none of ours. */
void nft_chain_parse(struct nft_chain *chain, const char *name);

/* The chains that come with the table, and how many rules each has: a table in
 * which they differ is not whole and is mended by running the text again. */
struct nft_skeleton_chain {
	const char *name;
	unsigned int n_rules;
};
extern const struct nft_skeleton_chain nft_skeleton_chains[];
extern const size_t nft_n_skeleton_chains;

/* Text for nft -f, lines that end in a newline, each a single transaction when
 * run as a whole. Idempotent: what is there already stays, elements too. */
void nft_print_table_add(struct strbuf *b, uint8_t family, uint32_t masquerade_mark);
void nft_print_table_delete(struct strbuf *b, uint8_t family);
void nft_print_chain_add(struct strbuf *b, const struct nft_chain *chain, uint32_t masquerade_mark);
void nft_print_chain_delete(struct strbuf *b, const struct nft_chain *chain);
/* "add element ip k8snet services { 10.96.0.1 . tcp . 80 : goto cluster-tcp-2 }". */
void nft_print_element(struct strbuf *b, const struct nft_element *element, bool is_delete);

#endif
