/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_IPAM_H
#define CNI_IPAM_H

#include "plugin.h"

/*
 * Addresses for plugins that make links: from host-local or static in this process,
 * or from another plugin that the configuration names.
 */

/* The addresses, routes and DNS that the container is to have, into `result`. */
int ipam_add(struct plugin *p, struct k8snet_cni_result *result);
/* After ADD failed: take back what ipam_add() gave; the error stays as it is. */
void ipam_undo(struct plugin *p);
int ipam_del(struct plugin *p);
int ipam_check(struct plugin *p);
int ipam_status(struct plugin *p);
int ipam_gc(struct plugin *p);
/* Whether the configuration has an ipam.type. */
bool ipam_is_wanted(struct plugin *p);
/* Add what ipam_add() gave to a result, the addresses as those of the interface with
 * this index, and the DNS of the network. `ipam` NULL: only that. */
int ipam_add_to_result(struct plugin *p, const struct k8snet_cni_result *ipam, int index,
		       struct k8snet_cni_result *result);

/* For its parts: "routes" of the configuration, below ipam. */
int ipam_read_routes(struct plugin *p, struct k8snet_cni_result *result);

#endif
