/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_SOURCE_DIR_H
#define PROXY_SOURCE_DIR_H

#include <stdbool.h>

#include "loop.h"
#include "source.h"

struct objects;

/*
 * The files DIR/NAME.json, and what becomes of them. A file's objects are those that it
 * had when it was last good: one that is broken changes nothing. An object that several
 * files have is that of the file whose name sorts last.
 */
struct dir {
	struct source base;
	const char *path;
	struct loop *loop;
	struct objects *objects;
	struct loop_source notices; /* inotify */
	int watch;		    /* -1: the directory is not there */
	void *files;		    /* tsearch(3): struct dir_file, by name */
	void *holders;		    /* tsearch(3): struct holder, by object */
	bool is_dirty;		    /* a file of them is to be read */
	bool needs_scan;
	bool has_told; /* which files are passed over */
};

/* Read all files; dir->base is a source then, which looks at files that differ in size or times.
 * 0, or a negative errno; what is wrong has been said. */
int dir_open(struct dir *dir, const char *path, struct loop *loop, struct objects *objects);

#endif
