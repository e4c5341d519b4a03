/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IPAM_LEASE_TABLE_H
#define IPAM_LEASE_TABLE_H

#include "ipam/lease_record.h"

/*
 * Leases by owner and by slot, each in a constant number of reads and writes.
 * All need the lock; changes are between lease_file_begin() and _commit().
 * Besides what is named: LEASE_DAMAGED, -EIO.
 */

/* -ENOENT: `owner` has no lease, of this boot or another. */
int lease_table_find(struct lease_file *f, const char *owner, uint32_t *slot,
		     struct lease_record *record);
/* The lease of a slot, -ENOENT if it has none. */
int lease_table_get(struct lease_file *f, uint32_t slot, struct lease_record *record);
/* The first slot without a lease at or after `from`, then from the start again.
 * -ENOSPC if there is none. */
int lease_table_find_free(struct lease_file *f, uint32_t from, uint32_t *slot);
/* The same for slots that have no lease of this boot. */
int lease_table_find_stale(struct lease_file *f, uint32_t from, uint32_t *slot);

/* Neither has `owner` a lease nor the slot. */
int lease_table_insert(struct lease_file *f, uint32_t slot, const char *owner);
/* `record` is the lease of the slot. */
int lease_table_remove(struct lease_file *f, uint32_t slot, const struct lease_record *record);
/* Make a stale lease one of this boot. */
int lease_table_renew(struct lease_file *f, uint32_t slot, struct lease_record *record);

#endif
