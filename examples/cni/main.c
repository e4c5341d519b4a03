/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * k8snet-cni: a CNI plugin that stands in for the reference plugins. Which one it
 * is says the name by which it is called, else the type in the configuration.
 */
#include <errno.h>
#include <libgen.h>
#include <string.h>

#include "plugin.h"

static const struct plugin_type *const types[] = {
	&type_bandwidth, &type_bridge,	&type_firewall, &type_host_local, &type_k8snet,
	&type_loopback,	 &type_portmap, &type_ptp,	&type_static,	  &type_tuning,
};

static const struct plugin_type *find(const char *name)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(types); i++)
		if (!strcmp(types[i]->name, name))
			return types[i];
	return NULL;
}

/* Large, and the pages that are not touched cost nothing. */
static struct plugin plugin;

/* As an IPAM plugin it is given the configuration of another type. */
static const struct plugin_type *begin(struct k8snet_cni_request *request, const void *called)
{
	const struct plugin_type *type = called;

	plugin_init(&plugin, request);
	if (!type)
		type = find(k8snet_cni_request_get_type(request));
	if (!type)
		plugin_fail(&plugin, K8SNET_CNI_ERROR_CONFIG, "type: no such plugin as \"%s\"",
			    k8snet_cni_request_get_type(request));
	return type;
}

/* `fn` NULL: there is nothing to do. */
static int finish(const struct plugin_type *type, int (*fn)(struct plugin *p))
{
	int r = !type ? -EINVAL : fn ? fn(&plugin) : 0;

	plugin_done(&plugin);
	return r;
}

static int add(struct k8snet_cni_request *request, struct k8snet_cni_result *result, void *data)
{
	const struct plugin_type *type = begin(request, data);
	int r = type ? type->add(&plugin, result) : -EINVAL;

	plugin_done(&plugin);
	return r;
}

static int del(struct k8snet_cni_request *request, void *data)
{
	const struct plugin_type *type = begin(request, data);

	return finish(type, type ? type->del : NULL);
}

static int check(struct k8snet_cni_request *request, void *data)
{
	const struct plugin_type *type = begin(request, data);

	return finish(type, type ? type->check : NULL);
}

static int status(struct k8snet_cni_request *request, void *data)
{
	const struct plugin_type *type = begin(request, data);

	return finish(type, type ? type->status : NULL);
}

static int gc(struct k8snet_cni_request *request, void *data)
{
	const struct plugin_type *type = begin(request, data);

	return finish(type, type ? type->gc : NULL);
}

static bool uses_netns(struct k8snet_cni_request *request, void *data)
{
	const struct plugin_type *type = begin(request, data);
	bool uses = !type || !type->uses_netns || type->uses_netns(&plugin);

	plugin_done(&plugin);
	return uses;
}

int main(int argc, char **argv)
{
	const struct plugin_type *called = argc > 0 ? find(basename(argv[0])) : NULL;
	const struct k8snet_cni_ops ops = {
		.size = sizeof(ops),
		.add = add,
		.del = del,
		.check = check,
		.status = status,
		.gc = gc,
		.about = "CNI plugin k8snet, in the place of bandwidth, bridge, firewall, "
			 "host-local, "
			 "loopback, portmap, ptp, static, tuning",
		.args = called ? called->args : NULL,
		.uses_netns = uses_netns,
	};

	/* By its own name it is whatever the configuration wants it to be. */
	return k8snet_cni_main(&ops, called == &type_k8snet ? NULL : (void *)called);
}
