/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each allocation of each call fails in turn: -ENOMEM, nothing leaked, leases as they were. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <k8snet/context.h>
#include <k8snet/ipam.h>

#include "ipam/ipam.h"
#include "oom.h"

#define CIDR "10.1.0.0/28"

static const uint8_t boots[2][LEASE_BOOT_SIZE] = {{1}, {2}};
static char dir[64], path[96];
static struct k8snet_ctx *ctx;

static int setup(void **state)
{
	(void)state;
	snprintf(dir, sizeof(dir), "/tmp/k8snet-ipam-oom-XXXXXX");
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/leases", dir);
	return k8snet_ctx_new(&ctx, NULL);
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	rmdir(dir);
	ctx = k8snet_ctx_unref(ctx);
	return 0;
}

static void assert_no_memory(int r)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(ctx);

	assert_int_equal(r, -ENOMEM);
	assert_non_null(error);
	assert_int_equal(k8snet_error_get_id(error), K8SNET_MSG_NO_MEMORY);
	assert_int_equal(k8snet_error_get_code(error), -ENOMEM);
}

static void test_open(void **state)
{
	struct k8snet_ipam *const none = (struct k8snet_ipam *)-1;
	struct k8snet_ipam *ipam;
	long n, live = oom_live();
	unsigned int failures = 0;
	int r;

	(void)state;
	for (n = 0;; n++) {
		ipam = none;
		oom_arm(n);
		r = k8snet_ipam_open(&ipam, ctx, n % 2 ? path : NULL, CIDR);
		if (!oom_disarm() && r == 0 && n % 2)
			break;
		if (r == 0) {
			k8snet_ipam_unref(ipam);
			continue;
		}
		assert_no_memory(r);
		assert_ptr_equal(ipam, none);
		assert_int_equal(oom_live(), live);
		failures++;
		unlink(path);
	}
	assert_true(failures >= 2);
	k8snet_ipam_unref(ipam);
	assert_int_equal(oom_live(), live);
}

/* Make the next call rebuild the file: it says that someone died over it. */
static void leave_dirty(void)
{
	uint32_t dirty = 1;
	FILE *file = fopen(path, "r+");

	assert_non_null(file);
	assert_int_equal(fseek(file, 1024, SEEK_SET), 0);
	assert_int_equal(fwrite(&dirty, sizeof(dirty), 1, file), 1);
	assert_int_equal(fclose(file), 0);
}

static int nothing(void *data, const char *owner, const struct k8snet_address *address,
		   bool is_stale)
{
	(void)data;
	(void)owner;
	(void)address;
	(void)is_stale;
	return 0;
}

static int call(struct k8snet_ipam *ipam, int which)
{
	struct k8snet_address address;

	assert_int_equal(k8snet_address_parse(&address, "10.1.0.9"), 0);
	switch (which) {
	case 0:
		return k8snet_ipam_reserve(ipam, "c", &address);
	case 1:
		return k8snet_ipam_allocate(ipam, "b", &address);
	case 2:
		return k8snet_ipam_find(ipam, "a", &address);
	case 3:
		return k8snet_ipam_release(ipam, "a");
	case 4:
		return k8snet_ipam_foreach(ipam, nothing, NULL);
	default:
		return k8snet_ipam_release_stale(ipam);
	}
}

/* Only a rebuild allocates: fail it, and see that the next call has it all. */
static void test_calls(void **state)
{
	struct k8snet_address address;
	struct k8snet_ipam *ipam;
	long live = oom_live();
	size_t count;
	int which;

	(void)state;
	for (which = 0; which < 6; which++) {
		assert_int_equal(ipam_open_in_boot(&ipam, ctx, path, CIDR, boots[0]), 0);
		assert_int_equal(k8snet_ipam_allocate(ipam, "a", &address), 0);
		count = k8snet_ipam_count(ipam);
		leave_dirty();
		oom_arm(0);
		assert_no_memory(call(ipam, which));
		assert_true(oom_disarm());
		assert_int_equal(k8snet_ipam_count(ipam), count);
		assert_int_equal(k8snet_ipam_find(ipam, "a", &address), 0);
		assert_int_equal(call(ipam, which), 0);
		k8snet_ipam_unref(ipam);
		assert_int_equal(oom_live(), live);
	}
	assert_int_equal(ipam_open_in_boot(&ipam, ctx, path, CIDR, boots[1]), 0);
	oom_arm(0);
	assert_no_memory(k8snet_ipam_release_stale(ipam));
	oom_disarm();
	assert_int_equal(k8snet_ipam_release_stale(ipam), 3);
	k8snet_ipam_unref(ipam);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_open, setup, teardown),
		cmocka_unit_test_setup_teardown(test_calls, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
