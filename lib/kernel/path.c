/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/path.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/table.h>

#include "base/context.h"
#include "base/options.h"

static bool is_unicast(const struct k8snet_address *address)
{
	static const uint8_t none[16];

	if (address->family == 6)
		return address->bytes[0] != 0xff && memcmp(address->bytes, none, 16) != 0;
	return address->family == 4 && address->bytes[0] && address->bytes[0] < 224;
}

int path_take_flow(struct k8snet_ctx *ctx, const char *function, const struct k8snet_flow *from,
		   struct k8snet_flow *flow)
{
	if (!from ||
	    options_copy(flow, sizeof(*flow), from, options_end(struct k8snet_flow, port)) < 0)
		return ctx_bad_argument(ctx, function, "flow: size not known");
	if (flow->source.family != flow->destination.family)
		return ctx_bad_argument(ctx, function, "source and destination: families differ");
	if (!is_unicast(&flow->source))
		return ctx_bad_argument(ctx, function, "source: not the address of a host");
	if (!is_unicast(&flow->destination))
		return ctx_bad_argument(ctx, function, "destination: not the address of a host");
	if (flow->protocol != K8SNET_PROTOCOL_TCP && flow->protocol != K8SNET_PROTOCOL_UDP &&
	    flow->protocol != K8SNET_PROTOCOL_SCTP)
		return ctx_bad_argument(ctx, function, "protocol: %d", (int)flow->protocol);
	if (!flow->port)
		return ctx_bad_argument(ctx, function, "port: 0");
	return 0;
}

struct k8snet_path *path_new(void)
{
	struct k8snet_path *path = calloc(1, sizeof(*path));

	if (path)
		path->refs = 1;
	return path;
}

void path_step(struct k8snet_path *path, const char *format, ...)
{
	char *text, **step;
	va_list args;
	int length;

	va_start(args, format);
	length = vsnprintf(NULL, 0, format, args);
	va_end(args);
	text = length < 0 ? NULL : malloc((size_t)length + 1);
	step = text ? vec_push(&path->steps) : NULL;
	va_start(args, format);
	if (step)
		vsnprintf(text, (size_t)length + 1, format, args);
	va_end(args);
	if (step) {
		*step = text;
	} else {
		free(text);
		path->error = -ENOMEM;
	}
}

void path_add_backend(struct k8snet_path *path, const struct k8snet_address *address, uint16_t port,
		      enum k8snet_masquerade masquerade)
{
	struct path_backend *added = vec_push(&path->backends);

	if (added)
		*added = (struct path_backend){*address, port, (uint8_t)masquerade};
	else
		path->error = -ENOMEM;
}

int path_finish(struct k8snet_path **out, struct k8snet_path *path, int error)
{
	if (!error)
		error = path->error;
	if (error)
		k8snet_path_unref(path);
	else
		*out = path;
	return error;
}

K8SNET_EXPORT struct k8snet_path *k8snet_path_ref(struct k8snet_path *path)
{
	path->refs++;
	return path;
}

K8SNET_EXPORT struct k8snet_path *k8snet_path_unref(struct k8snet_path *path)
{
	size_t i;

	if (!path || --path->refs > 0)
		return NULL;
	for (i = 0; i < path->steps.count; i++)
		free(path->steps.items[i]);
	vec_done(&path->steps);
	vec_done(&path->backends);
	k8snet_table_unref(path->table);
	free(path);
	return NULL;
}

K8SNET_EXPORT size_t k8snet_path_count_steps(const struct k8snet_path *path)
{
	return path->steps.count;
}

K8SNET_EXPORT const char *k8snet_path_get_step(const struct k8snet_path *path, size_t index)
{
	return index < path->steps.count ? path->steps.items[index] : NULL;
}

K8SNET_EXPORT enum k8snet_outcome k8snet_path_get_outcome(const struct k8snet_path *path)
{
	return path->outcome;
}

K8SNET_EXPORT const char *k8snet_outcome_get_name(enum k8snet_outcome outcome)
{
	static const char *const names[] = {"untouched", "translated", "rejected",
					    "dropped",	 "unknown",    "lost"};

	return (unsigned int)outcome < ARRAY_SIZE(names) ? names[outcome] : "unknown";
}

K8SNET_EXPORT const struct k8snet_frontend *k8snet_path_get_frontend(const struct k8snet_path *path)
{
	return path->frontend;
}

K8SNET_EXPORT size_t k8snet_path_count_backends(const struct k8snet_path *path)
{
	return path->backends.count;
}

K8SNET_EXPORT int k8snet_path_get_backend(const struct k8snet_path *path, size_t index,
					  struct k8snet_address *address, uint16_t *port,
					  enum k8snet_masquerade *masquerade)
{
	const struct path_backend *b;

	if (index >= path->backends.count)
		return -ENOENT;
	b = &path->backends.items[index];
	if (address)
		*address = b->address;
	if (port)
		*port = b->port;
	if (masquerade)
		*masquerade = b->masquerade;
	return 0;
}

static const struct path_backend *find_backend(const struct k8snet_path *path,
					       const struct path_backend *like)
{
	const struct path_backend *b;

	vec_foreach (&path->backends, b)
		if (b->port == like->port && k8snet_address_is_equal(&b->address, &like->address))
			return b;
	return NULL;
}

K8SNET_EXPORT const char *k8snet_path_compare(const struct k8snet_path *explained,
					      const struct k8snet_path *traced)
{
	const struct path_backend *seen, *named;

	if (explained->depends_on_link)
		return "link";
	if (explained->outcome != traced->outcome)
		return "outcome";
	if (traced->outcome != K8SNET_OUTCOME_TRANSLATED)
		return NULL;
	vec_foreach (&traced->backends, seen) {
		named = find_backend(explained, seen);
		if (!named)
			return "backend";
		if (named->masquerade != seen->masquerade)
			return "masquerading";
	}
	return NULL;
}
