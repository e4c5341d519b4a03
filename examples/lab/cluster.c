/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* From API objects to the library's model. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lab.h"

/* The library takes objects one after another: no List to wrap them in. */
static char *join(struct json_object *objects, size_t *length)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, length);
	bool ok = out != NULL;

	if (!out)
		return NULL;
	for (size_t i = 0; ok && i < lab_json_count(objects, ""); i++)
		ok = lab_json_write(out, lab_json_item(objects, "", i), false) == 0;
	if (fclose(out) == 0 && ok)
		return text;
	free(text);
	return NULL;
}

static int set_up(struct k8snet_cluster *cluster, const struct lab_options *options)
{
	int r = k8snet_cluster_set_mode(cluster, options->mode);

	if (r == 0)
		r = k8snet_cluster_set_link(cluster, options->link);
	if (r == 0 && (options->families & LAB_IPV4))
		r = k8snet_cluster_add_pod_cidr(cluster, LAB_POD_CIDR4);
	if (r == 0 && (options->families & LAB_IPV6))
		r = k8snet_cluster_add_pod_cidr(cluster, LAB_POD_CIDR6);
	return r;
}

int lab_cluster_new(struct k8snet_cluster **out, struct k8snet_ctx *ctx,
		    const struct lab_options *options, struct json_object *objects)
{
	struct k8snet_cluster *cluster = NULL;
	size_t length = 0;
	char *text = join(objects, &length);
	int r;

	*out = NULL;
	if (!text)
		return -ENOMEM;
	r = k8snet_cluster_new(&cluster, ctx);
	if (r == 0)
		r = set_up(cluster, options);
	if (r == 0)
		r = k8snet_cluster_load_json(cluster, "objects", text, length);
	free(text);
	if (r == 0)
		*out = cluster;
	else
		k8snet_cluster_unref(cluster);
	return r;
}
