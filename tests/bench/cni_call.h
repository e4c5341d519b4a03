/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_CNI_CALL_H
#define BENCH_CNI_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Calling CNI plugins as a runtime does, and what a call takes. */

#define CALL_OUTPUT    65536
#define CALL_MAX_CHAIN 4

struct cost {
	double wall_us, cpu_us; /* the CPU's, with that of children it has waited for */
	long memory_kib;	/* most that one process had at a time; 0: not measured */
};

struct call {
	const char *program, *argv[5]; /* argv[0] is the program; the rest may be NULL */
	const char *command, *container, *netns, *ifname, *path;
	const char *config;
	pid_t pid;
	int output;
};

/*
 * A process begins with the memory of the one that it was: a bench that measures
 * memory forks, because a fork has next to none. It costs time: off for that.
 */
extern bool call_measures_memory;

/* Start it; its input is ready before. Ends the program if it cannot be started. */
void call_start(struct call *c);
/* Wait for it, and add what it took to `cost`, except for wall time. 0, or its exit status. */
int call_end(struct call *c, char output[CALL_OUTPUT], struct cost *cost);

/* A chain of plugins: "@" in their keys stands for the directory of their data. */
struct chain {
	const char *name, *version;
	struct {
		const char *type, *keys;
	} plugins[CALL_MAX_CHAIN];
};

/* Where a chain is called, and for whom. */
struct target {
	const char *directory; /* of plugins */
	const char *network, *data;
	const char *container, *netns, *ifname;
};

/* ADD, CHECK or DEL (backwards) of a chain, each plugin with the result of the one before;
 * `result` is read, and on ADD written. 0, or the exit status of the one that failed. */
int chain_call(const struct chain *chain, const char *command, const struct target *target,
	       char result[CALL_OUTPUT], struct cost *cost);
/* One plugin's configuration, to be freed. `result` may be NULL. */
char *chain_config(const struct chain *chain, size_t plugin, const struct target *target,
		   const char *result);

#endif
