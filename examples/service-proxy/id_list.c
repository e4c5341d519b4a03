/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "dir_file.h"

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

bool id_list_has(const struct id_list *list, const char *id)
{
	return list->count && bsearch(&id, list->items, list->count, sizeof(*list->items), compare);
}

void id_list_clear(struct id_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	memset(list, 0, sizeof(*list));
}

/* The namespace is "" for a Node. */
static int add(struct id_list *list, const char *kind, const char *namespace_, const char *name)
{
	if (list->count == list->capacity) {
		size_t capacity = list->capacity ? list->capacity * 2 : 16;
		char **bigger = reallocarray(list->items, capacity, sizeof(*bigger));

		if (!bigger)
			return -ENOMEM;
		list->items = bigger;
		list->capacity = capacity;
	}
	if (asprintf(&list->items[list->count], "%s/%s/%s", kind, namespace_, name) < 0)
		return -ENOMEM;
	list->count++;
	return 0;
}

static int add_nodes(struct id_list *list, const struct k8snet_cluster *cluster)
{
	const struct k8snet_node *node = NULL;
	int r = 0;

	while (r == 0 && (node = k8snet_cluster_next_node(cluster, node)))
		r = add(list, "Node", "", k8snet_node_get_name(node));
	return r;
}

static int add_pods(struct id_list *list, const struct k8snet_cluster *cluster)
{
	const struct k8snet_pod *pod = NULL;
	int r = 0;

	while (r == 0 && (pod = k8snet_cluster_next_pod(cluster, pod)))
		r = add(list, "Pod", k8snet_pod_get_namespace(pod), k8snet_pod_get_name(pod));
	return r;
}

static int add_services(struct id_list *list, const struct k8snet_cluster *cluster)
{
	const struct k8snet_service *service = NULL;
	int r = 0;

	while (r == 0 && (service = k8snet_cluster_next_service(cluster, service)))
		r = add(list, "Service", k8snet_service_get_namespace(service),
			k8snet_service_get_name(service));
	return r;
}

static int add_slices(struct id_list *list, const struct k8snet_cluster *cluster)
{
	const struct k8snet_endpointslice *slice = NULL;
	int r = 0;

	while (r == 0 && (slice = k8snet_cluster_next_endpointslice(cluster, slice)))
		r = add(list, "EndpointSlice", k8snet_endpointslice_get_namespace(slice),
			k8snet_endpointslice_get_name(slice));
	return r;
}

static int add_ingresses(struct id_list *list, const struct k8snet_cluster *cluster)
{
	const struct k8snet_ingress *ingress = NULL;
	int r = 0;

	while (r == 0 && (ingress = k8snet_cluster_next_ingress(cluster, ingress)))
		r = add(list, "Ingress", k8snet_ingress_get_namespace(ingress),
			k8snet_ingress_get_name(ingress));
	return r;
}

int id_list_fill(struct id_list *list, const struct k8snet_cluster *cluster)
{
	int r = add_nodes(list, cluster);

	if (r == 0)
		r = add_pods(list, cluster);
	if (r == 0)
		r = add_services(list, cluster);
	if (r == 0)
		r = add_slices(list, cluster);
	if (r == 0)
		r = add_ingresses(list, cluster);
	if (list->count)
		qsort(list->items, list->count, sizeof(*list->items), compare);
	return r;
}
