/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists that stand for all there is of a kind: what they do not name goes. */
#include "model/replace.h"

#include <errno.h>
#include <string.h>

#include "base/context.h"
#include "base/options.h"
#include "model/journal.h"
#include "model/kind.h"

void replace_keep_object(struct model_object *object)
{
	object->is_named = true;
}

void replace_keep(struct k8snet_cluster *cluster, enum model_kind kind, const char *namespace_,
		  const char *name)
{
	struct model_object *object = list_find(&cluster->lists[kind], namespace_, name);

	if (object)
		replace_keep_object(object);
}

void replace_tell(const struct k8snet_load_options *options, enum k8snet_change change,
		  const struct model_object *object)
{
	if (options->changed)
		options->changed(options->data, change, model_kind_name(object->kind),
				 object->namespace_, object->name);
}

static int find_kind(struct k8snet_cluster *cluster, const char *operation, const char *name,
		     enum model_kind *out)
{
	int kind;

	for (kind = 0; kind < MODEL_N_KINDS; kind++) {
		*out = (enum model_kind)kind;
		if (kind != MODEL_SETTINGS && name && !strcmp(name, model_kind_name(*out)))
			return 0;
	}
	return ctx_bad_argument(cluster->ctx, operation, "\"%s\" is not a kind of the model",
				name ? name : "(null)");
}

K8SNET_EXPORT int k8snet_cluster_begin_replace(struct k8snet_cluster *cluster, const char *name)
{
	struct model_object *object;
	enum model_kind kind;
	int r = find_kind(cluster, "k8snet_cluster_begin_replace", name, &kind);

	if (r < 0)
		return r;
	for (object = cluster->lists[kind].first; object; object = object->next)
		object->is_named = false;
	cluster->is_replacing[kind] = true;
	return 0;
}

static int fail_not_begun(struct k8snet_cluster *cluster, const char *name)
{
	const struct error_at at = {.layer = K8SNET_LAYER_NONE,
				    .id = K8SNET_MSG_NOT_FOUND,
				    .object = name,
				    .operation = "k8snet_cluster_end_replace"};

	return ctx_error(cluster->ctx, -ENOENT, &at, "no replacement of this kind was begun");
}

/* So that nothing fails half-way. */
static int reserve_removal(struct k8snet_cluster *cluster, enum model_kind kind)
{
	const struct model_object *object;
	size_t n = 0;

	for (object = cluster->lists[kind].first; object; object = object->next)
		n += !object->is_named;
	return journal_reserve(cluster, n);
}

K8SNET_EXPORT int k8snet_cluster_end_replace(struct k8snet_cluster *cluster, const char *name,
					     const struct k8snet_load_options *options)
{
	struct model_object *object, *next;
	struct k8snet_load_options copy;
	enum model_kind kind;
	int r = find_kind(cluster, "k8snet_cluster_end_replace", name, &kind);

	if (r < 0)
		return r;
	if (options_copy(&copy, sizeof(copy), options, LOAD_OPTIONS_MINIMUM) < 0)
		return ctx_bad_argument(cluster->ctx, "options", "have a bad size");
	if (!cluster->is_replacing[kind])
		return fail_not_begun(cluster, name);
	if (reserve_removal(cluster, kind) < 0)
		return ctx_no_memory(cluster->ctx);
	cluster->is_replacing[kind] = false;
	for (object = cluster->lists[kind].first; object; object = next) {
		next = object->next;
		if (object->is_named)
			continue;
		object_ref(object);
		object_remove(object);
		replace_tell(&copy, K8SNET_CHANGE_REMOVED, object);
		object_unref(object);
	}
	return 0;
}
