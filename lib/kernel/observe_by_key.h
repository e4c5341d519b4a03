/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_OBSERVE_BY_KEY_H
#define KERNEL_OBSERVE_BY_KEY_H

#include "kernel/nfnl.h"
#include "plan/nft/nft.h"

/*
 * The slots of frontends by their keys: where a frontend leads says how many it has. A dump
 * takes the square of the size, since each of its parts walks the hash from the start; this is
 * linear. The number of elements that the kernel tells is what says that none is left out.
 */

struct slots_of_map {
	enum nft_map map;
	uint8_t family, protocol;
	uint32_t count;			 /* as the kernel tells it */
	uint16_t generation;		 /* of the ruleset, when it told that */
	const struct nft_element *leads; /* those of nft_map_is_leads() */
	size_t n_leads;
};

/* From how many elements on this is the faster way. */
#define OBSERVE_BY_KEY_FROM 65536

/*
 * Call `fn` for each message that has an element. 0; -EAGAIN: there are others, or the kernel
 * does not answer; what `fn` was called for is not all of the map. -EINTR: something changed
 * meanwhile. Or what `fn` returned.
 */
int observe_by_key(struct netlink_kernel *kernel, const struct slots_of_map *slots, nfnl_fn fn,
		   void *data);

#endif
