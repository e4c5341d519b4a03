/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PLAN_CONNTRACK_H
#define PLAN_CONNTRACK_H

#include <stdint.h>

/*
 * Connection tracking entries that an operation deletes, or whose connections it resets: those
 * whose original destination is a frontend, an address of it and its port, and that were translated
 * to one backend; or, if that is the same as the destination, those that were not translated at
 * all.
 */
struct conntrack {
	uint8_t family; /* 4 or 6 */
	uint8_t protocol;
	uint16_t port;
	uint16_t to_port;
	uint8_t address[16]; /* network byte order */
	uint8_t to_address[16];
};

struct strbuf;

/* "udp 10.96.0.10:53 -> 10.1.1.2:53" or "udp 10.96.0.10:53 untranslated". */
void conntrack_print(struct strbuf *b, const struct conntrack *conntrack);
/* , "family": "ip", "protocol": "udp", "destination": ... */
void conntrack_print_json(struct strbuf *b, const struct conntrack *conntrack);
/* conntrack(8), which fails when it finds nothing. */
void conntrack_print_command(struct strbuf *b, const struct conntrack *conntrack);
/* The connections are reset by their next packets: no command has them send one. */
void conntrack_print_reset_command(struct strbuf *b, const struct conntrack *conntrack);

#endif
