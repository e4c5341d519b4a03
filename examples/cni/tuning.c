/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* tuning: settings of the container's network and of its link. */
#include "tuning.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_link.h>
#include <linux/rtnetlink.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "system.h"

/* --- sysctls, with the thread in the container's namespace -------------------------------- */

static int read_value(const char *path, char value[256])
{
	ssize_t n = file_read(AT_FDCWD, path, value, 256);
	char *c;

	if (n < 0)
		return (int)n;
	value[strcspn(value, "\n")] = '\0';
	for (c = value; *c; c++)
		if (*c == '\t')
			*c = ' ';
	return 0;
}

static void restore_sysctls(struct tuning *t, size_t count)
{
	while (count--)
		if (t->sysctls[count].has_old)
			(void)file_write(t->sysctls[count].path, t->sysctls[count].old);
}

static int write_sysctls(struct plugin *p, struct tuning *t)
{
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < t->n_sysctls; i++) {
		struct tuning_sysctl *sysctl = &t->sysctls[i];

		/* Some cannot be read. */
		sysctl->has_old = read_value(sysctl->path, sysctl->old) == 0;
		r = file_write(sysctl->path, sysctl->value);
		if (r < 0) {
			plugin_fail_errno(p, r, "sysctl %s = \"%s\" in %s", sysctl->key,
					  sysctl->value, p->netns_path);
			restore_sysctls(t, i);
		}
	}
	return r < 0 ? -EIO : 0;
}

static int check_sysctls(struct plugin *p, void *data)
{
	struct tuning *t = data;
	char value[256];
	size_t i;

	for (i = 0; i < t->n_sysctls; i++) {
		int r = read_value(t->sysctls[i].path, value);

		if (r < 0)
			return plugin_fail_errno(p, r, "sysctl %s", t->sysctls[i].key);
		if (strcmp(value, t->sysctls[i].value) != 0)
			return plugin_deviates(p, "sysctl %s in %s is \"%s\", not \"%s\"",
					       t->sysctls[i].key, p->netns_path, value,
					       t->sysctls[i].value);
	}
	return 0;
}

/* --- the link --------------------------------------------------------------------------------- */

static bool is_link_tuned(const struct tuning *t)
{
	return t->has_mac || t->promiscuous || t->mtu || t->has_allmulti || t->has_tx_queue_length;
}

/* `promiscuous`: whether it is to be so; only if t->promiscuous. */
static int change_link(struct plugin *p, const struct tuning *t, bool promiscuous)
{
	struct nlmsghdr *message = link_put_change(&p->container, p->ifname, false, "tune");
	struct ifinfomsg *header = mnl_nlmsg_get_payload(message);

	if (t->promiscuous) {
		header->ifi_change |= IFF_PROMISC;
		header->ifi_flags |= promiscuous ? IFF_PROMISC : 0;
	}
	if (t->has_allmulti) {
		header->ifi_change |= IFF_ALLMULTI;
		header->ifi_flags |= t->allmulti ? IFF_ALLMULTI : 0;
	}
	if (t->has_mac)
		mnl_attr_put(message, IFLA_ADDRESS, sizeof(t->mac), t->mac);
	if (t->mtu)
		mnl_attr_put_u32(message, IFLA_MTU, t->mtu);
	if (t->has_tx_queue_length)
		mnl_attr_put_u32(message, IFLA_TXQLEN, t->tx_queue_length);
	return netlink_flush(&p->container) < 0 ? plugin_fail_netlink(p, &p->container) : 0;
}

static int get_link(struct plugin *p, struct link *link)
{
	int r = link_get(&p->container, p->ifname, link);

	if (r == -ENODEV)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "link %s in %s is not there",
				   p->ifname, p->netns_path);
	return r < 0 ? plugin_fail_netlink(p, &p->container) : 0;
}

static int restore_link(struct plugin *p, const struct tuning *t)
{
	struct tuning was;
	int r = tuning_backup_read(p, t, &was);

	if (r > 0 && is_link_tuned(&was))
		(void)change_link(p, &was, false);
	tuning_backup_remove(p, t);
	return r < 0 ? r : 0;
}

static int tune_link(struct plugin *p, const struct tuning *t)
{
	struct saved_error error;
	struct link link;
	int r;

	if (!is_link_tuned(t))
		return 0;
	r = get_link(p, &link);
	if (r == 0)
		r = tuning_backup_write(p, t, &link);
	if (r < 0)
		return r;
	r = change_link(p, t, true);
	if (r == 0)
		return 0;
	plugin_save_error(p, &error);
	(void)restore_link(p, t);
	plugin_restore_error(p, &error);
	return r;
}

/* --- operations --------------------------------------------------------------------------------
 */

static int tune(struct plugin *p, void *data)
{
	struct tuning *t = data;
	int r = plugin_open_container_here(p);

	if (r == 0)
		r = write_sysctls(p, t);
	if (r < 0)
		return r;
	r = tune_link(p, t);
	if (r < 0)
		restore_sysctls(t, t->n_sysctls);
	return r;
}

/* The result says how the link is now. */
static int update_result(struct plugin *p, const struct tuning *t, struct k8snet_cni_result *result)
{
	struct k8snet_cni_interface *interface = NULL;
	int r = 0;

	while (r == 0 && (interface = k8snet_cni_result_next_interface(result, interface))) {
		if (strcmp(k8snet_cni_interface_get_name(interface), p->ifname) != 0 ||
		    !k8snet_cni_interface_get_sandbox(interface))
			continue;
		if (t->has_mac)
			r = k8snet_cni_interface_set_mac_bytes(interface, t->mac);
		if (r == 0 && t->mtu)
			r = k8snet_cni_interface_set_mtu(interface, t->mtu);
	}
	return r;
}

static int tuning_add(struct plugin *p, struct k8snet_cni_result *result)
{
	_cleanup_tuning_ struct tuning t = {0};
	int r = tuning_read(p, &t);

	if (r < 0)
		return r;
	if (!p->prev_result)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "tuning: must be called as chained plugin");
	/* Tuning comes last: it undoes itself if it fails. */
	r = update_result(p, &t, result);
	return r < 0 ? r : plugin_run_in_container(p, tune, &t);
}

static int tuning_del(struct plugin *p)
{
	_cleanup_tuning_ struct tuning t = {0};
	int r = tuning_read(p, &t);

	if (r < 0)
		return r;
	if (!p->netns_path) {
		tuning_backup_remove(p, &t);
		return 0;
	}
	r = plugin_open_container(p);
	return r < 0 ? r : restore_link(p, &t);
}

static int check_link(struct plugin *p, const struct tuning *t, const struct link *link)
{
	char is[MAC_TEXT_SIZE], should_be[MAC_TEXT_SIZE];

	mac_format(link->mac, is);
	mac_format(t->mac, should_be);
	if (t->has_mac && strcmp(is, should_be) != 0)
		return plugin_deviates(p, "link %s: its MAC address is %s, not %s", p->ifname, is,
				       should_be);
	if (t->promiscuous != (link->promiscuity != 0))
		return plugin_deviates(p, "link %s is %spromiscuous", p->ifname,
				       link->promiscuity ? "" : "not ");
	if (t->mtu && link->mtu != t->mtu)
		return plugin_deviates(p, "link %s: mtu is %u, not %u", p->ifname, link->mtu,
				       t->mtu);
	if (t->has_allmulti && t->allmulti != !!(link->flags & IFF_ALLMULTI))
		return plugin_deviates(p, "link %s: allmulti is %s", p->ifname,
				       t->allmulti ? "off" : "on");
	if (t->has_tx_queue_length && link->tx_queue_length != t->tx_queue_length)
		return plugin_deviates(p, "link %s: txQLen is %u, not %u", p->ifname,
				       link->tx_queue_length, t->tx_queue_length);
	return 0;
}

static int tuning_check(struct plugin *p)
{
	_cleanup_tuning_ struct tuning t = {0};
	struct link link;
	int r = tuning_read(p, &t);

	if (r == 0)
		r = plugin_run_in_container(p, check_sysctls, &t);
	if (r == 0)
		r = plugin_open_container(p);
	if (r == 0)
		r = get_link(p, &link);
	return r < 0 ? r : check_link(p, &t, &link);
}

static int tuning_status(struct plugin *p)
{
	_cleanup_tuning_ struct tuning t = {0};
	int r = tuning_read(p, &t);

	return r < 0 ? r : plugin_probe(p, false);
}

static int tuning_gc(struct plugin *p)
{
	_cleanup_tuning_ struct tuning t = {0};
	int r = tuning_read(p, &t);

	return r < 0 ? r : tuning_backup_gc(p, &t);
}

static const char *const args[] = {"MAC", NULL};

const struct plugin_type type_tuning = {
	.name = "tuning",
	.add = tuning_add,
	.del = tuning_del,
	.check = tuning_check,
	.status = tuning_status,
	.gc = tuning_gc,
	.args = args,
};
