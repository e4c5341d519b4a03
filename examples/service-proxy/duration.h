/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_DURATION_H
#define PROXY_DURATION_H

#include <stdint.h>

/*
 * A duration as Go writes it: "30s", "1m30s", "1.5h", "300ms", "0"; units ns, us,
 * ms, s, m, h. *out is in nanoseconds and not negative. 0 or -EINVAL.
 */
int duration_parse(int64_t *out, const char *text);

#endif
