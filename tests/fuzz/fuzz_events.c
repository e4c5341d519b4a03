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
static struct k8snet_json_document *document;

/* A Service that the library loads is found by the name that is seen here. */
static void check_name(const struct k8snet_json *object)
{
	const char *name = k8snet_json_get_string(k8snet_json_find(object, "metadata.name"));
	const char *namespace_ =
		k8snet_json_get_string(k8snet_json_find(object, "metadata.namespace"));
	const char *kind = k8snet_json_get_string(k8snet_json_get(object, "kind"));
	struct k8snet_cluster *cluster = NULL;

	if (!name || !kind || strcmp(kind, "Service") || k8snet_cluster_new(&cluster, ctx) < 0)
		return;
	if (k8snet_cluster_load_value(cluster, NULL, object, NULL) == 0 &&
	    k8snet_cluster_count_services(cluster) &&
	    !k8snet_cluster_find_service(cluster,
					 namespace_ && *namespace_ ? namespace_ : "default", name))
		abort();
	k8snet_cluster_unref(cluster);
}

static void take(const char *line, size_t length)
{
	struct event event;
	const char *text;
	size_t n;

	if (event_parse(&event, document, line, length))
		return;
	if (k8snet_json_get_span(event.object, &text, &n) < 0 || text < line ||
	    text + n > line + length)
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
	if (!ctx &&
	    (k8snet_ctx_new(&ctx, NULL) < 0 || k8snet_json_document_new(&document, ctx) < 0))
		return 0;
	feed(data, size, 65536);
	feed(data, size, size ? 1 + data[0] % 64 : 1);
	return 0;
}
