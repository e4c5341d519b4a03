/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_TIMESTAMP_H
#define PROXY_TIMESTAMP_H

#include <stdint.h>

/* RFC 3339, "2025-11-23T10:00:00.5Z" or with an offset, as nanoseconds since 1970.
 * 0 or -EINVAL. */
int timestamp_parse(int64_t *out, const char *text);

#endif
