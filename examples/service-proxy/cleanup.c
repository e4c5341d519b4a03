/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cleanup.h"

#include <k8snet/k8snet.h>

#include "log.h"
#include "options.h"
#include "setup.h"

int cleanup(const struct options *options)
{
	struct k8snet_plan *plan = NULL;
	struct setup setup;
	int status = setup_init(&setup, options), r;

	if (status == PROXY_OK) {
		r = k8snet_plan_new(&plan, setup.cluster, NULL, setup.kernel,
				    K8SNET_PLAN_REMOVE_ALL);
		if (r == 0)
			r = k8snet_plan_apply(plan, setup.kernel, NULL);
		if (r == 0)
			log_info("%zu operations", k8snet_plan_count_ops(plan));
		status = r < 0 ? PROXY_FAILED : PROXY_OK;
	}
	k8snet_plan_unref(plan);
	setup_done(&setup);
	return status;
}
