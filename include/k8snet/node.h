/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_NODE_H
#define K8SNET_NODE_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_address;
struct k8snet_prefix;
struct k8snet_cluster;

/*
 * struct k8snet_node: layer 0. A machine with an IP address, which has a
 * subnet of the pod network.
 */
struct k8snet_node;

/*
 * Make a node in `cluster`. `name` is a DNS subdomain (RFC 1123, at most 253
 * characters). *out is the caller's; the cluster keeps its own reference until
 * k8snet_node_remove(). Errors: -EINVAL, -EEXIST, -ENOMEM.
 */
int k8snet_node_new(struct k8snet_node **out, struct k8snet_cluster *cluster, const char *name);
struct k8snet_node *k8snet_node_ref(struct k8snet_node *node);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_node *k8snet_node_unref(struct k8snet_node *node);
/* Take the node out of its cluster. Setters on it then return -ENOENT, as does
 * a second removal. Errors: -ENOENT, -ENOMEM. */
int k8snet_node_remove(struct k8snet_node *node);

/* Borrowed; NULL if there is none. */
struct k8snet_node *k8snet_cluster_find_node(const struct k8snet_cluster *cluster,
					     const char *name);
/* The node after `prev` in the order of insertion, the first for NULL; NULL at
 * the end. Borrowed. */
struct k8snet_node *k8snet_cluster_next_node(const struct k8snet_cluster *cluster,
					     const struct k8snet_node *prev);

const char *k8snet_node_get_name(const struct k8snet_node *node);

/*
 * Add an address by which the other nodes reach this one (InternalIP in
 * v1.Node's status.addresses), at most one of each family. The link that has it
 * is the uplink. Errors: -EINVAL, -EEXIST, -ENOENT, -ENOMEM.
 */
int k8snet_node_add_address(struct k8snet_node *node, const char *address);
/* The index-th one; NULL past the last. Borrowed. */
const struct k8snet_address *k8snet_node_get_address(const struct k8snet_node *node, size_t index);
int k8snet_node_clear_addresses(struct k8snet_node *node);

/*
 * Add the node's part of the pod network (spec.podCIDRs), at most one of each
 * family. The first address of it is the gateway. `cidr` is text without host
 * bits, IPv4 of length 8 to 30, IPv6 of length 48 to 126.
 * Errors: -EINVAL, -EEXIST, -ENOENT, -ENOMEM.
 */
int k8snet_node_add_pod_cidr(struct k8snet_node *node, const char *cidr);
/* The index-th one; NULL past the last. Borrowed. */
const struct k8snet_prefix *k8snet_node_get_pod_cidr(const struct k8snet_node *node, size_t index);
int k8snet_node_clear_pod_cidrs(struct k8snet_node *node);

/*
 * Name and MTU (bytes, 1280 to 65535) of the link that has the node's address.
 * Needed only to plan without a kernel: with one, a plan discovers them when
 * they are not set. NULL and 0 unset. Errors: -EINVAL, -ENOENT, -ENOMEM.
 */
int k8snet_node_set_uplink(struct k8snet_node *node, const char *name, uint32_t mtu);
/* NULL if not set. Borrowed. */
const char *k8snet_node_get_uplink_name(const struct k8snet_node *node);
/* 0 if not set. */
uint32_t k8snet_node_get_uplink_mtu(const struct k8snet_node *node);

/*
 * The MAC address (6 bytes, unicast) of the node's VTEP for family 4 or 6: what
 * flannel publishes as VtepMAC. If it is not set, it is derived from the node's
 * name, the same on every node. Errors: -EINVAL, -ENOENT.
 */
int k8snet_node_set_overlay_mac(struct k8snet_node *node, int family, const uint8_t *mac);
/* The one set, or the one derived. 6 bytes, borrowed; NULL for a bad family. */
const uint8_t *k8snet_node_get_overlay_mac(const struct k8snet_node *node, int family);

/* The label topology.kubernetes.io/zone; NULL: none. Errors: -EINVAL,
 * -ENOENT, -ENOMEM. The string is copied. */
int k8snet_node_set_zone(struct k8snet_node *node, const char *zone);
const char *k8snet_node_get_zone(const struct k8snet_node *node);

#ifdef __cplusplus
}
#endif

#endif
