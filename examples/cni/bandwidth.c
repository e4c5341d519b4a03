/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bandwidth: how fast a container may receive (ingress) and send (egress). What it sends
 * goes through a device of its own (ifb), for only what leaves a device can be held back. */
#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>

#include "link.h"
#include "plugin.h"
#include "traffic.h"
#include "veth.h"

typedef const struct k8snet_json value_t;

struct bandwidth {
	struct rate ingress, egress;
	struct subnets subnets;
};

/* --- configuration ------------------------------------------------------------------------- */

static int read_rate(struct plugin *p, value_t *value, const char *direction, struct rate *out)
{
	int64_t rate = 0, burst = 0;
	char key[32];
	int r;

	snprintf(key, sizeof(key), "%sRate", direction);
	r = k8snet_cni_request_read_integer(p->request, value, key, 0, INT64_MAX, &rate);
	snprintf(key, sizeof(key), "%sBurst", direction);
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, value, key, 0,
						    8 * (int64_t)UINT32_MAX - 1, &burst);
	if (r == 0 && !rate != !burst)
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "if %s%s is set, %s%s must also be set",
				direction, rate ? "Rate" : "Burst", direction,
				rate ? "Burst" : "Rate");
	if (r == 0 && rate && (rate < 8 || burst < 8))
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "%s: less than a byte", direction);
	*out = (struct rate){.bytes = (uint64_t)rate / 8, .burst = (uint32_t)(burst / 8)};
	return r;
}

static int read_subnet(struct plugin *p, value_t *item, struct subnets *subnets)
{
	const char *text = k8snet_json_get_string(item);

	if (!text || k8snet_prefix_parse(&subnets->items[subnets->count], text) < 0)
		return k8snet_cni_request_refuse(p->request, item, "not a subnet");
	subnets->count++;
	return 0;
}

static int read_subnets(struct plugin *p, value_t *value, struct subnets *out)
{
	value_t *limited = NULL, *others = NULL, *list, *item = NULL;
	int r = k8snet_cni_request_read_array(p->request, value, "shapedSubnets", &limited);

	if (r == 0)
		r = k8snet_cni_request_read_array(p->request, value, "unshapedSubnets", &others);
	if (r < 0)
		return r;
	out->are_limited = k8snet_json_count(limited) > 0;
	if (out->are_limited && k8snet_json_count(others))
		return k8snet_cni_request_refuse(p->request, others,
						 "shapedSubnets are given, too");
	list = out->are_limited ? limited : others;
	if (k8snet_json_count(list) > SUBNETS_MAX)
		return k8snet_cni_request_refuse(p->request, list, "more than %d", SUBNETS_MAX);
	while (r == 0 && (item = k8snet_json_next(list, item)))
		r = read_subnet(p, item, out);
	return r;
}

static bool has_limit(const struct bandwidth *b)
{
	return b->ingress.burst || b->egress.burst;
}

static bool has_any(value_t *config)
{
	static const char *const keys[] = {"ingressRate", "ingressBurst",  "egressRate",
					   "egressBurst", "shapedSubnets", "unshapedSubnets"};
	size_t i;

	for (i = 0; i < ARRAY_SIZE(keys); i++)
		if (k8snet_json_get_any_case(config, keys[i]))
			return true;
	return false;
}

static int bandwidth_read(struct plugin *p, struct bandwidth *b)
{
	value_t *config = k8snet_cni_request_get_config(p->request);
	value_t *from = has_any(config) ? config : NULL;
	int r = 0;

	*b = (struct bandwidth){0};
	if (!from)
		r = k8snet_cni_request_read_object(p->request, NULL, "runtimeConfig.bandwidth",
						   &from);
	if (r == 0 && from)
		r = read_subnets(p, from, &b->subnets);
	if (r == 0 && from)
		r = read_rate(p, from, "ingress", &b->ingress);
	if (r == 0 && from)
		r = read_rate(p, from, "egress", &b->egress);
	return r;
}

/* --- the link --------------------------------------------------------------------------- */

static bool is_named(const struct k8snet_cni_result *result, const char *name)
{
	const struct k8snet_cni_interface *interface = NULL;

	while ((interface = k8snet_cni_result_next_interface(result, interface)))
		if (!k8snet_cni_interface_get_sandbox(interface) &&
		    !strcmp(k8snet_cni_interface_get_name(interface), name))
			return true;
	return false;
}

/* The node's end of the container's veth pair, if the plugins before us made it. */
static int find_host_link(struct plugin *p, struct link *host)
{
	struct link container;
	int r = veth_find(p, &container, host);

	if (r < 0 || is_named(p->prev_result, host->name))
		return r;
	return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
			   "bandwidth: prevResult does not name link %s, the other end of %s",
			   host->name, p->ifname);
}

/* --- ADD ---------------------------------------------------------------------------------------
 */

static void put_ifb(struct plugin *p, const struct link *host, const uint8_t mac[6])
{
	const struct ifinfomsg header = {.ifi_flags = IFF_UP, .ifi_change = IFF_UP};
	struct nlmsghdr *message =
		netlink_add(&p->host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header,
			    sizeof(header), "link %s: add", p->owner.ifb);
	struct nlattr *info;

	mnl_attr_put_strz(message, IFLA_IFNAME, p->owner.ifb);
	mnl_attr_put(message, IFLA_ADDRESS, 6, mac);
	mnl_attr_put_u32(message, IFLA_MTU, host->mtu);
	if (host->tx_queue_length)
		mnl_attr_put_u32(message, IFLA_TXQLEN, host->tx_queue_length);
	info = mnl_attr_nest_start(message, IFLA_LINKINFO);
	mnl_attr_put_strz(message, IFLA_INFO_KIND, "ifb");
	mnl_attr_nest_end(message, info);
}

/* The kernel takes no alias with a new link. In one call, for what is killed in between
 * would be nobody's. */
static int try_make(struct plugin *p, const struct link *host, const uint8_t mac[6])
{
	put_ifb(p, host, mac);
	veth_put_alias(p, link_put_change(&p->host, p->owner.ifb, true, "set alias"));
	return netlink_flush(&p->host);
}

/* One that is there is of a call that was killed. */
static int make_ifb(struct plugin *p, const struct link *host, uint8_t mac[6])
{
	int r = mac_generate(mac);

	if (r < 0)
		return plugin_fail_errno(p, r, "random number");
	r = try_make(p, host, mac);
	if (r == -EEXIST) {
		(void)link_delete(&p->host, p->owner.ifb);
		r = try_make(p, host, mac);
	}
	return r < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}

static int limit_egress(struct plugin *p, const struct bandwidth *b, const struct link *host,
			struct k8snet_cni_result *result)
{
	struct k8snet_cni_interface *interface;
	uint8_t mac[6];
	int index, r = make_ifb(p, host, mac);

	if (r < 0)
		return r;
	index = link_get_index(&p->host, p->owner.ifb);
	if (index < 0)
		return plugin_fail_errno(p, index, "link %s", p->owner.ifb);
	r = traffic_limit(&p->host, index, &b->egress, &b->subnets, false);
	if (r == 0)
		r = traffic_redirect(&p->host, host->index, index);
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	r = k8snet_cni_result_add_interface(result, &interface, p->owner.ifb);
	return r < 0 ? r : k8snet_cni_interface_set_mac_bytes(interface, mac);
}

static void undo(struct plugin *p, const struct link *host)
{
	traffic_reset(&p->host, host->index);
	(void)link_delete(&p->host, p->owner.ifb);
}

static int bandwidth_add(struct plugin *p, struct k8snet_cni_result *result)
{
	struct link host;
	struct bandwidth b;
	int r = bandwidth_read(p, &b);

	if (r < 0)
		return r;
	if (!p->prev_result)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "bandwidth: must be called as chained plugin");
	if (!has_limit(&b))
		return 0;
	r = find_host_link(p, &host);
	if (r < 0)
		return r;
	/* What a killed ADD left. */
	traffic_reset(&p->host, host.index);
	/* What leaves the container's link on the node is what it receives. */
	if (b.ingress.burst &&
	    traffic_limit(&p->host, host.index, &b.ingress, &b.subnets, true) < 0)
		r = plugin_fail_netlink(p, &p->host);
	if (r == 0 && b.egress.burst)
		r = limit_egress(p, &b, &host, result);
	if (r < 0)
		undo(p, &host);
	return r;
}

/* --- the others
 * ------------------------------------------------------------------------------------ */

static int bandwidth_del(struct plugin *p)
{
	struct saved_error error;
	struct link container, host;
	int r = plugin_open_host(p);

	if (r < 0)
		return r;
	r = link_delete(&p->host, p->owner.ifb);
	if (r < 0 && r != -ENODEV)
		return plugin_fail_netlink(p, &p->host);
	if (!p->netns_path)
		return 0;
	plugin_save_error(p, &error);
	if (veth_find(p, &container, &host) == 0 &&
	    (!p->prev_result || is_named(p->prev_result, host.name)))
		traffic_reset(&p->host, host.index);
	plugin_restore_error(p, &error);
	return 0;
}

static int check_limit(struct plugin *p, const struct bandwidth *b, const struct link *link,
		       bool is_ingress)
{
	const struct rate *wanted = is_ingress ? &b->ingress : &b->egress;
	struct rate rate = {0};
	int r = traffic_get_limit(&p->host, link->index, &b->subnets, is_ingress, &rate);

	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	if (r == 0)
		return plugin_deviates(p, "link %s: there is no limit%s", link->name,
				       b->subnets.count ? " for these subnets" : "");
	if (!traffic_is_limit(&rate, wanted, &b->subnets))
		return plugin_deviates(
			p, "link %s: the limit is %llu bytes/s with %u, not %llu with %u",
			link->name, (unsigned long long)rate.bytes, rate.burst,
			(unsigned long long)wanted->bytes, wanted->burst);
	return 0;
}

static int check_egress(struct plugin *p, const struct bandwidth *b, const struct link *host)
{
	struct link ifb;
	int r = link_get(&p->host, p->owner.ifb, &ifb);

	if (r == -ENODEV)
		return plugin_deviates(p, "link %s is not there", p->owner.ifb);
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	if (!(ifb.flags & IFF_UP))
		return plugin_deviates(p, "link %s is down", p->owner.ifb);
	r = check_limit(p, b, &ifb, false);
	if (r < 0)
		return r;
	r = traffic_is_redirected(&p->host, host->index, ifb.index);
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	return r ? 0
		 : plugin_deviates(p, "link %s: what arrives is not redirected to %s", host->name,
				   p->owner.ifb);
}

static int bandwidth_check(struct plugin *p)
{
	struct link host;
	struct bandwidth b;
	int r = bandwidth_read(p, &b);

	if (r < 0 || !has_limit(&b))
		return r;
	r = find_host_link(p, &host);
	if (r == 0 && b.ingress.burst)
		r = check_limit(p, &b, &host, true);
	if (r == 0 && b.egress.burst)
		r = check_egress(p, &b, &host);
	return r;
}

/* DEL of what has no limit now takes away those that it had. */
static bool bandwidth_uses_netns(struct plugin *p)
{
	struct bandwidth b;

	return k8snet_cni_request_get_command(p->request) == K8SNET_CNI_DEL ||
	       (bandwidth_read(p, &b) == 0 && has_limit(&b));
}

static int bandwidth_status(struct plugin *p)
{
	return plugin_probe(p, false);
}

const struct plugin_type type_bandwidth = {
	.name = "bandwidth",
	.add = bandwidth_add,
	.del = bandwidth_del,
	.check = bandwidth_check,
	.status = bandwidth_status,
	.uses_netns = bandwidth_uses_netns,
	.gc = ifb_gc,
};
