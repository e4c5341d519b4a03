/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_HASH_H
#define BASE_HASH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * An intrusive hash table: the node is a member of what is stored. The table
 * grows, never shrinks, and owns nothing but its buckets.
 */
struct hash_node {
	struct hash_node *next;
	uint64_t hash;
};

struct hash {
	struct hash_node **buckets; /* NULL while empty */
	size_t n_buckets;	    /* a power of two */
	size_t count;
	uint64_t key[2];
};

/* Takes a random key; cannot fail. */
void hash_init(struct hash *h);
/* The same with a key that was drawn before: for tables that live shortly. */
void hash_init_with_key(struct hash *h, const uint64_t key[2]);
/* Frees the buckets; what was stored is not touched. */
void hash_done(struct hash *h);

/* The hash of some bytes, or of two strings with a separator, under the table's key. */
uint64_t hash_bytes(const struct hash *h, const void *data, size_t length);
uint64_t hash_strings(const struct hash *h, const char *a, const char *b);

/* Make room for n more, so that as many insertions cannot fail. -ENOMEM. */
int hash_reserve(struct hash *h, size_t n);
/* Equal keys are not looked for. Grows first: -ENOMEM, unless reserved. */
int hash_insert(struct hash *h, struct hash_node *node, uint64_t hash);
/* The node must be in the table. */
void hash_remove(struct hash *h, struct hash_node *node);

/* The first, the next node with this hash; NULL at the end. */
struct hash_node *hash_find(const struct hash *h, uint64_t hash);
struct hash_node *hash_find_next(const struct hash_node *node);

/* Any order; the current node may be removed during the walk if the next one
 * was fetched before. */
struct hash_node *hash_first(const struct hash *h);
struct hash_node *hash_next(const struct hash *h, const struct hash_node *node);

#define hash_foreach(h, node) for (node = hash_first(h); node; node = hash_next(h, node))

#endif
