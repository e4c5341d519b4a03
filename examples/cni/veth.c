/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "veth.h"

#include <errno.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WAIT_MS 2500

/* --- ADD ----------------------------------------------------------------------------- */

static void put_peer(struct plugin *p, struct nlmsghdr *message, const struct veth *veth)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO), *data, *peer;

	mnl_attr_put_strz(message, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(message, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(message, VETH_INFO_PEER);
	memset(mnl_nlmsg_get_payload_tail(message), 0, sizeof(struct ifinfomsg));
	message->nlmsg_len += MNL_ALIGN(sizeof(struct ifinfomsg));
	mnl_attr_put_strz(message, IFLA_IFNAME, p->ifname);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(veth->mac), veth->mac);
	if (veth->mtu)
		mnl_attr_put_u32(message, IFLA_MTU, veth->mtu);
	/* Made where it belongs: to move it would take longer than all the rest. */
	mnl_attr_put_u32(message, IFLA_NET_NS_FD, (uint32_t)p->netns);
	mnl_attr_nest_end(message, peer);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

static int make(struct plugin *p, const struct veth *veth)
{
	const struct ifinfomsg header = {0};
	struct nlmsghdr *message;

	message = netlink_add(&p->host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, &header,
			      sizeof(header), "link %s in %s: add with its peer %s", p->ifname,
			      p->netns_path, p->owner.link);
	mnl_attr_put_strz(message, IFLA_IFNAME, p->owner.link);
	mnl_attr_put(message, IFLA_ADDRESS, sizeof(veth->host_mac), veth->host_mac);
	if (veth->mtu)
		mnl_attr_put_u32(message, IFLA_MTU, veth->mtu);
	if (veth->master)
		mnl_attr_put_u32(message, IFLA_MASTER, (uint32_t)veth->master);
	put_peer(p, message, veth);
	return netlink_flush(&p->host);
}

static void put_port(struct nlmsghdr *message, const struct veth *veth)
{
	struct nlattr *info = mnl_attr_nest_start(message, IFLA_LINKINFO), *data;

	mnl_attr_put_strz(message, IFLA_INFO_SLAVE_KIND, "bridge");
	data = mnl_attr_nest_start(message, IFLA_INFO_SLAVE_DATA);
	if (veth->hairpin)
		mnl_attr_put_u8(message, IFLA_BRPORT_MODE, 1);
	if (veth->isolated)
		mnl_attr_put_u8(message, IFLA_BRPORT_ISOLATED, 1);
	mnl_attr_nest_end(message, data);
	mnl_attr_nest_end(message, info);
}

void veth_put_alias(struct plugin *p, struct nlmsghdr *message)
{
	char alias[256];

	snprintf(alias, sizeof(alias), VETH_ALIAS "%s", p->owner.text);
	mnl_attr_put(message, IFLA_IFALIAS, strlen(alias), alias);
}

/* The kernel takes neither an alias nor a port's settings with a new link. */
static int set(struct plugin *p, const struct veth *veth)
{
	struct nlmsghdr *message = link_put_change(&p->host, p->owner.link, true, "set up");

	veth_put_alias(p, message);
	if (veth->master && (veth->hairpin || veth->isolated))
		put_port(message, veth);
	return netlink_flush(&p->host);
}

/* Whose it is; NULL: not ours. */
static const char *get_owner(const struct link *link)
{
	return strncmp(link->alias, VETH_ALIAS, strlen(VETH_ALIAS))
		       ? NULL
		       : link->alias + strlen(VETH_ALIAS);
}

static bool is_own(const struct plugin *p, const struct link *link)
{
	const char *owner = get_owner(link);

	/* No alias yet: it was killed in between. */
	return !link->alias[0] || (owner && !strcmp(owner, p->owner.text));
}

/* There is a link of that name here, or in the container. */
static int fail_exists(struct plugin *p)
{
	struct link link;
	int r = plugin_open_container(p);

	if (r < 0)
		return r;
	if (link_get_index(&p->container, p->ifname) >= 0)
		return plugin_fail(p, ERROR_IN_USE, "link %s in %s: it exists already", p->ifname,
				   p->netns_path);
	r = link_get(&p->host, p->owner.link, &link);
	if (r == 0 && !is_own(p, &link))
		return plugin_fail(p, ERROR_IN_USE, "link %s: it exists and is not ours",
				   p->owner.link);
	if (r == 0)
		r = link_delete(&p->host, p->owner.link);
	return r < 0 && r != -ENODEV ? plugin_fail_netlink(p, &p->host) : 0;
}

int veth_add(struct plugin *p, const struct veth *veth)
{
	int r = plugin_open_netns(p);

	if (r == 0)
		r = plugin_open_host(p);
	if (r < 0)
		return r;
	r = make(p, veth);
	if (r == -EEXIST) {
		r = fail_exists(p);
		if (r < 0)
			return r;
		r = make(p, veth);
	}
	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	r = set(p, veth);
	if (r == 0)
		return 0;
	r = plugin_fail_netlink(p, &p->host);
	veth_undo(p);
	return r;
}

/* The kernel notes the carrier of one end after that of the other, and acts on both in that
 * order; newer ones do so at once for the link that they are asked for. So the first is only
 * asked, and that the last is up says that both are. */
static int is_ready(struct plugin *p)
{
	struct link link;
	int r = link_is_running(&p->container, p->ifname);

	if (r < 0)
		return plugin_fail_netlink(p, &p->container);
	if (r > 0 && link_get(&p->host, p->owner.link, &link) < 0)
		return plugin_fail_netlink(p, &p->host);
	return r > 0 && link.is_oper_up;
}

int veth_wait(struct plugin *p)
{
	const struct timespec pause = {.tv_nsec = 1000000};
	int attempts, r;

	for (attempts = 0; attempts < WAIT_MS; attempts++) {
		r = is_ready(p);
		if (r)
			return r < 0 ? r : 0;
		nanosleep(&pause, NULL);
	}
	return plugin_fail(p, K8SNET_CNI_ERROR_TRY_LATER, "link %s does not come up",
			   p->owner.link);
}

void veth_undo(struct plugin *p)
{
	(void)link_delete(&p->host, p->owner.link);
}

/* --- DEL and GC -------------------------------------------------------------------------- */

/* One that another plugin made is known by its name in the container only. */
static int delete_in_container(struct plugin *p)
{
	int r;

	if (!p->netns_path)
		return 0;
	r = plugin_open_container(p);
	if (r < 0)
		return r;
	r = link_delete(&p->container, p->ifname);
	return r < 0 && r != -ENODEV ? plugin_fail_netlink(p, &p->container) : 0;
}

int veth_del(struct plugin *p)
{
	struct link link;
	int r = plugin_open_host(p);

	if (r < 0)
		return r;
	r = link_get(&p->host, p->owner.link, &link);
	if (r == -ENODEV || (r == 0 && !is_own(p, &link)))
		return delete_in_container(p);
	if (r == 0)
		r = link_delete(&p->host, p->owner.link);
	return r < 0 && r != -ENODEV ? plugin_fail_netlink(p, &p->host) : 0;
}

static bool is_ours(const struct link *link, void *data)
{
	(void)data;
	return !strcmp(link->kind, "veth") && get_owner(link);
}

int veth_exists(struct plugin *p)
{
	int r = plugin_open_host(p);

	if (r == 0)
		r = link_has(&p->host, 0, is_ours, NULL);
	return r < 0 ? plugin_fail_netlink(p, &p->host) : r;
}

static bool is_invalid(const struct link *link, const struct plugin *p, const char *kind)
{
	const char *owner = get_owner(link);

	return !strcmp(link->kind, kind) && owner && owner_is_of_network(&p->owner, owner) &&
	       !owner_is_valid(p->request, owner);
}

static bool is_invalid_veth(const struct link *link, void *data)
{
	return is_invalid(link, data, "veth");
}

static bool is_invalid_ifb(const struct link *link, void *data)
{
	return is_invalid(link, data, "ifb");
}

static int collect(struct plugin *p, bool (*fn)(const struct link *link, void *data))
{
	int r = plugin_open_host(p);

	if (r < 0)
		return r;
	return link_delete_all(&p->host, fn, p) < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}

int veth_gc(struct plugin *p)
{
	return collect(p, is_invalid_veth);
}

int ifb_gc(struct plugin *p)
{
	return collect(p, is_invalid_ifb);
}

/* --- CHECK ---------------------------------------------------------------------------------- */

int veth_find(struct plugin *p, struct link *container, struct link *host)
{
	int r = plugin_open_container(p);

	if (r == 0)
		r = plugin_open_host(p);
	if (r < 0)
		return r;
	r = link_get(&p->container, p->ifname, container);
	if (r == -ENODEV)
		return plugin_deviates(p, "link %s in %s is not there", p->ifname, p->netns_path);
	if (r < 0)
		return plugin_fail_netlink(p, &p->container);
	if (strcmp(container->kind, "veth") != 0 || !container->peer)
		return plugin_deviates(p, "link %s in %s is not a veth", p->ifname, p->netns_path);
	r = link_get_by_index(&p->host, container->peer, host);
	if (r == -ENODEV ||
	    (r == 0 && (strcmp(host->kind, "veth") != 0 || host->peer != container->index)))
		return plugin_deviates(p, "link %s in %s: its peer is not on the node", p->ifname,
				       p->netns_path);
	return r < 0 ? plugin_fail_netlink(p, &p->host) : 0;
}

static int check_one(struct plugin *p, const struct k8snet_cni_result *result, uint32_t mtu,
		     const struct link *link, bool is_inside)
{
	const struct k8snet_cni_interface *interface = NULL;
	char mac[MAC_TEXT_SIZE];

	while ((interface = k8snet_cni_result_next_interface(result, interface))) {
		const char *sandbox = k8snet_cni_interface_get_sandbox(interface);
		const char *wanted = k8snet_cni_interface_get_mac(interface);

		if (strcmp(k8snet_cni_interface_get_name(interface), link->name) != 0 ||
		    (sandbox && *sandbox) != is_inside)
			continue;
		mac_format(link->mac, mac);
		if (wanted && strcasecmp(wanted, mac) != 0)
			return plugin_deviates(p, "link %s: its MAC address is %s, not %s",
					       link->name, mac, wanted);
		if (is_inside && strcmp(sandbox, p->netns_path) != 0)
			return plugin_deviates(p, "link %s: prevResult has it in %s, not %s",
					       link->name, sandbox, p->netns_path);
		/* A plugin behind this one may have set another. */
		if (k8snet_cni_interface_get_mtu(interface))
			mtu = k8snet_cni_interface_get_mtu(interface);
		if (mtu && link->mtu != mtu)
			return plugin_deviates(p, "link %s%s%s: mtu is %u, not %u", link->name,
					       is_inside ? " in " : "",
					       is_inside ? p->netns_path : "", link->mtu, mtu);
		return 0;
	}
	return plugin_deviates(p, "link %s is not in prevResult", link->name);
}

int veth_check(struct plugin *p, const struct k8snet_cni_result *result, uint32_t mtu,
	       const struct link *container, const struct link *host)
{
	int r = check_one(p, result, mtu, container, true);

	if (r == 0)
		r = check_one(p, result, mtu, host, false);
	if (r == 0 && !(container->flags & IFF_UP))
		r = plugin_deviates(p, "link %s in %s is down", container->name, p->netns_path);
	if (r == 0 && !(host->flags & IFF_UP))
		r = plugin_deviates(p, "link %s is down", host->name);
	return r;
}

/* --- results -----------------------------------------------------------------------------------
 */

static int add_interface(struct k8snet_cni_result *result, const char *name, const uint8_t mac[6],
			 const char *sandbox, uint32_t mtu, int *index)
{
	struct k8snet_cni_interface *interface;
	int r = k8snet_cni_result_add_interface(result, &interface, name);

	if (r == 0)
		r = k8snet_cni_interface_set_mac_bytes(interface, mac);
	if (r == 0)
		r = k8snet_cni_interface_set_sandbox(interface, sandbox);
	if (r == 0)
		r = k8snet_cni_interface_set_mtu(interface, mtu);
	if (r == 0)
		*index = (int)k8snet_cni_interface_get_index(interface);
	return r;
}

int veth_add_to_result(struct plugin *p, const struct veth *veth, struct k8snet_cni_result *result,
		       int *index)
{
	int r = add_interface(result, p->owner.link, veth->host_mac, NULL, veth->mtu, index);

	return r < 0 ? r
		     : add_interface(result, p->ifname, veth->mac, p->netns_path, veth->mtu, index);
}
