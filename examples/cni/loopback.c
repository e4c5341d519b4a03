/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* loopback: lo in the container's namespace, up. */
#include <errno.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/socket.h>

#include "address.h"
#include "link.h"
#include "plugin.h"

#define LO "lo"

static int is_loopback(const struct k8snet_prefix *prefix)
{
	static const uint8_t one[16] = {[15] = 1};

	return prefix->address.family == 4 ? prefix->address.bytes[0] == 127
					   : !memcmp(prefix->address.bytes, one, sizeof(one));
}

static int add_addresses(struct plugin *p, struct k8snet_cni_result *result, int interface)
{
	struct address_list list = {0};
	struct k8snet_cni_ip *ip;
	bool has[2] = {false, false};
	size_t i;
	int r = address_list_get(&p->container, link_get_index(&p->container, LO), &list);

	if (r < 0)
		return plugin_fail_netlink(p, &p->container);
	for (i = 0; r == 0 && i < list.count; i++) {
		bool is_ipv6 = list.items[i].prefix.address.family == 6;

		if (!is_loopback(&list.items[i].prefix)) {
			r = plugin_fail(p, ERROR_IN_USE,
					"link lo: it has an address other than that of loopback");
		} else if (!has[is_ipv6]) {
			has[is_ipv6] = true;
			r = k8snet_cni_result_add_ip(result, &ip, &list.items[i].prefix);
			if (r == 0)
				r = k8snet_cni_ip_set_interface(ip, interface);
		}
	}
	address_list_done(&list);
	return r;
}

static int add_to_result(struct plugin *p, struct k8snet_cni_result *result)
{
	struct k8snet_cni_interface *interface;
	int r = k8snet_cni_result_add_interface(result, &interface, LO);

	if (r == 0)
		r = k8snet_cni_interface_set_mac(interface, "00:00:00:00:00:00");
	if (r == 0)
		r = k8snet_cni_interface_set_sandbox(interface, p->netns_path);
	return r < 0 ? r : add_addresses(p, result, (int)k8snet_cni_interface_get_index(interface));
}

static int loopback_del(struct plugin *p)
{
	struct nlmsghdr *message;
	struct ifinfomsg *header;

	if (!p->netns_path)
		return 0;
	if (plugin_open_container(p) < 0)
		return -EIO;
	message = link_put_change(&p->container, LO, false, "down");
	header = mnl_nlmsg_get_payload(message);
	header->ifi_change = IFF_UP;
	return netlink_flush(&p->container) < 0 ? plugin_fail_netlink(p, &p->container) : 0;
}

static int loopback_add(struct plugin *p, struct k8snet_cni_result *result)
{
	struct saved_error error;
	int r = plugin_open_container(p);

	if (r < 0)
		return r;
	link_put_change(&p->container, LO, true, "up");
	if (netlink_flush(&p->container) < 0)
		return plugin_fail_netlink(p, &p->container);
	/* As a link in a chain it passes on what comes. */
	r = p->prev_result ? 0 : add_to_result(p, result);
	if (r == 0)
		return 0;
	plugin_save_error(p, &error);
	(void)loopback_del(p);
	plugin_restore_error(p, &error);
	return r;
}

static int loopback_check(struct plugin *p)
{
	struct link link;
	int r = plugin_open_container(p);

	if (r < 0)
		return r;
	if (link_get(&p->container, LO, &link) < 0)
		return plugin_deviates(p, "link lo is not there");
	return link.flags & IFF_UP ? 0 : plugin_deviates(p, "link lo is down");
}

const struct plugin_type type_loopback = {
	.name = "loopback",
	.add = loopback_add,
	.del = loopback_del,
	.check = loopback_check,
};
