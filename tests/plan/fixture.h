/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_PLAN_FIXTURE_H
#define TESTS_PLAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "memory_kernel.h"

/*
 * A cluster of three nodes, seen from node-1: its machine in memory, and a kernel
 * handle on it. The nodes have addresses 10.100.0.1 ... and fd00:100::1 ..., pod
 * subnets 10.1.1.0/24 ... and fd00:1:1::/64 ...
 */
struct world {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	struct machine *machine;
	struct k8snet_kernel *kernel;
	int families; /* 4, 6 or 46 */
};

/* Without nodes. */
void world_init(struct world *w, int families);
void world_done(struct world *w);
/* What was planned change by change, by a new process, and in an empty world is the same. */
void world_finish(struct world *w);
/* Three nodes; a test's usual world. */
void world_init_nodes(struct world *w, int families, enum k8snet_mode mode, enum k8snet_link link);
/* A machine of node-1, with its uplink. */
struct machine *world_machine(int families);
/* A new handle on the machine, as after a restart. */
void world_restart(struct world *w);

bool has4(const struct world *w);
bool has6(const struct world *w);

/* "node-N". */
void add_node(struct world *w, unsigned int n);
/* A pod shop/NAME on node-NODE with the host part HOST, and its namespace. */
struct k8snet_pod *add_pod(struct world *w, const char *name, unsigned int node, unsigned int host);
/* A service shop/NAME with VIPs 10.96.0.N and fd00:96::N, port 80/TCP "http". */
struct k8snet_service *add_service(struct world *w, const char *name, unsigned int n);
/* A slice shop/NAME of a service, port 8080/TCP "http". */
struct k8snet_endpointslice *add_slice(struct world *w, const char *name, const char *service,
				       int family);
/* The pod with host part HOST on node-NODE, ready. */
void add_endpoint(struct k8snet_endpointslice *slice, unsigned int node, unsigned int host);
void remove_endpoint(struct k8snet_endpointslice *slice, unsigned int node, unsigned int host);
void add_endpoint_with(struct k8snet_endpointslice *slice, unsigned int node, unsigned int host,
		       unsigned int conditions);
struct k8snet_pod *pod(struct world *w, const char *name);
struct k8snet_service *service(struct world *w, const char *name);
struct k8snet_endpointslice *slice(struct world *w, const char *name);
/* Two pods here, one there, a service with all of them in each family. */
void add_shop(struct world *w);

/* --- plans ---------------------------------------------------------------- */

/* A plan for node-1. */
unsigned int plan_flags(const struct world *w, unsigned int flags);
struct k8snet_plan *plan_for(struct world *w, unsigned int flags);
/* Plan, apply, release; how many operations it took. */
size_t sync_with(struct world *w, unsigned int flags);
/* ... and nothing is left to do, the machine is sound. */
void sync_world(struct world *w);
/* The text of a plan without the owners: one operation a line. Freed by the caller. */
char *plan_text(struct k8snet_plan *plan);
/* The plan consists of these lines, in any order. */
void expect_plan_of(struct k8snet_plan *plan, const char *const *lines, size_t n);
#define expect_plan(w, flags, ...)                                                 \
	do {                                                                       \
		const char *lines_[] = {__VA_ARGS__};                              \
		struct k8snet_plan *plan_ = plan_for((w), (flags));                \
		expect_plan_of(plan_, lines_, sizeof(lines_) / sizeof(lines_[0])); \
		k8snet_plan_unref(plan_);                                          \
	} while (0)
void expect_empty(struct world *w, unsigned int flags);
/* Expect these operations, do them, and expect that this was all. */
#define expect_repair(w, ...)                                  \
	do {                                                   \
		expect_plan(w, K8SNET_PLAN_FULL, __VA_ARGS__); \
		sync_world(w);                                 \
	} while (0)
/* The machine is as one on which the cluster was planned from nothing. */
void expect_as_fresh(struct world *w, bool used_only);
const char *last_error(const struct world *w);

/* --- keys of kernel objects, for drift ------------------------------------ */

struct kobj key_link(const char *netns, const char *name);
struct kobj key_address(const char *netns, const char *link, const char *prefix);
struct kobj key_neighbour(const char *netns, const char *link, const char *address);
struct kobj key_route(const char *netns, const char *prefix);
struct kobj key_fdb(const char *link, const uint8_t *mac);
/* The value of an element as nft prints it, "goto cluster-tcp-2"; NULL: none. */
struct nft_element key_service(const char *vip, uint16_t port);
struct nft_element key_slot(const char *vip, uint16_t port, uint16_t slot);

#endif
