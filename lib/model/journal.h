/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_JOURNAL_H
#define MODEL_JOURNAL_H

#include <stddef.h>
#include <stdint.h>

#include "model/object.h"

/*
 * What changed, in order: the names of objects, not their old or new contents.
 * Each consumer keeps a cursor. Entries for the same object directly after each
 * other are one, as long as nobody has read it. Bounded: a consumer that falls
 * behind by more than JOURNAL_MAX entries compares everything.
 */
#define JOURNAL_MAX 65536

struct journal_entry {
	enum model_kind kind; /* never MODEL_ENDPOINTSLICE */
	const char *namespace_, *name;
};

struct journal {
	struct journal_entry *ring;
	uint32_t capacity; /* a power of two */
	uint64_t start, end;
	uint64_t read_to; /* entries before it may have been read */
};

/*
 * Next entry after *cursor: 1 (in *out, its strings are borrowed until the next
 * change of the cluster), 0 (none left) or -ESTALE (entries after *cursor are
 * lost: compare everything, then go on from journal_end()).
 */
int journal_next(const struct k8snet_cluster *cluster, uint64_t *cursor, struct journal_entry *out);
uint64_t journal_end(const struct k8snet_cluster *cluster);

/* For the model itself: make room for n more entries, so that journal_add()
 * cannot fail. -ENOMEM. */
int journal_reserve(struct k8snet_cluster *cluster, size_t n);
void journal_add(struct k8snet_cluster *cluster, enum model_kind kind, const char *namespace_,
		 const char *name);
void journal_done(struct k8snet_cluster *cluster);

#endif
