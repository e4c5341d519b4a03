/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Nanoseconds a look-up in the ingress table at 10, 1,000 and 100,000 routes.
 * The peer is what many proxies do: per host, a list of paths from the longest
 * to the shortest, compared one after another. It is given the host for nothing.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <k8snet/cluster.h>
#include <k8snet/context.h>
#include <k8snet/ingress.h>

#define ROUNDS	   7
#define N_REQUESTS 4096

struct request {
	char host[48], path[96];
	size_t host_length, path_length;
};

struct peer_path {
	char text[64];
	size_t length;
};

/* Of all hosts one after another; the hosts are found by their number, for free. */
struct peer {
	struct peer_path *paths;
	unsigned int n_hosts, n_paths; /* of each host */
};

static struct request requests[N_REQUESTS];
static unsigned int seed = 1;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void must(int r)
{
	if (r < 0) {
		fprintf(stderr, "failed: %d\n", r);
		exit(1);
	}
}

/* Depths 1 to 4, as real applications have them. */
static void path_of(char *text, size_t size, unsigned int i)
{
	static const char *const tails[] = {"", "/v1", "/v1/items", "/v1/items/by-name"};

	snprintf(text, size, "/service-%u%s", i / 4, tails[i % 4]);
}

static void host_of(char *text, size_t size, unsigned int host)
{
	snprintf(text, size, "shop-%u.example.com", host);
}

static struct k8snet_ingress_table *make_table(struct k8snet_ctx *ctx, unsigned int n_hosts,
					       unsigned int n_paths)
{
	struct k8snet_ingress_table *table = NULL;
	struct k8snet_cluster *cluster = NULL;
	char host[48], path[64], name[32];
	unsigned int h, i;

	must(k8snet_cluster_new(&cluster, ctx));
	for (h = 0; h < n_hosts; h++) {
		struct k8snet_ingress *ingress = NULL;

		snprintf(name, sizeof(name), "shop-%u", h);
		must(k8snet_ingress_new(&ingress, cluster, "shops", name));
		host_of(host, sizeof(host), h);
		for (i = 0; i < n_paths; i++) {
			path_of(path, sizeof(path), i);
			must(k8snet_ingress_add_rule(ingress, host, path, K8SNET_PATH_PREFIX,
						     "cart", NULL, 80));
		}
		k8snet_ingress_unref(ingress);
	}
	must(k8snet_ingress_table_new(&table, cluster, NULL));
	k8snet_cluster_unref(cluster);
	return table;
}

static int longest_first(const void *a, const void *b)
{
	const struct peer_path *x = a, *y = b;

	return x->length < y->length ? 1 : x->length > y->length ? -1 : 0;
}

static struct peer make_peer(unsigned int n_hosts, unsigned int n_paths)
{
	struct peer peer = {calloc(n_paths, sizeof(struct peer_path)), n_hosts, n_paths};
	unsigned int i;

	must(peer.paths ? 0 : -1);
	for (i = 0; i < n_paths; i++) {
		path_of(peer.paths[i].text, sizeof(peer.paths[i].text), i);
		peer.paths[i].length = strlen(peer.paths[i].text);
	}
	qsort(peer.paths, n_paths, sizeof(peer.paths[0]), longest_first);
	return peer;
}

static const struct peer_path *peer_match(const struct peer *peer, const struct request *request)
{
	unsigned int i;

	for (i = 0; i < peer->n_paths; i++) {
		const struct peer_path *path = &peer->paths[i];

		if (path->length <= request->path_length &&
		    !memcmp(path->text, request->path, path->length) &&
		    (path->length == request->path_length || request->path[path->length] == '/'))
			return path;
	}
	return NULL;
}

static void make_requests(unsigned int n_hosts, unsigned int n_paths)
{
	unsigned int i;

	for (i = 0; i < N_REQUESTS; i++) {
		struct request *r = &requests[i];
		char path[64];

		host_of(r->host, sizeof(r->host), (unsigned int)rand_r(&seed) % n_hosts);
		path_of(path, sizeof(path), (unsigned int)rand_r(&seed) % n_paths);
		snprintf(r->path, sizeof(r->path), "%s%s", path,
			 rand_r(&seed) % 2 ? "/0815?q=x" : "");
		r->host_length = strlen(r->host);
		r->path_length = strlen(r->path);
	}
}

static double time_table(const struct k8snet_ingress_table *table, unsigned int n)
{
	unsigned int i, found = 0;
	double start = now();

	for (i = 0; i < n; i++) {
		const struct request *r = &requests[i % N_REQUESTS];

		found += k8snet_ingress_table_match_n(table, r->host, r->host_length, r->path,
						      r->path_length) != NULL;
	}
	must(found == n ? 0 : -1);
	return (now() - start) / n;
}

static double time_peer(const struct peer *peer, unsigned int n)
{
	unsigned int i, found = 0;
	double start = now();

	for (i = 0; i < n; i++)
		found += peer_match(peer, &requests[i % N_REQUESTS]) != NULL;
	must(found == n ? 0 : -1);
	return (now() - start) / n;
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

static void run(struct k8snet_ctx *ctx, unsigned int n_hosts, unsigned int n_paths)
{
	double start = now(), built, ours[ROUNDS], theirs[ROUNDS], a, b;
	struct k8snet_ingress_table *table = make_table(ctx, n_hosts, n_paths);
	struct peer peer = make_peer(n_hosts, n_paths);
	unsigned int i, n_peer = 20000000 / (n_paths + 100);

	built = (now() - start) / 1e6;
	make_requests(n_hosts, n_paths);
	for (i = 0; i < ROUNDS; i++) {
		ours[i] = time_table(table, 400000);
		theirs[i] = time_peer(&peer, n_peer < 400000 ? n_peer : 400000);
	}
	a = median(ours);
	b = median(theirs);
	printf("%8zu %6u %11.0f ns %14.0f ns %9.1f x %9.0f ms\n",
	       k8snet_ingress_table_count_routes(table), n_hosts, a, b, b / a, built);
	free(peer.paths);
	k8snet_ingress_table_unref(table);
}

int main(void)
{
	struct k8snet_ctx *ctx = NULL;

	must(k8snet_ctx_new(&ctx, NULL));
	printf("ingress: a look-up, median of %d rounds\n", ROUNDS);
	printf("%8s %6s %14s %17s %11s %12s\n", "routes", "hosts", "table", "list, host given",
	       "ratio", "model, build");
	run(ctx, 1, 10);
	run(ctx, 1, 1000);
	run(ctx, 100, 10);
	run(ctx, 1, 100000);
	run(ctx, 1000, 100);
	run(ctx, 25000, 4);
	k8snet_ctx_unref(ctx);
	return 0;
}
