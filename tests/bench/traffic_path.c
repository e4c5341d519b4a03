/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "traffic.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <libmnl/libmnl.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench.h"
#include "traffic_address.h"

static void die(const char *what)
{
	perror(what);
	exit(1);
}

/* ip(8), in the process's namespace; lines of `ip -batch`. */
static void ip_batch(const char *format, ...)
{
	FILE *f = popen("ip -batch -", "w");
	va_list arguments;

	if (!f)
		die("ip");
	va_start(arguments, format);
	vfprintf(f, format, arguments);
	va_end(arguments);
	if (pclose(f) != 0) {
		fprintf(stderr, "bench: ip failed\n");
		exit(1);
	}
}

static int new_netns(void)
{
	bench_new_netns();
	ip_batch("link set lo up\n");
	return bench_open_netns();
}

static void set_forwarding(void)
{
	int fd = open("/proc/sys/net/ipv4/ip_forward", O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, "1", 1) != 1)
		die("ip_forward");
	close(fd);
}

static void add_links(const struct path *p)
{
	int pid = (int)getpid();

	ip_batch("link add client type veth peer name eth0 netns /proc/%d/fd/%d\n"
		 "link add server type veth peer name eth0 netns /proc/%d/fd/%d\n"
		 "addr add " NODE_TO_CLIENT "/16 dev client\n"
		 "addr add " NODE_TO_SERVER "/16 dev server\n"
		 "link set client up\n"
		 "link set server up\n"
		 "route add " BACKENDS " via " SERVER "\n",
		 pid, p->client, pid, p->server);
}

static void listen_on_server(struct path *p)
{
	const struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons(TRAFFIC_PORT)};
	const struct linger reset = {.l_onoff = 1};

	p->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* What is accepted inherits it: closing resets. */
	if (p->listener < 0 ||
	    setsockopt(p->listener, SOL_SOCKET, SO_LINGER, &reset, sizeof(reset)) < 0 ||
	    bind(p->listener, (const struct sockaddr *)&any, sizeof(any)) < 0 ||
	    listen(p->listener, 1024) < 0)
		die("listen");
}

static void add_client_addresses(void)
{
	unsigned int i;

	for (i = 0; i < N_CLIENT_ADDRESSES; i++)
		ip_batch("addr add " CLIENT_NETWORK ".%u/16 dev eth0\n", CLIENT_FIRST + i);
	ip_batch("link set eth0 up\nroute add default via " NODE_TO_CLIENT "\n");
}

void path_open(struct path *p)
{
	memset(p, 0, sizeof(*p));
	p->client = new_netns();
	p->server = new_netns();
	p->node = new_netns();
	set_forwarding();
	add_links(p);
	p->conntrack = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);
	if (p->conntrack < 0)
		die("netlink");
	bench_enter_netns(p->client);
	add_client_addresses();
	bench_enter_netns(p->server);
	ip_batch("addr add " SERVER "/16 dev eth0\nlink set eth0 up\n"
		 "route add default via " NODE_TO_SERVER "\n");
	listen_on_server(p);
	bench_enter_netns(p->node);
}

void path_add_backend(struct path *p, const char *address)
{
	bench_enter_netns(p->server);
	ip_batch("addr add %s/32 dev lo\n", address);
	bench_enter_netns(p->node);
}

void path_flush(struct path *p)
{
	char buffer[512] __attribute__((aligned(NLMSG_ALIGNTO)));
	struct nlmsghdr *message = mnl_nlmsg_put_header(buffer);
	struct nfgenmsg *header = mnl_nlmsg_put_extra_header(message, sizeof(*header));
	const struct nlmsgerr *error = mnl_nlmsg_get_payload(message);

	message->nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE;
	message->nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	header->nfgen_family = AF_INET;
	if (send(p->conntrack, buffer, message->nlmsg_len, 0) < 0 ||
	    recv(p->conntrack, buffer, sizeof(buffer), 0) < 0)
		die("conntrack");
	if (message->nlmsg_type != NLMSG_ERROR || error->error) {
		fprintf(stderr, "bench: connection tracking is not flushed: %s\n",
			strerror(-error->error));
		exit(1);
	}
}
