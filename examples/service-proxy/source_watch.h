/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_SOURCE_WATCH_H
#define PROXY_SOURCE_WATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lines.h"
#include "loop.h"
#include "source.h"

struct objects;
struct options;

/* Events of watches, one a line, out of files, pipes or standard input. */
struct watches {
	struct source base;
	struct loop *loop;
	struct objects *objects;
	struct watch_stream *streams;
	size_t count, open_count;
	struct k8snet_json_document *document; /* the event that is being read */
	unsigned int needed;		       /* kinds that a watch has to have told */
	unsigned int seen, ended;	       /* kinds: events came, all that was there has come */
	int64_t last_event;		       /* monotonic; 0: none yet */
	bool has_failed;		       /* one of them, with ERROR */
	bool has_lost;	       /* an event, for want of memory: no one will tell it again */
	int64_t settle_period; /* 0: bookmarks are to come */
};

struct watch_stream {
	struct watches *watches;
	const char *name;
	struct loop_source source;
	struct lines lines;
	unsigned int seen, ended; /* as of watches */
	bool is_open, has_failed;
	bool is_file; /* all of it is there */
};

/*
 * watches->base is a source then. It has settled when all that was there at first has been told:
 * when a bookmark of each watch that is open has said so, of Services, EndpointSlices, and what
 * else came (Nodes, too, if pods are known by them alone); when all have ended, but for one that
 * failed. If there is a settle period, and no bookmark has come, also when nothing came for so long
 * (ten times that, while no Service or no EndpointSlice came at all).
 * 0, or a negative errno; what is wrong has been said.
 */
int watches_open(struct watches *watches, struct loop *loop, struct objects *objects,
		 const struct options *options);

#endif
