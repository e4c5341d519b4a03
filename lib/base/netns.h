/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_NETNS_H
#define BASE_NETNS_H

/* Open the network namespace at `path`. A descriptor, or -EINVAL (it is none), or
 * another negative errno. */
int netns_open_fd(const char *path);

#endif
