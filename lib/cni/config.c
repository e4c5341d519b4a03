/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "cni/request.h"
#include "cni/result.h"

static int fail_decode(struct k8snet_cni_request *request, const char *what)
{
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_DECODE, NULL,
				       "network configuration: %s", what);
}

static int fail_config(struct k8snet_cni_request *request, const char *field, const char *what)
{
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_CONFIG, NULL, "%s: %s", field,
				       what);
}

int cni_read_json(struct arena *arena, const char *text, size_t length, const struct json **out,
		  char *error, size_t size)
{
	struct json_reader reader = {.text = text, .length = length};
	struct json *value = NULL, *more;
	int r;

	snprintf(error, size, "longer than %u bytes", CNI_TEXT_MAX);
	if (length > CNI_TEXT_MAX)
		return -E2BIG;
	r = json_read(&reader, arena, &value);
	if (r == 1) {
		r = json_read(&reader, arena, &more);
		if (r == 1) {
			snprintf(error, size, "more than one JSON value");
			return -EINVAL;
		}
	}
	if (r < 0) {
		snprintf(error, size, "line %zu, column %zu: %s", reader.line, reader.column,
			 reader.error);
		return r;
	}
	snprintf(error, size, "%s", value ? "is not a JSON object" : "is empty");
	if (!value || value->type != JSON_OBJECT)
		return -EINVAL;
	*out = value;
	return 0;
}

static int parse_config(struct k8snet_cni_request *request, const char *text, size_t length)
{
	char error[256];
	int r;

	r = cni_read_json(&request->arena, text, length, &request->config, error, sizeof(error));
	if (r == -ENOMEM)
		return cni_request_no_memory(request);
	if (r < 0)
		return fail_decode(request, error);
	request->text = malloc(length + 1);
	if (!request->text)
		return cni_request_no_memory(request);
	memcpy(request->text, text, length);
	request->text[length] = '\0';
	return 0;
}

/* The highest of cniVersions that the plugin supports. */
static int negotiate(struct k8snet_cni_request *request, const struct json *list,
		     enum cni_version *out)
{
	if (list->type != JSON_ARRAY)
		return fail_config(request, "cniVersions", "is not an array");
	*out = CNI_UNKNOWN;
	for (const struct json *item = list->first; item; item = item->next) {
		enum cni_version version;

		if (item->type != JSON_STRING)
			return fail_config(request, "cniVersions", "has an item that is no string");
		version = cni_version_parse(item->string);
		if (version > *out && cni_versions_has(request->ops->versions, version))
			*out = version;
	}
	return 0;
}

int cni_request_read_version(struct k8snet_cni_request *request, const struct json *config,
			     enum cni_version *out)
{
	const struct json *version = json_get(config, "cniVersion");
	const struct json *list = json_get(config, "cniVersions");

	if (version && version->type != JSON_STRING)
		return fail_decode(request, "cniVersion is not a string");
	if (version && version->length) {
		*out = strlen(version->string) == version->length
			       ? cni_version_parse(version->string)
			       : CNI_UNKNOWN;
		return 0;
	}
	*out = CNI_0_1_0;
	return list ? negotiate(request, list, out) : 0;
}

static int fail_incompatible(struct k8snet_cni_request *request)
{
	const struct json *version = json_get(request->config, "cniVersion");
	_cleanup_strbuf_ struct strbuf details = {0};

	strbuf_printf(&details, "config is \"%s\", plugin supports [",
		      version ? printable(version->string, version->length).text : "");
	cni_versions_print(request->ops->versions, "\"", ", ", &details);
	strbuf_add(&details, "]");
	if (details.error)
		return cni_request_no_memory(request);
	return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_VERSION, details.text,
				       "incompatible CNI versions");
}

static int check_version(struct k8snet_cni_request *request)
{
	enum cni_version version, since = cni_command_since(request->command);
	int r = cni_request_read_version(request, request->config, &version);

	if (r < 0)
		return r;
	if (!cni_versions_has(request->ops->versions, version))
		return fail_incompatible(request);
	request->version = version;
	if (version >= since)
		return 0;
	return k8snet_cni_request_fail(
		request, K8SNET_CNI_ERROR_VERSION, NULL,
		"cniVersion %s does not have %s, which is there from %s", cni_version_name(version),
		k8snet_cni_command_get_name(request->command), cni_version_name(since));
}

/* A member that is text and follows a rule; *out is "" if it is not there. */
static int read_text(struct k8snet_cni_request *request, const struct json *object, const char *key,
		     const char *(*check)(const char *), const char **out)
{
	const struct json *value = json_get(object, key);
	const char *what;
	char path[256];

	*out = "";
	if (!value)
		return 0;
	json_path(value, NULL, path, sizeof(path));
	if (value->type != JSON_STRING)
		return fail_config(request, path, "is not a string");
	what = strlen(value->string) == value->length ? check(value->string) : "has a NUL";
	if (what)
		return k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_CONFIG, NULL,
					       "%s: \"%s\" %s", path,
					       printable(value->string, value->length).text, what);
	*out = value->string;
	return 0;
}

static int read_names(struct k8snet_cni_request *request)
{
	int r = read_text(request, request->config, "name", cni_check_id, &request->name);

	if (r == 0 && !request->name[0])
		return fail_config(request, "name", "is missing");
	if (r == 0)
		r = read_text(request, request->config, "type", cni_check_type, &request->type);
	return r;
}

static int read_prev_result(struct k8snet_cni_request *request)
{
	const struct json *value = json_get(request->config, "prevResult");
	int r;

	if (!value && request->command == K8SNET_CNI_CHECK)
		return fail_config(request, "prevResult", "is missing");
	if (!value)
		return 0;
	r = cni_result_new_from_value(&request->prev_result, request->ctx, value, request->version);
	/* It may be missing, and what was made has to go whatever became of it. */
	if (r < 0 && r != -ENOMEM && request->command == K8SNET_CNI_DEL)
		return 0;
	if (r < 0)
		cni_request_adopt_error(request, r);
	return r;
}

/* --- the attachments of GC ------------------------------------------------------ */

static int add_attachment(struct k8snet_cni_request *request, const struct json *item)
{
	struct k8snet_cni_attachment *attachment;
	const char *container_id, *ifname;
	char path[64];
	int r;

	json_path(item, NULL, path, sizeof(path));
	if (item->type != JSON_OBJECT)
		return fail_config(request, path, "is not an object");
	r = read_text(request, item, "containerID", cni_check_id, &container_id);
	if (r == 0)
		r = read_text(request, item, "ifname", cni_check_ifname, &ifname);
	if (r < 0)
		return r;
	if (!container_id[0] || !ifname[0])
		return fail_config(request, path, "lacks containerID or ifname");
	/* There is room for all of them. */
	attachment = vec_push(&request->attachments);
	attachment->container_id = container_id;
	attachment->ifname = ifname;
	hash_insert(&request->by_both, &attachment->by_both,
		    hash_strings(&request->by_both, container_id, ifname));
	hash_insert(&request->by_container, &attachment->by_container,
		    hash_strings(&request->by_container, container_id, ""));
	return 0;
}

/* Also if it is null, which is how the reference library writes no attachments. */
static const struct json *find_attachments(const struct json *config)
{
	/* The second is what the specification called it at first. */
	static const char *const keys[] = {"cni.dev/valid-attachments", "cni.dev/attachments"};

	for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
		for (const struct json *member = config->first; member; member = member->next)
			if (!strcmp(member->key, keys[i]))
				return member;
	return NULL;
}

int cni_request_read_attachments(struct k8snet_cni_request *request)
{
	const struct json *list = find_attachments(request->config);
	size_t count;
	int r = 0;

	if (!list)
		return fail_config(request, "cni.dev/valid-attachments", "is missing");
	if (list->type == JSON_NULL)
		return 0;
	if (list->type != JSON_ARRAY)
		return fail_config(request, "cni.dev/valid-attachments", "is not an array");
	count = list->last ? (size_t)list->last->index + 1 : 0;
	if (vec_reserve(&request->attachments, count) < 0 ||
	    hash_reserve(&request->by_both, count) < 0 ||
	    hash_reserve(&request->by_container, count) < 0)
		return cni_request_no_memory(request);
	for (const struct json *item = list->first; item && r == 0; item = item->next)
		r = add_attachment(request, item);
	return r;
}

int cni_request_read_config(struct k8snet_cni_request *request, const char *text, size_t length)
{
	int r = parse_config(request, text, length);

	if (r == 0)
		r = check_version(request);
	if (r == 0)
		r = read_names(request);
	if (r == 0)
		r = read_prev_result(request);
	if (r == 0 && request->command == K8SNET_CNI_GC)
		r = cni_request_read_attachments(request);
	return r;
}

K8SNET_EXPORT const struct k8snet_cni_attachment *
k8snet_cni_request_next_attachment(const struct k8snet_cni_request *request,
				   const struct k8snet_cni_attachment *prev)
{
	const struct k8snet_cni_attachment *next = prev ? prev + 1 : request->attachments.items;

	return next && next < request->attachments.items + request->attachments.count ? next : NULL;
}

K8SNET_EXPORT const char *
k8snet_cni_attachment_get_container_id(const struct k8snet_cni_attachment *attachment)
{
	return attachment->container_id;
}

K8SNET_EXPORT const char *
k8snet_cni_attachment_get_ifname(const struct k8snet_cni_attachment *attachment)
{
	return attachment->ifname;
}

static bool has_container(const struct k8snet_cni_request *request, const char *container_id)
{
	const struct hash *h = &request->by_container;
	const struct hash_node *node = hash_find(h, hash_strings(h, container_id, ""));

	for (; node; node = hash_find_next(node))
		if (!strcmp(container_of(node, struct k8snet_cni_attachment, by_container)
				    ->container_id,
			    container_id))
			return true;
	return false;
}

K8SNET_EXPORT bool k8snet_cni_request_has_attachment(const struct k8snet_cni_request *request,
						     const char *container_id, const char *ifname)
{
	const struct hash *h = &request->by_both;
	const struct hash_node *node;

	if (!ifname)
		return has_container(request, container_id);
	for (node = hash_find(h, hash_strings(h, container_id, ifname)); node;
	     node = hash_find_next(node)) {
		const struct k8snet_cni_attachment *a =
			container_of(node, struct k8snet_cni_attachment, by_both);

		if (!strcmp(a->container_id, container_id) && !strcmp(a->ifname, ifname))
			return true;
	}
	return false;
}
