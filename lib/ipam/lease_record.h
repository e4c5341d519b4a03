/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IPAM_LEASE_RECORD_H
#define IPAM_LEASE_RECORD_H

#include "ipam/lease_file.h"

/* 1 to 383 bytes without control characters. */
bool lease_owner_is_valid(const char *owner);
uint32_t lease_bucket(const struct lease_file *f, const char *owner);

/* A lease of this boot. */
void lease_record_fill(const struct lease_file *f, struct lease_record *record, uint32_t slot,
		       const char *owner);
/* Seal it after a change. */
void lease_record_seal(const struct lease_file *f, struct lease_record *record);

/* Whether it is a whole lease of this slot; any bytes may be in it. */
bool lease_record_is_valid(const struct lease_file *f, const struct lease_record *record,
			   uint32_t slot);
bool lease_record_is_free(const struct lease_record *record);
bool lease_record_is_current(const struct lease_file *f, const struct lease_record *record);

#endif
