/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The first packet of a connection, with all checksums: connection tracking looks at them. */
#include <arpa/inet.h>
#include <endian.h>
#include <string.h>

#include "kernel/trace.h"

#define HOPS	 64
#define TCP_SIZE 20
#define TCP_SYN	 0x02
#define UDP_SIZE 8
/* The common header, and a chunk that asks for an association. */
#define SCTP_SIZE (12 + 20)

static void put16(uint8_t *p, uint16_t value)
{
	p[0] = (uint8_t)(value >> 8);
	p[1] = (uint8_t)value;
}

/* Of the Internet checksum. */
static uint32_t sum(const uint8_t *p, size_t length, uint32_t sum)
{
	for (; length > 1; length -= 2, p += 2)
		sum += (uint32_t)(p[0] << 8 | p[1]);
	return sum;
}

static uint16_t fold(uint32_t sum)
{
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return (uint16_t)~sum;
}

static size_t fill_tcp(uint8_t *p)
{
	p[4] = 0x6b; /* a sequence number */
	p[12] = TCP_SIZE / 4 << 4;
	p[13] = TCP_SYN;
	put16(p + 14, 65535);
	return TCP_SIZE;
}

static size_t fill_udp(uint8_t *p)
{
	put16(p + 4, UDP_SIZE);
	return UDP_SIZE;
}

static uint32_t crc32c(const uint8_t *p, size_t length)
{
	uint32_t crc = ~0u;
	int bit;

	for (; length; length--, p++)
		for (crc ^= *p, bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? 0x82f63b78 : 0);
	return ~crc;
}

static size_t fill_sctp(uint8_t *p)
{
	static const uint8_t init[20] = {1, 0, 0, 20, 0x6b, 0, 0, 1, 0, 1, 0, 0, 0, 1, 0, 1, 0x6b};
	uint32_t crc;

	memcpy(p + 12, init, sizeof(init));
	crc = htole32(crc32c(p, SCTP_SIZE));
	memcpy(p + 8, &crc, 4);
	return SCTP_SIZE;
}

static size_t fill_transport(uint8_t *p, const struct trace *t)
{
	put16(p, t->source_port);
	put16(p + 2, t->flow->port);
	if (t->flow->protocol == K8SNET_PROTOCOL_TCP)
		return fill_tcp(p);
	return t->flow->protocol == K8SNET_PROTOCOL_UDP ? fill_udp(p) : fill_sctp(p);
}

static void check_transport(uint8_t *p, size_t length, const struct k8snet_flow *flow)
{
	size_t size = nft_address_size(flow->source.family);
	uint32_t s = (uint32_t)flow->protocol + (uint32_t)length;

	if (flow->protocol == K8SNET_PROTOCOL_SCTP)
		return;
	s = sum(flow->source.bytes, size, sum(flow->destination.bytes, size, s));
	put16(p + (flow->protocol == K8SNET_PROTOCOL_TCP ? 16 : 6), fold(sum(p, length, s)));
}

size_t trace_fill_packet(uint8_t p[TRACE_PACKET_SIZE], const struct trace *t)
{
	const struct k8snet_flow *flow = t->flow;
	bool is_ipv6 = flow->source.family == 6;
	size_t header = is_ipv6 ? 40 : 20, size = nft_address_size(flow->source.family), length;

	memset(p, 0, TRACE_PACKET_SIZE);
	length = fill_transport(p + header, t);
	check_transport(p + header, length, flow);
	memcpy(p + header - 2 * size, flow->source.bytes, size);
	memcpy(p + header - size, flow->destination.bytes, size);
	p[0] = is_ipv6 ? 0x60 : 0x45;
	if (is_ipv6) {
		put16(p + 4, (uint16_t)length);
		p[6] = (uint8_t)flow->protocol;
		p[7] = HOPS;
	} else {
		put16(p + 2, (uint16_t)(header + length));
		p[8] = HOPS;
		p[9] = (uint8_t)flow->protocol;
		put16(p + 10, fold(sum(p, header, 0)));
	}
	return header + length;
}
