/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_SPAWN_H
#define CNI_SPAWN_H

#include <stddef.h>

#include "base/strbuf.h"

/*
 * Run the program at `path` with `environment`, `input` on its standard input, and
 * what it writes to standard output in `output`, up to `limit` bytes; beyond, it is
 * killed. Waits for its end: *status is as of waitpid(2).
 * 0; -E2BIG: beyond the limit; or another negative errno: it could not be run.
 */
int cni_spawn(const char *path, char *const *environment, const char *input, size_t length,
	      size_t limit, struct strbuf *output, int *status);

#endif
