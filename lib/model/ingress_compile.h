/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_INGRESS_COMPILE_H
#define MODEL_INGRESS_COMPILE_H

#include "model/ingress.h"
#include "model/ingress_table.h"

/* Fill a zeroed table; NULL for all classes. -ENOMEM, without an error reported. */
int ingress_compile(struct k8snet_ingress_table *table, const struct k8snet_cluster *cluster,
		    const char *class_name);

#endif
