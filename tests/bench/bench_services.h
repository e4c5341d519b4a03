/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_BENCH_SERVICES_H
#define BENCH_BENCH_SERVICES_H

#include "services.h"
#include "services_floor.h"

/* The rows of bench_services, and what its halves share: the library against the floor, and
 * against kube-proxy. */
enum row {
	ROW_LOAD,
	ROW_RESTART,
	ROW_ROLLING,
	ROW_CHANGES, /* the first of two times N_CHANGES: plain services, special ones */
};

enum change {
	ENDPOINT_REPLACED,
	ENDPOINT_ADDED,
	ENDPOINT_REMOVED,
	SERVICE_REMOVED,
	SERVICE_ADDED,
	N_CHANGES,
};

#define N_ROWS (ROW_CHANGES + 2 * N_CHANGES)

struct change_kind {
	const char *name;
	void (*fn)(struct bench_cluster *c, unsigned int k);
	const char *peer; /* the generator's operation; NULL: it has none */
};
extern const struct change_kind changes[N_CHANGES];

/* Medians, microseconds; of the peer 0: not measured. Shared with the processes. */
struct results {
	unsigned int n_services;
	bool has_affinity;
	double ours[N_ROWS], floor[N_ROWS], peer[N_ROWS];
};

extern struct results *results;
extern size_t n_results;

struct bench {
	struct bench_cluster c;
	struct k8snet_kernel *kernel;
	struct floor floor;
	struct results *r;
};

/* Static, until the next call. */
const char *row_name(unsigned int row, const struct results *r);

/* The rows of kube-proxy, in namespaces of its own; bench_size() has been called. */
void bench_peer(struct bench *b);

#endif
