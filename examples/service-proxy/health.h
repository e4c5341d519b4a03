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
 * it is about to be deleted. Unlike there, /healthz is not well either while the node
 * lacks what some of its services need.
 */
struct health {
	struct metrics *metrics;
	int64_t timeout;	 /* nanoseconds */
	int64_t last_updated;	 /* since 1970; 0: never */
	int64_t oldest_pending;	 /* monotonic; 0: all is applied */
	bool is_node_ineligible; /* deleted, or about to be */
	bool is_node_unknown;	 /* the sources have Nodes, and none of its name */
	char *lacks;		 /* what the last plan lacks, as JSON strings; NULL: nothing */
};

struct k8snet_plan;

/* Something is to be applied. */
void health_queued(struct health *health);
/* All is applied. */
void health_updated(struct health *health);
bool health_is_healthy(const struct health *health);
/* Take over what the plan says that the node lacks. */
void health_set_lacks(struct health *health, const struct k8snet_plan *plan);
/* Whether not all can be served: for want of that, or since the node is not known. */
bool health_is_lacking(const struct health *health);
void health_done(struct health *health);

/* /healthz and /livez, an http_answer_fn; `data` is a struct health. */
void health_answer(void *data, const char *path, struct http_response *response);

#endif
