/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_RUN_H
#define CNI_RUN_H

#include <stdbool.h>
#include <stddef.h>

#include <k8snet/cni.h>

struct cni_call {
	const struct k8snet_cni_ops *ops;
	void *data;
	const char *const *environment;
	const char *config;
	size_t length;
	int input_error;   /* positive errno: why `config` could not be read */
	bool checks_netns; /* look at the namespace itself */
};

/* k8snet_cni_run(); *is_about may not be NULL. */
int cni_run(const struct cni_call *call, char **output, bool *is_about);

#endif
