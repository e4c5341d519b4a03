/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_OPTIONS_H
#define BASE_OPTIONS_H

#include <stddef.h>

/*
 * Structs of options begin with their size, and grow: take over one of a caller who was
 * compiled with another version. What a shorter one lacks is zero; what a longer one has
 * beyond `size` must be. NULL: all zero. `least` is the size of the first version.
 * 0 or -EINVAL.
 */
int options_copy(void *to, size_t size, const void *from, size_t least);

/* The size of a struct that ends with `member`. */
#define options_end(type, member) (offsetof(type, member) + sizeof(((type *)NULL)->member))

#endif
