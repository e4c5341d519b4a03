/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_IPAM_FIXTURE_H
#define TESTS_IPAM_FIXTURE_H

/* What the tests of leases share. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <k8snet/context.h>
#include <k8snet/ipam.h>

#include "ipam/ipam.h"
#include "ipam/lease_record.h"

static const uint8_t boot_1[LEASE_BOOT_SIZE] = {1}, boot_2[LEASE_BOOT_SIZE] = {2};

struct fixture {
	struct k8snet_ctx *ctx;
	char dir[64];
	char path[128];
};

static inline int setup(void **state)
{
	struct fixture *fx = calloc(1, sizeof(*fx));

	assert_non_null(fx);
	snprintf(fx->dir, sizeof(fx->dir), "/tmp/k8snet-ipam-XXXXXX");
	assert_non_null(mkdtemp(fx->dir));
	snprintf(fx->path, sizeof(fx->path), "%s/leases", fx->dir);
	assert_int_equal(k8snet_ctx_new(&fx->ctx, NULL), 0);
	*state = fx;
	return 0;
}

static inline int teardown(void **state)
{
	struct fixture *fx = *state;

	unlink(fx->path);
	rmdir(fx->path);
	rmdir(fx->dir);
	k8snet_ctx_unref(fx->ctx);
	free(fx);
	return 0;
}

static inline struct k8snet_ipam *open_ipam(struct fixture *fx, const char *cidr,
					    const uint8_t *boot)
{
	struct k8snet_ipam *ipam = NULL;

	assert_int_equal(ipam_open_in_boot(&ipam, fx->ctx, fx->path, cidr, boot), 0);
	return ipam;
}

static inline const char *text_of(const struct k8snet_address *address)
{
	static char text[K8SNET_ADDRESS_TEXT_SIZE];

	return k8snet_address_format(address, text, sizeof(text));
}

#define assert_allocates(ipam, owner, expected)                                \
	do {                                                                   \
		struct k8snet_address _got;                                    \
		assert_int_equal(k8snet_ipam_allocate(ipam, owner, &_got), 0); \
		assert_string_equal(text_of(&_got), expected);                 \
	} while (0)

#define assert_finds(ipam, owner, expected)                                \
	do {                                                               \
		struct k8snet_address _got;                                \
		assert_int_equal(k8snet_ipam_find(ipam, owner, &_got), 0); \
		assert_string_equal(text_of(&_got), expected);             \
	} while (0)

static inline void assert_error(struct fixture *fx, enum k8snet_message_id id, const char *part)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(fx->ctx);

	assert_non_null(error);
	assert_int_equal(k8snet_error_get_id(error), id);
	if (!strstr(k8snet_error_get_message(error), part))
		fail_msg("'%s' does not say '%s'", k8snet_error_get_message(error), part);
}

static inline struct k8snet_address parse(const char *text)
{
	struct k8snet_address address;

	assert_int_equal(k8snet_address_parse(&address, text), 0);
	return address;
}

struct walk {
	unsigned int n, n_stale, stop_at;
	struct k8snet_address last;
};

static inline int count_lease(void *data, const char *owner, const struct k8snet_address *address,
			      bool is_stale)
{
	struct walk *walk = data;

	assert_true(owner[0] != '\0');
	if (walk->n)
		assert_true(memcmp(walk->last.bytes, address->bytes, 16) < 0);
	walk->last = *address;
	walk->n_stale += is_stale;
	return ++walk->n == walk->stop_at ? -77 : 0;
}

static inline void assert_walk(struct k8snet_ipam *ipam, unsigned int n, unsigned int n_stale)
{
	struct walk walk = {0};

	assert_int_equal(k8snet_ipam_foreach(ipam, count_lease, &walk), 0);
	assert_int_equal(walk.n, n);
	assert_int_equal(walk.n_stale, n_stale);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
