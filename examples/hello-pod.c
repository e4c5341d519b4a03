/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Two pods on one node talk to each other: layer 1, by setters. Takes root. */
#include <k8snet/k8snet.h>
#include <stdio.h>

#include "hello-util.h"

/* A node is an object of the model; what it stands for is the kernel below. */
static int add_node(struct k8snet_cluster *cluster)
{
	struct k8snet_node *node = NULL;
	int r = k8snet_node_new(&node, cluster, "node-1");

	if (r == 0)
		r = k8snet_node_add_pod_cidr(node, "10.1.1.0/24");
	/* It has no other nodes to reach: its name does not matter, the MTU does. */
	if (r == 0)
		r = k8snet_node_set_uplink(node, "eth0", 1500);
	k8snet_node_unref(node);
	return r;
}

static int talk(const char *from)
{
	char answer[64];

	if (hello_ask(from, "10.1.1.3", 7, answer, sizeof(answer)) < 0)
		return -1;
	printf("ping asked 10.1.1.3: %s\n", answer);
	return 0;
}

int main(void)
{
	const char *machine = hello_netns(), *ping = hello_netns(), *pong = hello_netns();
	struct k8snet_kernel_options options = {.size = sizeof(options), .netns = machine};
	struct k8snet_ctx *ctx = NULL;
	struct k8snet_cluster *cluster = NULL;
	struct k8snet_kernel *kernel = NULL;
	int r;

	if (!machine || !ping || !pong)
		return 1;
	r = k8snet_ctx_new(&ctx, NULL);
	if (r == 0)
		r = k8snet_cluster_new(&cluster, ctx);
	if (r == 0)
		r = add_node(cluster);
	if (r == 0)
		r = hello_add_pod(cluster, "ping", "10.1.1.2", ping);
	if (r == 0)
		r = hello_add_pod(cluster, "pong", "10.1.1.3", pong);
	if (r == 0)
		r = k8snet_kernel_open(&kernel, ctx, &options);
	if (r == 0)
		r = hello_apply(cluster, kernel);
	if (r < 0 && ctx && k8snet_ctx_get_error(ctx))
		fprintf(stderr, "%s\n", k8snet_error_get_message(k8snet_ctx_get_error(ctx)));
	if (r == 0)
		r = hello_serve(pong, 7, "hello from pong");
	if (r == 0)
		r = talk(ping);

	k8snet_kernel_unref(kernel);
	k8snet_cluster_unref(cluster);
	k8snet_ctx_unref(ctx);
	return r == 0 ? 0 : 1;
}
