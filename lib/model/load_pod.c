/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "model/load.h"

static void add_address(struct load *l, struct pod_spec *spec, const struct json *json)
{
	const char *text = load_item_text(l, json);
	struct where at = load_at(l, json);

	if (text)
		load_result(l, address_pair_add(&at, &spec->addresses, text, 0));
}

static void load_addresses(struct load *l, struct pod_spec *spec, const struct json *status)
{
	const struct json *item = load_objects(l, status, "podIPs");

	if (!item)
		add_address(l, spec, json_get(status, "podIP"));
	for (; item; item = load_next_object(l, item))
		add_address(l, spec, json_get(item, "ip"));
}

static void load_annotations(struct load *l, struct pod_spec *spec, const struct json *annotations)
{
	const char *netns = load_text(l, annotations, "k8snet.io/netns");
	const char *mac = load_text(l, annotations, "k8snet.io/mac");
	struct where at = load_at(l, json_get(annotations, "k8snet.io/netns"));
	int r;

	if (netns)
		load_result(l, pod_spec_set_netns(&at, spec, load_strings(l), netns));
	if (!mac || l->error)
		return;
	at = load_at(l, json_get(annotations, "k8snet.io/mac"));
	r = check_mac_text(&at, mac, spec->mac);
	load_result(l, r);
	spec->has_mac = r == 0;
}

void load_pod(struct load *l, const struct json *root)
{
	struct pod_spec *spec = &((struct k8snet_pod *)l->object)->spec;
	const struct json *json = load_object(l, root, "spec");
	const struct json *status = load_object(l, root, "status");
	const struct json *metadata = load_object(l, root, "metadata");
	const char *node_name = load_text(l, json, "nodeName");
	const char *phase = load_text(l, status, "phase");
	struct where at = load_at(l, json_get(json, "nodeName"));

	spec->host_network = load_bool(l, json, "hostNetwork", false);
	if (node_name && !l->error)
		load_result(l, pod_spec_set_node_name(&at, spec, load_strings(l), node_name));
	load_addresses(l, spec, status);
	load_labels(l, &spec->labels, load_object(l, metadata, "labels"));
	load_annotations(l, spec, load_object(l, metadata, "annotations"));
	/* What has ended keeps its address in its status, and uses it no more. */
	if (phase && (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed")))
		spec->addresses.count = 0;
	pod_refresh(l->object);
}
