/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/sysctl.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"

static int open_file(const char *path, int flags)
{
	char name[PATH_MAX];
	int fd;

	/* Names of links are parts of paths. */
	if (!strncmp(path, "../", 3) || strstr(path, "/../"))
		return -EINVAL;
	if (snprintf(name, sizeof(name), "/proc/sys/%s", path) >= (int)sizeof(name))
		return -ENAMETOOLONG;
	fd = open(name, flags | O_CLOEXEC | O_NOFOLLOW);
	return fd < 0 ? -errno : fd;
}

int sysctl_write(const char *path, const char *value)
{
	_cleanup_close_ int fd = open_file(path, O_WRONLY);
	size_t length = strlen(value);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = write(fd, value, length);
	if (n < 0)
		return -errno;
	return (size_t)n == length ? 0 : -EIO;
}

int sysctl_read(const char *path, char *value, size_t size)
{
	_cleanup_close_ int fd = open_file(path, O_RDONLY);
	ssize_t n;

	if (fd < 0)
		return fd;
	n = read(fd, value, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -E2BIG;
	if (n && value[n - 1] == '\n')
		n--;
	value[n] = 0;
	return 0;
}
