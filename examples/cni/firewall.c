/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* firewall: which packets pass the node to and from a container. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "firewall.h"
#include "veth.h"

enum policy {
	POLICY_OPEN,
	POLICY_SAME_BRIDGE, /* not from other bridges that have a policy */
	POLICY_ISOLATED,    /* nor from other containers of the same */
};

struct firewall {
	enum policy policy;
	const char *admin_chain;
	const char *bridge;	/* NULL: none */
	char owner[OWNER_SIZE]; /* of what belongs to the bridge: the network */
};

static int read_policy(struct plugin *p, enum policy *out)
{
	static const char *const names[] = {"open", "same-bridge", "isolated"};
	const char *name = "open";
	size_t i;
	int r = k8snet_cni_request_read_string(p->request, NULL, "ingressPolicy", &name);

	if (r < 0)
		return r;
	if (!*name)
		name = "open";
	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i])) {
			*out = (enum policy)i;
			return 0;
		}
	return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "unknown ingress policy: \"%s\"", name);
}

static int read_backend(struct plugin *p)
{
	const char *backend = "";
	int r = k8snet_cni_request_read_string(p->request, NULL, "backend", &backend);

	if (r == 0 && !strcmp(backend, "firewalld"))
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "backend: firewalld is not supported");
	return r;
}

/* The first interface of a chain that begins with a bridge. */
static int find_bridge(struct plugin *p, struct firewall *f)
{
	const struct k8snet_cni_result *result = p->prev_result;
	const struct k8snet_cni_interface *first =
		result ? k8snet_cni_result_next_interface(result, NULL) : NULL;

	if (first && !k8snet_cni_interface_get_sandbox(first))
		f->bridge = k8snet_cni_interface_get_name(first);
	if (f->policy != POLICY_OPEN && !f->bridge)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "ingressPolicy: needs the interface of a bridge: chain firewall "
				   "behind bridge");
	return 0;
}

static int firewall_read(struct plugin *p, struct firewall *f)
{
	int r;

	*f = (struct firewall){.admin_chain = "CNI-ADMIN"};
	snprintf(f->owner, sizeof(f->owner), "%s* *", p->owner.network);
	r = read_policy(p, &f->policy);
	if (r == 0)
		r = read_backend(p);
	if (r == 0)
		r = k8snet_cni_request_read_string(p->request, NULL, "iptablesAdminChainName",
						   &f->admin_chain);
	if (r == 0 && (!*f->admin_chain || strlen(f->admin_chain) > 28))
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				"iptablesAdminChainName: not the name of a chain: \"%s\"",
				f->admin_chain);
	return r;
}

/* --- policies ------------------------------------------------------------------------------- */

#define MAX_ELEMENTS 5

static size_t build(const struct firewall *f, const char *port,
		    struct nft_element elements[MAX_ELEMENTS])
{
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	size_t count = 0, i;

	if (f->policy == POLICY_OPEN)
		return 0;
	for (i = 0; i < ARRAY_SIZE(families); i++) {
		struct nft_element *e = &elements[count++];

		*e = (struct nft_element){
			.family = families[i], .set = "bridges", .owner = f->owner};
		nft_put_name(e->key, &e->key_size, f->bridge);
		if (f->policy == POLICY_ISOLATED)
			continue;
		e = &elements[count++];
		*e = (struct nft_element){
			.family = families[i], .set = "same-bridge", .owner = f->owner};
		nft_put_name(e->key, &e->key_size, f->bridge);
		nft_put_name(e->key, &e->key_size, f->bridge);
	}
	if (f->policy == POLICY_ISOLATED) {
		elements[count] =
			(struct nft_element){.family = NFPROTO_BRIDGE, .set = "isolated-ports"};
		nft_put_name(elements[count].key, &elements[count].key_size, port);
		count++;
	}
	return count;
}

static int get_elements(struct plugin *p, const struct firewall *f,
			struct nft_element elements[MAX_ELEMENTS], size_t *count)
{
	struct link container, host = {0};
	int r = f->policy == POLICY_ISOLATED ? veth_find(p, &container, &host) : 0;

	*count = r < 0 ? 0 : build(f, host.name, elements);
	return r;
}

/* --- operations ---------------------------------------------------------------------------------
 */

static int firewall_add(struct plugin *p, struct k8snet_cni_result *result)
{
	struct nft_element elements[MAX_ELEMENTS];
	struct saved_error error;
	struct firewall f;
	size_t count = 0;
	int r = firewall_read(p, &f);

	if (r < 0)
		return r;
	if (!p->prev_result)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "firewall: must be called as chained plugin");
	r = find_bridge(p, &f);
	if (r == 0)
		r = get_elements(p, &f, elements, &count);
	if (r == 0)
		r = nft_add(p, elements, count);
	if (r == 0)
		r = iptables_add(p, f.admin_chain, result);
	if (r == 0)
		return 0;
	plugin_save_error(p, &error);
	/* What belongs to the bridge may be there for others. */
	(void)nft_remove_stale(p, NFPROTO_BRIDGE, "isolated-ports", nft_is_own);
	plugin_restore_error(p, &error);
	return r;
}

static int firewall_del(struct plugin *p)
{
	struct firewall f;
	int r = firewall_read(p, &f);

	if (r == 0)
		r = iptables_remove(p, nft_is_own);
	/* What belongs to the bridge stays, as the bridge does, until GC. */
	return r < 0 ? r : nft_remove_stale(p, NFPROTO_BRIDGE, "isolated-ports", nft_is_own);
}

static int firewall_check(struct plugin *p)
{
	const struct k8snet_cni_result *result = p->prev_result;
	struct nft_element elements[MAX_ELEMENTS];
	struct firewall f;
	size_t count = 0;
	int r = firewall_read(p, &f);

	if (r == 0)
		r = find_bridge(p, &f);
	if (r == 0)
		r = get_elements(p, &f, elements, &count);
	if (r == 0)
		r = nft_check(p, elements, count);
	return r < 0 ? r : iptables_check(p, result);
}

static int firewall_status(struct plugin *p)
{
	struct firewall f;
	int r = firewall_read(p, &f);

	return r < 0 ? r : plugin_probe(p, true);
}

/* Of the network, which has no container any more. */
static bool is_of_empty_network(const struct plugin *p, const char *comment)
{
	return owner_is_of_network(&p->owner, comment) &&
	       !k8snet_cni_request_next_attachment(p->request, NULL);
}

static int firewall_gc(struct plugin *p)
{
	static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};
	size_t i;
	int r = iptables_remove(p, nft_is_invalid);

	if (r == 0)
		r = nft_remove_stale(p, NFPROTO_BRIDGE, "isolated-ports", nft_is_invalid);
	for (i = 0; r == 0 && i < ARRAY_SIZE(families); i++) {
		r = nft_remove_stale(p, families[i], "bridges", is_of_empty_network);
		if (r == 0)
			r = nft_remove_stale(p, families[i], "same-bridge", is_of_empty_network);
	}
	return r;
}

const struct plugin_type type_firewall = {
	.name = "firewall",
	.add = firewall_add,
	.del = firewall_del,
	.check = firewall_check,
	.status = firewall_status,
	.gc = firewall_gc,
};
