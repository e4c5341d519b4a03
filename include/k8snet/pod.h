/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_POD_H
#define K8SNET_POD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_address;
struct k8snet_cluster;

/*
 * struct k8snet_pod: layer 1. A network namespace with an address in the flat
 * network, joined to its node by a veth pair.
 */
struct k8snet_pod;

/*
 * Make a pod in `cluster`. `namespace` is a DNS label, `name` a DNS subdomain
 * (RFC 1123). *out is the caller's; the cluster keeps its own reference until
 * k8snet_pod_remove(). Errors: -EINVAL, -EEXIST, -ENOMEM.
 */
int k8snet_pod_new(struct k8snet_pod **out, struct k8snet_cluster *cluster, const char *namespace_,
		   const char *name);
struct k8snet_pod *k8snet_pod_ref(struct k8snet_pod *pod);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_pod *k8snet_pod_unref(struct k8snet_pod *pod);
/* Take the pod out of its cluster. Setters on it then return -ENOENT, as does a
 * second removal. Errors: -ENOENT, -ENOMEM. */
int k8snet_pod_remove(struct k8snet_pod *pod);

/* Borrowed; NULL if there is none. */
struct k8snet_pod *k8snet_cluster_find_pod(const struct k8snet_cluster *cluster,
					   const char *namespace_, const char *name);
/* The pod after `prev` in the order of insertion, the first for NULL; NULL at
 * the end. Borrowed. */
struct k8snet_pod *k8snet_cluster_next_pod(const struct k8snet_cluster *cluster,
					   const struct k8snet_pod *prev);

const char *k8snet_pod_get_namespace(const struct k8snet_pod *pod);
const char *k8snet_pod_get_name(const struct k8snet_pod *pod);

/* The node that runs the pod (spec.nodeName); NULL: none yet. The node need
 * not be in the cluster. Errors: -EINVAL, -ENOENT, -ENOMEM. */
int k8snet_pod_set_node_name(struct k8snet_pod *pod, const char *node_name);
const char *k8snet_pod_get_node_name(const struct k8snet_pod *pod);

/* Add an address (status.podIPs), at most one of each family.
 * Errors: -EINVAL, -EEXIST, -ENOENT, -ENOMEM. */
int k8snet_pod_add_address(struct k8snet_pod *pod, const char *address);
/* The index-th one; NULL past the last. Borrowed. */
const struct k8snet_address *k8snet_pod_get_address(const struct k8snet_pod *pod, size_t index);
int k8snet_pod_clear_addresses(struct k8snet_pod *pod);

/* Absolute path of the pod's network namespace, e.g. "/run/netns/x", without
 * a ".." element; NULL: unknown, and the pod is not attached.
 * Errors: -EINVAL, -ENOENT, -ENOMEM. The string is copied. */
int k8snet_pod_set_netns(struct k8snet_pod *pod, const char *path);
const char *k8snet_pod_get_netns(const struct k8snet_pod *pod);

/* The link's name in the pod. Default: "eth0". Errors: -EINVAL, -ENOENT, -ENOMEM. */
int k8snet_pod_set_interface(struct k8snet_pod *pod, const char *name);
const char *k8snet_pod_get_interface(const struct k8snet_pod *pod);

/* The MAC address of the link in the pod: 6 bytes, unicast. NULL unsets: then
 * it is derived from the first address (0a:58 and the IPv4 address, or a hash
 * of the IPv6 address). Errors: -EINVAL, -ENOENT. */
int k8snet_pod_set_mac(struct k8snet_pod *pod, const uint8_t *mac);
/* The one set, or the one derived; NULL if the pod has no address. Borrowed. */
const uint8_t *k8snet_pod_get_mac(const struct k8snet_pod *pod);

/* The pod uses its node's network (spec.hostNetwork) and is not attached. */
int k8snet_pod_set_host_network(struct k8snet_pod *pod, bool host_network);
bool k8snet_pod_has_host_network(const struct k8snet_pod *pod);

/*
 * A label (metadata.labels); NULL removes it. `key` is a name of 1 to 63 of A-Z, a-z, 0-9,
 * '-', '_' and '.', first and last a letter or digit, which may stand after a DNS subdomain
 * and '/'; `value` is such a name, or "". Both are copied.
 * Errors: -EINVAL, -ENOENT, -ENOMEM.
 */
int k8snet_pod_set_label(struct k8snet_pod *pod, const char *key, const char *value);
/* The value; NULL: no such label. Borrowed, until a change of the pod. */
const char *k8snet_pod_get_label(const struct k8snet_pod *pod, const char *key);
/* The key of the index-th label in the order of their bytes; NULL past the last. Borrowed,
 * until a change of the pod. */
const char *k8snet_pod_get_label_key(const struct k8snet_pod *pod, size_t index);
int k8snet_pod_clear_labels(struct k8snet_pod *pod);

/* The name of the veth's end on the node: "veth" and 11 hexadecimal digits of a
 * hash of namespace, name and interface. Borrowed. */
const char *k8snet_pod_get_link_name(const struct k8snet_pod *pod);

#ifdef __cplusplus
}
#endif

#endif
