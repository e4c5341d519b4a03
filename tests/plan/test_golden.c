/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Golden plans: manifests of data/ in, operations in all formats out, for a node
 * with nothing on it. The services of rows.json are those that tests/netns/rows.sh
 * sends packets to.
 *
 *     tests/plan/test_golden --update    writes golden/ anew, to be read by a person
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

struct golden {
	const char *family;
	enum k8snet_mode mode;
	enum k8snet_link link;
};

static const char *const suffixes[] = {"txt", "json", "sh"};
static bool updates;

static void path(char *buffer, size_t size, const struct golden *g, const char *suffix)
{
	const char *srcdir = getenv("top_srcdir");

	if (suffix)
		snprintf(buffer, size, "%s/tests/plan/golden/%s-%s-%s.%s", srcdir ? srcdir : ".",
			 g->mode == K8SNET_MODE_ROUTE ? "route" : "overlay",
			 g->link == K8SNET_LINK_BRIDGE ? "bridge" : "ptp", g->family, suffix);
	else
		snprintf(buffer, size, "%s/tests/plan/data/%s.json", srcdir ? srcdir : ".",
			 g->family);
}

static char *read_file(const char *name)
{
	FILE *f = fopen(name, "r");
	char *text = calloc(1, 1 << 20);

	assert_non_null(text);
	if (!f)
		return text;
	text[fread(text, 1, (1 << 20) - 1, f)] = '\0';
	fclose(f);
	return text;
}

static int write_piece(void *data, const char *piece, size_t length)
{
	return fwrite(piece, 1, length, data) == length ? 0 : -EIO;
}

static char *print(const struct k8snet_plan *plan, enum k8snet_plan_format format)
{
	size_t size;
	char *text;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	assert_int_equal(k8snet_plan_print(plan, format, write_piece, f), 0);
	fclose(f);
	return text;
}

/* The first line that differs, as a person would want to see it. */
static void tell_difference(const char *name, const char *got, const char *want)
{
	size_t line = 1;

	for (; *got && *got == *want; got++, want++)
		line += *got == '\n';
	while (line > 1 && got[-1] != '\n') {
		got--;
		want--;
	}
	fail_msg("%s:%zu\n  got  %.*s\n  want %.*s", name, line, (int)strcspn(got, "\n"), got,
		 (int)strcspn(want, "\n"), want);
}

static void compare(const struct golden *g, const struct k8snet_plan *plan,
		    enum k8snet_plan_format format)
{
	char name[4096], *got = print(plan, format), *want;
	FILE *f;

	path(name, sizeof(name), g, suffixes[format]);
	if (updates) {
		f = fopen(name, "w");
		assert_non_null(f);
		assert_true(fputs(got, f) >= 0);
		assert_int_equal(fclose(f), 0);
	}
	want = read_file(name);
	if (strcmp(got, want))
		tell_difference(name, got, want);
	free(want);
	free(got);
}

static struct k8snet_cluster *load(const struct golden *g, struct k8snet_ctx *ctx)
{
	struct k8snet_cluster *cluster;
	struct k8snet_node *node;
	char name[4096];

	path(name, sizeof(name), g, NULL);
	assert_int_equal(k8snet_cluster_new(&cluster, ctx), 0);
	if (k8snet_cluster_load_file(cluster, name) < 0)
		fail_msg("%s", k8snet_error_get_message(k8snet_ctx_get_error(ctx)));
	assert_int_equal(k8snet_cluster_get_skipped(cluster), 0);
	if (!strcmp(g->family, "rows")) {
		assert_int_equal(k8snet_cluster_add_service_cidr(cluster, "10.96.0.0/16"), 0);
		assert_int_equal(k8snet_cluster_add_service_cidr(cluster, "fd00:96::/112"), 0);
	}
	k8snet_cluster_set_mode(cluster, g->mode);
	k8snet_cluster_set_link(cluster, g->link);
	k8snet_cluster_set_reset_connections(cluster, g->link == K8SNET_LINK_PTP);
	if (g->link == K8SNET_LINK_PTP && g->mode == K8SNET_MODE_OVERLAY) {
		k8snet_cluster_set_local_detection(cluster, K8SNET_LOCAL_INTERFACE);
		assert_int_equal(k8snet_cluster_add_pod_interface(cluster, "veth*"), 0);
		assert_int_equal(k8snet_cluster_add_pod_interface(cluster, "cni0"), 0);
	}
	node = k8snet_cluster_find_node(cluster, "node-1");
	assert_int_equal(k8snet_node_set_uplink(node, "eth0", 1500), 0);
	return cluster;
}

static void test_golden(void **state)
{
	const struct golden *g = *state;
	struct k8snet_cluster *cluster;
	struct k8snet_plan *plan;
	struct k8snet_ctx *ctx;
	enum k8snet_plan_format format;

	assert_int_equal(k8snet_ctx_new(&ctx, NULL), 0);
	cluster = load(g, ctx);
	assert_int_equal(k8snet_plan_new(&plan, cluster, "node-1", NULL, 0), 0);
	for (format = K8SNET_PLAN_TEXT; format <= K8SNET_PLAN_COMMANDS; format++)
		compare(g, plan, format);
	k8snet_plan_unref(plan);
	k8snet_cluster_unref(cluster);
	k8snet_ctx_unref(ctx);
}

#define GOLDEN(family_, mode_, link_)                                                         \
	{                                                                                     \
		.name = #mode_ "-" #link_ "-" #family_, .test_func = test_golden,             \
		.initial_state =                                                              \
			&(struct golden){#family_, K8SNET_MODE_##mode_, K8SNET_LINK_##link_}, \
	}
#define GOLDENS(family_)                                             \
	GOLDEN(family_, ROUTE, BRIDGE), GOLDEN(family_, ROUTE, PTP), \
		GOLDEN(family_, OVERLAY, BRIDGE), GOLDEN(family_, OVERLAY, PTP)

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {GOLDENS(ipv4), GOLDENS(ipv6), GOLDENS(dual),
					   GOLDEN(rows, ROUTE, BRIDGE)};

	updates = argc > 1 && !strcmp(argv[1], "--update");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
