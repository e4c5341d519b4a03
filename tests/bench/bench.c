/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "bench.h"

#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <k8snet/context.h>

double bench_now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

void samples_add(struct samples *s, double us)
{
	if (s->count < BENCH_MAX_ROUNDS)
		s->us[s->count++] = us;
}

static int compare_us(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

double samples_median(struct samples *s)
{
	if (!s->count)
		return 0;
	qsort(s->us, s->count, sizeof(s->us[0]), compare_us);
	return s->count % 2 ? s->us[s->count / 2]
			    : (s->us[s->count / 2 - 1] + s->us[s->count / 2]) / 2;
}

void bench_new_netns(void)
{
	if (unshare(CLONE_NEWNET) == 0)
		return;
	perror("bench: a network namespace of its own");
	exit(77);
}

int bench_open_netns(void)
{
	int fd = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		perror("bench: the network namespace");
		exit(1);
	}
	return fd;
}

void bench_enter_netns(int fd)
{
	if (setns(fd, CLONE_NEWNET) == 0)
		return;
	perror("bench: enter a network namespace");
	exit(1);
}

void bench_header(const char *other)
{
	printf("%-44s %12s %12s %8s  %s\n", "", "libk8snet", other, "ratio", "goal");
}

static void print_row(const char *what, double ours, double other)
{
	printf("%-44s %9.3f ms %9.3f ms ", what, ours / 1e3, other / 1e3);
}

static void print_goal(const char *goal, double value, bool is_met)
{
	if (value > 0)
		printf("  %s %.4g: %s", goal, value, is_met ? "met" : "MISSED");
	printf("\n");
	fflush(stdout);
}

void bench_row(const char *what, struct samples *ours, struct samples *other, double at_most)
{
	double a = samples_median(ours), b = samples_median(other), ratio = b > 0 ? a / b : 0;

	print_row(what, a, b);
	printf("%7.2fx", ratio);
	print_goal("at most", at_most, ratio <= at_most);
}

void bench_row_faster(const char *what, struct samples *ours, struct samples *other, double times)
{
	double a = samples_median(ours), b = samples_median(other), ratio = a > 0 ? b / a : 0;

	print_row(what, a, b);
	printf("%7.0fx", ratio);
	print_goal("at least", times, ratio >= times);
}

void bench_must(const struct k8snet_ctx *ctx, int r, const char *what)
{
	const struct k8snet_error *error = ctx ? k8snet_ctx_get_error(ctx) : NULL;

	if (r >= 0)
		return;
	fprintf(stderr, "%s: %d: %s\n", what, r, error ? k8snet_error_get_message(error) : "");
	exit(1);
}

double bench_run(const char *command)
{
	double start = bench_now_us();

	return system(command) == 0 ? bench_now_us() - start : -1;
}
