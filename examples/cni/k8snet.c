/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* k8snet: all in one call, with defaults that Kubernetes wants: the link (a port of a
 * bridge, or point to point), addresses, masquerading, routes to the other nodes, port
 * mappings, bandwidth. */
#include <errno.h>
#include <string.h>

#include "peers.h"
#include "plugin.h"

/* The type that makes the link, as "mode" has it. */
static const struct plugin_type *get_link_type(struct plugin *p)
{
	const char *mode = "bridge";

	p->is_all_in_one = true;
	if (k8snet_cni_request_read_string(p->request, NULL, "mode", &mode) < 0)
		return NULL;
	if (!strcmp(mode, "bridge"))
		return &type_bridge;
	if (!strcmp(mode, "ptp"))
		return &type_ptp;
	plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "mode: \"%s\" is neither bridge nor ptp", mode);
	return NULL;
}

static void undo(struct plugin *p, const struct plugin_type *link)
{
	struct saved_error error;

	plugin_save_error(p, &error);
	(void)type_portmap.del(p);
	(void)link->del(p);
	plugin_restore_error(p, &error);
}

static int k8snet_add(struct plugin *p, struct k8snet_cni_result *result)
{
	const struct plugin_type *link = get_link_type(p);
	int r = link ? peers_add(p) : -EINVAL;

	if (r == 0)
		r = link->add(p, result);
	if (r < 0)
		return r;
	p->prev_result = result;
	r = type_portmap.add(p, result);
	if (r == 0)
		r = type_bandwidth.add(p, result);
	if (r < 0)
		undo(p, link);
	return r;
}

/* A part that failed keeps none of the others; the first failure is told. */
static int del_also(struct plugin *p, const struct plugin_type *type, int r)
{
	struct saved_error error;
	int own;

	plugin_save_error(p, &error);
	own = type->del(p);
	if (r < 0)
		plugin_restore_error(p, &error);
	return r < 0 ? r : own;
}

static int k8snet_del(struct plugin *p)
{
	const struct plugin_type *link = get_link_type(p);
	int r;

	if (!link)
		return -EINVAL;
	r = type_portmap.del(p);
	r = del_also(p, &type_bandwidth, r);
	return del_also(p, link, r);
}

static int k8snet_check(struct plugin *p)
{
	const struct plugin_type *link = get_link_type(p);
	int r = link ? link->check(p) : -EINVAL;

	if (r == 0)
		r = peers_check(p);
	if (r == 0)
		r = type_portmap.check(p);
	return r < 0 ? r : type_bandwidth.check(p);
}

static int k8snet_status(struct plugin *p)
{
	const struct plugin_type *link = get_link_type(p);

	return link ? link->status(p) : -EINVAL;
}

static int k8snet_gc(struct plugin *p)
{
	const struct plugin_type *link = get_link_type(p);
	int r = link ? type_portmap.gc(p) : -EINVAL;

	if (r == 0)
		r = type_bandwidth.gc(p);
	if (r == 0)
		r = link->gc(p);
	return r < 0 ? r : peers_gc(p);
}

static const char *const args[] = {"IP", "GATEWAY", "MAC", NULL};

const struct plugin_type type_k8snet = {
	.name = "k8snet",
	.add = k8snet_add,
	.del = k8snet_del,
	.check = k8snet_check,
	.status = k8snet_status,
	.gc = k8snet_gc,
	.args = args,
};
