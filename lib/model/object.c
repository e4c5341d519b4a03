/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/object.h"

#include <errno.h>
#include <string.h>

#include "model/kind.h"
#include "model/slice.h"

const char *model_kind_name(enum model_kind kind)
{
	return model_kinds[kind].name;
}

enum k8snet_layer model_kind_layer(enum model_kind kind)
{
	return model_kinds[kind].layer;
}

struct model_object *list_find(const struct model_list *list, const char *namespace_,
			       const char *name)
{
	struct hash_node *node;

	if (!namespace_ || !name)
		return NULL;
	node = hash_find(&list->by_name, hash_strings(&list->by_name, namespace_, name));
	for (; node; node = hash_find_next(node)) {
		struct model_object *object = container_of(node, struct model_object, by_name);

		if (!strcmp(object->name, name) && !strcmp(object->namespace_, namespace_))
			return object;
	}
	return NULL;
}

struct model_object *list_next(const struct model_list *list, const struct k8snet_cluster *cluster,
			       const struct model_object *prev)
{
	if (!prev)
		return list->first;
	return prev->cluster == cluster ? prev->next : NULL;
}

struct where object_where(const struct model_object *object, const char *field)
{
	return (struct where){
		.ctx = object->strings->ctx,
		.kind = object->kind,
		.namespace_ = object->namespace_,
		.name = object->name,
		.field = field,
	};
}

/* Once both pass they are the name of the object in further messages. */
static int check_names(struct where *at, const char *namespace_, const char *name)
{
	const struct model_kind_ops *ops = &model_kinds[at->kind];
	const struct json *metadata = at->json;
	int r = 0;

	if (ops->check_namespace) {
		if (at->field)
			at->field = "namespace";
		else if (json_get(metadata, "namespace"))
			at->json = json_get(metadata, "namespace");
		r = check_text(at, NULL, namespace_, ops->check_namespace);
		at->json = metadata;
	}
	if (r < 0)
		return r;
	if (at->field)
		at->field = "name";
	else if (json_get(metadata, "name"))
		at->json = json_get(metadata, "name");
	r = check_text(at, at->json == metadata ? "name" : NULL, name, ops->check_name);
	at->json = metadata;
	at->namespace_ = namespace_;
	at->name = name;
	return r;
}

int object_create(struct model_object **out, struct k8snet_cluster *cluster, struct where *at,
		  const char *namespace_, const char *name)
{
	const struct model_kind_ops *ops = &model_kinds[at->kind];
	struct model_object *object;
	int r;

	r = check_names(at, namespace_, name);
	if (r < 0)
		return r;
	object = calloc(1, ops->size);
	if (!object)
		return where_no_memory(at);
	object->kind = at->kind;
	object->refs = 1;
	object->strings = strings_ref(cluster->strings);
	if (strings_get(object->strings, namespace_, &object->namespace_) < 0 ||
	    strings_get(object->strings, name, &object->name) < 0 ||
	    (ops->init && ops->init(object) < 0)) {
		object_unref(object);
		return where_no_memory(at);
	}
	/* The caller's may not live as long. */
	at->namespace_ = object->namespace_;
	at->name = object->name;
	*out = object;
	return 0;
}

int object_reserve(struct k8snet_cluster *cluster, enum model_kind kind, size_t n)
{
	if (hash_reserve(&cluster->lists[kind].by_name, n) < 0 ||
	    journal_reserve(cluster, 2 * n) < 0)
		return -ENOMEM;
	if (kind == MODEL_ENDPOINTSLICE && hash_reserve(&cluster->slices_by_service, n) < 0)
		return -ENOMEM;
	return 0;
}

static void journal_object(const struct model_object *object)
{
	if (object->kind == MODEL_ENDPOINTSLICE)
		journal_add(object->cluster, MODEL_SERVICE, object->namespace_,
			    slice_of(object)->spec.service_name);
	else
		journal_add(object->cluster, object->kind, object->namespace_, object->name);
}

void list_append(struct model_list *list, struct model_object *object)
{
	hash_insert(&list->by_name, &object->by_name,
		    hash_strings(&list->by_name, object->namespace_, object->name));
	object->prev = list->last;
	object->next = NULL;
	if (list->last)
		list->last->next = object;
	else
		list->first = object;
	list->last = object;
}

void list_remove(struct model_list *list, struct model_object *object)
{
	if (object->prev)
		object->prev->next = object->next;
	else
		list->first = object->next;
	if (object->next)
		object->next->prev = object->prev;
	else
		list->last = object->prev;
	object->prev = object->next = NULL;
	hash_remove(&list->by_name, &object->by_name);
}

void object_link(struct model_object *object, struct k8snet_cluster *cluster)
{
	struct model_list *list = &cluster->lists[object->kind];

	object_ref(object);
	object->cluster = cluster;
	list_append(list, object);
	if (object->kind == MODEL_ENDPOINTSLICE)
		slice_join(slice_of(object));
	journal_object(object);
}

void object_unlink(struct model_object *object)
{
	if (object->kind == MODEL_ENDPOINTSLICE)
		slice_leave(slice_of(object));
	list_remove(&object->cluster->lists[object->kind], object);
	object->cluster = NULL;
	object_unref(object);
}

static void swap_specs(struct model_object *a, struct model_object *b)
{
	const struct model_kind_ops *ops = &model_kinds[a->kind];
	uint8_t *x = (uint8_t *)a + ops->spec_offset, *y = (uint8_t *)b + ops->spec_offset;

	for (size_t i = 0; i < ops->spec_size; i++) {
		uint8_t byte = x[i];

		x[i] = y[i];
		y[i] = byte;
	}
}

bool object_replace(struct model_object *old, struct model_object *next)
{
	const struct model_kind_ops *ops = &model_kinds[old->kind];
	bool is_slice = old->kind == MODEL_ENDPOINTSLICE;

	if (ops->inherit)
		ops->inherit(next, old);
	if (ops->is_equal(old, next))
		return false;
	journal_object(old);
	if (is_slice)
		slice_leave_for(slice_of(old), slice_of(next));
	swap_specs(old, next);
	if (is_slice)
		slice_join(slice_of(old));
	if (ops->refresh)
		ops->refresh(old);
	journal_object(old);
	return true;
}

int object_insert(struct model_object *object, struct k8snet_cluster *cluster,
		  const struct where *at)
{
	if (list_find(&cluster->lists[object->kind], object->namespace_, object->name))
		return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL, "is there already");
	if (object_reserve(cluster, object->kind, 1) < 0)
		return where_no_memory(at);
	object_link(object, cluster);
	return 0;
}

int object_new(struct model_object **out, struct k8snet_cluster *cluster, enum model_kind kind,
	       const char *namespace_, const char *name)
{
	struct where at = {.ctx = cluster->ctx, .kind = kind, .field = "name"};
	struct model_object *object;
	int r;

	r = object_create(&object, cluster, &at, namespace_, name);
	if (r < 0)
		return r;
	at.field = "";
	r = object_insert(object, cluster, &at);
	if (r < 0) {
		object_unref(object);
		return r;
	}
	*out = object;
	return 0;
}

void object_ref(struct model_object *object)
{
	object->refs++;
}

void object_unref(struct model_object *object)
{
	const struct model_kind_ops *ops;
	struct strings *strings;

	if (!object || --object->refs)
		return;
	ops = &model_kinds[object->kind];
	strings = object->strings;
	if (ops->done)
		ops->done(object);
	string_unref(strings, object->namespace_);
	string_unref(strings, object->name);
	free(object);
	strings_unref(strings);
}

int object_edit(struct model_object *object, const char *field, struct where *at)
{
	*at = object_where(object, field);
	if (!object->cluster)
		return where_error(at, -ENOENT, K8SNET_MSG_NOT_FOUND, NULL,
				   "the object is no longer in a cluster");
	return journal_reserve(object->cluster, 1) < 0 ? where_no_memory(at) : 0;
}

int object_edited(struct model_object *object, int r)
{
	const struct model_kind_ops *ops = &model_kinds[object->kind];

	if (r <= 0)
		return r;
	if (ops->refresh)
		ops->refresh(object);
	journal_object(object);
	return 0;
}

int object_remove(struct model_object *object)
{
	struct where at;
	int r;

	r = object_edit(object, "", &at);
	if (r < 0)
		return r;
	journal_object(object);
	object_unlink(object);
	return 0;
}
