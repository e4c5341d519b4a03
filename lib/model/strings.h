/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_STRINGS_H
#define MODEL_STRINGS_H

#include <stddef.h>

#include "base/hash.h"

struct k8snet_ctx;

/*
 * The strings of a cluster, each stored once and counted: equal strings of one
 * cluster are the same pointer. Objects outlive their cluster, so the table is
 * counted as well, and holds the context for them.
 */
struct strings {
	unsigned int refs;
	struct k8snet_ctx *ctx;
	struct hash hash;
};

/* NULL: out of memory. */
struct strings *strings_new(struct k8snet_ctx *ctx);
struct strings *strings_ref(struct strings *s);
void strings_unref(struct strings *s);

/* A counted copy of `text`, in *out; NULL gives NULL. -ENOMEM. */
int strings_get(struct strings *s, const char *text, const char **out);
/* The stored string equal to `text`, or NULL. Borrowed. */
const char *strings_find(const struct strings *s, const char *text);
/* Both take NULL; `text` must come from strings_get(). */
const char *string_ref(const char *text);
void string_unref(struct strings *s, const char *text);
/* Move the reference in *from into *to, dropping the one there. */
void string_move(struct strings *s, const char **to, const char **from);

#endif
