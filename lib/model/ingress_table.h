/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_INGRESS_TABLE_H
#define MODEL_INGRESS_TABLE_H

#include <stdatomic.h>

#include <k8snet/ingress.h>

#include "base/arena.h"
#include "model/ingress_hash.h"

/* Paths as deep as this and deeper share the last bit of a mask. */
#define INGRESS_DEEP 63

struct k8snet_ingress_route {
	const char *namespace_, *ingress;
	const char *host, *path; /* as in the rule */
	const char *service, *port_name;
	uint16_t port_number;
	enum k8snet_path_type path_type;
};

/*
 * A path of a host. Prefixes are stored without trailing slashes, so that "/foo"
 * stands for "/foo" and "/foo/"; the prefix "/" is the host's root instead. The
 * depth of a path is the number of its slashes.
 *
 * Paths and hosts are small, and begin with what is compared first: a look-up
 * costs as much as the cache lines that it touches.
 */
struct ingress_path {
	uint32_t host_id, length;
	uint32_t exact, prefix; /* index + 1 of the route, or 0 */
	char text[];
};

/* The name of a wildcard host is what follows its asterisk: ".example.com". */
struct ingress_host {
	uint32_t id, name_length;
	uint64_t exact_depths, prefix_depths;
	uint32_t root;			/* index + 1 of the route of the prefix "/", or 0 */
	uint32_t max_depth, max_length; /* of its paths */
	char name[];
};

/*
 * An open hash table with linear probing: at most half full, never changed. What
 * a slot leads to is in `items`, which begins with one unit that nothing uses.
 */
#define INGRESS_UNIT 16

struct ingress_slot {
	uint32_t tag; /* the upper half of the hash */
	uint32_t at;  /* in units; 0: empty */
};

struct ingress_index {
	struct ingress_slot *slots;
	uint64_t mask;
	char *items;
	uint32_t next; /* unit, while it is filled */
};

struct k8snet_ingress_table {
	atomic_uint refs;
	struct arena arena; /* all that follows */
	struct sip host_start, path_start;
	struct ingress_index hosts, paths;
	const struct ingress_host *any; /* rules without a host, or NULL */
	struct k8snet_ingress_route *routes;
	const struct k8snet_ingress_route *default_route; /* or NULL */
	size_t n_routes;
};

static inline struct sip ingress_path_start(const struct k8snet_ingress_table *table,
					    const struct ingress_host *host)
{
	struct sip s = table->path_start;

	sip_feed(&s, host->id);
	return s;
}

static inline void *ingress_item(const struct ingress_index *index, uint32_t at)
{
	return index->items + (size_t)at * INGRESS_UNIT;
}

static inline uint32_t ingress_depth_bit(uint32_t depth)
{
	return depth < INGRESS_DEEP ? depth : INGRESS_DEEP;
}

/* Whose rules a request for this host is matched against; NULL: nobody's. */
const struct ingress_host *ingress_find_host(const struct k8snet_ingress_table *table,
					     const char *host, size_t length);
/* The host's route for a path, NULL if it has none. */
const struct k8snet_ingress_route *ingress_find_path(const struct k8snet_ingress_table *table,
						     const struct ingress_host *host,
						     const char *path, size_t length);

#endif
