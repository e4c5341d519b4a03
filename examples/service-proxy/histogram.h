/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_HISTOGRAM_H
#define PROXY_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#define HISTOGRAM_MAX_BUCKETS 96

/* A histogram as Prometheus has it. */
struct histogram {
	size_t n; /* buckets, but for +Inf */
	double bounds[HISTOGRAM_MAX_BUCKETS];
	uint64_t counts[HISTOGRAM_MAX_BUCKETS]; /* each without those below it */
	uint64_t count;
	double sum;
};

/* So many more bounds, from `first` on, each `step` more, or `factor` times, the last. */
void histogram_add_linear(struct histogram *h, double first, double step, size_t count);
void histogram_add_exponential(struct histogram *h, double first, double factor, size_t count);
void histogram_observe(struct histogram *h, double value);
void histogram_print(const struct histogram *h, const char *name, FILE *out);

#endif
