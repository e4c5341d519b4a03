/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <linux/netlink.h>
#include <stdlib.h>
#include <string.h>

#include "base/context.h"
#include "base/options.h"
#include "kernel/learnt.h"
#include "kernel/netlink.h"
#include "kernel/observe_by_key.h"
#include "kernel/own_table.h"
#include "kernel/trace.h"

/* Errors only, but one for each message of a batch. */
#define RECEIVE_BUFFER (1024 * 1024)

static void release(struct netlink_kernel *kernel)
{
	closep(&kernel->route);
	closep(&kernel->netfilter);
	closep(&kernel->monitor.fd);
	netns_close(&kernel->ns);
	batch_free(kernel->batch);
	free(kernel);
}

static void netlink_destroy(struct k8snet_kernel *kernel)
{
	release(netlink_kernel(kernel));
}

static const struct kernel_ops netlink_ops = {
	.observe = netlink_observe,
	.execute = monitor_execute,
	.has_address = netlink_has_address,
	.find_affinity = netlink_find_affinity,
	.trace = netlink_trace,
	.check = netlink_check,
	.get_fd = monitor_get_fd,
	.process = monitor_process,
	.destroy = netlink_destroy,
};

static int open_error(struct k8snet_ctx *ctx, int error, const char *netns)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_NODE,
		.id = K8SNET_MSG_NETNS,
		.object = netns ? netns : "the network namespace",
		.operation = "enter",
		.kernel_errno = -error,
	};

	switch (error) {
	case -ENOENT:
	case -ENOTDIR:
		return ctx_error(ctx, -ENOENT, &at, "%s", strerror(-error));
	case -EINVAL:
		return ctx_error(ctx, -EINVAL, &at, "not a network namespace");
	case -ENOMEM:
		return ctx_no_memory(ctx);
	case -EPERM:
		return ctx_error(ctx, -EPERM, &at, "%s: CAP_SYS_ADMIN is needed", strerror(EPERM));
	case -EACCES:
		return ctx_error(ctx, -EPERM, &at, "%s", strerror(-error));
	default:
		return ctx_error(ctx, -EIO, &at, "%s", strerror(-error));
	}
}

static int own_error(struct k8snet_ctx *ctx, int error)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_SERVICE,
		.id = netlink_get_message_id(error),
		.object = "table " NFT_TABLE,
		.operation = "own",
		.kernel_errno = error,
	};

	if (error == ENOMEM)
		return ctx_no_memory(ctx);
	return ctx_error(ctx, netlink_get_code(error), &at, "%s",
			 error == EOPNOTSUPP ? "tables that have an owner and stay need Linux 6.9"
					     : netlink_get_error_text(error));
}

static int open_sockets(struct netlink_kernel *kernel, const char *path)
{
	int r = netns_open(&kernel->ns, path);

	if (r < 0)
		return r;
	kernel->route = netns_open_socket(&kernel->ns, NETLINK_ROUTE);
	if (kernel->route < 0)
		return kernel->route;
	nlsock_reserve_receive(kernel->route, RECEIVE_BUFFER);
	return 0;
}

K8SNET_EXPORT int k8snet_kernel_open(struct k8snet_kernel **out, struct k8snet_ctx *ctx,
				     const struct k8snet_kernel_options *options)
{
	struct k8snet_kernel_options copy;
	struct netlink_kernel *kernel;
	const char *path;
	int r;

	if (options_copy(&copy, sizeof(copy), options,
			 options_end(struct k8snet_kernel_options, netns)) < 0)
		return ctx_bad_argument(ctx, "k8snet_kernel_open", "size of options not known");
	path = copy.netns;
	kernel = calloc(1, sizeof(*kernel));
	if (!kernel)
		return ctx_no_memory(ctx);
	kernel->by_key_from = OBSERVE_BY_KEY_FROM;
	kernel->ns.fd = kernel->route = kernel->netfilter = kernel->monitor.fd = -1;
	r = open_sockets(kernel, path);
	if (r < 0) {
		release(kernel);
		return open_error(ctx, r, path);
	}
	if (copy.own_tables)
		r = own_tables_begin(kernel);
	if (r < 0) {
		release(kernel);
		return own_error(ctx, -r);
	}
	kernel_init(&kernel->base, ctx, &netlink_ops);
	*out = &kernel->base;
	return 0;
}

int netlink_get_netfilter(struct netlink_kernel *kernel)
{
	if (kernel->netfilter < 0) {
		kernel->netfilter = netns_open_socket(&kernel->ns, NETLINK_NETFILTER);
		kernel->netfilter_sequence = 1;
		if (kernel->netfilter >= 0)
			nlsock_reserve_receive(kernel->netfilter, RECEIVE_BUFFER);
	}
	return kernel->netfilter;
}

int netlink_get_code(int error)
{
	switch (error) {
	case EPERM:
	case EACCES:
		return -EPERM;
	case ENOMEM:
		return -ENOMEM;
	default:
		return netlink_get_message_id(error) == K8SNET_MSG_KERNEL_LACKS ? -ENOTSUP : -EIO;
	}
}

const char *netlink_get_error_text(int error)
{
	return error == EPERM ? "Operation not permitted: CAP_NET_ADMIN is needed"
			      : strerror(error);
}

enum k8snet_message_id netlink_get_message_id(int error)
{
	switch (error) {
	case EOPNOTSUPP:
	case EPROTONOSUPPORT:
	case EAFNOSUPPORT:
	case ENOPROTOOPT:
		return K8SNET_MSG_KERNEL_LACKS;
	default:
		return K8SNET_MSG_KERNEL;
	}
}
