/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Values of the configuration, with errors that say where they are. */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "cni/request.h"
#include "cni/result.h"

static int refuse(struct k8snet_cni_request *request, const struct json *value, const char *what)
{
	char path[256];

	json_path(value, NULL, path, sizeof(path));
	k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_CONFIG, NULL, "%s%s%s", path,
				path[0] ? ": " : "", what);
	return -EINVAL;
}

K8SNET_EXPORT int k8snet_cni_request_refuse(struct k8snet_cni_request *request,
					    const struct k8snet_json *value, const char *format,
					    ...)
{
	char what[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(what, sizeof(what), format, args);
	va_end(args);
	return refuse(request, json_of(value), what);
}

/* *out is NULL if there is none. */
static int find(struct k8snet_cni_request *request, const struct k8snet_json *parent,
		const char *path, enum json_type type, const struct json **out)
{
	const struct json *from = parent ? json_of(parent) : request->config;
	char what[64];

	if (json_find(from, path, true, out) < 0) {
		k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_INTERNAL, NULL,
					"\"%s\" is not a path", path);
		return -EINVAL;
	}
	if (!*out || (*out)->type == type)
		return 0;
	snprintf(what, sizeof(what), "is %s, not %s", json_type_name((*out)->type),
		 json_type_name(type));
	return refuse(request, *out, what);
}

static int find_string(struct k8snet_cni_request *request, const struct k8snet_json *parent,
		       const char *path, const struct json **out)
{
	int r = find(request, parent, path, JSON_STRING, out);

	if (r == 0 && *out && strlen((*out)->string) != (*out)->length)
		return refuse(request, *out, "has a NUL");
	return r;
}

K8SNET_EXPORT int k8snet_cni_request_read_string(struct k8snet_cni_request *request,
						 const struct k8snet_json *parent, const char *path,
						 const char **out)
{
	const struct json *value;
	int r = find_string(request, parent, path, &value);

	if (r == 0 && value)
		*out = value->string;
	return r;
}

K8SNET_EXPORT int k8snet_cni_request_read_integer(struct k8snet_cni_request *request,
						  const struct k8snet_json *parent,
						  const char *path, int64_t minimum,
						  int64_t maximum, int64_t *out)
{
	const struct json *value;
	char what[96];
	int r = find(request, parent, path, JSON_INTEGER, &value);

	if (r < 0 || !value)
		return r;
	if (value->integer < minimum || value->integer > maximum) {
		snprintf(what, sizeof(what), "is not %" PRId64 " to %" PRId64, minimum, maximum);
		return refuse(request, value, what);
	}
	*out = value->integer;
	return 0;
}

K8SNET_EXPORT int k8snet_cni_request_read_boolean(struct k8snet_cni_request *request,
						  const struct k8snet_json *parent,
						  const char *path, bool *out)
{
	const struct json *value;
	int r = find(request, parent, path, JSON_BOOL, &value);

	if (r == 0 && value)
		*out = value->boolean;
	return r;
}

K8SNET_EXPORT int k8snet_cni_request_read_address(struct k8snet_cni_request *request,
						  const struct k8snet_json *parent,
						  const char *path, struct k8snet_address *out)
{
	const struct json *value;
	struct k8snet_address address;
	int r = find_string(request, parent, path, &value);

	if (r < 0 || !value)
		return r;
	if (k8snet_address_parse(&address, value->string) < 0)
		return refuse(request, value, "is not an address");
	*out = address;
	return 0;
}

K8SNET_EXPORT int k8snet_cni_request_read_prefix(struct k8snet_cni_request *request,
						 const struct k8snet_json *parent, const char *path,
						 struct k8snet_prefix *out)
{
	const struct json *value;
	struct k8snet_prefix prefix;
	int r = find_string(request, parent, path, &value);

	if (r < 0 || !value)
		return r;
	if (k8snet_prefix_parse(&prefix, value->string) < 0)
		return refuse(request, value, "is not ADDRESS/LENGTH");
	*out = prefix;
	return 0;
}

static int read_container(struct k8snet_cni_request *request, const struct k8snet_json *parent,
			  const char *path, enum json_type type, const struct k8snet_json **out)
{
	const struct json *value;
	int r = find(request, parent, path, type, &value);

	if (r == 0 && value)
		*out = json_public(value);
	return r;
}

K8SNET_EXPORT int k8snet_cni_request_read_array(struct k8snet_cni_request *request,
						const struct k8snet_json *parent, const char *path,
						const struct k8snet_json **out)
{
	return read_container(request, parent, path, JSON_ARRAY, out);
}

K8SNET_EXPORT int k8snet_cni_request_read_object(struct k8snet_cni_request *request,
						 const struct k8snet_json *parent, const char *path,
						 const struct k8snet_json **out)
{
	return read_container(request, parent, path, JSON_OBJECT, out);
}

K8SNET_EXPORT int k8snet_cni_request_read_dns(struct k8snet_cni_request *request,
					      struct k8snet_cni_result *result)
{
	const struct json *dns = json_get(request->config, "dns");
	int r = dns ? cni_result_read_dns(result, dns) : 0;

	if (r < 0) {
		k8snet_cni_request_clear_error(request);
		cni_request_adopt_error(request, r);
	}
	return r;
}

K8SNET_EXPORT const struct k8snet_json *
k8snet_cni_request_get_config(const struct k8snet_cni_request *request)
{
	return json_public(request->config);
}

K8SNET_EXPORT const struct k8snet_json *
k8snet_cni_request_get_runtime_config(const struct k8snet_cni_request *request,
				      const char *capability)
{
	return json_public(json_get(json_get(request->config, "runtimeConfig"), capability));
}
