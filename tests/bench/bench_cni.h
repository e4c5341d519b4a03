/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BENCH_CNI_H
#define BENCH_CNI_H

#include "bench.h"
#include "cni_call.h"
#include "cni_world.h"

/* What calls of one kind took, of each set of plugins. */
struct figures {
	struct samples wall, cpu;
	long memory_kib;
	bool has_failed; /* it is no peer in this */
};

extern struct world world;
extern unsigned int n_rounds;

extern const struct chain chain_bridge, chain_masquerade, chain_portmap, chain_udp, chain_ptp,
	chain_podman, chain_gc;

bool is_there(enum world_set set);
/* Round 0 warms up and measures memory, and its times do not count. */
void begin_round(unsigned int round);
void add_cost(struct figures *f, unsigned int round, int status, const struct cost *cost);
/* 0: no goal. */
void print_figures(const char *what, struct figures f[WORLD_SETS], double times_peer,
		   double at_most_floor);
/* The floor's ADD or DEL of a container with an address. */
void floor_prepare(struct call *call, const char *kind, const char *command,
		   const struct target *target, const char *address);

/* bench_cni_rows.c */
void row_chain(const struct chain *chain, double times_peer, bool is_floor_goal);
void row_many(void);
void row_leases(void);
void row_gc(void);
void row_version(void);

#endif
