/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipam/ipam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/cleanup.h"
#include "base/context.h"
#include "ipam/lease_table.h"

struct k8snet_ipam {
	unsigned int refs;
	struct k8snet_ctx *ctx;
	struct k8snet_prefix prefix;
	struct k8snet_address gateway;
	struct lease_file file;
};

/* What one locked operation needs and gives. */
struct request {
	const char *operation;
	const char *owner;
	uint32_t slot;
	k8snet_ipam_fn fn;
	void *data;
	int result; /* of the last call of fn */
};

typedef int (*request_fn)(struct k8snet_ipam *ipam, struct request *rq);

/* --- addresses --- */

static struct k8snet_address address_of(const struct k8snet_ipam *ipam, uint32_t slot)
{
	struct k8snet_address address = ipam->prefix.address;
	size_t n = address_size(&address);

	/* A slot has 16 bits, and the host part at least as many as it needs. */
	address.bytes[n - 2] |= (uint8_t)(slot >> 8);
	address.bytes[n - 1] |= (uint8_t)slot;
	return address;
}

static int slot_of(const struct k8snet_ipam *ipam, const struct k8snet_address *address,
		   uint32_t *slot)
{
	size_t n = address_size(&ipam->prefix.address);
	struct k8snet_address again;

	if (address->family != ipam->prefix.address.family)
		return -EINVAL;
	*slot = (uint32_t)address->bytes[n - 2] << 8 | address->bytes[n - 1];
	*slot &= ipam->file.header.n_slots - 1;
	if (!lease_slot_is_usable(&ipam->file, *slot))
		return -EINVAL;
	again = address_of(ipam, *slot);
	return memcmp(again.bytes, address->bytes, n) ? -EINVAL : 0;
}

/* --- errors --- */

static int fail(struct k8snet_ipam *ipam, int code, enum k8snet_message_id id,
		const struct request *rq, const char *reason)
{
	char object[LEASE_OWNER_MAX + 16], cidr[K8SNET_ADDRESS_TEXT_SIZE];
	const struct error_at at = {
		.layer = K8SNET_LAYER_POD, .id = id, .object = object, .operation = rq->operation};

	snprintf(object, sizeof(object), "lease %s", rq->owner);
	k8snet_prefix_format(&ipam->prefix, cidr, sizeof(cidr));
	return ctx_error(ipam->ctx, code, &at, "%s %s", reason, cidr);
}

/* Run `fn` with the lock; if the file proves damaged, rebuild it and run `fn` again. */
static int run_locked(struct k8snet_ipam *ipam, request_fn fn, struct request *rq)
{
	struct lease_file *f = &ipam->file;
	int r;

	r = lease_file_lock(f);
	if (r < 0)
		return r;
	r = fn(ipam, rq);
	if (r == LEASE_DAMAGED) {
		r = lease_file_rebuild(f, false);
		if (r == 0)
			r = fn(ipam, rq);
		if (r == LEASE_DAMAGED)
			r = lease_file_error(f, rq->operation, EUCLEAN);
	}
	lease_file_unlock(f);
	return r;
}

static int run_for_owner(struct k8snet_ipam *ipam, request_fn fn, struct request *rq)
{
	if (!lease_owner_is_valid(rq->owner))
		return ctx_bad_argument(ipam->ctx, rq->operation,
					"the owner must be 1 to %d bytes, no control characters",
					LEASE_OWNER_MAX);
	return run_locked(ipam, fn, rq);
}

/* --- open and close --- */

static int parse_subnet(struct k8snet_ipam *ipam, const char *cidr)
{
	struct k8snet_prefix *p = &ipam->prefix;
	unsigned int i, bits;

	if (k8snet_prefix_parse(p, cidr) < 0)
		return ctx_bad_argument(ipam->ctx, "k8snet_ipam_open",
					"the subnet is not an address and a length");
	bits = p->address.family == 4 ? 32 : 128;
	if (p->length + 2u > bits)
		return ctx_bad_argument(ipam->ctx, "k8snet_ipam_open",
					"the subnet %s has no address to give", cidr);
	for (i = p->length; i < bits; i++)
		if (p->address.bytes[i / 8] & 0x80 >> i % 8)
			return ctx_bad_argument(ipam->ctx, "k8snet_ipam_open",
						"the subnet %s has host bits set", cidr);
	ipam->gateway = address_of(ipam, 1);
	return 0;
}

static void ipam_free(struct k8snet_ipam *ipam)
{
	lease_file_close(&ipam->file);
	k8snet_ctx_unref(ipam->ctx);
	free(ipam);
}

int ipam_open_in_boot(struct k8snet_ipam **out, struct k8snet_ctx *ctx, const char *path,
		      const char *cidr, const uint8_t boot[LEASE_BOOT_SIZE])
{
	struct k8snet_ipam *ipam = calloc(1, sizeof(*ipam));
	int r;

	if (!ipam)
		return ctx_no_memory(ctx);
	ipam->refs = 1;
	ipam->ctx = k8snet_ctx_ref(ctx);
	ipam->file.fd = -1;
	r = parse_subnet(ipam, cidr);
	if (r == 0)
		r = lease_file_open(&ipam->file, ctx, path, &ipam->prefix, boot);
	if (r < 0) {
		ipam_free(ipam);
		return r;
	}
	*out = ipam;
	return 0;
}

K8SNET_EXPORT int k8snet_ipam_open(struct k8snet_ipam **out, struct k8snet_ctx *ctx,
				   const char *path, const char *cidr)
{
	uint8_t boot[LEASE_BOOT_SIZE] = {0};
	int r;

	if (path) {
		r = ipam_read_boot_id(ctx, boot);
		if (r < 0)
			return r;
	}
	return ipam_open_in_boot(out, ctx, path, cidr, boot);
}

K8SNET_EXPORT struct k8snet_ipam *k8snet_ipam_ref(struct k8snet_ipam *ipam)
{
	ipam->refs++;
	return ipam;
}

K8SNET_EXPORT struct k8snet_ipam *k8snet_ipam_unref(struct k8snet_ipam *ipam)
{
	if (ipam && --ipam->refs == 0)
		ipam_free(ipam);
	return NULL;
}

K8SNET_EXPORT const struct k8snet_prefix *k8snet_ipam_get_prefix(const struct k8snet_ipam *ipam)
{
	return &ipam->prefix;
}

K8SNET_EXPORT const struct k8snet_address *k8snet_ipam_get_gateway(const struct k8snet_ipam *ipam)
{
	return &ipam->gateway;
}

/* --- leases --- */

static int renew(struct lease_file *f, uint32_t slot, struct lease_record *record)
{
	int r;

	r = lease_file_begin(f);
	if (r < 0)
		return r;
	r = lease_table_renew(f, slot, record);
	return r < 0 ? r : lease_file_commit(f);
}

/* A slot that may be given: a free one, else one whose lease is stale. */
static int choose_slot(struct k8snet_ipam *ipam, const struct request *rq, uint32_t *slot)
{
	struct lease_file *f = &ipam->file;
	int r;

	r = lease_table_find_free(f, f->state.cursor, slot);
	if (r == -ENOSPC)
		r = lease_table_find_stale(f, f->state.cursor, slot);
	if (r != -ENOSPC)
		return r;
	if (f->state.n_current != lease_count_usable(f))
		return LEASE_DAMAGED;
	return fail(ipam, -ENOSPC, K8SNET_MSG_NO_ADDRESS, rq, "no address is free in");
}

/* Give the slot to the owner, who has none; a stale lease of the slot ends. */
static int take_slot(struct lease_file *f, uint32_t slot, const char *owner)
{
	struct lease_record record;
	int r, got;

	got = lease_table_get(f, slot, &record);
	if (got < 0 && got != -ENOENT)
		return got;
	if (got == 0 && lease_record_is_current(f, &record))
		return LEASE_DAMAGED;
	r = lease_file_begin(f);
	if (r < 0)
		return r;
	if (got == 0) {
		r = lease_table_remove(f, slot, &record);
		if (r < 0)
			return r;
	}
	return lease_table_insert(f, slot, owner);
}

static int do_allocate(struct k8snet_ipam *ipam, struct request *rq)
{
	struct lease_file *f = &ipam->file;
	struct lease_record record;
	int r;

	r = lease_table_find(f, rq->owner, &rq->slot, &record);
	if (r == 0)
		return lease_record_is_current(f, &record) ? 0 : renew(f, rq->slot, &record);
	if (r != -ENOENT)
		return r;
	r = choose_slot(ipam, rq, &rq->slot);
	if (r < 0)
		return r;
	r = take_slot(f, rq->slot, rq->owner);
	if (r < 0)
		return r;
	f->state.cursor = rq->slot + 1 < f->end_slot ? rq->slot + 1 : LEASE_FIRST_SLOT;
	return lease_file_commit(f);
}

K8SNET_EXPORT int k8snet_ipam_allocate(struct k8snet_ipam *ipam, const char *owner,
				       struct k8snet_address *out)
{
	struct request rq = {.operation = "allocate", .owner = owner};
	int r;

	r = run_for_owner(ipam, do_allocate, &rq);
	if (r == 0)
		*out = address_of(ipam, rq.slot);
	return r;
}

/* Whether the owner may have the slot; ends its stale lease of another slot. */
static int check_owner(struct k8snet_ipam *ipam, const struct request *rq, bool *has_it)
{
	struct lease_file *f = &ipam->file;
	struct lease_record record;
	uint32_t slot;
	int r;

	*has_it = false;
	r = lease_table_find(f, rq->owner, &slot, &record);
	if (r < 0)
		return r == -ENOENT ? 0 : r;
	if (slot == rq->slot) {
		*has_it = true;
		return lease_record_is_current(f, &record) ? 0 : renew(f, slot, &record);
	}
	if (lease_record_is_current(f, &record))
		return fail(ipam, -EEXIST, K8SNET_MSG_DUPLICATE, rq,
			    "the owner has another address in");
	r = lease_file_begin(f);
	if (r < 0)
		return r;
	r = lease_table_remove(f, slot, &record);
	return r < 0 ? r : lease_file_commit(f);
}

static int do_reserve(struct k8snet_ipam *ipam, struct request *rq)
{
	struct lease_file *f = &ipam->file;
	struct lease_record record;
	bool has_it;
	int r;

	r = lease_table_get(f, rq->slot, &record);
	if (r < 0 && r != -ENOENT)
		return r;
	if (r == 0 && lease_record_is_current(f, &record) && strcmp(record.owner, rq->owner))
		return fail(ipam, -EEXIST, K8SNET_MSG_DUPLICATE, rq,
			    "another owner has the address in");
	r = check_owner(ipam, rq, &has_it);
	if (r < 0 || has_it)
		return r;
	r = take_slot(f, rq->slot, rq->owner);
	return r < 0 ? r : lease_file_commit(f);
}

K8SNET_EXPORT int k8snet_ipam_reserve(struct k8snet_ipam *ipam, const char *owner,
				      const struct k8snet_address *address)
{
	struct request rq = {.operation = "reserve", .owner = owner};

	if (slot_of(ipam, address, &rq.slot) < 0)
		return ctx_bad_argument(ipam->ctx, "reserve",
					"the address is not one that the subnet gives");
	return run_for_owner(ipam, do_reserve, &rq);
}

static int no_lease(struct k8snet_ipam *ipam, const struct request *rq)
{
	return fail(ipam, -ENOENT, K8SNET_MSG_NOT_FOUND, rq, "the owner has no address in");
}

static int do_release(struct k8snet_ipam *ipam, struct request *rq)
{
	struct lease_file *f = &ipam->file;
	struct lease_record record;
	int r;

	r = lease_table_find(f, rq->owner, &rq->slot, &record);
	if (r < 0)
		return r == -ENOENT ? no_lease(ipam, rq) : r;
	r = lease_file_begin(f);
	if (r < 0)
		return r;
	r = lease_table_remove(f, rq->slot, &record);
	return r < 0 ? r : lease_file_commit(f);
}

K8SNET_EXPORT int k8snet_ipam_release(struct k8snet_ipam *ipam, const char *owner)
{
	struct request rq = {.operation = "release", .owner = owner};

	return run_for_owner(ipam, do_release, &rq);
}

static int do_find(struct k8snet_ipam *ipam, struct request *rq)
{
	struct lease_record record;
	int r;

	r = lease_table_find(&ipam->file, rq->owner, &rq->slot, &record);
	if (r == 0 && !lease_record_is_current(&ipam->file, &record))
		r = -ENOENT;
	return r == -ENOENT ? no_lease(ipam, rq) : r;
}

K8SNET_EXPORT int k8snet_ipam_find(struct k8snet_ipam *ipam, const char *owner,
				   struct k8snet_address *out)
{
	struct request rq = {.operation = "find", .owner = owner};
	int r;

	r = run_for_owner(ipam, do_find, &rq);
	if (r == 0)
		*out = address_of(ipam, rq.slot);
	return r;
}

/* --- all leases --- */

static int do_release_stale(struct k8snet_ipam *ipam, struct request *rq)
{
	struct lease_file *f = &ipam->file;
	uint32_t n_used = f->state.n_used;
	int r;

	(void)rq;
	if (n_used == f->state.n_current)
		return 0;
	r = lease_file_rebuild(f, true);
	return r < 0 ? r : (int)(n_used - f->state.n_used);
}

K8SNET_EXPORT int k8snet_ipam_release_stale(struct k8snet_ipam *ipam)
{
	struct request rq = {.operation = "release stale leases"};

	return run_locked(ipam, do_release_stale, &rq);
}

/* The number of leases of this boot; the lock reads it. */
static int do_count(struct k8snet_ipam *ipam, struct request *rq)
{
	rq->slot = ipam->file.state.n_current;
	return 0;
}

K8SNET_EXPORT size_t k8snet_ipam_count(struct k8snet_ipam *ipam)
{
	struct request rq = {.operation = "count"};

	return run_locked(ipam, do_count, &rq) < 0 ? 0 : rq.slot;
}

K8SNET_EXPORT size_t k8snet_ipam_count_free(struct k8snet_ipam *ipam)
{
	struct request rq = {.operation = "count"};

	if (run_locked(ipam, do_count, &rq) < 0)
		return 0;
	return lease_count_usable(&ipam->file) - rq.slot;
}

static int visit(struct k8snet_ipam *ipam, struct request *rq)
{
	struct k8snet_address address = address_of(ipam, rq->slot);
	struct lease_record record;
	int r;

	r = lease_table_get(&ipam->file, rq->slot, &record);
	if (r < 0)
		return r == -ENOENT ? LEASE_DAMAGED : r;
	rq->result = rq->fn(rq->data, record.owner, &address,
			    !lease_record_is_current(&ipam->file, &record));
	return 0;
}

/* From rq->slot on, so that a walk that met damage continues where it was. */
static int do_foreach(struct k8snet_ipam *ipam, struct request *rq)
{
	struct lease_file *f = &ipam->file;
	uint64_t words[LEASE_MAX_WORDS];
	int r;

	r = lease_file_read(f, words, f->n_words * sizeof(words[0]), f->used_at);
	for (; r == 0 && !rq->result && rq->slot < f->end_slot; rq->slot++) {
		if (!(words[rq->slot / 64] >> (rq->slot % 64) & 1))
			continue;
		r = visit(ipam, rq);
		if (r < 0)
			break;
	}
	return r;
}

K8SNET_EXPORT int k8snet_ipam_foreach(struct k8snet_ipam *ipam, k8snet_ipam_fn fn, void *data)
{
	struct request rq = {.operation = "walk", .slot = LEASE_FIRST_SLOT, .fn = fn, .data = data};
	int r;

	r = run_locked(ipam, do_foreach, &rq);
	return r < 0 ? r : rq.result;
}
