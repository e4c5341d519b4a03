/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "system.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "plugin.h"

ssize_t file_read(int directory, const char *path, char *buffer, size_t size)
{
	_cleanup_close_ int fd = -1;
	ssize_t n;

	fd = openat(directory, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return -errno;
	n = read(fd, buffer, size);
	if (n < 0)
		return -errno;
	if ((size_t)n == size)
		return -E2BIG;
	buffer[n] = '\0';
	return n;
}

int file_write(const char *path, const char *text)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);

	/* To write nothing changes nothing. */
	if (!*text)
		text = "\n";
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

int file_ensure(const char *path, const char *text)
{
	char value[256];
	ssize_t n = file_read(AT_FDCWD, path, value, sizeof(value));

	if (n > 0 && value[n - 1] == '\n')
		value[n - 1] = '\0';
	if (n >= 0 && !strcmp(value, text))
		return 0;
	return file_write(path, text);
}

int link_sysctl_set(const char *family, const char *link, const char *key, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/sys/net/%s/conf/%s/%s", family, link, key);
	/* A new link rarely has what is wanted; but who may not write may find it so. */
	return file_write(path, value) < 0 ? file_ensure(path, value) : 0;
}
