/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Microseconds an IPAM operation takes at 10, 1,000 and 65,000 leases, on a file
 * and in memory. The peers are the floor, one locked write of a record, and what
 * a directory with a file for each lease costs: read all of them (host-local's
 * way; at 65,000 leases left out).
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include <k8snet/context.h>
#include <k8snet/ipam.h>

#define ROUNDS 5
#define N      500 /* operations of a round */

static char dir[64], path[128];

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static void must(int r)
{
	if (r < 0) {
		fprintf(stderr, "failed: %d\n", r);
		exit(1);
	}
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return x < y ? -1 : x > y;
}

static double median(double *values)
{
	qsort(values, ROUNDS, sizeof(values[0]), by_value);
	return values[ROUNDS / 2];
}

static void fill(struct k8snet_ipam *ipam, unsigned int n)
{
	struct k8snet_address address;
	char owner[32];
	unsigned int i;

	for (i = 0; i < n; i++) {
		snprintf(owner, sizeof(owner), "pod-%u", i);
		must(k8snet_ipam_allocate(ipam, owner, &address));
	}
}

static double time_give_and_take(struct k8snet_ipam *ipam)
{
	struct k8snet_address address;
	double start = now();
	int i;

	for (i = 0; i < N; i++) {
		must(k8snet_ipam_allocate(ipam, "probe/eth0", &address));
		must(k8snet_ipam_release(ipam, "probe/eth0"));
	}
	return (now() - start) / (2 * N);
}

/* As a CNI plugin: open, allocate, close; open, release, close. */
static double time_whole(struct k8snet_ctx *ctx)
{
	struct k8snet_address address;
	struct k8snet_ipam *ipam = NULL;
	double start = now();
	int i;

	for (i = 0; i < N; i++) {
		must(k8snet_ipam_open(&ipam, ctx, path, "10.1.0.0/16"));
		must(k8snet_ipam_allocate(ipam, "probe/eth0", &address));
		k8snet_ipam_unref(ipam);
		must(k8snet_ipam_open(&ipam, ctx, path, "10.1.0.0/16"));
		must(k8snet_ipam_release(ipam, "probe/eth0"));
		k8snet_ipam_unref(ipam);
	}
	return (now() - start) / (2 * N);
}

static double time_floor(int fd)
{
	char record[512] = "probe/eth0";
	double start = now();
	int i;

	for (i = 0; i < N; i++) {
		must(flock(fd, LOCK_EX));
		must(pwrite(fd, record, sizeof(record), 512 * (i % 8)) == 512 ? 0 : -1);
		must(flock(fd, LOCK_UN));
	}
	return (now() - start) / N;
}

/* A file for each lease, all read for one allocation. */
static double time_directory(unsigned int n)
{
	char name[160], text[64];
	struct dirent *entry;
	double start;
	unsigned int i;
	DIR *d;
	int fd;

	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/10.1.%u.%u", dir, i / 256, i % 256);
		fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
		must(fd);
		must(write(fd, "probe", 5) == 5 ? 0 : -1);
		close(fd);
	}
	start = now();
	d = opendir(dir);
	must(d ? 0 : -1);
	while ((entry = readdir(d))) {
		fd = openat(dirfd(d), entry->d_name, O_RDONLY | O_CLOEXEC);
		if (fd >= 0 && read(fd, text, sizeof(text)) >= 0)
			text[0] = 0;
		close(fd);
	}
	closedir(d);
	start = now() - start;
	for (i = 0; i < n; i++) {
		snprintf(name, sizeof(name), "%s/10.1.%u.%u", dir, i / 256, i % 256);
		unlink(name);
	}
	return start;
}

static void run(struct k8snet_ctx *ctx, unsigned int n, int fd)
{
	double file[ROUNDS], memory[ROUNDS], whole[ROUNDS], lowest[ROUNDS];
	struct k8snet_ipam *on_file = NULL, *in_memory = NULL;
	int i;

	must(k8snet_ipam_open(&on_file, ctx, path, "10.1.0.0/16"));
	must(k8snet_ipam_open(&in_memory, ctx, NULL, "10.1.0.0/16"));
	fill(on_file, n);
	fill(in_memory, n);
	for (i = 0; i < ROUNDS; i++) {
		file[i] = time_give_and_take(on_file);
		memory[i] = time_give_and_take(in_memory);
		whole[i] = time_whole(ctx);
		lowest[i] = time_floor(fd);
	}
	k8snet_ipam_unref(on_file);
	k8snet_ipam_unref(in_memory);
	unlink(path);
	printf("%8u %10.1f %10.1f %16.1f %10.1f", n, median(file), median(memory), median(whole),
	       median(lowest));
	if (n <= 1000)
		printf(" %16.1f\n", time_directory(n));
	else
		printf(" %16s\n", "-");
}

int main(void)
{
	struct k8snet_ctx *ctx = NULL;
	char floor_path[128];
	int fd;

	snprintf(dir, sizeof(dir), "/tmp/k8snet-bench-ipam-XXXXXX");
	must(mkdtemp(dir) ? 0 : -1);
	snprintf(path, sizeof(path), "%s/leases", dir);
	snprintf(floor_path, sizeof(floor_path), "%s/floor", dir);
	fd = open(floor_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	must(fd);
	must(k8snet_ctx_new(&ctx, NULL));
	printf("ipam: microseconds an operation, median of %d rounds\n", ROUNDS);
	printf("%8s %10s %10s %16s %10s %16s\n", "leases", "file", "memory", "with open", "floor",
	       "a file a lease");
	run(ctx, 10, fd);
	run(ctx, 1000, fd);
	run(ctx, 65000, fd);
	k8snet_ctx_unref(ctx);
	close(fd);
	unlink(floor_path);
	rmdir(dir);
	return 0;
}
