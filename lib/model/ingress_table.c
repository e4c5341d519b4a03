/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/ingress_table.h"

#include "model/ingress_compile.h"

K8SNET_EXPORT struct k8snet_ingress_table *
k8snet_ingress_table_ref(struct k8snet_ingress_table *table)
{
	atomic_fetch_add_explicit(&table->refs, 1, memory_order_relaxed);
	return table;
}

static void table_free(struct k8snet_ingress_table *table)
{
	arena_done(&table->arena);
	free(table);
}

K8SNET_EXPORT struct k8snet_ingress_table *
k8snet_ingress_table_unref(struct k8snet_ingress_table *table)
{
	if (table && atomic_fetch_sub_explicit(&table->refs, 1, memory_order_acq_rel) == 1)
		table_free(table);
	return NULL;
}

K8SNET_EXPORT int k8snet_ingress_table_new(struct k8snet_ingress_table **out,
					   struct k8snet_cluster *cluster, const char *class_name)
{
	struct k8snet_ingress_table *table = calloc(1, sizeof(*table));

	if (!table)
		return ctx_no_memory(k8snet_cluster_get_ctx(cluster));
	atomic_init(&table->refs, 1);
	if (ingress_compile(table, cluster, class_name) < 0) {
		table_free(table);
		return ctx_no_memory(k8snet_cluster_get_ctx(cluster));
	}
	*out = table;
	return 0;
}

K8SNET_EXPORT const struct k8snet_ingress_route *
k8snet_ingress_table_match_n(const struct k8snet_ingress_table *table, const char *host,
			     size_t host_length, const char *path, size_t path_length)
{
	const struct k8snet_ingress_route *route = NULL;
	const struct ingress_host *found;

	found = ingress_find_host(table, host ? host : "", host ? host_length : 0);
	if (found)
		route = ingress_find_path(table, found, path ? path : "", path ? path_length : 0);
	return route ? route : table->default_route;
}

K8SNET_EXPORT const struct k8snet_ingress_route *
k8snet_ingress_table_match(const struct k8snet_ingress_table *table, const char *host,
			   const char *path)
{
	return k8snet_ingress_table_match_n(table, host, host ? strlen(host) : 0, path,
					    path ? strlen(path) : 0);
}

K8SNET_EXPORT size_t k8snet_ingress_table_count_routes(const struct k8snet_ingress_table *table)
{
	return table->n_routes;
}

K8SNET_EXPORT const struct k8snet_ingress_route *
k8snet_ingress_table_next_route(const struct k8snet_ingress_table *table,
				const struct k8snet_ingress_route *prev)
{
	const struct k8snet_ingress_route *next = prev ? prev + 1 : table->routes;

	return next < table->routes + table->n_routes ? next : NULL;
}
