/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_LOOP_H
#define PROXY_LOOP_H

#include <stdint.h>

/* What waits for descriptors. */
struct loop {
	int epoll;
};

struct loop_source {
	int fd; /* -1: not in a loop */
	void (*ready)(void *data);
	void *data;
};

/* 0 or -errno, all of them. */
int loop_init(struct loop *loop);
void loop_done(struct loop *loop);
/* `source` stays where it is until it is removed. -EPERM: `fd` is always ready (a file). */
int loop_add(struct loop *loop, struct loop_source *source);
void loop_remove(struct loop *loop, struct loop_source *source);
/*
 * Wait until a source is ready and call it, one at a time, so that it may remove any
 * other; or until the deadline (monotonic; NEVER). 1: a source was called, 0: none.
 */
int loop_wait(struct loop *loop, int64_t deadline);

#endif
