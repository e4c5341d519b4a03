/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_CHECKS_ADDRESS_H
#define PROXY_CHECKS_ADDRESS_H

#include <stddef.h>

struct k8snet_address;
struct k8snet_node;
struct cidr_list;

/*
 * The addresses that have node ports: the node's ("primary"), or those of this network
 * namespace that are in the networks, but for loopback ones; "::", for both families, if
 * all are. *out is the caller's, free() it. 0, -ENOMEM or another negative errno.
 */
int checks_find_addresses(struct k8snet_address **out, size_t *count,
			  const struct k8snet_node *node, const struct cidr_list *networks);

#endif
