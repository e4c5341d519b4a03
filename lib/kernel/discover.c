/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include <k8snet/kernel.h>
#include <k8snet/node.h>

#include "base/context.h"
#include "kernel/observe.h"

static int find_by_address(struct observer *o, const struct k8snet_node *node, int *index)
{
	const struct k8snet_address *address;
	struct k8snet_prefix prefix;
	int r = -ENOENT;
	size_t i;

	for (i = 0; r == -ENOENT && (address = k8snet_node_get_address(node, i)); i++)
		r = observe_uplink(o, address, index, &prefix);
	return r;
}

/* One that a node cannot have is none. */
static int take_address(struct observer *o, struct k8snet_node *node, uint8_t family, int index)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];
	struct k8snet_prefix found;
	int r = observe_global_address(o, family, index, &found);

	if (r < 0)
		return r;
	r = k8snet_node_add_address(node,
				    k8snet_address_format(&found.address, text, sizeof(text)));
	return r == -EINVAL ? -ENOENT : r;
}

static int take_addresses(struct observer *o, struct k8snet_node *node, int index)
{
	int v4 = take_address(o, node, 4, index), v6;

	if (v4 < 0 && v4 != -ENOENT)
		return v4;
	v6 = take_address(o, node, 6, index);
	return v6 == -ENOENT ? v4 : v6;
}

/* The node has no address: it gets those of the link to the rest of the world. */
static int find_by_default_route(struct observer *o, struct k8snet_node *node, int *index)
{
	int r = observe_default_link(o, 4, index);

	if (r == 0)
		r = take_addresses(o, node, *index);
	if (r == -ENOENT)
		r = observe_default_link(o, 6, index);
	else
		return r;
	return r < 0 ? r : take_addresses(o, node, *index);
}

static int set_uplink(struct observer *o, struct k8snet_node *node, int index)
{
	const struct observed_link *link;
	int r = observe_link(o, NULL, index);

	if (r < 0)
		return r;
	link = observer_find_link(o, index);
	if (!link)
		return -ENOENT;
	/* A loopback's MTU is larger than a packet. */
	return k8snet_node_set_uplink(node, link->kobj.name,
				      link->kobj.link.mtu > UINT16_MAX ? UINT16_MAX
								       : link->kobj.link.mtu);
}

static int discover(struct observer *o, struct k8snet_node *node)
{
	int index = 0, r;

	if (k8snet_node_get_address(node, 0))
		r = find_by_address(o, node, &index);
	else
		r = find_by_default_route(o, node, &index);
	return r < 0 ? r : set_uplink(o, node, index);
}

static int fail(struct k8snet_kernel *kernel, const struct k8snet_node *node, int error)
{
	struct error_at at = {
		.layer = K8SNET_LAYER_NODE,
		.id = K8SNET_MSG_NO_UPLINK,
		.object = k8snet_node_get_name(node),
		.operation = "discover",
	};

	switch (error) {
	case -ENOMEM:
		return ctx_no_memory(kernel->ctx);
	case -ENOENT:
	case -ENODEV:
		return ctx_error(kernel->ctx, -ENOENT, &at, "%s",
				 k8snet_node_get_address(node, 0)
					 ? "no link has the node's address"
					 : "no default route, or no address on its link");
	}
	at.id = netlink_get_message_id(-error);
	at.kernel_errno = -error;
	return ctx_error(kernel->ctx, netlink_get_code(-error), &at, "%s",
			 netlink_get_error_text(-error));
}

K8SNET_EXPORT int k8snet_kernel_discover_node(struct k8snet_kernel *kernel,
					      struct k8snet_node *node)
{
	struct netlink_kernel *netlink = netlink_kernel(kernel);
	int fd = netns_open_socket(&netlink->ns, NETLINK_ROUTE), r;
	struct state scratch;
	struct observer o;

	if (fd < 0)
		return fail(kernel, node, fd);
	state_init(&scratch);
	r = observer_init(&o, &scratch, NULL, fd);
	if (r == 0) {
		r = discover(&o, node);
		observer_done(&o);
	}
	state_done(&scratch);
	return r < 0 ? fail(kernel, node, r) : 0;
}
