/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lab.h"

void lab_options_init(struct lab_options *options)
{
	*options = (struct lab_options){
		.name = "lab",
		.nodes = 3,
		.mode = K8SNET_MODE_ROUTE,
		.link = K8SNET_LINK_BRIDGE,
		.families = LAB_IPV4,
	};
	k8snet_prefix_parse(&options->underlay4, "10.100.0.0/24");
	k8snet_prefix_parse(&options->underlay6, "fd00:100::/64");
}

static bool put(struct json_object *object, const char *key, struct json_object *value)
{
	if (value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

struct json_object *lab_options_to_json(const struct lab_options *options)
{
	struct json_object *json = json_object_new_object();
	char text4[K8SNET_ADDRESS_TEXT_SIZE], text6[K8SNET_ADDRESS_TEXT_SIZE];

	if (!json)
		return NULL;
	k8snet_prefix_format(&options->underlay4, text4, sizeof(text4));
	k8snet_prefix_format(&options->underlay6, text6, sizeof(text6));
	if (put(json, "nodes", json_object_new_int(options->nodes)) &&
	    put(json, "replicas", json_object_new_int(options->replicas)) &&
	    put(json, "mode", json_object_new_int(options->mode)) &&
	    put(json, "link", json_object_new_int(options->link)) &&
	    put(json, "families", json_object_new_int(options->families)) &&
	    put(json, "underlay4", json_object_new_string(text4)) &&
	    put(json, "underlay6", json_object_new_string(text6)))
		return json;
	json_object_put(json);
	return NULL;
}

int lab_options_from_json(struct lab_options *options, struct json_object *json)
{
	int64_t nodes = lab_json_int(json, "nodes", 0);
	int64_t replicas = lab_json_int(json, "replicas", -1);
	int64_t mode = lab_json_int(json, "mode", -1);
	int64_t link = lab_json_int(json, "link", -1);
	int64_t families = lab_json_int(json, "families", 0);
	struct k8snet_prefix underlay4, underlay6;

	if (nodes < 1 || nodes > LAB_MAX_NODES || replicas < 0 || replicas > LAB_MAX_OBJECTS ||
	    mode < 0 || mode > K8SNET_MODE_OVERLAY || link < 0 || link > K8SNET_LINK_PTP ||
	    families < LAB_IPV4 || families > LAB_DUAL ||
	    k8snet_prefix_parse(&underlay4, lab_json_string(json, "underlay4")) < 0 ||
	    k8snet_prefix_parse(&underlay6, lab_json_string(json, "underlay6")) < 0)
		return -EINVAL;
	options->nodes = nodes;
	options->replicas = replicas;
	options->mode = mode;
	options->link = link;
	options->families = families;
	options->underlay4 = underlay4;
	options->underlay6 = underlay6;
	return 0;
}

int lab_underlay_address(const struct lab_options *options, int family, unsigned int index,
			 struct k8snet_address *out)
{
	const struct k8snet_prefix *prefix =
		family == 6 ? &options->underlay6 : &options->underlay4;
	size_t last = family == 6 ? 15 : 3;
	unsigned int host = index ? index : 254;

	if (host > 254 || (!index && prefix->length > last * 8))
		return -EINVAL;
	*out = prefix->address;
	if (out->bytes[last] + host > 255)
		return -EINVAL;
	out->bytes[last] += host;
	return k8snet_prefix_has_address(prefix, out) ? 0 : -EINVAL;
}
