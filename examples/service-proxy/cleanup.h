/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_CLEANUP_H
#define PROXY_CLEANUP_H

struct options;

/* --cleanup: remove the library's tables, and nothing else. An exit status. */
int cleanup(const struct options *options);

#endif
