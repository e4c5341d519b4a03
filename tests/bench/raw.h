/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_RAW_H
#define BENCH_RAW_H

#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

/*
 * Bare rtnetlink: what somebody would write who knows exactly which messages he
 * wants, has them sent in large batches, and asks for one acknowledgement a
 * batch. It shares no code with the library.
 */
struct raw {
	int fd;
	uint32_t sequence;
	size_t used;
	struct nlmsghdr *last;
	char buffer[32768];
};

void raw_open(struct raw *r);
void raw_close(struct raw *r);
/* A new message; sends what is there first if room is short. */
struct nlmsghdr *raw_add(struct raw *r, uint16_t type, uint16_t flags, const void *header,
			 size_t size);
/* Send, and wait for the last one's acknowledgement. Ends the program on errors. */
void raw_flush(struct raw *r);

/* `length` bytes of address, `prefix` bits. */
void raw_address(struct raw *r, uint32_t index, const void *address, size_t length, uint8_t prefix);
/* `to` NULL: default. `via` NULL: scope link. */
void raw_route(struct raw *r, uint32_t index, const void *to, uint8_t prefix, const void *via,
	       int onlink);
void raw_neighbour(struct raw *r, uint32_t index, const void *address, const uint8_t *mac);
void raw_fdb(struct raw *r, uint32_t index, const uint8_t *mac, const void *remote);

#endif
