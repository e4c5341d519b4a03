/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_PATH_H
#define K8SNET_PATH_H

#include <stddef.h>
#include <stdint.h>

#include <k8snet/address.h>
#include <k8snet/service.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_frontend;
struct k8snet_kernel;
struct k8snet_table;

/* The first packet of a connection, as its sender made it. */
struct k8snet_flow {
	size_t size; /* sizeof(struct k8snet_flow) */
	struct k8snet_address source;
	struct k8snet_address destination; /* of the same family */
	enum k8snet_protocol protocol;
	uint16_t port; /* of the destination */
};

/* struct k8snet_path: what becomes of such a packet on a node, step by step. */
struct k8snet_path;

/*
 * Follow a packet through the tables as they were read: which sets it is in, which element
 * and chain take it, where it may go. What a table does not say is asked of `kernel`: which
 * addresses are the node's own, and which backend session affinity has remembered for the
 * source. Nothing is changed, no packet is sent. Whether the source is a pod, the node or
 * somebody outside is told as the rules do: by its address, or by the link that it comes over,
 * which is taken to be the one that leads there. *out is the caller's and
 * holds a reference to `table`.
 * Errors: -EINVAL (families differ, not unicast, port 0), -EIO, -EPERM, -ENOMEM.
 */
int k8snet_table_explain(struct k8snet_path **out, struct k8snet_table *table,
			 struct k8snet_kernel *kernel, const struct k8snet_flow *flow);

/*
 * Have the kernel itself say it: send such a packet, and read the trace of nftables. A
 * packet from an address of the node comes from a raw socket, another one from a TUN device
 * that exists for as long as this takes, a fraction of a second; a table "k8snet-trace-PID",
 * which the kernel removes with the process in any case, drops the packet when all other
 * tables have seen it, as it does an answer of the node. So nothing leaves the node, and
 * connection tracking keeps no entry. What session affinity had remembered of the source is
 * as it was afterwards; counters and a round robin go on by one.
 * Needs CAP_NET_ADMIN, CAP_NET_RAW and /dev/net/tun. *out is the caller's.
 * Errors: -EINVAL, -EPERM, -ENOTSUP (no TUN devices), -EIO, -ENOMEM.
 */
int k8snet_kernel_trace(struct k8snet_path **out, struct k8snet_kernel *kernel,
			const struct k8snet_flow *flow);

struct k8snet_path *k8snet_path_ref(struct k8snet_path *path);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_path *k8snet_path_unref(struct k8snet_path *path);

/* The steps in order, each a line of text. NULL past the last. Borrowed. */
size_t k8snet_path_count_steps(const struct k8snet_path *path);
const char *k8snet_path_get_step(const struct k8snet_path *path, size_t index);

enum k8snet_outcome {
	K8SNET_OUTCOME_UNTOUCHED = 0,  /* not a service's: goes on as it is */
	K8SNET_OUTCOME_TRANSLATED = 1, /* to a backend */
	K8SNET_OUTCOME_REJECTED = 2,   /* refused: TCP reset, ICMP port unreachable */
	K8SNET_OUTCOME_DROPPED = 3,
	K8SNET_OUTCOME_UNKNOWN = 4, /* somebody else changed the table */
	K8SNET_OUTCOME_LOST = 5,    /* of a trace: routing had no way for it, or dropped it */
};
enum k8snet_outcome k8snet_path_get_outcome(const struct k8snet_path *path);
/* "untouched", "translated", "rejected", "dropped", "unknown", "lost". Static. */
const char *k8snet_outcome_get_name(enum k8snet_outcome outcome);

/* The frontend that takes the packet; NULL: none, or it is a trace. Borrowed. */
const struct k8snet_frontend *k8snet_path_get_frontend(const struct k8snet_path *path);

/* Whether the source's address is replaced by one of the node. */
enum k8snet_masquerade {
	K8SNET_MASQUERADE_NO = 0,
	K8SNET_MASQUERADE_YES = 1,
	K8SNET_MASQUERADE_UNSEEN = 2, /* of a trace that ended before */
};

/* Where the packet may go, if it is translated: one that is known, or one of several. */
size_t k8snet_path_count_backends(const struct k8snet_path *path);
/* The index-th; `port` and `masquerade` may be NULL. Errors: -ENOENT (past the last). */
int k8snet_path_get_backend(const struct k8snet_path *path, size_t index,
			    struct k8snet_address *address, uint16_t *port,
			    enum k8snet_masquerade *masquerade);

/*
 * Whether a trace is what the explanation says: the same outcome, a backend that it names,
 * masquerading or not. NULL if so; else what differs: "outcome", "backend",
 * "masquerading", or "link", when the source is told to be a pod's by the link that it comes
 * over, which a traced packet does not. Static.
 */
const char *k8snet_path_compare(const struct k8snet_path *explained,
				const struct k8snet_path *traced);

#ifdef __cplusplus
}
#endif

#endif
