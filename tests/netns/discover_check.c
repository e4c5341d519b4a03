/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Uplinks, by a node's address and by the default route. NODE BARE: a namespace
 * with links as test_discover.sh makes them, and an empty one. NODE alone: say what
 * is found by the default route. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "kernel_check.h"

static struct k8snet_ctx *ctx;
static struct k8snet_kernel *kernel;

/* Discover a node that has these addresses; -errno, or 0 with the uplink. */
static int discover(const char *v4, const char *v6, struct k8snet_node **out)
{
	struct k8snet_cluster *cluster;
	struct k8snet_node *node;
	int r;

	if (k8snet_cluster_new(&cluster, ctx) < 0 ||
	    k8snet_node_new(&node, cluster, "node-1") < 0 ||
	    (v4 && k8snet_node_add_address(node, v4) < 0) ||
	    (v6 && k8snet_node_add_address(node, v6) < 0))
		return -EINVAL;
	r = k8snet_kernel_discover_node(kernel, node);
	*out = node;
	k8snet_cluster_unref(cluster);
	return r;
}

static bool is_uplink(const struct k8snet_node *node, const char *name, uint32_t mtu)
{
	const char *found = k8snet_node_get_uplink_name(node);

	return found && !strcmp(found, name) && k8snet_node_get_uplink_mtu(node) == mtu;
}

static bool has_address(const struct k8snet_node *node, size_t index, const char *text)
{
	const struct k8snet_address *address = k8snet_node_get_address(node, index);
	const struct k8snet_address wanted = ip(text);

	return address && k8snet_address_is_equal(address, &wanted);
}

static void check_discover(void)
{
	struct k8snet_node *node;

	DONE(discover("10.100.0.2", NULL, &node) == 0, "by an IPv4 address");
	CHECK(is_uplink(node, "up0", 1400));
	k8snet_node_unref(node);
	DONE(discover(NULL, "2001:db8::2", &node) == 0, "by an IPv6 address");
	CHECK(is_uplink(node, "up0", 1400));
	k8snet_node_unref(node);
	DONE(discover("10.200.0.2", NULL, &node) == 0, "another link");
	CHECK(is_uplink(node, "up1", 1500));
	k8snet_node_unref(node);
	DONE(discover(NULL, NULL, &node) == 0, "by the default route");
	CHECK(is_uplink(node, "up0", 1400));
	CHECK(has_address(node, 0, "10.100.0.2") && has_address(node, 1, "2001:db8::2"));
	CHECK(!k8snet_node_get_address(node, 2));
	k8snet_node_unref(node);
	/* In the link's network, and reached through the default route: not its own. */
	CHECK(discover("10.100.0.3", NULL, &node) == -ENOENT);
	CHECK(k8snet_error_get_id(k8snet_ctx_get_error(ctx)) == K8SNET_MSG_NO_UPLINK);
	k8snet_node_unref(node);
	CHECK(discover("203.0.113.7", "2001:db8:ffff::1", &node) == -ENOENT);
	k8snet_node_unref(node);
}

static bool is_state_uplink(const struct state *state, size_t i, const char *name,
			    const char *prefix)
{
	const struct k8snet_prefix wanted = net(prefix);
	const struct state_uplink *uplink = &state->uplinks[i];

	return !strcmp(uplink->name, name) && uplink->prefix.length == wanted.length &&
	       k8snet_address_is_equal(&uplink->prefix.address, &wanted.address);
}

static void check_observe(bool all)
{
	struct observe_request request = {.all = all};
	struct state state;

	*vec_push(&request.addresses) = ip("10.100.0.2");
	*vec_push(&request.addresses) = ip("2001:db8::2");
	state_init(&state);
	DONE(kernel->ops->observe(kernel, &request, &state) == 0,
	     all ? "looking at all" : "looking at uplinks alone");
	CHECK(is_state_uplink(&state, 0, "up0", "10.100.0.2/24"));
	CHECK(is_state_uplink(&state, 1, "up0", "2001:db8::2/64"));
	CHECK(state.uplinks[0].mtu == 1400);
	state_done(&state);
	observe_request_done(&request);
}

static int say_what_is_found(void)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	struct k8snet_node *node;
	int r = discover(NULL, NULL, &node);
	size_t i;

	printf("%s", r == 0 ? k8snet_node_get_uplink_name(node) : "none");
	for (i = 0; r == 0 && k8snet_node_get_address(node, i); i++)
		printf(" %s",
		       k8snet_address_format(k8snet_node_get_address(node, i), text, sizeof(text)));
	printf("\n");
	k8snet_node_unref(node);
	/* Whatever it was, it was told. */
	return r < 0 && (r != -ENOENT || !k8snet_ctx_get_error(ctx));
}

int main(int argc, char **argv)
{
	struct k8snet_node *node;

	if (argc == 2 && k8snet_ctx_new(&ctx, NULL) == 0) {
		kernel = open_kernel(ctx, argv[1]);
		n_failed = say_what_is_found();
		k8snet_kernel_unref(kernel);
		k8snet_ctx_unref(ctx);
		return n_failed;
	}
	if (argc != 3 || k8snet_ctx_new(&ctx, NULL) < 0)
		return 1;
	kernel = open_kernel(ctx, argv[1]);
	check_discover();
	check_observe(true);
	check_observe(false);
	k8snet_kernel_unref(kernel);
	kernel = open_kernel(ctx, argv[2]);
	CHECK(discover(NULL, NULL, &node) == -ENOENT);
	CHECK(k8snet_error_get_id(k8snet_ctx_get_error(ctx)) == K8SNET_MSG_NO_UPLINK);
	k8snet_node_unref(node);
	k8snet_kernel_unref(kernel);
	k8snet_ctx_unref(ctx);
	return n_failed != 0;
}
