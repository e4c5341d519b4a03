/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_TRAFFIC_H
#define CNI_TRAFFIC_H

#include <k8snet/address.h>

#include "netlink.h"

/* Queueing disciplines of a link, by its index. Functions return 0 or -errno, with the
 * text in the socket. */

struct rate {
	uint64_t bytes; /* per second */
	uint32_t burst; /* bytes; 0: there is no limit */
	/* Of one that was found: the burst as the kernel has it, in units of time. */
	uint32_t buffer;
};

/* The networks at the other end whose traffic is limited; none: all of it is. */
#define SUBNETS_MAX 100
struct subnets {
	struct k8snet_prefix items[SUBNETS_MAX];
	size_t count;
	bool are_limited; /* only they are; else all but they */
};

/* What leaves the link: a token bucket that holds back for at most 25 ms, or for a part of
 * it a class. `is_source`: packets come from those networks; else they go there. */
int traffic_limit(struct netlink *n, int index, const struct rate *rate,
		  const struct subnets *subnets, bool is_source);
/* What limit a link has, for just those: 1, 0: none. */
int traffic_get_limit(struct netlink *n, int index, const struct subnets *subnets, bool is_source,
		      struct rate *out);
/* Whether one that was found is what was wanted, but for what the kernel rounds. */
bool traffic_is_limit(const struct rate *found, const struct rate *wanted,
		      const struct subnets *subnets);
/* All that arrives on the link leaves by another one. */
int traffic_redirect(struct netlink *n, int index, int to);
/* Take both away again; what is not there is no failure. */
void traffic_reset(struct netlink *n, int index);
/* Whether what arrives is redirected to a link: 1, 0 or -errno. */
int traffic_is_redirected(struct netlink *n, int index, int to);

/* --- traffic_subnets.c --------------------------------------------------------------- */

int traffic_limit_subnets(struct netlink *n, int index, const struct rate *rate,
			  const struct subnets *subnets, bool is_source);
int traffic_get_limit_of_subnets(struct netlink *n, int index, const struct subnets *subnets,
				 bool is_source, struct rate *out);

/* What both are made of. */

/* Of our discipline for what leaves a link: 1:0. */
#define TRAFFIC_HANDLE (1U << 16)
struct nlmsghdr *traffic_add(struct netlink *n, uint16_t type, uint16_t flags, int index,
			     uint32_t parent, uint32_t handle, const char *what);
/* Begin the options of what is of the kind; end them with mnl_attr_nest_end(). */
struct nlattr *traffic_begin(struct nlmsghdr *message, const char *kind);
/* The options of a message, if it is of the kind; an attribute, of at least so many bytes, of
 * a nest, which may be NULL. NULL: there is none. */
const struct nlattr *traffic_get_options(const struct nlmsghdr *message, const char *kind);
const struct nlattr *traffic_find(const struct nlattr *nest, uint16_t type, size_t size);
/* As much as there is room for. */
uint32_t traffic_cap(uint64_t value);
/* A burst in units of time, which may be more than the kernel has room for; and back. */
uint64_t traffic_get_buffer(const struct rate *rate);
void traffic_set_burst(struct rate *rate, uint32_t buffer);

#endif
