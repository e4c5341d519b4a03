/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NFT_DECODE_H
#define KERNEL_NFT_DECODE_H

#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/vec.h"
#include "plan/state.h"

/* Fill key and data from an element as the kernel dumps it; family, map and
 * protocol are set. False: it is not one of ours. Not for networks. */
bool nft_decode(struct nft_element *element, const struct nlattr *attr);

/* How many packets found the element; 0 without a counter. */
uint64_t nft_decode_hits(const struct nlattr *attr);

/* The ends of intervals, which come one by one and in any order. */
struct nft_interval_end {
	uint8_t address[16];
	bool is_end;
};
struct nft_intervals {
	VEC(struct nft_interval_end) items;
};

int nft_intervals_add(struct nft_intervals *intervals, size_t size, const struct nlattr *attr);
/* Those that are networks; sorts. 0 or -ENOMEM. */
int nft_intervals_add_to_state(struct nft_intervals *intervals, uint8_t family, enum nft_map map,
			       struct state *state);

#endif
