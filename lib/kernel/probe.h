/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_PROBE_H
#define KERNEL_PROBE_H

#include <stdint.h>

#include "kernel/netns.h"

/*
 * Segments that have one end of an established TCP connection tell the other one
 * where it is: SYN and ACK, which an end answers with an ACK of what it has (RFC
 * 5961, section 4.2), whatever the numbers in it. All others, whose connection it is
 * not, answer with a reset or not at all: it opens nothing.
 */

/* One end of a connection. */
struct probe_end {
	uint16_t port;
	uint8_t address[16]; /* network byte order */
};

/* A raw socket in the namespace, for addresses that need not be its own, or -errno. */
int probe_open(const struct netns *ns, uint8_t family);

#define PROBE_MAX_SIZE 60

/* The whole packet; how long it is. */
size_t probe_build(uint8_t *packet, uint8_t family, const struct probe_end *from,
		   const struct probe_end *to);

/* Send it. That one cannot be sent is no error: there may be no way to its end. */
void probe_send(int fd, uint8_t family, const struct probe_end *from, const struct probe_end *to);

#endif
