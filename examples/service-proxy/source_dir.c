/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "source_dir.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "dir_file.h"
#include "log.h"
#include "util.h"

#define WATCHED                                                                                  \
	(IN_CLOSE_WRITE | IN_CREATE | IN_DELETE | IN_MOVED_FROM | IN_MOVED_TO | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR)

static struct dir *dir_of(struct source *source)
{
	return (struct dir *)source;
}

/* --- files ------------------------------------------------------------------------ */

static int compare_files(const void *a, const void *b)
{
	const struct dir_file *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static void free_file(void *data)
{
	struct dir_file *file = data;

	id_list_clear(&file->ids);
	free(file->name);
	free(file);
}

static struct dir_file *find_file(struct dir *dir, const char *name)
{
	const struct dir_file key = {.name = (char *)name};
	struct dir_file **found = tfind(&key, &dir->files, compare_files);

	return found ? *found : NULL;
}

static struct dir_file *get_file(struct dir *dir, const char *name)
{
	struct dir_file *file = find_file(dir, name);

	if (file)
		return file;
	file = calloc(1, sizeof(*file));
	if (file)
		file->name = strdup(name);
	if (file && file->name && tsearch(file, &dir->files, compare_files))
		return file;
	if (file)
		free_file(file);
	log_error("%s/%s: out of memory", dir->path, name);
	return NULL;
}

/* "NAME.json", but not ".NAME.json", which editors and others write first. */
static bool is_ours(const char *name)
{
	size_t length = strlen(name);

	return name[0] != '.' && length > 5 && strcmp(name + length - 5, ".json") == 0;
}

static int stat_file(const struct dir *dir, const char *name, int flags, struct stat *out)
{
	_cleanup_free_ char *path = NULL;

	if (asprintf(&path, "%s/%s", dir->path, name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	return fstatat(AT_FDCWD, path, out, flags) < 0 ? -errno : 0;
}

/* --- reading what has changed ------------------------------------------------------ */

struct dirty {
	struct dir_file **files;
	size_t count, capacity;
};

static void add_dirty(const void *node, VISIT visit, void *data)
{
	struct dir_file *file = *(struct dir_file *const *)node, **bigger;
	struct dirty *dirty = data;

	if ((visit != postorder && visit != leaf) || !file->is_dirty)
		return;
	if (dirty->count == dirty->capacity) {
		dirty->capacity = dirty->capacity ? dirty->capacity * 2 : 16;
		bigger = reallocarray(dirty->files, dirty->capacity, sizeof(*bigger));
		if (!bigger) { /* it stays dirty */
			dirty->capacity = dirty->count;
			return;
		}
		dirty->files = bigger;
	}
	dirty->files[dirty->count++] = file;
}

static void load_file(struct dir *dir, struct dir_file *file)
{
	if (dir_file_load(dir, file))
		return;
	tdelete(file, &dir->files, compare_files);
	free_file(file);
}

/* In the order of names; what one makes dirty sorts after it, or comes in the next round. */
static void load_dirty(struct dir *dir)
{
	while (dir->is_dirty) {
		struct dirty dirty = {0};

		dir->is_dirty = false;
		twalk_r(dir->files, add_dirty, &dirty);
		for (size_t i = 0; i < dirty.count; i++)
			load_file(dir, dirty.files[i]);
		free(dirty.files);
	}
}

void dir_make_dirty(struct dir *dir, struct dir_file *file)
{
	file->is_dirty = dir->is_dirty = true;
}

/* --- all files ----------------------------------------------------------------------- */

static bool is_same_time(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec == b->tv_sec && a->tv_nsec == b->tv_nsec;
}

static bool is_unchanged(const struct dir_file *file, const struct stat *st)
{
	const struct dir_stamp *stamp = &file->stamp;

	return stamp->device == st->st_dev && stamp->inode == st->st_ino &&
	       stamp->size == st->st_size && is_same_time(&stamp->modified, &st->st_mtim) &&
	       is_same_time(&stamp->changed, &st->st_ctim);
}

/* Once; what begins with a dot, as what editors and volumes of Kubernetes have, is expected. */
static void tell_passed_over(const struct dir *dir, const char *name)
{
	if (!dir->has_told && name[0] != '.')
		log_warning("%s/%s: is passed over: its name does not end in .json", dir->path,
			    name);
}

static void look_at(struct dir *dir, const char *name, bool is_all)
{
	struct dir_file *file;
	struct stat st;

	if (!is_ours(name))
		tell_passed_over(dir, name);
	if (!is_ours(name) || stat_file(dir, name, 0, &st) < 0)
		return;
	file = get_file(dir, name);
	if (!file)
		return;
	file->is_seen = true;
	if (is_all || !is_unchanged(file, &st))
		dir_make_dirty(dir, file);
}

static void settle_one(const void *node, VISIT visit, void *data)
{
	struct dir_file *file = *(struct dir_file *const *)node;

	if (visit != postorder && visit != leaf)
		return;
	if (!file->is_seen)
		dir_make_dirty(data, file);
	file->is_seen = false;
}

/* A directory that is gone as a whole is about to be replaced: what it had is kept. */
static void dir_scan(struct dir *dir, bool is_all)
{
	DIR *stream = opendir(dir->path);
	const struct dirent *entry;

	dir->needs_scan = false;
	if (!stream) {
		log_error("%s: %s", dir->path, strerror(errno));
		return;
	}
	while ((entry = readdir(stream)))
		look_at(dir, entry->d_name, is_all);
	closedir(stream);
	dir->has_told = true;
	twalk_r(dir->files, settle_one, dir);
	load_dirty(dir);
}

/* --- what the kernel tells ------------------------------------------------------------ */

static void unwatch(struct dir *dir)
{
	if (dir->watch >= 0)
		inotify_rm_watch(dir->notices.fd, dir->watch);
	dir->watch = -1;
	dir->needs_scan = true;
}

static void watch(struct dir *dir)
{
	if (dir->watch < 0)
		dir->watch = inotify_add_watch(dir->notices.fd, dir->path, WATCHED);
}

/* A file that is just being made is told of again when it is closed, a link is not. */
static bool is_link(const struct dir *dir, const char *name)
{
	struct stat st;

	return stat_file(dir, name, AT_SYMLINK_NOFOLLOW, &st) == 0 &&
	       (S_ISLNK(st.st_mode) || st.st_nlink > 1);
}

static void take_event(struct dir *dir, const struct inotify_event *event)
{
	const char *name = event->len ? event->name : "";
	struct dir_file *file;

	if (event->mask & IN_Q_OVERFLOW)
		dir->needs_scan = true;
	else if (event->wd != dir->watch)
		return; /* of a directory that was there before */
	else if (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED))
		unwatch(dir);
	else if (strncmp(name, "..", 2) == 0)
		dir->needs_scan = true; /* a volume of Kubernetes: all links have moved */
	if (!is_ours(name) || (event->mask & IN_CREATE && !is_link(dir, name)))
		return;
	file = event->mask & (IN_DELETE | IN_MOVED_FROM) ? find_file(dir, name)
							 : get_file(dir, name);
	if (file)
		dir_make_dirty(dir, file);
}

static void ready(void *data)
{
	char buffer[16384] __attribute__((aligned(__alignof__(struct inotify_event))));
	const struct inotify_event *event;
	struct dir *dir = data;
	ssize_t n = read(dir->notices.fd, buffer, sizeof(buffer));

	for (char *p = buffer; n > 0 && p < buffer + n; p += sizeof(*event) + event->len) {
		event = (const struct inotify_event *)p;
		take_event(dir, event);
	}
	watch(dir);
	if (dir->needs_scan)
		dir_scan(dir, false);
	load_dirty(dir);
}

static void dir_look(struct source *source, bool is_all)
{
	struct dir *dir = dir_of(source);

	watch(dir);
	dir_scan(dir, is_all);
}

/* --- beginning and end ------------------------------------------------------------------ */

static void free_holder(void *data)
{
	struct holder *holder = data;

	free(holder->id);
	free(holder);
}

static void dir_close(struct source *source)
{
	struct dir *dir = dir_of(source);

	loop_remove(dir->loop, &dir->notices);
	closep(&dir->notices.fd);
	tdestroy(dir->files, free_file);
	tdestroy(dir->holders, free_holder);
	*dir = (struct dir){.notices = {.fd = -1}};
}

static const struct source_ops dir_ops = {
	.look = dir_look,
	.close = dir_close,
};

int dir_open(struct dir *dir, const char *path, struct loop *loop, struct objects *objects)
{
	int r;

	*dir = (struct dir){
		.base.ops = &dir_ops, .path = path, .loop = loop, .objects = objects, .watch = -1};
	dir->notices = (struct loop_source){
		.fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC), .ready = ready, .data = dir};
	r = dir->notices.fd < 0 ? -errno : loop_add(loop, &dir->notices);
	/* First, lest a change between the two be missed. */
	if (r == 0) {
		watch(dir);
		r = dir->watch < 0 ? -errno : 0;
	}
	if (r < 0) {
		log_error("%s: %s", path, strerror(-r));
		dir_close(&dir->base);
		return r;
	}
	dir_scan(dir, true);
	return 0;
}
