/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cni/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "base/json_string.h"

static const struct {
	const char *name;
	enum cni_version since;
} commands[] = {
	[K8SNET_CNI_ADD] = {"ADD", CNI_0_1_0},	   [K8SNET_CNI_DEL] = {"DEL", CNI_0_1_0},
	[K8SNET_CNI_CHECK] = {"CHECK", CNI_0_4_0}, [K8SNET_CNI_STATUS] = {"STATUS", CNI_1_1_0},
	[K8SNET_CNI_GC] = {"GC", CNI_1_1_0},	   [K8SNET_CNI_VERSION] = {"VERSION", CNI_0_1_0},
};

K8SNET_EXPORT const char *k8snet_cni_command_get_name(enum k8snet_cni_command command)
{
	return (size_t)command < ARRAY_SIZE(commands) ? commands[command].name : NULL;
}

enum cni_version cni_command_since(enum k8snet_cni_command command)
{
	return commands[command].since;
}

int cni_request_init(struct k8snet_cni_request *request, const struct k8snet_cni_ops *ops,
		     const char *const *environment)
{
	*request = (struct k8snet_cni_request){
		.ops = ops, .environment = environment, .version = CNI_UNKNOWN, .path = ""};
	hash_init(&request->by_both);
	hash_init(&request->by_container);
	return k8snet_ctx_new(&request->ctx, NULL);
}

void cni_request_done(struct k8snet_cni_request *request)
{
	k8snet_cni_request_clear_error(request);
	k8snet_cni_result_unref(request->prev_result);
	vec_done(&request->args);
	vec_done(&request->attachments);
	hash_done(&request->by_both);
	hash_done(&request->by_container);
	free(request->text);
	arena_done(&request->arena);
	k8snet_ctx_unref(request->ctx);
}

/* --- errors ------------------------------------------------------------------ */

/* Error texts go into JSON: bytes that are not UTF-8 become "?". */
static char *make_valid(char *text)
{
	size_t length = text ? strlen(text) : 0, n;

	for (char *p = text; length; p += n, length -= n) {
		n = utf8_sequence(p, length);
		if (n)
			continue;
		*p = '?';
		n = 1;
	}
	return text;
}

static char *format_text(const char *format, va_list args)
{
	va_list again;
	char *text;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, format, again);
	va_end(again);
	text = n < 0 ? NULL : malloc((size_t)n + 1);
	if (text)
		vsnprintf(text, (size_t)n + 1, format, args);
	return text;
}

K8SNET_EXPORT int k8snet_cni_request_fail(struct k8snet_cni_request *request, unsigned int code,
					  const char *details, const char *format, ...)
{
	struct cni_error error = {.code = code ? code : K8SNET_CNI_ERROR_INTERNAL};
	va_list args;

	va_start(args, format);
	error.message = make_valid(format_text(format, args));
	va_end(args);
	/* `details` may be those of the error that is replaced. */
	error.details = details && details[0] ? make_valid(strdup(details)) : NULL;
	k8snet_cni_request_clear_error(request);
	request->error = error;
	ctx_log(request->ctx, K8SNET_LOG_ERROR, "cni: %u: %s%s%s", error.code,
		k8snet_cni_request_get_error_message(request), error.details ? ": " : "",
		error.details ? error.details : "");
	return -EIO;
}

K8SNET_EXPORT unsigned int
k8snet_cni_request_get_error_code(const struct k8snet_cni_request *request)
{
	return request->error.code;
}

K8SNET_EXPORT const char *
k8snet_cni_request_get_error_message(const struct k8snet_cni_request *request)
{
	if (!request->error.code)
		return "";
	return request->error.message ? request->error.message : "out of memory";
}

K8SNET_EXPORT void k8snet_cni_request_clear_error(struct k8snet_cni_request *request)
{
	free(request->error.message);
	free(request->error.details);
	request->error = (struct cni_error){0};
}

int cni_request_no_memory(struct k8snet_cni_request *request)
{
	k8snet_cni_request_fail(request, K8SNET_CNI_ERROR_INTERNAL, NULL, "out of memory");
	return -ENOMEM;
}

static unsigned int code_of(enum k8snet_cni_command command, int r)
{
	if (command == K8SNET_CNI_STATUS)
		return K8SNET_CNI_ERROR_UNAVAILABLE;
	switch (r) {
	case -EINVAL:
	case -E2BIG:
		return K8SNET_CNI_ERROR_CONFIG;
	case -EIO:
		return K8SNET_CNI_ERROR_IO;
	case -EBUSY:
		return K8SNET_CNI_ERROR_TRY_LATER;
	default:
		return K8SNET_CNI_ERROR_INTERNAL;
	}
}

void cni_request_adopt_error(struct k8snet_cni_request *request, int r)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(request->ctx);
	const char *message = strerror(-r);

	if (request->error.code)
		return;
	if (error && k8snet_error_get_code(error) == r)
		message = k8snet_error_get_message(error);
	k8snet_cni_request_fail(request, code_of(request->command, r), NULL, "%s", message);
}

/* --- getters ------------------------------------------------------------------ */

K8SNET_EXPORT struct k8snet_ctx *
k8snet_cni_request_get_ctx(const struct k8snet_cni_request *request)
{
	return request->ctx;
}

K8SNET_EXPORT enum k8snet_cni_command
k8snet_cni_request_get_command(const struct k8snet_cni_request *request)
{
	return request->command;
}

K8SNET_EXPORT const char *k8snet_cni_request_get_version(const struct k8snet_cni_request *request)
{
	return cni_version_name(request->version);
}

K8SNET_EXPORT bool k8snet_cni_request_has_version(const struct k8snet_cni_request *request,
						  const char *version)
{
	enum cni_version wanted = cni_version_parse(version);

	return wanted != CNI_UNKNOWN && request->version >= wanted;
}

K8SNET_EXPORT const char *
k8snet_cni_request_get_container_id(const struct k8snet_cni_request *request)
{
	return request->container_id;
}

K8SNET_EXPORT const char *k8snet_cni_request_get_ifname(const struct k8snet_cni_request *request)
{
	return request->ifname;
}

K8SNET_EXPORT const char *k8snet_cni_request_get_netns(const struct k8snet_cni_request *request)
{
	return request->netns;
}

K8SNET_EXPORT const char *k8snet_cni_request_get_path(const struct k8snet_cni_request *request)
{
	return request->path;
}

K8SNET_EXPORT const char *k8snet_cni_request_get_arg(const struct k8snet_cni_request *request,
						     const char *key)
{
	for (size_t i = request->args.count; i > 0; i--)
		if (!strcmp(request->args.items[i - 1].key, key))
			return request->args.items[i - 1].value;
	return NULL;
}

K8SNET_EXPORT const char *k8snet_cni_request_get_name(const struct k8snet_cni_request *request)
{
	return request->name;
}

K8SNET_EXPORT const char *k8snet_cni_request_get_type(const struct k8snet_cni_request *request)
{
	return request->type;
}

K8SNET_EXPORT const struct k8snet_cni_result *
k8snet_cni_request_get_prev_result(const struct k8snet_cni_request *request)
{
	return request->prev_result;
}

K8SNET_EXPORT const char *
k8snet_cni_request_get_config_text(const struct k8snet_cni_request *request)
{
	return request->text;
}
