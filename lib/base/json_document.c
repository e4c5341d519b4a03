/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reader for users: documents, text, errors. */
#include "base/json_document.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"

K8SNET_EXPORT int k8snet_json_document_new(struct k8snet_json_document **out,
					   struct k8snet_ctx *ctx)
{
	struct k8snet_json_document *document = calloc(1, sizeof(*document));

	if (!document)
		return ctx_no_memory(ctx);
	document->refs = 1;
	document->ctx = k8snet_ctx_ref(ctx);
	document->max_values = K8SNET_JSON_MAX_VALUES;
	hash_init(&document->by_key);
	k8snet_json_document_set_text(document, "", 0);
	*out = document;
	return 0;
}

K8SNET_EXPORT struct k8snet_json_document *
k8snet_json_document_ref(struct k8snet_json_document *document)
{
	document->refs++;
	return document;
}

K8SNET_EXPORT void k8snet_json_document_clear(struct k8snet_json_document *document)
{
	hash_done(&document->by_key);
	arena_done(&document->arena);
	document->n_made = 0;
}

K8SNET_EXPORT struct k8snet_json_document *
k8snet_json_document_unref(struct k8snet_json_document *document)
{
	if (!document || --document->refs)
		return NULL;
	k8snet_json_document_clear(document);
	free(document->lazy);
	k8snet_ctx_unref(document->ctx);
	free(document);
	return NULL;
}

K8SNET_EXPORT int k8snet_json_document_set_max_values(struct k8snet_json_document *document,
						      size_t values)
{
	if (!values)
		return ctx_bad_argument(document->ctx, __func__, "0 values");
	document->max_values = values;
	return 0;
}

K8SNET_EXPORT size_t
k8snet_json_document_get_max_values(const struct k8snet_json_document *document)
{
	return document->max_values;
}

K8SNET_EXPORT int k8snet_json_document_set_lazy(struct k8snet_json_document *document,
						const char *key)
{
	char *copy = key ? strdup(key) : NULL;

	if (key && !copy)
		return ctx_no_memory(document->ctx);
	free(document->lazy);
	document->lazy = copy;
	return 0;
}

K8SNET_EXPORT const char *k8snet_json_document_get_lazy(const struct k8snet_json_document *document)
{
	return document->lazy;
}

K8SNET_EXPORT void k8snet_json_document_set_text(struct k8snet_json_document *document,
						 const char *text, size_t length)
{
	document->reader = (struct json_reader){.text = text, .length = length};
}

static int read_error(struct k8snet_json_document *document, int code)
{
	const struct json_reader *reader = &document->reader;
	char place[64];
	const struct error_at at = {
		.layer = K8SNET_LAYER_NONE,
		.id = code == -E2BIG ? K8SNET_MSG_LIMIT : K8SNET_MSG_BAD_JSON,
		.operation = place,
	};

	if (code == -ENOMEM)
		return ctx_no_memory(document->ctx);
	snprintf(place, sizeof(place), "line %zu, column %zu", reader->line, reader->column);
	return ctx_error(document->ctx, code, &at, "%s", reader->error);
}

K8SNET_EXPORT int k8snet_json_document_read(struct k8snet_json_document *document,
					    const struct k8snet_json **out)
{
	struct json_reader *reader = &document->reader;
	struct json *json = NULL;
	int r;

	reader->lazy = document->lazy;
	reader->max_nodes = document->max_values;
	reader->line = reader->column = 0;
	reader->error[0] = '\0';
	r = json_read(reader, &document->arena, &json);
	if (r < 0)
		return read_error(document, r);
	if (r > 0)
		*out = json_public(json);
	return r;
}

/* An error at the place that was reached: no value there, or another one. */
static int place_error(struct k8snet_json_document *document, const char *what)
{
	json_place(&document->reader, document->reader.offset);
	snprintf(document->reader.error, sizeof(document->reader.error), "%s", what);
	return read_error(document, -EINVAL);
}

K8SNET_EXPORT int k8snet_json_document_parse(struct k8snet_json_document *document,
					     const char *text, size_t length,
					     const struct k8snet_json **out)
{
	const struct k8snet_json *value;
	int r;

	k8snet_json_document_set_text(document, text, length);
	r = k8snet_json_document_read(document, &value);
	if (r < 0)
		return r;
	if (r == 0)
		return place_error(document, "there is no value");
	if (!json_is_at_end(&document->reader))
		return place_error(document, "more than one value");
	*out = value;
	return 0;
}

K8SNET_EXPORT size_t k8snet_json_document_get_line(const struct k8snet_json_document *document)
{
	return document->reader.line;
}

K8SNET_EXPORT size_t k8snet_json_document_get_column(const struct k8snet_json_document *document)
{
	return document->reader.column;
}

K8SNET_EXPORT const char *
k8snet_json_document_get_error(const struct k8snet_json_document *document)
{
	return document->reader.error;
}
