/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/kind.h"

struct where cluster_where(const struct k8snet_cluster *cluster, const char *field)
{
	return (struct where){.ctx = cluster->ctx, .kind = MODEL_SETTINGS, .field = field};
}

int cluster_edit(struct k8snet_cluster *cluster, const char *field, struct where *at)
{
	*at = cluster_where(cluster, field);
	return journal_reserve(cluster, 1) < 0 ? where_no_memory(at) : 0;
}

int cluster_edited(struct k8snet_cluster *cluster, int r)
{
	if (r <= 0)
		return r;
	journal_add(cluster, MODEL_SETTINGS, NULL, NULL);
	return 0;
}

/* Set a field to a value that is in least..most; *field may be of any width. */
#define SET_NUMBER(cluster, member, value, least, most)                         \
	({                                                                      \
		struct where _at;                                               \
		int _r = cluster_edit((cluster), #member, &_at);                \
		if (_r == 0)                                                    \
			_r = check_range(&_at, NULL, (value), (least), (most)); \
		if (_r == 0 && (cluster)->settings.member != (value)) {         \
			(cluster)->settings.member = (value);                   \
			_r = 1;                                                 \
		}                                                               \
		cluster_edited((cluster), _r);                                  \
	})

K8SNET_EXPORT int k8snet_cluster_set_mode(struct k8snet_cluster *cluster, enum k8snet_mode mode)
{
	return SET_NUMBER(cluster, mode, mode, K8SNET_MODE_ROUTE, K8SNET_MODE_OVERLAY);
}

K8SNET_EXPORT enum k8snet_mode k8snet_cluster_get_mode(const struct k8snet_cluster *cluster)
{
	return cluster->settings.mode;
}

K8SNET_EXPORT int k8snet_cluster_set_link(struct k8snet_cluster *cluster, enum k8snet_link link)
{
	return SET_NUMBER(cluster, link, link, K8SNET_LINK_BRIDGE, K8SNET_LINK_PTP);
}

K8SNET_EXPORT enum k8snet_link k8snet_cluster_get_link(const struct k8snet_cluster *cluster)
{
	return cluster->settings.link;
}

K8SNET_EXPORT int k8snet_cluster_set_direct_routing(struct k8snet_cluster *cluster,
						    bool direct_routing)
{
	return SET_NUMBER(cluster, direct_routing, direct_routing, 0, 1);
}

K8SNET_EXPORT bool k8snet_cluster_has_direct_routing(const struct k8snet_cluster *cluster)
{
	return cluster->settings.direct_routing;
}

K8SNET_EXPORT int k8snet_cluster_set_services_only(struct k8snet_cluster *cluster,
						   bool services_only)
{
	return SET_NUMBER(cluster, services_only, services_only, 0, 1);
}

K8SNET_EXPORT bool k8snet_cluster_is_services_only(const struct k8snet_cluster *cluster)
{
	return cluster->settings.services_only;
}

K8SNET_EXPORT int k8snet_cluster_set_bridge_name(struct k8snet_cluster *cluster, const char *name)
{
	struct where at;
	int r;

	r = cluster_edit(cluster, "bridge_name", &at);
	if (r == 0)
		r = check_text(&at, NULL, name, check_link_name);
	if (r == 0)
		r = spec_set_name(cluster->settings.bridge_name, name);
	return cluster_edited(cluster, r);
}

K8SNET_EXPORT const char *k8snet_cluster_get_bridge_name(const struct k8snet_cluster *cluster)
{
	return cluster->settings.bridge_name;
}

K8SNET_EXPORT int k8snet_cluster_set_overlay_vni(struct k8snet_cluster *cluster, uint32_t vni)
{
	return SET_NUMBER(cluster, overlay_vni, vni, 1, 16777215);
}

K8SNET_EXPORT uint32_t k8snet_cluster_get_overlay_vni(const struct k8snet_cluster *cluster)
{
	return cluster->settings.overlay_vni;
}

K8SNET_EXPORT int k8snet_cluster_set_overlay_port(struct k8snet_cluster *cluster, uint16_t port)
{
	return SET_NUMBER(cluster, overlay_port, port, 1, 65535);
}

K8SNET_EXPORT uint16_t k8snet_cluster_get_overlay_port(const struct k8snet_cluster *cluster)
{
	return cluster->settings.overlay_port;
}

K8SNET_EXPORT int k8snet_cluster_set_mtu(struct k8snet_cluster *cluster, uint32_t mtu)
{
	return SET_NUMBER(cluster, mtu, mtu, mtu ? 1280 : 0, 65535);
}

K8SNET_EXPORT uint32_t k8snet_cluster_get_mtu(const struct k8snet_cluster *cluster)
{
	return cluster->settings.mtu;
}

K8SNET_EXPORT int k8snet_cluster_set_masquerade_mark(struct k8snet_cluster *cluster, uint32_t mark)
{
	struct where at;
	int r;

	r = cluster_edit(cluster, "masquerade_mark", &at);
	if (r == 0 && __builtin_popcount(mark) != 1)
		r = where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
				"0x%x does not have exactly one bit set", mark);
	if (r == 0 && cluster->settings.masquerade_mark != mark) {
		cluster->settings.masquerade_mark = mark;
		r = 1;
	}
	return cluster_edited(cluster, r);
}

K8SNET_EXPORT uint32_t k8snet_cluster_get_masquerade_mark(const struct k8snet_cluster *cluster)
{
	return cluster->settings.masquerade_mark;
}

K8SNET_EXPORT int k8snet_cluster_add_pod_cidr(struct k8snet_cluster *cluster, const char *cidr)
{
	struct k8snet_prefix prefix;
	struct where at;
	int r;

	r = cluster_edit(cluster, "cidr", &at);
	if (r == 0)
		r = check_prefix(&at, cidr, &prefix);
	if (r == 0)
		r = prefix_pair_add(&at, &cluster->settings.pod_cidrs, &prefix);
	return cluster_edited(cluster, r);
}

K8SNET_EXPORT const struct k8snet_prefix *
k8snet_cluster_get_pod_cidr(const struct k8snet_cluster *cluster, size_t index)
{
	const struct prefix_pair *cidrs = &cluster->settings.pod_cidrs;

	return index < cidrs->count ? &cidrs->items[index] : NULL;
}
