/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_KIND_H
#define MODEL_KIND_H

#include <stddef.h>

#include "model/check.h"
#include "model/cluster.h"
#include "model/object.h"

/* What differs from kind to kind. Functions may be NULL where nothing is to do. */
struct model_kind_ops {
	const char *name;
	enum k8snet_layer layer;
	check_fn *check_namespace, *check_name; /* namespace NULL: the kind has none */
	size_t size, spec_offset, spec_size;
	/* Of a new object: what its spec begins with, and what follows from its name. */
	int (*init)(struct model_object *object);
	/* Release what the spec holds. */
	void (*done)(struct model_object *object);
	bool (*is_equal)(const struct model_object *a, const struct model_object *b);
	/* Take over from the one to be replaced what the JSON of an object cannot say. */
	void (*inherit)(struct model_object *object, const struct model_object *old);
	/* After a change of the spec: what is derived from it. */
	void (*refresh)(struct model_object *object);
};

extern const struct model_kind_ops model_kinds[MODEL_N_KINDS + 1];

struct where object_where(const struct model_object *object, const char *field);
struct where cluster_where(const struct k8snet_cluster *cluster, const char *field);

/*
 * An object of this name that is in no cluster yet, with one reference. `at` has
 * the kind, and where its metadata is; its names are filled in once checked.
 */
int object_create(struct model_object **out, struct k8snet_cluster *cluster, struct where *at,
		  const char *namespace_, const char *name);
/* Make room for n new or changed objects of this kind, so that object_link() and
 * object_replace() cannot fail. -ENOMEM. */
int object_reserve(struct k8snet_cluster *cluster, enum model_kind kind, size_t n);
/* Put it into its cluster, which takes a reference of its own. Journals. */
void object_link(struct model_object *object, struct k8snet_cluster *cluster);
/* Give `old` the contents of `next`; journals if they differ: true. */
bool object_replace(struct model_object *old, struct model_object *next);
/* Without the journal; drops the cluster's reference. */
void object_unlink(struct model_object *object);

/* All of that for one new object: -EEXIST, -ENOMEM. */
int object_insert(struct model_object *object, struct k8snet_cluster *cluster,
		  const struct where *at);
/* All that k8snet_x_new() does: *out is the caller's. */
int object_new(struct model_object **out, struct k8snet_cluster *cluster, enum model_kind kind,
	       const char *namespace_, const char *name);
int object_remove(struct model_object *object);
void object_ref(struct model_object *object);
void object_unref(struct model_object *object);

/*
 * The frame of a setter:
 *
 *     r = object_edit(object, "argument", &at);	-ENOENT, -ENOMEM
 *     if (r == 0)
 *             r = change the spec;	1: changed, 0: was so, or an error
 *     return object_edited(object, r);
 */
int object_edit(struct model_object *object, const char *field, struct where *at);
int object_edited(struct model_object *object, int r);
/* The same for the settings of the cluster. */
int cluster_edit(struct k8snet_cluster *cluster, const char *field, struct where *at);
int cluster_edited(struct k8snet_cluster *cluster, int r);

/* The change of a string in a spec: 1, 0 or -ENOMEM. NULL unsets. */
int spec_set_string(const struct where *at, struct strings *strings, const char **field,
		    const char *value);
/* The same for a name in a fixed buffer. */
int spec_set_name(char field[16], const char *value);
/* Parse and add. 1 or an error. */
int address_pair_add(const struct where *at, struct address_pair *pair, const char *text,
		     unsigned int flags);
int prefix_pair_add(const struct where *at, struct prefix_pair *pair,
		    const struct k8snet_prefix *prefix);
/* -EEXIST if the list has it. */
int prefix_list_add(const struct where *at, prefix_list *list, const char *cidr);
bool address_pair_is_equal(const struct address_pair *a, const struct address_pair *b);
bool prefix_pair_is_equal(const struct prefix_pair *a, const struct prefix_pair *b);

/* A hash of some text that is the same on every machine. */
uint64_t stable_hash(const char *a, const char *b, const char *c);

#endif
