/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_BR_NETFILTER_H
#define KERNEL_BR_NETFILTER_H

#include <stdbool.h>

#include "kernel/netlink.h"

/*
 * Packets between ports of a bridge pass the node's rules only with br_netfilter, a
 * module on most distributions, which no setting of a bridge loads.
 */
bool br_netfilter_is_there(void);
/* Have the kernel load it, if it is not there. 0, or -EOPNOTSUPP. */
int br_netfilter_load(struct netlink_kernel *kernel);

#endif
