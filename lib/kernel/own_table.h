/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_OWN_TABLE_H
#define KERNEL_OWN_TABLE_H

#include <stdbool.h>
#include <stdint.h>

#include "kernel/netlink.h"

struct nlmsghdr;

/*
 * Tables that belong to a socket, with the flags "owner" and "persist" of Linux 6.9: nobody else
 * changes or deletes them; when the socket is closed they stay, without an owner, until a next
 * one adopts them.
 */

/* When a kernel is opened with own_tables: adopts what an earlier process has left, before
 * anything else is done. 0, -EOPNOTSUPP (such flags are not known) or another -errno. */
int own_tables_begin(struct netlink_kernel *kernel);

/* What a message NFT_MSG_NEWTABLE of the dump says of the table. */
void own_table_read(struct table_owner *owner, const struct nlmsghdr *message);

/* Whether the table is the kernel's, or need not be. */
bool own_table_is_right(struct netlink_kernel *kernel, uint8_t family);
/* One that is there and cannot be made one's own: another takes its place, in one transaction. */
bool own_table_must_replace(const struct netlink_kernel *kernel, uint8_t family);
/* The flags with which it is made, or made again. */
uint32_t own_table_flags(const struct netlink_kernel *kernel, uint8_t family);
/* It has been made, or deleted. */
void own_table_note(struct netlink_kernel *kernel, uint8_t family, bool exists);
/* Whether it belongs to somebody else, who alone can change it. */
bool own_table_is_foreign(struct netlink_kernel *kernel, uint8_t family);

#endif
