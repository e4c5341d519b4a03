/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_RUN_H
#define PROXY_RUN_H

struct options;

/* The proxy itself, --once and --cleanup. An exit status. */
int run(const struct options *options);

#endif
