/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "peers.h"

#include <errno.h>
#include <sys/file.h>

#include "address.h"
#include "veth.h"

typedef const struct k8snet_json value_t;

/* By which we know our own routes. The library's are 75, and are not ours to remove. */
#define ROUTE_PROTOCOL 76

static int read_peer(struct plugin *p, value_t *value, struct route *out)
{
	int r;

	*out = (struct route){.scope = -1, .protocol = ROUTE_PROTOCOL};
	r = k8snet_cni_request_read_prefix(p->request, value, "dst", &out->destination);
	if (r == 0)
		r = k8snet_cni_request_read_address(p->request, value, "gw", &out->gateway);
	if (r < 0)
		return r;
	if (!out->destination.address.family || !out->gateway.family)
		return k8snet_cni_request_refuse(p->request, value, "%s is missing",
						 out->gateway.family ? "dst" : "gw");
	if (out->destination.address.family != out->gateway.family)
		return k8snet_cni_request_refuse(p->request, value, "IPv4 and IPv6 in one route");
	out->destination = prefix_mask(&out->destination);
	return 0;
}

static int for_each(struct plugin *p, int (*fn)(struct plugin *p, const struct route *route))
{
	value_t *list = NULL, *value = NULL;
	struct route route;
	int r = k8snet_cni_request_read_array(p->request, NULL, "peers", &list);

	if (r == 0 && k8snet_json_count(list))
		r = plugin_open_host(p);
	while (r == 0 && (value = k8snet_json_next(list, value))) {
		r = read_peer(p, value, &route);
		if (r == 0)
			r = fn(p, &route);
	}
	return r;
}

static int add(struct plugin *p, const struct route *route)
{
	struct route found;
	int r;

	route_put(&p->host, route, "node");
	r = netlink_flush(&p->host);
	if (r == 0)
		return 0;
	if (r != -EEXIST)
		return plugin_fail_netlink(p, &p->host);
	r = route_find(&p->host, route, &found);
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	if (r > 0 && k8snet_address_is_equal(&found.gateway, &route->gateway))
		return 0;
	if (r > 0 && found.protocol != ROUTE_PROTOCOL)
		return plugin_fail(p, ERROR_IN_USE, "peers: a route to %s exists and is not ours",
				   prefix_text(&route->destination));
	/* The node has moved; or the route has gone meanwhile. */
	if (r > 0) {
		route_put_delete(&p->host, &found, "node");
		netlink_last(&p->host)->may_fail = true;
	}
	route_put(&p->host, route, "node");
	return netlink_flush(&p->host) < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}

/* ADDs share it until they end, GC has it alone: else GC of another network would take away
 * the routes of an ADD that has no link yet. It is of the namespace itself. */
static int lock(struct plugin *p, int operation)
{
	int r = plugin_open_host_netns(p);

	if (r < 0 || flock(p->host_netns, operation) == 0)
		return r;
	if (errno == EWOULDBLOCK)
		return -EAGAIN;
	return plugin_fail_errno(p, -errno, "lock of the network namespace");
}

static bool has_peers(struct plugin *p)
{
	value_t *list = NULL;

	return k8snet_cni_request_read_array(p->request, NULL, "peers", &list) == 0 &&
	       k8snet_json_count(list);
}

int peers_add(struct plugin *p)
{
	int r = has_peers(p) ? lock(p, LOCK_SH) : 0;

	return r < 0 ? r : for_each(p, add);
}

static int check(struct plugin *p, const struct route *route)
{
	struct route found;
	int r = route_find(&p->host, route, &found);

	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	if (r == 0 || !k8snet_address_is_equal(&found.gateway, &route->gateway))
		return plugin_deviates(p, "peers: route to %s via %s is not there",
				       prefix_text(&route->destination),
				       address_text(&route->gateway));
	return 0;
}

int peers_check(struct plugin *p)
{
	return for_each(p, check);
}

/* Which network's configuration they are of is not known of routes: they go with the last
 * container of the node. */
int peers_gc(struct plugin *p)
{
	int r = lock(p, LOCK_EX | LOCK_NB);

	/* There will be a container. */
	if (r == -EAGAIN)
		return 0;
	if (r == 0)
		r = veth_exists(p);
	if (r)
		return r < 0 ? r : 0;
	return route_delete_all(&p->host, ROUTE_PROTOCOL) < 0 ? plugin_fail_netlink(p, &p->host)
							      : 0;
}

static int add_network(struct plugin *p, value_t *value, const struct k8snet_prefix *prefix,
		       struct networks networks[2])
{
	struct networks *of_family = &networks[prefix->address.family == 6];
	int r = networks_add(of_family, prefix);

	if (r == 0 && of_family->count > NETWORKS_MAX)
		r = k8snet_cni_request_refuse(p->request, value, "more than %d networks apart",
					      NETWORKS_MAX);
	return r;
}

int peers_read_networks(struct plugin *p, struct networks networks[2])
{
	value_t *list = NULL, *value = NULL;
	struct k8snet_prefix prefix;
	struct route route;
	int r = k8snet_cni_request_read_array(p->request, NULL, "peers", &list);

	while (r == 0 && (value = k8snet_json_next(list, value))) {
		r = read_peer(p, value, &route);
		if (r == 0)
			r = add_network(p, value, &route.destination, networks);
	}
	list = value = NULL;
	if (r == 0)
		r = k8snet_cni_request_read_array(p->request, NULL, "clusterNetworks", &list);
	while (r == 0 && (value = k8snet_json_next(list, value))) {
		const char *text = k8snet_json_get_string(value);

		if (!text || k8snet_prefix_parse(&prefix, text) < 0)
			r = k8snet_cni_request_refuse(p->request, value, "not a network");
		else
			r = add_network(p, value, &prefix, networks);
	}
	return r;
}
