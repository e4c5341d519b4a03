/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Allocations of a whole process that fail on demand. A program that is linked with this has
 * these instead of the C library's, and so has the C library itself: opendir(), too.
 *
 * K8SNET_FAIL=N lets the Nth allocation of main() fail, the first is 0; "N-" all from that
 * one on. Each that failed is told by one byte to the file descriptor in K8SNET_FAIL_FD.
 */
#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define __SANITIZE_ADDRESS__ 1
#endif
#endif

#ifdef __SANITIZE_ADDRESS__
#define REAL(name) __interceptor_##name
#else
#define REAL(name) __libc_##name
#endif
#define ALLOCATOR __attribute__((visibility("default")))

void *REAL(malloc)(size_t size);
void *REAL(calloc)(size_t n, size_t size);
void *REAL(realloc)(void *p, size_t size);

static long left = -1;
static bool is_lasting;
static int tell_fd = -1;

__attribute__((constructor)) static void read_environment(void)
{
	const char *text = getenv("K8SNET_FAIL"), *fd = getenv("K8SNET_FAIL_FD");
	char *end;

	if (!text || !fd)
		return;
	tell_fd = atoi(fd);
	left = strtol(text, &end, 10);
	is_lasting = *end == '-';
}

static bool fails(void)
{
	if (left < 0 || left-- > 0)
		return false;
	left = is_lasting ? 0 : -1;
	if (write(tell_fd, "", 1) != 1)
		abort();
	errno = ENOMEM;
	return true;
}

ALLOCATOR void *malloc(size_t size)
{
	return fails() ? NULL : REAL(malloc)(size);
}

ALLOCATOR void *calloc(size_t n, size_t size)
{
	return fails() ? NULL : REAL(calloc)(n, size);
}

ALLOCATOR void *realloc(void *p, size_t size)
{
	return fails() ? NULL : REAL(realloc)(p, size);
}

/* Those below would not all come to those above: the sanitizers have their own. */
ALLOCATOR void *reallocarray(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	return realloc(p, n * size);
}

ALLOCATOR char *strndup(const char *text, size_t n)
{
	size_t length = strnlen(text, n);
	char *copy = malloc(length + 1);

	if (copy) {
		memcpy(copy, text, length);
		copy[length] = '\0';
	}
	return copy;
}

ALLOCATOR char *strdup(const char *text)
{
	return strndup(text, strlen(text));
}
