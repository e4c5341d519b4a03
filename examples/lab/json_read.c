/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* JSON, read by the library: unlike json-c's own parser it says where the fault is, and does
 * not take the last of two equal keys. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "reader.h"

static int copy_value(const struct k8snet_json *value, struct json_object **out);

static int copy_items(const struct k8snet_json *array, struct json_object *out)
{
	const struct k8snet_json *item = NULL;
	struct json_object *copy;
	int r = 0;

	while (r == 0 && (item = k8snet_json_next(array, item))) {
		r = copy_value(item, &copy);
		if (r == 0 && json_object_array_add(out, copy) < 0) {
			json_object_put(copy);
			r = -ENOMEM;
		}
	}
	return r;
}

static int copy_members(const struct k8snet_json *object, struct json_object *out)
{
	const struct k8snet_json *member = NULL;
	struct json_object *copy;
	int r = 0;

	while (r == 0 && (member = k8snet_json_next(object, member))) {
		r = copy_value(member, &copy);
		/* The reader has seen to it that no key is there twice. */
		if (r == 0 && json_object_object_add_ex(out, k8snet_json_get_key(member), copy,
							JSON_C_OBJECT_ADD_KEY_IS_NEW) < 0) {
			json_object_put(copy);
			r = -ENOMEM;
		}
	}
	return r;
}

static struct json_object *copy_scalar(const struct k8snet_json *value)
{
	const char *text;
	size_t length;

	switch (k8snet_json_get_type(value)) {
	case K8SNET_JSON_BOOLEAN:
		return json_object_new_boolean(k8snet_json_get_boolean(value));
	case K8SNET_JSON_INTEGER:
		return json_object_new_int64(k8snet_json_get_integer(value));
	case K8SNET_JSON_NUMBER:
		text = k8snet_json_get_number(value);
		return json_object_new_double_s(strtod(text, NULL), text);
	case K8SNET_JSON_STRING:
		text = k8snet_json_get_bytes(value, &length);
		return json_object_new_string_len(text, (int)length);
	case K8SNET_JSON_ARRAY:
		return json_object_new_array();
	case K8SNET_JSON_OBJECT:
		return json_object_new_object();
	case K8SNET_JSON_NULL:
		break;
	}
	return NULL;
}

/* To json-c's tree, which the control plane works on. */
static int copy_value(const struct k8snet_json *value, struct json_object **out)
{
	enum k8snet_json_type type = k8snet_json_get_type(value);
	int r = 0;

	*out = copy_scalar(value);
	if (!*out)
		return type == K8SNET_JSON_NULL ? 0 : -ENOMEM;
	if (type == K8SNET_JSON_ARRAY)
		r = copy_items(value, *out);
	else if (type == K8SNET_JSON_OBJECT)
		r = copy_members(value, *out);
	if (r < 0) {
		json_object_put(*out);
		*out = NULL;
	}
	return r;
}

static int read_fault(const struct k8snet_json_document *document, int r, struct lab_fault *fault)
{
	const char *why = k8snet_json_document_get_error(document);

	if (r == -ENOMEM)
		return r;
	/* It is JSON, and nothing else. */
	if (!strncmp(why, "duplicate key", 13))
		r = -EEXIST;
	return lab_fault_set(fault, r, k8snet_json_document_get_line(document), "%s%s",
			     r == -EINVAL ? "not JSON: " : "", why);
}

static int read_all(struct k8snet_json_document *document, struct json_object *documents,
		    struct lab_fault *fault)
{
	const struct k8snet_json *value;
	struct json_object *copy;
	int r;

	while ((r = k8snet_json_document_read(document, &value)) > 0) {
		r = copy_value(value, &copy);
		k8snet_json_document_clear(document);
		if (r == 0 && json_object_array_add(documents, copy) < 0) {
			json_object_put(copy);
			r = -ENOMEM;
		}
		if (r < 0)
			return r;
	}
	return r < 0 ? read_fault(document, r, fault) : 0;
}

int lab_json_parse(const char *text, size_t length, struct json_object **documents,
		   struct lab_fault *fault)
{
	struct k8snet_json_document *document = NULL;
	struct k8snet_ctx *ctx = NULL;
	int r = k8snet_ctx_new(&ctx, NULL);

	*documents = json_object_new_array();
	if (r == 0)
		r = k8snet_json_document_new(&document, ctx);
	if (r == 0)
		r = k8snet_json_document_set_max_values(document, LAB_MAX_VALUES);
	if (r == 0 && !*documents)
		r = -ENOMEM;
	if (r == 0) {
		k8snet_json_document_set_text(document, text, length);
		r = read_all(document, *documents, fault);
	}
	k8snet_json_document_unref(document);
	k8snet_ctx_unref(ctx);
	if (r < 0) {
		json_object_put(*documents);
		*documents = NULL;
	}
	return r;
}
