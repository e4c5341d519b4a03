/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_MONITOR_H
#define KERNEL_MONITOR_H

#include <stdint.h>

struct k8snet_kernel;
struct k8snet_op;
struct k8snet_plan_apply_options;

/*
 * Notices of what others do to the library's tables.
 *
 * Our own changes must not be taken for theirs, and the kernel should not have to
 * tell of 100,000 elements that we add: while a plan is applied, the socket is out
 * of the multicast group. Whether somebody else got in between is told by the
 * generation of the ruleset, which every transaction increments by one.
 */
struct monitor {
	int fd;		       /* -1: nobody has asked for notices */
	uint32_t generation;   /* the last one we know of */
	uint32_t transactions; /* of our own, since the socket left the group */
};

/* Of struct kernel_ops. */
int monitor_get_fd(struct k8snet_kernel *kernel);
int monitor_process(struct k8snet_kernel *kernel);
/* netlink_execute() out of the group. */
int monitor_execute(struct k8snet_kernel *kernel, struct k8snet_op *ops, size_t count,
		    uint32_t masquerade_mark, const struct k8snet_plan_apply_options *options);

#endif
