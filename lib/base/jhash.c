/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/jhash.h"

#include <endian.h>
#include <string.h>

static uint32_t rotate(uint32_t value, unsigned int bits)
{
	return value << bits | value >> (32 - bits);
}

/* Two tables of lookup3: what is subtracted and rotated in turn. */
static void mix(uint32_t *a, uint32_t *b, uint32_t *c)
{
	static const unsigned int bits[] = {4, 6, 8, 16, 19, 4};
	uint32_t *x = a, *y = b, *z = c, *first;
	size_t i;

	for (i = 0; i < 6; i++) {
		*x -= *z;
		*x ^= rotate(*z, bits[i]);
		*z += *y;
		first = x;
		x = y;
		y = z;
		z = first;
	}
}

static void finish(uint32_t *a, uint32_t *b, uint32_t *c)
{
	static const unsigned int bits[] = {14, 11, 25, 16, 4, 14, 24};
	uint32_t *x = c, *y = b, *z = a, *last;
	size_t i;

	for (i = 0; i < 7; i++) {
		*x ^= *y;
		*x -= rotate(*y, bits[i]);
		last = z;
		z = y;
		y = x;
		x = last;
	}
}

/* Three words at a time, in the machine's order; the last ones in little-endian order, padded with
 * zeros. */
uint32_t jhash(const void *data, size_t length, uint32_t seed)
{
	uint32_t a = 0xdeadbeefu + (uint32_t)length + seed, b = a, c = a, words[3];
	const uint8_t *p = data;

	for (; length > 12; length -= 12, p += 12) {
		memcpy(words, p, 12);
		a += words[0];
		b += words[1];
		c += words[2];
		mix(&a, &b, &c);
	}
	if (!length)
		return c;
	memset(words, 0, sizeof(words));
	memcpy(words, p, length);
	a += le32toh(words[0]);
	b += le32toh(words[1]);
	c += le32toh(words[2]);
	finish(&a, &b, &c);
	return c;
}

uint32_t jhash_mod(const void *data, size_t length, uint32_t modulus, uint32_t seed)
{
	return (uint32_t)((uint64_t)jhash(data, length, seed) * modulus >> 32);
}
