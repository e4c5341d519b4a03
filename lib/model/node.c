/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/node.h"

#include <errno.h>
#include <string.h>

#include "model/spec.h"

static struct k8snet_node *node_of(const struct model_object *object)
{
	return (struct k8snet_node *)object;
}

int node_init(struct model_object *object)
{
	static const char *const families[] = {"vtep", "vtep6"};

	for (int i = 0; i < 2; i++) {
		uint64_t hash = stable_hash(families[i], object->name, "");
		uint8_t *mac = node_of(object)->derived_mac[i];

		for (int byte = 0; byte < 6; byte++)
			mac[byte] = (uint8_t)(hash >> (8 * byte));
		mac[0] = (mac[0] & 0xfc) | 2; /* locally administered, unicast */
	}
	return 0;
}

void node_done(struct model_object *object)
{
	string_unref(object->strings, node_of(object)->spec.zone);
}

bool node_is_equal(const struct model_object *a, const struct model_object *b)
{
	const struct node_spec *x = &node_of(a)->spec, *y = &node_of(b)->spec;

	return address_pair_is_equal(&x->addresses, &y->addresses) &&
	       prefix_pair_is_equal(&x->pod_cidrs, &y->pod_cidrs) &&
	       !strcmp(x->uplink_name, y->uplink_name) && x->uplink_mtu == y->uplink_mtu &&
	       !memcmp(x->has_mac, y->has_mac, sizeof(x->has_mac)) &&
	       !memcmp(x->mac, y->mac, sizeof(x->mac)) && x->zone == y->zone;
}

void node_inherit(struct model_object *object, const struct model_object *old)
{
	struct node_spec *spec = &node_of(object)->spec;
	const struct node_spec *from = &node_of(old)->spec;

	memcpy(spec->uplink_name, from->uplink_name, sizeof(spec->uplink_name));
	spec->uplink_mtu = from->uplink_mtu;
	for (int i = 0; i < 2; i++) {
		if (spec->has_mac[i] || !from->has_mac[i])
			continue;
		spec->has_mac[i] = true;
		memcpy(spec->mac[i], from->mac[i], sizeof(spec->mac[i]));
	}
}

int node_spec_add_pod_cidr(const struct where *at, struct node_spec *spec, const char *cidr)
{
	struct k8snet_prefix prefix;
	unsigned int least, most;
	const char *why;
	int r;

	r = check_prefix(at, cidr, &prefix);
	if (r < 0)
		return r;
	least = prefix.address.family == 4 ? 8 : 48;
	most = prefix.address.family == 4 ? 30 : 126;
	if (prefix.length < least || prefix.length > most)
		return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
				   "\"%s\": the length is not in %u..%u", cidr, least, most);
	why = check_host_address(&prefix.address, 0);
	if (why)
		return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "\"%s\" %s", cidr, why);
	return prefix_pair_add(at, &spec->pod_cidrs, &prefix);
}

int node_spec_set_zone(const struct where *at, struct node_spec *spec, struct strings *strings,
		       const char *zone)
{
	int r = zone ? check_text(at, NULL, zone, check_label_value) : 0;

	return r < 0 ? r : spec_set_string(at, strings, &spec->zone, zone);
}

K8SNET_EXPORT int k8snet_node_new(struct k8snet_node **out, struct k8snet_cluster *cluster,
				  const char *name)
{
	struct model_object *object;
	int r;

	r = object_new(&object, cluster, MODEL_NODE, "", name);
	if (r == 0)
		*out = node_of(object);
	return r;
}

K8SNET_EXPORT struct k8snet_node *k8snet_node_ref(struct k8snet_node *node)
{
	object_ref(&node->object);
	return node;
}

K8SNET_EXPORT struct k8snet_node *k8snet_node_unref(struct k8snet_node *node)
{
	if (node)
		object_unref(&node->object);
	return NULL;
}

K8SNET_EXPORT int k8snet_node_remove(struct k8snet_node *node)
{
	return object_remove(&node->object);
}

K8SNET_EXPORT struct k8snet_node *k8snet_cluster_find_node(const struct k8snet_cluster *cluster,
							   const char *name)
{
	return node_of(list_find(&cluster->lists[MODEL_NODE], "", name));
}

K8SNET_EXPORT struct k8snet_node *k8snet_cluster_next_node(const struct k8snet_cluster *cluster,
							   const struct k8snet_node *prev)
{
	return node_of(
		list_next(&cluster->lists[MODEL_NODE], cluster, prev ? &prev->object : NULL));
}

K8SNET_EXPORT const char *k8snet_node_get_name(const struct k8snet_node *node)
{
	return node->object.name;
}

K8SNET_EXPORT int k8snet_node_add_address(struct k8snet_node *node, const char *address)
{
	struct where at;
	int r;

	r = object_edit(&node->object, "address", &at);
	if (r == 0)
		r = address_pair_add(&at, &node->spec.addresses, address, 0);
	return object_edited(&node->object, r);
}

K8SNET_EXPORT const struct k8snet_address *k8snet_node_get_address(const struct k8snet_node *node,
								   size_t index)
{
	return index < node->spec.addresses.count ? &node->spec.addresses.items[index] : NULL;
}

K8SNET_EXPORT int k8snet_node_clear_addresses(struct k8snet_node *node)
{
	struct where at;
	int r;

	r = object_edit(&node->object, "addresses", &at);
	if (r == 0 && node->spec.addresses.count) {
		node->spec.addresses.count = 0;
		r = 1;
	}
	return object_edited(&node->object, r);
}

K8SNET_EXPORT int k8snet_node_add_pod_cidr(struct k8snet_node *node, const char *cidr)
{
	struct where at;
	int r;

	r = object_edit(&node->object, "cidr", &at);
	if (r == 0)
		r = node_spec_add_pod_cidr(&at, &node->spec, cidr);
	return object_edited(&node->object, r);
}

K8SNET_EXPORT const struct k8snet_prefix *k8snet_node_get_pod_cidr(const struct k8snet_node *node,
								   size_t index)
{
	return index < node->spec.pod_cidrs.count ? &node->spec.pod_cidrs.items[index] : NULL;
}

K8SNET_EXPORT int k8snet_node_clear_pod_cidrs(struct k8snet_node *node)
{
	struct where at;
	int r;

	r = object_edit(&node->object, "pod_cidrs", &at);
	if (r == 0 && node->spec.pod_cidrs.count) {
		node->spec.pod_cidrs.count = 0;
		r = 1;
	}
	return object_edited(&node->object, r);
}

static int set_uplink(struct where *at, struct node_spec *spec, const char *name, uint32_t mtu)
{
	int r = name ? check_text(at, NULL, name, check_link_name) : 0;

	if (r < 0)
		return r;
	at->field = "mtu";
	r = mtu ? check_range(at, NULL, mtu, 1280, 65535) : 0;
	if (r < 0)
		return r;
	r = spec_set_name(spec->uplink_name, name ? name : "");
	if (spec->uplink_mtu != mtu)
		r = 1;
	spec->uplink_mtu = mtu;
	return r;
}

K8SNET_EXPORT int k8snet_node_set_uplink(struct k8snet_node *node, const char *name, uint32_t mtu)
{
	struct where at;
	int r;

	r = object_edit(&node->object, "name", &at);
	if (r == 0)
		r = set_uplink(&at, &node->spec, name, mtu);
	return object_edited(&node->object, r);
}

K8SNET_EXPORT const char *k8snet_node_get_uplink_name(const struct k8snet_node *node)
{
	return node->spec.uplink_name[0] ? node->spec.uplink_name : NULL;
}

K8SNET_EXPORT uint32_t k8snet_node_get_uplink_mtu(const struct k8snet_node *node)
{
	return node->spec.uplink_mtu;
}

static int set_mac(struct where *at, struct node_spec *spec, int family, const uint8_t *mac)
{
	int i = family == 6, r;

	if (family != 4 && family != 6)
		return where_error(at, -EINVAL, K8SNET_MSG_BAD_ARGUMENT, NULL, "%d is not 4 or 6",
				   family);
	at->field = "mac";
	if (!mac)
		return where_missing(at, NULL);
	r = check_mac(at, mac);
	if (r < 0 || (spec->has_mac[i] && !memcmp(spec->mac[i], mac, sizeof(spec->mac[i]))))
		return r;
	spec->has_mac[i] = true;
	memcpy(spec->mac[i], mac, sizeof(spec->mac[i]));
	return 1;
}

K8SNET_EXPORT int k8snet_node_set_overlay_mac(struct k8snet_node *node, int family,
					      const uint8_t *mac)
{
	struct where at;
	int r;

	r = object_edit(&node->object, "family", &at);
	if (r == 0)
		r = set_mac(&at, &node->spec, family, mac);
	return object_edited(&node->object, r);
}

K8SNET_EXPORT const uint8_t *k8snet_node_get_overlay_mac(const struct k8snet_node *node, int family)
{
	int i = family == 6;

	if (family != 4 && family != 6)
		return NULL;
	return node->spec.has_mac[i] ? node->spec.mac[i] : node->derived_mac[i];
}

K8SNET_EXPORT int k8snet_node_set_zone(struct k8snet_node *node, const char *zone)
{
	struct where at;
	int r;

	r = object_edit(&node->object, "zone", &at);
	if (r == 0)
		r = node_spec_set_zone(&at, &node->spec, node->object.strings, zone);
	return object_edited(&node->object, r);
}

K8SNET_EXPORT const char *k8snet_node_get_zone(const struct k8snet_node *node)
{
	return node->spec.zone;
}
