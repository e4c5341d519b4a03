/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <k8snet/cluster.h>
#include <k8snet/context.h>
#include <k8snet/ingress.h>

#define PREFIX	       K8SNET_PATH_PREFIX
#define EXACT	       K8SNET_PATH_EXACT
#define IMPLEMENTATION K8SNET_PATH_IMPLEMENTATION

struct fixture {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
};

static int setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	assert_non_null(fx);
	assert_int_equal(k8snet_ctx_new(&fx->ctx, NULL), 0);
	assert_int_equal(k8snet_cluster_new(&fx->cluster, fx->ctx), 0);
	*state = fx;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *fx = *state;

	k8snet_cluster_unref(fx->cluster);
	k8snet_ctx_unref(fx->ctx);
	free(fx);
	return 0;
}

static void add(struct fixture *fx, const char *name, const char *host, const char *path,
		enum k8snet_path_type type, const char *service)
{
	struct k8snet_ingress *ingress = k8snet_cluster_find_ingress(fx->cluster, "ns", name);

	if (!ingress) {
		assert_int_equal(k8snet_ingress_new(&ingress, fx->cluster, "ns", name), 0);
		k8snet_ingress_unref(ingress);
	}
	if (path)
		assert_int_equal(
			k8snet_ingress_add_rule(ingress, host, path, type, service, NULL, 80), 0);
	else
		assert_int_equal(k8snet_ingress_set_default_backend(ingress, service, NULL, 80), 0);
}

static struct k8snet_ingress_table *compile(struct fixture *fx)
{
	struct k8snet_ingress_table *table = NULL;

	assert_int_equal(k8snet_ingress_table_new(&table, fx->cluster, NULL), 0);
	return table;
}

static const char *service_for(const struct k8snet_ingress_table *table, const char *host,
			       const char *path)
{
	const struct k8snet_ingress_route *route = k8snet_ingress_table_match(table, host, path);

	return route ? k8snet_ingress_route_get_service(route) : "none";
}

/* --- the table of examples in the Ingress documentation --- */

struct example {
	enum k8snet_path_type types[3];
	const char *paths[3]; /* the backend of paths[i] is "path-i" */
	const char *request;
	const char *service;
};

static const struct example examples[] = {
	{{PREFIX}, {"/"}, "/", "path-0"},
	{{PREFIX}, {"/"}, "/any/thing", "path-0"},
	{{EXACT}, {"/foo"}, "/foo", "path-0"},
	{{EXACT}, {"/foo"}, "/bar", "default"},
	{{EXACT}, {"/foo"}, "/foo/", "default"},
	{{EXACT}, {"/foo/"}, "/foo", "default"},
	{{PREFIX}, {"/foo"}, "/foo", "path-0"},
	{{PREFIX}, {"/foo"}, "/foo/", "path-0"},
	{{PREFIX}, {"/foo/"}, "/foo", "path-0"},
	{{PREFIX}, {"/foo/"}, "/foo/", "path-0"},
	{{PREFIX}, {"/aaa/bb"}, "/aaa/bbb", "default"},
	{{PREFIX}, {"/aaa/bbb"}, "/aaa/bbb", "path-0"},
	{{PREFIX}, {"/aaa/bbb/"}, "/aaa/bbb", "path-0"},
	{{PREFIX}, {"/aaa/bbb"}, "/aaa/bbb/", "path-0"},
	{{PREFIX}, {"/aaa/bbb"}, "/aaa/bbb/ccc", "path-0"},
	{{PREFIX}, {"/aaa/bbb"}, "/aaa/bbbxyz", "default"},
	{{PREFIX, PREFIX}, {"/", "/aaa"}, "/aaa/ccc", "path-1"},
	{{PREFIX, PREFIX, PREFIX}, {"/", "/aaa", "/aaa/bbb"}, "/aaa/bbb", "path-2"},
	{{PREFIX, PREFIX, PREFIX}, {"/", "/aaa", "/aaa/bbb"}, "/ccc", "path-0"},
	{{PREFIX}, {"/aaa"}, "/ccc", "default"},
	{{PREFIX, EXACT}, {"/foo", "/foo"}, "/foo", "path-1"},
	/* Further ones, of the same rules. */
	{{PREFIX, EXACT}, {"/foo", "/foo"}, "/foo/", "path-0"},
	{{PREFIX, EXACT}, {"/foo", "/foo/"}, "/foo/", "path-1"},
	{{PREFIX, EXACT}, {"/foo/", "/foo"}, "/foo", "path-1"},
	{{EXACT, PREFIX}, {"/", "/"}, "/", "path-0"},
	{{EXACT, PREFIX}, {"/", "/"}, "", "path-0"},
	{{EXACT, PREFIX}, {"/", "/"}, "/x", "path-1"},
	{{EXACT, PREFIX}, {"/", "/"}, "*", "path-1"},
	{{EXACT}, {"/"}, "*", "default"},
	{{PREFIX}, {"/Foo"}, "/foo", "default"},
	{{IMPLEMENTATION}, {"/foo"}, "/foo/bar", "path-0"},
	{{IMPLEMENTATION}, {"/foo"}, "/foobar", "default"},
	{{PREFIX}, {"/foo"}, "/foo?q=/bar", "path-0"},
	{{EXACT}, {"/foo"}, "/foo?", "path-0"},
	{{EXACT}, {"/foo"}, "/foo?a/b", "path-0"},
	{{PREFIX, PREFIX}, {"/", "/foo"}, "/?/foo", "path-0"},
	{{PREFIX}, {"/foo"}, "//foo", "default"},
	{{PREFIX}, {"/foo"}, "/foo//", "path-0"},
	{{PREFIX}, {"/foo"}, "/foo//bar", "path-0"},
	{{PREFIX}, {"/foo/bar"}, "/foo//bar", "default"},
};

static void test_documentation(void **state)
{
	static const char *const hosts[] = {NULL, "shop.example.com", "*.example.com"};
	struct fixture *fx = *state;
	size_t i, k, h;

	for (i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
		for (h = 0; h < 3; h++) {
			const struct example *e = &examples[i];
			struct k8snet_ingress_table *table;
			char name[] = "path-0";

			add(fx, "x", NULL, NULL, PREFIX, "default");
			for (k = 0; k < 3 && e->paths[k]; k++) {
				name[5] = (char)('0' + k);
				add(fx, "x", hosts[h], e->paths[k], e->types[k], name);
			}
			table = compile(fx);
			if (strcmp(service_for(table, "shop.example.com", e->request), e->service))
				fail_msg("example %zu: %s goes to %s, not to %s", i, e->request,
					 service_for(table, "shop.example.com", e->request),
					 e->service);
			k8snet_ingress_table_unref(table);
			k8snet_ingress_remove(k8snet_cluster_find_ingress(fx->cluster, "ns", "x"));
		}
	}
}

static void test_hosts(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ingress_table *table;
	char longest[300];

	add(fx, "a", "bar.foo.com", "/", PREFIX, "exact");
	add(fx, "a", "*.foo.com", "/", PREFIX, "wildcard");
	add(fx, "a", "*.bar.foo.com", "/", PREFIX, "deeper");
	table = compile(fx);
	assert_string_equal(service_for(table, "bar.foo.com", "/"), "exact");
	assert_string_equal(service_for(table, "BAR.Foo.COM", "/"), "exact");
	assert_string_equal(service_for(table, "bar.foo.com:8080", "/"), "exact");
	assert_string_equal(service_for(table, "bar.foo.com.", "/"), "exact");
	assert_string_equal(service_for(table, "bar.foo.com.:80", "/"), "exact");
	assert_string_equal(service_for(table, "bar.foo.com..", "/"), "none");
	assert_string_equal(service_for(table, "baz.foo.com", "/"), "wildcard");
	assert_string_equal(service_for(table, "BAZ.foo.com:1", "/"), "wildcard");
	assert_string_equal(service_for(table, "x.bar.foo.com", "/"), "deeper");
	assert_string_equal(service_for(table, "x.baz.foo.com", "/"), "none");
	assert_string_equal(service_for(table, "foo.com", "/"), "none");
	assert_string_equal(service_for(table, ".foo.com", "/"), "none");
	assert_string_equal(service_for(table, "*.foo.com", "/"), "wildcard");
	assert_string_equal(service_for(table, "xfoo.com", "/"), "none");
	assert_string_equal(service_for(table, "", "/"), "none");
	assert_string_equal(service_for(table, NULL, NULL), "none");
	assert_string_equal(service_for(table, ":80", "/"), "none");
	assert_string_equal(service_for(table, ".", "/"), "none");
	assert_string_equal(service_for(table, "[::1]:80", "/"), "none");
	memset(longest, 'a', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	assert_string_equal(service_for(table, longest, "/"), "none");
	k8snet_ingress_table_unref(table);
	add(fx, "b", NULL, "/", PREFIX, "any");
	table = compile(fx);
	assert_string_equal(service_for(table, longest, "/"), "any");
	assert_string_equal(service_for(table, "[::1]:80", "/"), "any");
	assert_string_equal(service_for(table, "10.0.0.1", "/"), "any");
	assert_string_equal(service_for(table, NULL, NULL), "any");
	k8snet_ingress_table_unref(table);
}

/* The host is chosen first; its paths, or the default backend. */
static void test_host_before_path(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ingress_table *table;

	add(fx, "a", "shop.example.com", "/cart", PREFIX, "exact");
	add(fx, "a", "*.example.com", "/", PREFIX, "wildcard");
	add(fx, "a", NULL, "/", PREFIX, "any");
	table = compile(fx);
	assert_string_equal(service_for(table, "shop.example.com", "/cart"), "exact");
	assert_string_equal(service_for(table, "shop.example.com", "/other"), "none");
	assert_string_equal(service_for(table, "blog.example.com", "/cart"), "wildcard");
	assert_string_equal(service_for(table, "example.com", "/cart"), "any");
	k8snet_ingress_table_unref(table);
	add(fx, "z", NULL, NULL, PREFIX, "default");
	table = compile(fx);
	assert_string_equal(service_for(table, "shop.example.com", "/other"), "default");
	k8snet_ingress_table_unref(table);
}

static void test_routes(void **state)
{
	struct fixture *fx = *state;
	static const char *const expected[] = {
		"a.example.com /x/y/ 0 long",
		"a.example.com /x 1 exact",
		"a.example.com /x 0 first",
		"a.example.com / 2 root",
		"*.example.com /x 0 wild",
		" /x 0 any",
		"  0 default",
	};
	const struct k8snet_ingress_route *route = NULL;
	struct k8snet_ingress_table *table;
	char text[128];
	size_t n = 0;

	add(fx, "b", "a.example.com", "/x/", PREFIX, "second");
	add(fx, "b", NULL, "/x", PREFIX, "any");
	add(fx, "b", NULL, NULL, PREFIX, "other");
	add(fx, "a", "*.example.com", "/x", PREFIX, "wild");
	add(fx, "a", "a.example.com", "/", IMPLEMENTATION, "root");
	add(fx, "a", "a.example.com", "/x", PREFIX, "first");
	add(fx, "a", "a.example.com", "/x/", PREFIX, "third");
	add(fx, "a", "a.example.com", "/x", EXACT, "exact");
	add(fx, "a", "a.example.com", "/x/y/", PREFIX, "long");
	add(fx, "a", NULL, NULL, PREFIX, "default");
	table = compile(fx);
	while ((route = k8snet_ingress_table_next_route(table, route))) {
		snprintf(text, sizeof(text), "%s %s %d %s", k8snet_ingress_route_get_host(route),
			 k8snet_ingress_route_get_path(route),
			 (int)k8snet_ingress_route_get_path_type(route),
			 k8snet_ingress_route_get_service(route));
		assert_true(n < sizeof(expected) / sizeof(expected[0]));
		assert_string_equal(text, expected[n++]);
		assert_string_equal(k8snet_ingress_route_get_namespace(route), "ns");
		assert_string_equal(k8snet_ingress_route_get_port_name(route), "");
		assert_int_equal(k8snet_ingress_route_get_port_number(route), 80);
	}
	assert_int_equal(n, sizeof(expected) / sizeof(expected[0]));
	assert_int_equal(k8snet_ingress_table_count_routes(table), n);
	route = k8snet_ingress_table_match(table, "a.example.com", "/x/z");
	assert_string_equal(k8snet_ingress_route_get_ingress(route), "a");
	k8snet_ingress_table_unref(table);
}

static void test_classes(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ingress_table *table = NULL;
	struct k8snet_ingress *ingress;

	add(fx, "a", NULL, "/", PREFIX, "none");
	add(fx, "b", NULL, "/", PREFIX, "inside");
	ingress = k8snet_cluster_find_ingress(fx->cluster, "ns", "b");
	assert_int_equal(k8snet_ingress_set_class_name(ingress, "internal"), 0);
	assert_int_equal(k8snet_ingress_table_new(&table, fx->cluster, "internal"), 0);
	assert_string_equal(service_for(table, "x", "/"), "inside");
	assert_int_equal(k8snet_ingress_table_count_routes(table), 1);
	k8snet_ingress_table_unref(table);
	assert_int_equal(k8snet_ingress_table_new(&table, fx->cluster, "external"), 0);
	assert_int_equal(k8snet_ingress_table_count_routes(table), 0);
	assert_null(k8snet_ingress_table_match(table, "x", "/"));
	assert_null(k8snet_ingress_table_next_route(table, NULL));
	k8snet_ingress_table_unref(table);
	table = compile(fx);
	assert_string_equal(service_for(table, "x", "/"), "none");
	k8snet_ingress_table_unref(table);
}

static void test_port_names(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ingress *ingress = NULL;
	const struct k8snet_ingress_route *route;
	struct k8snet_ingress_table *table;

	assert_int_equal(k8snet_ingress_new(&ingress, fx->cluster, "ns", "a"), 0);
	assert_int_equal(k8snet_ingress_add_rule(ingress, NULL, "/n", PREFIX, "svc", "http", 0), 0);
	table = compile(fx);
	k8snet_ingress_remove(ingress);
	k8snet_ingress_unref(ingress);
	k8snet_cluster_unref(fx->cluster); /* the table lives on its own */
	fx->cluster = NULL;
	route = k8snet_ingress_table_match(table, "x", "/n");
	assert_string_equal(k8snet_ingress_route_get_port_name(route), "http");
	assert_int_equal(k8snet_ingress_route_get_port_number(route), 0);
	k8snet_ingress_table_unref(table);
}

/* Text that does not end in NUL, and ends where the memory does. */
static void test_lengths(void **state)
{
	struct fixture *fx = *state;
	const struct k8snet_ingress_route *route;
	struct k8snet_ingress_table *table;
	char *host, *path;
	size_t h, p;

	add(fx, "a", "aa.bb", "/aaaaaaaaaa/bbbbbbbbb/c", PREFIX, "one");
	add(fx, "a", "aa.bb", "/aaaaaaaaaa", EXACT, "two");
	add(fx, "a", "*.bb", "/", PREFIX, "three");
	table = compile(fx);
	for (h = 0; h <= 8; h++) {
		for (p = 0; p <= 27; p++) {
			host = malloc(h + !h);
			path = malloc(p + !p);
			assert_true(host && path);
			memcpy(host, "aa.bb.:80", h);
			memcpy(path, "/aaaaaaaaaa/bbbbbbbbb/c/dddd", p);
			route = k8snet_ingress_table_match_n(table, host, h, path, p);
			if (h >= 5 && p == 11)
				assert_string_equal(k8snet_ingress_route_get_service(route), "two");
			else if (h >= 5 && (p == 23 || p >= 24))
				assert_string_equal(k8snet_ingress_route_get_service(route), "one");
			else
				assert_null(route);
			free(host);
			free(path);
		}
	}
	route = k8snet_ingress_table_match_n(table, NULL, 0, NULL, 0);
	assert_null(route);
	route = k8snet_ingress_table_match_n(table, "x\0.bb", 5, "/\0/", 3);
	assert_string_equal(k8snet_ingress_route_get_service(route), "three");
	k8snet_ingress_table_unref(table);
}

/* --- an independent oracle, as the documentation's text reads --- */

struct rule {
	char ingress[8], host[24], path[400], service[16];
	enum k8snet_path_type type;
};

/* The next element of a path, between slashes; false at the end. */
static bool next_element(const char **at, const char **element, size_t *length)
{
	if (!*at)
		return false;
	*element = *at;
	*length = strcspn(*at, "/");
	*at = (*at)[*length] ? *at + *length + 1 : NULL;
	return true;
}

/* "A trailing slash is ignored": no element is left to compare. */
static bool is_only_slashes(const char *path)
{
	return !path || !path[strspn(path, "/")];
}

static bool oracle_prefix(const char *rule, const char *request)
{
	const char *a, *b;
	size_t n, m;

	if (is_only_slashes(rule))
		return true;
	while (!is_only_slashes(rule)) {
		if (!next_element(&rule, &a, &n) || !next_element(&request, &b, &m))
			return false;
		if (n != m || memcmp(a, b, n))
			return false;
	}
	return true;
}

static bool oracle_path(const struct rule *rule, const char *path)
{
	return rule->type == EXACT ? !strcmp(rule->path, path) : oracle_prefix(rule->path, path);
}

/* 3: equal, 2: the asterisk covers one label, 1: no host is asked for, 0: no. */
static int oracle_host(const char *rule, const char *host)
{
	if (!rule[0])
		return 1;
	if (rule[0] != '*')
		return strcasecmp(rule, host) ? 0 : 3;
	return host[0] != '.' && strchr(host, '.') && !strcasecmp(strchr(host, '.'), rule + 1) ? 2
											       : 0;
}

static size_t oracle_length(const struct rule *rule)
{
	size_t length = strlen(rule->path);

	while (rule->type != EXACT && length && rule->path[length - 1] == '/')
		length--;
	return length;
}

/* Whether `a` takes precedence over `b`; both match, with equal rank of host. */
static bool oracle_precedes(const struct rule *a, const struct rule *b)
{
	size_t n = oracle_length(a), m = oracle_length(b);

	if (n != m)
		return n > m;
	if ((a->type == EXACT) != (b->type == EXACT))
		return a->type == EXACT;
	if (strcmp(a->ingress, b->ingress))
		return strcmp(a->ingress, b->ingress) < 0;
	return a < b;
}

static const char *oracle(const struct rule *rules, size_t n, const char *host, const char *path)
{
	const struct rule *best = NULL;
	int rank = 0, r;
	size_t i;

	for (i = 0; i < n; i++) {
		r = oracle_host(rules[i].host, host);
		rank = r > rank ? r : rank;
	}
	for (i = 0; rank && i < n; i++) {
		if (oracle_host(rules[i].host, host) != rank || !oracle_path(&rules[i], path))
			continue;
		if (!best || oracle_precedes(&rules[i], best))
			best = &rules[i];
	}
	return best ? best->service : "none";
}

static unsigned int seed = 4711;

static unsigned int pick(unsigned int n)
{
	return (unsigned int)rand_r(&seed) % n;
}

static void random_host(char *out, bool is_rule)
{
	static const char *const labels[] = {"a", "b", "ab"};
	unsigned int n = pick(4);

	out[0] = '\0';
	if (n && is_rule && pick(3) == 0)
		strcat(out, "*.");
	else if (n && !is_rule && pick(20) == 0)
		strcat(out, ".");
	while (n--) {
		strcat(out, labels[pick(3)]);
		strcat(out, n ? "." : "");
	}
}

/* `is_wild`: paths that no rule of type Exact or Prefix may have. */
static void random_path(char *out, bool is_wild, bool is_deep)
{
	static const char *const elements[] = {"a", "b", "ab", "c", "abcdefgh"};
	unsigned int n = is_deep ? 58 + pick(12) : pick(5);

	out[0] = '\0';
	while (n--) {
		strcat(out, "/");
		if (!is_wild || pick(6))
			strcat(out, is_deep ? elements[pick(40) == 0] : elements[pick(5)]);
	}
	if (!out[0] || pick(4) == 0)
		strcat(out, "/");
}

static void random_rule(struct rule *rule, unsigned int number, bool is_deep)
{
	snprintf(rule->ingress, sizeof(rule->ingress), "i%u", pick(4));
	snprintf(rule->service, sizeof(rule->service), "s%u", number);
	random_host(rule->host, true);
	rule->type = (enum k8snet_path_type)pick(3);
	random_path(rule->path, rule->type == IMPLEMENTATION, is_deep && pick(2));
}

/* Often a path of a rule, whole, cut short, or with something after it. */
static void random_request(const struct rule *rules, unsigned int n, char *host, char *path,
			   bool is_deep)
{
	const struct rule *rule = &rules[pick(n)];

	random_host(host, false);
	if (pick(3) == 0 && rule->host[0])
		snprintf(host, 32, "%s%s", rule->host[0] == '*' ? "a" : "",
			 rule->host + (rule->host[0] == '*'));
	random_path(path, true, is_deep && pick(2));
	if (pick(2) == 0)
		strcpy(path, rule->path);
	if (pick(3) == 0)
		path[1 + pick((unsigned int)strlen(path))] = '\0';
	if (pick(3) == 0)
		strcat(path, pick(2) ? "/" : "/a");
	else if (pick(6) == 0)
		strcat(path, "b");
}

static void run_random(struct fixture *fx, bool is_deep, unsigned int n_requests)
{
	struct k8snet_ingress_table *table;
	unsigned int n = 1 + pick(14), i;
	struct rule rules[14];
	char host[64], path[512];
	struct k8snet_ingress *ingress;

	for (i = 0; i < n; i++) {
		random_rule(&rules[i], i, is_deep);
		add(fx, rules[i].ingress, rules[i].host, rules[i].path, rules[i].type,
		    rules[i].service);
	}
	table = compile(fx);
	for (i = 0; i < n_requests; i++) {
		random_request(rules, n, host, path, is_deep);
		if (strcmp(service_for(table, host, path), oracle(rules, n, host, path)))
			fail_msg("%s %s: %s, expected %s", host, path,
				 service_for(table, host, path), oracle(rules, n, host, path));
	}
	k8snet_ingress_table_unref(table);
	while ((ingress = k8snet_cluster_next_ingress(fx->cluster, NULL)))
		assert_int_equal(k8snet_ingress_remove(ingress), 0);
}

static void test_random(void **state)
{
	int i;

	for (i = 0; i < 5000; i++)
		run_random(*state, false, 40);
	for (i = 0; i < 500; i++)
		run_random(*state, true, 40);
}

/* --- threads --- */

struct job {
	struct k8snet_ingress_table *table;
	unsigned int wrong;
};

static void *match_many(void *data)
{
	struct job *job = data;
	char host[32], expected[32];
	int i;

	for (i = 0; i < 20000; i++) {
		snprintf(host, sizeof(host), "h%d.example.com", i % 50);
		snprintf(expected, sizeof(expected), "s%d", i % 50);
		if (strcmp(service_for(job->table, host, "/a/b"), expected))
			job->wrong++;
		if (i % 16 == 0) {
			k8snet_ingress_table_ref(job->table);
			k8snet_ingress_table_unref(job->table);
		}
	}
	k8snet_ingress_table_unref(job->table);
	return NULL;
}

static void test_threads(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ingress_table *table;
	struct job jobs[8];
	pthread_t threads[8];
	char host[32], service[32];
	int i;

	for (i = 0; i < 50; i++) {
		snprintf(host, sizeof(host), "h%d.example.com", i);
		snprintf(service, sizeof(service), "s%d", i);
		add(fx, "a", host, "/a", PREFIX, service);
	}
	table = compile(fx);
	for (i = 0; i < 8; i++) {
		jobs[i] = (struct job){.table = k8snet_ingress_table_ref(table)};
		assert_int_equal(pthread_create(&threads[i], NULL, match_many, &jobs[i]), 0);
	}
	k8snet_ingress_table_unref(table);
	for (i = 0; i < 8; i++) {
		assert_int_equal(pthread_join(threads[i], NULL), 0);
		assert_int_equal(jobs[i].wrong, 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_documentation), TEST(test_hosts),   TEST(test_host_before_path),
		TEST(test_routes),	  TEST(test_classes), TEST(test_port_names),
		TEST(test_lengths),	  TEST(test_random),  TEST(test_threads),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
