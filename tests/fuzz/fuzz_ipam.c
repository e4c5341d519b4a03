/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A lease file of any contents, then any calls: no crash, no endless loop, and
 * no address for two owners.
 *
 * Input: a byte that says what the file is: even, the bytes as they are; odd, a
 * whole file with patches. A patch is a 16-bit offset, a length below 16, and
 * the bytes; length 0 ends them. Then a byte for each call: the upper half says
 * which, the lower half for whom.
 */
#include <errno.h>
#include <fcntl.h>
#include <k8snet/k8snet.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define CIDR "10.1.0.0/28"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
	const uint8_t *data;
	size_t size;
};

static uint8_t take(struct input *in)
{
	if (!in->size)
		return 0;
	in->size--;
	return *in->data++;
}

static const char *file_path(void)
{
	static char path[64];

	if (!path[0])
		snprintf(path, sizeof(path), "%s/k8snet-fuzz-ipam-%d",
			 access("/dev/shm", W_OK) ? "/tmp" : "/dev/shm", (int)getpid());
	return path;
}

static void make_leases(struct k8snet_ctx *ctx)
{
	struct k8snet_address address;
	struct k8snet_ipam *ipam = NULL;

	if (k8snet_ipam_open(&ipam, ctx, file_path(), CIDR) < 0 ||
	    k8snet_ipam_allocate(ipam, "a", &address) < 0 ||
	    k8snet_ipam_allocate(ipam, "b", &address) < 0 ||
	    k8snet_ipam_allocate(ipam, "c", &address) < 0)
		abort();
	k8snet_ipam_unref(ipam);
}

static void patch(int fd, struct input *in)
{
	uint8_t length;
	off_t at;

	while (in->size > 3) {
		at = take(in);
		at |= (off_t)take(in) << 8;
		length = take(in) & 15;
		if (!length)
			break;
		if (length > in->size)
			length = (uint8_t)in->size;
		if (pwrite(fd, in->data, length, at) != length)
			abort();
		in->data += length;
		in->size -= length;
	}
}

/* What is not for patches is the file; the calls are its last 32 bytes. */
static void make_file(struct k8snet_ctx *ctx, struct input *in)
{
	int is_whole = take(in) & 1, fd;
	size_t n = in->size > 32 ? in->size - 32 : 0;

	unlink(file_path());
	if (is_whole)
		make_leases(ctx);
	fd = open(file_path(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		abort();
	if (is_whole) {
		patch(fd, in);
	} else {
		if (write(fd, in->data, n) != (ssize_t)n)
			abort();
		in->data += n;
		in->size -= n;
	}
	close(fd);
}

static int count(void *data, const char *owner, const struct k8snet_address *address, bool is_stale)
{
	size_t *counts = data;

	if (!owner[0] || strlen(owner) > 383 || address->bytes[3] < 2 || address->bytes[3] > 14)
		abort();
	counts[is_stale]++;
	return 0;
}

static void call(struct k8snet_ipam *ipam, uint8_t byte)
{
	char owner[] = {(char)('a' + (byte & 7)), '\0'}, other[] = {(char)('A' + (byte & 7)), '\0'};
	struct k8snet_address a, b;
	size_t counts[2] = {0, 0};

	switch (byte >> 4 & 7) {
	case 0:
	case 1:
		if (k8snet_ipam_allocate(ipam, owner, &a) == 0 &&
		    k8snet_ipam_find(ipam, owner, &b) == 0 && !k8snet_address_is_equal(&a, &b))
			abort();
		break;
	case 2:
		if (k8snet_ipam_allocate(ipam, owner, &a) == 0 &&
		    k8snet_ipam_allocate(ipam, other, &b) == 0 && k8snet_address_is_equal(&a, &b))
			abort();
		break;
	case 3:
	case 4:
		k8snet_ipam_release(ipam, owner);
		break;
	case 5:
		k8snet_address_parse(&a, "10.1.0.7");
		if (k8snet_ipam_reserve(ipam, owner, &a) == 0 &&
		    k8snet_ipam_reserve(ipam, other, &a) == 0)
			abort();
		break;
	case 6:
		k8snet_ipam_release_stale(ipam);
		break;
	default:
		k8snet_ipam_foreach(ipam, count, counts);
		k8snet_ipam_count_free(ipam);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input in = {data, size < 65536 ? size : 65536};
	struct k8snet_ipam *ipam = NULL;
	struct k8snet_ctx *ctx = NULL;

	if (k8snet_ctx_new(&ctx, NULL) < 0)
		abort();
	make_file(ctx, &in);
	if (k8snet_ipam_open(&ipam, ctx, file_path(), CIDR) == 0) {
		while (in.size)
			call(ipam, take(&in));
		k8snet_ipam_unref(ipam);
		/* What we leave, we can open. */
		if (k8snet_ipam_open(&ipam, ctx, file_path(), CIDR) < 0)
			abort();
		k8snet_ipam_unref(ipam);
	}
	unlink(file_path());
	k8snet_ctx_unref(ctx);
	return 0;
}
