/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_FRONTEND_H
#define PLAN_FRONTEND_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
	uint16_t count;
	uint16_t capacity;
	uint8_t family;
	uint8_t bytes[];
};

struct frontend {
	struct hash_node node;
	struct frontend_key key;
	uint8_t has_element;		  /* the services or node-ports element is there */
	uint8_t kind;			  /* enum nft_chain_kind of its verdict */
	uint16_t n;			  /* N of its verdict */
	bool has_gaps;			  /* observed slots are not 0 to count - 1 */
	bool is_wanted;			  /* scratch of the comparison */
	struct frontend_slots *slots;	  /* NULL: none */
	struct frontend_service *service; /* who wants it; NULL: nobody known */
	struct frontend *next_of_service;
};

/* The frontends that a service has in the kernel. */
struct frontend_service {
	struct hash_node node;
	struct frontend *first;
	char name[]; /* "shop/cart" */
};

struct frontends {
	struct hash by_key;
	struct hash services;
	bool has_conflicts; /* a service wants a frontend that another one has */
};

/* Elements of the plain sets: pod-networks, node-addresses, hairpin. */
struct nft_member {
	struct hash_node node;
	struct nft_element element;
	unsigned int users; /* hairpin: how many wanted endpoints have it */
};

struct nft_members {
	struct hash by_key;
};

#endif
