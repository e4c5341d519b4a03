/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_CONTEXT_H
#define BASE_CONTEXT_H

#include <stdbool.h>
#include <stdint.h>

#include <k8snet/context.h>

#include "base/cleanup.h"

/* What an error is about. Strings may be NULL and are copied. */
struct error_at {
	enum k8snet_layer layer;
	enum k8snet_message_id id;
	const char *object;
	const char *operation; /* or the field */
	int kernel_errno;      /* positive; 0: the kernel was not asked */
	const char *kernel_text;
};

/*
 * Remember an error, log it, and return `code`. The message is "object: operation:
 * reason" with the parts that are there; `format` is the reason. Cannot fail: when
 * memory is short the text is cut.
 */
int ctx_error(struct k8snet_ctx *ctx, int code, const struct error_at *at, const char *format, ...)
	printf_like(4, 5);
/* The error for -ENOMEM; returns it. */
int ctx_no_memory(struct k8snet_ctx *ctx);
/* The error for a bad argument of function `operation`; returns -EINVAL. */
int ctx_bad_argument(struct k8snet_ctx *ctx, const char *operation, const char *format, ...)
	printf_like(3, 4);

/* A number that nothing else that was made from this context has, not 0. */
uint64_t ctx_new_id(struct k8snet_ctx *ctx);

bool ctx_is_logged(const struct k8snet_ctx *ctx, enum k8snet_log_level level);
void ctx_log(struct k8snet_ctx *ctx, enum k8snet_log_level level, const char *format, ...)
	printf_like(3, 4);

#define ctx_warning(ctx, ...) ctx_log(ctx, K8SNET_LOG_WARNING, __VA_ARGS__)
#define ctx_info(ctx, ...)    ctx_log(ctx, K8SNET_LOG_INFO, __VA_ARGS__)
#define ctx_debug(ctx, ...)                                          \
	do {                                                         \
		if (ctx_is_logged(ctx, K8SNET_LOG_DEBUG))            \
			ctx_log(ctx, K8SNET_LOG_DEBUG, __VA_ARGS__); \
	} while (0)

#endif
