/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation of the compiler of ingress rules fails in turn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <k8snet/cluster.h>
#include <k8snet/context.h>
#include <k8snet/ingress.h>

#include "oom.h"

static struct k8snet_cluster *make_cluster(struct k8snet_ctx *ctx)
{
	struct k8snet_cluster *cluster = NULL;
	struct k8snet_ingress *ingress;
	char name[32], host[64], path[600];
	int i, k;

	assert_int_equal(k8snet_cluster_new(&cluster, ctx), 0);
	for (i = 0; i < 10; i++) {
		snprintf(name, sizeof(name), "ingress-%d", i);
		assert_int_equal(k8snet_ingress_new(&ingress, cluster, "shop", name), 0);
		for (k = 0; k < 20; k++) {
			snprintf(host, sizeof(host), "h%d.example.com", i);
			snprintf(path, sizeof(path), "/a/%0*d", 1 + 25 * k, k);
			assert_int_equal(k8snet_ingress_add_rule(ingress, host, path,
								 K8SNET_PATH_PREFIX, "svc", NULL,
								 (uint16_t)(80 + k)),
					 0);
		}
		assert_int_equal(k8snet_ingress_set_default_backend(ingress, "other", "http", 0),
				 0);
		k8snet_ingress_unref(ingress);
	}
	return cluster;
}

static void test_table_new(void **state)
{
	struct k8snet_ingress_table *const none = (struct k8snet_ingress_table *)-1;
	struct k8snet_ingress_table *table;
	struct k8snet_cluster *cluster;
	struct k8snet_ctx *ctx = NULL;
	uint64_t generation;
	long n, live;

	(void)state;
	assert_int_equal(k8snet_ctx_new(&ctx, NULL), 0);
	cluster = make_cluster(ctx);
	generation = k8snet_cluster_get_generation(cluster);
	live = oom_live();
	for (n = 0;; n++) {
		int r;

		table = none;
		oom_arm(n);
		r = k8snet_ingress_table_new(&table, cluster, NULL);
		if (!oom_disarm()) {
			assert_int_equal(r, 0);
			break;
		}
		if (r == 0) { /* qsort() does without */
			k8snet_ingress_table_unref(table);
			continue;
		}
		assert_int_equal(r, -ENOMEM);
		assert_ptr_equal(table, none);
		assert_int_equal(oom_live(), live);
		assert_int_equal(k8snet_error_get_id(k8snet_ctx_get_error(ctx)),
				 K8SNET_MSG_NO_MEMORY);
	}
	assert_true(n > 5);
	assert_int_equal(k8snet_ingress_table_count_routes(table), 201);
	assert_int_equal(k8snet_cluster_get_generation(cluster), generation);
	/* Looking up allocates nothing. */
	live = oom_live();
	oom_arm(0);
	assert_non_null(k8snet_ingress_table_match(table, "H3.example.com:80", "/a/1/x"));
	assert_non_null(k8snet_ingress_table_match(table, "none", "/"));
	assert_false(oom_disarm());
	assert_int_equal(oom_live(), live);
	k8snet_ingress_table_unref(table);
	k8snet_cluster_unref(cluster);
	k8snet_ctx_unref(ctx);
	assert_int_equal(oom_live(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
