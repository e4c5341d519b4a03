/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Loading any text gives a whole cluster, of which plans can be made and printed,
 * or an error that names something, and then the cluster is as it was.
 */
#include <k8snet/k8snet.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char before[] =
	"{\"apiVersion\": \"v1\", \"kind\": \"Service\", \"metadata\": {\"namespace\": \"a\","
	" \"name\": \"b\"}, \"spec\": {\"clusterIP\": \"10.96.0.1\", \"clusterIPs\": "
	"[\"10.96.0.1\"],"
	" \"ports\": [{\"port\": 80, \"protocol\": \"TCP\"}]}}";

static int check_text(void *data, const char *text, size_t length)
{
	(void)data;
	if (memchr(text, '\0', length))
		abort();
	return 0;
}

static void plan_all(struct k8snet_cluster *cluster)
{
	struct k8snet_node *node = NULL;

	while ((node = k8snet_cluster_next_node(cluster, node)) != NULL) {
		struct k8snet_plan *plan = NULL;

		if (k8snet_node_set_uplink(node, "eth0", 1500) < 0)
			abort();
		if (k8snet_plan_new(&plan, cluster, k8snet_node_get_name(node), NULL, 0) == 0) {
			k8snet_plan_print(plan, K8SNET_PLAN_JSON, check_text, NULL);
			k8snet_plan_print(plan, K8SNET_PLAN_COMMANDS, check_text, NULL);
		}
		k8snet_plan_unref(plan);
	}
}

static void check_error(struct k8snet_cluster *cluster, uint64_t generation)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(k8snet_cluster_get_ctx(cluster));

	if (!error || k8snet_error_get_message(error)[0] == '\0')
		abort();
	if (strchr(k8snet_error_get_message(error), '\n'))
		abort();
	if (k8snet_cluster_get_generation(cluster) != generation ||
	    k8snet_cluster_count_services(cluster) != 1)
		abort();
}

static void check_report(void *data, const struct k8snet_load_report *report)
{
	size_t *refused = data;

	if (!report->kind[0] || !report->reason[0] || strchr(report->reason, '\n') ||
	    strchr(report->field, '\n') || report->error >= 0)
		abort();
	*refused += report->is_refused;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct k8snet_ctx *ctx = NULL;
	struct k8snet_cluster *cluster = NULL;
	size_t refused = 0;
	struct k8snet_load_options options = {.size = sizeof(options),
					      .flags = K8SNET_LOAD_ALL_OR_NOTHING,
					      .report = check_report,
					      .data = &refused};
	uint64_t generation;
	int r;

	if (k8snet_ctx_new(&ctx, NULL) < 0 || k8snet_cluster_new(&cluster, ctx) < 0 ||
	    k8snet_cluster_load_json(cluster, NULL, before, strlen(before)) < 0)
		abort();
	generation = k8snet_cluster_get_generation(cluster);
	r = k8snet_cluster_load(cluster, "fuzz", (const char *)data, size, &options);
	if (r < 0 || refused)
		check_error(cluster, generation);
	/* The same with what was refused left out. */
	options.flags = 0;
	refused = 0;
	if (r < 0 &&
	    k8snet_cluster_load(cluster, "fuzz", (const char *)data, size, &options) == 0 &&
	    !refused)
		abort();
	plan_all(cluster);
	k8snet_cluster_unref(cluster);
	k8snet_ctx_unref(ctx);
	return 0;
}
