/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench_services.h"

#include <stdio.h>

#include "bench.h"

#define PEER_CHANGES 5

static double peer_run_op(struct bench *b, unsigned int n_services, const char *op, unsigned int k,
			  unsigned int count, unsigned int gen)
{
	char arguments[128];

	snprintf(arguments, sizeof(arguments), "--op %s --k %u --count %u --gen %u", op, k, count,
		 gen);
	return peer_run(&b->c, n_services, arguments);
}

/* A row of which one failed is left out; nft said why. */
static void keep_peer(struct bench *b, unsigned int row, struct samples *s)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		if (s->us[i] < 0) {
			printf("kube-proxy's layout: %s: nft failed or took more than %d s\n",
			       row_name(row, b->r), PEER_SECONDS);
			return;
		}
	}
	b->r->peer[row] = samples_median(s);
}

/* A service goes and comes back, then its endpoints change. What kube-proxy deletes in a
 * later transaction is not counted. */
static void peer_changes(struct bench *b, bool is_special)
{
	static const uint8_t order[] = {SERVICE_REMOVED, SERVICE_ADDED, ENDPOINT_REPLACED,
					ENDPOINT_ADDED};
	struct samples s[N_CHANGES] = {0};
	unsigned int i, j, k;

	for (i = 0; i < PEER_CHANGES; i++) {
		k = 10 * i + (is_special ? 0 : 3);
		for (j = 0; j < sizeof(order); j++) {
			/* New services are counted from the number of services on. */
			unsigned int n = order[j] == SERVICE_ADDED ? 0 : b->c.n_services;

			samples_add(&s[order[j]],
				    peer_run_op(b, n, changes[order[j]].peer, k, 1, 1));
			if (order[j] == SERVICE_REMOVED)
				peer_run_op(b, n, "svc-gc", k, 1, 1);
			if (order[j] == ENDPOINT_REPLACED)
				peer_run_op(b, n, "ep-gc", k, 1, 1);
		}
	}
	for (i = 0; i < N_CHANGES; i++)
		keep_peer(b, ROW_CHANGES + is_special * N_CHANGES + i, &s[i]);
}

/* One endpoint of each service; it writes the same rules for all of them. */
static void peer_rolling(struct bench *b)
{
	unsigned int gen, n = b->c.n_services;
	struct samples s = {0};

	for (gen = 1; gen <= PEER_CHANGES; gen++) {
		samples_add(&s, peer_run_op(b, n, "ep-change", n / 2, n / 100, gen));
		peer_run_op(b, n, "ep-gc", n / 2, n / 100, gen);
	}
	keep_peer(b, ROW_ROLLING, &s);
}

/* It writes all of its rules when it starts, and that takes longer than the first time. */
static void peer_restart(struct bench *b)
{
	struct samples s = {0};

	if (b->r->peer[ROW_LOAD] > PEER_SECONDS / 2 * 1e6)
		return;
	samples_add(&s, peer_run(&b->c, b->c.n_services, ""));
	keep_peer(b, ROW_RESTART, &s);
}

/* That of the largest size before, if it takes too long with this one. */
static const struct results *find_peer(const struct results *r)
{
	const struct results *other, *best = NULL;

	if (r->peer[ROW_LOAD])
		return r;
	for (other = results; other < results + n_results; other++)
		if (other->has_affinity == r->has_affinity && other->n_services < r->n_services &&
		    other->peer[ROW_LOAD] && (!best || other->n_services > best->n_services))
			best = other;
	return best;
}

/* Less than the ruleset of one size more would take, it grows faster than its size. */
static bool peer_takes_too_long(const struct bench *b)
{
	const struct results *smaller = find_peer(b->r);

	return smaller &&
	       smaller->peer[ROW_LOAD] / smaller->n_services * b->c.n_services > PEER_SECONDS * 1e6;
}

/* Goals are for 10,000 services: with few, nft's start is all there is. Figures of a smaller
 * size are less than what it would take, and are held to none. */
static double peer_goal(unsigned int row, const struct results *r, const struct results *peer)
{
	if (r != peer || r->n_services < 10000 || row == ROW_RESTART || row == ROW_ROLLING)
		return 0;
	return row == ROW_LOAD ? 50 : 100;
}

static void print_peer_row(unsigned int row, const struct results *r, const struct results *peer)
{
	struct samples ours = {.us = {r->ours[row]}, .count = 1};
	struct samples other = {.us = {peer->peer[row]}, .count = 1};

	if (peer->peer[row])
		bench_row_faster(row_name(row, r), &ours, &other, peer_goal(row, r, peer));
}

void bench_peer(struct bench *b)
{
	struct samples load = {0};
	const struct results *r;
	unsigned int row;

	if (!peer_takes_too_long(b)) {
		bench_new_netns();
		samples_add(&load, peer_run(&b->c, b->c.n_services, ""));
		keep_peer(b, ROW_LOAD, &load);
	}
	if (b->r->peer[ROW_LOAD]) {
		peer_restart(b);
		peer_rolling(b);
		peer_changes(b, false);
		peer_changes(b, true);
	}
	r = find_peer(b->r);
	if (!r)
		return;
	if (r != b->r)
		printf("kube-proxy's layout takes more than %d s; its figures at %u services, "
		       "which are "
		       "less:\n",
		       PEER_SECONDS, r->n_services);
	bench_header("kube-proxy");
	for (row = 0; row < N_ROWS; row++)
		print_peer_row(row, b->r, r);
}
