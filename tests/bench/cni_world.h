/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_CNI_WORLD_H
#define BENCH_CNI_WORLD_H

#include <limits.h>
#include <stdbool.h>

/*
 * Where CNI plugins are called: a node of its own for each set of plugins, and
 * containers. The namespaces have names in a mount namespace of this process only,
 * so that they are gone with it; the files are in a directory that the next run
 * removes if this one is killed.
 */

#define WORLD_CONTAINERS 40

enum world_set { OURS, REFERENCE, NEWER, FLOOR, WORLD_SETS };

struct world {
	char directory[128];
	char programs[PATH_MAX - 64];	    /* of the bench */
	char plugins[WORLD_SETS][PATH_MAX]; /* "": there are none */
	char floor[PATH_MAX], empty[PATH_MAX];
};

extern const char *const world_names[WORLD_SETS];

/* Exits 77 without privilege. */
void world_make(struct world *w);
void world_remove(struct world *w);
/* The process is on the node of a set from now on. */
void world_enter(enum world_set set);
/* "" for what does not exist; as long as the next call. */
const char *world_netns(const struct world *w, unsigned int container);
/* A directory for data of a set, as long as the next call; empty, if it is to be new. */
const char *world_data(const struct world *w, enum world_set set, const char *what, bool is_new);

#endif
