/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_INGRESS_HASH_H
#define MODEL_INGRESS_HASH_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * SipHash-1-3 over the prefixes of one text, in one pass: advance to the end of
 * a prefix, take its hash, and go on from there to the next one.
 */
struct prefix_hash {
	uint64_t v0, v1, v2, v3;
	size_t done; /* bytes of the text taken in, a multiple of 8 */
};

#define PREFIX_HASH_ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static inline void prefix_hash_round(struct prefix_hash *h)
{
	h->v0 += h->v1;
	h->v1 = PREFIX_HASH_ROTL(h->v1, 13) ^ h->v0;
	h->v0 = PREFIX_HASH_ROTL(h->v0, 32);
	h->v2 += h->v3;
	h->v3 = PREFIX_HASH_ROTL(h->v3, 16) ^ h->v2;
	h->v0 += h->v3;
	h->v3 = PREFIX_HASH_ROTL(h->v3, 21) ^ h->v0;
	h->v2 += h->v1;
	h->v1 = PREFIX_HASH_ROTL(h->v1, 17) ^ h->v2;
	h->v2 = PREFIX_HASH_ROTL(h->v2, 32);
}

static inline void prefix_hash_word(struct prefix_hash *h, uint64_t word)
{
	h->v3 ^= word;
	prefix_hash_round(h);
	h->v0 ^= word;
}

/* `salt` separates equal texts of different owners. */
static inline struct prefix_hash prefix_hash_start(const uint64_t key[2], uint64_t salt)
{
	struct prefix_hash h = {
		.v0 = 0x736f6d6570736575ULL ^ key[0],
		.v1 = 0x646f72616e646f6dULL ^ key[1],
		.v2 = 0x6c7967656e657261ULL ^ key[0],
		.v3 = 0x7465646279746573ULL ^ key[1],
	};

	prefix_hash_word(&h, salt);
	return h;
}

/* The hash of the first `length` bytes; lengths may only grow. */
static inline uint64_t prefix_hash_at(struct prefix_hash *h, const char *text, size_t length)
{
	struct prefix_hash end;
	uint64_t word;

	for (; length - h->done >= 8; h->done += 8) {
		memcpy(&word, text + h->done, 8);
		prefix_hash_word(h, le64toh(word));
	}
	word = 0;
	memcpy(&word, text + h->done, length - h->done);
	end = *h;
	prefix_hash_word(&end, le64toh(word) | (uint64_t)length << 56);
	end.v2 ^= 0xff;
	prefix_hash_round(&end);
	prefix_hash_round(&end);
	prefix_hash_round(&end);
	return end.v0 ^ end.v1 ^ end.v2 ^ end.v3;
}

#endif
