/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The compiled table gives what the rules say: a request against up to 32 rules,
 * compared with a plain search over all of them.
 *
 * Input: lines. The first is "host path" of the request, each other one a rule,
 * "host path" after a letter, P for Prefix and E for Exact; "-" is no host.
 */
#include <k8snet/k8snet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MAX_RULES = 32 };

struct rule {
	const char *host; /* "" for all */
	const char *path;
	enum k8snet_path_type type;
};

/* 0: no match; else the rank of the host: exact, wildcard, none. */
static int rank_host(const char *rule, const char *host)
{
	const char *dot = strchr(host, '.');

	if (rule[0] == '\0')
		return 1;
	if (strncmp(rule, "*.", 2) == 0)
		return dot && dot != host && strcasecmp(rule + 1, dot) == 0 ? 2 : 0;
	return strcasecmp(rule, host) == 0 ? 3 : 0;
}

static size_t trimmed(const char *path)
{
	size_t n = strlen(path);

	return n > 0 && path[n - 1] == '/' ? n - 1 : n;
}

static int is_path_match(const struct rule *rule, const char *path)
{
	size_t n = trimmed(rule->path);

	if (rule->type == K8SNET_PATH_EXACT)
		return strcmp(rule->path, path) == 0;
	return strncmp(rule->path, path, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

/* Whether a is before b, by host, then length of path, then Exact. */
static int is_better(const struct rule *a, const struct rule *b, const char *host)
{
	int d = rank_host(a->host, host) - rank_host(b->host, host);
	size_t na = a->type == K8SNET_PATH_EXACT ? strlen(a->path) : trimmed(a->path);
	size_t nb = b->type == K8SNET_PATH_EXACT ? strlen(b->path) : trimmed(b->path);

	if (d != 0)
		return d > 0;
	if (na != nb)
		return na > nb;
	return a->type == K8SNET_PATH_EXACT && b->type != K8SNET_PATH_EXACT;
}

static const struct rule *search(const struct rule *rules, size_t n, const char *host,
				 const char *path)
{
	const struct rule *best = NULL;
	int rank = 0;

	/* The host first; its paths or none. */
	for (size_t i = 0; i < n; i++)
		if (rank_host(rules[i].host, host) > rank)
			rank = rank_host(rules[i].host, host);
	for (size_t i = 0; rank && i < n; i++) {
		if (rank_host(rules[i].host, host) != rank || !is_path_match(&rules[i], path))
			continue;
		if (!best || is_better(&rules[i], best, host))
			best = &rules[i];
	}
	return best;
}

/* Requests and rules that take no special care: one slash between elements. */
static int is_plain(const char *host, const char *path)
{
	size_t n = strlen(host);

	return path[0] == '/' && !strstr(path, "//") && !strpbrk(path, "?#%") &&
	       strcspn(host, ":/[]") == n && (n == 0 || host[n - 1] != '.');
}

static int split(char *line, const char **host, const char **path)
{
	char *space = strchr(line, ' ');

	if (!space)
		return -1;
	*space = '\0';
	*host = strcmp(line, "-") == 0 ? "" : line;
	*path = space + 1;
	return 0;
}

static void compare(struct k8snet_cluster *cluster, const struct rule *rules, size_t n,
		    const char *host, const char *path)
{
	struct k8snet_ingress_table *table = NULL;
	const struct k8snet_ingress_route *route;
	const struct rule *rule = search(rules, n, host, path);

	if (k8snet_ingress_table_new(&table, cluster, NULL) < 0)
		abort();
	route = k8snet_ingress_table_match(table, host, path);
	if (is_plain(host, path)) {
		if (!route != !rule)
			abort();
		if (rule && (strcasecmp(k8snet_ingress_route_get_host(route), rule->host) != 0 ||
			     is_better(rule,
				       &(struct rule){k8snet_ingress_route_get_host(route),
						      k8snet_ingress_route_get_path(route),
						      k8snet_ingress_route_get_path_type(route)},
				       host)))
			abort();
	}
	k8snet_ingress_table_unref(table);
}

static void run(struct k8snet_cluster *cluster, struct k8snet_ingress *ingress, char *text)
{
	struct rule rules[MAX_RULES];
	const char *host, *path;
	char *next, *line = strtok_r(text, "\n", &next);
	size_t n = 0;

	if (!line || split(line, &host, &path) < 0)
		return;
	while (n < MAX_RULES && (line = strtok_r(NULL, "\n", &next)) != NULL) {
		struct rule *rule = &rules[n];

		rule->type = line[0] == 'E' ? K8SNET_PATH_EXACT : K8SNET_PATH_PREFIX;
		if (split(line + 1, &rule->host, &rule->path) < 0 || strstr(rule->path, "//"))
			continue;
		if (k8snet_ingress_add_rule(ingress, rule->host, rule->path, rule->type, "svc",
					    NULL, 80) == 0)
			n++;
	}
	compare(cluster, rules, n, host, path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct k8snet_ctx *ctx = NULL;
	struct k8snet_cluster *cluster = NULL;
	struct k8snet_ingress *ingress = NULL;
	char *text = calloc(1, size + 1);

	if (!text || k8snet_ctx_new(&ctx, NULL) < 0 || k8snet_cluster_new(&cluster, ctx) < 0 ||
	    k8snet_ingress_new(&ingress, cluster, "a", "b") < 0)
		abort();
	memcpy(text, data, size);
	run(cluster, ingress, text);
	free(text);
	k8snet_ingress_unref(ingress);
	k8snet_cluster_unref(cluster);
	k8snet_ctx_unref(ctx);
	return 0;
}
