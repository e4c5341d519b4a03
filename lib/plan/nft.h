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
 *   set node-addresses    { ADDR }                where node ports are
 *   set hairpin           { ADDR . ADDR }         each local backend twice
 *   map services          { ADDR . PROTO . PORT : verdict }
 *   map node-ports        { PROTO . PORT : verdict }
 *   map endpoints-PROTO            { ADDR . PORT . slot : ADDR . PORT }
 *   map node-port-endpoints-PROTO  { PORT . slot : ADDR . PORT }
 *
 * The verdict is "goto KIND-PROTO-N", N being how many backends there are: a
 * chain that picks a slot below N at random and translates to what the map
 * holds. Chains are shared by all services; a service is an element and an
 * endpoint is an element. An empty chain "masquerade-0x00004000" says which bit of
 * the mark the rules use. One map for each protocol, because nft 1.0.6 adds
 * "meta l4proto tcp" to every rule that uses a map whose data are "tcp dport".
 */
#define NFT_TABLE "k8snet"

enum nft_map {
	NFT_POD_NETWORKS,
	NFT_NODE_ADDRESSES,
	NFT_HAIRPIN,
	NFT_SERVICES,
	NFT_NODE_PORTS,
	NFT_ENDPOINTS,
	NFT_NODE_PORT_ENDPOINTS,
	NFT_N_MAPS,
};

enum nft_chain_kind {
	NFT_CHAIN_CLUSTER,	/* "cluster-tcp-3": masquerade what is not from a pod */
	NFT_CHAIN_EXTERNAL,	/* "external-tcp-3": masquerade all */
	NFT_CHAIN_NODE_PORT,	/* "node-port-tcp-3": masquerade all, slots by port alone */
	NFT_CHAIN_NO_ENDPOINTS, /* "no-endpoints": refuse */
	NFT_CHAIN_MARK,		/* "masquerade-0x00004000": empty, n is the bit's number */
	NFT_CHAIN_UNKNOWN,	/* observed only: none of ours */
};

struct nft_chain {
	uint8_t family; /* 4 or 6 */
	uint8_t kind;	/* enum nft_chain_kind */
	uint8_t protocol;
	uint16_t n; /* how many backends, 1 to 65535 */
};

/* The chain that tells of the mark, which has exactly one bit. */
struct nft_chain nft_mark_chain(uint8_t family, uint32_t masquerade_mark);

/* An element of one of the sets or maps. Addresses are in network byte order,
 * of the family's length; ports and slots are numbers. What a map does not have
 * is zero. */
struct nft_element {
	uint8_t family; /* 4 or 6 */
	uint8_t map;	/* enum nft_map */
	uint8_t protocol;
	uint8_t prefix_length; /* NFT_POD_NETWORKS */
	uint16_t port;
	uint16_t slot;
	uint8_t address[16]; /* NFT_HAIRPIN: twice the same */
	/* data */
	uint8_t to_kind; /* enum nft_chain_kind: NFT_SERVICES, NFT_NODE_PORTS */
	uint8_t unused;
	uint16_t to_n;
	uint16_t to_port; /* NFT_ENDPOINTS, NFT_NODE_PORT_ENDPOINTS */
	uint8_t to_address[16];
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

#define NFT_CHAIN_NAME_SIZE 32
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
/* How many rules a KIND-PROTO-N chain has. */
#define NFT_CHAIN_RULES 2

/* Text for nft -f, lines that end in a newline, each a single transaction when
 * run as a whole. Idempotent: what is there already stays, elements too. */
void nft_print_table_add(struct strbuf *b, uint8_t family, uint32_t masquerade_mark);
void nft_print_table_delete(struct strbuf *b, uint8_t family);
void nft_print_chain_add(struct strbuf *b, const struct nft_chain *chain, uint32_t masquerade_mark);
void nft_print_chain_delete(struct strbuf *b, const struct nft_chain *chain);
/* "add element ip k8snet services { 10.96.0.1 . tcp . 80 : goto cluster-tcp-2 }". */
void nft_print_element(struct strbuf *b, const struct nft_element *element, bool is_delete);

#endif
