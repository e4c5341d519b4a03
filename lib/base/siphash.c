/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/siphash.h"

#include <endian.h>
#include <string.h>

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

struct sip {
	uint64_t v0, v1, v2, v3;
};

static inline void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = ROTL(s->v1, 13);
	s->v1 ^= s->v0;
	s->v0 = ROTL(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = ROTL(s->v3, 16);
	s->v3 ^= s->v2;
	s->v0 += s->v3;
	s->v3 = ROTL(s->v3, 21);
	s->v3 ^= s->v0;
	s->v2 += s->v1;
	s->v1 = ROTL(s->v1, 17);
	s->v1 ^= s->v2;
	s->v2 = ROTL(s->v2, 32);
}

static inline void sip_word(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	s->v0 ^= m;
}

uint64_t siphash(const uint64_t key[2], const void *data, size_t length)
{
	struct sip s = {0x736f6d6570736575ULL ^ key[0], 0x646f72616e646f6dULL ^ key[1],
			0x6c7967656e657261ULL ^ key[0], 0x7465646279746573ULL ^ key[1]};
	const uint8_t *p = data;
	size_t left = length;
	uint64_t m, last = 0;

	for (; left >= 8; left -= 8, p += 8) {
		memcpy(&m, p, 8);
		sip_word(&s, le64toh(m));
	}
	if (left)
		memcpy(&last, p, left);
	sip_word(&s, le64toh(last) | (uint64_t)length << 56);
	s.v2 ^= 0xff;
	sip_round(&s);
	sip_round(&s);
	sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
