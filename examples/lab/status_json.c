/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status, as JSON: flat, for scripts. */
#include <errno.h>
#include <string.h>

#include "status.h"

struct builder {
	const struct lab_view *view;
	bool failed; /* out of memory */
};

static struct json_object *put(struct builder *b, struct json_object *parent, const char *key,
			       struct json_object *value)
{
	int r = !parent || !value ? -1
		: key		  ? json_object_object_add(parent, key, value)
				  : json_object_array_add(parent, value);

	if (r == 0)
		return value;
	json_object_put(value);
	b->failed = true;
	return NULL;
}

static void put_string(struct builder *b, struct json_object *parent, const char *key,
		       const char *text)
{
	put(b, parent, key, json_object_new_string(text));
}

static struct json_object *put_array(struct builder *b, struct json_object *parent, const char *key)
{
	return put(b, parent, key, json_object_new_array());
}

/* Strings, or the member `from_key` of objects. */
static void put_list(struct builder *b, struct json_object *parent, const char *key,
		     struct json_object *from, const char *from_key)
{
	struct json_object *list = put_array(b, parent, key);

	for (size_t i = 0; i < lab_json_count(from, ""); i++)
		put_string(b, list, NULL, lab_json_string(lab_json_item(from, "", i), from_key));
}

bool lab_pod_is_ready(struct json_object *pod)
{
	return strcmp(lab_json_string(lab_json_item(pod, "status.conditions", 0), "status"),
		      "True") == 0;
}

static const char *netns_of(struct json_object *object)
{
	const char *path = lab_json_key(object, "metadata.annotations", LAB_NETNS_ANNOTATION);
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void put_nodes(struct builder *b, struct json_object *root)
{
	struct json_object *node, *list = put_array(b, root, "nodes");
	size_t at = 0;

	while ((node = lab_objects_next(b->view->objects, "Node", &at))) {
		struct json_object *out = put(b, list, NULL, json_object_new_object());
		struct json_object *addresses;

		put_string(b, out, "name", lab_object_name(node));
		addresses = put_array(b, out, "addresses");
		for (size_t i = 0; i < lab_json_count(node, "status.addresses"); i++) {
			struct json_object *entry = lab_json_item(node, "status.addresses", i);

			if (strcmp(lab_json_string(entry, "type"), "InternalIP") == 0)
				put_string(b, addresses, NULL, lab_json_string(entry, "address"));
		}
		put_list(b, out, "podCIDRs", lab_json_get(node, "spec.podCIDRs"), "");
		put_string(b, out, "netns", netns_of(node));
	}
}

static void put_pods(struct builder *b, struct json_object *root)
{
	struct json_object *pod, *list = put_array(b, root, "pods");
	size_t at = 0;

	while ((pod = lab_objects_next(b->view->objects, "Pod", &at))) {
		struct json_object *out = put(b, list, NULL, json_object_new_object());

		put_string(b, out, "namespace", lab_object_namespace(pod));
		put_string(b, out, "name", lab_object_name(pod));
		put_string(b, out, "node", lab_json_string(pod, "spec.nodeName"));
		put_list(b, out, "addresses", lab_json_get(pod, "status.podIPs"), "ip");
		put_string(b, out, "netns", netns_of(pod));
		put_string(b, out, "phase", lab_json_string(pod, "status.phase"));
		put(b, out, "ready", json_object_new_boolean(lab_pod_is_ready(pod)));
	}
}

struct endpoint_list {
	struct builder *builder;
	struct json_object *list;
};

static int put_endpoint(void *data, const struct lab_endpoint *endpoint)
{
	struct endpoint_list *to = data;
	char text[96];

	put_string(to->builder, to->list, NULL,
		   lab_format_endpoint(text, sizeof(text), endpoint->address, endpoint->port));
	return 0;
}

static void put_port(struct builder *b, struct json_object *service, size_t index,
		     struct json_object *list)
{
	struct json_object *port = lab_json_item(service, "spec.ports", index);
	struct json_object *out = put(b, list, NULL, json_object_new_object());
	struct endpoint_list endpoints = {.builder = b};

	put_string(b, out, "name", lab_json_string(port, "name"));
	put_string(b, out, "protocol", lab_json_string(port, "protocol"));
	put(b, out, "port", json_object_new_int64(lab_json_int(port, "port", 0)));
	if (lab_json_int(port, "nodePort", 0))
		put(b, out, "nodePort", json_object_new_int64(lab_json_int(port, "nodePort", 0)));
	put(b, out, "targetPort", json_object_get(lab_json_get(port, "targetPort")));
	endpoints.list = put_array(b, out, "endpoints");
	lab_view_endpoints(b->view, service, index, put_endpoint, &endpoints);
}

static void put_services(struct builder *b, struct json_object *root)
{
	struct json_object *service, *list = put_array(b, root, "services");
	size_t at = 0;

	while ((service = lab_objects_next(b->view->objects, "Service", &at))) {
		struct json_object *out = put(b, list, NULL, json_object_new_object());
		struct json_object *ports;

		put_string(b, out, "namespace", lab_object_namespace(service));
		put_string(b, out, "name", lab_object_name(service));
		put_string(b, out, "type", lab_json_string(service, "spec.type"));
		put_list(b, out, "clusterIPs", lab_json_get(service, "spec.clusterIPs"), "");
		put_list(b, out, "loadBalancerIPs",
			 lab_json_get(service, "status.loadBalancer.ingress"), "ip");
		put_list(b, out, "externalIPs", lab_json_get(service, "spec.externalIPs"), "");
		if (*lab_json_string(service, "spec.sessionAffinity"))
			put_string(b, out, "sessionAffinity",
				   lab_json_string(service, "spec.sessionAffinity"));
		ports = put_array(b, out, "ports");
		for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++)
			put_port(b, service, i, ports);
	}
}

static int put_rule(void *data, const struct lab_rule *rule)
{
	struct endpoint_list *to = data;
	struct json_object *out = put(to->builder, to->list, NULL, json_object_new_object());

	put_string(to->builder, out, "host", rule->host);
	put_string(to->builder, out, "path", rule->path);
	put_string(to->builder, out, "pathType", rule->path_type);
	put_string(to->builder, out, "service", rule->service);
	put_string(to->builder, out, "port", rule->port);
	return 0;
}

static void put_ingresses(struct builder *b, struct json_object *root)
{
	struct json_object *ingress, *list = put_array(b, root, "ingresses");
	size_t at = 0;

	while ((ingress = lab_objects_next(b->view->objects, "Ingress", &at))) {
		struct json_object *out = put(b, list, NULL, json_object_new_object());
		struct endpoint_list rules = {.builder = b};

		put_string(b, out, "namespace", lab_object_namespace(ingress));
		put_string(b, out, "name", lab_object_name(ingress));
		put_string(b, out, "className", lab_json_string(ingress, "spec.ingressClassName"));
		rules.list = put_array(b, out, "rules");
		lab_view_rules(ingress, put_rule, &rules);
	}
}

int lab_status_json(const struct lab_view *view, FILE *out)
{
	struct builder b = {.view = view};
	struct json_object *root = json_object_new_object();
	int r;

	put_string(&b, root, "name", view->options.name);
	put_string(&b, root, "mode", lab_mode_name(view->options.mode));
	put_string(&b, root, "link", lab_link_name(view->options.link));
	put_string(&b, root, "family", lab_families_name(view->options.families));
	put_nodes(&b, root);
	put_pods(&b, root);
	put_services(&b, root);
	put_ingresses(&b, root);
	r = b.failed ? -ENOMEM : lab_json_write(out, root, true);
	json_object_put(root);
	return r;
}
