/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_CHECKS_H
#define PROXY_CHECKS_H

#include <stdbool.h>
#include <stddef.h>

#include "options.h"

struct health;
struct http;
struct k8snet_cluster;
struct metrics;

/*
 * The health checks of load balancers: for each Service with a healthCheckNodePort an
 * HTTP server on that port, on the addresses that have node ports. It says whether the
 * Service has ready endpoints on this node. A port that cannot be opened is tried again
 * by and by.
 */
struct checks {
	struct http *http;
	const struct k8snet_cluster *cluster;
	const char *node_name;
	const struct cidr_list *networks; /* of the addresses; empty: the Node's */
	struct health *health;
	struct metrics *metrics;

	void *by_name; /* tsearch(3): struct check */
	struct k8snet_address *addresses;
	size_t address_count;
	bool is_stale; /* ports or addresses have changed */
};

/* The Service came, changed or went. */
void checks_update(struct checks *checks, const char *namespace_, const char *name);
/* The Node's addresses may have changed. */
void checks_node_changed(struct checks *checks);
/* Find out the addresses, and open what is not open, if something has changed or `is_all`. */
void checks_refresh(struct checks *checks, bool is_all);
void checks_done(struct checks *checks);

#endif
