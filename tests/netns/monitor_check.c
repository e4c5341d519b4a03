/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Notices of what others do to the tables of a namespace, for test_monitor.sh.
 *
 *   monitor_check NETNS SERVICES
 *
 * Programs SERVICES services with 4 endpoints each, then answers lines of standard
 * input. "wait": for a notice, at most 2 s; "look": for none, within 200 ms; "change":
 * an endpoint more or less. Each answer is "disturbed" or "undisturbed", and after it how
 * many operations the plan had that was then applied: "disturbed 3".
 */
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/k8snet.h>

struct check {
	struct k8snet_ctx *ctx;
	struct k8snet_cluster *cluster;
	struct k8snet_kernel *kernel;
	struct k8snet_endpointslice *slice;
	int fd;
};

static void must(const struct check *c, int r)
{
	const struct k8snet_error *error = c->ctx ? k8snet_ctx_get_error(c->ctx) : NULL;

	if (r >= 0)
		return;
	printf("error: %s\n", error ? k8snet_error_get_message(error) : "?");
	exit(1);
}

static void add_service(struct check *c, int n)
{
	struct k8snet_service *service;
	char name[32], address[32];
	int i;

	snprintf(name, sizeof(name), "s%d", n);
	snprintf(address, sizeof(address), "10.96.%d.%d", n / 250, n % 250 + 1);
	must(c, k8snet_service_new(&service, c->cluster, "shop", name));
	must(c, k8snet_service_add_cluster_ip(service, address));
	must(c, k8snet_service_add_port(service, "", K8SNET_PROTOCOL_TCP, 80, 0));
	k8snet_service_unref(service);
	k8snet_endpointslice_unref(c->slice);
	must(c, k8snet_endpointslice_new(&c->slice, c->cluster, "shop", name, name, 4));
	must(c, k8snet_endpointslice_add_port(c->slice, "", K8SNET_PROTOCOL_TCP, 8080));
	for (i = 0; i < 4; i++) {
		snprintf(address, sizeof(address), "10.1.%d.%d", n / 60, n % 60 * 4 + i + 1);
		must(c, k8snet_endpointslice_add_endpoint(c->slice, address, "node-1",
							  K8SNET_ENDPOINT_READY));
	}
}

static void init(struct check *c, const char *netns, int services)
{
	struct k8snet_kernel_options options = {.size = sizeof(options), .netns = netns};
	struct k8snet_node *node;
	int i;

	must(c, k8snet_ctx_new(&c->ctx, NULL));
	must(c, k8snet_cluster_new(&c->cluster, c->ctx));
	must(c, k8snet_cluster_set_services_only(c->cluster, true));
	must(c, k8snet_node_new(&node, c->cluster, "node-1"));
	must(c, k8snet_node_add_address(node, "192.0.2.1"));
	k8snet_node_unref(node);
	for (i = 0; i < services; i++)
		add_service(c, i);
	must(c, k8snet_kernel_open(&c->kernel, c->ctx, &options));
	c->fd = k8snet_kernel_get_fd(c->kernel);
	must(c, c->fd);
}

/* What is known before the plan, and what the plan is. */
static void answer(struct check *c)
{
	bool is_disturbed = k8snet_kernel_is_disturbed(c->kernel);
	struct k8snet_plan *plan;

	must(c, k8snet_plan_new(&plan, c->cluster, "node-1", c->kernel, 0));
	must(c, k8snet_plan_apply(plan, c->kernel, NULL));
	printf("%s %zu\n", is_disturbed ? "disturbed" : "undisturbed", k8snet_plan_count_ops(plan));
	fflush(stdout);
	k8snet_plan_unref(plan);
}

static void wait_for(struct check *c, int milliseconds)
{
	struct pollfd p = {.fd = c->fd, .events = POLLIN};

	/* Of one change there are several notices. */
	while (!k8snet_kernel_is_disturbed(c->kernel) && poll(&p, 1, milliseconds) > 0)
		must(c, k8snet_kernel_process(c->kernel));
}

int main(int argc, char **argv)
{
	struct check c = {0};
	char line[32];
	bool more = true;

	if (argc != 3)
		return 2;
	init(&c, argv[1], atoi(argv[2]));
	answer(&c);
	while (fgets(line, sizeof(line), stdin)) {
		if (!strcmp(line, "change\n")) {
			must(&c, more ? k8snet_endpointslice_add_endpoint(c.slice, "10.9.9.9", NULL,
									  K8SNET_ENDPOINT_READY)
				      : k8snet_endpointslice_remove_endpoint(c.slice, "10.9.9.9"));
			more = !more;
		} else {
			wait_for(&c, strcmp(line, "wait\n") ? 200 : 2000);
		}
		answer(&c);
	}
	k8snet_endpointslice_unref(c.slice);
	k8snet_kernel_unref(c.kernel);
	k8snet_cluster_unref(c.cluster);
	k8snet_ctx_unref(c.ctx);
	return 0;
}
