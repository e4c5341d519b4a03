/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EndpointSlices and Endpoints that are written by hand. */
#include <errno.h>
#include <string.h>

#include "controlplane.h"

static int check_endpoint_port(const struct cp_at *port)
{
	const char *name, *protocol = "TCP";
	int64_t number = 0;

	if (cp_check_int(port, "port", CP_REQUIRED, 1, 65535, &number) < 0 ||
	    cp_check_word(port, "protocol", CP_OPTIONAL, cp_protocols, &protocol) < 0 ||
	    cp_check_string(port, "name", CP_OPTIONAL, &name) < 0)
		return -EINVAL;
	if (*name && !cp_is_label(name))
		return cp_at_error(port, "name", "\"%.80s\" is not a DNS label", name);
	return 0;
}

static int check_endpoint_name(const struct cp_at *at, size_t i)
{
	const char *name = lab_json_string(lab_json_item(at->object, "ports", i), "name");
	char field[64];

	snprintf(field, sizeof(field), "ports[%zu].name", i);
	for (size_t j = 0; j < i; j++)
		if (strcmp(name, lab_json_string(lab_json_item(at->object, "ports", j), "name")) ==
		    0)
			return cp_at_error(at, field, "\"%s\" is the name of ports[%zu] too", name,
					   j);
	return 0;
}

static int check_endpoint_ports(const struct cp_at *at)
{
	size_t count;

	if (cp_check_array(at, "ports", CP_OPTIONAL, &count) < 0)
		return -EINVAL;
	if (count > 100)
		return cp_at_error(at, "ports", "more than 100");
	for (size_t i = 0; i < count; i++) {
		struct cp_at port;

		if (cp_at_item(at, "ports", i, &port) < 0 || check_endpoint_port(&port) < 0 ||
		    check_endpoint_name(at, i) < 0)
			return -EINVAL;
	}
	return 0;
}

void cp_check_slice(struct cp *cp, const struct cp_doc *doc)
{
	static const char *const types[] = {"IPv4", "IPv6", "FQDN", NULL};
	const char *type = "";
	struct cp_at root;
	size_t count;

	cp_at_root(&root, cp, doc);
	if (cp_check_word(&root, "addressType", CP_REQUIRED, types, &type) < 0 ||
	    check_endpoint_ports(&root) < 0 ||
	    cp_check_array(&root, "endpoints", CP_OPTIONAL, &count) < 0)
		return;
	if (count > 1000) {
		cp_at_error(&root, "endpoints", "more than 1000");
		return;
	}
	for (size_t i = 0; i < count; i++) {
		struct cp_at endpoint, conditions;

		if (cp_at_item(&root, "endpoints", i, &endpoint) < 0 ||
		    cp_at_child(&endpoint, "conditions", CP_OPTIONAL, &conditions) < 0 ||
		    cp_check_bool(&conditions, "ready") < 0 ||
		    cp_check_bool(&conditions, "serving") < 0 ||
		    cp_check_bool(&conditions, "terminating") < 0 ||
		    (strcmp(type, "FQDN") != 0 && cp_check_addresses(&endpoint, "addresses") < 0))
			return;
	}
}

static int check_subset_address(const struct cp_at *subset, const char *key, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct k8snet_address address;
		struct cp_at item;
		const char *text;

		if (cp_at_item(subset, key, i, &item) < 0 ||
		    cp_check_string(&item, "ip", CP_REQUIRED, &text) < 0)
			return -EINVAL;
		if (k8snet_address_parse(&address, text) < 0)
			return cp_at_error(&item, "ip", "\"%.64s\" is not an IP address", text);
		if (!cp_is_usable(&address))
			return cp_at_error(&item, "ip", "%.64s cannot be used", text);
	}
	return 0;
}

void cp_check_endpoints(struct cp *cp, const struct cp_doc *doc)
{
	size_t subsets, ready, not_ready;
	struct cp_at root, subset;

	cp_at_root(&root, cp, doc);
	if (cp_check_array(&root, "subsets", CP_OPTIONAL, &subsets) < 0)
		return;
	for (size_t i = 0; i < subsets; i++)
		if (cp_at_item(&root, "subsets", i, &subset) < 0 ||
		    check_endpoint_ports(&subset) < 0 ||
		    cp_check_array(&subset, "addresses", CP_OPTIONAL, &ready) < 0 ||
		    check_subset_address(&subset, "addresses", ready) < 0 ||
		    cp_check_array(&subset, "notReadyAddresses", CP_OPTIONAL, &not_ready) < 0 ||
		    check_subset_address(&subset, "notReadyAddresses", not_ready) < 0)
			return;
}
