/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "loop.h"

#include <errno.h>
#include <limits.h>
#include <sys/epoll.h>

#include "util.h"

int loop_init(struct loop *loop)
{
	loop->epoll = epoll_create1(EPOLL_CLOEXEC);
	return loop->epoll < 0 ? -errno : 0;
}

void loop_done(struct loop *loop)
{
	closep(&loop->epoll);
	loop->epoll = -1;
}

int loop_add(struct loop *loop, struct loop_source *source)
{
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = source};

	return epoll_ctl(loop->epoll, EPOLL_CTL_ADD, source->fd, &event) < 0 ? -errno : 0;
}

void loop_remove(struct loop *loop, struct loop_source *source)
{
	if (source->fd >= 0)
		epoll_ctl(loop->epoll, EPOLL_CTL_DEL, source->fd, NULL);
}

static int until(int64_t deadline)
{
	int64_t now = now_mono();

	if (deadline == NEVER)
		return -1;
	if (deadline <= now)
		return 0;
	return (int)earlier((deadline - now + NS_PER_MS - 1) / NS_PER_MS, INT_MAX);
}

int loop_wait(struct loop *loop, int64_t deadline)
{
	struct epoll_event event;
	struct loop_source *source;
	int n = epoll_wait(loop->epoll, &event, 1, until(deadline));

	if (n < 0)
		return errno == EINTR ? 0 : -errno;
	if (n == 0)
		return 0;
	source = event.data.ptr;
	source->ready(source->data);
	return 1;
}
