/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_TRAFFIC_H
#define CNI_TRAFFIC_H

#include "netlink.h"

/* Queueing disciplines of a link, by its index. Functions return 0 or -errno, with the
 * text in the socket. */

struct rate {
	uint64_t bytes; /* per second */
	uint32_t burst; /* bytes; 0: there is no limit */
};

/* A token bucket that holds back for at most 25 ms. */
int traffic_limit(struct netlink *n, int index, const struct rate *rate);
/* All that arrives on the link leaves by another one. */
int traffic_redirect(struct netlink *n, int index, int to);
/* Take both away again; what is not there is no failure. */
void traffic_reset(struct netlink *n, int index);
/* What limit a link has: 1, 0: none. */
int traffic_get_limit(struct netlink *n, int index, struct rate *out);
/* Whether what arrives is redirected to a link: 1, 0 or -errno. */
int traffic_is_redirected(struct netlink *n, int index, int to);

#endif
