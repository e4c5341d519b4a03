/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/context.h"
#include "ipam/lease_record.h"

#define BLOCK 128 /* records read at once */

struct rebuild {
	struct lease_file *f;
	bool drop_stale;
	uint32_t n_used, n_current, n_damaged;
	uint64_t used[LEASE_MAX_WORDS], current[LEASE_MAX_WORDS];
	uint32_t heads[LEASE_MAX_SLOTS], next[LEASE_MAX_SLOTS];
	struct lease_record block[BLOCK];
};

static void set_bit(uint64_t *words, uint32_t i)
{
	words[i / 64] |= 1ULL << (i % 64);
}

/* What may never be given is marked as taken for good. */
static void take_unusable(struct rebuild *b)
{
	uint32_t i, n = b->f->n_words * 64;

	for (i = 0; i < n; i++) {
		if (lease_slot_is_usable(b->f, i))
			continue;
		set_bit(b->used, i);
		set_bit(b->current, i);
	}
}

static int erase(struct rebuild *b, uint32_t slot)
{
	static const struct lease_record none;

	return lease_file_write(b->f, &none, sizeof(none), lease_record_at(b->f, slot));
}

static int add_record(struct rebuild *b, uint32_t slot, const struct lease_record *record)
{
	bool is_current;
	uint32_t bucket;

	if (lease_record_is_free(record))
		return 0;
	if (!lease_record_is_valid(b->f, record, slot)) {
		b->n_damaged++;
		return erase(b, slot);
	}
	is_current = lease_record_is_current(b->f, record);
	if (b->drop_stale && !is_current)
		return erase(b, slot);
	bucket = lease_bucket(b->f, record->owner);
	b->next[slot] = b->heads[bucket];
	b->heads[bucket] = slot + 1;
	set_bit(b->used, slot);
	b->n_used++;
	if (is_current) {
		set_bit(b->current, slot);
		b->n_current++;
	}
	return 0;
}

static int read_block(struct rebuild *b, uint32_t first, uint32_t count)
{
	uint32_t i;
	int r;

	r = lease_file_read(b->f, b->block, count * sizeof(b->block[0]),
			    lease_record_at(b->f, first));
	if (r < 0)
		return r == LEASE_DAMAGED ? lease_file_error(b->f, "read", EIO) : r;
	for (i = 0; i < count; i++) {
		r = add_record(b, first + i, &b->block[i]);
		if (r < 0)
			return r;
	}
	return 0;
}

/* The first slot from `slot` on that may not be empty: skips holes in the file. */
static uint32_t skip_hole(struct rebuild *b, uint32_t slot)
{
	off_t at = lseek(b->f->fd, lease_record_at(b->f, slot), SEEK_DATA);

	if (at < 0)
		return errno == ENXIO ? b->f->header.n_slots : slot;
	return (uint32_t)((at - b->f->records_at) / (off_t)sizeof(struct lease_record));
}

static int read_records(struct rebuild *b)
{
	uint32_t n = b->f->header.n_slots, slot, count;
	int r;

	for (slot = skip_hole(b, 0); slot < n; slot = skip_hole(b, slot + count)) {
		count = n - slot < BLOCK ? n - slot : BLOCK;
		r = read_block(b, slot, count);
		if (r < 0)
			return r;
		if (slot + count >= n)
			break;
	}
	return 0;
}

static void set_state(struct rebuild *b)
{
	struct lease_state *s = &b->f->state;
	uint32_t i;

	if (!lease_slot_is_usable(b->f, s->cursor))
		s->cursor = LEASE_FIRST_SLOT;
	s->n_used = b->n_used;
	s->n_current = b->n_current;
	memcpy(s->boot, b->f->boot, sizeof(s->boot));
	memset(s->used_full, 0, sizeof(s->used_full));
	memset(s->current_full, 0, sizeof(s->current_full));
	/* Words past the end count as full. */
	for (i = 0; i < LEASE_MAX_WORDS; i++) {
		if (i >= b->f->n_words || b->used[i] == ~0ULL)
			set_bit(s->used_full, i);
		if (i >= b->f->n_words || b->current[i] == ~0ULL)
			set_bit(s->current_full, i);
	}
}

static int write_index(struct rebuild *b)
{
	struct lease_file *f = b->f;
	int r;

	r = lease_file_write(f, b->used, f->n_words * 8, f->used_at);
	if (r < 0)
		return r;
	r = lease_file_write(f, b->current, f->n_words * 8, f->current_at);
	if (r < 0)
		return r;
	r = lease_file_write(f, b->heads, f->n_buckets * sizeof(b->heads[0]), f->heads_at);
	if (r < 0)
		return r;
	return lease_file_write(f, b->next, f->header.n_slots * sizeof(b->next[0]), f->next_at);
}

int lease_file_rebuild(struct lease_file *f, bool drop_stale)
{
	_cleanup_free_ struct rebuild *b = calloc(1, sizeof(*b));
	int r;

	if (!b)
		return ctx_no_memory(f->ctx);
	b->f = f;
	b->drop_stale = drop_stale;
	f->state.dirty = 0;
	r = lease_file_begin(f);
	if (r < 0)
		return r;
	take_unusable(b);
	r = read_records(b);
	if (r < 0)
		return r;
	r = write_index(b);
	if (r < 0)
		return r;
	set_state(b);
	if (b->n_damaged)
		ctx_warning(f->ctx, "lease file %s: dropped %u damaged records",
			    f->path ? f->path : "in memory", b->n_damaged);
	return lease_file_commit(f);
}
