/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/journal.h"

#include <errno.h>
#include <stdlib.h>

#include "model/cluster.h"

static struct journal_entry *entry_at(const struct journal *j, uint64_t position)
{
	return &j->ring[position & (j->capacity - 1)];
}

int journal_reserve(struct k8snet_cluster *cluster, size_t n)
{
	struct journal *j = cluster->journal;
	uint64_t want = j->end - j->start + n;
	struct journal bigger = *j;

	if (want > JOURNAL_MAX)
		want = JOURNAL_MAX;
	if (want <= j->capacity)
		return 0;
	for (bigger.capacity = 16; bigger.capacity < want;)
		bigger.capacity *= 2;
	bigger.ring = calloc(bigger.capacity, sizeof(*bigger.ring));
	if (!bigger.ring)
		return -ENOMEM;
	for (uint64_t i = j->start; i < j->end; i++)
		*entry_at(&bigger, i) = *entry_at(j, i);
	free(j->ring);
	*j = bigger;
	return 0;
}

/* Nobody has read the last entry, and it names the same object. */
static bool is_merged(const struct journal *j, enum model_kind kind, const char *namespace_,
		      const char *name)
{
	const struct journal_entry *last;

	if (j->end == j->start || j->end <= j->read_to)
		return false;
	last = entry_at(j, j->end - 1);
	return last->kind == kind && last->namespace_ == namespace_ && last->name == name;
}

static void drop_oldest(struct k8snet_cluster *cluster)
{
	struct journal *j = cluster->journal;
	struct journal_entry *oldest = entry_at(j, j->start++);

	string_unref(cluster->strings, oldest->namespace_);
	string_unref(cluster->strings, oldest->name);
}

void journal_add(struct k8snet_cluster *cluster, enum model_kind kind, const char *namespace_,
		 const char *name)
{
	struct journal *j = cluster->journal;

	cluster->generation++;
	if (is_merged(j, kind, namespace_, name))
		return;
	if (j->end - j->start == j->capacity)
		drop_oldest(cluster);
	*entry_at(j, j->end++) = (struct journal_entry){
		.kind = kind,
		.namespace_ = string_ref(namespace_),
		.name = string_ref(name),
	};
}

void journal_done(struct k8snet_cluster *cluster)
{
	struct journal *j = cluster->journal;

	if (!j)
		return;
	while (j->start < j->end)
		drop_oldest(cluster);
	free(j->ring);
	free(j);
	cluster->journal = NULL;
}

int journal_next(const struct k8snet_cluster *cluster, uint64_t *cursor, struct journal_entry *out)
{
	struct journal *j = cluster->journal;

	if (*cursor < j->start || *cursor > j->end)
		return -ESTALE;
	if (*cursor == j->end)
		return 0;
	*out = *entry_at(j, (*cursor)++);
	if (!out->name)
		out->namespace_ = out->name = "";
	if (j->read_to < *cursor)
		j->read_to = *cursor;
	return 1;
}

uint64_t journal_end(const struct k8snet_cluster *cluster)
{
	cluster->journal->read_to = cluster->journal->end;
	return cluster->journal->end;
}
