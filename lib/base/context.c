/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/context.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/hash.h"
#include "base/options.h"

/* Fixed buffers: an error must be told when memory is short, too. */
struct k8snet_error {
	int code, kernel_errno;
	enum k8snet_message_id id;
	enum k8snet_layer layer;
	char object[512];
	char operation[512];
	char kernel_text[256];
	char message[2048];
};

struct k8snet_ctx {
	unsigned int refs;
	uint64_t last_id;
	k8snet_log_fn log_fn;
	void *log_data;
	enum k8snet_log_level log_level;
	bool has_error;
	struct k8snet_error error;
};

static const char *const level_names[] = {"none", "error", "warning", "info", "debug"};

static void log_to_stderr(void *data, enum k8snet_log_level level, const char *message)
{
	(void)data;
	fprintf(stderr, "libk8snet: %s: %s\n", level_names[level], message);
}

static enum k8snet_log_level level_from_environment(enum k8snet_log_level level)
{
	const char *name = secure_getenv("K8SNET_LOG");
	size_t i;

	for (i = 0; name && i < ARRAY_SIZE(level_names); i++)
		if (!strcasecmp(name, level_names[i]))
			return (enum k8snet_log_level)i;
	return level;
}

/* The key of a hash is random, or as good as there is early at boot. */
static uint64_t random_id(void)
{
	struct hash hash;

	hash_init(&hash);
	return hash.key[0] ^ hash.key[1];
}

K8SNET_EXPORT int k8snet_ctx_new(struct k8snet_ctx **out, const struct k8snet_ctx_options *options)
{
	struct k8snet_ctx_options copy;
	struct k8snet_ctx *ctx;

	if (options_copy(&copy, sizeof(copy), options,
			 options_end(struct k8snet_ctx_options, log_level)) < 0)
		return -EINVAL;
	ctx = calloc(1, sizeof(*ctx));
	if (!ctx)
		return -ENOMEM;
	ctx->refs = 1;
	ctx->last_id = random_id();
	ctx->log_fn = copy.log_fn ? copy.log_fn : log_to_stderr;
	ctx->log_data = copy.log_data;
	ctx->log_level = level_from_environment(copy.log_level);
	*out = ctx;
	return 0;
}

K8SNET_EXPORT struct k8snet_ctx *k8snet_ctx_ref(struct k8snet_ctx *ctx)
{
	ctx->refs++;
	return ctx;
}

K8SNET_EXPORT struct k8snet_ctx *k8snet_ctx_unref(struct k8snet_ctx *ctx)
{
	if (ctx && --ctx->refs == 0)
		free(ctx);
	return NULL;
}

K8SNET_EXPORT void k8snet_ctx_set_log_level(struct k8snet_ctx *ctx, enum k8snet_log_level level)
{
	ctx->log_level = level;
}

K8SNET_EXPORT enum k8snet_log_level k8snet_ctx_get_log_level(const struct k8snet_ctx *ctx)
{
	return ctx->log_level;
}

K8SNET_EXPORT const struct k8snet_error *k8snet_ctx_get_error(const struct k8snet_ctx *ctx)
{
	return ctx->has_error ? &ctx->error : NULL;
}

/* From a random number on: what another context gave out is not met again by chance. */
uint64_t ctx_new_id(struct k8snet_ctx *ctx)
{
	if (!++ctx->last_id)
		ctx->last_id = 1;
	return ctx->last_id;
}

bool ctx_is_logged(const struct k8snet_ctx *ctx, enum k8snet_log_level level)
{
	return level <= ctx->log_level;
}

void ctx_log(struct k8snet_ctx *ctx, enum k8snet_log_level level, const char *format, ...)
{
	char line[2048];
	va_list args;

	if (!ctx_is_logged(ctx, level))
		return;
	va_start(args, format);
	vsnprintf(line, sizeof(line), format, args);
	va_end(args);
	ctx->log_fn(ctx->log_data, level, line);
}

static void copy(char *to, size_t size, const char *from)
{
	snprintf(to, size, "%s", from ? from : "");
}

static void compose(struct k8snet_error *e, const char *reason)
{
	snprintf(e->message, sizeof(e->message), "%s%s%s%s%s%s%s%s", e->object,
		 e->object[0] ? ": " : "", e->operation, e->operation[0] ? ": " : "", reason,
		 e->kernel_text[0] ? " (kernel: " : "", e->kernel_text,
		 e->kernel_text[0] ? ")" : "");
}

static int set_error(struct k8snet_ctx *ctx, int code, const struct error_at *at,
		     const char *format, va_list args)
{
	struct k8snet_error *e = &ctx->error;
	char reason[512];

	vsnprintf(reason, sizeof(reason), format, args);
	e->code = code;
	e->id = at->id;
	e->layer = at->layer;
	e->kernel_errno = at->kernel_errno;
	copy(e->object, sizeof(e->object), at->object);
	copy(e->operation, sizeof(e->operation), at->operation);
	copy(e->kernel_text, sizeof(e->kernel_text), at->kernel_text);
	compose(e, reason);
	ctx->has_error = true;
	ctx_log(ctx, K8SNET_LOG_ERROR, "%s", e->message);
	return code;
}

int ctx_error(struct k8snet_ctx *ctx, int code, const struct error_at *at, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	set_error(ctx, code, at, format, args);
	va_end(args);
	return code;
}

int ctx_no_memory(struct k8snet_ctx *ctx)
{
	const struct error_at at = {.layer = K8SNET_LAYER_NONE, .id = K8SNET_MSG_NO_MEMORY};

	return ctx_error(ctx, -ENOMEM, &at, "out of memory");
}

int ctx_bad_argument(struct k8snet_ctx *ctx, const char *operation, const char *format, ...)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_NONE, .id = K8SNET_MSG_BAD_ARGUMENT, .operation = operation};
	va_list args;

	va_start(args, format);
	set_error(ctx, -EINVAL, &at, format, args);
	va_end(args);
	return -EINVAL;
}

K8SNET_EXPORT const char *k8snet_layer_get_name(enum k8snet_layer layer)
{
	static const char *const names[] = {"node", "pod", "service", "ingress", "none"};

	return (size_t)layer < ARRAY_SIZE(names) ? names[layer] : "none";
}

K8SNET_EXPORT const char *k8snet_error_get_message(const struct k8snet_error *error)
{
	return error ? error->message : "no error was told";
}

K8SNET_EXPORT enum k8snet_message_id k8snet_error_get_id(const struct k8snet_error *error)
{
	return error->id;
}

K8SNET_EXPORT enum k8snet_layer k8snet_error_get_layer(const struct k8snet_error *error)
{
	return error->layer;
}

K8SNET_EXPORT int k8snet_error_get_code(const struct k8snet_error *error)
{
	return error->code;
}

K8SNET_EXPORT const char *k8snet_error_get_object(const struct k8snet_error *error)
{
	return error->object;
}

K8SNET_EXPORT const char *k8snet_error_get_operation(const struct k8snet_error *error)
{
	return error->operation;
}

K8SNET_EXPORT int k8snet_error_get_kernel_errno(const struct k8snet_error *error)
{
	return error->kernel_errno;
}

K8SNET_EXPORT const char *k8snet_error_get_kernel_text(const struct k8snet_error *error)
{
	return error->kernel_text;
}
