/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef TESTS_MODEL_DUMP_H
#define TESTS_MODEL_DUMP_H

struct k8snet_cluster;

/* All that the public getters tell about a cluster, as text, to be compared. The
 * caller's, to be released with free(). */
char *model_dump(const struct k8snet_cluster *cluster);

#endif
