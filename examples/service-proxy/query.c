/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "query.h"

#include <stdio.h>

#include <k8snet/k8snet.h>

#include "log.h"
#include "options.h"

int query_usage(const char *format, const char *what)
{
	fputs("k8snet-service-proxy: ", stderr);
	fprintf(stderr, format, what);
	fputs("\nTry k8snet-service-proxy --help\n", stderr);
	return PROXY_USAGE;
}

int query_init(struct query *query)
{
	const struct k8snet_ctx_options ctx_options = {
		.size = sizeof(ctx_options),
		.log_fn = log_from_library,
		.log_level = K8SNET_LOG_WARNING,
	};
	const struct k8snet_kernel_options options = {.size = sizeof(options),
						      .netns = query->netns};
	int r = k8snet_ctx_new(&query->ctx, &ctx_options);

	if (r == 0)
		r = k8snet_kernel_open(&query->kernel, query->ctx, &options);
	if (r == 0)
		r = k8snet_table_read(&query->table, query->kernel);
	return r < 0 ? PROXY_FAILED : PROXY_OK;
}

void query_done(struct query *query)
{
	k8snet_table_unref(query->table);
	k8snet_kernel_unref(query->kernel);
	k8snet_ctx_unref(query->ctx);
}
