/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_DIR_FILE_H
#define PROXY_DIR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <sys/types.h>

struct dir;

/* What tells one state of a file from another. */
struct dir_stamp {
	dev_t device;
	ino_t inode;
	off_t size;
	struct timespec modified, changed;
};

/* The objects of a file, as "Service/shop/cart", in order. */
struct id_list {
	char **items;
	size_t count, capacity;
};

struct dir_file {
	char *name;
	struct dir_stamp stamp;
	struct id_list ids;
	bool is_dirty, is_seen;
};

/* How many files have an object. */
struct holder {
	char *id;
	size_t count;
};

bool id_list_has(const struct id_list *list, const char *id);
void id_list_clear(struct id_list *list);
/* The namespace of a Node is "". 0 or -ENOMEM. */
int id_list_add(struct id_list *list, const char *kind, const char *namespace_, const char *name);
/* When all have been added. */
void id_list_sort(struct id_list *list);

/*
 * Read the file again, or, if it is gone, take its objects out of the cluster. Files
 * that have to be read again because of it become dirty. False: it is gone.
 */
bool dir_file_load(struct dir *dir, struct dir_file *file);
/* The file is to be read. */
void dir_make_dirty(struct dir *dir, struct dir_file *file);

#endif
