/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "dir_file.h"

#include <errno.h>
#include <fcntl.h>
#include <search.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <k8snet/k8snet.h>

#include "log.h"
#include "objects.h"
#include "source_dir.h"
#include "sync.h"
#include "util.h"

/* As the library's. */
#define MAX_LENGTH ((size_t)256 << 20)

/* --- who has an object ----------------------------------------------------------- */

static int compare_holders(const void *a, const void *b)
{
	const struct holder *x = a, *y = b;

	return strcmp(x->id, y->id);
}

static struct holder *find_holder(struct dir *dir, const char *id)
{
	const struct holder key = {.id = (char *)id};
	struct holder **found = tfind(&key, &dir->holders, compare_holders);

	return found ? *found : NULL;
}

static struct holder *add_holder(struct dir *dir, const char *id)
{
	struct holder *holder = find_holder(dir, id);

	if (holder)
		return holder;
	holder = calloc(1, sizeof(*holder));
	if (holder)
		holder->id = strdup(id);
	if (holder && holder->id && tsearch(holder, &dir->holders, compare_holders))
		return holder;
	if (holder)
		free(holder->id);
	free(holder);
	return NULL;
}

static void remove_holder(struct dir *dir, struct holder *holder)
{
	tdelete(holder, &dir->holders, compare_holders);
	free(holder->id);
	free(holder);
}

struct mark {
	struct dir *dir;
	const char *id, *after;
};

static void mark_one(const void *node, VISIT visit, void *data)
{
	struct dir_file *file = *(struct dir_file *const *)node;
	const struct mark *mark = data;

	if ((visit == postorder || visit == leaf) && strcmp(file->name, mark->after) > 0 &&
	    id_list_has(&file->ids, mark->id))
		dir_make_dirty(mark->dir, file);
}

/* Files that have the object, but for those that sort up to `after`, are read again. */
static void mark_holders(struct dir *dir, const char *id, const char *after)
{
	struct mark mark = {.dir = dir, .id = id, .after = after};

	twalk_r(dir->files, mark_one, &mark);
}

/* --- ids as objects ----------------------------------------------------------------- */

struct id_parts {
	char kind[32], namespace_[256], name[256];
};

static bool split_id(struct id_parts *out, const char *id)
{
	const char *first = strchr(id, '/'), *second = first ? strchr(first + 1, '/') : NULL;

	if (!second)
		return false;
	snprintf(out->kind, sizeof(out->kind), "%.*s", (int)(first - id), id);
	snprintf(out->namespace_, sizeof(out->namespace_), "%.*s", (int)(second - first - 1),
		 first + 1);
	snprintf(out->name, sizeof(out->name), "%s", second + 1);
	return true;
}

static const char *api_version_of(const struct id_parts *parts)
{
	if (strcmp(parts->kind, "EndpointSlice") == 0)
		return "discovery.k8s.io/v1";
	return strcmp(parts->kind, "Ingress") == 0 ? "networking.k8s.io/v1" : "v1";
}

static void changed(struct dir *dir, const char *id)
{
	struct id_parts parts;

	if (split_id(&parts, id))
		objects_changed(dir->objects, parts.kind, parts.namespace_, parts.name);
}

static int add_text(struct k8snet_json_document *document, struct k8snet_json *object,
		    const char *key, const char *text)
{
	return k8snet_json_add_string(document, object, key, text, strlen(text), NULL);
}

/* What names the object, as the DELETED event of a watch does. */
static int name_object(struct k8snet_json_document *document, const struct id_parts *parts,
		       struct k8snet_json **out)
{
	struct k8snet_json *metadata;
	int r = k8snet_json_add_object(document, NULL, NULL, out);

	if (r == 0)
		r = add_text(document, *out, "apiVersion", api_version_of(parts));
	if (r == 0)
		r = add_text(document, *out, "kind", parts->kind);
	if (r == 0)
		r = k8snet_json_add_object(document, *out, "metadata", &metadata);
	if (r == 0 && parts->namespace_[0])
		r = add_text(document, metadata, "namespace", parts->namespace_);
	return r == 0 ? add_text(document, metadata, "name", parts->name) : r;
}

static void remove_object(struct dir *dir, const char *id)
{
	const struct k8snet_load_options options = {.size = sizeof(options),
						    .flags = K8SNET_LOAD_REMOVE};
	struct k8snet_cluster *cluster = dir->objects->cluster;
	struct k8snet_json_document *document = NULL;
	struct k8snet_json *object = NULL;
	struct id_parts parts;
	int r;

	if (!split_id(&parts, id))
		return;
	if (!strcmp(parts.kind, "Node") && !strcmp(parts.name, dir->objects->node_name)) {
		objects_node_deleted(dir->objects);
		return;
	}
	r = k8snet_json_document_new(&document, k8snet_cluster_get_ctx(cluster));
	if (r == 0)
		r = name_object(document, &parts, &object);
	if (r == 0)
		r = k8snet_cluster_load_value(cluster, dir->path, object, &options);
	k8snet_json_document_unref(document);
	if (r == 0)
		changed(dir, id);
}

/* --- coming and going ------------------------------------------------------------- */

/* All that may fail, before anything is changed. */
static int reserve_holders(struct dir *dir, const struct id_list *ids)
{
	for (size_t i = 0; i < ids->count; i++)
		if (!add_holder(dir, ids->items[i]))
			return -ENOMEM;
	return 0;
}

static void drop_unused_holders(struct dir *dir, const struct id_list *ids)
{
	for (size_t i = 0; i < ids->count; i++) {
		struct holder *holder = find_holder(dir, ids->items[i]);

		if (holder && !holder->count)
			remove_holder(dir, holder);
	}
}

/* Whether another file has it, which was not known. */
static bool came(struct dir *dir, const struct dir_file *file, const char *id, bool is_new)
{
	struct holder *holder = find_holder(dir, id);

	holder->count += is_new;
	if (holder->count > 1)
		mark_holders(dir, id, file->name);
	changed(dir, id);
	return is_new && holder->count > 1;
}

static void left(struct dir *dir, const char *id)
{
	struct holder *holder = find_holder(dir, id);

	if (holder && holder->count && --holder->count) {
		mark_holders(dir, id, "");
		return;
	}
	remove_object(dir, id);
	if (holder)
		remove_holder(dir, holder);
}

static void replace_ids(struct dir *dir, struct dir_file *file, struct id_list *ids)
{
	struct id_list old = file->ids;
	const char *shared = NULL;
	size_t shared_count = 0;

	/* From here on the file has the new ones alone. */
	file->ids = *ids;
	memset(ids, 0, sizeof(*ids));
	for (size_t i = 0; i < file->ids.count; i++) {
		const char *id = file->ids.items[i];

		if (came(dir, file, id, !id_list_has(&old, id)) && !shared_count++)
			shared = id;
	}
	if (shared)
		log_warning("%s/%s: other files have objects of it, too: %zu, such as %s",
			    dir->path, file->name, shared_count, shared);
	for (size_t i = 0; i < old.count; i++)
		if (!id_list_has(&file->ids, old.items[i]))
			left(dir, old.items[i]);
	id_list_clear(&old);
}

/* --- reading ------------------------------------------------------------------------ */

struct text {
	char *bytes;
	size_t length;
};

static void free_text(struct text *text)
{
	free(text->bytes);
}

static int read_all(int fd, size_t size, struct text *out)
{
	ssize_t n = 1;

	out->bytes = malloc(size + 1);
	if (!out->bytes)
		return -ENOMEM;
	/* A file that grows meanwhile is read again. */
	while (n && out->length < size) {
		n = read(fd, out->bytes + out->length, size - out->length);
		if (n < 0 && errno != EINTR)
			return -errno;
		out->length += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Follows links, waits for nothing. */
static int read_file(const struct dir *dir, struct dir_file *file, struct text *out)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct stat st;

	if (asprintf(&path, "%s/%s", dir->path, file->name) < 0) {
		path = NULL;
		return -ENOMEM;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EINVAL;
	if (st.st_size > (off_t)MAX_LENGTH)
		return -EFBIG;
	file->stamp = (struct dir_stamp){st.st_dev, st.st_ino, st.st_size, st.st_mtim, st.st_ctim};
	return read_all(fd, (size_t)st.st_size, out);
}

/* What a load says of the objects of a file. */
struct listing {
	struct objects *objects;
	const struct id_list *old; /* those that it had */
	struct id_list ids;
	size_t refused;
	int error;
};

static void list_object(void *data, enum k8snet_change change, const char *kind,
			const char *namespace_, const char *name)
{
	struct listing *listing = data;

	(void)change;
	if (!listing->error)
		listing->error = id_list_add(&listing->ids, kind, namespace_, name);
}

static void read_object(void *data, const char *kind, const struct k8snet_json *object)
{
	struct listing *listing = data;

	objects_read(listing->objects, kind, object);
}

/* One that was refused is kept as it was: the file still has it. */
static void list_refused(void *data, const struct k8snet_load_report *report)
{
	struct listing *listing = data;
	_cleanup_free_ char *id = NULL;

	listing->refused += report->is_refused;
	if (!report->is_refused || listing->error)
		return;
	if (asprintf(&id, "%s/%s/%s", report->kind, report->namespace_, report->name) < 0) {
		id = NULL;
		listing->error = -ENOMEM;
	} else if (id_list_has(listing->old, id)) {
		list_object(data, K8SNET_CHANGE_NONE, report->kind, report->namespace_,
			    report->name);
	}
}

/* The cluster has the objects. Without memory to say so of the file, it has those of before, and
 * is read again. */
static int take_listing(struct dir *dir, struct dir_file *file, struct listing *listing)
{
	struct metrics *metrics = dir->objects->sync->metrics;
	int r = listing->error;

	metrics->rejected += listing->refused;
	metrics->skipped += k8snet_cluster_get_skipped(dir->objects->cluster);
	id_list_sort(&listing->ids);
	if (r == 0)
		r = reserve_holders(dir, &listing->ids);
	if (r == 0) {
		replace_ids(dir, file, &listing->ids);
	} else {
		drop_unused_holders(dir, &listing->ids);
		sync_request(dir->objects->sync);
	}
	return r;
}

static int load_text(struct dir *dir, struct dir_file *file, const char *source,
		     const struct text *text)
{
	struct listing listing = {.objects = dir->objects, .old = &file->ids};
	const struct k8snet_load_options options = {.size = sizeof(options),
						    .report = list_refused,
						    .changed = list_object,
						    .object = read_object,
						    .data = &listing};
	int r = k8snet_cluster_load(dir->objects->cluster, source, text->bytes, text->length,
				    &options);

	if (r == 0)
		r = take_listing(dir, file, &listing);
	id_list_clear(&listing.ids);
	return r;
}

bool dir_file_load(struct dir *dir, struct dir_file *file)
{
	_cleanup_(free_text) struct text text = {0};
	_cleanup_free_ char *source = NULL;
	struct id_list none = {0};
	int r = read_file(dir, file, &text);

	file->is_dirty = false;
	if (r == -ENOENT) {
		replace_ids(dir, file, &none);
		return false;
	}
	if (r < 0)
		log_error("%s/%s: %s", dir->path, file->name,
			  r == -EINVAL ? "is not a file" : strerror(-r));
	else if (asprintf(&source, "%s/%s", dir->path, file->name) < 0)
		source = NULL;
	if (r == 0 && !text.length) /* about to be written */
		log_warning("%s/%s: is empty and passed over", dir->path, file->name);
	else if (r == 0)
		r = load_text(dir, file, source, &text);
	if (r == -ENOMEM) /* the next time that all are looked at it is read again */
		memset(&file->stamp, 0, sizeof(file->stamp));
	if (r < 0)
		dir->objects->sync->metrics->rejected++;
	return true;
}
