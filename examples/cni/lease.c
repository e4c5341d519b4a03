/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "lease.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "plugin.h"
#include "system.h"

/* After so many addresses that are in use, read which ones are. */
#define MAX_ATTEMPTS 64

/* --- opening -------------------------------------------------------------------- */

/* The data directory may be reached through links: that is the administrator's
 * affair. What is in it may not. */
static int open_directory(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

static int make_directories(const char *path)
{
	char copy[PATH_MAX];
	char *slash = copy;

	snprintf(copy, sizeof(copy), "%s", path);
	while ((slash = strchr(slash + 1, '/'))) {
		*slash = '\0';
		if (mkdir(copy, 0755) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return mkdir(copy, 0755) < 0 && errno != EEXIST ? -errno : 0;
}

static int lock(struct lease_store *s)
{
	s->lock = openat(s->directory, "lock", O_RDONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (s->lock < 0)
		return -errno;
	while (flock(s->lock, LOCK_EX) < 0)
		if (errno != EINTR)
			return -errno;
	return 0;
}

static int open_store(struct lease_store *s, const char *data_dir, const char *network, bool create)
{
	int n = snprintf(s->path, sizeof(s->path), "%s/%s", data_dir, network), r;

	if (n < 0 || (size_t)n >= sizeof(s->path))
		return -ENAMETOOLONG;
	s->directory = open_directory(s->path);
	if (s->directory == -ENOENT && create) {
		r = make_directories(s->path);
		if (r < 0)
			return r;
		s->directory = open_directory(s->path);
	}
	if (s->directory < 0)
		return s->directory;
	r = lock(s);
	return r < 0 ? r : lease_index_open(s);
}

int lease_store_open(struct lease_store *s, const char *data_dir, const char *network, bool create)
{
	int r;

	*s = (struct lease_store)LEASE_STORE_CLOSED;
	r = open_store(s, data_dir, network, create);
	if (r < 0)
		lease_store_close(s);
	return r;
}

void lease_store_close(struct lease_store *s)
{
	/* If that fails, the next one builds the index anew. */
	if (s->is_changed)
		(void)lease_index_close(s);
	free(s->used);
	closep(&s->state);
	closep(&s->owners);
	closep(&s->lock);
	closep(&s->directory);
	*s = (struct lease_store)LEASE_STORE_CLOSED;
}

/* --- leases ----------------------------------------------------------------------- */

bool lease_owner_is_equal(const struct lease_owner *a, const struct lease_owner *b)
{
	/* Very old leases are the container's, whatever its interface. */
	return !strcmp(a->container_id, b->container_id) &&
	       (!*a->ifname || !*b->ifname || !strcmp(a->ifname, b->ifname));
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && isspace((unsigned char)end[-1]))
		end--;
	*end = '\0';
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

int lease_read(struct lease_store *s, const char *name, char text[LEASE_TEXT_SIZE],
	       struct lease_owner *owner)
{
	ssize_t n = file_read(s->directory, name, text, LEASE_TEXT_SIZE);
	char *line, *end;

	if (n < 0)
		return (int)n;
	line = trim(text);
	end = line + strcspn(line, "\r\n");
	owner->container_id = line;
	owner->ifname = *end ? trim(end) : end;
	*end = '\0';
	/* Whoever made it was killed before it was written. */
	return *line ? 0 : -ENOENT;
}

static bool has(struct lease_store *s, const struct lease_owner *owner,
		const struct k8snet_address *address)
{
	char text[LEASE_TEXT_SIZE];
	struct lease_owner found;

	return lease_read(s, address_text(address), text, &found) == 0 &&
	       lease_owner_is_equal(&found, owner);
}

int lease_find(struct lease_store *s, const struct lease_owner *owner, struct lease_list *out)
{
	struct lease_list list;
	size_t i;
	int r = lease_index_get(s, owner, &list);

	out->count = 0;
	for (i = 0; r == 0 && i < list.count; i++)
		if (has(s, owner, &list.items[i]))
			out->items[out->count++] = list.items[i];
	return r;
}

/* What was read of all of them is not true any more. */
static void note_change(struct lease_store *s)
{
	s->is_changed = true;
	s->has_used = false;
	s->n_used = 0;
	s->attempts = 0;
}

int lease_drop(struct lease_store *s, const struct k8snet_address *address)
{
	note_change(s);
	return unlinkat(s->directory, address_text(address), 0) < 0 && errno != ENOENT ? -errno : 0;
}

int lease_release(struct lease_store *s, const struct lease_owner *owner)
{
	struct lease_list list;
	size_t i;
	int r = lease_find(s, owner, &list);

	/* A name that is too long for the index was given none. */
	if (r == -ENAMETOOLONG)
		return 0;
	if (r < 0 || !list.count)
		return r;
	for (i = 0; r == 0 && i < list.count; i++)
		r = lease_drop(s, &list.items[i]);
	return r < 0 ? r : lease_index_drop(s, owner);
}

static int write_lease(struct lease_store *s, const struct lease_owner *owner,
		       const struct k8snet_address *address)
{
	_cleanup_close_ int fd = -1;
	char text[LEASE_TEXT_SIZE];
	int n = snprintf(text, sizeof(text), "%s\r\n%s", owner->container_id, owner->ifname);
	ssize_t written;

	fd = openat(s->directory, address_text(address),
		    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return -errno;
	written = write(fd, text, (size_t)n);
	if (written == n)
		return 0;
	n = written < 0 ? -errno : -ENOSPC;
	(void)unlinkat(s->directory, address_text(address), 0);
	return n;
}

int lease_take(struct lease_store *s, const struct lease_owner *owner, const struct lease_list *had,
	       const struct lease_list *wanted)
{
	struct lease_list all = *had;
	size_t i;
	int r;

	if (had->count + wanted->count > LEASES_PER_OWNER)
		return -E2BIG;
	for (i = 0; i < wanted->count; i++)
		all.items[all.count++] = wanted->items[i];
	/* The index first: what it says too much does no harm. */
	note_change(s);
	r = lease_index_set(s, owner, &all);
	for (i = 0; r == 0 && i < wanted->count; i++)
		r = write_lease(s, owner, &wanted->items[i]);
	if (r == 0)
		return 0;
	while (i > 1)
		(void)lease_drop(s, &wanted->items[--i - 1]);
	(void)lease_index_set(s, owner, had);
	return r;
}

/* --- the address given last --------------------------------------------------------- */

int lease_get_last(struct lease_store *s, size_t set, struct k8snet_address *out)
{
	char name[40], text[K8SNET_ADDRESS_TEXT_SIZE];
	ssize_t n;

	snprintf(name, sizeof(name), "last_reserved_ip.%zu", set);
	n = file_read(s->directory, name, text, sizeof(text));
	if (n < 0)
		return (int)n;
	return k8snet_address_parse(out, trim(text));
}

int lease_set_last(struct lease_store *s, size_t set, const struct k8snet_address *address)
{
	const char *text = address_text(address);
	_cleanup_close_ int fd = -1;
	struct stat st;
	char name[40];

	snprintf(name, sizeof(name), "last_reserved_ip.%zu", set);
	/* Not O_TRUNC: a file system may wait for the disk then. */
	fd = openat(s->directory, name, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0 || write(fd, text, strlen(text)) < 0 || fstat(fd, &st) < 0)
		return -errno;
	if ((size_t)st.st_size > strlen(text) && ftruncate(fd, (off_t)strlen(text)) < 0)
		return -errno;
	if (set == 0)
		s->last = text_hash(text);
	return 0;
}

/* --- all of them ---------------------------------------------------------------------- */

/* Call for each file that is named like an address. */
static int walk(struct lease_store *s,
		int (*fn)(void *data, const char *name, const struct k8snet_address *address),
		void *data)
{
	struct k8snet_address address;
	struct dirent *entry;
	DIR *directory;
	int fd = openat(s->directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC), r = 0;

	if (fd < 0)
		return -errno;
	directory = fdopendir(fd);
	if (!directory) {
		close(fd);
		return -ENOMEM;
	}
	while (r >= 0 && (errno = 0, entry = readdir(directory))) {
		if (k8snet_address_parse(&address, entry->d_name) == 0)
			r = fn(data, entry->d_name, &address);
	}
	if (r >= 0 && errno)
		r = -errno;
	closedir(directory);
	return r < 0 ? r : 0;
}

struct each {
	struct lease_store *store;
	lease_fn fn;
	void *data;
};

static int call(void *data, const char *name, const struct k8snet_address *address)
{
	struct each *each = data;
	char text[LEASE_TEXT_SIZE];
	struct lease_owner owner;
	int r = lease_read(each->store, name, text, &owner);

	if (r == -ENOENT)
		return lease_drop(each->store, address);
	/* A directory, a link, something large: none of ours. */
	return r < 0 ? 0 : each->fn(each->data, address, owner.container_id, owner.ifname);
}

int lease_each(struct lease_store *s, lease_fn fn, void *data)
{
	struct each each = {.store = s, .fn = fn, .data = data};

	return walk(s, call, &each);
}

struct pruning {
	struct lease_store *store;
	lease_valid_fn is_valid;
	void *data;
};

static int prune(void *data, const struct k8snet_address *address, const char *container_id,
		 const char *ifname)
{
	struct pruning *pruning = data;

	if (pruning->is_valid(pruning->data, container_id, ifname))
		return 0;
	return lease_drop(pruning->store, address);
}

int lease_prune(struct lease_store *s, lease_valid_fn is_valid, void *data)
{
	struct pruning pruning = {.store = s, .is_valid = is_valid, .data = data};
	int r = lease_each(s, prune, &pruning);

	return r < 0 ? r : lease_index_prune(s, is_valid, data);
}

static int note_used(void *data, const char *name, const struct k8snet_address *address)
{
	struct lease_store *s = data;
	struct k8snet_address *bigger;

	(void)name;
	/* Powers of two: grow when full. */
	if ((s->n_used & (s->n_used - 1)) == 0) {
		bigger = realloc(s->used, (s->n_used ? 2 * s->n_used : 1) * sizeof(*bigger));
		if (!bigger)
			return -ENOMEM;
		s->used = bigger;
	}
	s->used[s->n_used++] = *address;
	return 0;
}

static int compare(const void *a, const void *b)
{
	return memcmp(a, b, sizeof(struct k8snet_address));
}

static int read_used(struct lease_store *s)
{
	int r = walk(s, note_used, s);

	if (r == 0 && s->n_used)
		qsort(s->used, s->n_used, sizeof(*s->used), compare);
	s->has_used = r == 0;
	return r;
}

int lease_is_free(struct lease_store *s, const struct k8snet_address *address)
{
	int r;

	if (s->has_used)
		return !s->n_used ||
		       !bsearch(address, s->used, s->n_used, sizeof(*s->used), compare);
	if (faccessat(s->directory, address_text(address), F_OK, AT_SYMLINK_NOFOLLOW) < 0)
		return errno == ENOENT ? 1 : -errno;
	if (++s->attempts <= MAX_ATTEMPTS)
		return 0;
	r = read_used(s);
	return r < 0 ? r : 0;
}
