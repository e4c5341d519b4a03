/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services. Whether two of them conflict is found out where addresses and ports
 * are allocated. */
#include <errno.h>
#include <string.h>

#include "controlplane.h"

static int check_target_port(const struct cp_at *port)
{
	struct json_object *value = lab_json_get(port->object, "targetPort");
	int64_t number = 0;

	if (json_object_is_type(value, json_type_string)) {
		if (cp_is_port_name(json_object_get_string(value)))
			return 0;
		return cp_at_error(port, "targetPort", "\"%.64s\" is not a port's name or number",
				   json_object_get_string(value));
	}
	return cp_check_int(port, "targetPort", CP_OPTIONAL, 1, 65535, &number);
}

static int check_node_port(const struct cp_at *port, const char *type)
{
	int64_t number = 0;

	if (cp_check_int(port, "nodePort", CP_OPTIONAL, 0, 65535, &number) < 0)
		return -EINVAL;
	if (!number)
		return 0;
	if (strcmp(type, "NodePort") != 0 && strcmp(type, "LoadBalancer") != 0)
		return cp_at_error(port, "nodePort", "not with type %s", type);
	return cp_check_int(port, "nodePort", CP_OPTIONAL, 30000, 32767, &number);
}

static int check_port(const struct cp_at *port, const char *type, bool is_only)
{
	const char *name, *protocol = "TCP";
	int64_t number = 0;

	if (cp_check_int(port, "port", CP_REQUIRED, 1, 65535, &number) < 0 ||
	    cp_check_string(port, "name", CP_OPTIONAL, &name) < 0 ||
	    cp_check_word(port, "protocol", CP_OPTIONAL, cp_protocols, &protocol) < 0)
		return -EINVAL;
	if (!*name && !is_only)
		return cp_at_error(port, "name", "missing: a service of several ports names them");
	if (*name && !cp_is_label(name))
		return cp_at_error(port, "name", "\"%.80s\" is not a DNS label", name);
	if (check_target_port(port) < 0)
		return -EINVAL;
	return check_node_port(port, type);
}

static int check_distinct(const struct cp_at *spec, size_t i)
{
	struct json_object *port = lab_json_item(spec->object, "ports", i);

	for (size_t j = 0; j < i; j++) {
		struct json_object *other = lab_json_item(spec->object, "ports", j);
		char field[64];

		snprintf(field, sizeof(field), "ports[%zu].name", i);
		if (strcmp(lab_json_string(port, "name"), lab_json_string(other, "name")) == 0)
			return cp_at_error(spec, field, "\"%s\" is the name of ports[%zu] too",
					   lab_json_string(port, "name"), j);
		snprintf(field, sizeof(field), "ports[%zu].port", i);
		if (strcmp(cp_protocol_of(port), cp_protocol_of(other)) == 0 &&
		    lab_json_int(port, "port", 0) == lab_json_int(other, "port", 0))
			return cp_at_error(spec, field, "%lld/%s is that of ports[%zu] too",
					   (long long)lab_json_int(port, "port", 0),
					   cp_protocol_of(port), j);
	}
	return 0;
}

static int check_ports(const struct cp_at *spec, const char *type)
{
	bool may_lack = strcmp(type, "ExternalName") == 0 ||
			strcmp(lab_json_string(spec->object, "clusterIP"), "None") == 0;
	size_t count;

	if (cp_check_array(spec, "ports", may_lack ? CP_OPTIONAL : CP_REQUIRED, &count) < 0)
		return -EINVAL;
	if (!count && !may_lack)
		return cp_at_error(spec, "ports", "is empty");
	if (count > 100)
		return cp_at_error(spec, "ports", "more than 100");
	for (size_t i = 0; i < count; i++) {
		struct cp_at port;

		if (cp_at_item(spec, "ports", i, &port) < 0 ||
		    check_port(&port, type, count == 1) < 0 || check_distinct(spec, i) < 0)
			return -EINVAL;
	}
	return 0;
}

static int check_words(const struct cp_at *spec)
{
	static const char *const affinities[] = {"None", "ClientIP", NULL};
	static const char *const policies[] = {"Cluster", "Local", NULL};
	static const char *const families[] = {"SingleStack", "PreferDualStack", "RequireDualStack",
					       NULL};
	const char *word;

	if (cp_check_word(spec, "sessionAffinity", CP_OPTIONAL, affinities, &word) < 0 ||
	    cp_check_word(spec, "externalTrafficPolicy", CP_OPTIONAL, policies, &word) < 0 ||
	    cp_check_word(spec, "internalTrafficPolicy", CP_OPTIONAL, policies, &word) < 0 ||
	    cp_check_word(spec, "ipFamilyPolicy", CP_OPTIONAL, families, &word) < 0 ||
	    cp_check_bool(spec, "publishNotReadyAddresses") < 0 ||
	    cp_check_bool(spec, "allocateLoadBalancerNodePorts") < 0)
		return -EINVAL;
	return 0;
}

static int check_affinity(const struct cp_at *spec)
{
	struct cp_at config, client_ip;
	int64_t seconds = 0;

	if (cp_at_child(spec, "sessionAffinityConfig", CP_OPTIONAL, &config) < 0 ||
	    cp_at_child(&config, "clientIP", CP_OPTIONAL, &client_ip) < 0)
		return -EINVAL;
	return cp_check_int(&client_ip, "timeoutSeconds", CP_OPTIONAL, 1, 86400, &seconds);
}

static int check_family_list(const struct cp_at *spec)
{
	size_t count;

	if (cp_check_array(spec, "ipFamilies", CP_OPTIONAL, &count) < 0)
		return -EINVAL;
	if (count > 2)
		return cp_at_error(spec, "ipFamilies", "more than two");
	for (size_t i = 0; i < count; i++) {
		const char *name =
			lab_json_string(lab_json_item(spec->object, "ipFamilies", i), "");
		char field[64];

		snprintf(field, sizeof(field), "ipFamilies[%zu]", i);
		if (strcmp(name, "IPv4") != 0 && strcmp(name, "IPv6") != 0)
			return cp_at_error(spec, field, "\"%.40s\" is neither IPv4 nor IPv6", name);
		if (i && strcmp(name, lab_json_string(lab_json_item(spec->object, "ipFamilies", 0),
						      "")) == 0)
			return cp_at_error(spec, field, "%s given twice", name);
	}
	return 0;
}

static int check_source_ranges(const struct cp_at *spec)
{
	size_t count;

	if (cp_check_array(spec, "loadBalancerSourceRanges", CP_OPTIONAL, &count) < 0)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		const char *text = lab_json_string(
			lab_json_item(spec->object, "loadBalancerSourceRanges", i), "");
		struct k8snet_prefix prefix;
		char trimmed[80], field[64];

		snprintf(trimmed, sizeof(trimmed), "%.79s", text + strspn(text, " \t\r\n"));
		trimmed[strcspn(trimmed, " \t\r\n")] = '\0';
		snprintf(field, sizeof(field), "loadBalancerSourceRanges[%zu]", i);
		if (k8snet_prefix_parse(&prefix, trimmed) < 0)
			return cp_at_error(spec, field, "\"%.64s\" is not a subnet", text);
	}
	return 0;
}

static int check_one_address(const struct cp_at *spec, const char *key, bool may_be_none)
{
	struct k8snet_address address;
	const char *text;

	if (cp_check_string(spec, key, CP_OPTIONAL, &text) < 0)
		return -EINVAL;
	if (!*text || (may_be_none && strcmp(text, "None") == 0))
		return 0;
	if (k8snet_address_parse(&address, text) < 0)
		return cp_at_error(spec, key, "\"%.64s\" is not an IP address", text);
	if (!cp_is_usable(&address))
		return cp_at_error(spec, key, "%.64s cannot be used", text);
	return 0;
}

static int check_type(const struct cp_at *spec, const char **type)
{
	static const char *const types[] = {"ClusterIP", "NodePort", "LoadBalancer", "ExternalName",
					    NULL};
	const char *external_name, *cluster_ip;

	*type = "ClusterIP";
	if (cp_check_word(spec, "type", CP_OPTIONAL, types, type) < 0 ||
	    cp_check_string(spec, "clusterIP", CP_OPTIONAL, &cluster_ip) < 0)
		return -EINVAL;
	if (strcmp(*type, "ExternalName") == 0)
		return cp_check_string(spec, "externalName", CP_REQUIRED, &external_name);
	if (strcmp(cluster_ip, "None") == 0 && strcmp(*type, "ClusterIP") != 0)
		return cp_at_error(spec, "clusterIP", "None: not with type %s", *type);
	return 0;
}

void cp_check_service(struct cp *cp, const struct cp_doc *doc)
{
	struct cp_at root, spec;
	const char *type;

	cp_at_root(&root, cp, doc);
	if (cp_at_child(&root, "spec", CP_REQUIRED, &spec) < 0 || check_type(&spec, &type) < 0 ||
	    check_ports(&spec, type) < 0 || cp_check_strings(&spec, "selector") < 0 ||
	    check_words(&spec) < 0 || check_affinity(&spec) < 0 || check_family_list(&spec) < 0 ||
	    check_one_address(&spec, "clusterIP", true) < 0 ||
	    check_one_address(&spec, "loadBalancerIP", false) < 0 ||
	    cp_check_addresses(&spec, "externalIPs") < 0)
		return;
	check_source_ranges(&spec);
}
