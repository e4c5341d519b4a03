/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/slice.h"

#define MAX_LENGTH ((size_t)256 << 20)

static const struct known_kind {
	const char *api_version, *name;
	enum model_kind kind;
	load_fn *load;
} known_kinds[] = {
	{"v1", "Node", MODEL_NODE, load_node},
	{"v1", "Pod", MODEL_POD, load_pod},
	{"v1", "Service", MODEL_SERVICE, load_service},
	{"discovery.k8s.io/v1", "EndpointSlice", MODEL_ENDPOINTSLICE, load_endpointslice},
	{"networking.k8s.io/v1", "Ingress", MODEL_INGRESS, load_ingress},
};

/* Items of typed lists leave out what is said by the kind of the list. */
struct defaults {
	const char *api_version, *kind;
};

static const struct known_kind *find_known(const char *api_version, const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(known_kinds); i++)
		if (!strcmp(known_kinds[i].api_version, api_version) &&
		    !strcmp(known_kinds[i].name, name))
			return &known_kinds[i];
	return NULL;
}

/* Arrays that grew by doubling stay as they are from now on. */
static void fit(void *items, size_t count, size_t *capacity, size_t size)
{
	void *old, *smaller;

	memcpy(&old, items, sizeof(old));
	if (!count || count == *capacity)
		return;
	smaller = realloc(old, count * size);
	if (!smaller)
		return;
	memcpy(items, &smaller, sizeof(smaller));
	*capacity = count;
}

#define vec_fit(v) fit(&(v)->items, (v)->count, &(v)->capacity, sizeof(*(v)->items))

static void fit_object(struct model_object *object)
{
	if (object->kind == MODEL_SERVICE) {
		vec_fit(&((struct k8snet_service *)object)->spec.ports);
	} else if (object->kind == MODEL_ENDPOINTSLICE) {
		vec_fit(&slice_of(object)->spec.ports);
		vec_fit(&slice_of(object)->spec.endpoints);
	} else if (object->kind == MODEL_INGRESS) {
		vec_fit(&((struct k8snet_ingress *)object)->spec.rules);
	}
}

static void stage(struct load *l, struct model_object *object)
{
	struct model_list *list = &l->staged[object->kind];
	struct where at = load_at(l, NULL);

	if (list_find(list, object->namespace_, object->name))
		l->error = where_error(&at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL,
				       "is there twice in what is loaded");
	else if (hash_reserve(&list->by_name, 1) < 0)
		l->error = where_no_memory(&at);
	if (l->error)
		return;
	fit_object(object);
	object_ref(object);
	list_append(list, object);
}

static void load_known(struct load *l, const struct known_kind *known, const struct json *root)
{
	const struct json *metadata;
	const char *namespace_, *name;

	l->at.kind = known->kind;
	metadata = load_object(l, root, "metadata");
	if (!metadata)
		load_missing(l, root, "metadata");
	name = load_text(l, metadata, "name");
	namespace_ = load_text(l, metadata, "namespace");
	if (!namespace_)
		namespace_ = "default";
	if (l->error)
		return;
	l->at.json = metadata;
	load_result(l, object_create(&l->object, l->cluster, &l->at,
				     known->kind == MODEL_NODE ? "" : namespace_, name));
	l->at.json = NULL;
	if (!l->error && !l->is_removal)
		known->load(l, root);
	if (l->is_skipped)
		l->skipped++;
	else if (!l->error)
		stage(l, l->object);
	object_unref(steal_pointer(l->object));
}

static int json_error(struct load *l, const struct json_reader *reader, int code)
{
	char place[64];
	const struct error_at at = {
		.layer = K8SNET_LAYER_NONE,
		.id = code == -E2BIG ? K8SNET_MSG_LIMIT : K8SNET_MSG_BAD_JSON,
		.object = l->at.source,
		.operation = place,
	};

	if (code == -ENOMEM)
		return ctx_no_memory(l->at.ctx);
	snprintf(place, sizeof(place), "line %zu, column %zu", reader->line, reader->column);
	return ctx_error(l->at.ctx, code, &at, "%s", reader->error);
}

static void load_value(struct load *l, struct json_reader *reader, struct json *root,
		       const struct defaults *defaults);

/* Item by item, so that memory is needed for one of them. */
static void load_list(struct load *l, const struct json_reader *reader, size_t offset,
		      const struct defaults *defaults)
{
	struct json_reader items = {
		.text = reader->text, .length = reader->length, .offset = offset, .lazy = "items"};
	struct arena *outer = l->arena;
	int r = 1;

	while (r > 0 && !l->error) {
		_cleanup_(arena_done) struct arena arena = {0};
		struct json *item;

		l->arena = &arena;
		r = json_read_item(&items, &arena, &item);
		if (r > 0)
			load_value(l, &items, item, defaults);
		else if (r < 0)
			l->error = json_error(l, &items, r);
	}
	l->arena = outer;
}

/* Objects have names, lists do not. */
static bool is_list(const char *kind, const struct json *root)
{
	const struct json *items = json_get(root, "items");
	size_t length = strlen(kind);

	return length >= 4 && !strcmp(kind + length - 4, "List") &&
	       (!items || items->type == JSON_ARRAY) &&
	       !json_get(json_get(root, "metadata"), "name");
}

static void load_typed_list(struct load *l, const struct json_reader *reader,
			    const struct json *root, const char *api_version, const char *kind)
{
	_cleanup_free_ char *item_kind = strndup(kind, strlen(kind) - 4);
	const struct defaults defaults = {.api_version = api_version, .kind = item_kind};
	const struct json *items = json_get(root, "items");

	if (!items) /* none, as null is one way to write it */
		return;
	if (!item_kind) {
		l->error = ctx_no_memory(l->at.ctx);
		return;
	}
	load_list(l, reader, items->lazy_offset, item_kind[0] ? &defaults : NULL);
}

static void load_value(struct load *l, struct json_reader *reader, struct json *root,
		       const struct defaults *defaults)
{
	const char *api_version, *kind;
	const struct known_kind *known;

	l->at = (struct where){.ctx = l->cluster->ctx,
			       .kind = MODEL_N_KINDS,
			       .source = l->at.source,
			       .number = l->at.number + 1};
	l->is_skipped = false;
	if (root->type != JSON_OBJECT) {
		l->error = where_error(&l->at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
				       "is %s, not an object", json_type_name(root->type));
		return;
	}
	api_version = load_text(l, root, "apiVersion");
	kind = load_text(l, root, "kind");
	if (defaults && !kind && !api_version) {
		kind = defaults->kind;
		api_version = defaults->api_version;
	}
	if (!kind)
		load_missing(l, root, "kind");
	else if (!api_version)
		load_missing(l, root, "apiVersion");
	if (l->error)
		return;
	known = find_known(api_version, kind);
	if (known)
		load_known(l, known, root);
	else if (is_list(kind, root))
		load_typed_list(l, reader, root, api_version, kind);
	else
		l->skipped++;
}

static void load_text_all(struct load *l, const char *text, size_t length)
{
	struct json_reader reader = {.text = text, .length = length, .lazy = "items"};
	size_t documents = 0;

	for (; !l->error; documents++) {
		_cleanup_(arena_done) struct arena arena = {0};
		struct json *root;
		int r = json_read(&reader, &arena, &root);

		l->arena = &arena;
		if (r < 0)
			l->error = json_error(l, &reader, r);
		if (r <= 0)
			break;
		load_value(l, &reader, root, NULL);
	}
	if (!documents && !l->error) {
		reader.line = reader.column = 1;
		snprintf(reader.error, sizeof(reader.error), "there is no object");
		l->error = json_error(l, &reader, -EINVAL);
	}
}

/* After this nothing can fail. */
static int reserve(const struct load *l)
{
	size_t total = 0;

	for (int kind = 0; kind < MODEL_N_KINDS; kind++) {
		size_t n = l->staged[kind].by_name.count;

		total += n;
		if (object_reserve(l->cluster, (enum model_kind)kind, n) < 0)
			return -ENOMEM;
	}
	return journal_reserve(l->cluster, 2 * total);
}

static void commit(struct load *l)
{
	for (int kind = 0; kind < MODEL_N_KINDS; kind++) {
		struct model_list *staged = &l->staged[kind];
		struct model_object *object, *old;

		while ((object = staged->first)) {
			list_remove(staged, object);
			old = list_find(&l->cluster->lists[kind], object->namespace_, object->name);
			if (old)
				object_replace(old, object);
			else
				object_link(object, l->cluster);
			object_unref(object);
		}
	}
	l->cluster->skipped = l->skipped;
}

/* What is staged has the names alone. */
static void commit_removal(struct load *l)
{
	for (int kind = 0; kind < MODEL_N_KINDS; kind++) {
		struct model_object *named, *object;

		for (named = l->staged[kind].first; named; named = named->next) {
			object =
				list_find(&l->cluster->lists[kind], named->namespace_, named->name);
			if (object)
				object_remove(object);
			else
				l->skipped++;
		}
	}
	l->cluster->skipped = l->skipped;
}

static void load_done(struct load *l)
{
	for (int kind = 0; kind < MODEL_N_KINDS; kind++) {
		struct model_list *staged = &l->staged[kind];
		struct model_object *object;

		while ((object = staged->first)) {
			list_remove(staged, object);
			object_unref(object);
		}
		hash_done(&staged->by_name);
	}
}

static int load_all(struct k8snet_cluster *cluster, const char *source, const char *json,
		    size_t length, bool is_removal)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_NONE, .id = K8SNET_MSG_LIMIT, .object = source};
	struct load l = {.cluster = cluster,
			 .at = {.ctx = cluster->ctx, .source = source},
			 .is_removal = is_removal};

	if (!json)
		return ctx_bad_argument(cluster->ctx, "json", "is NULL");
	if (length > MAX_LENGTH)
		return ctx_error(cluster->ctx, -E2BIG, &at, "is longer than %zu MiB",
				 MAX_LENGTH >> 20);
	for (int kind = 0; kind < MODEL_N_KINDS; kind++)
		hash_init(&l.staged[kind].by_name);
	load_text_all(&l, json, length);
	if (!l.error && reserve(&l) < 0)
		l.error = ctx_no_memory(cluster->ctx);
	if (!l.error && is_removal)
		commit_removal(&l);
	else if (!l.error)
		commit(&l);
	load_done(&l);
	return l.error;
}

K8SNET_EXPORT int k8snet_cluster_load_json(struct k8snet_cluster *cluster, const char *source,
					   const char *json, size_t length)
{
	return load_all(cluster, source, json, length, false);
}

K8SNET_EXPORT int k8snet_cluster_remove_json(struct k8snet_cluster *cluster, const char *source,
					     const char *json, size_t length)
{
	return load_all(cluster, source, json, length, true);
}
