/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipam_fixture.h"

static void test_basics(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	struct k8snet_address address;
	struct stat st;

	assert_string_equal(text_of(k8snet_ipam_get_gateway(ipam)), "10.1.0.1");
	assert_int_equal(k8snet_ipam_get_prefix(ipam)->length, 24);
	assert_int_equal(k8snet_ipam_count_free(ipam), 253);
	assert_allocates(ipam, "shop/cart-0", "10.1.0.2");
	assert_allocates(ipam, "shop/cart-1", "10.1.0.3");
	assert_allocates(ipam, "shop/cart-0", "10.1.0.2");
	assert_finds(ipam, "shop/cart-1", "10.1.0.3");
	assert_int_equal(k8snet_ipam_find(ipam, "shop/cart-2", &address), -ENOENT);
	assert_error(fx, K8SNET_MSG_NOT_FOUND, "shop/cart-2");
	assert_int_equal(k8snet_ipam_count(ipam), 2);
	assert_int_equal(k8snet_ipam_count_free(ipam), 251);
	assert_int_equal(k8snet_ipam_release(ipam, "shop/cart-0"), 0);
	assert_int_equal(k8snet_ipam_release(ipam, "shop/cart-0"), -ENOENT);
	assert_int_equal(k8snet_ipam_count(ipam), 1);
	assert_int_equal(stat(fx->path, &st), 0);
	assert_int_equal(st.st_mode, S_IFREG | 0600);
	assert_ptr_equal(k8snet_ipam_ref(ipam), ipam);
	assert_null(k8snet_ipam_unref(ipam));
	assert_null(k8snet_ipam_unref(ipam));
	assert_null(k8snet_ipam_unref(NULL));

	ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	assert_finds(ipam, "shop/cart-1", "10.1.0.3");
	assert_allocates(ipam, "shop/cart-0", "10.1.0.4"); /* .2 rests */
	k8snet_ipam_unref(ipam);
}

static void test_owners(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	struct k8snet_address address;
	char owner[LEASE_OWNER_MAX + 2];

	memset(owner, 'x', sizeof(owner));
	owner[LEASE_OWNER_MAX + 1] = '\0';
	assert_int_equal(k8snet_ipam_allocate(ipam, owner, &address), -EINVAL);
	owner[LEASE_OWNER_MAX] = '\0';
	assert_allocates(ipam, owner, "10.1.0.2");
	owner[0] = 'y';
	assert_allocates(ipam, owner, "10.1.0.3");
	assert_finds(ipam, owner, "10.1.0.3");
	assert_int_equal(k8snet_ipam_allocate(ipam, "", &address), -EINVAL);
	assert_int_equal(k8snet_ipam_allocate(ipam, NULL, &address), -EINVAL);
	assert_int_equal(k8snet_ipam_find(ipam, "", &address), -EINVAL);
	assert_int_equal(k8snet_ipam_release(ipam, "a\nb"), -EINVAL);
	assert_int_equal(k8snet_ipam_reserve(ipam, "a\x1b[0m", &address), -EINVAL);
	assert_int_equal(k8snet_ipam_count(ipam), 2);
	k8snet_ipam_unref(ipam);
}

/* An address rests until all others were given. */
static void test_next_fit(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	struct k8snet_address address;
	char expected[32];
	int round, i;

	for (round = 0; round < 3; round++) {
		for (i = 2; i < 255; i++) {
			snprintf(expected, sizeof(expected), "10.1.0.%d", i);
			assert_allocates(ipam, "one", expected);
			assert_int_equal(k8snet_ipam_release(ipam, "one"), 0);
		}
	}
	for (i = 0; i < 253; i++) {
		snprintf(expected, sizeof(expected), "pod-%d", i);
		assert_int_equal(k8snet_ipam_allocate(ipam, expected, &address), 0);
	}
	assert_int_equal(k8snet_ipam_count_free(ipam), 0);
	assert_int_equal(k8snet_ipam_allocate(ipam, "more", &address), -ENOSPC);
	assert_error(fx, K8SNET_MSG_NO_ADDRESS, "10.1.0.0/24");
	assert_int_equal(k8snet_ipam_release(ipam, "pod-100"), 0);
	assert_allocates(ipam, "more", "10.1.0.102");
	k8snet_ipam_unref(ipam);
}

static void test_reserve(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.2.0/24", boot_1);
	static const char *const bad[] = {"10.1.2.0", "10.1.2.1", "10.1.2.255",
					  "10.1.3.4", "10.2.2.4", "fd00::4"};
	struct k8snet_address address;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		address = parse(bad[i]);
		assert_int_equal(k8snet_ipam_reserve(ipam, "a", &address), -EINVAL);
	}
	address = parse("10.1.2.3");
	assert_int_equal(k8snet_ipam_reserve(ipam, "a", &address), 0);
	assert_int_equal(k8snet_ipam_reserve(ipam, "a", &address), 0);
	assert_int_equal(k8snet_ipam_reserve(ipam, "b", &address), -EEXIST);
	assert_error(fx, K8SNET_MSG_DUPLICATE, "lease b");
	address = parse("10.1.2.5");
	assert_int_equal(k8snet_ipam_reserve(ipam, "a", &address), -EEXIST);
	assert_allocates(ipam, "a", "10.1.2.3");
	assert_allocates(ipam, "b", "10.1.2.2");
	assert_allocates(ipam, "c", "10.1.2.4");
	assert_int_equal(k8snet_ipam_count(ipam), 3);
	k8snet_ipam_unref(ipam);
}

static void test_subnets(void **state)
{
	struct fixture *fx = *state;
	static const char *const bad[] = {"",
					  "10.1.0.0",
					  "10.1.0.0/31",
					  "10.1.0.0/32",
					  "10.1.0.1/24",
					  "10.1.0.0/33",
					  "fd00::/127",
					  "fd00::1/64",
					  "x/24"};
	struct k8snet_ipam *ipam = NULL;
	struct k8snet_address address;
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, NULL, bad[i]), -EINVAL);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, NULL, "10.1.0.0/30"), 0);
	assert_allocates(ipam, "a", "10.1.0.2");
	assert_int_equal(k8snet_ipam_allocate(ipam, "b", &address), -ENOSPC);
	k8snet_ipam_unref(ipam);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, NULL, "fd00:1::/126"), 0);
	assert_allocates(ipam, "a", "fd00:1::2");
	assert_allocates(ipam, "b", "fd00:1::3");
	assert_int_equal(k8snet_ipam_allocate(ipam, "c", &address), -ENOSPC);
	k8snet_ipam_unref(ipam);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, NULL, "fd00:1::/64"), 0);
	assert_int_equal(k8snet_ipam_count_free(ipam), 65534);
	address = parse("fd00:1::ffff");
	assert_int_equal(k8snet_ipam_reserve(ipam, "a", &address), 0);
	address = parse("fd00:1::1:0002");
	assert_int_equal(k8snet_ipam_reserve(ipam, "b", &address), -EINVAL);
	k8snet_ipam_unref(ipam);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, NULL, "10.0.0.0/8"), 0);
	assert_int_equal(k8snet_ipam_count_free(ipam), 65534);
	k8snet_ipam_unref(ipam);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, NULL, "10.1.0.0/16"), 0);
	assert_int_equal(k8snet_ipam_count_free(ipam), 65533);
	k8snet_ipam_unref(ipam);
}

static void test_foreach(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	struct walk walk = {.stop_at = 7};
	struct k8snet_address address;
	char owner[16];
	int i;

	assert_walk(ipam, 0, 0);
	for (i = 0; i < 100; i++) {
		snprintf(owner, sizeof(owner), "p%d", i);
		assert_int_equal(k8snet_ipam_allocate(ipam, owner, &address), 0);
	}
	assert_walk(ipam, 100, 0);
	assert_int_equal(k8snet_ipam_foreach(ipam, count_lease, &walk), -77);
	assert_int_equal(walk.n, 7);
	k8snet_ipam_unref(ipam);
}

static void test_boots(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/29", boot_1);
	struct k8snet_address address;

	assert_allocates(ipam, "a", "10.1.0.2");
	assert_allocates(ipam, "b", "10.1.0.3");
	assert_allocates(ipam, "c", "10.1.0.4");
	assert_allocates(ipam, "d", "10.1.0.5");
	k8snet_ipam_unref(ipam);

	ipam = open_ipam(fx, "10.1.0.0/29", boot_2);
	assert_int_equal(k8snet_ipam_count(ipam), 0);
	assert_int_equal(k8snet_ipam_count_free(ipam), 5);
	assert_walk(ipam, 4, 4);
	assert_int_equal(k8snet_ipam_find(ipam, "a", &address), -ENOENT);
	assert_allocates(ipam, "b", "10.1.0.3"); /* its own again */
	assert_walk(ipam, 4, 3);
	assert_allocates(ipam, "e", "10.1.0.6"); /* the free one first */
	assert_allocates(ipam, "f", "10.1.0.2"); /* then those of the dead */
	assert_allocates(ipam, "g", "10.1.0.4");
	assert_walk(ipam, 5, 1);
	assert_int_equal(k8snet_ipam_release(ipam, "d"), 0);
	assert_int_equal(k8snet_ipam_release(ipam, "a"), -ENOENT);
	assert_walk(ipam, 4, 0);
	assert_int_equal(k8snet_ipam_release_stale(ipam), 0);
	k8snet_ipam_unref(ipam);

	ipam = open_ipam(fx, "10.1.0.0/29", boot_1);
	assert_allocates(ipam, "g", "10.1.0.4");
	assert_int_equal(k8snet_ipam_release_stale(ipam), 3);
	assert_walk(ipam, 1, 0);
	assert_finds(ipam, "g", "10.1.0.4");
	assert_int_equal(k8snet_ipam_count_free(ipam), 4);
	k8snet_ipam_unref(ipam);

	ipam = open_ipam(fx, "10.1.0.0/29", boot_2);
	address = parse("10.1.0.4");
	assert_int_equal(k8snet_ipam_reserve(ipam, "h", &address), 0);
	assert_walk(ipam, 1, 0);
	assert_int_equal(k8snet_ipam_release(ipam, "g"), -ENOENT);
	k8snet_ipam_unref(ipam);

	ipam = open_ipam(fx, "10.1.0.0/29", boot_1);
	address = parse("10.1.0.2");
	assert_int_equal(k8snet_ipam_reserve(ipam, "h", &address), 0); /* leaves the stale one */
	assert_walk(ipam, 1, 0);
	assert_finds(ipam, "h", "10.1.0.2");
	k8snet_ipam_unref(ipam);
}

struct job {
	struct fixture *fx;
	int id;
	unsigned char seen[256];
};

static void *allocate_many(void *data)
{
	struct job *job = data;
	struct k8snet_address address;
	struct k8snet_ctx *ctx = NULL;
	struct k8snet_ipam *ipam = NULL;
	char owner[32];
	int i;

	if (k8snet_ctx_new(&ctx, NULL) < 0 ||
	    ipam_open_in_boot(&ipam, ctx, job->fx->path, "10.1.0.0/24", boot_1) < 0)
		return "open";
	for (i = 0; i < 60; i++) {
		snprintf(owner, sizeof(owner), "t%d-%d", job->id, i);
		if (k8snet_ipam_allocate(ipam, owner, &address) < 0)
			return "allocate";
		job->seen[address.bytes[3]]++;
	}
	k8snet_ipam_unref(ipam);
	k8snet_ctx_unref(ctx);
	return NULL;
}

/* Threads with handles of their own exclude each other, as processes do. */
static void test_threads(void **state)
{
	struct job jobs[4] = {0};
	pthread_t threads[4];
	void *result;
	int i, k, sum;

	for (i = 0; i < 4; i++) {
		jobs[i] = (struct job){.fx = *state, .id = i};
		assert_int_equal(pthread_create(&threads[i], NULL, allocate_many, &jobs[i]), 0);
	}
	for (i = 0; i < 4; i++) {
		assert_int_equal(pthread_join(threads[i], &result), 0);
		assert_null(result);
	}
	for (k = 0; k < 256; k++) {
		for (sum = 0, i = 0; i < 4; i++)
			sum += jobs[i].seen[k];
		assert_true(sum <= 1);
	}
}

static void test_real_boot_id(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = NULL;

	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/24"), 0);
	assert_allocates(ipam, "a", "10.1.0.2");
	k8snet_ipam_unref(ipam);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/24"), 0);
	assert_finds(ipam, "a", "10.1.0.2");
	k8snet_ipam_unref(ipam);
	ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	assert_walk(ipam, 1, 1);
	k8snet_ipam_unref(ipam);
}

/* Random operations against a plain array, over all sizes of subnet. */
static void run_model(struct fixture *fx, const char *cidr, unsigned int n_owners, int steps)
{
	struct k8snet_address *has = calloc(n_owners, sizeof(*has)), got;
	struct k8snet_ipam *ipam = open_ipam(fx, cidr, boot_1);
	size_t count = 0, usable = k8snet_ipam_count_free(ipam);
	unsigned int seed = 1, o;
	char owner[32];
	int r, want;

	assert_non_null(has);
	while (steps--) {
		o = (unsigned int)rand_r(&seed) % n_owners;
		snprintf(owner, sizeof(owner), "owner-%u", o);
		switch (rand_r(&seed) % 5) {
		case 0:
		case 1:
			r = k8snet_ipam_allocate(ipam, owner, &got);
			want = has[o].family || count < usable ? 0 : -ENOSPC;
			assert_int_equal(r, want);
			if (r == 0 && has[o].family)
				assert_true(k8snet_address_is_equal(&has[o], &got));
			else if (r == 0)
				count++;
			if (r == 0)
				has[o] = got;
			break;
		case 2:
			r = k8snet_ipam_release(ipam, owner);
			assert_int_equal(r, has[o].family ? 0 : -ENOENT);
			count -= has[o].family != 0;
			has[o].family = 0;
			break;
		case 3:
			r = k8snet_ipam_find(ipam, owner, &got);
			assert_int_equal(r, has[o].family ? 0 : -ENOENT);
			if (r == 0)
				assert_true(k8snet_address_is_equal(&has[o], &got));
			break;
		default:
			assert_int_equal(k8snet_ipam_count(ipam), count);
		}
	}
	assert_walk(ipam, (unsigned int)count, 0);
	k8snet_ipam_unref(ipam);
	unlink(fx->path);
	free(has);
}

static void test_random(void **state)
{
	run_model(*state, "10.1.0.0/30", 3, 2000);
	run_model(*state, "10.1.0.0/27", 40, 20000);
	run_model(*state, "10.1.0.0/22", 1500, 40000);
	run_model(*state, "fd00::/64", 3000, 40000);
}

static double measure(struct k8snet_ipam *ipam, int n)
{
	struct k8snet_address address;
	struct timespec a, b;
	int i;

	clock_gettime(CLOCK_MONOTONIC, &a);
	for (i = 0; i < n; i++) {
		assert_int_equal(k8snet_ipam_allocate(ipam, "probe", &address), 0);
		assert_int_equal(k8snet_ipam_find(ipam, "probe", &address), 0);
		assert_int_equal(k8snet_ipam_release(ipam, "probe"), 0);
	}
	clock_gettime(CLOCK_MONOTONIC, &b);
	return ((double)(b.tv_sec - a.tv_sec) * 1e9 + (double)(b.tv_nsec - a.tv_nsec)) / n / 3;
}

static void test_full_range(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/16", boot_1);
	struct k8snet_address address;
	double few, many;
	char owner[32];
	int i;

	for (i = 0; i < 10; i++) {
		snprintf(owner, sizeof(owner), "pod-%d", i);
		assert_int_equal(k8snet_ipam_allocate(ipam, owner, &address), 0);
	}
	few = measure(ipam, 2000);
	for (; i < 65000; i++) {
		snprintf(owner, sizeof(owner), "pod-%d", i);
		assert_int_equal(k8snet_ipam_allocate(ipam, owner, &address), 0);
	}
	many = measure(ipam, 2000);
	print_message("%.0f ns an operation at 10 leases, %.0f ns at 65000 (%.2f x)\n", few, many,
		      many / few);
	for (; i < 65533; i++) {
		snprintf(owner, sizeof(owner), "pod-%d", i);
		assert_int_equal(k8snet_ipam_allocate(ipam, owner, &address), 0);
	}
	assert_int_equal(k8snet_ipam_allocate(ipam, "more", &address), -ENOSPC);
	assert_int_equal(k8snet_ipam_count(ipam), 65533);
	k8snet_ipam_unref(ipam);
	ipam = open_ipam(fx, "10.1.0.0/16", boot_2);
	assert_int_equal(k8snet_ipam_release_stale(ipam), 65533);
	assert_int_equal(k8snet_ipam_count_free(ipam), 65533);
	k8snet_ipam_unref(ipam);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_basics),  TEST(test_owners),	   TEST(test_next_fit),
		TEST(test_reserve), TEST(test_subnets),	   TEST(test_foreach),
		TEST(test_boots),   TEST(test_threads),	   TEST(test_real_boot_id),
		TEST(test_random),  TEST(test_full_range),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
