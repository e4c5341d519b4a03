/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipam/lease_record.h"

#include <string.h>

#include "base/siphash.h"

static uint64_t checksum(const struct lease_file *f, const struct lease_record *record)
{
	const size_t from = offsetof(struct lease_record, slot);

	return siphash(f->header.key, (const char *)record + from, sizeof(*record) - from);
}

bool lease_owner_is_valid(const char *owner)
{
	size_t i;

	if (!owner)
		return false;
	for (i = 0; owner[i]; i++)
		if (i >= LEASE_OWNER_MAX || (unsigned char)owner[i] < 0x20 || owner[i] == 0x7f)
			return false;
	return i > 0;
}

uint32_t lease_bucket(const struct lease_file *f, const char *owner)
{
	return (uint32_t)siphash(f->header.key, owner, strlen(owner)) & (f->n_buckets - 1);
}

void lease_record_seal(const struct lease_file *f, struct lease_record *record)
{
	record->checksum = checksum(f, record);
}

void lease_record_fill(const struct lease_file *f, struct lease_record *record, uint32_t slot,
		       const char *owner)
{
	memset(record, 0, sizeof(*record));
	record->slot = slot;
	record->owner_length = (uint32_t)strlen(owner);
	memcpy(record->owner, owner, record->owner_length);
	memcpy(record->boot, f->boot, sizeof(record->boot));
	lease_record_seal(f, record);
}

bool lease_record_is_valid(const struct lease_file *f, const struct lease_record *record,
			   uint32_t slot)
{
	if (record->slot != slot || !lease_slot_is_usable(f, slot))
		return false;
	if (record->checksum != checksum(f, record))
		return false;
	return memchr(record->owner, '\0', sizeof(record->owner)) &&
	       lease_owner_is_valid(record->owner) && strlen(record->owner) == record->owner_length;
}

bool lease_record_is_free(const struct lease_record *record)
{
	const char *p = (const char *)record;

	return !p[0] && !memcmp(p, p + 1, sizeof(*record) - 1);
}

bool lease_record_is_current(const struct lease_file *f, const struct lease_record *record)
{
	return !memcmp(record->boot, f->boot, sizeof(f->boot));
}
