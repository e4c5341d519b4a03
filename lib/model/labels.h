/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_LABELS_H
#define MODEL_LABELS_H

#include "base/vec.h"
#include "model/check.h"

struct label {
	const char *key, *value; /* interned, never NULL */
};

/* Labels of an object, or what a selector asks of them: sorted by key, each key once. */
typedef VEC(struct label) label_list;

/* Set a label; NULL removes it. 1: changed, 0: was so, or -EINVAL, -ENOMEM. */
int label_list_set(const struct where *at, label_list *list, struct strings *strings,
		   const char *key, const char *value);
/* The same for many: append those of new keys, then sort. */
int label_list_append(const struct where *at, label_list *list, struct strings *strings,
		      const char *key, const char *value);
void label_list_sort(label_list *list);
void label_list_done(label_list *list, struct strings *strings);
/* NULL: none. */
const char *label_list_find(const label_list *list, const char *key);
/* Of one cluster. */
bool label_list_is_equal(const label_list *a, const label_list *b);
/* Whether `labels` has all that `wanted` has. */
bool label_list_has_all(const label_list *labels, const label_list *wanted);

#endif
