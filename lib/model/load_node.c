/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "model/load.h"

/* The API takes bits after the length, and zeros before numbers. */
static void load_pod_cidr(struct load *l, struct node_spec *spec, const struct json *item)
{
	const char *text = load_item_text(l, item);
	char masked[K8SNET_ADDRESS_TEXT_SIZE];
	struct where at = load_at(l, item);
	struct k8snet_prefix prefix;

	if (!text)
		return;
	if (parse_prefix(&prefix, text) == 0) {
		prefix = prefix_mask(&prefix);
		text = k8snet_prefix_format(&prefix, masked, sizeof(masked));
	}
	load_result(l, node_spec_add_pod_cidr(&at, spec, text));
}

static void load_pod_cidrs(struct load *l, struct node_spec *spec, const struct json *json)
{
	const struct json *item = load_items(l, json, "podCIDRs");

	if (!item)
		load_pod_cidr(l, spec, json_get(json, "podCIDR"));
	for (; item && !l->error; item = item->next)
		load_pod_cidr(l, spec, item);
}

/* The first InternalIP of each family: others cannot be told apart. */
static void load_address(struct load *l, struct node_spec *spec, const struct json *item)
{
	const char *type = load_text(l, item, "type"), *text;
	struct where at = load_at(l, json_get(item, "address"));
	struct k8snet_address address;

	l->is_bad = false;
	text = load_text(l, item, "address");

	if (l->error || !type || strcmp(type, "InternalIP"))
		return;
	if (!text) {
		if (!l->is_bad)
			load_missing(l, item, "address");
		return;
	}
	if (!parse_address(&address, text) && address_pair_find(&spec->addresses, address.family))
		return;
	load_result(l, address_pair_add(&at, &spec->addresses, text, 0));
}

/* flannel's annotation is JSON in a string: {"VNI":1,"VtepMAC":"..."}. */
static void load_vtep_mac(struct load *l, struct node_spec *spec, const struct json *annotations,
			  int family)
{
	const char *key = family == 4 ? "flannel.alpha.coreos.com/backend-data"
				      : "flannel.alpha.coreos.com/backend-v6-data";
	const char *text = load_text(l, annotations, key);
	struct json_reader reader = {.text = text, .length = text ? strlen(text) : 0};
	struct where at = load_at(l, json_get(annotations, key));
	int r, i = family == 6;
	const struct json *mac;
	struct json *data = NULL;

	if (!text)
		return;
	r = json_read(&reader, l->arena, &data);
	if (r == -ENOMEM)
		load_result(l, where_no_memory(&at));
	else if (r < 0)
		load_result(l, where_error(&at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
					   "is not JSON: %s", reader.error));
	mac = json_get(data, "VtepMAC");
	if (r < 0 || !mac || mac->type != JSON_STRING || !mac->length)
		return; /* of another backend than VXLAN */
	r = check_mac_text(&at, mac->string, spec->mac[i]);
	load_result(l, r);
	spec->has_mac[i] = r == 0;
}

void load_node(struct load *l, const struct json *root)
{
	struct node_spec *spec = &((struct k8snet_node *)l->object)->spec;
	const struct json *metadata = load_object(l, root, "metadata");
	const struct json *annotations = load_object(l, metadata, "annotations"), *item;
	const struct json *labels = load_object(l, metadata, "labels");
	const char *zone = load_text(l, labels, "topology.kubernetes.io/zone");
	struct where at = load_at(l, json_get(labels, "topology.kubernetes.io/zone"));

	load_pod_cidrs(l, spec, load_object(l, root, "spec"));
	item = load_objects(l, load_object(l, root, "status"), "addresses");
	for (; item; item = load_next_object(l, item))
		load_address(l, spec, item);
	load_vtep_mac(l, spec, annotations, 4);
	load_vtep_mac(l, spec, annotations, 6);
	if (zone && !l->error)
		load_result(l, node_spec_set_zone(&at, spec, load_strings(l), zone));
}
