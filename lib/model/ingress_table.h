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
 */
struct ingress_path {
	const struct k8snet_ingress_route *exact, *prefix; /* either may be NULL */
	uint32_t host_id;
	uint32_t length;
	char text[];
};

/* The name of a wildcard host is what follows its asterisk: ".example.com". */
struct ingress_host {
	struct prefix_hash start; /* of the hashes of its paths */
	uint64_t exact_depths, prefix_depths;
	const struct k8snet_ingress_route *root; /* the prefix "/", or NULL */
	uint32_t id;
	uint32_t max_depth;
	uint32_t max_length; /* of its paths */
	uint32_t name_length;
	char name[];
};

/* An open hash table with linear probing: at most half full, never changed. */
struct ingress_slot {
	uint32_t tag;	/* the upper half of the hash */
	uint32_t index; /* + 1; 0: empty */
};

struct ingress_slots {
	struct ingress_slot *items;
	uint64_t mask;
};

struct k8snet_ingress_table {
	atomic_uint refs;
	struct arena arena; /* all that follows */
	uint64_t key[2];
	struct ingress_slots host_slots, path_slots;
	struct ingress_host **hosts;
	struct ingress_path **paths;
	uint32_t n_hosts, n_paths;
	const struct ingress_host *any; /* rules without a host, or NULL */
	struct k8snet_ingress_route *routes;
	const struct k8snet_ingress_route *default_route; /* or NULL */
	size_t n_routes;
};

static inline uint64_t ingress_host_hash(const struct k8snet_ingress_table *table, const char *name,
					 size_t length)
{
	struct prefix_hash h = prefix_hash_start(table->key, UINT64_MAX);

	return prefix_hash_at(&h, name, length);
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
