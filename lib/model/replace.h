/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_REPLACE_H
#define MODEL_REPLACE_H

#include "model/cluster.h"

/* A text names this object: a replacement of its kind keeps it. */
void replace_keep_object(struct model_object *object);
/* The same for the one that the cluster has under this name, if it has one. */
void replace_keep(struct k8snet_cluster *cluster, enum model_kind kind, const char *namespace_,
		  const char *name);
/* Tell options->changed, if it is there. */
void replace_tell(const struct k8snet_load_options *options, enum k8snet_change change,
		  const struct model_object *object);

#define LOAD_OPTIONS_MINIMUM options_end(struct k8snet_load_options, data)

#endif
