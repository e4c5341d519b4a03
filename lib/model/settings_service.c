/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Settings of the layer of services. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/kind.h"

/* Empty a list of the settings. */
#define CLEAR_LIST(cluster, member)                                \
	({                                                         \
		struct where _at;                                  \
		int _r = cluster_edit((cluster), #member, &_at);   \
		if (_r == 0 && (cluster)->settings.member.count) { \
			(cluster)->settings.member.count = 0;      \
			_r = 1;                                    \
		}                                                  \
		cluster_edited((cluster), _r);                     \
	})

static int set_flag(struct k8snet_cluster *cluster, const char *name, bool *flag, bool value)
{
	struct where at;
	int r;

	r = cluster_edit(cluster, name, &at);
	if (r == 0 && *flag != value) {
		*flag = value;
		r = 1;
	}
	return cluster_edited(cluster, r);
}

K8SNET_EXPORT int k8snet_cluster_set_masquerade_all(struct k8snet_cluster *cluster,
						    bool masquerade_all)
{
	return set_flag(cluster, "masquerade_all", &cluster->settings.masquerade_all,
			masquerade_all);
}

K8SNET_EXPORT bool k8snet_cluster_is_masquerading_all(const struct k8snet_cluster *cluster)
{
	return cluster->settings.masquerade_all;
}

K8SNET_EXPORT int k8snet_cluster_set_counters(struct k8snet_cluster *cluster, bool counters)
{
	return set_flag(cluster, "counters", &cluster->settings.counters, counters);
}

K8SNET_EXPORT bool k8snet_cluster_has_counters(const struct k8snet_cluster *cluster)
{
	return cluster->settings.counters;
}

K8SNET_EXPORT int k8snet_cluster_set_reset_connections(struct k8snet_cluster *cluster,
						       bool reset_connections)
{
	return set_flag(cluster, "reset_connections", &cluster->settings.reset_connections,
			reset_connections);
}

K8SNET_EXPORT bool k8snet_cluster_is_resetting_connections(const struct k8snet_cluster *cluster)
{
	return cluster->settings.reset_connections;
}

K8SNET_EXPORT int k8snet_cluster_set_local_detection(struct k8snet_cluster *cluster,
						     enum k8snet_local_detection detection)
{
	struct where at;
	int r;

	r = cluster_edit(cluster, "local_detection", &at);
	if (r == 0)
		r = check_range(&at, NULL, detection, K8SNET_LOCAL_POD_CIDR,
				K8SNET_LOCAL_INTERFACE);
	if (r == 0 && cluster->settings.local_detection != detection) {
		cluster->settings.local_detection = detection;
		r = 1;
	}
	return cluster_edited(cluster, r);
}

K8SNET_EXPORT enum k8snet_local_detection
k8snet_cluster_get_local_detection(const struct k8snet_cluster *cluster)
{
	return cluster->settings.local_detection;
}

static int add_pod_interface(struct k8snet_cluster *cluster, const struct where *at,
			     const char *pattern)
{
	struct interface_pattern *item;
	int r = check_text(at, NULL, pattern, check_link_pattern);

	if (r < 0)
		return r;
	vec_foreach (&cluster->settings.pod_interfaces, item)
		if (!strcmp(item->text, pattern))
			return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL,
					   "\"%s\" is there already", pattern);
	item = vec_push(&cluster->settings.pod_interfaces);
	if (!item)
		return where_no_memory(at);
	snprintf(item->text, sizeof(item->text), "%s", pattern);
	return 1;
}

K8SNET_EXPORT int k8snet_cluster_add_pod_interface(struct k8snet_cluster *cluster,
						   const char *pattern)
{
	struct where at;
	int r;

	r = cluster_edit(cluster, "pod_interface", &at);
	if (r == 0)
		r = add_pod_interface(cluster, &at, pattern);
	return cluster_edited(cluster, r);
}

K8SNET_EXPORT const char *k8snet_cluster_get_pod_interface(const struct k8snet_cluster *cluster,
							   size_t index)
{
	return index < cluster->settings.pod_interfaces.count
		       ? cluster->settings.pod_interfaces.items[index].text
		       : NULL;
}

K8SNET_EXPORT int k8snet_cluster_clear_pod_interfaces(struct k8snet_cluster *cluster)
{
	return CLEAR_LIST(cluster, pod_interfaces);
}

/* --- lists of networks ---------------------------------------------------- */

int prefix_list_add(const struct where *at, prefix_list *list, const char *cidr)
{
	struct k8snet_prefix prefix, *item;
	int r;

	r = check_prefix(at, cidr, &prefix);
	if (r < 0)
		return r;
	vec_foreach (list, item)
		if (item->length == prefix.length &&
		    k8snet_address_is_equal(&item->address, &prefix.address))
			return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL,
					   "\"%s\" is there already", cidr);
	item = vec_push(list);
	if (!item)
		return where_no_memory(at);
	*item = prefix;
	return 1;
}

static int add_cidr(struct k8snet_cluster *cluster, prefix_list *list, const char *cidr)
{
	struct where at;
	int r;

	r = cluster_edit(cluster, "cidr", &at);
	if (r == 0)
		r = prefix_list_add(&at, list, cidr);
	return cluster_edited(cluster, r);
}

static const struct k8snet_prefix *get_cidr(const prefix_list *list, size_t index)
{
	return index < list->count ? &list->items[index] : NULL;
}

K8SNET_EXPORT int k8snet_cluster_add_node_port_cidr(struct k8snet_cluster *cluster,
						    const char *cidr)
{
	return add_cidr(cluster, &cluster->settings.node_port_cidrs, cidr);
}

K8SNET_EXPORT const struct k8snet_prefix *
k8snet_cluster_get_node_port_cidr(const struct k8snet_cluster *cluster, size_t index)
{
	return get_cidr(&cluster->settings.node_port_cidrs, index);
}

K8SNET_EXPORT int k8snet_cluster_clear_node_port_cidrs(struct k8snet_cluster *cluster)
{
	return CLEAR_LIST(cluster, node_port_cidrs);
}

K8SNET_EXPORT int k8snet_cluster_add_service_cidr(struct k8snet_cluster *cluster, const char *cidr)
{
	return add_cidr(cluster, &cluster->settings.service_cidrs, cidr);
}

K8SNET_EXPORT const struct k8snet_prefix *
k8snet_cluster_get_service_cidr(const struct k8snet_cluster *cluster, size_t index)
{
	return get_cidr(&cluster->settings.service_cidrs, index);
}

K8SNET_EXPORT int k8snet_cluster_clear_service_cidrs(struct k8snet_cluster *cluster)
{
	return CLEAR_LIST(cluster, service_cidrs);
}

K8SNET_EXPORT int k8snet_cluster_clear_pod_cidrs(struct k8snet_cluster *cluster)
{
	return CLEAR_LIST(cluster, pod_cidrs);
}
