/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Eight processes allocate and release in one lease file and are killed at
 * random moments. What each of them knows to hold is in shared memory, written
 * after an allocation has returned and erased before a release begins: whatever
 * stands there must be in the file, whoever looks and whenever.
 */
#include <errno.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <k8snet/context.h>
#include <k8snet/ipam.h>

#define N_WORKERS 8
#define N_OWNERS  6 /* of each worker: together more than there are addresses */
#define CIDR	  "10.1.0.0/27"
#define N_USABLE  29

struct shared {
	atomic_int holder[256];		      /* by the last byte: 1 + owner, 0: nobody */
	atomic_int has[N_WORKERS * N_OWNERS]; /* the last byte, 0: none */
	atomic_ulong operations;
};

static struct shared *shared;
static char path[96], dir[64];

static void name_of(char *text, size_t size, int owner)
{
	snprintf(text, size, "namespace-%d/pod-%d", owner / N_OWNERS, owner);
}

static void die(const char *what, int owner, int detail)
{
	fprintf(stderr, "FAILED: %s (owner %d, %d)\n", what, owner, detail);
	_exit(1);
}

static void note(int owner, int address)
{
	int nobody = 0;

	if (!atomic_compare_exchange_strong(&shared->holder[address], &nobody, owner + 1))
		die("address given twice", owner, address);
	atomic_store(&shared->has[owner], address);
}

/* What a predecessor was killed over: it may hold more than it noted, not less. */
static void recover(struct k8snet_ipam *ipam, int owner)
{
	struct k8snet_address address;
	int noted = 0, i, r;
	char name[64];

	for (i = 0; i < 256; i++)
		if (atomic_load(&shared->holder[i]) == owner + 1)
			noted = i;
	name_of(name, sizeof(name), owner);
	r = k8snet_ipam_find(ipam, name, &address);
	if (r < 0 && r != -ENOENT)
		die("find after a kill", owner, r);
	if (noted && (r < 0 || address.bytes[3] != noted))
		die("lease lost", owner, noted);
	atomic_store(&shared->has[owner], noted);
	if (r == 0 && !noted)
		note(owner, address.bytes[3]);
}

static void acquire(struct k8snet_ipam *ipam, int owner, const char *name)
{
	struct k8snet_address address;
	int r;

	r = k8snet_ipam_allocate(ipam, name, &address);
	if (r == 0)
		note(owner, address.bytes[3]);
	else if (r != -ENOSPC)
		die("allocate", owner, r);
}

static void drop(struct k8snet_ipam *ipam, int owner, const char *name)
{
	int address = atomic_exchange(&shared->has[owner], 0), r;

	atomic_store(&shared->holder[address], 0);
	r = k8snet_ipam_release(ipam, name);
	if (r < 0)
		die("release", owner, r);
}

static void work(int worker, unsigned int seed)
{
	struct k8snet_ipam *ipam = NULL;
	struct k8snet_ctx *ctx = NULL;
	char name[64];
	int owner, i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (k8snet_ctx_new(&ctx, NULL) < 0 || k8snet_ipam_open(&ipam, ctx, path, CIDR) < 0)
		die("open", worker, 0);
	for (i = 0; i < N_OWNERS; i++)
		recover(ipam, worker * N_OWNERS + i);
	for (;;) {
		owner = worker * N_OWNERS + rand_r(&seed) % N_OWNERS;
		name_of(name, sizeof(name), owner);
		if (atomic_load(&shared->has[owner]))
			drop(ipam, owner, name);
		else
			acquire(ipam, owner, name);
		atomic_fetch_add(&shared->operations, 1);
	}
}

static pid_t start(int worker, unsigned int seed)
{
	pid_t pid = fork();

	if (pid == 0)
		work(worker, seed);
	if (pid < 0)
		perror("fork");
	return pid;
}

/* Whether it had been alive until now. */
static int end(pid_t pid)
{
	int status;

	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int kill_for(double seconds, unsigned int *kills)
{
	unsigned int seed = (unsigned int)getpid();
	double until = now() + seconds;
	pid_t pids[N_WORKERS];
	int i, ok = 1;

	for (i = 0; i < N_WORKERS; i++)
		pids[i] = start(i, rand_r(&seed));
	while (ok && now() < until) {
		usleep((useconds_t)rand_r(&seed) % 3000);
		i = rand_r(&seed) % N_WORKERS;
		ok = end(pids[i]);
		pids[i] = start(i, rand_r(&seed));
		ok = ok && pids[i] > 0;
		(*kills)++;
	}
	for (i = 0; i < N_WORKERS; i++)
		ok = end(pids[i]) && ok;
	return ok;
}

static int count_lease(void *data, const char *owner, const struct k8snet_address *address,
		       bool is_stale)
{
	(void)owner;
	(void)address;
	if (is_stale)
		die("a lease of this boot is stale", 0, 0);
	(*(size_t *)data)++;
	return 0;
}

/* All are dead: the file and the notes agree, and what is released is free. */
static int check_end(void)
{
	struct k8snet_ipam *ipam = NULL;
	struct k8snet_ctx *ctx = NULL;
	size_t n = 0, held = 0;
	char name[64];
	int i;

	if (k8snet_ctx_new(&ctx, NULL) < 0 || k8snet_ipam_open(&ipam, ctx, path, CIDR) < 0)
		die("open at the end", 0, 0);
	for (i = 0; i < N_WORKERS * N_OWNERS; i++) {
		recover(ipam, i);
		held += atomic_load(&shared->has[i]) != 0;
	}
	if (k8snet_ipam_foreach(ipam, count_lease, &n) < 0 || n != held ||
	    k8snet_ipam_count(ipam) != held || k8snet_ipam_count_free(ipam) != N_USABLE - held)
		die("leases and notes differ", (int)n, (int)held);
	for (i = 0; i < N_WORKERS * N_OWNERS; i++) {
		name_of(name, sizeof(name), i);
		if (atomic_load(&shared->has[i]))
			drop(ipam, i, name);
	}
	if (k8snet_ipam_count(ipam) || k8snet_ipam_count_free(ipam) != N_USABLE)
		die("leaked after release", (int)k8snet_ipam_count(ipam), 0);
	k8snet_ipam_unref(ipam);
	k8snet_ctx_unref(ctx);
	return 1;
}

int main(void)
{
	const char *seconds = getenv("K8SNET_TEST_SECONDS");
	unsigned int kills = 0;
	int ok;

	snprintf(dir, sizeof(dir), "/tmp/k8snet-ipam-kill-XXXXXX");
	if (!mkdtemp(dir))
		return 99;
	snprintf(path, sizeof(path), "%s/leases", dir);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 99;
	ok = kill_for(seconds ? atof(seconds) : 4, &kills);
	ok = ok && check_end();
	printf("%lu operations, %u kills: %s\n", atomic_load(&shared->operations), kills,
	       ok ? "ok" : "FAILED");
	unlink(path);
	rmdir(dir);
	return !ok;
}
