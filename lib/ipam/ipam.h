/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef IPAM_IPAM_H
#define IPAM_IPAM_H

#include <k8snet/ipam.h>

#include "ipam/lease_file.h"

/* As k8snet_ipam_open(), in the boot with this id: for tests. */
int ipam_open_in_boot(struct k8snet_ipam **out, struct k8snet_ctx *ctx, const char *path,
		      const char *cidr, const uint8_t boot[LEASE_BOOT_SIZE]);

/* The kernel's boot id. -EIO. */
int ipam_read_boot_id(struct k8snet_ctx *ctx, uint8_t boot[LEASE_BOOT_SIZE]);

#endif
