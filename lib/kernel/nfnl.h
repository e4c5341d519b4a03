/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NFNL_H
#define KERNEL_NFNL_H

#include <stddef.h>
#include <stdint.h>

#include "kernel/netlink.h"

struct nlmsghdr;

/* What is asked of nf_tables: of the table NFT_TABLE, or of a set of it. */
struct nfnl_request {
	uint16_t type; /* NFT_MSG_GET... */
	uint8_t family;
	uint16_t table_attr; /* NFTA_..._TABLE; 0: none */
	uint16_t set_attr;   /* NFTA_SET_ELEM_LIST_SET; 0: none */
	const char *set;
};

/* Dump: call `fn` for each message of the answer. 0 or -errno; -EINTR: something
 * changed meanwhile, what was seen is not consistent. */
typedef int (*nfnl_fn)(void *data, const struct nlmsghdr *message);
int nfnl_dump(struct netlink_kernel *kernel, const struct nfnl_request *request, nfnl_fn fn,
	      void *data);
/* The same with another request, of any subsystem; sets its sequence number. */
int nfnl_dump_with(struct netlink_kernel *kernel, struct nlmsghdr *message, nfnl_fn fn, void *data);
/* What is no dump: messages of up to 1,000 bytes each, which are many, until the acknowledgement
 * that was asked for. */
int nfnl_ask(struct netlink_kernel *kernel, struct nlmsghdr *message, nfnl_fn fn, void *data);
/* A message for nf_tables, to be filled; and NFNL_MSG_BATCH_BEGIN or _END, which are complete:
 * the length. */
struct nlmsghdr *nfnl_put_nftables(char *buffer, uint16_t type, uint16_t flags, uint8_t family);
size_t nfnl_put_bracket(char *buffer, uint16_t type);
/* One small transaction: messages from NFNL_MSG_BATCH_BEGIN to NFNL_MSG_BATCH_END, the last but
 * one of which is acknowledged. Without the end it is checked and not done. 0 or the first
 * error. */
int nfnl_transact(struct netlink_kernel *kernel, char *messages, size_t length);
/* The same by another socket, which owns what it makes. */
int nfnl_transact_by(int fd, uint32_t sequence, char *messages, size_t length);

#endif
