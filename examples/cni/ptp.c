/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* ptp: a veth pair between the container and the node. The container reaches its own
 * network, too, through the gateway, which is the node's end. */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/rtnetlink.h>
#include <string.h>

#include "address.h"
#include "bridge.h"
#include "container.h"
#include "ipam.h"
#include "masquerade.h"
#include "system.h"

struct ptp {
	bool ip_masq;
	struct veth veth;
};

static const struct container point_to_point = {.is_point_to_point = true};

static int ptp_read(struct plugin *p, struct ptp *ptp)
{
	int64_t mtu = 0;
	int r;

	*ptp = (struct ptp){.ip_masq = p->is_all_in_one};
	r = read_boolean(p, "ipMasq", &ptp->ip_masq);
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, NULL, "mtu", 0, 65535, &mtu);
	ptp->veth.mtu = (uint32_t)mtu;
	return r;
}

static int check_gateways(struct plugin *p, const struct k8snet_cni_result *ipam)
{
	const struct k8snet_cni_ip *ip = NULL;

	while ((ip = k8snet_cni_result_next_ip(ipam, ip)))
		if (!k8snet_cni_ip_get_gateway(ip))
			return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
					   "ipam: there is no gateway for %s",
					   prefix_text(k8snet_cni_ip_get_address(ip)));
	return 0;
}

static struct route get_host_route(const struct k8snet_cni_ip *ip, int index)
{
	return (struct route){
		.destination = prefix_of_host(&k8snet_cni_ip_get_address(ip)->address),
		.scope = RT_SCOPE_HOST,
		.interface = index,
	};
}

/* --- ADD ---------------------------------------------------------------------------------- */

static int set_up_host(struct plugin *p, const struct k8snet_cni_result *ipam)
{
	int index = link_get_index(&p->host, p->owner.link), r = 0;
	const struct k8snet_cni_ip *ip = NULL;

	if (index < 0)
		return plugin_fail_errno(p, index, "link %s", p->owner.link);
	while (r == 0 && (ip = k8snet_cni_result_next_ip(ipam, ip))) {
		const struct k8snet_address *gateway = k8snet_cni_ip_get_gateway(ip);
		const struct k8snet_prefix prefix = prefix_of_host(gateway);
		const struct route route = get_host_route(ip, index);

		address_put(&p->host, index, p->owner.link, &prefix,
			    gateway->family == 6 ? IFA_F_NODAD : 0);
		/* Two addresses may have one gateway. */
		netlink_last(&p->host)->may_fail = true;
		route_put(&p->host, &route, p->owner.link);
		if (netlink_flush(&p->host) < 0)
			return plugin_fail_netlink(p, &p->host);
		r = enable_forwarding(p, gateway->family);
	}
	return r;
}

static int set_up(struct plugin *p, const struct ptp *ptp, const struct k8snet_cni_result *ipam,
		  struct k8snet_cni_result *result)
{
	int index = 0, r;

	/* While its own link-local address is tentative the kernel asks for no neighbour. There
	 * may be no IPv6 at all. */
	(void)link_sysctl_set("ipv6", p->owner.link, "accept_dad", "0");
	r = container_configure(p, &point_to_point, ipam);
	if (r == 0)
		r = set_up_host(p, ipam);
	if (r == 0 && ptp->ip_masq)
		r = masquerade_add(p, ipam);
	if (r == 0)
		r = veth_wait(p);
	if (r == 0)
		r = veth_add_to_result(p, &ptp->veth, result, &index);
	return r < 0 ? r : ipam_add_to_result(p, ipam, index, result);
}

static int add(struct plugin *p, struct ptp *ptp, const struct k8snet_cni_result *ipam,
	       struct k8snet_cni_result *result)
{
	struct saved_error error;
	int r = mac_generate(ptp->veth.mac);

	if (r == 0)
		r = mac_generate(ptp->veth.host_mac);
	if (r < 0)
		return plugin_fail_errno(p, r, "random number");
	r = check_gateways(p, ipam);
	if (r == 0)
		r = veth_add(p, &ptp->veth);
	if (r < 0)
		return r;
	r = set_up(p, ptp, ipam, result);
	if (r == 0)
		return 0;
	plugin_save_error(p, &error);
	if (ptp->ip_masq)
		(void)masquerade_del(p, ipam);
	veth_undo(p);
	plugin_restore_error(p, &error);
	return r;
}

static int ptp_add(struct plugin *p, struct k8snet_cni_result *result)
{
	_cleanup_result_ struct k8snet_cni_result *ipam = NULL;
	struct ptp ptp;
	int r = ptp_read(p, &ptp);

	if (r == 0)
		r = k8snet_cni_result_new(&ipam, k8snet_cni_request_get_ctx(p->request));
	if (r == 0)
		r = ipam_add(p, ipam);
	if (r < 0)
		return r;
	r = add(p, &ptp, ipam, result);
	if (r < 0)
		ipam_undo(p);
	return r;
}

/* --- the others ------------------------------------------------------------------------------ */

static int ptp_del(struct plugin *p)
{
	struct ptp ptp;
	int r = ptp_read(p, &ptp);

	if (r == 0 && ptp.ip_masq)
		r = masquerade_del(p, p->prev_result);
	if (r == 0)
		r = veth_del(p);
	return r < 0 ? r : ipam_del(p);
}

static int check_host_route(struct plugin *p, const struct k8snet_cni_ip *ip,
			    const struct link *link)
{
	struct route route = get_host_route(ip, link->index), found;
	int r = route_find(&p->host, &route, &found);

	if (r < 0)
		return plugin_fail_netlink(p, &p->host);
	return r ? 0
		 : plugin_deviates(p, "link %s: route to %s is not there", link->name,
				   prefix_text(&route.destination));
}

static int check_host(struct plugin *p, const struct k8snet_cni_result *result,
		      const struct link *link)
{
	const struct k8snet_cni_ip *ip = NULL;
	struct address_list list = {0};
	int r = address_list_get(&p->host, link->index, &list);

	if (r < 0)
		r = plugin_fail_netlink(p, &p->host);
	while (r == 0 && (ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_address *gateway = k8snet_cni_ip_get_gateway(ip);
		struct k8snet_prefix prefix;

		if (!gateway)
			continue;
		prefix = prefix_of_host(gateway);
		if (!address_list_find(&list, &prefix))
			r = plugin_deviates(p, "link %s: gateway %s is not there", link->name,
					    address_text(gateway));
		else
			r = check_host_route(p, ip, link);
	}
	address_list_done(&list);
	return r;
}

static int ptp_check(struct plugin *p)
{
	const struct k8snet_cni_result *result = p->prev_result;
	struct link inside, outside;
	struct ptp ptp;
	int r = ptp_read(p, &ptp);

	if (r == 0)
		r = ipam_check(p);
	if (r == 0)
		r = veth_find(p, &inside, &outside);
	if (r == 0)
		r = veth_check(p, result, ptp.veth.mtu, &inside, &outside);
	if (r == 0)
		r = container_check(p, &point_to_point, result, inside.index);
	if (r == 0)
		r = check_host(p, result, &outside);
	if (r == 0 && ptp.ip_masq && !strcmp(outside.name, p->owner.link))
		r = masquerade_check(p, result);
	return r;
}

static int ptp_status(struct plugin *p)
{
	struct ptp ptp;
	int r = ptp_read(p, &ptp);

	if (r == 0)
		r = plugin_probe(p, ptp.ip_masq);
	return r < 0 ? r : ipam_status(p);
}

static int ptp_gc(struct plugin *p)
{
	int r = masquerade_gc(p);

	if (r == 0)
		r = veth_gc(p);
	return r < 0 ? r : ipam_gc(p);
}

static const char *const args[] = {"IP", "GATEWAY", NULL};

const struct plugin_type type_ptp = {
	.name = "ptp",
	.add = ptp_add,
	.del = ptp_del,
	.check = ptp_check,
	.status = ptp_status,
	.gc = ptp_gc,
	.args = args,
};
