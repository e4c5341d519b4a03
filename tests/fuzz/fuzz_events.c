/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Events of a watch in pieces: whatever comes, lines come out as they went in, however
 * they were cut, and where an object is found in one that the library takes, the library
 * finds the same name.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "event.h"
#include "lines.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct k8snet_ctx *ctx;

/* A Service that the library loads is found by the name that is seen here. */
static void check_name(struct json_span object)
{
	struct k8snet_cluster *cluster = NULL;
	struct json_span metadata = json_get(object, "metadata");
	char namespace_[256] = "default", name[256];
	bool is_plain = json_copy_string(json_get(metadata, "name"), name, sizeof(name));

	if (json_get(metadata, "namespace").length &&
	    !json_is_string(json_get(metadata, "namespace"), ""))
		is_plain &= json_copy_string(json_get(metadata, "namespace"), namespace_,
					     sizeof(namespace_));
	if (!is_plain || !json_is_string(json_get(object, "kind"), "Service") ||
	    k8snet_cluster_new(&cluster, ctx) < 0)
		return;
	if (k8snet_cluster_load_json(cluster, NULL, object.text, object.length) == 0 &&
	    k8snet_cluster_count_services(cluster) &&
	    !k8snet_cluster_find_service(cluster, namespace_, name))
		abort();
	k8snet_cluster_unref(cluster);
}

static void take(const char *line, size_t length)
{
	struct event event;

	if (event_parse(&event, line, length))
		return;
	if (event.object.text < line || event.object.text + event.object.length > line + length)
		abort();
	event_ends_initial(&event);
	check_name(event.object);
}

/* The sum of all lines is the text without its newlines. */
static void feed(const uint8_t *data, size_t size, size_t piece)
{
	struct lines lines = {0};
	size_t at = 0, seen = 0, room, n, length;
	const char *line;

	for (bool is_end = false; !is_end;) {
		char *to = lines_reserve(&lines, &room);

		if (!to)
			break;
		n = size - at < piece ? size - at : piece;
		memcpy(to, data + at, n);
		lines_add(&lines, n);
		at += n;
		is_end = !n;
		while (lines_next(&lines, &line, &length) > 0) {
			if (memcmp(data + seen, line, length) != 0)
				abort();
			seen += length;
			if (seen < size && data[seen++] != '\n')
				abort();
			if (piece > 64)
				take(line, length);
		}
	}
	if (seen != size)
		abort();
	lines_done(&lines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (!ctx && k8snet_ctx_new(&ctx, NULL) < 0)
		return 0;
	feed(data, size, 65536);
	feed(data, size, size ? 1 + data[0] % 64 : 1);
	return 0;
}
