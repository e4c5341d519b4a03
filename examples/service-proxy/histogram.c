/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "histogram.h"

#include <inttypes.h>

static void add(struct histogram *h, double bound)
{
	if (h->n < HISTOGRAM_MAX_BUCKETS)
		h->bounds[h->n++] = bound;
}

void histogram_add_linear(struct histogram *h, double first, double step, size_t count)
{
	for (size_t i = 0; i < count; i++)
		add(h, first + step * (double)i);
}

void histogram_add_exponential(struct histogram *h, double first, double factor, size_t count)
{
	for (; count; count--, first *= factor)
		add(h, first);
}

void histogram_observe(struct histogram *h, double value)
{
	size_t i = 0;

	while (i < h->n && value > h->bounds[i])
		i++;
	if (i < h->n)
		h->counts[i]++;
	h->count++;
	h->sum += value;
}

void histogram_print(const struct histogram *h, const char *name, FILE *out)
{
	uint64_t below = 0;

	for (size_t i = 0; i < h->n; i++) {
		below += h->counts[i];
		fprintf(out, "%s_bucket{le=\"%.10g\"} %" PRIu64 "\n", name, h->bounds[i], below);
	}
	fprintf(out, "%s_bucket{le=\"+Inf\"} %" PRIu64 "\n", name, h->count);
	fprintf(out, "%s_sum %.9g\n%s_count %" PRIu64 "\n", name, h->sum, name, h->count);
}
