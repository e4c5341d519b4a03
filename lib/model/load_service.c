/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "model/load.h"

#define PROXY_NAME     "service.kubernetes.io/service-proxy-name"
#define LOAD_BALANCING "k8snet.io/load-balancing"

static void add_cluster_ip(struct load *l, struct service_spec *spec, const struct json *json,
			   bool *is_headless)
{
	const char *text = load_item_text(l, json);
	struct where at = load_at(l, json);

	if (text && !strcmp(text, "None"))
		*is_headless = true;
	else if (text)
		load_result(l, address_pair_add(&at, &spec->cluster_ips, text, CHECK_LINK_LOCAL));
}

static void load_cluster_ips(struct load *l, struct service_spec *spec, const struct json *json,
			     bool *is_headless)
{
	const struct json *item = load_items(l, json, "clusterIPs");

	if (!item)
		add_cluster_ip(l, spec, json_get(json, "clusterIP"), is_headless);
	for (; item && !l->error; item = item->next)
		add_cluster_ip(l, spec, item, is_headless);
}

/* The API takes an address twice; once is enough. */
static void add_once(struct load *l, address_list *list, const struct json *json,
		     unsigned int flags)
{
	const char *text = load_item_text(l, json);
	struct where at = load_at(l, json);
	struct k8snet_address address, *item;

	if (!text)
		return;
	if (!parse_address(&address, text))
		vec_foreach (list, item)
			if (k8snet_address_is_equal(item, &address))
				return;
	load_result(l, address_list_add(&at, list, text, flags));
}

static void load_load_balancer_ip(struct load *l, struct service_spec *spec,
				  const struct json *item)
{
	static const char *const modes[] = {"VIP", "Proxy", NULL};
	int mode;

	l->is_bad = false;
	mode = load_choice(l, item, "ipMode", modes, 0);
	if (load_is_good(l) && mode == 0)
		add_once(l, &spec->load_balancer_ips, json_get(item, "ip"), CHECK_LINK_LOCAL);
}

static void load_port(struct load *l, struct service_spec *spec, const struct json *item)
{
	struct where at = load_at(l, item);
	struct service_port port = {0};
	const char *name;

	l->is_bad = false;
	name = load_text(l, item, "name");
	port.name = name ? name : "";
	port.protocol = (uint8_t)load_protocol(l, item);
	port.port = (uint16_t)load_integer(l, item, "port", 1, 65535, 0);
	port.node_port = (uint16_t)load_integer(l, item, "nodePort", 0, 65535, 0);
	if (load_is_good(l) && !port.port)
		load_missing(l, item, "port");
	if (load_is_good(l))
		load_result(l, service_spec_add_port(&at, spec, load_strings(l), &port));
}

static void load_ports(struct load *l, struct service_spec *spec, const struct json *json,
		       bool is_headless)
{
	const struct json *item = load_objects(l, json, "ports");

	for (; item; item = load_next_object(l, item))
		load_port(l, spec, item);
	if (!spec->ports.count && !is_headless && spec->type != K8SNET_SERVICE_EXTERNAL_NAME)
		load_refuse(l, json, "ports");
}

static void load_affinity(struct load *l, struct service_spec *spec, const struct json *json)
{
	static const char *const names[] = {"None", "ClientIP", NULL};
	const struct json *config = load_object(l, json, "sessionAffinityConfig");
	const struct json *client_ip = load_object(l, config, "clientIP");
	int64_t seconds = load_integer(l, client_ip, "timeoutSeconds", 1, 86400, 10800);

	if (load_choice(l, json, "sessionAffinity", names, 0) == 1)
		spec->session_affinity = (uint32_t)seconds;
}

static void load_source_ranges(struct load *l, struct service_spec *spec, const struct json *json)
{
	const struct json *item;
	const char *text;

	/* Without it the service would be open to all. */
	l->is_named = false;
	item = load_items(l, json, "loadBalancerSourceRanges");
	for (; item && !l->error; item = item->next) {
		struct where at = load_at(l, item);

		text = load_item_text(l, item);
		if (text)
			load_result(l, service_spec_add_source_range(&at, spec, text));
	}
	l->is_named = true;
}

static void load_proxy_name(struct load *l, struct service_spec *spec, const struct json *root)
{
	const struct json *metadata = load_object(l, root, "metadata");
	const struct json *label = json_get(load_object(l, metadata, "labels"), PROXY_NAME);
	const char *text = load_item_text(l, label);
	struct where at = load_at(l, label);

	/* The label alone counts, also without a value, or one that is no string. */
	if (label && !l->error)
		load_result(l, service_spec_set_proxy_name(&at, spec, load_strings(l),
							   text ? text : ""));
}

static void load_load_balancing(struct load *l, struct service_spec *spec, const struct json *root)
{
	static const char *const names[] = LOAD_BALANCING_NAMES;
	const struct json *metadata = load_object(l, root, "metadata");

	spec->load_balancing =
		(uint8_t)load_choice(l, load_object(l, metadata, "annotations"), LOAD_BALANCING,
				     names, K8SNET_LOAD_BALANCING_RANDOM);
}

static void load_selector(struct load *l, struct service_spec *spec, const struct json *json)
{
	l->is_bad = false;
	load_labels(l, &spec->selector, load_object(l, json, "selector"));
	/* What is left of a selector would select more than was meant. */
	if (l->is_bad)
		label_list_done(&spec->selector, load_strings(l));
}

void load_service(struct load *l, const struct json *root)
{
	static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName",
					    NULL};
	static const char *const policies[] = {"Cluster", "Local", NULL};
	struct service_spec *spec = &((struct k8snet_service *)l->object)->spec;
	const struct json *json = load_object(l, root, "spec"), *item;
	const struct json *status = load_object(l, root, "status");
	bool is_headless = false;

	if (!json)
		load_refuse(l, root, "spec");
	spec->type = (uint8_t)load_choice(l, json, "type", types, K8SNET_SERVICE_CLUSTER_IP);
	spec->external_traffic_policy =
		(uint8_t)load_choice(l, json, "externalTrafficPolicy", policies, 0);
	spec->internal_traffic_policy =
		(uint8_t)load_choice(l, json, "internalTrafficPolicy", policies, 0);
	load_affinity(l, spec, json);
	load_source_ranges(l, spec, json);
	load_selector(l, spec, json);
	load_proxy_name(l, spec, root);
	load_load_balancing(l, spec, root);
	spec->health_check_node_port =
		(uint16_t)load_integer(l, json, "healthCheckNodePort", 0, 65535, 0);
	load_cluster_ips(l, spec, json, &is_headless);
	load_ports(l, spec, json, is_headless);
	for (item = load_items(l, json, "externalIPs"); item && !l->error; item = item->next)
		add_once(l, &spec->external_ips, item, 0);
	item = load_objects(l, load_object(l, status, "loadBalancer"), "ingress");
	for (; item; item = load_next_object(l, item))
		load_load_balancer_ip(l, spec, item);
}
