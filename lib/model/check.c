/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/check.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void describe(const struct where *at, char *buffer, size_t size)
{
	const char *source = at->source ? at->source : "", *colon = at->source ? ": " : "";
	const char *kind = model_kind_name(at->kind);

	if (at->name && at->namespace_ && at->namespace_[0])
		snprintf(buffer, size, "%.200s%s%s %s/%s", source, colon, kind, at->namespace_,
			 at->name);
	else if (at->name)
		snprintf(buffer, size, "%.200s%s%s %s", source, colon, kind, at->name);
	else if (at->number)
		snprintf(buffer, size, "%.200s%s%s (object %zu)", source, colon, kind, at->number);
	else
		snprintf(buffer, size, "%.200s%s%s", source, colon, kind);
}

int where_error(const struct where *at, int code, enum k8snet_message_id id, const char *below,
		const char *format, ...)
{
	char object[512], field[512], reason[512];
	struct error_at error = {.layer = model_kind_layer(at->kind),
				 .id = id,
				 .object = object,
				 .operation = field};
	va_list args;

	va_start(args, format);
	vsnprintf(reason, sizeof(reason), format, args);
	va_end(args);
	describe(at, object, sizeof(object));
	if (at->field)
		snprintf(field, sizeof(field), "%s", below ? below : at->field);
	else
		json_path_from(at->root, at->json, below, field, sizeof(field));
	if (!at->told)
		return ctx_error(at->ctx, code, &error, "%s", reason);
	at->told->fn(at->told->data, at, code, &error, reason);
	return code;
}

int where_no_memory(const struct where *at)
{
	return ctx_no_memory(at->ctx);
}

int where_missing(const struct where *at, const char *below)
{
	return where_error(at, -EINVAL, K8SNET_MSG_MISSING_FIELD, below, "is missing");
}

int check_text(const struct where *at, const char *below, const char *text, check_fn *check)
{
	bool is_name = check == check_dns_label || check == check_dns_subdomain;
	const char *why;

	if (!text)
		return where_missing(at, below);
	why = check(text);
	if (!why)
		return 0;
	return where_error(at, -EINVAL, is_name ? K8SNET_MSG_BAD_NAME : K8SNET_MSG_BAD_FIELD, below,
			   "\"%s\" %s", printable(text, strlen(text)).text, why);
}

int check_range(const struct where *at, const char *below, int64_t value, int64_t least,
		int64_t most)
{
	if (value >= least && value <= most)
		return 0;
	return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, below, "%lld is not in %lld..%lld",
			   (long long)value, (long long)least, (long long)most);
}
