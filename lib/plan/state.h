/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_STATE_H
#define PLAN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/vec.h"
#include "plan/frontend.h"
#include "plan/kobj.h"
#include "plan/nft.h"

/*
 * What the library knows of one node's kernel: first an observation, then kept
 * up to date with what plans did. Nothing of it reaches into the kernel.
 */

struct state_kobj {
	struct hash_node node;
	struct kobj kobj;
	char *strings;	/* what kobj's strings point into */
	bool is_wanted; /* scratch of the comparison */
};

struct state_uplink {
	char name[IFNAMSIZ]; /* "": not found */
	uint32_t mtu;
	/* The network of the node's address on it: peers in it are on the same link. */
	struct k8snet_prefix prefix;
};

/* A chain KIND-PROTO-N that is there. */
struct state_chain {
	struct nft_chain chain;
	bool is_whole; /* has its rules */
};

struct state_table {
	bool exists;
	bool is_whole; /* all sets and maps, all skeleton chains with their rules */
	VEC(struct state_chain) chains;
};

struct state {
	struct hash kobjs;
	struct state_uplink uplinks[2]; /* of family 4, 6 */
	struct state_table tables[2];	/* of family 4, 6 */
	struct frontends frontends;	/* services, node ports and their endpoints */
	struct nft_members members;	/* elements of the plain sets */
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
void state_remove_kobj(struct state *s, const struct kobj *key);
struct state_kobj *state_find_kobj(const struct state *s, const struct kobj *key);
/* Remove what the kernel removes with a link: addresses, routes, neighbours, FDB. */
void state_remove_dependents(struct state *s, const char *netns, const char *link);

void state_set_uplink(struct state *s, uint8_t family, const char *name, uint32_t mtu,
		      const struct k8snet_prefix *prefix);
void state_set_table(struct state *s, uint8_t family, bool is_whole);
int state_add_chain(struct state *s, const struct nft_chain *chain, bool is_whole);
int state_add_element(struct state *s, const struct nft_element *element);

/* --- what an observer is to look at --------------------------------------- */

struct observe_request {
	/* All links of the node with what hangs on them, and the tables; false:
	 * only the links named below with what hangs on them, no tables. */
	bool all;
	VEC(const char *) links;
	/* Namespaces of pods to look into: all links, addresses, our routes, the
	 * permanent neighbours. One that does not exist is not an error: nothing
	 * is found in it. */
	VEC(const char *) netns;
	/* Sysctls of the node's namespace to read; a missing one is not found. */
	VEC(const char *) sysctls;
	/* The node's addresses: the link that has one is an uplink. */
	VEC(struct k8snet_address) addresses;
};

void observe_request_done(struct observe_request *request);

#endif
