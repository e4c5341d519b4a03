/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/hash.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "base/siphash.h"

void hash_init(struct hash *h)
{
	struct timespec now;

	memset(h, 0, sizeof(*h));
	if (getrandom(h->key, sizeof(h->key), GRND_NONBLOCK) == sizeof(h->key))
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	h->key[0] = (uint64_t)now.tv_nsec ^ (uintptr_t)h;
	h->key[1] = (uint64_t)now.tv_sec;
}

void hash_init_with_key(struct hash *h, const uint64_t key[2])
{
	memset(h, 0, sizeof(*h));
	memcpy(h->key, key, sizeof(h->key));
}

void hash_done(struct hash *h)
{
	free(h->buckets);
	h->buckets = NULL;
	h->n_buckets = h->count = 0;
}

uint64_t hash_bytes(const struct hash *h, const void *data, size_t length)
{
	return siphash(h->key, data, length);
}

uint64_t hash_strings(const struct hash *h, const char *a, const char *b)
{
	return siphash(h->key, a, strlen(a)) * 31 + siphash(h->key, b, strlen(b));
}

static struct hash_node **bucket_of(const struct hash *h, uint64_t hash)
{
	return &h->buckets[hash & (h->n_buckets - 1)];
}

static int grow_to(struct hash *h, size_t n_buckets)
{
	struct hash bigger = *h;
	struct hash_node *node, *next;
	size_t i;

	bigger.n_buckets = n_buckets;
	bigger.buckets = calloc(n_buckets, sizeof(*bigger.buckets));
	if (!bigger.buckets)
		return -ENOMEM;
	for (i = 0; i < h->n_buckets; i++) {
		for (node = h->buckets[i]; node; node = next) {
			struct hash_node **bucket = bucket_of(&bigger, node->hash);

			next = node->next;
			node->next = *bucket;
			*bucket = node;
		}
	}
	free(h->buckets);
	*h = bigger;
	return 0;
}

int hash_reserve(struct hash *h, size_t n)
{
	size_t n_buckets = h->n_buckets ? h->n_buckets : 8;

	while (n_buckets < h->count + n)
		n_buckets *= 2;
	return n_buckets == h->n_buckets ? 0 : grow_to(h, n_buckets);
}

int hash_insert(struct hash *h, struct hash_node *node, uint64_t hash)
{
	struct hash_node **bucket;
	int r;

	r = hash_reserve(h, 1);
	if (r < 0)
		return r;
	node->hash = hash;
	bucket = bucket_of(h, hash);
	node->next = *bucket;
	*bucket = node;
	h->count++;
	return 0;
}

void hash_remove(struct hash *h, struct hash_node *node)
{
	struct hash_node **p = bucket_of(h, node->hash);

	while (*p != node)
		p = &(*p)->next;
	*p = node->next;
	node->next = NULL;
	h->count--;
}

static struct hash_node *skip_to(struct hash_node *node, uint64_t hash)
{
	while (node && node->hash != hash)
		node = node->next;
	return node;
}

struct hash_node *hash_find(const struct hash *h, uint64_t hash)
{
	return h->count ? skip_to(*bucket_of(h, hash), hash) : NULL;
}

struct hash_node *hash_find_next(const struct hash_node *node)
{
	return skip_to(node->next, node->hash);
}

static struct hash_node *first_from(const struct hash *h, size_t i)
{
	for (; i < h->n_buckets; i++)
		if (h->buckets[i])
			return h->buckets[i];
	return NULL;
}

struct hash_node *hash_first(const struct hash *h)
{
	return first_from(h, 0);
}

struct hash_node *hash_next(const struct hash *h, const struct hash_node *node)
{
	return node->next ? node->next : first_from(h, (node->hash & (h->n_buckets - 1)) + 1);
}
