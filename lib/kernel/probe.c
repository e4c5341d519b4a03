/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/ip6.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "plan/nft/nft.h"

/* What a full queue may hold up one. */
#define SEND_TIMEOUT_US 100000
#define HOP_LIMIT	64

struct opening {
	uint8_t family;
	int fd;
};

static void open_here(void *data)
{
	const struct timeval timeout = {.tv_usec = SEND_TIMEOUT_US};
	struct opening *opening = data;

	opening->fd = socket(opening->family == 6 ? AF_INET6 : AF_INET, SOCK_RAW | SOCK_CLOEXEC,
			     IPPROTO_RAW);
	if (opening->fd < 0)
		opening->fd = -errno;
	else
		setsockopt(opening->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
}

int probe_open(const struct netns *ns, uint8_t family)
{
	struct opening opening = {.family = family};
	int r = netns_run(ns, open_here, &opening);

	return r < 0 ? r : opening.fd;
}

/* --- the packet ------------------------------------------------------------- */

static uint32_t sum(uint32_t start, const void *data, size_t size)
{
	const uint8_t *p = data;
	size_t i;

	for (i = 0; i < size; i += 2)
		start += (uint32_t)p[i] << 8 | p[i + 1];
	return start;
}

/* Of the segment and the pseudo header, RFC 9293, section 3.1. */
static uint16_t checksum(const struct tcphdr *tcp, size_t address_size,
			 const struct probe_end *from, const struct probe_end *to)
{
	uint32_t total = IPPROTO_TCP + sizeof(*tcp);

	total = sum(total, from->address, address_size);
	total = sum(total, to->address, address_size);
	total = sum(total, tcp, sizeof(*tcp));
	total = (total & 0xffff) + (total >> 16);
	total = (total & 0xffff) + (total >> 16);
	return htons((uint16_t)~total);
}

/* The kernel fills in the length, the identification and the checksum. */
static size_t build_ip4(uint8_t *packet, const struct probe_end *from, const struct probe_end *to)
{
	struct iphdr ip = {
		.version = 4, .ihl = sizeof(ip) / 4, .ttl = HOP_LIMIT, .protocol = IPPROTO_TCP};

	memcpy(&ip.saddr, from->address, sizeof(ip.saddr));
	memcpy(&ip.daddr, to->address, sizeof(ip.daddr));
	memcpy(packet, &ip, sizeof(ip));
	return sizeof(ip);
}

static size_t build_ip6(uint8_t *packet, const struct probe_end *from, const struct probe_end *to)
{
	struct ip6_hdr ip = {.ip6_flow = htonl(6u << 28),
			     .ip6_plen = htons(sizeof(struct tcphdr)),
			     .ip6_nxt = IPPROTO_TCP,
			     .ip6_hlim = HOP_LIMIT};

	memcpy(&ip.ip6_src, from->address, sizeof(ip.ip6_src));
	memcpy(&ip.ip6_dst, to->address, sizeof(ip.ip6_dst));
	memcpy(packet, &ip, sizeof(ip));
	return sizeof(ip);
}

size_t probe_build(uint8_t *packet, uint8_t family, const struct probe_end *from,
		   const struct probe_end *to)
{
	struct tcphdr tcp = {.source = htons(from->port),
			     .dest = htons(to->port),
			     .doff = sizeof(tcp) / 4,
			     .syn = 1,
			     .ack = 1,
			     .window = htons(1024)};
	size_t size = family == 6 ? build_ip6(packet, from, to) : build_ip4(packet, from, to);

	tcp.check = checksum(&tcp, nft_address_size(family), from, to);
	memcpy(packet + size, &tcp, sizeof(tcp));
	return size + sizeof(tcp);
}

void probe_send(int fd, uint8_t family, const struct probe_end *from, const struct probe_end *to)
{
	uint8_t packet[PROBE_MAX_SIZE];
	size_t size = probe_build(packet, family, from, to);
	union {
		struct sockaddr any;
		struct sockaddr_in in;
		struct sockaddr_in6 in6;
	} address = {0};
	socklen_t length = family == 6 ? sizeof(address.in6) : sizeof(address.in);

	if (family == 6) {
		address.in6.sin6_family = AF_INET6;
		memcpy(&address.in6.sin6_addr, to->address, sizeof(address.in6.sin6_addr));
	} else {
		address.in.sin_family = AF_INET;
		memcpy(&address.in.sin_addr, to->address, sizeof(address.in.sin_addr));
	}
	while (sendto(fd, packet, size, MSG_NOSIGNAL, &address.any, length) < 0 && errno == EINTR)
		;
}
