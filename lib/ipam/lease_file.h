/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IPAM_LEASE_FILE_H
#define IPAM_LEASE_FILE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <k8snet/address.h>
#include <k8snet/context.h>

#define LEASE_MAX_SLOTS	 65536
#define LEASE_MAX_WORDS	 (LEASE_MAX_SLOTS / 64)
#define LEASE_OWNER_MAX	 383
#define LEASE_BOOT_SIZE	 16
#define LEASE_FIRST_SLOT 2 /* after the network's address and the gateway */

/*
 * The lease file of one subnet. Slot n is the n-th address of the subnet.
 *
 *   header     what never changes: subnet, number of slots, a random key
 *   state      counters, cursor, the bitmaps' summaries, and the mark "dirty"
 *   used       a bit a slot: it has a lease
 *   current    a bit a slot: it has a lease of this boot
 *   heads      hash buckets by owner: slot + 1 of the first lease, 0: none
 *   next       a number a slot: slot + 1 of the next lease of its bucket
 *   records    one a slot, each with its checksum; all zero: no lease
 *
 * The records are the truth; all else can be made again from them. A record is
 * written in one pwrite() inside one page, which a signal cannot cut in two.
 * Around each change the file is marked dirty; who finds the mark rebuilds.
 * pread() and pwrite(), not mmap(): a file that someone cuts short is an error
 * then, not a SIGBUS.
 */
struct lease_header {
	char magic[8];
	uint32_t version;
	uint32_t n_slots;
	uint8_t family, prefix_length;
	uint8_t address[16];
	uint8_t zero[6];
	uint64_t key[2];
	uint64_t checksum;
};

struct lease_state {
	uint32_t dirty;	 /* not covered by the checksum */
	uint32_t cursor; /* where to look for the next free slot */
	uint32_t n_used, n_current;
	uint8_t boot[LEASE_BOOT_SIZE];
	uint64_t used_full[LEASE_MAX_WORDS / 64]; /* a bit for each word that is all ones */
	uint64_t current_full[LEASE_MAX_WORDS / 64];
	uint64_t checksum;
};

struct lease_record {
	uint64_t checksum;
	uint32_t slot;
	uint32_t owner_length;
	uint8_t boot[LEASE_BOOT_SIZE];
	char owner[LEASE_OWNER_MAX + 1];
	uint8_t zero[96];
};

struct lease_file {
	struct k8snet_ctx *ctx;
	char *path; /* NULL: in memory only */
	int fd;
	uint8_t boot[LEASE_BOOT_SIZE];
	struct lease_header header;
	uint32_t end_slot; /* one past the last that may be given */
	uint32_t n_words, n_buckets;
	off_t used_at, current_at, heads_at, next_at, records_at, size;
	struct lease_state state; /* valid while locked */
};

/*
 * Internal result, besides the public ones: the file contradicts itself and
 * must be rebuilt. No error is reported for it.
 */
#define LEASE_DAMAGED (-EUCLEAN)

/* `f` is zeroed. `path` is NULL for a file in memory. After an error it holds nothing. */
int lease_file_open(struct lease_file *f, struct k8snet_ctx *ctx, const char *path,
		    const struct k8snet_prefix *prefix, const uint8_t boot[LEASE_BOOT_SIZE]);
void lease_file_close(struct lease_file *f);

/* Lock it, read its state, and repair it if need be. Unlocked after an error. */
int lease_file_lock(struct lease_file *f);
void lease_file_unlock(struct lease_file *f);

/* Between these two, the file is marked dirty. */
int lease_file_begin(struct lease_file *f);
int lease_file_commit(struct lease_file *f);

/* All of `size` bytes, or LEASE_DAMAGED at the end of the file, or -EIO with an error. */
int lease_file_read(struct lease_file *f, void *data, size_t size, off_t at);
int lease_file_write(struct lease_file *f, const void *data, size_t size, off_t at);

/* Make everything again from the records; with `drop_stale` without those of
 * an earlier boot. Ends in a commit. -EIO, -ENOMEM. */
int lease_file_rebuild(struct lease_file *f, bool drop_stale);

/* Report an error of the file; `error` is a positive errno. Returns a public code. */
int lease_file_error(struct lease_file *f, const char *operation, int error);

static inline uint32_t lease_count_usable(const struct lease_file *f)
{
	return f->end_slot - LEASE_FIRST_SLOT;
}

static inline bool lease_slot_is_usable(const struct lease_file *f, uint32_t slot)
{
	return slot >= LEASE_FIRST_SLOT && slot < f->end_slot;
}

static inline off_t lease_record_at(const struct lease_file *f, uint32_t slot)
{
	return f->records_at + (off_t)slot * (off_t)sizeof(struct lease_record);
}

#endif
