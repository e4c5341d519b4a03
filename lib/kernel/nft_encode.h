/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NFT_ENCODE_H
#define KERNEL_NFT_ENCODE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/service.h>

#include "base/vec.h"
#include "plan/op.h"

struct nlmsghdr;

/*
 * Operations on tables, chains and elements as one nfnetlink transaction. Operations on one map
 * are brought together, in their order, so that a message holds many elements; they come behind
 * those on tables and chains.
 */

struct nft_message {
	size_t offset;	/* in buffer */
	uint32_t first; /* of its operations, an index into `order` */
	uint32_t count; /* of elements; 0: one of those for a table or chain */
};

struct nft_encode_options {
	uint32_t sequence;	  /* of the begin message; the first message's is one more */
	uint32_t masquerade_mark; /* of tables and chains */
	uint32_t table_flags[2];  /* NFT_TABLE_F_..., of family 4, 6 */
	bool replaces_table[2];	  /* the one that is there is deleted first */
	size_t per_message;	  /* elements at most */
};

struct nft_encoding {
	struct nft_encode_options options;
	char *buffer;
	size_t used, capacity;
	uint32_t *order; /* indexes of operations */
	size_t n_skeleton, n_order;
	VEC(struct nft_message) messages;
	uint32_t sequence;
	uint32_t n_sets; /* that are made, each has a number */
};

/* Operations whose status is not K8SNET_OP_PENDING are left out. 0 or -ENOMEM. */
int nft_encode(struct nft_encoding *e, const struct k8snet_op *ops, size_t count,
	       const struct nft_encode_options *options);
void nft_encoding_done(struct nft_encoding *e);
/* How many sequence numbers it takes. */
uint32_t nft_encoding_count(const struct nft_encoding *e);

/* Which element of a message is at this offset of it; -1: none, what is wrong is
 * not an element. */
int nft_encoding_find(const struct nft_encoding *e, const struct nft_message *message,
		      uint32_t offset);

/* --- for nft_encode_skeleton.c ----------------------------------------------------- */

struct nft_message_form {
	uint16_t type, flags;
	uint8_t family;
	size_t room; /* at least what it will take */
};

/* A message of the operation at this position of `order`, until nft_encoding_end(). NULL: out of
 * memory. */
struct nlmsghdr *nft_encoding_begin(struct nft_encoding *e, size_t position,
				    const struct nft_message_form *form);
void nft_encoding_end(struct nft_encoding *e, const struct nlmsghdr *message);

/* All messages of an operation on a table or chain. 0 or -ENOMEM. */
int nft_encode_skeleton(struct nft_encoding *e, size_t position, const struct k8snet_op *op);

#endif
