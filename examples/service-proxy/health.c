/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "health.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "http.h"
#include "metrics.h"
#include "util.h"

void health_queued(struct health *health)
{
	if (!health->oldest_pending)
		health->oldest_pending = now_mono();
}

void health_updated(struct health *health)
{
	health->oldest_pending = 0;
	health->last_updated = now_real();
}

bool health_is_healthy(const struct health *health)
{
	return !health->oldest_pending || now_mono() - health->oldest_pending < health->timeout;
}

/* The library's text has names and addresses in it, which need no escapes. */
void health_set_lacks(struct health *health, const struct k8snet_plan *plan)
{
	const char *lack;
	char *longer;
	size_t i;

	free(health->lacks);
	health->lacks = NULL;
	for (i = 0; (lack = k8snet_plan_get_lack(plan, i)); i++) {
		if (asprintf(&longer, "%s%s\"%s\"", i ? health->lacks : "", i ? ", " : "", lack) <
		    0)
			return;
		free(health->lacks);
		health->lacks = longer;
	}
}

bool health_is_lacking(const struct health *health)
{
	return health->lacks || health->is_node_unknown;
}

void health_done(struct health *health)
{
	free(health->lacks);
	health->lacks = NULL;
}

/* As Go prints a time in UTC; its zero is the year 1. */
static void print_time(FILE *out, int64_t time)
{
	time_t seconds = (time_t)(time / NS_PER_SEC);
	struct tm tm;
	char text[32];

	if (!time) {
		fputs("0001-01-01 00:00:00 +0000 UTC", out);
		return;
	}
	gmtime_r(&seconds, &tm);
	strftime(text, sizeof(text), "%Y-%m-%d %H:%M:%S", &tm);
	fprintf(out, "%s.%09" PRId64 " +0000 UTC", text, time % NS_PER_SEC);
}

void health_answer(void *data, const char *path, struct http_response *response)
{
	const struct health *health = data;
	bool is_healthz = !strcmp(path, "/healthz"), is_healthy = health_is_healthy(health);
	int64_t now = now_real();

	if (!is_healthz && strcmp(path, "/livez")) {
		http_not_found(response);
		return;
	}
	/* That a node is about to go concerns its load balancers, not who would restart it. */
	if (is_healthz)
		is_healthy &= !health->is_node_ineligible && !health_is_lacking(health);
	response->status = is_healthy ? 200 : 503;
	response->type = "application/json";
	/* Clients of old look whether it is recent. */
	fputs("{\"lastUpdated\": \"", response->body);
	print_time(response->body, is_healthy ? now : health->last_updated);
	fputs("\",\"currentTime\": \"", response->body);
	print_time(response->body, now);
	fputs("\"", response->body);
	if (is_healthz)
		fprintf(response->body, ", \"nodeEligible\": %s",
			health->is_node_ineligible ? "false" : "true");
	if (is_healthz && health_is_lacking(health))
		fprintf(response->body, ", \"nodeKnown\": %s, \"lacks\": [%s]",
			health->is_node_unknown ? "false" : "true",
			health->lacks ? health->lacks : "");
	fputs("}", response->body);
	metrics_count_health(health->metrics, is_healthz, is_healthy);
}
