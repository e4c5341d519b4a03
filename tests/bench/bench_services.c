/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Services: first load, restart, changes of one endpoint and one service, a rolling update
 * of 1 in 100 services, by the number of services, against
 *   - the floor: the same nfnetlink messages, encoded before, sent as they are;
 *   - kube-proxy's layout by nft -f, if the generator of its rulesets is there.
 * Also the memory of a process that has the model and the state.
 *
 * bench_services [-n] [-p] [-e ENDPOINTS] [-r ROUNDS] [SERVICES...]
 *   -n  node ports only: no session affinity
 *   -p  without kube-proxy
 *   -r  how many first loads and restarts, of more than 10,000 services at most 4 (the other
 *       counts are fixed)
 *
 * Each size has processes of its own. Goals are printed, and fail nothing.
 */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <k8snet/k8snet.h>

#include "bench.h"
#include "bench_services.h"

#define CHANGES	  200
#define BATCH	  50
#define ROLLS	  20
#define MAX_SIZES 8
#define ONE_MB	  1e6

const struct change_kind changes[N_CHANGES] = {
	[ENDPOINT_REPLACED] = {"one endpoint replaced", cluster_replace_endpoint, "ep-change"},
	[ENDPOINT_ADDED] = {"one endpoint added", cluster_add_endpoint, "ep-scale"},
	[ENDPOINT_REMOVED] = {"one endpoint removed", cluster_remove_endpoint, NULL},
	[SERVICE_REMOVED] = {"one service removed", cluster_remove_service, "svc-del"},
	[SERVICE_ADDED] = {"one service added", cluster_add_service, "svc-add"},
};

struct results *results;
size_t n_results;
static unsigned int n_endpoints = 10, n_loads = 6;

const char *row_name(unsigned int row, const struct results *r)
{
	static char name[80];

	switch (row) {
	case ROW_LOAD:
		return "first load, with table and chains";
	case ROW_RESTART:
		return "restart with no difference";
	case ROW_ROLLING:
		return "1% of the services: all endpoints replaced";
	default:
		row -= ROW_CHANGES;
		snprintf(name, sizeof(name), "%s%s", changes[row % N_CHANGES].name,
			 row < N_CHANGES   ? ""
			 : r->has_affinity ? ", node port, affinity"
					   : ", node port");
		return name;
	}
}

/* Of the floor. */
static double row_goal(unsigned int row)
{
	return row == ROW_LOAD ? 1.5 : row == ROW_RESTART ? 0 : 2;
}

/* --- one plan ------------------------------------------------------------------- */

static struct k8snet_plan *plan_and_apply(struct bench *b, unsigned int flags)
{
	struct k8snet_plan *plan;

	bench_must(b->c.ctx, k8snet_plan_new(&plan, b->c.cluster, NODE, b->kernel, flags), "plan");
	bench_must(b->c.ctx, k8snet_plan_apply(plan, b->kernel, NULL), "apply");
	return plan;
}

static unsigned int count_loads(const struct bench *b)
{
	return b->c.n_services > 10000 && n_loads > 4 ? 4 : n_loads;
}

static void reopen_kernel(struct bench *b)
{
	k8snet_kernel_unref(b->kernel);
	bench_must(b->c.ctx, k8snet_kernel_open(&b->kernel, b->c.ctx, NULL), "kernel");
}

static void keep_row(struct bench *b, unsigned int row, struct samples *ours, struct samples *floor)
{
	b->r->ours[row] = samples_median(ours);
	b->r->floor[row] = samples_median(floor);
	bench_row(row_name(row, b->r), ours, floor, row_goal(row));
}

/* --- memory --------------------------------------------------------------------- */

/* "VmRSS:     1234 kB" */
static double status_mb(const char *field)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	double kb = 0;

	while (f && fgets(line, sizeof(line), f))
		if (!strncmp(line, field, strlen(field)))
			kb = atof(line + strlen(field) + 1);
	if (f)
		fclose(f);
	return kb * 1024 / ONE_MB;
}

static void print_model(const struct bench *b, size_t bytes)
{
	unsigned int n = b->c.n_services * b->c.n_endpoints;

	printf("model: %.1f MB, %.0f bytes an endpoint; goal at most 200: %s\n",
	       (double)bytes / ONE_MB, (double)bytes / n, bytes <= 200u * n ? "met" : "MISSED");
}

static size_t allocated(void)
{
	struct mallinfo2 m = mallinfo2();

	return m.uordblks + m.hblkhd;
}

/* What a proxy goes through: first load, a change, and a full comparison. */
static void measure_memory(struct bench *b)
{
	size_t before = allocated();
	double peak;

	cluster_make(&b->c);
	print_model(b, allocated() - before);
	bench_new_netns();
	reopen_kernel(b);
	k8snet_plan_unref(plan_and_apply(b, 0));
	cluster_replace_endpoint(&b->c, 3);
	k8snet_plan_unref(plan_and_apply(b, 0));
	k8snet_plan_unref(plan_and_apply(b, K8SNET_PLAN_FULL));
	peak = status_mb("VmHWM");
	printf("process: %.1f MB (VmRSS), %.1f MB at most (VmHWM)", status_mb("VmRSS"), peak);
	if (b->c.n_services == 10000 && b->c.n_endpoints == 10)
		printf("; goal at most 100: %s", peak <= 100 ? "met" : "MISSED");
	printf("\n");
}

/* --- first load and restart ------------------------------------------------------- */

static void load_ours(struct bench *b, int netns, struct samples *s)
{
	double start;

	bench_enter_netns(netns);
	start = bench_now_us();
	k8snet_plan_unref(plan_and_apply(b, 0));
	samples_add(s, bench_now_us() - start);
}

/* Two new namespaces; the one that is not the floor's is returned. Those of the last round go
 * in the background. */
static int renew_netns(struct bench *b, int old)
{
	int netns;

	floor_close(&b->floor);
	if (old >= 0)
		close(old);
	bench_new_netns();
	netns = bench_open_netns();
	reopen_kernel(b);
	floor_open(&b->floor, b->c.ctx);
	return netns;
}

/* The two go first in turns. Returns the namespace of the last round, in which the tables are. */
static int bench_load(struct bench *b)
{
	struct samples ours = {0}, floor = {0};
	struct k8snet_plan *plan;
	unsigned int round, n;
	int netns = -1;

	bench_must(b->c.ctx, k8snet_plan_new(&plan, b->c.cluster, NODE, NULL, 0), "plan");
	n = plan_count_elements(plan);
	printf("%u elements\n", n);
	for (round = 0; round < count_loads(b); round++) {
		netns = renew_netns(b, netns);
		usleep(200000 + n * 3);
		if (round % 2 == 0)
			load_ours(b, netns, &ours);
		samples_add(&floor, floor_follow(&b->floor, plan));
		if (round % 2 == 1)
			load_ours(b, netns, &ours);
	}
	k8snet_plan_unref(plan);
	keep_row(b, ROW_LOAD, &ours, &floor);
	return netns;
}

static void bench_restart(struct bench *b, int netns)
{
	struct samples ours = {0}, floor = {0};
	struct k8snet_plan *plan;
	unsigned int round;
	double start;

	bench_enter_netns(netns);
	for (round = 0; round < count_loads(b); round++) {
		reopen_kernel(b);
		start = bench_now_us();
		plan = plan_and_apply(b, K8SNET_PLAN_FULL | K8SNET_PLAN_PRUNE);
		samples_add(&ours, bench_now_us() - start);
		if (k8snet_plan_count_ops(plan))
			printf("restart: the plan has %zu operations, and should have none\n",
			       k8snet_plan_count_ops(plan));
		k8snet_plan_unref(plan);
		samples_add(&floor, floor_read(&b->floor));
	}
	keep_row(b, ROW_RESTART, &ours, &floor);
}

/* --- changes ------------------------------------------------------------------------ */

/* Of service k; with the time of plans that make a chain apart. */
struct change_samples {
	struct samples ours, floor, with_chain;
};

static void do_change(struct bench *b, void (*fn)(struct bench_cluster *c, unsigned int k),
		      unsigned int k, struct change_samples *s)
{
	struct k8snet_plan *plan;
	double start = bench_now_us(), floor;

	fn(&b->c, k);
	plan = plan_and_apply(b, 0);
	start = bench_now_us() - start;
	floor = floor_follow(&b->floor, plan);
	if (plan_has_skeleton(plan)) {
		samples_add(&s->with_chain, start);
	} else {
		samples_add(&s->ours, start);
		samples_add(&s->floor, floor);
	}
	k8snet_plan_unref(plan);
}

/* The same change to services all over the cluster, one after another, then the next
 * change to the same ones, so that each finds the caches as it left them. */
static void do_changes(struct bench *b, bool is_special, struct change_samples *samples)
{
	unsigned int n = b->c.n_services / 10, batch = n < BATCH ? n : BATCH, stride = n / batch;
	unsigned int round, change, i;

	for (round = 0; round < CHANGES / batch; round++)
		for (change = 0; change < N_CHANGES; change++)
			for (i = 0; i < batch; i++)
				do_change(b, changes[change].fn,
					  10 * (i * stride + round % stride) + (is_special ? 0 : 3),
					  &samples[change]);
}

static void bench_changes(struct bench *b, bool is_special)
{
	struct change_samples *samples = calloc(N_CHANGES, sizeof(*samples)), *s;
	unsigned int change;

	do_changes(b, is_special, samples);
	for (change = 0; change < N_CHANGES; change++) {
		s = &samples[change];
		keep_row(b, ROW_CHANGES + is_special * N_CHANGES + change, &s->ours, &s->floor);
		if (s->with_chain.count)
			printf("    %zu of %u made or deleted a chain, and took %.3f ms\n",
			       s->with_chain.count, CHANGES, samples_median(&s->with_chain) / 1e3);
	}
	free(samples);
}

static void roll(struct bench_cluster *c, unsigned int k)
{
	(void)k;
	cluster_roll(c);
}

static void bench_rolling(struct bench *b)
{
	struct change_samples *s = calloc(1, sizeof(*s));
	unsigned int i;

	for (i = 0; i < ROLLS; i++)
		do_change(b, roll, 0, s);
	keep_row(b, ROW_ROLLING, &s->ours, &s->floor);
	free(s);
}

/* --- sizes ------------------------------------------------------------------------------ */

static void bench_size(struct bench *b)
{
	int netns;

	cluster_make(&b->c);
	bench_header("floor");
	netns = bench_load(b);
	bench_restart(b, netns);
	bench_changes(b, false);
	bench_changes(b, true);
	bench_rolling(b);
}

/* In a process of its own, whose memory and namespaces go with it. */
static void run(void (*fn)(struct bench *b), struct results *r)
{
	struct bench b = {.r = r, .floor = {.fd = -1}};
	pid_t pid;
	int status;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		b.c = (struct bench_cluster){.n_services = r->n_services,
					     .n_endpoints = n_endpoints,
					     .has_affinity = r->has_affinity};
		fn(&b);
		fflush(stdout);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status))
		exit(1);
	if (WEXITSTATUS(status))
		exit(WEXITSTATUS(status));
}

static void print_table(bool has_affinity)
{
	const struct results *r, *first = NULL, *last = NULL;
	unsigned int row;

	for (r = results; r < results + n_results; r++) {
		if (r->has_affinity != has_affinity)
			continue;
		first = first ? first : r;
		last = r;
	}
	if (first == last)
		return;
	printf("\nby number of services, ms (floor)\n%-44s", "");
	for (r = results; r < results + n_results; r++)
		if (r->has_affinity == has_affinity)
			printf(" %18u", r->n_services);
	printf("  growth (floor)\n");
	for (row = 0; row < N_ROWS; row++) {
		printf("%-44s", row_name(row, first));
		for (r = results; r < results + n_results; r++)
			if (r->has_affinity == has_affinity)
				printf(" %8.3f (%7.3f)", r->ours[row] / 1e3, r->floor[row] / 1e3);
		printf("  %5.1fx (%.1fx)\n", last->ours[row] / first->ours[row],
		       last->floor[row] / first->floor[row]);
	}
}

static void add_size(unsigned int n_services, bool has_affinity)
{
	if (n_services < 100 || n_services > 100000 || n_results == MAX_SIZES) {
		fprintf(stderr, "at most %d sizes, of 100 to 100000 services\n", MAX_SIZES);
		exit(1);
	}
	results[n_results++] = (struct results){
		.n_services = n_services - n_services % 10,
		.has_affinity = has_affinity,
	};
}

static void add_all_sizes(void)
{
	add_size(100, true);
	add_size(1000, true);
	add_size(10000, true);
	add_size(30000, true);
	add_size(10000, false);
}

int main(int argc, char **argv)
{
	bool has_affinity = true, has_peer = true;
	int option;
	size_t i;

	while ((option = getopt(argc, argv, "npe:r:")) != -1) {
		switch (option) {
		case 'n':
			has_affinity = false;
			break;
		case 'p':
			has_peer = false;
			break;
		case 'e':
			n_endpoints = (unsigned int)atoi(optarg);
			break;
		case 'r':
			n_loads = (unsigned int)atoi(optarg);
			break;
		default:
			return 1;
		}
	}
	results = mmap(NULL, MAX_SIZES * sizeof(*results), PROT_READ | PROT_WRITE,
		       MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (results == MAP_FAILED)
		return 1;
	for (; optind < argc; optind++)
		add_size((unsigned int)atoi(argv[optind]), has_affinity);
	if (!n_results)
		add_all_sizes();
	for (i = 0; i < n_results; i++) {
		printf("\n%u services of %u endpoints; 1 in 10 has a node port%s\n",
		       results[i].n_services, n_endpoints,
		       results[i].has_affinity ? " and session affinity" : "");
		run(measure_memory, &results[i]);
		run(bench_size, &results[i]);
		if (has_peer && peer_is_there())
			run(bench_peer, &results[i]);
	}
	if (has_peer && !peer_is_there())
		printf("\nkube-proxy's layout: left out, no generator (set K8SNET_PEERS)\n");
	print_table(true);
	print_table(false);
	return 0;
}
