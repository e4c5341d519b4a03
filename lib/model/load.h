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
 * A value that cannot be used is told and passed over: its reader returns the default, and
 * sets `is_bad`, by which a reader of several values sees that what it read is not whole. An
 * error that refuses the object sticks: after it the readers do nothing else. So does the
 * want of memory, which ends the load.
 */
struct load {
	struct k8snet_cluster *cluster;
	const struct k8snet_load_options *options;
	struct arena *arena;	     /* of the object being read */
	struct model_object *object; /* being read */
	struct where at;	     /* of that object */
	struct model_list staged[MODEL_N_KINDS];
	size_t skipped;
	bool is_removal; /* of what is named */
	bool is_skipped; /* the object does not concern us after all */
	bool is_named;	 /* what is wrong from here on is a value */
	bool is_bad;	 /* a value was passed over */
	bool is_over;	 /* an error that ends the load */
	int error;	 /* of the object being read, or of the load */
	int first_error; /* of the objects that were refused */
};

struct strings *load_strings(const struct load *l);
/* Where a value of the object is. */
struct where load_at(const struct load *l, const struct json *json);
/* Take over the result of a function that returns a negative errno: of a value, that it was
 * passed over. */
void load_result(struct load *l, int r);
/* Whether all was good since `is_bad` was last false. */
static inline bool load_is_good(const struct load *l)
{
	return !l->error && !l->is_bad;
}
/* The object is refused: it lacks this, or has nothing there that can be used. */
void load_refuse(struct load *l, const struct json *parent, const char *key);

/* Members of `parent`, which may be NULL. NULL or the default: absent or null. */
const struct json *load_object(struct load *l, const struct json *parent, const char *key);
/* The first item of an array; go on with ->next. */
const struct json *load_items(struct load *l, const struct json *parent, const char *key);
/* The same for an array of objects; other items are passed over. */
const struct json *load_objects(struct load *l, const struct json *parent, const char *key);
const struct json *load_next_object(struct load *l, const struct json *item);
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
/* Into an empty list; those that the API does not take are passed over. */
void load_labels(struct load *l, label_list *list, const struct json *labels);
/* "is missing": as load_result(). */
void load_missing(struct load *l, const struct json *parent, const char *key);

/* Read an object of each kind into l->object. */
typedef void load_fn(struct load *l, const struct json *root);
load_fn load_node;
load_fn load_pod;
load_fn load_service;
load_fn load_endpointslice;
load_fn load_ingress;

#endif
