/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_FRONTEND_H
#define PLAN_FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/address.h>

#include "base/hash.h"
#include "plan/nft.h"

/*
 * Frontends: what a client connects to, a VIP or a node port with protocol and
 * port, and its backends, each in a slot. Remembered compactly: at 10,000
 * services this is most of a state.
 */

struct frontend_key {
	uint8_t family; /* 4 or 6 */
	uint8_t is_node_port;
	uint8_t protocol;
	uint8_t unused;
	uint16_t port;
	uint8_t address[16]; /* zero for a node port */
};

struct backend {
	uint16_t port;
	uint8_t address[16];
};

/* The backends of a frontend by slot: 6 bytes each for IPv4, 18 for IPv6. */
struct frontend_slots {
	uint32_t count;
	uint8_t address_size; /* 4 or 16 */
	uint8_t bytes[];      /* address, port in host order; port 0: the slot is empty */
};

struct frontend {
	struct hash_node node;
	struct frontend_key key;
	bool has_element;		  /* the services or node-ports element is there */
	uint8_t kind;			  /* enum nft_chain_kind of its verdict */
	uint16_t n, l;			  /* N and L of its verdict */
	bool is_wanted;			  /* scratch of the comparison */
	struct frontend_slots *slots[2];  /* all, those in the local map; NULL: none */
	struct frontend_slots *leaving;	  /* backends of UDP that serve what they have; NULL */
	struct frontend_service *service; /* who wants it; NULL: nobody known */
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

struct frontend *frontends_find(const struct frontends *fs, const struct frontend_key *key);
/* Finds or makes. NULL: out of memory. */
struct frontend *frontends_get(struct frontends *fs, const struct frontend_key *key);
void frontends_remove(struct frontends *fs, struct frontend *f);
struct frontend_service *frontends_find_service(const struct frontends *fs, const char *name);
struct frontend_service *frontends_get_service(struct frontends *fs, const char *name);
/* Also releases it; its frontends stay, wanted by nobody. */
void frontends_remove_service(struct frontends *fs, struct frontend_service *service);
void frontend_set_service(struct frontend *f, struct frontend_service *service);

struct frontend_slots *slots_copy(const struct frontend_slots *slots);
/* `count` empty slots; to be released with free(). NULL: out of memory. */
struct frontend_slots *slots_new(uint8_t family, uint32_t count);
void slots_set(struct frontend_slots *slots, uint32_t slot, const struct backend *backend);
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
