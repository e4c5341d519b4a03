/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipam/lease_table.h"

#include <errno.h>
#include <string.h>

#define N_FULL (LEASE_MAX_WORDS / 64)

/* --- bitmaps --- */

static int set_bit(struct lease_file *f, off_t at, uint64_t *full, uint32_t slot, bool value)
{
	uint64_t word, bit = 1ULL << (slot % 64);
	uint32_t i = slot / 64;
	int r;

	r = lease_file_read(f, &word, sizeof(word), at + (off_t)i * 8);
	if (r < 0)
		return r;
	word = value ? word | bit : word & ~bit;
	r = lease_file_write(f, &word, sizeof(word), at + (off_t)i * 8);
	if (r < 0)
		return r;
	bit = 1ULL << (i % 64);
	full[i / 64] = word == ~0ULL ? full[i / 64] | bit : full[i / 64] & ~bit;
	return 0;
}

/* The next word after `i`, around the end back to `i` itself, that is not full. */
static int find_word(const uint64_t *full, uint32_t i, uint32_t *out)
{
	uint64_t above = i % 64 == 63 ? 0 : ~0ULL << (i % 64 + 1), bits;
	uint32_t k, n;

	for (k = 0; k <= N_FULL; k++) {
		n = (i / 64 + k) % N_FULL;
		bits = ~full[n];
		if (k == 0)
			bits &= above;
		if (bits) {
			*out = n * 64 + (uint32_t)__builtin_ctzll(bits);
			return 0;
		}
	}
	return -ENOSPC;
}

/* At most two words are read: that of `from`, and one that the summary names. */
static int find_zero(struct lease_file *f, off_t at, const uint64_t *full, uint32_t from,
		     uint32_t *slot)
{
	uint32_t i = from / 64;
	uint64_t word, bits;
	int r;

	r = lease_file_read(f, &word, sizeof(word), at + (off_t)i * 8);
	if (r < 0)
		return r;
	bits = ~word & (~0ULL << (from % 64));
	if (!bits) {
		r = find_word(full, i, &i);
		if (r < 0)
			return r;
		if (i >= f->n_words)
			return LEASE_DAMAGED;
		r = lease_file_read(f, &word, sizeof(word), at + (off_t)i * 8);
		if (r < 0)
			return r;
		bits = ~word;
	}
	if (!bits)
		return LEASE_DAMAGED;
	*slot = i * 64 + (uint32_t)__builtin_ctzll(bits);
	return lease_slot_is_usable(f, *slot) ? 0 : LEASE_DAMAGED;
}

int lease_table_find_free(struct lease_file *f, uint32_t from, uint32_t *slot)
{
	return find_zero(f, f->used_at, f->state.used_full, from, slot);
}

int lease_table_find_stale(struct lease_file *f, uint32_t from, uint32_t *slot)
{
	return find_zero(f, f->current_at, f->state.current_full, from, slot);
}

/* --- the hash chains --- */

/* Read a link of a chain: 0 ends it. */
static int read_link(struct lease_file *f, off_t at, uint32_t *link)
{
	int r;

	r = lease_file_read(f, link, sizeof(*link), at);
	if (r < 0)
		return r;
	return *link && !lease_slot_is_usable(f, *link - 1) ? LEASE_DAMAGED : 0;
}

static off_t head_at(const struct lease_file *f, const char *owner)
{
	return f->heads_at + (off_t)lease_bucket(f, owner) * 4;
}

static off_t next_at(const struct lease_file *f, uint32_t slot)
{
	return f->next_at + (off_t)slot * 4;
}

int lease_table_get(struct lease_file *f, uint32_t slot, struct lease_record *record)
{
	int r;

	r = lease_file_read(f, record, sizeof(*record), lease_record_at(f, slot));
	if (r < 0)
		return r;
	if (lease_record_is_free(record))
		return -ENOENT;
	return lease_record_is_valid(f, record, slot) ? 0 : LEASE_DAMAGED;
}

int lease_table_find(struct lease_file *f, const char *owner, uint32_t *slot,
		     struct lease_record *record)
{
	off_t at = head_at(f, owner);
	uint32_t link, steps;
	int r;

	/* A chain longer than all leases runs in a circle. */
	for (steps = 0; steps <= f->state.n_used; steps++) {
		r = read_link(f, at, &link);
		if (r < 0)
			return r;
		if (!link)
			return -ENOENT;
		r = lease_table_get(f, link - 1, record);
		if (r < 0)
			return r == -ENOENT ? LEASE_DAMAGED : r;
		if (!strcmp(record->owner, owner)) {
			*slot = link - 1;
			return 0;
		}
		at = next_at(f, link - 1);
	}
	return LEASE_DAMAGED;
}

static int chain(struct lease_file *f, uint32_t slot, const char *owner)
{
	uint32_t link, self = slot + 1;
	int r;

	r = read_link(f, head_at(f, owner), &link);
	if (r < 0)
		return r;
	r = lease_file_write(f, &link, sizeof(link), next_at(f, slot));
	if (r < 0)
		return r;
	return lease_file_write(f, &self, sizeof(self), head_at(f, owner));
}

static int unchain(struct lease_file *f, uint32_t slot, const char *owner)
{
	off_t at = head_at(f, owner);
	uint32_t link, steps;
	int r;

	for (steps = 0; steps <= f->state.n_used; steps++) {
		r = read_link(f, at, &link);
		if (r < 0)
			return r;
		if (!link)
			return LEASE_DAMAGED;
		if (link == slot + 1) {
			r = read_link(f, next_at(f, slot), &link);
			if (r < 0)
				return r;
			return lease_file_write(f, &link, sizeof(link), at);
		}
		at = next_at(f, link - 1);
	}
	return LEASE_DAMAGED;
}

/* --- changes: the record first, it is what counts --- */

static int write_record(struct lease_file *f, uint32_t slot, const struct lease_record *record)
{
	return lease_file_write(f, record, sizeof(*record), lease_record_at(f, slot));
}

int lease_table_insert(struct lease_file *f, uint32_t slot, const char *owner)
{
	struct lease_record record;
	int r;

	lease_record_fill(f, &record, slot, owner);
	r = write_record(f, slot, &record);
	if (r < 0)
		return r;
	r = chain(f, slot, owner);
	if (r < 0)
		return r;
	r = set_bit(f, f->used_at, f->state.used_full, slot, true);
	if (r < 0)
		return r;
	r = set_bit(f, f->current_at, f->state.current_full, slot, true);
	if (r < 0)
		return r;
	f->state.n_used++;
	f->state.n_current++;
	return 0;
}

int lease_table_remove(struct lease_file *f, uint32_t slot, const struct lease_record *record)
{
	static const struct lease_record none;
	int r;

	r = write_record(f, slot, &none);
	if (r < 0)
		return r;
	r = unchain(f, slot, record->owner);
	if (r < 0)
		return r;
	r = set_bit(f, f->used_at, f->state.used_full, slot, false);
	if (r < 0)
		return r;
	r = set_bit(f, f->current_at, f->state.current_full, slot, false);
	if (r < 0)
		return r;
	f->state.n_used--;
	if (lease_record_is_current(f, record))
		f->state.n_current--;
	return 0;
}

int lease_table_renew(struct lease_file *f, uint32_t slot, struct lease_record *record)
{
	int r;

	memcpy(record->boot, f->boot, sizeof(record->boot));
	lease_record_seal(f, record);
	r = write_record(f, slot, record);
	if (r < 0)
		return r;
	r = set_bit(f, f->current_at, f->state.current_full, slot, true);
	if (r < 0)
		return r;
	f->state.n_current++;
	return 0;
}
