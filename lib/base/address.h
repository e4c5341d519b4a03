/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_ADDRESS_H
#define BASE_ADDRESS_H

#include <k8snet/address.h>
#include <stddef.h>

/* In bytes. */
size_t address_size(const struct k8snet_address *address);
/* The network that it is in: without the bits after its length. */
struct k8snet_prefix prefix_mask(const struct k8snet_prefix *prefix);

#endif
