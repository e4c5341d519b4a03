/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CHAOS_H
#define CHAOS_H

#include <stdint.h>

#include <k8snet/k8snet.h>

/* Random changes of the services and endpoints of a cluster, for chaos_check.c. */

#define CHAOS_LOGGED 40

struct chaos {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	uint64_t random;
	unsigned long step;
	char log[CHAOS_LOGGED][128]; /* the latest changes */
	unsigned int n_logged;
};

/* 0 to n - 1. */
unsigned int chaos_pick(struct chaos *c, unsigned int n);
void chaos_note(struct chaos *c, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* With the latest changes; does not return. */
void chaos_fail(const struct chaos *c, const char *format, ...)
	__attribute__((format(printf, 2, 3), noreturn));
/* What may not fail. */
void chaos_must(const struct chaos *c, int r);

/* One change of a service or slice; what is named "stable-..." is left alone. */
void chaos_change(struct chaos *c);

#endif
