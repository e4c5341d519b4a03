/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "address.h"
#include "lease.h"
#include "plugin.h"
#include "system.h"

#define OWNERS ".owners"
#define STATE  "state"
/* Boot, time of the directory, hash of the address given last. */
#define STATE_SIZE 60
#define NAME_SIZE  256
/* An entry is replaced by one that is complete. No container has such a name. */
#define NEW_ENTRY  ":new"
#define NAME_BYTES 255

/* --- entries ------------------------------------------------------------------------ */

static int get_name(const struct lease_owner *owner, char name[NAME_SIZE])
{
	int n = snprintf(name, NAME_SIZE, "%s:%s", owner->container_id, owner->ifname);

	return n < 0 || n > NAME_BYTES ? -ENAMETOOLONG : 0;
}

static int parse_list(char *text, struct lease_list *out)
{
	char *save = NULL, *item;

	out->count = 0;
	for (item = strtok_r(text, ",", &save); item; item = strtok_r(NULL, ",", &save)) {
		if (out->count == LEASES_PER_OWNER ||
		    k8snet_address_parse(&out->items[out->count], item) < 0)
			return -EINVAL;
		out->count++;
	}
	return 0;
}

static int read_entry(struct lease_store *s, const char *name, struct lease_list *out)
{
	char target[PATH_MAX];
	ssize_t n = readlinkat(s->owners, name, target, sizeof(target));

	out->count = 0;
	/* Not a link: another program's, too. */
	if (n < 0 && errno != ENOENT && errno != EINVAL)
		return -errno;
	if (n < 0 || n == sizeof(target))
		return 0;
	target[n] = '\0';
	/* What another program may have put there counts for nothing. */
	if (parse_list(target, out) < 0)
		out->count = 0;
	return 0;
}

static bool has_item(const struct lease_list *list, const struct k8snet_address *address)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (k8snet_address_is_equal(&list->items[i], address))
			return true;
	return false;
}

static int add_items(struct lease_store *s, const struct lease_owner *owner, struct lease_list *out)
{
	char name[NAME_SIZE];
	struct lease_list list;
	size_t i;
	int r = get_name(owner, name);

	if (r == 0)
		r = read_entry(s, name, &list);
	for (i = 0; r == 0 && i < list.count && out->count < LEASES_PER_OWNER; i++)
		if (!has_item(out, &list.items[i]))
			out->items[out->count++] = list.items[i];
	return r;
}

int lease_index_get(struct lease_store *s, const struct lease_owner *owner, struct lease_list *out)
{
	/* Very old leases name no interface. */
	const struct lease_owner of_old = {owner->container_id, ""};
	int r;

	out->count = 0;
	r = add_items(s, owner, out);
	return r < 0 || !*owner->ifname ? r : add_items(s, &of_old, out);
}

static int print_list(const struct lease_list *list, char target[PATH_MAX])
{
	size_t used = 0, i;

	for (i = 0; i < list->count && used < PATH_MAX; i++)
		used += (size_t)snprintf(target + used, PATH_MAX - used, "%s%s", i ? "," : "",
					 address_text(&list->items[i]));
	return used < PATH_MAX ? 0 : -ENAMETOOLONG;
}

static int replace(struct lease_store *s, const char *name, const char *target)
{
	if (unlinkat(s->owners, NEW_ENTRY, 0) < 0 && errno != ENOENT)
		return -errno;
	if (symlinkat(target, s->owners, NEW_ENTRY) < 0 ||
	    renameat(s->owners, NEW_ENTRY, s->owners, name) < 0)
		return -errno;
	return 0;
}

static int drop_entry(struct lease_store *s, const char *name)
{
	return unlinkat(s->owners, name, 0) < 0 && errno != ENOENT ? -errno : 0;
}

int lease_index_drop(struct lease_store *s, const struct lease_owner *owner)
{
	const struct lease_owner of_old = {owner->container_id, ""};
	char name[NAME_SIZE];
	int r = get_name(owner, name);

	if (r == 0)
		r = drop_entry(s, name);
	if (r == 0)
		r = get_name(&of_old, name);
	return r < 0 ? r : drop_entry(s, name);
}

int lease_index_set(struct lease_store *s, const struct lease_owner *owner,
		    const struct lease_list *list)
{
	char name[NAME_SIZE], target[PATH_MAX];
	int r = get_name(owner, name);

	if (r < 0)
		return r;
	if (!list->count)
		return drop_entry(s, name);
	r = print_list(list, target);
	if (r < 0)
		return r;
	if (symlinkat(target, s->owners, name) == 0)
		return 0;
	return errno == EEXIST ? replace(s, name, target) : -errno;
}

static DIR *open_entries(struct lease_store *s)
{
	int fd = openat(s->owners, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *directory = fd < 0 ? NULL : fdopendir(fd);

	if (!directory && fd >= 0)
		close(fd);
	return directory;
}

/* Call for each entry, with its name. */
static int walk(struct lease_store *s, int (*fn)(struct lease_store *s, const char *name))
{
	DIR *directory = open_entries(s);
	struct dirent *entry;
	int r = directory ? 0 : -errno;

	while (r >= 0 && directory && (errno = 0, entry = readdir(directory)))
		if (strchr(entry->d_name, ':'))
			r = fn(s, entry->d_name);
	if (directory && r >= 0 && errno)
		r = -errno;
	if (directory)
		closedir(directory);
	return r < 0 ? r : 0;
}

/* --- completeness -------------------------------------------------------------------- */

/* The first 16 digits of its id. */
static int read_boot(char boot[BOOT_SIZE])
{
	char text[64];
	ssize_t n = file_read(AT_FDCWD, "/proc/sys/kernel/random/boot_id", text, sizeof(text));
	size_t used = 0, i;

	if (n < 0)
		return (int)n;
	for (i = 0; text[i] && used < BOOT_SIZE - 1; i++)
		if (isxdigit((unsigned char)text[i]))
			boot[used++] = text[i];
	boot[used] = '\0';
	return 0;
}

/* The address that was given last, as a hash: clocks of directories are coarse, but who
 * gives one writes this. */
static uint64_t hash_last(struct lease_store *s)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	return file_read(s->directory, "last_reserved_ip.0", text, sizeof(text)) < 0
		       ? 0
		       : text_hash(text);
}

static uint64_t read_state(struct lease_store *s)
{
	char text[STATE_SIZE + 1] = "";
	uint64_t last = 0;

	s->state = openat(s->owners, STATE, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (s->state >= 0 && read(s->state, text, STATE_SIZE) == STATE_SIZE &&
	    sscanf(text, "%16[0-9a-f] %16" SCNx64 ".%8lx %16" SCNx64, s->boot, &s->seconds,
		   &s->nanoseconds, &last) != 4)
		s->boot[0] = '\0';
	return last;
}

/* Its size never changes, and it is on the disk from the start: so it is there whole, also
 * after the power failed. */
static int make_state(struct lease_store *s, const char *text)
{
	if (unlinkat(s->owners, STATE, 0) < 0 && errno != ENOENT)
		return -errno;
	s->state = openat(s->owners, STATE, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (s->state < 0 || write(s->state, text, STATE_SIZE) < 0 || fsync(s->state) < 0)
		return -errno;
	return 0;
}

/* Leases that the index of an earlier boot knew. */
static int drop_stale(struct lease_store *s, const char *name)
{
	char text[LEASE_TEXT_SIZE], of_owner[NAME_SIZE];
	struct lease_owner owner;
	struct lease_list list;
	size_t i;
	int r = read_entry(s, name, &list);

	for (i = 0; r == 0 && i < list.count; i++) {
		if (lease_read(s, address_text(&list.items[i]), text, &owner) < 0 ||
		    get_name(&owner, of_owner) < 0 || strcmp(of_owner, name) != 0)
			continue;
		r = lease_drop(s, &list.items[i]);
	}
	return r < 0 ? r : drop_entry(s, name);
}

static int add_entry(void *data, const struct k8snet_address *address, const char *container_id,
		     const char *ifname)
{
	const struct lease_owner owner = {container_id, ifname};
	struct lease_store *s = data;
	struct lease_list list;
	char name[NAME_SIZE];
	int r;

	/* Names that nobody can ask for. */
	if (get_name(&owner, name) < 0 || strchr(name, '/'))
		return 0;
	r = read_entry(s, name, &list);
	if (r < 0 || has_item(&list, address) || list.count == LEASES_PER_OWNER)
		return r;
	list.items[list.count++] = *address;
	return lease_index_set(s, &owner, &list);
}

/* One whose lease another program took back. */
static int drop_empty(struct lease_store *s, const char *name)
{
	struct lease_list list;
	int r = read_entry(s, name, &list);

	if (r < 0 || (list.count && faccessat(s->directory, address_text(&list.items[0]), F_OK,
					      AT_SYMLINK_NOFOLLOW) == 0))
		return r;
	return drop_entry(s, name);
}

/* What is right already is left as it is: that is nearly all of it. */
static int complete(struct lease_store *s)
{
	int r = walk(s, drop_empty);

	s->is_changed = true;
	return r < 0 ? r : lease_each(s, add_entry, s);
}

static bool is_complete(struct lease_store *s, const char *boot, uint64_t last)
{
	struct stat st;

	return !strcmp(s->boot, boot) && fstat(s->directory, &st) == 0 &&
	       (uint64_t)st.st_mtim.tv_sec == s->seconds &&
	       (unsigned long)st.st_mtim.tv_nsec == s->nanoseconds && last == s->last;
}

static int open_owners(struct lease_store *s)
{
	s->owners = openat(s->directory, OWNERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	if (s->owners >= 0 || errno != ENOENT)
		return s->owners < 0 ? -errno : 0;
	if (mkdirat(s->directory, OWNERS, 0755) < 0)
		return -errno;
	s->owners = openat(s->directory, OWNERS, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	return s->owners < 0 ? -errno : 0;
}

int lease_index_open(struct lease_store *s)
{
	char boot[BOOT_SIZE];
	uint64_t last;
	int r = open_owners(s);

	if (r == 0)
		r = read_boot(boot);
	if (r < 0)
		return r;
	last = read_state(s);
	s->last = hash_last(s);
	if (is_complete(s, boot, last))
		return 0;
	if (s->boot[0] && strcmp(s->boot, boot) != 0)
		r = walk(s, drop_stale);
	memcpy(s->boot, boot, sizeof(boot));
	if (r == 0)
		r = complete(s);
	/* The next one begins where this one did. */
	if (r < 0)
		s->is_changed = false;
	return r;
}

int lease_index_close(struct lease_store *s)
{
	struct stat st;
	char text[STATE_SIZE + 1];

	if (fstat(s->directory, &st) < 0)
		return -errno;
	snprintf(text, sizeof(text), "%-16s %016" PRIx64 ".%08lx %016" PRIx64 "\n", s->boot,
		 (uint64_t)st.st_mtim.tv_sec, (unsigned long)st.st_mtim.tv_nsec, s->last);
	if (s->state < 0)
		return make_state(s, text);
	return pwrite(s->state, text, STATE_SIZE, 0) < 0 ? -errno : 0;
}

int lease_index_prune(struct lease_store *s, lease_valid_fn is_valid, void *data)
{
	char copy[NAME_SIZE], *colon;
	struct dirent *entry;
	DIR *directory = open_entries(s);
	int r = directory ? 0 : -errno;

	while (r == 0 && (errno = 0, entry = readdir(directory))) {
		snprintf(copy, sizeof(copy), "%.255s", entry->d_name);
		colon = strchr(copy, ':');
		if (!colon)
			continue;
		*colon = '\0';
		if (!is_valid(data, copy, colon + 1))
			r = drop_entry(s, entry->d_name);
	}
	if (directory)
		closedir(directory);
	return r;
}
