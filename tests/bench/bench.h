/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the benchmarks share. Figures are medians; what is compared alternates in
 * one run, so that a machine that slows down slows down both.
 */

#define BENCH_MAX_ROUNDS 512

struct samples {
	double us[BENCH_MAX_ROUNDS];
	size_t count;
};

double bench_now_us(void);
void samples_add(struct samples *s, double us);
double samples_median(struct samples *s);

/* The process moves into a new network namespace; exits 77 without privilege. */
void bench_new_netns(void);
/* A descriptor of the process's namespace; moving into one. */
int bench_open_netns(void);
void bench_enter_netns(int fd);

/* A row: what, ours, the other, the ratio, and whether the goal is met; 0: there is none. */
void bench_header(const char *other);
void bench_row(const char *what, struct samples *ours, struct samples *other, double at_most);
/* The other is to be at least `times` as slow. */
void bench_row_faster(const char *what, struct samples *ours, struct samples *other, double times);

/* Ends the program if r is negative, with the context's error. */
struct k8snet_ctx;
void bench_must(const struct k8snet_ctx *ctx, int r, const char *what);

/* Run a command (a peer) and return its time, or -1 if it failed. */
double bench_run(const char *command);

#endif
