/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* A virtual IP before two pods: layer 2, from Kubernetes objects. Takes root. */
#include <k8snet/k8snet.h>
#include <stdio.h>
#include <string.h>

#include "hello-util.h"

#define META "\"metadata\": {\"namespace\": \"hello\", "

/* What an API server would serve; `kubectl get -o json` prints the same. */
static const char objects[] =
	"{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": \"node-1\"},"
	" \"spec\": {\"podCIDRs\": [\"10.1.1.0/24\"]}}"
	"{\"apiVersion\": \"v1\", \"kind\": \"Service\", " META "\"name\": \"web\"},"
	" \"spec\": {\"clusterIP\": \"10.96.0.10\", \"clusterIPs\": [\"10.96.0.10\"],"
	" \"ports\": [{\"port\": 80, \"targetPort\": 8080, \"protocol\": \"TCP\"}]}}"
	"{\"apiVersion\": \"discovery.k8s.io/v1\", \"kind\": \"EndpointSlice\"," META
	"\"name\": \"web-1\", \"labels\": {\"kubernetes.io/service-name\": \"web\"}},"
	" \"addressType\": \"IPv4\", \"ports\": [{\"port\": 8080, \"protocol\": \"TCP\"}],"
	" \"endpoints\": [{\"addresses\": [\"10.1.1.2\"], \"nodeName\": \"node-1\"},"
	" {\"addresses\": [\"10.1.1.3\"], \"nodeName\": \"node-1\"}]}";

static int ask_ten_times(const char *from)
{
	char answer[64];

	for (int i = 0; i < 10; i++) {
		if (hello_ask(from, "10.96.0.10", 80, answer, sizeof(answer)) < 0)
			return -1;
		printf("10.96.0.10:80 answered by %s\n", answer);
	}
	return 0;
}

int main(void)
{
	const char *machine = hello_netns(), *client = hello_netns();
	const char *web[] = {hello_netns(), hello_netns()};
	struct k8snet_kernel_options options = {.size = sizeof(options), .netns = machine};
	struct k8snet_ctx *ctx = NULL;
	struct k8snet_cluster *cluster = NULL;
	struct k8snet_kernel *kernel = NULL;
	int r;

	if (!machine || !client || !web[0] || !web[1])
		return 1;
	r = k8snet_ctx_new(&ctx, NULL);
	if (r == 0)
		r = k8snet_cluster_new(&cluster, ctx);
	if (r == 0)
		r = k8snet_cluster_load_json(cluster, "hello", objects, strlen(objects));
	if (r == 0) /* no other nodes to reach: its name does not matter, the MTU does */
		r = k8snet_node_set_uplink(k8snet_cluster_find_node(cluster, "node-1"), "eth0",
					   1500);
	if (r == 0)
		r = hello_add_pod(cluster, "web-0", "10.1.1.2", web[0]);
	if (r == 0)
		r = hello_add_pod(cluster, "web-1", "10.1.1.3", web[1]);
	if (r == 0)
		r = hello_add_pod(cluster, "client", "10.1.1.4", client);
	if (r == 0)
		r = k8snet_kernel_open(&kernel, ctx, &options);
	if (r == 0)
		r = hello_apply(cluster, kernel);
	if (r < 0 && ctx && k8snet_ctx_get_error(ctx))
		fprintf(stderr, "%s\n", k8snet_error_get_message(k8snet_ctx_get_error(ctx)));
	if (r == 0 && hello_serve(web[0], 8080, "web-0") == 0 &&
	    hello_serve(web[1], 8080, "web-1") == 0)
		r = ask_ten_times(client);

	k8snet_kernel_unref(kernel);
	k8snet_cluster_unref(cluster);
	k8snet_ctx_unref(ctx);
	return r == 0 ? 0 : 1;
}
