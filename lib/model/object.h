/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_OBJECT_H
#define MODEL_OBJECT_H

#include <stdbool.h>

#include "base/context.h"
#include "base/hash.h"
#include "model/strings.h"

enum model_kind {
	MODEL_SETTINGS, /* those of the cluster; it has no name */
	MODEL_NODE,
	MODEL_POD,
	MODEL_SERVICE,
	MODEL_INGRESS,
	MODEL_ENDPOINTSLICE, /* journalled as its service */
	MODEL_N_KINDS,	     /* in messages: a kind not known yet */
};

/*
 * What all objects of a cluster have: the first member of each kind's struct.
 * Removed from its cluster, an object stays valid for those who hold it.
 */
struct model_object {
	struct hash_node by_name;
	struct model_object *prev, *next; /* in the order of insertion */
	struct k8snet_cluster *cluster;	  /* NULL: removed */
	struct strings *strings;
	const char *namespace_, *name; /* interned; "" for nodes */
	enum model_kind kind;
	unsigned int refs : 31;
	bool is_named : 1; /* since a replacement of its kind was begun */
};

/* All objects of one kind. */
struct model_list {
	struct hash by_name;
	struct model_object *first, *last;
};

struct model_object *list_find(const struct model_list *list, const char *namespace_,
			       const char *name);
/* The one after `prev`; NULL too if `prev` has been removed. */
struct model_object *list_next(const struct model_list *list, const struct k8snet_cluster *cluster,
			       const struct model_object *prev);

/* Room in the hash table must have been reserved. */
void list_append(struct model_list *list, struct model_object *object);
void list_remove(struct model_list *list, struct model_object *object);

/* "Service", "Pod" ... */
const char *model_kind_name(enum model_kind kind);
enum k8snet_layer model_kind_layer(enum model_kind kind);

#endif
