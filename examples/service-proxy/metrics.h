/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_METRICS_H
#define PROXY_METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "histogram.h"

struct http_response;
struct k8snet_cluster;

/* What has been counted since the start. */
struct metrics {
	const struct k8snet_cluster *cluster;
	struct histogram sync_duration, network_programming;
	int64_t last_sync, last_queued; /* since 1970, nanoseconds; 0: never */
	uint64_t syncs, full_syncs, sync_failures, operations;
	uint64_t disturbances, repairs, repair_operations;
	uint64_t service_changes, endpoint_changes;
	uint64_t service_pending, endpoint_pending;
	uint64_t events[EVENT_N_TYPES], rejected, skipped;
	uint64_t healthz[2], livez[2]; /* 503, 200 */
	uint64_t watches;	       /* that have not ended */
	uint64_t health_checks, health_check_failures;
};

void metrics_init(struct metrics *metrics, const struct k8snet_cluster *cluster);
void metrics_count_health(struct metrics *metrics, bool is_healthz, bool is_healthy);

/* /metrics in Prometheus' text format, an http_answer_fn; `data` is a struct metrics. */
void metrics_answer(void *data, const char *path, struct http_response *response);

#endif
