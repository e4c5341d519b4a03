/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_INGRESS_HASH_H
#define MODEL_INGRESS_HASH_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/*
 * SipHash-1-3, word by word, so that one pass over a path gives the hashes of
 * all its prefixes: feed the words before the prefix's end, and finish a copy.
 */
struct sip {
	uint64_t v0, v1, v2, v3;
};

#define SIP_ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v2 += s->v3;
	s->v1 = SIP_ROTL(s->v1, 13) ^ s->v0;
	s->v3 = SIP_ROTL(s->v3, 16) ^ s->v2;
	s->v0 = SIP_ROTL(s->v0, 32);
	s->v2 += s->v1;
	s->v0 += s->v3;
	s->v1 = SIP_ROTL(s->v1, 17) ^ s->v2;
	s->v3 = SIP_ROTL(s->v3, 21) ^ s->v0;
	s->v2 = SIP_ROTL(s->v2, 32);
}

static inline struct sip sip_start(const uint64_t key[2])
{
	return (struct sip){
		.v0 = 0x736f6d6570736575ULL ^ key[0],
		.v1 = 0x646f72616e646f6dULL ^ key[1],
		.v2 = 0x6c7967656e657261ULL ^ key[0],
		.v3 = 0x7465646279746573ULL ^ key[1],
	};
}

static inline void sip_feed(struct sip *s, uint64_t word)
{
	s->v3 ^= word;
	sip_round(s);
	s->v0 ^= word;
}

/* `rest` are the bytes after the last whole word, `length` counts all. */
static inline uint64_t sip_finish(struct sip s, uint64_t rest, size_t length)
{
	sip_feed(&s, rest | (uint64_t)length << 56);
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}

/* Eight bytes of a text, the first one lowest. */
static inline uint64_t text_word(const char *text)
{
	uint64_t word;

	memcpy(&word, text, sizeof(word));
	return le64toh(word);
}

/* The last 0 to 7 bytes of a text, from `at` on; never reads beside it. */
static inline uint64_t text_rest(const char *text, size_t at, size_t length)
{
	uint64_t word = 0;

	if (length == at)
		return 0;
	if (length >= 8)
		return text_word(text + length - 8) >> (8 * (8 - (length - at)));
	while (length > at)
		word = word << 8 | (unsigned char)text[--length];
	return word;
}

#define TEXT_ONES(byte) (0x0101010101010101ULL * (byte))

/* 0x80 in each byte of `word` that equals `byte`. */
static inline uint64_t text_find(uint64_t word, unsigned char byte)
{
	uint64_t x = word ^ TEXT_ONES(byte);

	return ~(((x & TEXT_ONES(0x7f)) + TEXT_ONES(0x7f)) | x | TEXT_ONES(0x7f));
}

/* ASCII letters in lower case. */
static inline uint64_t text_lower(uint64_t word)
{
	uint64_t low = word & TEXT_ONES(0x7f);
	uint64_t from_a = low + TEXT_ONES(0x80 - 'A'), after_z = low + TEXT_ONES(0x7f - 'Z');

	return word | ((from_a & ~after_z & ~word & TEXT_ONES(0x80)) >> 2);
}

static inline uint64_t text_hash(struct sip s, const char *text, size_t length)
{
	size_t at;

	for (at = 0; at + 8 <= length; at += 8)
		sip_feed(&s, text_word(text + at));
	return sip_finish(s, text_rest(text, at, length), length);
}

#endif
