/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The topology on a terminal, from the outside to the inside: the ways in, and
 * services. Nodes with their pods are in a file of their own. */
#include <errno.h>
#include <string.h>

#include "graph_text.h"

#define INDENT "  "

void lab_graph_heading(FILE *out, const char *title, size_t columns)
{
	size_t used = lab_text_width(title) + 4;

	fprintf(out, "\n━━ %s ", title);
	lab_text_repeat(out, "━", used < columns ? columns - used : 0);
	fputs("\n\n", out);
}

/* --- layer 3: the ways in ------------------------------------------------------ */

struct rule_rows {
	const struct lab_view *view;
	struct lab_table table;
	const char *host; /* of the row before: it is not repeated */
};

static int rule_row(void *data, const struct lab_rule *rule)
{
	struct rule_rows *rows = data;
	bool is_same = rows->host && strcmp(rows->host, rule->host) == 0;
	bool is_default = !*rule->path;

	rows->host = rule->host;
	lab_table_row(&rows->table);
	lab_table_cell(&rows->table, "%s", is_same ? "" : *rule->host ? rule->host : "any host");
	lab_table_cell(&rows->table, "%s", is_default ? "any other path" : rule->path);
	lab_table_cell(&rows->table, "%s",
		       is_default						? "default"
		       : strcmp(rule->path_type, "ImplementationSpecific") == 0 ? "as Prefix"
										: rule->path_type);
	lab_table_cell(&rows->table, "─▶ %s %s", rule->service, rule->port);
	return 0;
}

static int print_ingresses(const struct lab_view *view, FILE *out)
{
	struct json_object *ingress;
	size_t at = 0;
	int r = 0;

	while ((ingress = lab_objects_next(view->objects, "Ingress", &at))) {
		const char *class_name = lab_json_string(ingress, "spec.ingressClassName");
		struct rule_rows rows = {.view = view};

		fputs(INDENT "├─ ingress ", out);
		lab_text_put(out, lab_object_namespace(ingress));
		fputc('/', out);
		lab_text_put(out, lab_object_name(ingress));
		fprintf(out, "%s%s%s\n", *class_name ? " (class " : "", class_name,
			*class_name ? ")" : "");
		lab_view_rules(ingress, rule_row, &rows);
		if (lab_table_print(&rows.table, INDENT "│    ", out) < 0)
			r = -ENOMEM;
		fputs(INDENT "│\n", out);
	}
	return r;
}

static void backend_cell(struct lab_table *table, const char *service, struct json_object *port)
{
	const char *name = lab_json_string(port, "name");

	lab_table_cell(table, "─▶ %s%s%s", service, *name ? " " : "", name);
}

/* Rows "address port ─▶ service port"; returns how many. */
static size_t outside_rows(const struct lab_view *view, struct lab_table *table)
{
	struct json_object *service;
	size_t at = 0, count = 0;

	while ((service = lab_objects_next(view->objects, "Service", &at))) {
		const char *addresses[16];
		char name[384], port_text[32];
		size_t n = lab_graph_outside_addresses(service, addresses, 16);

		lab_graph_name(view, service, name, sizeof(name));
		for (size_t i = 0; i < n; i++)
			for (size_t j = 0; j < lab_json_count(service, "spec.ports"); j++) {
				struct json_object *port = lab_json_item(service, "spec.ports", j);

				lab_table_row(table);
				lab_table_cell(table, "%s", j ? "" : addresses[i]);
				lab_table_cell(table, "%s",
					       lab_graph_port(port, port_text, sizeof(port_text)));
				backend_cell(table, name, port);
				count++;
			}
	}
	return count;
}

static size_t node_port_rows(const struct lab_view *view, struct lab_table *table)
{
	struct json_object *service;
	size_t at = 0, count = 0;

	while ((service = lab_objects_next(view->objects, "Service", &at))) {
		char name[384];

		lab_graph_name(view, service, name, sizeof(name));
		for (size_t j = 0; j < lab_json_count(service, "spec.ports"); j++) {
			struct json_object *port = lab_json_item(service, "spec.ports", j);
			int64_t number = lab_json_int(port, "nodePort", 0);

			if (!number)
				continue;
			lab_table_row(table);
			lab_table_cell(table, "%lld/%s", (long long)number,
				       lab_json_string(port, "protocol"));
			backend_cell(table, name, port);
			count++;
		}
	}
	return count;
}

static int print_node_ports(const struct lab_view *view, FILE *out)
{
	struct lab_table table = {0};
	size_t count = node_port_rows(view, &table);

	fprintf(out, INDENT "└─ node ports, on the address of any node%s\n", count ? "" : ": none");
	return lab_table_print(&table, INDENT "     ", out);
}

static int print_ways_in(const struct lab_view *view, FILE *out)
{
	struct lab_table table = {0};
	char address[160];
	int r;

	fprintf(out, INDENT "outside %s\n" INDENT "│\n",
		lab_graph_outside(view, address, sizeof(address)));
	r = print_ingresses(view, out);
	if (outside_rows(view, &table)) {
		fputs(INDENT "├─ load balancer and external addresses\n", out);
		if (lab_table_print(&table, INDENT "│    ", out) < 0)
			r = -ENOMEM;
		fputs(INDENT "│\n", out);
	}
	return print_node_ports(view, out) < 0 ? -ENOMEM : r;
}

/* --- layer 2: services ----------------------------------------------------------- */

struct service_lines {
	const struct lab_view *view;
	FILE *out;
	size_t columns;
	size_t widths[4]; /* service, VIP, port, name of the port */
	size_t left;	  /* column where endpoints begin */
	size_t at;	  /* column of the line being written */
};

static char *vips(struct json_object *service, char *buffer, size_t size)
{
	if (strcmp(lab_json_string(service, "spec.type"), "ExternalName") == 0)
		snprintf(buffer, size, "ExternalName");
	else if (strcmp(lab_json_string(service, "spec.clusterIP"), "None") == 0)
		snprintf(buffer, size, "headless");
	else
		lab_graph_join(lab_json_get(service, "spec.clusterIPs"), "", " ", buffer, size);
	return buffer;
}

static void widen(size_t *width, const char *text)
{
	size_t needed = lab_text_width(text);

	*width = needed > *width ? needed : *width;
}

static void measure(struct service_lines *lines)
{
	struct json_object *service;
	char text[384];
	size_t at = 0;

	while ((service = lab_objects_next(lines->view->objects, "Service", &at))) {
		widen(&lines->widths[0], lab_object_name(service));
		widen(&lines->widths[1], vips(service, text, sizeof(text)));
		for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++) {
			struct json_object *port = lab_json_item(service, "spec.ports", i);

			widen(&lines->widths[2], lab_graph_port(port, text, sizeof(text)));
			widen(&lines->widths[3], lab_json_string(port, "name"));
		}
	}
	lines->left = strlen(INDENT) + 3;
	for (size_t i = 0; i < 4; i++)
		lines->left += lines->widths[i] + 2;
}

static int put_endpoint(void *data, const struct lab_endpoint *endpoint)
{
	struct service_lines *lines = data;
	char text[96];
	size_t width;

	lab_format_endpoint(text, sizeof(text), endpoint->address, endpoint->port);
	width = lab_text_width(text);
	if (lines->at > lines->left && lines->at + 1 + width > lines->columns) {
		fputc('\n', lines->out);
		lab_text_repeat(lines->out, " ", lines->left);
		lines->at = lines->left;
	}
	fprintf(lines->out, "%s%s", lines->at > lines->left ? " " : "", text);
	lines->at += width + (lines->at > lines->left ? 1 : 0);
	return 0;
}

static void put_cells(struct service_lines *lines, const char *const cells[4])
{
	fputs(INDENT, lines->out);
	for (size_t i = 0; i < 4; i++) {
		lab_text_pad(lines->out, cells[i], lines->widths[i]);
		fputs("  ", lines->out);
	}
}

static void print_port(struct service_lines *lines, struct json_object *service, size_t index)
{
	struct json_object *port = lab_json_item(service, "spec.ports", index);
	char addresses[160], port_text[32];
	const char *const cells[4] = {
		index ? "" : lab_object_name(service),
		index ? "" : vips(service, addresses, sizeof(addresses)),
		lab_graph_port(port, port_text, sizeof(port_text)),
		lab_json_string(port, "name"),
	};

	put_cells(lines, cells);
	fputs("─▶ ", lines->out);
	lines->at = lines->left;
	lab_view_endpoints(lines->view, service, index, put_endpoint, lines);
	fputs(lines->at == lines->left ? "refused: no endpoints\n" : "\n", lines->out);
}

static void print_without_port(struct service_lines *lines, struct json_object *service)
{
	char addresses[160];
	const char *const cells[4] = {
		lab_object_name(service),
		vips(service, addresses, sizeof(addresses)),
		"",
		"",
	};

	put_cells(lines, cells);
	if (*lab_json_string(service, "spec.externalName")) {
		fputs("─▶ ", lines->out);
		lab_text_put(lines->out, lab_json_string(service, "spec.externalName"));
	}
	fputc('\n', lines->out);
}

static void print_namespace(struct service_lines *lines, const char *namespace_)
{
	struct json_object *service;
	size_t at = 0;

	while ((service = lab_objects_next(lines->view->objects, "Service", &at))) {
		size_t ports = lab_json_count(service, "spec.ports");

		if (strcmp(lab_object_namespace(service), namespace_) != 0)
			continue;
		if (!ports)
			print_without_port(lines, service);
		for (size_t i = 0; i < ports; i++)
			print_port(lines, service, i);
	}
}

static int print_services(const struct lab_view *view, FILE *out, size_t columns)
{
	struct service_lines lines = {.view = view, .out = out, .columns = columns};
	struct json_object *namespaces = lab_graph_namespaces(view, "Service");
	bool is_headed = !view->has_one_namespace;

	if (!namespaces)
		return -ENOMEM;
	measure(&lines);
	for (size_t i = 0; i < lab_json_count(namespaces, ""); i++) {
		const char *namespace_ = lab_json_string(lab_json_item(namespaces, "", i), "");

		if (is_headed)
			fprintf(out, "%s" INDENT "in %s\n", i ? "\n" : "", namespace_);
		print_namespace(&lines, namespace_);
	}
	json_object_put(namespaces);
	return 0;
}

int lab_graph_text(const struct lab_view *view, FILE *out)
{
	size_t columns = lab_text_columns(out);
	char text[256];
	bool failed;

	fprintf(out, "%s%s: %s\n", view->options.name, view->is_running ? "" : " (planned)",
		lab_graph_caption(view, text, sizeof(text)));
	lab_graph_heading(out, "layer 3 · the ways in", columns);
	failed = print_ways_in(view, out) < 0;
	lab_graph_heading(out, "layer 2 · services", columns);
	failed |= print_services(view, out, columns) < 0;
	lab_graph_heading(out, "layer 1 · pods   layer 0 · nodes", columns);
	failed |= lab_graph_text_nodes(view, out, columns) < 0;
	return failed ? -ENOMEM : 0;
}
