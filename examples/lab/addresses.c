/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Addresses of pods: from the library's IPAM, one subnet a node and family. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane.h"
#include "report.h"

struct pool {
	struct cp *cp;
	struct k8snet_ctx *ctx;
	struct k8snet_ipam *ipam;
	const char *node;
	int family;
	struct json_object *owners; /* "shop/cart-0" of the node's pods */
	struct json_object *gone;   /* owners of leases that are not among them */
};

static bool is_on(struct json_object *pod, const char *node)
{
	return strcmp(lab_json_string(pod, "spec.nodeName"), node) == 0;
}

static void put_address(struct cp *cp, struct json_object *pod,
			const struct k8snet_address *address)
{
	struct json_object *status = lab_json_get(pod, "status");
	struct json_object *addresses = lab_json_get(status, "podIPs");
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	if (!addresses) {
		cp_put_string(cp, status, "podIP",
			      k8snet_address_format(address, text, sizeof(text)));
		addresses = cp_array(cp, status, "podIPs");
	}
	cp_put_address(cp, addresses, "ip", address);
}

static void library_error(struct pool *pool, const char *what)
{
	const struct k8snet_error *error = k8snet_ctx_get_error(pool->ctx);

	pool->cp->failed = true;
	if (lab_error(pool->cp->summary, "%s: %s", what,
		      error ? k8snet_error_get_message(error) : "error") == -ENOMEM)
		pool->cp->oom = true;
}

static int note_gone(void *data, const char *owner, const struct k8snet_address *address,
		     bool is_stale)
{
	struct pool *pool = data;

	(void)address;
	(void)is_stale;
	if (!json_object_object_get_ex(pool->owners, owner, NULL))
		cp_append_string(pool->cp, pool->gone, owner);
	return 0;
}

static void owner_of(struct json_object *pod, char *out, size_t size)
{
	snprintf(out, size, "%s/%s", lab_object_namespace(pod), lab_object_name(pod));
}

/* Leases of pods that have left, among them those of a run that was killed. */
static void release_gone(struct pool *pool)
{
	for (size_t i = 0; i < lab_json_count(pool->cp->pods, ""); i++) {
		struct json_object *pod = lab_json_item(pool->cp->pods, "", i);
		char owner[384];

		owner_of(pod, owner, sizeof(owner));
		if (is_on(pod, pool->node))
			cp_set_add(pool->cp, pool->owners, owner, "");
	}
	if (k8snet_ipam_foreach(pool->ipam, note_gone, pool) < 0)
		library_error(pool, pool->node);
	for (size_t i = 0; i < lab_json_count(pool->gone, ""); i++)
		k8snet_ipam_release(pool->ipam,
				    lab_json_string(lab_json_item(pool->gone, "", i), ""));
}

static void allocate(struct pool *pool, struct json_object *pod)
{
	struct k8snet_address address;
	char owner[384];
	int r;

	owner_of(pod, owner, sizeof(owner));
	r = k8snet_ipam_allocate(pool->ipam, owner, &address);
	if (r == 0)
		put_address(pool->cp, pod, &address);
	else if (r == -ENOMEM)
		pool->cp->oom = true;
	else
		library_error(pool, owner);
}

static void fill_pool(struct pool *pool)
{
	if (pool->cp->lease_dir)
		release_gone(pool);
	for (size_t i = 0; i < lab_json_count(pool->cp->pods, "") && !pool->cp->failed; i++) {
		struct json_object *pod = lab_json_item(pool->cp->pods, "", i);

		if (is_on(pod, pool->node) && !lab_json_bool(pod, "spec.hostNetwork", false))
			allocate(pool, pod);
	}
}

static void run_pool(struct cp *cp, struct k8snet_ctx *ctx, const char *node, int family,
		     const char *cidr)
{
	struct pool pool = {.cp = cp, .ctx = ctx, .node = node, .family = family};
	char path[PATH_MAX];
	int r;

	snprintf(path, sizeof(path), "%s/%s-ipv%d.leases", cp->lease_dir ? cp->lease_dir : "", node,
		 family);
	pool.owners = json_object_new_object();
	pool.gone = json_object_new_array();
	r = k8snet_ipam_open(&pool.ipam, ctx, cp->lease_dir ? path : NULL, cidr);
	if (r == -ENOMEM || !pool.owners || !pool.gone)
		cp->oom = true;
	else if (r < 0)
		library_error(&pool, node);
	else
		fill_pool(&pool);
	k8snet_ipam_unref(pool.ipam);
	json_object_put(pool.owners);
	json_object_put(pool.gone);
}

/* Pods on the node's network have its addresses. */
static void put_host_addresses(struct cp *cp, struct json_object *node)
{
	for (size_t i = 0; i < lab_json_count(cp->pods, ""); i++) {
		struct json_object *pod = lab_json_item(cp->pods, "", i);

		if (!is_on(pod, lab_object_name(node)))
			continue;
		cp_put_string(
			cp, lab_json_get(pod, "status"), "hostIP",
			lab_json_string(lab_json_item(node, "status.addresses", 0), "address"));
		for (size_t j = 0; j < lab_json_count(node, "status.addresses"); j++) {
			struct json_object *entry = lab_json_item(node, "status.addresses", j);
			struct k8snet_address address;

			if (lab_json_bool(pod, "spec.hostNetwork", false) &&
			    strcmp(lab_json_string(entry, "type"), "InternalIP") == 0 &&
			    k8snet_address_parse(&address, lab_json_string(entry, "address")) == 0)
				put_address(cp, pod, &address);
		}
	}
}

void cp_address_pods(struct cp *cp)
{
	struct k8snet_ctx *ctx = NULL;
	int families[2];
	size_t count = cp_families(cp->options, families);

	if (k8snet_ctx_new(&ctx, NULL) < 0) {
		cp->oom = true;
		return;
	}
	for (size_t i = 0; i < lab_json_count(cp->nodes, "") && !cp->failed && !cp->oom; i++) {
		struct json_object *node = lab_json_item(cp->nodes, "", i);

		for (size_t f = 0; f < count && !cp->failed && !cp->oom; f++)
			run_pool(cp, ctx, lab_object_name(node), families[f],
				 lab_json_string(lab_json_item(node, "spec.podCIDRs", f), ""));
		put_host_addresses(cp, node);
	}
	k8snet_ctx_unref(ctx);
}
