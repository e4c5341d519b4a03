/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "graph.h"

static bool add_once(struct json_object *list, struct json_object *seen, const char *name)
{
	struct json_object *text;

	if (json_object_object_get_ex(seen, name, NULL))
		return true;
	text = json_object_new_string(name);
	if (text && json_object_array_add(list, text) == 0)
		return json_object_object_add(seen, name, NULL) == 0;
	json_object_put(text);
	return false;
}

struct json_object *lab_graph_namespaces(const struct lab_view *view, const char *kind)
{
	struct json_object *list = json_object_new_array(), *seen = json_object_new_object();
	struct json_object *object;
	bool ok = list && seen;
	size_t at = 0;

	while (ok && (object = lab_objects_next(view->objects, kind, &at)))
		ok = add_once(list, seen, lab_object_namespace(object));
	json_object_put(seen);
	if (ok)
		return list;
	json_object_put(list);
	return NULL;
}

char *lab_graph_name(const struct lab_view *view, struct json_object *object, char *buffer,
		     size_t size)
{
	if (view->has_one_namespace)
		snprintf(buffer, size, "%s", lab_object_name(object));
	else
		snprintf(buffer, size, "%s/%s", lab_object_namespace(object),
			 lab_object_name(object));
	return buffer;
}

char *lab_graph_join(struct json_object *array, const char *key, const char *separator,
		     char *buffer, size_t size)
{
	size_t used = 0;

	*buffer = '\0';
	for (size_t i = 0; i < lab_json_count(array, "") && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s", i ? separator : "",
					 lab_json_string(lab_json_item(array, "", i), key));
	return buffer;
}

static void append(char *buffer, size_t size, const char *separator, const char *text)
{
	size_t used = strlen(buffer);

	snprintf(buffer + used, size - used, "%s%s", used ? separator : "", text);
}

char *lab_graph_node_addresses(struct json_object *node, char *buffer, size_t size)
{
	*buffer = '\0';
	for (size_t i = 0; i < lab_json_count(node, "status.addresses"); i++) {
		struct json_object *entry = lab_json_item(node, "status.addresses", i);

		if (strcmp(lab_json_string(entry, "type"), "InternalIP") == 0)
			append(buffer, size, " ", lab_json_string(entry, "address"));
	}
	return buffer;
}

char *lab_graph_gateways(struct json_object *node, char *buffer, size_t size)
{
	*buffer = '\0';
	for (size_t i = 0; i < lab_json_count(node, "spec.podCIDRs"); i++) {
		const char *cidr = lab_json_string(lab_json_item(node, "spec.podCIDRs", i), "");
		char text[K8SNET_ADDRESS_TEXT_SIZE];
		struct k8snet_prefix prefix;

		if (k8snet_prefix_parse(&prefix, cidr) < 0)
			continue;
		prefix.address.bytes[prefix.address.family == 6 ? 15 : 3]++;
		append(buffer, size, " ", k8snet_prefix_format(&prefix, text, sizeof(text)));
	}
	return buffer;
}

char *lab_graph_underlay(const struct lab_view *view, char *buffer, size_t size)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	*buffer = '\0';
	if (view->options.families & LAB_IPV4)
		append(buffer, size, " ",
		       k8snet_prefix_format(&view->options.underlay4, text, sizeof(text)));
	if (view->options.families & LAB_IPV6)
		append(buffer, size, " ",
		       k8snet_prefix_format(&view->options.underlay6, text, sizeof(text)));
	return buffer;
}

char *lab_graph_outside(const struct lab_view *view, char *buffer, size_t size)
{
	*buffer = '\0';
	for (int family = 4; family <= 6; family += 2) {
		char text[K8SNET_ADDRESS_TEXT_SIZE];
		struct k8snet_address address;

		if ((view->options.families & (family == 6 ? LAB_IPV6 : LAB_IPV4)) &&
		    lab_underlay_address(&view->options, family, 0, &address) == 0)
			append(buffer, size, " ",
			       k8snet_address_format(&address, text, sizeof(text)));
	}
	return buffer;
}

size_t lab_graph_count(const struct lab_view *view, const char *kind)
{
	size_t at = 0, count = 0;

	while (lab_objects_next(view->objects, kind, &at))
		count++;
	return count;
}

static const char *plural(size_t count)
{
	return count == 1 ? "" : "s";
}

char *lab_graph_caption(const struct lab_view *view, char *buffer, size_t size)
{
	size_t nodes = lab_graph_count(view, "Node"), pods = lab_graph_count(view, "Pod");
	size_t services = lab_graph_count(view, "Service");
	size_t ingresses = lab_graph_count(view, "Ingress");

	snprintf(buffer, size,
		 "%zu node%s, %zu pod%s, %zu service%s, %zu ingress%s; %s mode, %s links, %s",
		 nodes, plural(nodes), pods, plural(pods), services, plural(services), ingresses,
		 ingresses == 1 ? "" : "es", lab_mode_name(view->options.mode),
		 lab_link_name(view->options.link), lab_families_name(view->options.families));
	return buffer;
}

char *lab_graph_port(struct json_object *port, char *buffer, size_t size)
{
	snprintf(buffer, size, "%lld/%s", (long long)lab_json_int(port, "port", 0),
		 lab_json_string(port, "protocol"));
	return buffer;
}

size_t lab_graph_outside_addresses(struct json_object *service, const char **out, size_t size)
{
	struct json_object *balancer = lab_json_get(service, "status.loadBalancer.ingress");
	size_t count = 0;

	for (size_t i = 0; i < lab_json_count(balancer, "") && count < size; i++)
		out[count++] = lab_json_string(lab_json_item(balancer, "", i), "ip");
	for (size_t i = 0; i < lab_json_count(service, "spec.externalIPs") && count < size; i++)
		out[count++] = lab_json_string(lab_json_item(service, "spec.externalIPs", i), "");
	return count;
}

static int draw(const struct lab_view *view, FILE *out)
{
	switch (view->options.graph_format) {
	case LAB_GRAPH_DOT:
		lab_graph_dot(view, out);
		return 0;
	case LAB_GRAPH_SVG:
		return lab_graph_svg(view, out);
	default:
		return lab_graph_text(view, out);
	}
}

int lab_graph(const struct lab_options *options)
{
	struct lab_view view;
	int status = lab_view_load(&view, options);
	FILE *out;

	if (status != LAB_OK)
		return status;
	out = lab_output_open(options);
	status = out ? LAB_OK : LAB_FAILED;
	if (out && draw(&view, out) < 0) {
		fprintf(stderr, LAB_PROGRAM ": out of memory\n");
		status = LAB_FAILED;
	}
	if (out && lab_output_close(options, out) != LAB_OK)
		status = LAB_FAILED;
	lab_view_free(&view);
	return status;
}
