/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_OOM_H
#define TESTS_OOM_H

#include <stdbool.h>

/*
 * Allocations that fail on demand. Link the test program with $(OOM_WRAP) and
 * tests/unit/oom.c: then malloc(), calloc(), realloc(), reallocarray(), strdup(),
 * strndup() and free() of all objects linked into it (not those inside of shared
 * libraries) pass through here, also under ASan.
 */

/* Let the nth allocation from now on fail, the first is 0; -1: none. */
void oom_arm(long n);
/* No more failures; whether one happened since oom_arm(). */
bool oom_disarm(void);
/* How many allocations have not been freed. */
long oom_live(void);

#endif
