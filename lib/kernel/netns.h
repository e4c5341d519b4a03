/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_NETNS_H
#define KERNEL_NETNS_H

#include <stddef.h>
#include <sys/types.h>

#include "base/netns.h"

/*
 * Network namespaces. The caller's thread stays in its own: what has to be done
 * in another one is done by a helper thread that lives no longer than that.
 */
struct netns {
	int fd;
	dev_t device;
	ino_t inode;
};

/* The namespace at `path`; NULL: that of the calling thread. 0, -ENOENT, -EINVAL
 * (no network namespace) or another errno; then nothing is to be closed. */
int netns_open(struct netns *ns, const char *path);
void netns_close(struct netns *ns);

/* Run fn(data) in the namespace and wait for it; by the calling thread if it is
 * there already. 0, or -errno if it could not be entered. */
int netns_run(const struct netns *ns, void (*fn)(void *data), void *data);

/* A netlink socket in the namespace, set up by nlsock_open(), or -errno. */
int netns_open_socket(const struct netns *ns, int protocol);

/* rtnetlink sockets in many namespaces, opened by one helper thread. */
struct netns_socket {
	const char *path;
	int fd; /* or -errno */
};
/* 0, or -errno if there is no helper thread. */
int netns_open_sockets(struct netns_socket *sockets, size_t count);

#endif
