/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "setup.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>

#include <k8snet/k8snet.h>

#include "log.h"
#include "options.h"
#include "util.h"

/* All of the program, its servers too, works there. */
static int enter(const char *netns)
{
	_cleanup_close_ int fd = -1;

	if (!netns)
		return PROXY_OK;
	fd = open(netns, O_RDONLY | O_CLOEXEC);
	if (fd >= 0 && setns(fd, CLONE_NEWNET) == 0)
		return PROXY_OK;
	log_error("%s: %s%s", netns, strerror(errno),
		  errno == EPERM ? ": CAP_SYS_ADMIN is needed" : "");
	return PROXY_FAILED;
}

typedef int (*add_cidr_fn)(struct k8snet_cluster *cluster, const char *cidr);

static int add_cidrs(struct k8snet_cluster *cluster, const struct cidr_list *list, add_cidr_fn add)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = add(cluster, list->items[i]);
	return r;
}

static int configure(struct k8snet_cluster *cluster, const struct options *options)
{
	int r = k8snet_cluster_set_services_only(cluster, true);

	if (r == 0)
		r = k8snet_cluster_set_masquerade_mark(cluster, options->masquerade_mark);
	if (r == 0)
		r = k8snet_cluster_set_masquerade_all(cluster, options->masquerade_all);
	if (r == 0)
		r = k8snet_cluster_set_counters(cluster, options->counters);
	if (r == 0)
		r = k8snet_cluster_set_reset_connections(cluster, options->reset_connections);
	if (r == 0)
		r = k8snet_cluster_set_local_detection(cluster, options->detection);
	if (r == 0 && options->pod_interface[0])
		r = k8snet_cluster_add_pod_interface(cluster, options->pod_interface);
	if (r == 0)
		r = add_cidrs(cluster, &options->cluster_cidrs, k8snet_cluster_add_pod_cidr);
	if (r == 0)
		r = add_cidrs(cluster, &options->service_cidrs, k8snet_cluster_add_service_cidr);
	if (r == 0)
		r = add_cidrs(cluster, &options->node_port_cidrs,
			      k8snet_cluster_add_node_port_cidr);
	return r;
}

int setup_init(struct setup *setup, const struct options *options)
{
	const struct k8snet_ctx_options ctx_options = {
		.size = sizeof(ctx_options),
		.log_fn = log_from_library,
		.log_level = options->verbose ? K8SNET_LOG_INFO : K8SNET_LOG_WARNING,
	};
	const struct k8snet_kernel_options kernel_options = {
		.size = sizeof(kernel_options),
		.own_tables = options->own_tables,
	};
	int status = enter(options->netns), r;

	*setup = (struct setup){0};
	if (status != PROXY_OK)
		return status;
	r = k8snet_ctx_new(&setup->ctx, &ctx_options);
	if (r < 0) /* later on the library tells */
		log_error("out of memory");
	if (r == 0)
		r = k8snet_cluster_new(&setup->cluster, setup->ctx);
	if (r == 0)
		r = configure(setup->cluster, options);
	if (r == -EINVAL || r == -EEXIST) {
		fputs("Try k8snet-service-proxy --help\n", stderr);
		return PROXY_USAGE;
	}
	if (r == 0)
		r = k8snet_kernel_open(&setup->kernel, setup->ctx, &kernel_options);
	return r < 0 ? PROXY_FAILED : PROXY_OK;
}

void setup_done(struct setup *setup)
{
	k8snet_kernel_unref(setup->kernel);
	k8snet_cluster_unref(setup->cluster);
	k8snet_ctx_unref(setup->ctx);
	*setup = (struct setup){0};
}
