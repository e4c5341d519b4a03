/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/pod.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/siphash.h"
#include "model/spec.h"

static struct k8snet_pod *pod_of(const struct model_object *object)
{
	return (struct k8snet_pod *)object;
}

int pod_init(struct model_object *object)
{
	memcpy(pod_of(object)->spec.interface, "eth0", 5);
	pod_refresh(object);
	return 0;
}

void pod_done(struct model_object *object)
{
	string_unref(object->strings, pod_of(object)->spec.node_name);
	string_unref(object->strings, pod_of(object)->spec.netns);
	label_list_done(&pod_of(object)->spec.labels, object->strings);
}

bool pod_is_equal(const struct model_object *a, const struct model_object *b)
{
	const struct pod_spec *x = &pod_of(a)->spec, *y = &pod_of(b)->spec;

	return x->node_name == y->node_name && x->netns == y->netns &&
	       address_pair_is_equal(&x->addresses, &y->addresses) &&
	       label_list_is_equal(&x->labels, &y->labels) && !strcmp(x->interface, y->interface) &&
	       x->host_network == y->host_network && x->has_mac == y->has_mac &&
	       (!x->has_mac || !memcmp(x->mac, y->mac, sizeof(x->mac)));
}

void pod_inherit(struct model_object *object, const struct model_object *old)
{
	struct pod_spec *spec = &pod_of(object)->spec;
	const struct pod_spec *from = &pod_of(old)->spec;

	memcpy(spec->interface, from->interface, sizeof(spec->interface));
	if (!spec->netns)
		spec->netns = string_ref(from->netns);
	if (!spec->has_mac && from->has_mac) {
		spec->has_mac = true;
		memcpy(spec->mac, from->mac, sizeof(spec->mac));
	}
}

/* 0a:58 and the IPv4 address, as the reference plugins have it, so that no two
 * pods share one; an IPv6 address is hashed. */
static void derive_mac(struct pod_spec *spec)
{
	static const uint64_t key[2] = {0x6b38736e65742d70ULL, 0x6f642d6d61632d36ULL};
	const struct k8snet_address *address = &spec->addresses.items[0];
	uint64_t hash;

	spec->mac[0] = 0x0a;
	spec->mac[1] = 0x58;
	if (address->family == 4) {
		memcpy(spec->mac + 2, address->bytes, 4);
		return;
	}
	hash = siphash(key, address->bytes, sizeof(address->bytes));
	for (int i = 0; i < 4; i++)
		spec->mac[2 + i] = (uint8_t)(hash >> (8 * i));
}

void pod_refresh(struct model_object *object)
{
	struct k8snet_pod *pod = pod_of(object);
	uint64_t hash = stable_hash(object->namespace_, object->name, pod->spec.interface);

	snprintf(pod->link_name, sizeof(pod->link_name), "veth%011llx",
		 (unsigned long long)(hash >> 20));
	if (!pod->spec.has_mac && pod->spec.addresses.count)
		derive_mac(&pod->spec);
}

int pod_spec_set_node_name(const struct where *at, struct pod_spec *spec, struct strings *strings,
			   const char *node_name)
{
	int r = node_name ? check_text(at, NULL, node_name, check_dns_subdomain) : 0;

	return r < 0 ? r : spec_set_string(at, strings, &spec->node_name, node_name);
}

int pod_spec_set_netns(const struct where *at, struct pod_spec *spec, struct strings *strings,
		       const char *path)
{
	int r = path ? check_text(at, NULL, path, check_netns_path) : 0;

	return r < 0 ? r : spec_set_string(at, strings, &spec->netns, path);
}

K8SNET_EXPORT int k8snet_pod_new(struct k8snet_pod **out, struct k8snet_cluster *cluster,
				 const char *namespace_, const char *name)
{
	struct model_object *object;
	int r;

	r = object_new(&object, cluster, MODEL_POD, namespace_, name);
	if (r == 0)
		*out = pod_of(object);
	return r;
}

K8SNET_EXPORT struct k8snet_pod *k8snet_pod_ref(struct k8snet_pod *pod)
{
	object_ref(&pod->object);
	return pod;
}

K8SNET_EXPORT struct k8snet_pod *k8snet_pod_unref(struct k8snet_pod *pod)
{
	if (pod)
		object_unref(&pod->object);
	return NULL;
}

K8SNET_EXPORT int k8snet_pod_remove(struct k8snet_pod *pod)
{
	return object_remove(&pod->object);
}

K8SNET_EXPORT struct k8snet_pod *k8snet_cluster_find_pod(const struct k8snet_cluster *cluster,
							 const char *namespace_, const char *name)
{
	return pod_of(list_find(&cluster->lists[MODEL_POD], namespace_, name));
}

K8SNET_EXPORT struct k8snet_pod *k8snet_cluster_next_pod(const struct k8snet_cluster *cluster,
							 const struct k8snet_pod *prev)
{
	return pod_of(list_next(&cluster->lists[MODEL_POD], cluster, prev ? &prev->object : NULL));
}

K8SNET_EXPORT const char *k8snet_pod_get_namespace(const struct k8snet_pod *pod)
{
	return pod->object.namespace_;
}

K8SNET_EXPORT const char *k8snet_pod_get_name(const struct k8snet_pod *pod)
{
	return pod->object.name;
}

K8SNET_EXPORT int k8snet_pod_set_node_name(struct k8snet_pod *pod, const char *node_name)
{
	struct where at;
	int r;

	r = object_edit(&pod->object, "node_name", &at);
	if (r == 0)
		r = pod_spec_set_node_name(&at, &pod->spec, pod->object.strings, node_name);
	return object_edited(&pod->object, r);
}

K8SNET_EXPORT const char *k8snet_pod_get_node_name(const struct k8snet_pod *pod)
{
	return pod->spec.node_name;
}

K8SNET_EXPORT int k8snet_pod_add_address(struct k8snet_pod *pod, const char *address)
{
	struct where at;
	int r;

	r = object_edit(&pod->object, "address", &at);
	if (r == 0)
		r = address_pair_add(&at, &pod->spec.addresses, address, 0);
	return object_edited(&pod->object, r);
}

K8SNET_EXPORT const struct k8snet_address *k8snet_pod_get_address(const struct k8snet_pod *pod,
								  size_t index)
{
	return index < pod->spec.addresses.count ? &pod->spec.addresses.items[index] : NULL;
}

K8SNET_EXPORT int k8snet_pod_clear_addresses(struct k8snet_pod *pod)
{
	struct where at;
	int r;

	r = object_edit(&pod->object, "addresses", &at);
	if (r == 0 && pod->spec.addresses.count) {
		pod->spec.addresses.count = 0;
		r = 1;
	}
	return object_edited(&pod->object, r);
}

K8SNET_EXPORT int k8snet_pod_set_netns(struct k8snet_pod *pod, const char *path)
{
	struct where at;
	int r;

	r = object_edit(&pod->object, "path", &at);
	if (r == 0)
		r = pod_spec_set_netns(&at, &pod->spec, pod->object.strings, path);
	return object_edited(&pod->object, r);
}

K8SNET_EXPORT const char *k8snet_pod_get_netns(const struct k8snet_pod *pod)
{
	return pod->spec.netns;
}

K8SNET_EXPORT int k8snet_pod_set_interface(struct k8snet_pod *pod, const char *name)
{
	struct where at;
	int r;

	r = object_edit(&pod->object, "name", &at);
	if (r == 0)
		r = check_text(&at, NULL, name, check_link_name);
	if (r == 0)
		r = spec_set_name(pod->spec.interface, name);
	return object_edited(&pod->object, r);
}

K8SNET_EXPORT const char *k8snet_pod_get_interface(const struct k8snet_pod *pod)
{
	return pod->spec.interface;
}

static int set_mac(const struct where *at, struct pod_spec *spec, const uint8_t *mac)
{
	int r = mac ? check_mac(at, mac) : 0;

	if (r < 0)
		return r;
	if (!mac) {
		r = spec->has_mac;
		spec->has_mac = false;
		return r;
	}
	r = !spec->has_mac || memcmp(spec->mac, mac, sizeof(spec->mac));
	spec->has_mac = true;
	memmove(spec->mac, mac, sizeof(spec->mac));
	return r;
}

K8SNET_EXPORT int k8snet_pod_set_mac(struct k8snet_pod *pod, const uint8_t *mac)
{
	struct where at;
	int r;

	r = object_edit(&pod->object, "mac", &at);
	if (r == 0)
		r = set_mac(&at, &pod->spec, mac);
	return object_edited(&pod->object, r);
}

K8SNET_EXPORT const uint8_t *k8snet_pod_get_mac(const struct k8snet_pod *pod)
{
	return pod->spec.has_mac || pod->spec.addresses.count ? pod->spec.mac : NULL;
}

K8SNET_EXPORT int k8snet_pod_set_host_network(struct k8snet_pod *pod, bool host_network)
{
	struct where at;
	int r;

	r = object_edit(&pod->object, "host_network", &at);
	if (r == 0 && pod->spec.host_network != host_network) {
		pod->spec.host_network = host_network;
		r = 1;
	}
	return object_edited(&pod->object, r);
}

K8SNET_EXPORT bool k8snet_pod_has_host_network(const struct k8snet_pod *pod)
{
	return pod->spec.host_network;
}

K8SNET_EXPORT const char *k8snet_pod_get_link_name(const struct k8snet_pod *pod)
{
	return pod->link_name;
}
