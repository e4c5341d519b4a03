/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_SYSTEM_H
#define CNI_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Small files, whole. */

/* Read a file below `directory` (AT_FDCWD) into `buffer`, with a NUL behind it. Not
 * a symbolic link. The length, or -errno (-E2BIG: longer than that). */
ssize_t file_read(int directory, const char *path, char *buffer, size_t size);
/* Write to a file that is there, as one write. 0 or -errno. */
int file_write(const char *path, const char *text);
/* Write `text` if that is not what it holds; a line feed at its end does not count. */
int file_ensure(const char *path, const char *text);
/* Set net.FAMILY.conf.LINK.KEY in the namespace that the thread is in. */
int link_sysctl_set(const char *family, const char *link, const char *key, const char *value);

#endif
