/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_MASQUERADE_H
#define CNI_MASQUERADE_H

#include "plugin.h"

/* ipMasq: what a container sends out of its network comes from the node. */
int masquerade_add(struct plugin *p, const struct k8snet_cni_result *result);
/* `result` NULL, or without addresses: look for what the container has. */
int masquerade_del(struct plugin *p, const struct k8snet_cni_result *result);
int masquerade_check(struct plugin *p, const struct k8snet_cni_result *result);
int masquerade_gc(struct plugin *p);

#endif
