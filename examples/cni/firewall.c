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

/* Several networks may share a bridge: what is said of it is its own. */
#define BRIDGE_OWNER "bridge "

struct firewall {
	enum policy policy;
	const char *admin_chain;
	const char *bridge;	/* NULL: none */
	char owner[OWNER_SIZE]; /* of what belongs to the bridge */
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

/* What is shown by nft has to be read by nft again: it has no way to write a quotation
 * mark, and what ends in an asterisk is a pattern. */
static bool is_readable(const char *name)
{
	size_t length = strlen(name);

	return length && !strchr(name, '"') && name[length - 1] != '*';
}

/* The first interface of a chain that begins with a bridge. */
static int find_bridge(struct plugin *p, struct firewall *f)
{
	const struct k8snet_cni_result *result = p->prev_result;
	const struct k8snet_cni_interface *first =
		result ? k8snet_cni_result_next_interface(result, NULL) : NULL;

	if (first && !k8snet_cni_interface_get_sandbox(first))
		f->bridge = k8snet_cni_interface_get_name(first);
	snprintf(f->owner, sizeof(f->owner), BRIDGE_OWNER "%s", f->bridge ? f->bridge : "");
	if (f->policy != POLICY_OPEN && !f->bridge)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "ingressPolicy: needs the interface of a bridge: chain firewall "
				   "behind bridge");
	if (f->policy != POLICY_OPEN && !is_readable(f->bridge))
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "ingressPolicy: nft could not read the name of bridge %s again",
				   f->bridge);
	return 0;
}

static int firewall_read(struct plugin *p, struct firewall *f)
{
	int r;

	*f = (struct firewall){.admin_chain = "CNI-ADMIN"};
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

static void put_bridge(struct nft_element *element, const struct firewall *f, uint8_t family,
		       const char *set, int times)
{
	*element = (struct nft_element){.family = family, .set = set, .owner = f->owner};
	while (times--)
		nft_put_name(element->key, &element->key_size, f->bridge);
}

static const uint8_t families[] = {NFPROTO_IPV4, NFPROTO_IPV6};

static size_t build_same_bridge(const struct firewall *f, struct nft_element *elements)
{
	size_t i;

	for (i = 0; i < ARRAY_SIZE(families); i++)
		put_bridge(&elements[i], f, families[i], "same-bridge", 2);
	return i;
}

static size_t build(const struct firewall *f, const char *port,
		    struct nft_element elements[MAX_ELEMENTS])
{
	size_t count = 0, i;

	if (f->policy == POLICY_OPEN)
		return 0;
	for (i = 0; i < ARRAY_SIZE(families); i++)
		put_bridge(&elements[count++], f, families[i], "bridges", 1);
	if (f->policy == POLICY_SAME_BRIDGE)
		return count + build_same_bridge(f, &elements[count]);
	elements[count] = (struct nft_element){.family = NFPROTO_BRIDGE, .set = "isolated-ports"};
	nft_put_name(elements[count].key, &elements[count].key_size, port);
	return count + 1;
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
	/* A bridge has the policy that was the last one. */
	if (r == 0 && f.policy == POLICY_ISOLATED)
		r = nft_remove(p, elements, build_same_bridge(&f, elements));
	if (r == 0)
		r = iptables_add(p, f.admin_chain, result);
	if (r == 0)
		return 0;
	plugin_save_error(p, &error);
	/* What belongs to the bridge may be there for others. */
	(void)iptables_remove(p, nft_is_own);
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
	return r < 0 ? r : iptables_check(p, f.admin_chain, result);
}

static bool firewall_uses_netns(struct plugin *p)
{
	enum policy policy = POLICY_OPEN;

	/* The port of the bridge is found from within. */
	return read_policy(p, &policy) == 0 && policy == POLICY_ISOLATED;
}

static int firewall_status(struct plugin *p)
{
	struct firewall f;
	int r = firewall_read(p, &f);

	return r < 0 ? r : plugin_probe(p, true);
}

static bool is_veth(const struct link *link, void *data)
{
	(void)data;
	return !strcmp(link->kind, "veth");
}

/* An ADD that is under way has made the port by now, or adds the element again after us. */
static bool is_of_empty_bridge(struct plugin *p, const char *comment)
{
	struct link bridge;
	int r;

	if (strncmp(comment, BRIDGE_OWNER, strlen(BRIDGE_OWNER)) != 0)
		return false;
	r = link_get(&p->host, comment + strlen(BRIDGE_OWNER), &bridge);
	return r < 0 ? r == -ENODEV : !link_has(&p->host, bridge.index, is_veth, NULL);
}

static int firewall_gc(struct plugin *p)
{
	size_t i;
	int r = plugin_open_host(p);

	if (r == 0)
		r = iptables_remove(p, nft_is_invalid);
	if (r == 0)
		r = nft_remove_stale(p, NFPROTO_BRIDGE, "isolated-ports", nft_is_invalid);
	for (i = 0; r == 0 && i < ARRAY_SIZE(families); i++) {
		r = nft_remove_stale(p, families[i], "bridges", is_of_empty_bridge);
		if (r == 0)
			r = nft_remove_stale(p, families[i], "same-bridge", is_of_empty_bridge);
	}
	return r;
}

const struct plugin_type type_firewall = {
	.name = "firewall",
	.add = firewall_add,
	.del = firewall_del,
	.check = firewall_check,
	.status = firewall_status,
	.uses_netns = firewall_uses_netns,
	.gc = firewall_gc,
};
