/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_SYSCTL_H
#define KERNEL_SYSCTL_H

#include <stddef.h>

/* Files below /proc/sys as the calling thread sees them: those below net are of
 * its network namespace. 0 or -errno. */
int sysctl_write(const char *path, const char *value);
/* Without the newline at its end; -E2BIG if it does not fit. */
int sysctl_read(const char *path, char *value, size_t size);

#endif
