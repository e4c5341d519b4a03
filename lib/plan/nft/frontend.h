/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_FRONTEND_H
#define PLAN_FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/address.h>

#include "base/hash.h"
#include "plan/nft/nft.h"
#include "resolve/backend.h"

/*
 * Frontends: what a client connects to, a VIP or a node port with protocol and
 * port, and its backends, each in a slot. Remembered compactly: at 10,000
 * services this is most of a state.
 *
 * With session affinity the slots are the service port's, which all its VIPs and node
 * ports share: they are those of a frontend of the type group, whose port is the number S.
 */

enum frontend_type {
	FRONTEND_VIP,
	FRONTEND_NODE_PORT,
	FRONTEND_GROUP,
};

struct frontend_key {
	uint8_t family;	  /* 4 or 6 */
	uint8_t type;	  /* enum frontend_type */
	uint8_t protocol; /* 0 of a group */
	uint8_t unused;
	uint16_t port;
	uint8_t address[16]; /* zero but for a VIP */
};

/* The backends of a frontend by slot: 6 bytes each for IPv4, 18 for IPv6. In a group that is
 * an endpoint's number, with S in place of the address: see group_slot(). */
struct frontend_slots {
	uint32_t count;
	uint8_t address_size; /* 4 or 16, 2 for a group */
	uint8_t bytes[];      /* address, port in host order; port 0: the slot is empty */
};

/* What numbers of a group stand for. */
struct group_endpoint {
	uint16_t number; /* E */
	uint8_t protocol;
	struct backend backend;
};

struct group_endpoints {
	uint32_t count;
	struct group_endpoint items[];
};

struct frontend {
	struct hash_node node;
	struct frontend_key key;
	/* where it leads, by a balancer's number, by a verdict: one of them, unless somebody
	 * else has added the other one */
	bool leads[2];
	bool has_number;		      /* the element that says `number` is there */
	bool is_wanted;			      /* scratch of the comparison */
	bool is_left;			      /* the same: a group that a service's frontend had */
	bool is_used;			      /* the same: a group that a frontend refers to */
	struct nft_verdict verdicts[2];	      /* if it leads so */
	uint32_t number;		      /* S << 16, of the group whose slots it has */
	struct frontend_slots *slots[2];      /* all, those in the local map; NULL: none */
	struct frontend_slots *leaving;	      /* backends of UDP that serve what they have; NULL */
	struct group_endpoints *endpoints[2]; /* of a group; NULL: none */
	struct frontend_service *service;     /* who wants it; NULL: nobody known */
	struct frontend *next_of_service;
};

/* What a service has in the kernel. */
struct frontend_service {
	struct hash_node node;
	struct frontend *first;
	/* The elements of sets that are there for it, too. */
	struct nft_element *uses;
	size_t n_uses;
	char name[]; /* "service shop/cart" */
};

struct frontends {
	struct hash by_key;
	struct hash services;
	bool has_conflicts; /* a service wants a frontend that another one has */
};

void frontends_init(struct frontends *fs);
void frontends_done(struct frontends *fs);

/* The key of the group with the number S. */
struct frontend_key group_key(uint8_t family, uint32_t number);
/* What stands for a backend in its slots. */
struct backend group_slot(uint32_t number, bool is_local, uint16_t endpoint);
/* The group whose slots this frontend has; NULL. */
struct frontend *frontends_find_group(const struct frontends *fs, const struct frontend *f);
/* The endpoint with this number; NULL. */
const struct group_endpoint *group_endpoints_find(const struct group_endpoints *endpoints,
						  uint16_t number);

struct frontend *frontends_find(const struct frontends *fs, const struct frontend_key *key);
/* Finds or makes. NULL: out of memory. */
struct frontend *frontends_get(struct frontends *fs, const struct frontend_key *key);
void frontends_remove(struct frontends *fs, struct frontend *f);
struct frontend_service *frontends_find_service(const struct frontends *fs, const char *name);
struct frontend_service *frontends_get_service(struct frontends *fs, const char *name);
/* Also releases it; its frontends stay, wanted by nobody. */
void frontends_remove_service(struct frontends *fs, struct frontend_service *service);
void frontend_set_service(struct frontend *f, struct frontend_service *service);

/* Where packets go; NULL: nowhere. */
const struct nft_verdict *frontend_get_verdict(const struct frontend *f);
/* The chain that its verdict leads to. */
struct nft_chain frontend_get_chain(const struct frontend_key *key,
				    const struct nft_verdict *verdict);

struct frontend_slots *slots_copy(const struct frontend_slots *slots);
/* `count` slots that are still to be set; to be released with free(). NULL: out of memory. */
struct frontend_slots *slots_new(const struct frontend_key *key, uint32_t count);
void slots_set(struct frontend_slots *slots, uint32_t slot, const struct backend *backend);
/* Of slots of one kind. Whether both have this one, with the same in it. */
bool slots_are_same(const struct frontend_slots *a, const struct frontend_slots *b, uint32_t slot);
/* False if the slot is empty or past the end. */
bool slots_get(const struct frontend_slots *slots, uint32_t slot, struct backend *backend);

/* An element of one of the plain sets: pod-networks, node-addresses, hairpin. */
struct nft_member {
	struct hash_node node;
	struct nft_element element;
	unsigned int users; /* hairpin: how many services have it as a local endpoint */
	bool is_wanted;	    /* scratch of the comparison */
};

struct nft_members {
	struct hash by_key;
};

void members_init(struct nft_members *ms);
void members_done(struct nft_members *ms);
struct nft_member *members_find(const struct nft_members *ms, const struct nft_element *element);
/* Finds or makes. NULL: out of memory. */
struct nft_member *members_get(struct nft_members *ms, const struct nft_element *element);
void members_remove(struct nft_members *ms, struct nft_member *member);

#endif
