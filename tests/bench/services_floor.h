/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_SERVICES_FLOOR_H
#define BENCH_SERVICES_FLOOR_H

#include <stdbool.h>

struct k8snet_ctx;
struct k8snet_kernel;
struct k8snet_plan;

/*
 * The floor: a second namespace, in which the same tables are. What a plan did to the
 * first is done to it, too: the same nfnetlink messages for the elements, encoded before
 * and sent as they are. It knows nothing of the layout, and its tables have always the
 * same elements as those it is compared with.
 */
struct floor {
	struct k8snet_kernel *kernel; /* makes tables and chains, which is not measured */
	int fd;
};

/* The process moves into the new namespace. */
void floor_open(struct floor *f, struct k8snet_ctx *ctx);
void floor_close(struct floor *f);

/* A plan that was applied elsewhere. The microseconds that its elements took. */
double floor_follow(struct floor *f, const struct k8snet_plan *plan);

/* The microseconds it takes to be sent all elements of the tables, and not to look at them. */
double floor_read(struct floor *f);

/* What a plan consists of. */
unsigned int plan_count_elements(const struct k8snet_plan *plan);
bool plan_has_skeleton(const struct k8snet_plan *plan); /* tables, chains */

#endif
