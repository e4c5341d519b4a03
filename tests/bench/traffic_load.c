/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "traffic_address.h"

#define WINDOW	   64 /* connections under way */
#define FIRST_PORT 1024
#define N_PORTS	   64000
#define CHUNK	   (64 << 10) /* what one call sends; a little more than that is under way */
#define PATIENCE   5000	      /* milliseconds in which something has to happen */

static void fail(const char *what, int error)
{
	fprintf(stderr, "bench: traffic: %s: %s\n", what, strerror(error));
	exit(1);
}

static int open_client(struct path *p)
{
	struct sockaddr_in from = {.sin_family = AF_INET};
	uint32_t n = p->next_client++;
	int fd, one = 1;

	inet_pton(AF_INET, CLIENT_NETWORK ".0", &from.sin_addr);
	from.sin_addr.s_addr += htonl(CLIENT_FIRST + n / N_PORTS % N_CLIENT_ADDRESSES);
	from.sin_port = htons((uint16_t)(FIRST_PORT + n % N_PORTS));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (const struct sockaddr *)&from, sizeof(from)) < 0)
		fail("bind", errno);
	return fd;
}

static int start_client(struct path *p, struct in_addr to)
{
	const struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons(80), .sin_addr = to};
	int fd = open_client(p);

	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0 &&
	    errno != EINPROGRESS)
		fail("connect", errno);
	return fd;
}

static void watch(int epoll, int fd, uint32_t events)
{
	struct epoll_event event = {.events = events, .data.fd = fd};

	if (epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) < 0)
		fail("epoll", errno);
}

/* The server resets what it accepted at once. */
static void accept_all(const struct path *p)
{
	int fd;

	while ((fd = accept4(p->listener, NULL, NULL, SOCK_CLOEXEC)) >= 0)
		close(fd);
	if (errno != EAGAIN)
		fail("accept", errno);
}

/* A connection that was there and is reset is one that was made; one that was refused, or
 * had no answer, was not. */
static void finish_client(int fd)
{
	socklen_t size = sizeof(int);
	int error = 0;

	getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size);
	if (error != ECONNRESET)
		fail("a connection", error ? error : EPROTO);
	close(fd);
}

/* Returns how many connections came to their end. */
static unsigned int take_events(const struct path *p, int epoll)
{
	struct epoll_event events[WINDOW + 1];
	int i, n = epoll_wait(epoll, events, WINDOW + 1, PATIENCE);
	unsigned int n_done = 0;

	if (n <= 0)
		fail("no answer", n ? errno : ETIMEDOUT);
	for (i = 0; i < n; i++) {
		if (events[i].data.fd == p->listener) {
			accept_all(p);
		} else {
			finish_client(events[i].data.fd);
			n_done++;
		}
	}
	return n_done;
}

double traffic_connect(struct path *p, struct in_addr to, unsigned int count)
{
	int epoll = epoll_create1(EPOLL_CLOEXEC);
	unsigned int n_started = 0, n_done = 0;
	double start;

	if (epoll < 0)
		fail("epoll", errno);
	watch(epoll, p->listener, EPOLLIN);
	bench_enter_netns(p->client);
	start = bench_now_us();
	while (n_done < count) {
		while (n_started < count && n_started - n_done < WINDOW) {
			watch(epoll, start_client(p, to), EPOLLIN | EPOLLRDHUP);
			n_started++;
		}
		n_done += take_events(p, epoll);
	}
	start = bench_now_us() - start;
	close(epoll);
	bench_enter_netns(p->node);
	return start;
}

static int accept_one(const struct path *p)
{
	struct pollfd poll_fd = {.fd = p->listener, .events = POLLIN};
	int fd;

	if (poll(&poll_fd, 1, PATIENCE) != 1)
		fail("no connection", ETIMEDOUT);
	fd = accept4(p->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd < 0)
		fail("accept", errno);
	return fd;
}

/* Both ends got stuck: what is under way has to arrive. `client` is -1 if all was sent. */
static void wait_for_either(int client, int server)
{
	struct pollfd fds[2] = {{.fd = client, .events = POLLOUT},
				{.fd = server, .events = POLLIN}};

	if (poll(fds, 2, PATIENCE) <= 0)
		fail("a stream stands still", ETIMEDOUT);
}

static void pump(int client, int server, uint64_t bytes)
{
	static const char zeros[CHUNK];
	uint64_t n_sent = 0, n_received = 0;
	ssize_t sent, received;

	while (n_received < bytes) {
		uint64_t rest = bytes - n_sent;

		sent = rest ? send(client, zeros, rest < CHUNK ? rest : CHUNK, MSG_NOSIGNAL) : -1;
		if (sent < 0 && rest && errno != EAGAIN)
			fail("send", errno);
		n_sent += sent > 0 ? (uint64_t)sent : 0;
		/* Counted, and thrown away by the kernel. */
		received = recv(server, NULL, CHUNK * 16, MSG_TRUNC);
		if (received == 0 || (received < 0 && errno != EAGAIN))
			fail("receive", received ? errno : ECONNRESET);
		n_received += received > 0 ? (uint64_t)received : 0;
		if (sent <= 0 && received <= 0)
			wait_for_either(rest ? client : -1, server);
	}
}

/* A connection with both of its ends. */
struct pair {
	int client, server;
};

static void pair_open(struct path *p, struct pair *pair, struct in_addr to)
{
	const int one = 1;

	bench_enter_netns(p->client);
	pair->client = start_client(p, to);
	pair->server = accept_one(p);
	if (setsockopt(pair->client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0 ||
	    setsockopt(pair->server, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		fail("TCP_NODELAY", errno);
}

/* The server resets; the port is free at once. */
static void pair_close(struct path *p, struct pair *pair)
{
	close(pair->server);
	close(pair->client);
	bench_enter_netns(p->node);
}

double traffic_stream(struct path *p, struct in_addr to, uint64_t bytes)
{
	struct pair pair;
	double start;

	pair_open(p, &pair, to);
	start = bench_now_us();
	pump(pair.client, pair.server, bytes);
	start = bench_now_us() - start;
	pair_close(p, &pair);
	return start;
}

/* A packet with one byte from here to there. */
static void pass(int from, int to)
{
	char byte = 0;
	ssize_t n;

	if (send(from, &byte, 1, MSG_NOSIGNAL) != 1)
		fail("send", errno);
	while ((n = recv(to, &byte, 1, 0)) != 1) {
		if (n == 0 || errno != EAGAIN)
			fail("receive", n ? errno : ECONNRESET);
		wait_for_either(-1, to);
	}
}

double traffic_round_trips(struct path *p, struct in_addr to, unsigned int count)
{
	struct pair pair;
	unsigned int i;
	double start;

	pair_open(p, &pair, to);
	start = bench_now_us();
	for (i = 0; i < count; i++) {
		pass(pair.client, pair.server);
		pass(pair.server, pair.client);
	}
	start = bench_now_us() - start;
	pair_close(p, &pair);
	return start;
}

void traffic_pin(void)
{
	cpu_set_t allowed, one;
	int cpu = CPU_SETSIZE - 1;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0)
		fail("CPU", errno);
	while (cpu > 0 && !CPU_ISSET(cpu, &allowed))
		cpu--;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	if (sched_setaffinity(0, sizeof(one), &one) < 0)
		fail("CPU", errno);
}
