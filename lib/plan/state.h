/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_STATE_H
#define PLAN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/vec.h"
#include "plan/conntrack.h"
#include "plan/kobj.h"
#include "plan/nft/frontend.h"
#include "plan/nft/nft.h"

/*
 * What the library knows of one node's kernel: first an observation, then kept
 * up to date with what plans did. Nothing of it reaches into the kernel.
 */

/* Whom kernel objects are there for, "pod shop/cart-0". */
struct state_owner {
	struct hash_node node;
	struct state_kobj *first;
	char name[];
};

struct state_kobj {
	struct hash_node node;
	struct kobj kobj;	   /* its strings lie behind it, in one allocation */
	struct state_owner *owner; /* NULL: observed, and nobody has wanted it */
	struct state_kobj *next_of_owner;
	/* scratch of the comparison */
	bool is_wanted;
	bool has_op;
};

struct state_uplink {
	/* The node's address that was looked for. */
	struct k8snet_address address;
	char name[IFNAMSIZ]; /* "": not found */
	uint32_t mtu;
	/* The network of the address on it: peers in it are on the same link. */
	struct k8snet_prefix prefix;
};

/* A chain KIND-PROTO-N that is there. */
struct state_chain {
	struct hash_node node;
	struct nft_chain chain;
	bool is_whole;	  /* has its rules */
	bool is_balancer; /* its element of NFT_BALANCERS is there */
	bool is_used;	  /* scratch of the comparison */
};

struct state_table {
	bool exists;
	bool is_whole;	    /* all sets and maps, all skeleton chains with their rules */
	bool has_counters;  /* as it was made: maps are not changed */
	struct hash chains; /* of struct state_chain; fixed ones for each protocol apart */
	VEC(struct nft_element) strays; /* of NFT_BALANCERS, that lead elsewhere */
};

struct state {
	bool has_services_only; /* it was filled with the tables alone */
	struct hash kobjs;
	bool has_conflicts; /* two owners want one of them */
	struct hash owners;
	struct state_uplink uplinks[2]; /* of family 4, 6 */
	struct state_table tables[2];	/* of family 4, 6 */
	struct frontends frontends;	/* services, node ports and their endpoints */
	struct nft_members members;	/* elements of the plain sets */
	VEC(struct nft_hits) hits;	/* those that are not 0, if they were asked for */
	VEC(struct conntrack) stale;	/* entries that could not be deleted yet */
};

static inline size_t family_index(uint8_t family)
{
	return family == 6;
}

void state_init(struct state *s);
void state_done(struct state *s);

/* --- filling it, for observers: 0 or -ENOMEM ------------------------------ */

/* Copies all; replaces one with the same key. */
int state_add_kobj(struct state *s, const struct kobj *kobj);
/* Of its key. */
uint64_t kobj_hash(const struct hash *h, const struct kobj *kobj);
struct state_kobj *state_find_kobj(const struct state *s, const struct kobj *key);
/* Also releases it. */
void state_remove_kobj(struct state *s, struct state_kobj *kobj);
/* Remember for whom it is there. */
int state_set_owner(struct state *s, struct state_kobj *kobj, const char *owner);
struct state_owner *state_find_owner(const struct state *s, const char *name);

/* Only if the address asked for is there. */
void state_set_uplink(struct state *s, uint8_t family, const char *name, uint32_t mtu,
		      const struct k8snet_prefix *prefix);
void state_set_table(struct state *s, uint8_t family, bool is_whole, bool has_counters);
int state_add_chain(struct state *s, const struct nft_chain *chain, bool is_whole);
int state_add_balancer(struct state *s, const struct nft_chain *chain);
uint64_t chain_hash(const struct hash *h, const struct nft_chain *chain);
struct state_chain *state_find_chain(const struct state *s, const struct nft_chain *chain);
void state_remove_chain(struct state *s, const struct nft_chain *chain);
int state_add_element(struct state *s, const struct nft_element *element);

/* --- what an observer is to look at --------------------------------------- */

typedef VEC(const char *) string_list; /* borrowed strings */

struct observe_request {
	/* All links of the node with what hangs on them, and the tables; false:
	 * only the links named below with what hangs on them, no tables. */
	bool all;
	/* The tables alone, and nothing of what is named below. */
	bool services_only;
	/* How often elements of the tables were found, too. */
	bool hits;
	string_list links;
	/* Namespaces of pods to look into: all links, addresses, our routes, the
	 * permanent neighbours. One that does not exist is not an error: nothing
	 * is found in it. */
	string_list netns;
	/* Sysctls of the node's namespace to read; a missing one is not found. */
	string_list sysctls;
	/* The node's addresses: the link that has one is an uplink. */
	VEC(struct k8snet_address) addresses;
};

void observe_request_done(struct observe_request *request);

#endif
