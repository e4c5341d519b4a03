/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The topology for graphviz. */
#include <ctype.h>
#include <string.h>

#include "graph.h"

/* Inside of double quotes. */
static void put_quoted(FILE *out, const char *text)
{
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			fputc('\\', out);
		fputc(iscntrl((unsigned char)*text) ? '?' : *text, out);
	}
}

static void put_id(FILE *out, const char *kind, struct json_object *object)
{
	fprintf(out, "\"%s ", kind);
	put_quoted(out, lab_object_namespace(object));
	fputc('/', out);
	put_quoted(out, lab_object_name(object));
	fputc('"', out);
}

/* --- layers 0 and 1 --------------------------------------------------------------- */

static void put_pod(const struct lab_view *view, FILE *out, struct json_object *pod)
{
	char name[384], addresses[160];

	fputs("    ", out);
	put_id(out, "pod", pod);
	fputs(" [label=\"", out);
	put_quoted(out, lab_graph_name(view, pod, name, sizeof(name)));
	fprintf(out, "\\n%s\", fillcolor=\"#e8f1fb\"];\n",
		lab_graph_join(lab_json_get(pod, "status.podIPs"), "ip", "\\n", addresses,
			       sizeof(addresses)));
}

static void put_node(const struct lab_view *view, FILE *out, struct json_object *node)
{
	const char *name = lab_object_name(node);
	struct json_object *pod;
	char addresses[160], gateways[160];
	size_t at = 0;

	fprintf(out, "  subgraph \"cluster %s\" {\n    label=\"%s\";\n", name, name);
	fprintf(out, "    \"bridge %s\" [label=\"%s\\n%s\", fillcolor=\"#d5e8d4\"];\n", name,
		view->options.link == K8SNET_LINK_BRIDGE ? "k8snet0" : "ptp links",
		lab_graph_gateways(node, gateways, sizeof(gateways)));
	fprintf(out, "    \"uplink %s\" [label=\"eth0\\n%s\", fillcolor=\"#fff2cc\"];\n", name,
		lab_graph_node_addresses(node, addresses, sizeof(addresses)));
	while ((pod = lab_objects_next(view->objects, "Pod", &at)))
		if (strcmp(lab_json_string(pod, "spec.nodeName"), name) == 0)
			put_pod(view, out, pod);
	fprintf(out, "  }\n  \"bridge %s\" -> \"uplink %s\" [dir=none];\n", name, name);
	fprintf(out, "  \"uplink %s\" -> \"underlay\" [dir=none];\n", name);
	at = 0;
	while ((pod = lab_objects_next(view->objects, "Pod", &at)))
		if (strcmp(lab_json_string(pod, "spec.nodeName"), name) == 0) {
			fputs("  ", out);
			put_id(out, "pod", pod);
			fprintf(out, " -> \"%s %s\" [dir=none, color=\"#7f9f7f\"];\n",
				lab_json_bool(pod, "spec.hostNetwork", false) ? "uplink" : "bridge",
				name);
		}
}

/* --- layer 2 ------------------------------------------------------------------------ */

struct edges {
	FILE *out;
	struct json_object *service;
	struct json_object *port;
};

static int put_endpoint(void *data, const struct lab_endpoint *endpoint)
{
	struct edges *edges = data;

	if (!*endpoint->pod)
		return 0;
	fputs("  ", edges->out);
	put_id(edges->out, "service", edges->service);
	fputs(" -> \"pod ", edges->out);
	put_quoted(edges->out, endpoint->pod_namespace);
	fputc('/', edges->out);
	put_quoted(edges->out, endpoint->pod);
	fprintf(edges->out, "\" [label=\"%d\", fontsize=8, color=\"#6c8ebf\"];\n", endpoint->port);
	return 0;
}

static void put_service(const struct lab_view *view, FILE *out, struct json_object *service)
{
	struct edges edges = {.out = out, .service = service};
	char name[384], addresses[256], port_text[32];

	fputs("  ", out);
	put_id(out, "service", service);
	fputs(" [label=\"", out);
	put_quoted(out, lab_graph_name(view, service, name, sizeof(name)));
	fprintf(out, "\\n%s",
		lab_graph_join(lab_json_get(service, "spec.clusterIPs"), "", "\\n", addresses,
			       sizeof(addresses)));
	for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++)
		fprintf(out, "\\n%s %s",
			lab_graph_port(lab_json_item(service, "spec.ports", i), port_text,
				       sizeof(port_text)),
			lab_json_string(lab_json_item(service, "spec.ports", i), "name"));
	fputs("\", shape=box, style=\"filled,rounded\", fillcolor=\"#dae8fc\"];\n", out);
	for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++)
		lab_view_endpoints(view, service, i, put_endpoint, &edges);
}

/* --- layer 3 ------------------------------------------------------------------------ */

static int put_rule(void *data, const struct lab_rule *rule)
{
	FILE *out = data;

	fputs("  ", out);
	put_id(out, "ingress", rule->ingress);
	fputs(" -> \"service ", out);
	put_quoted(out, lab_object_namespace(rule->ingress));
	fputc('/', out);
	put_quoted(out, rule->service);
	fputs("\" [label=\"", out);
	put_quoted(out, *rule->host ? rule->host : "*");
	put_quoted(out, *rule->path ? rule->path : " (default)");
	fputs("\", fontsize=8];\n", out);
	return 0;
}

static void put_ways_in(const struct lab_view *view, FILE *out, struct json_object *service)
{
	const char *addresses[16];
	size_t count = lab_graph_outside_addresses(service, addresses, 16);

	for (size_t i = 0; i < count; i++) {
		fputs("  \"outside\" -> ", out);
		put_id(out, "service", service);
		fprintf(out, " [label=\"%s\", fontsize=8, style=bold];\n", addresses[i]);
	}
	for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++) {
		struct json_object *port = lab_json_item(service, "spec.ports", i);
		int64_t number = lab_json_int(port, "nodePort", 0);

		if (!number)
			continue;
		fputs("  \"outside\" -> ", out);
		put_id(out, "service", service);
		fprintf(out, " [label=\"any node:%lld/%s\", fontsize=8, style=dashed];\n",
			(long long)number, lab_json_string(port, "protocol"));
	}
	(void)view;
}

static void put_ingress(FILE *out, struct json_object *ingress)
{
	fputs("  ", out);
	put_id(out, "ingress", ingress);
	fputs(" [label=\"ingress\\n", out);
	put_quoted(out, lab_object_name(ingress));
	fputs("\", shape=hexagon, fillcolor=\"#f8cecc\"];\n  \"outside\" -> ", out);
	put_id(out, "ingress", ingress);
	fputs(";\n", out);
	lab_view_rules(ingress, put_rule, out);
}

void lab_graph_dot(const struct lab_view *view, FILE *out)
{
	struct json_object *object;
	char text[256];
	size_t at = 0;

	fprintf(out, "digraph \"%s\" {\n  rankdir=TB;\n  label=\"%s\";\n", view->options.name,
		lab_graph_caption(view, text, sizeof(text)));
	fputs("  node [shape=box, style=filled, fillcolor=white, fontname=\"sans-serif\", "
	      "fontsize=10];\n",
	      out);
	fprintf(out, "  \"outside\" [label=\"outside\\n%s\", shape=ellipse];\n",
		lab_graph_outside(view, text, sizeof(text)));
	while ((object = lab_objects_next(view->objects, "Ingress", &at)))
		put_ingress(out, object);
	at = 0;
	while ((object = lab_objects_next(view->objects, "Service", &at))) {
		put_service(view, out, object);
		put_ways_in(view, out, object);
	}
	at = 0;
	while ((object = lab_objects_next(view->objects, "Node", &at)))
		put_node(view, out, object);
	fprintf(out,
		"  \"underlay\" [label=\"underlay %s\", shape=box, fillcolor=\"#eeeeee\"];\n}\n",
		lab_graph_underlay(view, text, sizeof(text)));
}
