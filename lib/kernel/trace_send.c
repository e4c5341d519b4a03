/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A packet from a TUN device of our own, or from the node itself. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "kernel/sysctl.h"
#include "kernel/trace.h"

/* RFC 7600: an address that means nobody. A device without an address has no sources that
 * rp_filter would let through. */
#define DUMMY_ADDRESS 0xc0000008u

struct job {
	struct trace *t;
	int result;
};

/* --- the device ----------------------------------------------------------------- */

static void set(const struct trace *t, const char *family, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "net/%s/conf/%s/%s", family, t->device_name, name);
	/* Without IPv6 there are none; what is missing shows in the trace. */
	(void)sysctl_write(path, value);
}

/* The packet's source need not be reached by way of the device. */
static void configure(const struct trace *t)
{
	char all[16] = "";

	(void)sysctl_read("net/ipv4/conf/all/rp_filter", all, sizeof(all));
	set(t, "ipv4", "rp_filter", strcmp(all, "0") ? "2" : "0");
	set(t, "ipv6", "disable_ipv6", "0");
	set(t, "ipv6", "addr_gen_mode", "1");
	set(t, "ipv6", "accept_ra", "0");
}

static int bring_up(const struct trace *t, int fd)
{
	struct sockaddr_in address = {.sin_family = AF_INET,
				      .sin_addr.s_addr = htonl(DUMMY_ADDRESS)};
	struct ifreq request = {.ifr_flags = 0};

	memcpy(request.ifr_name, t->device_name, sizeof(request.ifr_name));
	memcpy(&request.ifr_addr, &address, sizeof(address));
	if (ioctl(fd, SIOCSIFADDR, &request) < 0)
		return -errno;
	address.sin_addr.s_addr = 0xffffffff;
	memcpy(&request.ifr_addr, &address, sizeof(address));
	if (ioctl(fd, SIOCSIFNETMASK, &request) < 0)
		return -errno;
	memset(&request.ifr_addr, 0, sizeof(request.ifr_addr));
	request.ifr_flags = IFF_UP | IFF_RUNNING;
	return ioctl(fd, SIOCSIFFLAGS, &request) < 0 ? -errno : 0;
}

static void open_here(void *data)
{
	struct job *job = data;
	struct trace *t = job->t;
	struct ifreq request = {.ifr_name = "k8sntrace%d", .ifr_flags = IFF_TUN | IFF_NO_PI};
	_cleanup_close_ int fd = -1;

	t->device = open("/dev/net/tun", O_RDWR | O_CLOEXEC | O_NONBLOCK);
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (t->device < 0 || fd < 0 || ioctl(t->device, TUNSETIFF, &request) < 0) {
		job->result = -errno;
		return;
	}
	memcpy(t->device_name, request.ifr_name, sizeof(t->device_name));
	t->device_name[sizeof(t->device_name) - 1] = 0;
	configure(t);
	job->result = bring_up(t, fd);
}

int trace_open_device(struct trace *t)
{
	struct job job = {.t = t};
	int r = netns_run(&t->kernel->ns, open_here, &job);

	return r < 0 ? r : job.result;
}

/* --- sending ---------------------------------------------------------------------- */

static int send_raw(int fd, const struct k8snet_flow *flow, const void *packet, size_t length)
{
	struct sockaddr_in6 to6 = {.sin6_family = AF_INET6};
	struct sockaddr_in to = {.sin_family = AF_INET};
	bool is_ipv6 = flow->source.family == 6;

	memcpy(&to.sin_addr, flow->destination.bytes, 4);
	memcpy(&to6.sin6_addr, flow->destination.bytes, 16);
	if (sendto(fd, packet, length, MSG_DONTWAIT,
		   is_ipv6 ? (const struct sockaddr *)&to6 : (const struct sockaddr *)&to,
		   is_ipv6 ? sizeof(to6) : sizeof(to)) >= 0)
		return 0;
	/* So the sender hears of a drop. */
	return errno == EPERM ? 0 : -errno;
}

static void send_here(void *data)
{
	struct job *job = data;
	const struct trace *t = job->t;
	uint8_t packet[TRACE_PACKET_SIZE];
	size_t length = trace_fill_packet(packet, t);
	_cleanup_close_ int fd = -1;

	if (!t->is_node) {
		job->result = write(t->device, packet, length) < 0 ? -errno : 0;
		return;
	}
	fd = socket(t->flow->source.family == 6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC,
		    IPPROTO_RAW);
	job->result = fd < 0 ? -errno : send_raw(fd, t->flow, packet, length);
}

int trace_send(struct trace *t)
{
	struct job job = {.t = t};
	int r = netns_run(&t->kernel->ns, send_here, &job);

	return r < 0 ? r : job.result;
}
