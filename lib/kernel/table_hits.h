/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_TABLE_HITS_H
#define KERNEL_TABLE_HITS_H

#include "plan/state.h"

/* How often elements were found, as an observation with `hits` has it. */
void hits_sort(struct state *state);
uint64_t hits_of_frontend(const struct state *state, const struct frontend *f);
/* Of one slot; 0 with session affinity, where backends have hits and slots have none. */
uint64_t hits_of_slot(const struct state *state, const struct frontend *f, bool is_local,
		      uint32_t slot);
/* Of the backend in that slot of the group. */
uint64_t hits_of_affinity_slot(const struct state *state, const struct frontend *f,
			       const struct frontend *group, bool is_local, uint32_t slot);

#endif
