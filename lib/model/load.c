/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/load.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/options.h"
#include "model/replace.h"
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

	l->is_named = false;
	if (list_find(list, object->namespace_, object->name))
		load_result(l, where_error(&at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL,
					   "is there twice in what is loaded"));
	else if (hash_reserve(&list->by_name, 1) < 0)
		load_result(l, where_no_memory(&at));
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
	l->is_named = true;
	if (!l->error && !l->is_removal)
		known->load(l, root);
	if (!l->error && l->is_skipped)
		l->skipped++;
	else if (!l->error)
		stage(l, l->object);
	if (!l->error && !l->is_skipped && l->options->object)
		l->options->object(l->options->data, known->name, json_public(root));
	if (l->error && l->object)
		replace_keep(l->cluster, known->kind, l->object->namespace_, l->object->name);
	object_unref(steal_pointer(l->object));
}

/* Whether the first line that says something begins a document or names a key. */
static bool looks_like_yaml(const char *text, size_t length)
{
	const char *end = text + length, *line, *colon;

	for (line = text; line < end; line++) {
		const char *next = memchr(line, '\n', (size_t)(end - line));

		if (!next)
			next = end;
		if (next > line && *line != '#' && *line != '\r') {
			colon = memchr(line, ':', (size_t)(next - line));
			return (next - line >= 3 && !memcmp(line, "---", 3)) ||
			       (colon && ((*line | 32) >= 'a' && (*line | 32) <= 'z'));
		}
		line = next;
	}
	return false;
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

	l->is_over = true;
	if (code == -ENOMEM)
		return ctx_no_memory(l->at.ctx);
	snprintf(place, sizeof(place), "line %zu, column %zu", reader->line, reader->column);
	return ctx_error(l->at.ctx, code, &at, "%s%s", reader->error,
			 !l->at.number && looks_like_yaml(reader->text, reader->length)
				 ? ": this looks like YAML, and is to be JSON"
				 : "");
}

static void load_value(struct load *l, const struct json_reader *reader, const struct json *root,
		       const struct defaults *defaults);

/* One that was refused does not hold up the others. */
static void end_value(struct load *l)
{
	if (!l->error || l->is_over || l->options->flags & K8SNET_LOAD_ALL_OR_NOTHING)
		return;
	if (!l->first_error)
		l->first_error = l->error;
	l->error = 0;
}

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
		if (r > 0) {
			load_value(l, &items, item, defaults);
			end_value(l);
		} else if (r < 0)
			l->error = json_error(l, &items, r);
	}
	l->arena = outer;
}

/* Those that have been read. */
static void load_tree_list(struct load *l, const struct json *items,
			   const struct defaults *defaults)
{
	struct arena *outer = l->arena;
	const struct json *item;

	for (item = items->first; item && !l->error; item = item->next) {
		_cleanup_(arena_done) struct arena arena = {0};

		l->arena = &arena;
		load_value(l, NULL, item, defaults);
		end_value(l);
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

/* `reader`: of the text whose items are not read yet; NULL: they are. */
static void load_typed_list(struct load *l, const struct json_reader *reader,
			    const struct json *root, const char *api_version, const char *kind)
{
	_cleanup_free_ char *item_kind = strndup(kind, strlen(kind) - 4);
	const struct defaults of_items = {.api_version = api_version, .kind = item_kind};
	const struct defaults *defaults = item_kind && item_kind[0] ? &of_items : NULL;
	const struct json *items = json_get(root, "items");

	if (!items) /* none, as null is one way to write it */
		return;
	if (!item_kind) {
		load_result(l, ctx_no_memory(l->at.ctx));
		return;
	}
	if (reader)
		load_list(l, reader, items->lazy_offset, defaults);
	else
		load_tree_list(l, items, defaults);
}

static void load_value(struct load *l, const struct json_reader *reader, const struct json *root,
		       const struct defaults *defaults)
{
	const char *api_version, *kind;
	const struct known_kind *known;

	l->at = (struct where){.ctx = l->cluster->ctx,
			       .kind = MODEL_N_KINDS,
			       .source = l->at.source,
			       .number = l->at.number + 1,
			       .root = root,
			       .told = l->at.told};
	l->is_skipped = l->is_named = l->is_bad = false;
	if (root->type != JSON_OBJECT) {
		load_result(l, where_error(&l->at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
					   "is %s, not an object", json_type_name(root->type)));
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
		end_value(l);
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
		enum k8snet_change change;

		while ((object = staged->first)) {
			list_remove(staged, object);
			old = list_find(&l->cluster->lists[kind], object->namespace_, object->name);
			if (!old)
				object_link(object, l->cluster);
			change = !old			       ? K8SNET_CHANGE_ADDED
				 : object_replace(old, object) ? K8SNET_CHANGE_CHANGED
							       : K8SNET_CHANGE_NONE;
			replace_keep_object(old ? old : object);
			replace_tell(l->options, change, old ? old : object);
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
			replace_tell(l->options,
				     object ? K8SNET_CHANGE_REMOVED : K8SNET_CHANGE_NONE, named);
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

/* The first object that is refused is the context's error, the others are in the log. */
static void tell(void *data, const struct where *at, int code, const struct error_at *error,
		 const char *reason)
{
	struct load *l = data;
	const struct k8snet_load_report report = {
		.kind = model_kind_name(at->kind),
		.namespace_ = at->namespace_ ? at->namespace_ : "",
		.name = at->name ? at->name : "",
		.number = at->number,
		.field = error->operation,
		.reason = reason,
		.is_refused = !l->is_named,
		.error = code,
	};
	const char *colon = error->operation[0] ? ": " : "";

	if (l->is_named)
		ctx_warning(at->ctx, "%s: %s%s%s: passed over", error->object, error->operation,
			    colon, reason);
	else if (l->first_error)
		ctx_log(at->ctx, K8SNET_LOG_ERROR, "%s: %s%s%s", error->object, error->operation,
			colon, reason);
	else
		ctx_error(at->ctx, code, error, "%s", reason);
	if (l->options->report)
		l->options->report(l->options->data, &report);
}

/* What is loaded: text, or a value. */
struct input {
	const char *text;
	size_t length;
	const struct json *value;
};

static void load_tree(struct load *l, const struct json *value)
{
	_cleanup_(arena_done) struct arena arena = {0};

	l->arena = &arena;
	load_value(l, NULL, value, NULL);
	end_value(l);
	l->arena = NULL;
}

static int load_all(struct k8snet_cluster *cluster, const char *source, const struct input *input,
		    const struct k8snet_load_options *options)
{
	struct load l = {.cluster = cluster,
			 .options = options,
			 .is_removal = options->flags & K8SNET_LOAD_REMOVE};
	const struct where_told told = {.fn = tell, .data = &l};

	l.at = (struct where){.ctx = cluster->ctx, .source = source, .told = &told};
	for (int kind = 0; kind < MODEL_N_KINDS; kind++)
		hash_init(&l.staged[kind].by_name);
	if (input->value)
		load_tree(&l, input->value);
	else
		load_text_all(&l, input->text, input->length);
	if (!l.error && reserve(&l) < 0)
		l.error = ctx_no_memory(cluster->ctx);
	if (!l.error && l.is_removal)
		commit_removal(&l);
	else if (!l.error)
		commit(&l);
	load_done(&l);
	if (l.error)
		return l.error;
	return options->report ? 0 : l.first_error;
}

static int load_text_with(struct k8snet_cluster *cluster, const char *source, const char *json,
			  size_t length, const struct k8snet_load_options *options)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_NONE, .id = K8SNET_MSG_LIMIT, .object = source};

	if (!json)
		return ctx_bad_argument(cluster->ctx, "json", "is NULL");
	if (length > MAX_LENGTH)
		return ctx_error(cluster->ctx, -E2BIG, &at, "is longer than %zu MiB",
				 MAX_LENGTH >> 20);
	return load_all(cluster, source, &(const struct input){.text = json, .length = length},
			options);
}

static int take_options(struct k8snet_load_options *copy, struct k8snet_cluster *cluster,
			const struct k8snet_load_options *options)
{
	if (options_copy(copy, sizeof(*copy), options, LOAD_OPTIONS_MINIMUM) < 0 ||
	    copy->flags & ~(unsigned int)(K8SNET_LOAD_ALL_OR_NOTHING | K8SNET_LOAD_REMOVE))
		return ctx_bad_argument(cluster->ctx, "options", "have a bad size or flag");
	return 0;
}

static const struct k8snet_load_options defaults = {.size = sizeof(defaults)};

K8SNET_EXPORT int k8snet_cluster_load(struct k8snet_cluster *cluster, const char *source,
				      const char *json, size_t length,
				      const struct k8snet_load_options *options)
{
	struct k8snet_load_options copy;
	int r = take_options(&copy, cluster, options);

	return r < 0 ? r : load_text_with(cluster, source, json, length, &copy);
}

K8SNET_EXPORT int k8snet_cluster_load_value(struct k8snet_cluster *cluster, const char *source,
					    const struct k8snet_json *value,
					    const struct k8snet_load_options *options)
{
	struct k8snet_load_options copy;
	const struct json *items = json_get(json_of(value), "items");
	int r = take_options(&copy, cluster, options);

	if (r < 0)
		return r;
	if (!value || (items && items->lazy_offset))
		return ctx_bad_argument(cluster->ctx, "value",
					value ? "has items that were read lazily" : "is NULL");
	return load_all(cluster, source, &(const struct input){.value = json_of(value)}, &copy);
}

K8SNET_EXPORT int k8snet_cluster_load_json(struct k8snet_cluster *cluster, const char *source,
					   const char *json, size_t length)
{
	return load_text_with(cluster, source, json, length, &defaults);
}

K8SNET_EXPORT int k8snet_cluster_remove_json(struct k8snet_cluster *cluster, const char *source,
					     const char *json, size_t length)
{
	const struct k8snet_load_options removal = {.size = sizeof(removal),
						    .flags = K8SNET_LOAD_REMOVE};

	return load_text_with(cluster, source, json, length, &removal);
}
