/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_LOAD_H
#define MODEL_LOAD_H

#include "base/json.h"
#include "model/check.h"
#include "model/spec.h"

/*
 * One load of Kubernetes JSON. Objects are built beside the cluster and put into
 * it at the end, all at once, when nothing can fail any more.
 *
 * The first error sticks: after it, the readers of fields return their defaults
 * and do nothing else, so that what reads an object needs no checks in between.
 */
struct load {
	struct k8snet_cluster *cluster;
	struct arena *arena;	     /* of the object being read */
	struct model_object *object; /* being read */
	struct where at;	     /* of that object */
	struct model_list staged[MODEL_N_KINDS];
	size_t skipped;
	bool is_removal; /* of what is named */
	bool is_skipped; /* the object does not concern us after all */
	int error;
};

struct strings *load_strings(const struct load *l);
/* Where a value of the object is. */
struct where load_at(const struct load *l, const struct json *json);
/* Take over the result of a function that returns a negative errno. */
void load_result(struct load *l, int r);

/* Members of `parent`, which may be NULL. NULL or the default: absent or null. */
const struct json *load_object(struct load *l, const struct json *parent, const char *key);
/* The first item of an array; go on with ->next. */
const struct json *load_items(struct load *l, const struct json *parent, const char *key);
/* The same for an array of objects. */
const struct json *load_objects(struct load *l, const struct json *parent, const char *key);
/* "" counts as absent, as it does in the API. */
const char *load_text(struct load *l, const struct json *parent, const char *key);
bool load_bool(struct load *l, const struct json *parent, const char *key, bool otherwise);
int64_t load_integer(struct load *l, const struct json *parent, const char *key, int64_t least,
		     int64_t most, int64_t otherwise);
/* The index of the text among `names`, which end with NULL; `otherwise` if absent. */
int load_choice(struct load *l, const struct json *parent, const char *key,
		const char *const *names, int otherwise);
/* The text of an item of an array itself. */
const char *load_item_text(struct load *l, const struct json *item);
/* enum k8snet_protocol. */
int load_protocol(struct load *l, const struct json *parent);
/* "is missing", unless there is an error already. */
void load_missing(struct load *l, const struct json *parent, const char *key);

/* Read an object of each kind into l->object. */
typedef void load_fn(struct load *l, const struct json *root);
load_fn load_node;
load_fn load_pod;
load_fn load_service;
load_fn load_endpointslice;
load_fn load_ingress;

#endif
