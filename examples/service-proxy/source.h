/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_SOURCE_H
#define PROXY_SOURCE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct source;

/* How it is with a source; bits. */
enum source_state {
	SOURCE_ENDED = 1,  /* nothing more will come of a part of it */
	SOURCE_FAILED = 2, /* and that is a failure */
	SOURCE_LOST =
		4, /* something was not taken for want of memory, and will not be told again */
};

/*
 * What a kind of source of objects does. It is opened by a function of its own, with what it
 * needs: the loop, which calls it when something is to be read, and `struct objects`, which takes
 * that. All but `close` may be NULL.
 */
struct source_ops {
	/* Look whether anything has changed that was not told; `is_all`: read everything anew. */
	void (*look)(struct source *source, bool is_all);
	/* When all that is there was told: monotonic, a time that is over, or NEVER as long as that
	 * cannot be said. NULL: when it was opened. */
	int64_t (*get_settled)(const struct source *source);
	/* Say what is waited for until then. */
	void (*log_waiting)(const struct source *source);
	unsigned int (*get_state)(const struct source *source);
	void (*close)(struct source *source);
};

/* The first member of a source. */
struct source {
	const struct source_ops *ops;
};

#define SOURCES_MAX 4

/* All that objects come from. */
struct sources {
	struct source *items[SOURCES_MAX];
	size_t count;
};

void sources_add(struct sources *sources, struct source *source);
void sources_look(const struct sources *sources, bool is_all);
/* When the last one has told all. */
int64_t sources_get_settled(const struct sources *sources);
void sources_log_waiting(const struct sources *sources);
unsigned int sources_get_state(const struct sources *sources);
void sources_close(struct sources *sources);

#endif
