/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/netns.h"

#include <errno.h>
#include <linux/netlink.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "netlink/nlsock.h"

#define OWN_NETNS "/proc/thread-self/ns/net"

int netns_open(struct netns *ns, const char *path)
{
	_cleanup_close_ int fd = netns_open_fd(path ? path : OWN_NETNS);
	struct stat st;

	if (fd < 0)
		return fd;
	if (fstat(fd, &st) < 0)
		return -errno;
	*ns = (struct netns){.fd = steal_fd(&fd), .device = st.st_dev, .inode = st.st_ino};
	return 0;
}

void netns_close(struct netns *ns)
{
	closep(&ns->fd);
	ns->fd = -1;
}

static bool is_in(const struct netns *ns)
{
	struct stat st;

	return stat(OWN_NETNS, &st) == 0 && st.st_dev == ns->device && st.st_ino == ns->inode;
}

/* Run a thread to its end. Signals are for the program's own threads. */
static int run_thread(void *(*main)(void *), void *data)
{
	sigset_t all, old;
	pthread_t thread;
	int error;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	error = pthread_create(&thread, NULL, main, data);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (error)
		return -error;
	pthread_join(thread, NULL);
	return 0;
}

struct visit {
	const struct netns *ns;
	void (*fn)(void *data);
	void *data;
	int error;
};

static void *visit_main(void *data)
{
	struct visit *visit = data;

	if (setns(visit->ns->fd, CLONE_NEWNET) < 0)
		visit->error = -errno;
	else
		visit->fn(visit->data);
	return NULL;
}

int netns_run(const struct netns *ns, void (*fn)(void *data), void *data)
{
	struct visit visit = {.ns = ns, .fn = fn, .data = data};
	int r;

	if (is_in(ns)) {
		fn(data);
		return 0;
	}
	r = run_thread(visit_main, &visit);
	return r < 0 ? r : visit.error;
}

struct opening {
	int protocol;
	int fd;
};

static void open_here(void *data)
{
	struct opening *opening = data;

	opening->fd = nlsock_open(opening->protocol);
}

int netns_open_socket(const struct netns *ns, int protocol)
{
	struct opening opening = {.protocol = protocol};
	int r = netns_run(ns, open_here, &opening);

	return r < 0 ? r : opening.fd;
}

struct tour {
	struct netns_socket *sockets;
	size_t count;
};

static int open_at(const char *path)
{
	_cleanup_close_ int fd = netns_open_fd(path);

	if (fd < 0)
		return fd;
	if (setns(fd, CLONE_NEWNET) < 0)
		return -errno;
	return nlsock_open(NETLINK_ROUTE);
}

static void *tour_main(void *data)
{
	const struct tour *tour = data;
	size_t i;

	for (i = 0; i < tour->count; i++)
		tour->sockets[i].fd = open_at(tour->sockets[i].path);
	return NULL;
}

int netns_open_sockets(struct netns_socket *sockets, size_t count)
{
	struct tour tour = {.sockets = sockets, .count = count};

	return run_thread(tour_main, &tour);
}
