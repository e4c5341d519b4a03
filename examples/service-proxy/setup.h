/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_SETUP_H
#define PROXY_SETUP_H

struct k8snet_cluster;
struct k8snet_ctx;
struct k8snet_kernel;
struct options;

/* What every command of the program begins with. */
struct setup {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	struct k8snet_kernel *kernel;
};

/* Enter the namespace, open the kernel, and make an empty cluster as the options say.
 * PROXY_OK or another exit status; what is wrong has been said. */
int setup_init(struct setup *setup, const struct options *options);
void setup_done(struct setup *setup);

#endif
