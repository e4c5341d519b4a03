/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_TRACE_H
#define KERNEL_TRACE_H

#include <stdbool.h>

#include "kernel/netlink.h"
#include "kernel/path.h"

#define TRACE_TABLE_SIZE  32
#define TRACE_PACKET_SIZE 128

/* What was seen of a packet where its headers were told. */
struct trace_sight {
	bool is_seen;
	struct k8snet_address source, destination;
	uint16_t source_port, port;
};

/* One packet on its way through the kernel. */
struct trace {
	struct netlink_kernel *kernel;
	const struct k8snet_flow *flow;
	struct k8snet_path *path;
	bool is_node;		      /* it is sent by the node itself */
	uint16_t source_port;	      /* by which it is known */
	char table[TRACE_TABLE_SIZE]; /* of ours, in which it is marked and dropped */
	int owner;		      /* of the table: a socket; -1 */
	int events;		      /* a socket; -1 */
	int device;		      /* the TUN device; -1 */
	char device_name[16];

	uint32_t id, reply_id; /* of the events; 0: none yet */
	struct trace_sight first, translated, last;
	bool is_over;	 /* it reached the end, or was dropped */
	bool is_dropped; /* by somebody else */
	bool is_refused; /* the node answered */
};

/* It goes when `owner` is closed. 0 or -errno. */
int trace_add_table(struct trace *t);
/* The packet: the beginning of a connection. How long it is. */
size_t trace_fill_packet(uint8_t buffer[TRACE_PACKET_SIZE], const struct trace *t);
/* Have it come from where it comes from. 0 or -errno. */
int trace_open_device(struct trace *t);
int trace_send(struct trace *t);
/* A socket with events. 0 or -errno. */
int trace_open_events(struct trace *t);
/* Until it is over, or nothing more comes. 0 or -errno. */
int trace_read_events(struct trace *t);

int netlink_trace(struct k8snet_kernel *kernel, const struct k8snet_flow *flow,
		  struct k8snet_path *path);

#endif
