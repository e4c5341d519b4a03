/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_HEALTH_H
#define PROXY_HEALTH_H

#include <stdbool.h>
#include <stdint.h>

struct http_response;
struct metrics;

/*
 * Whether the proxy is healthy, as kube-proxy says it: it is unless something has
 * waited to be applied for too long. The node is eligible for load balancers unless
 * it is about to be deleted.
 */
struct health {
	struct metrics *metrics;
	int64_t timeout;	 /* nanoseconds */
	int64_t last_updated;	 /* since 1970; 0: never */
	int64_t oldest_pending;	 /* monotonic; 0: all is applied */
	bool is_node_ineligible; /* deleted, or about to be */
};

/* Something is to be applied. */
void health_queued(struct health *health);
/* All is applied. */
void health_updated(struct health *health);
bool health_is_healthy(const struct health *health);

/* /healthz and /livez, an http_answer_fn; `data` is a struct health. */
void health_answer(void *data, const char *path, struct http_response *response);

#endif
