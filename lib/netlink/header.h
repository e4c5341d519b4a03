/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef NETLINK_HEADER_H
#define NETLINK_HEADER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/address.h"

/* Where the source or the destination of its family is in the network header. */
static inline uint32_t address_offset(const struct k8snet_address *address, bool is_source)
{
	if (address->family == 6)
		return is_source ? 8 : 24;
	return is_source ? 12 : 16;
}

#endif
