/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NETLINK_NFT_EXPRESSION_H
#define NETLINK_NFT_EXPRESSION_H

#include <k8snet/address.h>
#include <libmnl/libmnl.h>
#include <stdbool.h>
#include <stdint.h>

/* Expressions of a rule, in the form in which nft writes and reads them. */

/* `data` is for nft_expression_end(), too. */
struct nlattr *nft_expression_begin(struct nlmsghdr *message, const char *name,
				    struct nlattr **data);
void nft_expression_end(struct nlmsghdr *message, struct nlattr *expression, struct nlattr *data);

/* What goes on has its source, or its destination, in the network; or not in it. */
struct nft_match {
	struct k8snet_prefix network;
	bool is_source, is_not;
};
void nft_put_match(struct nlmsghdr *message, const struct nft_match *match);
/* `chain` NULL: the verdict leads to none. */
void nft_put_verdict(struct nlmsghdr *message, int32_t code, const char *chain);
/* A match of x_tables, of up to 256 bytes. */
void nft_put_xt_match(struct nlmsghdr *message, const char *name, uint32_t revision,
		      const void *info, size_t size);

#endif
