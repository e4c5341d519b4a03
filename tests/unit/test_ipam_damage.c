/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lease files that are not, or no longer, what they should be. */
#include "ipam_fixture.h"

static void write_file(struct fixture *fx, const void *data, size_t size)
{
	int fd = open(fx->path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, data, size), size);
	close(fd);
}

static void test_refused_files(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = NULL;
	char other[160], buffer[5000];
	struct stat st;

	snprintf(other, sizeof(other), "%s/none/leases", fx->dir);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, other, "10.1.0.0/24"), -ENOENT);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, "/proc/self/leases", "10.1.0.0/24"),
			 -ENOENT);
	assert_error(fx, K8SNET_MSG_LEASE_FILE, "/proc/self/leases");
	assert_int_equal(symlink("/dev/null", fx->path), 0);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/24"), -EINVAL);
	assert_error(fx, K8SNET_MSG_LEASE_FILE, "symbolic link");
	unlink(fx->path);
	assert_int_equal(mkfifo(fx->path, 0600), 0);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/24"), -EINVAL);
	assert_error(fx, K8SNET_MSG_LEASE_FILE, "not a regular file");
	unlink(fx->path);
	assert_int_equal(mkdir(fx->path, 0700), 0);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/24"), -EINVAL);
	assert_error(fx, K8SNET_MSG_LEASE_FILE, "not a regular file");
	rmdir(fx->path);
	memset(buffer, 'x', sizeof(buffer));
	write_file(fx, buffer, sizeof(buffer));
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/24"), -EINVAL);
	write_file(fx, "127.0.0.1 localhost\n", 20);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/24"), -EINVAL);
	assert_error(fx, K8SNET_MSG_LEASE_FILE, "not a lease file");
	assert_int_equal(stat(fx->path, &st), 0);
	assert_int_equal(st.st_size, 20); /* untouched */
	memset(buffer, 0, sizeof(buffer));
	write_file(fx, buffer, sizeof(buffer));
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/24"), -EINVAL);
	unlink(fx->path);
	ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	k8snet_ipam_unref(ipam);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.1.0/24"), -EINVAL);
	assert_error(fx, K8SNET_MSG_LEASE_FILE, "another subnet");
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "10.1.0.0/25"), -EINVAL);
	assert_int_equal(k8snet_ipam_open(&ipam, fx->ctx, fx->path, "fd00::/120"), -EINVAL);
}

static void test_removed_file(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	struct k8snet_address address;

	unlink(fx->path);
	assert_int_equal(k8snet_ipam_allocate(ipam, "a", &address), -EIO);
	assert_error(fx, K8SNET_MSG_LEASE_FILE, "removed");
	k8snet_ipam_unref(ipam);
}

/* The file loses its end, or gains one: the leases that are left are whole. */
static void test_resized_file(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	struct k8snet_address address;
	struct stat st;

	assert_allocates(ipam, "a", "10.1.0.2");
	address = parse("10.1.0.254");
	assert_int_equal(k8snet_ipam_reserve(ipam, "z", &address), 0);
	assert_int_equal(stat(fx->path, &st), 0);
	assert_int_equal(truncate(fx->path, st.st_size - 4096), 0);
	assert_finds(ipam, "a", "10.1.0.2");
	assert_int_equal(k8snet_ipam_find(ipam, "z", &address), -ENOENT);
	assert_int_equal(k8snet_ipam_count(ipam), 1);
	assert_int_equal(truncate(fx->path, st.st_size + 4096), 0);
	assert_finds(ipam, "a", "10.1.0.2");
	assert_int_equal(truncate(fx->path, 3000), 0);
	assert_int_equal(k8snet_ipam_count(ipam), 0);
	k8snet_ipam_unref(ipam);
	assert_int_equal(truncate(fx->path, sizeof(struct lease_header)), 0); /* as if just made */
	ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	assert_int_equal(k8snet_ipam_count_free(ipam), 253);
	assert_allocates(ipam, "a", "10.1.0.2");
	assert_int_equal(truncate(fx->path, 10), 0);
	assert_int_equal(k8snet_ipam_allocate(ipam, "a", &address), -EIO);
	k8snet_ipam_unref(ipam);
	assert_int_equal(ipam_open_in_boot(&ipam, fx->ctx, fx->path, "10.1.0.0/24", boot_1),
			 -EINVAL);
}

static void poke(struct fixture *fx, off_t at, const void *data, size_t size)
{
	int fd = open(fx->path, O_WRONLY | O_CLOEXEC);

	assert_true(fd >= 0);
	assert_int_equal(pwrite(fd, data, size, at), size);
	close(fd);
}

/* Each byte of a small file in turn gets each of a few wrong values: no crash,
 * no endless loop, and never the same address for two owners. */
static void test_damaged_bytes(void **state)
{
	struct fixture *fx = *state;
	static const uint8_t values[] = {0x00, 0x01, 0x80, 0xff};
	struct k8snet_address a, b, c;
	struct k8snet_ipam *ipam;
	static uint8_t whole[32768];
	size_t size, i, v;
	int fd;

	ipam = open_ipam(fx, "10.1.0.0/28", boot_1);
	for (i = 0; i < 6; i++) {
		char owner[] = {(char)('a' + i), 0};

		assert_int_equal(k8snet_ipam_allocate(ipam, owner, &a), 0);
	}
	k8snet_ipam_unref(ipam);
	fd = open(fx->path, O_RDONLY | O_CLOEXEC);
	size = (size_t)read(fd, whole, sizeof(whole));
	close(fd);
	assert_true(size > 4096 && size < sizeof(whole));
	for (i = 0; i < size; i++) {
		if (i > 64 && i < 1024)
			continue;
		for (v = 0; v < sizeof(values); v++) {
			if (whole[i] == values[v])
				continue;
			poke(fx, (off_t)i, &values[v], 1);
			if (ipam_open_in_boot(&ipam, fx->ctx, fx->path, "10.1.0.0/28", boot_1) ==
			    0) {
				assert_int_equal(k8snet_ipam_allocate(ipam, "new", &a), 0);
				assert_int_equal(k8snet_ipam_allocate(ipam, "a", &b), 0);
				assert_int_equal(k8snet_ipam_allocate(ipam, "b", &c), 0);
				assert_false(k8snet_address_is_equal(&a, &b));
				assert_false(k8snet_address_is_equal(&a, &c));
				assert_false(k8snet_address_is_equal(&b, &c));
				assert_int_equal(k8snet_ipam_release(ipam, "new"), 0);
				k8snet_ipam_unref(ipam);
			} else {
				assert_true(i < sizeof(struct lease_header));
			}
			poke(fx, 0, whole, size);
		}
	}
}

/* A chain that runs in a circle, with a state that says it is whole. */
static void test_cyclic_chain(void **state)
{
	struct fixture *fx = *state;
	struct lease_file f = {0};
	struct k8snet_prefix prefix;
	struct k8snet_ipam *ipam;
	struct k8snet_address address;
	uint32_t link, i;

	ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	assert_allocates(ipam, "a", "10.1.0.2");
	assert_allocates(ipam, "b", "10.1.0.3");
	assert_int_equal(k8snet_prefix_parse(&prefix, "10.1.0.0/24"), 0);
	assert_int_equal(lease_file_open(&f, fx->ctx, fx->path, &prefix, boot_1), 0);
	for (i = 0; i < f.n_buckets; i++) { /* all buckets lead to 2 -> 3 -> 2 */
		link = 3;
		poke(fx, f.heads_at + i * 4, &link, 4);
	}
	link = 4;
	poke(fx, f.next_at + 2 * 4, &link, 4);
	link = 3;
	poke(fx, f.next_at + 3 * 4, &link, 4);
	assert_int_equal(k8snet_ipam_find(ipam, "nobody", &address), -ENOENT);
	assert_finds(ipam, "b", "10.1.0.3");
	assert_allocates(ipam, "c", "10.1.0.4");
	lease_file_close(&f);
	k8snet_ipam_unref(ipam);
}

/* A record with a right checksum and wrong contents does not become a lease. */
static void test_hostile_records(void **state)
{
	struct fixture *fx = *state;
	struct lease_record record;
	struct lease_file f = {0};
	struct k8snet_prefix prefix;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	uint32_t dirty = 1, slot;

	assert_int_equal(k8snet_prefix_parse(&prefix, "10.1.0.0/24"), 0);
	assert_int_equal(lease_file_open(&f, fx->ctx, fx->path, &prefix, boot_1), 0);
	for (slot = 0; slot < 256; slot++) {
		lease_record_fill(&f, &record, slot, "owner");
		if (slot == 2)
			memset(record.owner, 'x', sizeof(record.owner)); /* no NUL */
		else if (slot == 3)
			record.owner_length = 4;
		else if (slot == 4)
			record.slot = 5;
		else if (slot == 5)
			record.owner[0] = '\n';
		else if (slot == 6)
			memset(record.owner, 0, sizeof(record.owner));
		else if (slot > 6 && slot < 255)
			continue;
		lease_record_seal(&f, &record);
		poke(fx, lease_record_at(&f, slot), &record, sizeof(record));
	}
	poke(fx, 1024, &dirty, 4);
	assert_walk(ipam, 0, 0);
	assert_int_equal(k8snet_ipam_count_free(ipam), 253);
	assert_allocates(ipam, "owner", "10.1.0.2");
	lease_file_close(&f);
	k8snet_ipam_unref(ipam);
}

/* Killed between any two writes: the file says dirty, the record is there or
 * not; who comes next finds whole leases. */
static void test_dirty(void **state)
{
	struct fixture *fx = *state;
	struct k8snet_ipam *ipam = open_ipam(fx, "10.1.0.0/24", boot_1);
	struct lease_record record;
	struct lease_file f = {0};
	struct k8snet_prefix prefix;
	uint32_t dirty = 1;

	assert_allocates(ipam, "a", "10.1.0.2");
	assert_int_equal(k8snet_prefix_parse(&prefix, "10.1.0.0/24"), 0);
	assert_int_equal(lease_file_open(&f, fx->ctx, fx->path, &prefix, boot_1), 0);
	lease_record_fill(&f, &record, 3, "b");
	poke(fx, 1024, &dirty, 4);
	poke(fx, lease_record_at(&f, 3), &record, sizeof(record));
	assert_finds(ipam, "b", "10.1.0.3");
	assert_allocates(ipam, "c", "10.1.0.4");
	memset(&record, 0, sizeof(record));
	poke(fx, 1024, &dirty, 4);
	poke(fx, lease_record_at(&f, 2), &record, sizeof(record));
	assert_int_equal(k8snet_ipam_release(ipam, "a"), -ENOENT);
	assert_int_equal(k8snet_ipam_count(ipam), 2);
	lease_file_close(&f);
	k8snet_ipam_unref(ipam);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_refused_files), TEST(test_removed_file), TEST(test_resized_file),
		TEST(test_damaged_bytes), TEST(test_cyclic_chain), TEST(test_hostile_records),
		TEST(test_dirty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
