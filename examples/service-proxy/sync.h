/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_SYNC_H
#define PROXY_SYNC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "health.h"
#include "metrics.h"

struct k8snet_cluster;
struct k8snet_kernel;

/*
 * When the cluster is planned and applied. Changes that come together are applied
 * together: as soon as nothing more is there to be read, but after 100 ms in any case,
 * and not more often than was asked for. What fails is tried again, ever more rarely.
 */
struct sync {
	struct k8snet_cluster *cluster;
	struct k8snet_kernel *kernel;
	const char *node_name;
	struct health *health;
	struct metrics *metrics;
	int64_t period, min_period; /* nanoseconds */

	bool is_held;	      /* not all objects have been read yet */
	bool needs_full;      /* compare everything */
	int64_t since;	      /* something waits; monotonic, 0: nothing does */
	int64_t not_before;   /* monotonic */
	int64_t next_full;    /* monotonic */
	int64_t backoff;      /* after a failure; 0: the last one succeeded */
	bool is_disturbed;    /* somebody changed the tables: notices came */
	double repairs_left;  /* that may follow each other without a pause */
	int64_t repairs_time; /* when that was reckoned */
	uint64_t applied;     /* generation of the cluster */

	int64_t start;	   /* since 1970 */
	int64_t *triggers; /* times since 1970 of changes that wait */
	size_t trigger_count, trigger_capacity;
};

void sync_init(struct sync *sync, int64_t period, int64_t min_period);
void sync_done(struct sync *sync);

/* The cluster has changed. */
void sync_request(struct sync *sync);
/* Compare everything. */
void sync_request_full(struct sync *sync);
/* An endpoint changed in the cluster at that time since 1970. */
void sync_add_trigger(struct sync *sync, int64_t time);
/* The kernel's notices are to be read. */
void sync_kernel_ready(void *data);

/* When sync_run() is due, if nothing is to be read; and in any case. Monotonic. */
int64_t sync_get_due(const struct sync *sync);
int64_t sync_get_deadline(const struct sync *sync);
/* Plan and apply, whether it is due or not. 0 or a negative errno of the library. */
int sync_run(struct sync *sync);

#endif
