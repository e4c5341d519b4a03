/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Traffic through the VIP of one among many services, against a single plain rule that
 * translates to one backend, and against kube-proxy's layout if the generator of its rulesets is
 * there: new TCP connections, throughput, and round trips of small packets.
 *
 * Each has a client, a node and a server of its own, all alike, and all are there at once: in
 * each round every one has its turn, in an order that rotates, and connections of the
 * round before are flushed. What is compared is always of the same round. The single rule takes
 * part twice: how far it is from itself tells how far to trust the rest.
 *
 * bench_traffic [-p] [-r ROUNDS] [SERVICES]
 *   -p  without kube-proxy
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <k8snet/k8snet.h>

#include "bench.h"
#include "services.h"
#include "traffic.h"

/* In a round. */
#define CONNECTIONS 400
#define MEGABYTES   64
#define ROUND_TRIPS 1000

#define GOAL 0.97

enum variant {
	SINGLE,
	OURS,
	KUBE_PROXY,
	SINGLE_AGAIN,
	N_VARIANTS,
};

static const char *const variant_names[N_VARIANTS] = {
	[SINGLE] = "single rule",
	[OURS] = "libk8snet",
	[KUBE_PROXY] = "kube-proxy",
	[SINGLE_AGAIN] = "single again",
};

struct bench {
	struct bench_cluster c;
	struct path paths[N_VARIANTS];
	bool is_there[N_VARIANTS];
	unsigned int n_rounds;
	unsigned int plain, special; /* services: one without, one with session affinity */
	double us[N_VARIANTS][BENCH_MAX_ROUNDS];
};

/* --- the nodes ------------------------------------------------------------------ */

static void load_single(struct bench *b)
{
	char vip[IP_SIZE], backend[IP_SIZE], command[512];

	snprintf(command, sizeof(command),
		 "nft 'add table ip single; add chain ip single prerouting { type nat hook "
		 "prerouting priority -100; }; add rule ip single prerouting ip daddr %s tcp "
		 "dport 80 dnat to %s:%d'",
		 service_ip(vip, b->plain), service_endpoint_ip(&b->c, backend, b->plain, 0),
		 TRAFFIC_PORT);
	bench_must(NULL, bench_run(command) < 0 ? -1 : 0, "the single rule");
}

static void load_ours(struct bench *b)
{
	struct k8snet_kernel *kernel;
	struct k8snet_plan *plan;

	cluster_make(&b->c);
	bench_must(b->c.ctx, k8snet_kernel_open(&kernel, b->c.ctx, NULL), "kernel");
	bench_must(b->c.ctx, k8snet_plan_new(&plan, b->c.cluster, NODE, kernel, 0), "plan");
	bench_must(b->c.ctx, k8snet_plan_apply(plan, kernel, NULL), "apply");
	k8snet_plan_unref(plan);
	k8snet_kernel_unref(kernel);
	cluster_done(&b->c);
}

/* Without session affinity, with which it takes minutes. */
static bool load_kube_proxy(const struct bench *b)
{
	struct bench_cluster c = b->c;

	c.has_affinity = false;
	if (!peer_is_there())
		printf("kube-proxy's layout: left out, no generator (set K8SNET_PEERS)\n");
	else if (peer_run(&c, c.n_services, "") < 0)
		printf("kube-proxy's layout: left out, nft failed or took more than %d s\n",
		       PEER_SECONDS);
	else
		return true;
	return false;
}

static void open_path(struct bench *b, enum variant v)
{
	char ip[IP_SIZE];
	unsigned int i;

	path_open(&b->paths[v]);
	for (i = 0; i < b->c.n_endpoints; i++) {
		path_add_backend(&b->paths[v], service_endpoint_ip(&b->c, ip, b->plain, i));
		path_add_backend(&b->paths[v], service_endpoint_ip(&b->c, ip, b->special, i));
	}
	b->is_there[v] = true;
	switch (v) {
	case OURS:
		load_ours(b);
		break;
	case KUBE_PROXY:
		b->is_there[v] = load_kube_proxy(b);
		break;
	default:
		load_single(b);
	}
}

/* --- what is measured -------------------------------------------------------------- */

static double connect_once(struct path *p, struct in_addr to)
{
	return traffic_connect(p, to, CONNECTIONS);
}

static double stream(struct path *p, struct in_addr to)
{
	return traffic_stream(p, to, MEGABYTES << 20);
}

static double make_round_trips(struct path *p, struct in_addr to)
{
	return traffic_round_trips(p, to, ROUND_TRIPS);
}

static const struct measure {
	const char *name;
	double (*fn)(struct path *p, struct in_addr to);
	double amount; /* in a round */
	bool is_special, has_goal;
} measures[] = {
	{"new connections/s", connect_once, CONNECTIONS, .has_goal = true},
	{"new connections/s, session affinity", connect_once, CONNECTIONS, .is_special = true},
	{"throughput, MB/s", stream, MEGABYTES * 1.048576, .has_goal = true},
	{"round trips/s over one connection", make_round_trips, ROUND_TRIPS, .has_goal = true},
};

/* The single rule knows one address. */
static struct in_addr destination(const struct bench *b, const struct measure *m, enum variant v)
{
	bool is_single = v == SINGLE || v == SINGLE_AGAIN;
	struct in_addr to;
	char ip[IP_SIZE];

	inet_pton(AF_INET, service_ip(ip, m->is_special && !is_single ? b->special : b->plain),
		  &to);
	return to;
}

static bool takes_part(const struct bench *b, const struct measure *m, enum variant v)
{
	return b->is_there[v] && !(v == KUBE_PROXY && m->is_special);
}

/* One round more than counts, to be warm. */
static void measure(struct bench *b, const struct measure *m)
{
	unsigned int round, turn, v;

	for (round = 0; round <= b->n_rounds; round++) {
		for (turn = 0; turn < N_VARIANTS; turn++) {
			v = (round + turn) % N_VARIANTS;
			if (!takes_part(b, m, v))
				continue;
			path_flush(&b->paths[v]);
			b->us[v][round ? round - 1 : 0] = m->fn(&b->paths[v], destination(b, m, v));
			path_flush(&b->paths[v]);
		}
	}
}

static int compare_doubles(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Rates of the same round, one to the other; sorted. */
static void get_ratios(const struct bench *b, enum variant v, double *ratios)
{
	unsigned int i;

	for (i = 0; i < b->n_rounds; i++)
		ratios[i] = b->us[SINGLE][i] / b->us[v][i];
	qsort(ratios, b->n_rounds, sizeof(*ratios), compare_doubles);
}

static double median_rate(const struct bench *b, const struct measure *m, enum variant v)
{
	static struct samples s;
	unsigned int i;

	s.count = 0;
	for (i = 0; i < b->n_rounds; i++)
		samples_add(&s, b->us[v][i]);
	return m->amount * 1e6 / samples_median(&s);
}

static void report(const struct bench *b, const struct measure *m)
{
	double ratios[BENCH_MAX_ROUNDS], median;
	unsigned int v;

	printf("\n%-36s %12s %10s %14s\n", m->name, "", "to single", "middle half");
	for (v = 0; v < N_VARIANTS; v++) {
		if (!takes_part(b, m, v))
			continue;
		get_ratios(b, v, ratios);
		median = ratios[b->n_rounds / 2];
		printf("    %-32s %12.0f", variant_names[v], median_rate(b, m, v));
		if (v != SINGLE)
			printf(" %10.3f  %5.3f to %5.3f", median, ratios[b->n_rounds / 4],
			       ratios[b->n_rounds * 3 / 4]);
		if (v == OURS && m->has_goal)
			printf("  at least %.2f: %s", GOAL, median >= GOAL ? "met" : "MISSED");
		printf("\n");
	}
	fflush(stdout);
}

int main(int argc, char **argv)
{
	static struct bench b = {
		.c = {.n_services = 10000, .n_endpoints = 10, .has_affinity = true},
		.n_rounds = 200};
	unsigned int i, v;
	bool has_peer = true;
	int option;

	while ((option = getopt(argc, argv, "pr:")) != -1) {
		if (option == 'p')
			has_peer = false;
		else if (option == 'r')
			b.n_rounds = (unsigned int)atoi(optarg);
		else
			return 1;
	}
	if (optind < argc)
		b.c.n_services = (unsigned int)atoi(argv[optind]);
	if (b.c.n_services < 20 || !b.n_rounds || b.n_rounds > BENCH_MAX_ROUNDS)
		return 1;
	b.special = b.c.n_services / 20 * 10;
	b.plain = b.special + 3;
	printf("%u services of %u endpoints, %u rounds, one CPU\n", b.c.n_services, b.c.n_endpoints,
	       b.n_rounds);
	for (v = 0; v < N_VARIANTS; v++)
		if (v != KUBE_PROXY || has_peer)
			open_path(&b, v);
	traffic_pin();
	for (i = 0; i < sizeof(measures) / sizeof(measures[0]); i++) {
		measure(&b, &measures[i]);
		report(&b, &measures[i]);
	}
	return 0;
}
