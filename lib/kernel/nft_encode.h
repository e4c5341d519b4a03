/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NFT_ENCODE_H
#define KERNEL_NFT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/service.h>

#include "base/vec.h"
#include "plan/op.h"

/*
 * Operations on elements as one nfnetlink transaction. Operations on one map
 * are brought together, in their order, so that a message holds many elements.
 */

struct nft_message {
	size_t offset;	/* in buffer */
	uint32_t first; /* of its operations, an index into `order` */
	uint32_t count;
};

struct nft_encoding {
	char *buffer;
	size_t used, capacity;
	uint32_t *order; /* indexes of operations */
	size_t n_order;
	VEC(struct nft_message) messages;
	uint32_t sequence; /* of the begin message; the first message's is one more */
};

/* At most `per_message` elements to a message; operations whose status is not
 * K8SNET_OP_PENDING are left out. 0 or -ENOMEM. */
int nft_encode(struct nft_encoding *e, const struct k8snet_op *ops, size_t count, uint32_t sequence,
	       size_t per_message);
void nft_encoding_done(struct nft_encoding *e);
/* How many sequence numbers it takes. */
uint32_t nft_encoding_count(const struct nft_encoding *e);

/* Which element of a message is at this offset of it; -1: none, what is wrong is
 * not an element. */
int nft_encoding_find(const struct nft_encoding *e, const struct nft_message *message,
		      uint32_t offset);

struct nlmsghdr;

/* Into a list of elements that is begun: one of them without its data. */
void nft_put_key(struct nlmsghdr *message, const struct nft_element *element);

#endif
