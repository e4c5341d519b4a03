/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_NFT_H
#define PLAN_NFT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "nftables/chain.h"
#include "nftables/rule.h"
#include "nftables/set.h"

/*
 * The nftables layout of layers 2 and 3, a table of one name in each family:
 *
 *   set pod-networks      { ADDR interval }       sources that are pods
 *   set unmasqueraded     { ADDR interval }       sources that keep their address on
 *                                                 the way to a cluster IP
 *   set node-addresses    { ADDR interval }       where node ports are
 *   set service-networks  { ADDR interval }       where cluster IPs are from
 *   set pod-interfaces, unmasqueraded-interfaces { LINK interval }: the same two by the link
 *       that a packet comes over, "veth*", instead
 *   set cluster-ips       { ADDR }                those of services
 *   set hairpin           { ADDR . ADDR }         each local backend twice
 *   set source-ranged     { ADDR . PROTO . PORT } load balancers' that have ranges
 *   set source-ranges     { ADDR . PROTO . PORT . ADDR interval }   the sources for them
 *   set resets            { ADDR . PORT . ADDR . PORT } connections that are reset
 *   map services          { ADDR . PROTO . PORT : balancer }
 *   map node-ports        { PROTO . PORT : balancer }
 *   map balancers         { balancer . PROTO : verdict }
 *   map service-chains    { ADDR . PROTO . PORT : verdict }
 *   map node-port-chains  { PROTO . PORT : verdict }
 *   map endpoints-PROTO            { ADDR . PORT . slot : ADDR . PORT }
 *   map node-port-endpoints-PROTO  { PORT . slot : ADDR . PORT }
 *   map local-endpoints-PROTO, node-port-local-endpoints-PROTO: the same, those
 *       backends on this node that have the traffic of a policy Local
 *
 * A balancer is a chain "KIND-PROTO-N", N being how many slots there are, which picks a slot
 * below N and translates to what the map holds. A frontend has its number, "8001:3", a
 * packet's priority: the kernel looks at all verdicts of a table when one is added, and so the
 * verdicts to these chains, which all services share, are in `balancers`, once for each chain.
 * A service is an element and an endpoint is an element. A backend has one slot, or as many as
 * its weight or a Maglev table gives it.
 *
 * What a number cannot tell is in service-chains and node-port-chains: "goto
 * KIND-local-PROTO-N-L", which takes N for what comes from pods and from the node itself, and
 * for the rest L, how many are in the local map; chains of one frontend, and of affinity.
 *
 * How a slot is picked is in the chain's name, too: at random; "-source-hash", by the client's
 * address; "-round-robin-ADDR-PORT", one after the other. The last one counts in its rule, and
 * is a frontend's own chain for that.
 *
 * "-affinity-SECONDS": a client keeps its backend. A service port then has a number S, the same
 * for all its addresses and node ports, and its endpoints have numbers E; the packet's priority
 * has room for both, "S:E", and carries them from rule to rule:
 *
 *   map affinity-services           { ADDR . PROTO . PORT : S:0 }
 *   map affinity-node-ports         { PROTO . PORT : S:0 }
 *   map affinity-slots              { S:0 . slot : S:E }      in place of the slots above
 *   map affinity-endpoints-PROTO    { S:E : ADDR . PORT }
 *   map affinity                    { S:0 . client : S:E }    learnt by packets, with a timeout
 *
 * S has the bit 0x8000 where only backends on this node are meant. A client of IPv6 is there as
 * two hashes of its address: nft 1.0.6 overwrites the end of keys of more than 16 bytes.
 *
 * "reset-prerouting" and "reset-output" are there when connections to endpoints that are gone
 * are to be reset: they refuse the packets of both directions of those in `resets`, where they
 * are as the client sent them, until the element times out.
 *
 * With counters, elements of `services`, `node-ports` and the maps to backends count the packets
 * that they are found by: new connections.
 *
 * An empty chain "masquerade-0x00004000" says which bit of the mark the rules use. One map for
 * each protocol, because nft 1.0.6 adds "meta l4proto tcp" to every rule that uses a map whose
 * data are "tcp dport".
 */
#define NFT_TABLE	  "k8snet"
#define NFT_TABLE_COMMENT "libk8snet"

enum nft_map {
	NFT_POD_NETWORKS,
	NFT_UNMASQUERADED,
	NFT_NODE_ADDRESSES,
	NFT_SERVICE_NETWORKS,
	NFT_POD_INTERFACES,
	NFT_UNMASQUERADED_INTERFACES,
	NFT_CLUSTER_IPS,
	NFT_HAIRPIN,
	NFT_SOURCE_RANGED,
	NFT_SOURCE_RANGES,
	NFT_RESETS,
	NFT_SERVICES,
	NFT_NODE_PORTS,
	NFT_SERVICE_CHAINS,
	NFT_NODE_PORT_CHAINS,
	NFT_BALANCERS,
	NFT_AFFINITY_SERVICES,
	NFT_AFFINITY_NODE_PORTS,
	NFT_AFFINITY_SLOTS,
	NFT_AFFINITY,
	NFT_AFFINITY_ENDPOINTS,
	NFT_ENDPOINTS,
	NFT_NODE_PORT_ENDPOINTS,
	NFT_LOCAL_ENDPOINTS,
	NFT_NODE_PORT_LOCAL_ENDPOINTS,
	NFT_N_MAPS,
};

/* What keys and data consist of. */
enum nft_field {
	NFT_FIELD_END,
	NFT_FIELD_ADDRESS,	/* address; of maps of intervals with prefix_length */
	NFT_FIELD_SAME_ADDRESS, /* address once more */
	NFT_FIELD_TO_ADDRESS,	/* to_address */
	NFT_FIELD_SOURCE,	/* to_address, of prefix_length: a range */
	NFT_FIELD_LINK,		/* address: the name of a link */
	NFT_FIELD_PROTOCOL,
	NFT_FIELD_PORT,
	NFT_FIELD_TO_PORT,
	NFT_FIELD_SLOT,
	NFT_FIELD_BALANCER, /* number */
	NFT_FIELD_NUMBER,   /* number, "S:E" */
	NFT_FIELD_SERVICE,  /* of number the service port alone, "S:0" */
	NFT_FIELD_CLIENT,   /* not in elements that we make */
	NFT_FIELD_LEAD,	    /* the number of the verdict to_... */
	NFT_FIELD_VERDICT,  /* to_... */
};

#define NFT_MAP_FIELDS 4

/* How many elements packets may add. */
#define NFT_DYNAMIC_SIZE 1048576u

/* Flags of maps. */
#define NFT_MAP_INTERVALS  0x01 /* of networks, or names with what they begin with: no overlaps */
#define NFT_MAP_RANGES	   0x02 /* the last field of its keys is an interval */
#define NFT_MAP_DYNAMIC	   0x04 /* elements are not wanted: packets learn them, or they time out */
#define NFT_MAP_PROTOCOLS  0x08 /* one for each protocol; its data are backends */
#define NFT_MAP_COUNTED	   0x10 /* elements count, if the table is made with counters */
#define NFT_MAP_NODE_PORTS 0x20 /* of node ports: without an address */
#define NFT_MAP_LOCAL	   0x40 /* backends on this node only */

/* All that is to be known of a set or map: a new one is a row. */
struct nft_map_row {
	const char *names[3];				   /* one, or one for each protocol */
	uint8_t key[NFT_MAP_FIELDS], data[NFT_MAP_FIELDS]; /* enum nft_field; no data: a set */
	uint8_t flags;
};
extern const struct nft_map_row nft_maps[NFT_N_MAPS];

static inline bool nft_map_has_flag(uint8_t map, uint8_t flag)
{
	return (nft_maps[map].flags & flag) != 0;
}

static inline bool nft_map_is_set(uint8_t map)
{
	return nft_maps[map].data[0] == NFT_FIELD_END;
}

static inline bool nft_map_is_intervals(uint8_t map)
{
	return nft_map_has_flag(map, NFT_MAP_INTERVALS);
}

/* Whose keys are names of links: in `address`, `prefix_length` 128 or that of how they begin. */
static inline bool nft_map_is_interfaces(uint8_t map)
{
	return nft_maps[map].key[0] == NFT_FIELD_LINK;
}

static inline bool nft_map_is_dynamic(uint8_t map)
{
	return nft_map_has_flag(map, NFT_MAP_DYNAMIC);
}

/* Where a frontend leads, by a balancer's number or by a verdict. */
static inline bool nft_map_is_balancers(uint8_t map)
{
	return nft_maps[map].data[0] == NFT_FIELD_LEAD;
}

static inline bool nft_map_is_verdicts(uint8_t map)
{
	return nft_maps[map].data[0] == NFT_FIELD_VERDICT;
}

static inline bool nft_map_is_chains(uint8_t map)
{
	return nft_map_is_verdicts(map) && map != NFT_BALANCERS;
}

/* Where frontends lead, by number or by verdict. */
static inline bool nft_map_is_leads(uint8_t map)
{
	return nft_map_is_balancers(map) || nft_map_is_chains(map);
}

/* Whose data are numbers "S:E". */
static inline bool nft_map_is_numbers(uint8_t map)
{
	return nft_maps[map].data[0] == NFT_FIELD_NUMBER;
}

static inline bool nft_map_is_backends(uint8_t map)
{
	return nft_map_has_flag(map, NFT_MAP_PROTOCOLS);
}

static inline bool nft_map_is_slots(uint8_t map)
{
	return nft_map_is_backends(map) && map != NFT_AFFINITY_ENDPOINTS;
}

static inline bool nft_map_is_local(uint8_t map)
{
	return nft_map_has_flag(map, NFT_MAP_LOCAL);
}

static inline bool nft_map_is_of_node_ports(uint8_t map)
{
	return nft_map_has_flag(map, NFT_MAP_NODE_PORTS);
}

/* The map in which a frontend's verdict is. */
static inline enum nft_map nft_lead_map(bool is_node_port, bool is_chain)
{
	if (is_chain)
		return is_node_port ? NFT_NODE_PORT_CHAINS : NFT_SERVICE_CHAINS;
	return is_node_port ? NFT_NODE_PORTS : NFT_SERVICES;
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
	NFT_CHAIN_RESET,	      /* "reset-prerouting": n is of enum nft_reset_hook */
	NFT_CHAIN_UNKNOWN,	      /* observed only: none of ours */
};

/* Where packets of connections that are reset are looked for. */
enum nft_reset_hook {
	NFT_RESET_PREROUTING,
	NFT_RESET_OUTPUT,
	NFT_N_RESET_HOOKS,
};

/* How long a connection's packets are answered with resets. */
#define NFT_RESET_SECONDS  60u
#define NFT_RESET_PRIORITY (-150)

/* How a chain picks one of its slots. */
enum nft_pick {
	NFT_PICK_RANDOM,
	NFT_PICK_SOURCE_HASH,
	NFT_PICK_ROUND_ROBIN,
};

struct nft_chain {
	uint8_t family; /* 4 or 6 */
	uint8_t kind;	/* enum nft_chain_kind */
	uint8_t protocol;
	uint16_t n; /* how many slots, 1 to 65535 */
	uint16_t l; /* of the local kinds: how many of backends on this node */
	uint8_t pick;
	uint32_t affinity; /* seconds; 0: none */
	/* of round robin: whose it is; the address zero for a node port */
	uint16_t port;
	uint8_t address[16];
};

/* Where a frontend leads: of a chain what is not the frontend's. */
struct nft_verdict {
	uint8_t kind, pick;
	uint16_t n, l;
	uint32_t affinity;
};

/* Numbers of service ports with session affinity, and what is added for the backends on
 * this node alone. */
#define NFT_AFFINITY_FIRST 0x4000u
#define NFT_AFFINITY_COUNT 0x4000u
#define NFT_AFFINITY_LOCAL 0x8000u

/* Of jhash; fixed, so that all nodes agree. */
#define NFT_SOURCE_HASH_SEED	0x6b38736e
#define NFT_CLIENT_HASH_SEED_1	0x6b387331
#define NFT_CLIENT_HASH_SEED_2	0x6b387332
#define NFT_CLIENT_HASH_MODULUS 4294967295u

bool nft_chain_is_same(const struct nft_chain *a, const struct nft_chain *b);
/* One that is there for all, with the table. */
static inline bool nft_chain_is_fixed(uint8_t kind)
{
	return kind == NFT_CHAIN_NO_ENDPOINTS || kind == NFT_CHAIN_NO_LOCAL_ENDPOINTS;
}
/* A frontend's own, which goes with it. */
static inline bool nft_chain_is_own(const struct nft_chain *chain)
{
	return chain->pick == NFT_PICK_ROUND_ROBIN;
}
/* Of the external and node port kinds with a policy Local. */
static inline bool nft_chain_is_local(uint8_t kind)
{
	return kind == NFT_CHAIN_EXTERNAL_LOCAL || kind == NFT_CHAIN_NODE_PORT_LOCAL;
}
static inline bool nft_chain_is_of_node_ports(uint8_t kind)
{
	return kind == NFT_CHAIN_NODE_PORT || kind == NFT_CHAIN_NODE_PORT_LOCAL;
}
bool nft_verdict_is_same(const struct nft_verdict *a, const struct nft_verdict *b);
/* The number of a balancer; 0: it has none, and its verdicts are the frontends'. */
uint32_t nft_verdict_get_number(const struct nft_verdict *verdict);
/* The other way round; kind NFT_CHAIN_UNKNOWN if it is none of ours. */
struct nft_verdict nft_verdict_of_number(uint32_t number);
struct nft_verdict nft_chain_get_verdict(const struct nft_chain *chain);
/* NULL: it has none. */
const struct nft_hook *nft_chain_hook(const struct nft_chain *chain);

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
	uint8_t address[16]; /* NFT_HAIRPIN: twice the same; or the name of a link */
	/* data */
	uint8_t to_kind; /* enum nft_chain_kind, of verdicts */
	uint8_t to_pick;
	uint16_t to_n, to_l;
	uint16_t to_port;	/* of backends */
	uint8_t to_address[16]; /* of backends; part of the key: NFT_SOURCE_RANGES, the source;
				 * NFT_RESETS, where to */
	uint32_t to_affinity;	/* of verdicts */
	/* of affinity: S << 16 | E; the key of NFT_AFFINITY_ENDPOINTS, the data of others, S
	 * the key of NFT_AFFINITY_SLOTS, too; the key of NFT_BALANCERS */
	uint32_t number;
};

/* How often an element was found. */
struct nft_hits {
	struct nft_element element;
	uint64_t hits;
};

void nft_element_set_verdict(struct nft_element *element, const struct nft_verdict *verdict);
void nft_element_get_verdict(const struct nft_element *element, struct nft_verdict *verdict);
/* The chain that a verdict leads to. */
struct nft_chain nft_element_get_chain(const struct nft_element *element);
/* The element of NFT_BALANCERS for a chain that has a number. */
struct nft_element nft_balancer_element(const struct nft_chain *chain);

struct strbuf;

/* "ip" or "ip6". */
const char *nft_family_name(uint8_t family);
/* "tcp", "udp" or "sctp". */
const char *nft_protocol_name(uint8_t protocol);
/* The name of a set or map, "endpoints-tcp". Static. */
const char *nft_map_name(enum nft_map map, uint8_t protocol);
/* How many there are: one, or one for each protocol. */
unsigned int nft_map_count(uint8_t map);
/* What a table may have of a map. */
struct nft_map_variant {
	uint8_t family, protocol;
	bool has_counters;
};
struct nft_set nft_map_declare(enum nft_map map, const struct nft_map_variant *variant);
/* How long keys and data are, as in the kernel's registers: each field at a multiple of 4 bytes.
 * Data 0: a set, or a verdict. */
size_t nft_key_size(enum nft_map map, uint8_t family);
size_t nft_data_size(enum nft_map map, uint8_t family);
size_t nft_address_size(uint8_t family);
/* Of one of three maps. */
size_t nft_protocol_index(uint8_t protocol);
/* The other way round; false if it is none of ours. */
bool nft_map_parse(const char *name, enum nft_map *map, uint8_t *protocol);

#define NFT_CHAIN_NAME_SIZE 128
char *nft_chain_name(const struct nft_chain *chain, char *buffer);
/* Fills all but the family, which says how to read addresses; kind NFT_CHAIN_UNKNOWN if it is none
 * of ours. */
void nft_chain_parse(struct nft_chain *chain, const char *name);

/* The chains that come with the table: one in which their rules are others is not whole, and is
 * mended by making it again. */
struct nft_skeleton_chain {
	const char *name;
	const struct nft_hook *hook; /* NULL: it has none */
};
#define NFT_N_SKELETON_CHAINS 6
extern const struct nft_skeleton_chain nft_skeleton_chains[NFT_N_SKELETON_CHAINS];

/* Rules, one after the other, in the order in which they are in the chains. */
typedef void (*nft_rule_fn)(void *data, const char *chain, const struct nft_rule *rule);
void nft_skeleton_build(uint8_t family, uint32_t masquerade_mark, nft_rule_fn fn, void *data);
/* The sets and maps, in the order in which they are declared; of `all` the protocol is not looked
 * at. */
typedef void (*nft_set_fn)(void *data, const struct nft_set *set);
void nft_skeleton_declare(const struct nft_map_variant *all, nft_set_fn fn, void *data);
void nft_chain_build(const struct nft_chain *chain, uint32_t masquerade_mark, nft_rule_fn fn,
		     void *data);

/* Text for nft -f, lines that end in a newline, each a single transaction when
 * run as a whole. Idempotent: what is there already stays, elements too. */
void nft_print_table_add(struct strbuf *b, uint8_t family, uint32_t masquerade_mark,
			 bool has_counters);
void nft_print_table_delete(struct strbuf *b, uint8_t family);
void nft_print_chain_add(struct strbuf *b, const struct nft_chain *chain, uint32_t masquerade_mark);
void nft_print_chain_delete(struct strbuf *b, const struct nft_chain *chain);
/* "add element ip k8snet services { 10.96.0.1 . tcp . 80 : goto cluster-tcp-2 }". */
void nft_print_element(struct strbuf *b, const struct nft_element *element, bool is_delete);

#endif
