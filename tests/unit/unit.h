/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

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

/* A context and an empty cluster for each test. */
struct model_fixture {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
};

static inline int model_setup(void **state)
{
	struct model_fixture *f = calloc(1, sizeof(*f));

	*state = f;
	return k8snet_ctx_new(&f->ctx, NULL) || k8snet_cluster_new(&f->cluster, f->ctx);
}

static inline int model_teardown(void **state)
{
	struct model_fixture *f = *state;

	k8snet_cluster_unref(f->cluster);
	k8snet_ctx_unref(f->ctx);
	free(f);
	return 0;
}

#define model_test(fn) cmocka_unit_test_setup_teardown(fn, model_setup, model_teardown)

static inline const char *last_message(const struct k8snet_ctx *ctx)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(ctx);

	return error ? k8snet_error_get_message(error) : "";
}

/* The call failed with this code, and the message begins so. */
static inline void expect_error(const struct k8snet_ctx *ctx, int r, int code, const char *begin)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(ctx);

	if (r != code || !error || strncmp(last_message(ctx), begin, strlen(begin)))
		print_error("got %d \"%s\", want %d \"%s\"\n", r, last_message(ctx), code, begin);
	assert_int_equal(r, code);
	assert_non_null(error);
	assert_int_equal(k8snet_error_get_code(error), code);
	assert_int_equal(strncmp(last_message(ctx), begin, strlen(begin)), 0);
}

static inline void expect_address(const struct k8snet_address *address, const char *want)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	assert_non_null(address);
	assert_string_equal(k8snet_address_format(address, text, sizeof(text)), want);
}

static inline void expect_prefix(const struct k8snet_prefix *prefix, const char *want)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	assert_non_null(prefix);
	assert_string_equal(k8snet_prefix_format(prefix, text, sizeof(text)), want);
}

#endif
