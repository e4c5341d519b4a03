/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Any text is refused with a line, or becomes objects; these are the same each
 * time, can be shown, and the library takes them. The first byte chooses families.
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../examples/lab/reader.h"
#include "../../examples/lab/view.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int expand(const struct lab_options *options, struct json_object *documents,
		  struct json_object *previous, struct json_object **objects)
{
	struct lab_summary summary = {0};
	int r = lab_controlplane_run(options, documents, previous, NULL, objects, &summary);

	if ((r == 0) != !summary.errors || (r == 0) != (*objects != NULL))
		abort();
	for (size_t i = 0; i < lab_json_count(summary.errors, ""); i++)
		if (strpbrk(lab_json_string(lab_json_item(summary.errors, "", i), ""), "\n\r\033"))
			abort();
	lab_summary_free(&summary);
	return r;
}

static void check_same(struct json_object *a, struct json_object *b)
{
	char *text = strdup(json_object_to_json_string(a));

	if (!text || strcmp(text, json_object_to_json_string(b)) != 0)
		abort();
	free(text);
}

static void show(const struct lab_options *options, struct json_object *objects)
{
	struct lab_view view = {.options = *options, .objects = objects};
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		abort();
	view.slices = json_object_new_object();
	lab_graph_dot(&view, out);
	if (lab_graph_text(&view, out) < 0 || lab_graph_svg(&view, out) < 0)
		abort();
	fclose(out);
	if (strpbrk(text, "\r\033"))
		abort();
	free(text);
	json_object_put(view.slices);
}

static void load(const struct lab_options *options, struct json_object *objects)
{
	struct k8snet_cluster *cluster = NULL;
	struct k8snet_ctx *ctx = NULL;

	if (k8snet_ctx_new(&ctx, NULL) < 0)
		abort();
	if (lab_cluster_new(&cluster, ctx, options, objects) < 0) {
		fprintf(stderr, "%s\n", k8snet_error_get_message(k8snet_ctx_get_error(ctx)));
		abort();
	}
	k8snet_cluster_unref(cluster);
	k8snet_ctx_unref(ctx);
}

static void run(const struct lab_options *options, struct json_object *documents)
{
	struct json_object *objects = NULL, *again = NULL;

	if (expand(options, documents, NULL, &objects) < 0)
		return;
	if (expand(options, documents, NULL, &again) < 0)
		abort();
	check_same(objects, again);
	json_object_put(again);
	/* Pods stay where they are. */
	if (expand(options, documents, objects, &again) < 0)
		abort();
	check_same(objects, again);
	json_object_put(again);
	show(options, objects);
	load(options, objects);
	json_object_put(objects);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_object *documents = json_object_new_array();
	struct lab_summary summary = {0};
	struct lab_options options;
	char *text;
	int r;

	if (!size || !documents) {
		json_object_put(documents);
		return 0;
	}
	lab_options_init(&options);
	options.families = (enum lab_families)(data[0] % 3 + LAB_IPV4);
	text = malloc(size);
	if (!text)
		abort();
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	r = lab_parse_manifest("fuzz", text, size - 1, documents, &summary);
	if ((r == 0) != !summary.errors || (r < 0 && r != -EINVAL))
		abort();
	lab_summary_free(&summary);
	if (r == 0)
		run(&options, documents);
	json_object_put(documents);
	free(text);
	return 0;
}
