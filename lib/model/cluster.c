/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/cluster.h"

#include <errno.h>

#include "model/kind.h"
#include "model/slice.h"

static const struct cluster_settings default_settings = {
	.mode = K8SNET_MODE_ROUTE,
	.link = K8SNET_LINK_BRIDGE,
	.bridge_name = "k8snet0",
	.overlay_vni = 1,
	.overlay_port = 8472,
	.masquerade_mark = 0x4000,
};

K8SNET_EXPORT int k8snet_cluster_new(struct k8snet_cluster **out, struct k8snet_ctx *ctx)
{
	struct k8snet_cluster *cluster = calloc(1, sizeof(*cluster));

	if (!cluster)
		return ctx_no_memory(ctx);
	cluster->refs = 1;
	cluster->settings = default_settings;
	cluster->strings = strings_new(ctx);
	cluster->journal = calloc(1, sizeof(*cluster->journal));
	for (int kind = 0; kind < MODEL_N_KINDS; kind++)
		hash_init(&cluster->lists[kind].by_name);
	hash_init(&cluster->slices_by_service);
	if (!cluster->strings || !cluster->journal) {
		k8snet_cluster_unref(cluster);
		return ctx_no_memory(ctx);
	}
	cluster->ctx = ctx;
	*out = cluster;
	return 0;
}

K8SNET_EXPORT struct k8snet_cluster *k8snet_cluster_ref(struct k8snet_cluster *cluster)
{
	cluster->refs++;
	return cluster;
}

static void drop_objects(struct model_list *list)
{
	while (list->first)
		object_unlink(list->first);
	hash_done(&list->by_name);
}

K8SNET_EXPORT struct k8snet_cluster *k8snet_cluster_unref(struct k8snet_cluster *cluster)
{
	if (!cluster || --cluster->refs)
		return NULL;
	for (int kind = 0; kind < MODEL_N_KINDS; kind++)
		drop_objects(&cluster->lists[kind]);
	hash_done(&cluster->slices_by_service);
	vec_done(&cluster->settings.node_port_cidrs);
	vec_done(&cluster->settings.service_cidrs);
	vec_done(&cluster->settings.pod_interfaces);
	journal_done(cluster);
	strings_unref(cluster->strings);
	free(cluster);
	return NULL;
}

K8SNET_EXPORT struct k8snet_ctx *k8snet_cluster_get_ctx(const struct k8snet_cluster *cluster)
{
	return cluster->ctx;
}

K8SNET_EXPORT uint64_t k8snet_cluster_get_generation(const struct k8snet_cluster *cluster)
{
	return cluster->generation;
}

K8SNET_EXPORT size_t k8snet_cluster_get_skipped(const struct k8snet_cluster *cluster)
{
	return cluster->skipped;
}

K8SNET_EXPORT size_t k8snet_cluster_count_nodes(const struct k8snet_cluster *cluster)
{
	return cluster->lists[MODEL_NODE].by_name.count;
}

K8SNET_EXPORT size_t k8snet_cluster_count_pods(const struct k8snet_cluster *cluster)
{
	return cluster->lists[MODEL_POD].by_name.count;
}

K8SNET_EXPORT size_t k8snet_cluster_count_services(const struct k8snet_cluster *cluster)
{
	return cluster->lists[MODEL_SERVICE].by_name.count;
}

K8SNET_EXPORT size_t k8snet_cluster_count_endpointslices(const struct k8snet_cluster *cluster)
{
	return cluster->lists[MODEL_ENDPOINTSLICE].by_name.count;
}

K8SNET_EXPORT size_t k8snet_cluster_count_ingresses(const struct k8snet_cluster *cluster)
{
	return cluster->lists[MODEL_INGRESS].by_name.count;
}
