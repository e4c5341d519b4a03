/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipam/lease_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/context.h"
#include "base/hash.h"
#include "base/siphash.h"

#define MAGIC	 "K8SIPAM"
#define VERSION	 1 /* reads as another number on a machine of the other byte order */
#define STATE_AT 1024
#define PAGE	 4096

_Static_assert(sizeof(struct lease_record) == 512, "a record must not cross a page");
_Static_assert(sizeof(struct lease_header) == 64, "no padding");
_Static_assert(STATE_AT + sizeof(struct lease_state) <= PAGE, "the state is in the first page");

static int public_code(int error)
{
	switch (error) {
	case ENOENT:
	case ENOTDIR:
		return -ENOENT;
	case EACCES:
	case EPERM:
		return -EPERM;
	case ENOMEM:
		return -ENOMEM;
	case ELOOP:
	case EISDIR:
	case ENXIO:
	case EINVAL:
	case ENAMETOOLONG:
		return -EINVAL;
	default:
		return -EIO;
	}
}

/* Report an error that is the file's fault, or the caller's. Returns `code`. */
static int refuse(struct lease_file *f, int code, int error, const char *operation,
		  const char *reason)
{
	char object[512];
	const struct error_at at = {.layer = K8SNET_LAYER_POD,
				    .id = K8SNET_MSG_LEASE_FILE,
				    .object = object,
				    .operation = operation,
				    .kernel_errno = error};

	snprintf(object, sizeof(object), "lease file %s", f->path ? f->path : "in memory");
	return ctx_error(f->ctx, code, &at, "%s", reason);
}

int lease_file_error(struct lease_file *f, const char *operation, int error)
{
	if (error == ENOMEM)
		return ctx_no_memory(f->ctx);
	if (error == ELOOP)
		return refuse(f, -EINVAL, error, operation, "is a symbolic link");
	if (error == EISDIR || error == ENXIO)
		return refuse(f, -EINVAL, error, operation, "is not a regular file");
	return refuse(f, public_code(error), error, operation, strerror(error));
}

int lease_file_read(struct lease_file *f, void *data, size_t size, off_t at)
{
	char *p = data;
	ssize_t n;

	while (size) {
		n = pread(f->fd, p, size, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			refuse(f, -EIO, errno, "read", strerror(errno));
			return -EIO;
		}
		if (n == 0)
			return LEASE_DAMAGED;
		p += n;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

int lease_file_write(struct lease_file *f, const void *data, size_t size, off_t at)
{
	const char *p = data;
	ssize_t n;

	while (size) {
		n = pwrite(f->fd, p, size, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse(f, -EIO, errno, "write", strerror(errno));
		p += n;
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

static uint64_t state_checksum(const struct lease_file *f)
{
	const struct lease_state *s = &f->state;
	const size_t from = offsetof(struct lease_state, cursor);

	return siphash(f->header.key, (const char *)s + from,
		       offsetof(struct lease_state, checksum) - from);
}

static uint64_t header_checksum(const struct lease_header *h)
{
	return siphash(h->key, h, offsetof(struct lease_header, checksum));
}

int lease_file_begin(struct lease_file *f)
{
	if (f->state.dirty)
		return 0;
	f->state.dirty = 1;
	return lease_file_write(f, &f->state.dirty, sizeof(f->state.dirty), STATE_AT);
}

int lease_file_commit(struct lease_file *f)
{
	f->state.dirty = 0;
	f->state.checksum = state_checksum(f);
	return lease_file_write(f, &f->state, sizeof(f->state), STATE_AT);
}

static off_t round_up(off_t at, off_t unit)
{
	return (at + unit - 1) / unit * unit;
}

static uint32_t count_slots(const struct k8snet_prefix *prefix)
{
	unsigned int bits = (prefix->address.family == 4 ? 32 : 128) - prefix->length;

	return bits >= 16 ? LEASE_MAX_SLOTS : 1u << bits;
}

static void set_layout(struct lease_file *f, const struct k8snet_prefix *prefix)
{
	uint32_t n_slots = count_slots(prefix);
	struct lease_header *h = &f->header;

	memcpy(h->magic, MAGIC, sizeof(h->magic));
	h->version = VERSION;
	h->n_slots = n_slots;
	h->family = prefix->address.family;
	h->prefix_length = prefix->length;
	memcpy(h->address, prefix->address.bytes, sizeof(h->address));
	f->end_slot = n_slots;
	if (h->family == 4 && h->prefix_length >= 16)
		f->end_slot--; /* the broadcast address */
	f->n_words = (n_slots + 63) / 64;
	f->n_buckets = n_slots;
	f->used_at = PAGE;
	f->current_at = f->used_at + (off_t)f->n_words * 8;
	f->heads_at = f->current_at + (off_t)f->n_words * 8;
	f->next_at = f->heads_at + (off_t)f->n_buckets * 4;
	f->records_at = round_up(f->next_at + (off_t)n_slots * 4, PAGE);
	f->size = round_up(lease_record_at(f, n_slots), PAGE);
}

/* The size, and room for all but the records, so that a full disk leaves
 * releasing possible. A file system without fallocate() has to do without. */
static int restore_size(struct lease_file *f)
{
	if (ftruncate(f->fd, f->size) < 0)
		return refuse(f, -EIO, errno, "write", strerror(errno));
	if (fallocate(f->fd, 0, 0, f->records_at) < 0 && errno == ENOSPC)
		return refuse(f, -EIO, errno, "write", strerror(errno));
	return 0;
}

static int create(struct lease_file *f)
{
	struct hash random;
	int r;

	hash_init(&random);
	memcpy(f->header.key, random.key, sizeof(f->header.key));
	f->header.checksum = header_checksum(&f->header);
	/* First of all, so that a file of another size is never without its header. */
	r = lease_file_write(f, &f->header, sizeof(f->header), 0);
	return r < 0 ? r : restore_size(f);
}

static bool is_zero(const void *data, size_t size)
{
	const char *p = data;

	return !p[0] && !memcmp(p, p + 1, size - 1);
}

/* Whether the header is that of our subnet; takes its key over. */
static int check_header(struct lease_file *f, const struct lease_header *h)
{
	const size_t same = offsetof(struct lease_header, key);

	if (memcmp(h->magic, MAGIC, sizeof(h->magic)))
		return refuse(f, -EINVAL, 0, "open", "is not a lease file");
	if (h->version != VERSION)
		return refuse(f, -EINVAL, 0, "open", "has an unknown version");
	if (h->checksum != header_checksum(h))
		return refuse(f, -EINVAL, 0, "open", "has a damaged header; remove it");
	if (memcmp(h, &f->header, same))
		return refuse(f, -EINVAL, 0, "open", "is for another subnet");
	f->header = *h;
	return 0;
}

/* With the lock held: create what is missing, or check what is there. */
static int create_or_check(struct lease_file *f)
{
	struct lease_header h;
	struct stat st;
	int r;

	if (fstat(f->fd, &st) < 0)
		return lease_file_error(f, "open", errno);
	if (!st.st_size)
		return create(f);
	r = lease_file_read(f, &h, sizeof(h), 0);
	if (r == LEASE_DAMAGED)
		return refuse(f, -EINVAL, 0, "open", "is not a lease file");
	if (r < 0)
		return r;
	/* A power cut may have kept the size and lost the header, with all leases. */
	if (st.st_size == f->size && is_zero(&h, sizeof(h)))
		return create(f);
	return check_header(f, &h);
}

static int lock_fd(struct lease_file *f)
{
	while (flock(f->fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return refuse(f, -EIO, errno, "lock", strerror(errno));
	return 0;
}

void lease_file_unlock(struct lease_file *f)
{
	flock(f->fd, LOCK_UN);
}

/* O_NONBLOCK: opening a FIFO must not wait for its other end. */
static int open_fd(struct lease_file *f)
{
	const int flags = O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;
	struct stat st;

	f->fd = f->path ? open(f->path, flags, 0600) : memfd_create("k8snet-ipam", MFD_CLOEXEC);
	if (f->fd < 0)
		return lease_file_error(f, "open", errno);
	if (fstat(f->fd, &st) < 0)
		return lease_file_error(f, "open", errno);
	if (!S_ISREG(st.st_mode))
		return refuse(f, -EINVAL, 0, "open", "is not a regular file");
	return 0;
}

static bool is_removed(struct lease_file *f, const struct stat *st)
{
	return f->path && st->st_nlink == 0;
}

/* Open and lock the file that has the path now, not one that was just removed. */
static int open_and_lock(struct lease_file *f)
{
	struct stat st;
	int r, i;

	for (i = 0; i < 100; i++) {
		r = open_fd(f);
		if (r < 0)
			return r;
		r = lock_fd(f);
		if (r < 0)
			return r;
		if (fstat(f->fd, &st) < 0)
			return lease_file_error(f, "open", errno);
		if (!is_removed(f, &st))
			return 0;
		close(f->fd);
		f->fd = -1;
	}
	return refuse(f, -EIO, 0, "open", "is removed again and again");
}

static int check_state(struct lease_file *f);

static int lease_file_setup(struct lease_file *f, const char *path)
{
	int r;

	if (path) {
		f->path = strdup(path);
		if (!f->path)
			return ctx_no_memory(f->ctx);
	}
	r = open_and_lock(f);
	if (r < 0)
		return r;
	r = create_or_check(f);
	if (r < 0)
		return r;
	r = check_state(f);
	if (r < 0)
		return r;
	lease_file_unlock(f);
	return 0;
}

int lease_file_open(struct lease_file *f, struct k8snet_ctx *ctx, const char *path,
		    const struct k8snet_prefix *prefix, const uint8_t boot[LEASE_BOOT_SIZE])
{
	int r;

	f->fd = -1;
	f->ctx = ctx;
	memcpy(f->boot, boot, sizeof(f->boot));
	set_layout(f, prefix);
	r = lease_file_setup(f, path);
	if (r < 0)
		lease_file_close(f);
	return r;
}

void lease_file_close(struct lease_file *f)
{
	closep(&f->fd);
	f->fd = -1;
	free(f->path);
	f->path = NULL;
}

/* The header and, if the size is right, the state. */
static int read_first_page(struct lease_file *f, struct lease_header *h, bool has_state)
{
	struct {
		union {
			struct lease_header header;
			char space[STATE_AT];
		};
		struct lease_state state;
	} page;
	int r;

	memset(&page.state, 0, sizeof(page.state));
	r = lease_file_read(f, &page, has_state ? sizeof(page) : sizeof(page.header), 0);
	if (r < 0)
		return r;
	*h = page.header;
	f->state = page.state;
	return 0;
}

static bool state_is_good(const struct lease_file *f)
{
	const struct lease_state *s = &f->state;

	return !s->dirty && s->checksum == state_checksum(f) &&
	       !memcmp(s->boot, f->boot, sizeof(f->boot)) && lease_slot_is_usable(f, s->cursor);
}

/* With the lock held: read the state; rebuild if it is not whole, or of an
 * earlier boot: then the machine may have died with half of the file written. */
static int check_state(struct lease_file *f)
{
	struct lease_header h;
	struct stat st;
	int r;

	if (fstat(f->fd, &st) < 0)
		return lease_file_error(f, "read", errno);
	if (is_removed(f, &st))
		return refuse(f, -EIO, 0, "lock", "was removed");
	r = read_first_page(f, &h, st.st_size == f->size);
	if (r < 0)
		return r == LEASE_DAMAGED ? refuse(f, -EIO, 0, "read", "was cut short") : r;
	if (memcmp(&h, &f->header, sizeof(h)))
		return refuse(f, -EIO, 0, "read", "was overwritten");
	if (st.st_size != f->size) {
		r = restore_size(f);
		return r < 0 ? r : lease_file_rebuild(f, false);
	}
	return state_is_good(f) ? 0 : lease_file_rebuild(f, false);
}

int lease_file_lock(struct lease_file *f)
{
	int r;

	r = lock_fd(f);
	if (r < 0)
		return r;
	r = check_state(f);
	if (r < 0)
		lease_file_unlock(f);
	return r;
}
