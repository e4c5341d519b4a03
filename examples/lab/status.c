/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* status, as a table. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "status.h"

static void join(char *out, size_t size, struct json_object *array, const char *key)
{
	size_t used = 0;

	*out = '\0';
	for (size_t i = 0; i < lab_json_count(array, "") && used < size; i++)
		used += (size_t)snprintf(out + used, size - used, "%s%s", i ? "," : "",
					 lab_json_string(lab_json_item(array, "", i), key));
}

static const char *or_dash(const char *text)
{
	return *text ? text : "-";
}

static int print_nodes(const struct lab_view *view, FILE *out)
{
	struct lab_table table = {0};
	struct json_object *node;
	size_t at = 0;

	lab_table_row(&table);
	lab_table_cell(&table, "NODE");
	lab_table_cell(&table, "ADDRESS");
	lab_table_cell(&table, "PODS");
	lab_table_cell(&table, "NETNS");
	while ((node = lab_objects_next(view->objects, "Node", &at))) {
		char addresses[160] = "", cidrs[160];

		for (size_t i = 0; i < lab_json_count(node, "status.addresses"); i++) {
			struct json_object *entry = lab_json_item(node, "status.addresses", i);
			size_t used = strlen(addresses);

			if (strcmp(lab_json_string(entry, "type"), "InternalIP") == 0)
				snprintf(addresses + used, sizeof(addresses) - used, "%s%s",
					 used ? "," : "", lab_json_string(entry, "address"));
		}
		join(cidrs, sizeof(cidrs), lab_json_get(node, "spec.podCIDRs"), "");
		lab_table_row(&table);
		lab_table_cell(&table, "%s", lab_object_name(node));
		lab_table_cell(&table, "%s", addresses);
		lab_table_cell(&table, "%s", cidrs);
		lab_table_cell(&table, "%s-%s", view->options.name, lab_object_name(node));
	}
	return lab_table_print(&table, "", out);
}

static int print_pods(const struct lab_view *view, FILE *out)
{
	struct lab_table table = {0};
	struct json_object *pod;
	size_t at = 0;

	lab_table_row(&table);
	lab_table_cell(&table, "NAMESPACE");
	lab_table_cell(&table, "POD");
	lab_table_cell(&table, "NODE");
	lab_table_cell(&table, "ADDRESS");
	lab_table_cell(&table, "READY");
	while ((pod = lab_objects_next(view->objects, "Pod", &at))) {
		bool is_running = strcmp(lab_json_string(pod, "status.phase"), "Running") == 0;
		char addresses[160];

		join(addresses, sizeof(addresses), lab_json_get(pod, "status.podIPs"), "ip");
		lab_table_row(&table);
		lab_table_cell(&table, "%s", lab_object_namespace(pod));
		lab_table_cell(&table, "%s", lab_object_name(pod));
		lab_table_cell(&table, "%s", or_dash(lab_json_string(pod, "spec.nodeName")));
		lab_table_cell(&table, "%s", or_dash(addresses));
		lab_table_cell(&table, "%s",
			       !is_running	       ? "pending"
			       : lab_pod_is_ready(pod) ? "yes"
						       : "no");
	}
	return lab_table_print(&table, "", out);
}

static int count_endpoint(void *data, const struct lab_endpoint *endpoint)
{
	size_t *count = data;

	(void)endpoint;
	++*count;
	return 0;
}

static void port_cells(const struct lab_view *view, struct lab_table *table,
		       struct json_object *service, size_t index)
{
	struct json_object *port = lab_json_item(service, "spec.ports", index);
	int64_t node_port = lab_json_int(port, "nodePort", 0);
	const char *target = lab_json_string(port, "targetPort");
	size_t endpoints = 0;
	char number[32];

	snprintf(number, sizeof(number), "%lld", (long long)lab_json_int(port, "targetPort", 0));
	lab_view_endpoints(view, service, index, count_endpoint, &endpoints);
	lab_table_cell(table, "%s", or_dash(lab_json_string(port, "name")));
	lab_table_cell(table, "%lld/%s", (long long)lab_json_int(port, "port", 0),
		       lab_json_string(port, "protocol"));
	if (node_port)
		lab_table_cell(table, "%lld", (long long)node_port);
	else
		lab_table_cell(table, "-");
	lab_table_cell(table, "%s", *target ? target : number);
	lab_table_cell(table, "%zu", endpoints);
}

static void service_rows(const struct lab_view *view, struct lab_table *table,
			 struct json_object *service)
{
	size_t ports = lab_json_count(service, "spec.ports");
	char cluster[160], balancer[160], external[256];

	join(cluster, sizeof(cluster), lab_json_get(service, "spec.clusterIPs"), "");
	join(balancer, sizeof(balancer), lab_json_get(service, "status.loadBalancer.ingress"),
	     "ip");
	join(external, sizeof(external), lab_json_get(service, "spec.externalIPs"), "");
	for (size_t i = 0; i < (ports ? ports : 1); i++) {
		lab_table_row(table);
		lab_table_cell(table, "%s", i ? "" : lab_object_namespace(service));
		lab_table_cell(table, "%s", i ? "" : lab_object_name(service));
		lab_table_cell(table, "%s", i ? "" : lab_json_string(service, "spec.type"));
		lab_table_cell(table, "%s", i ? "" : or_dash(cluster));
		lab_table_cell(table, "%s%s%s",
			       i	   ? ""
			       : *external ? balancer
					   : or_dash(balancer),
			       i || !*balancer || !*external ? "" : ",", i ? "" : external);
		if (ports)
			port_cells(view, table, service, i);
	}
}

static int print_services(const struct lab_view *view, FILE *out)
{
	static const char *const names[] = {"NAMESPACE", "SERVICE",   "TYPE", "CLUSTER-IP",
					    "OUTSIDE",	 "PORT-NAME", "PORT", "NODE-PORT",
					    "TARGET",	 "ENDPOINTS"};
	struct lab_table table = {0};
	struct json_object *service;
	size_t at = 0;

	lab_table_row(&table);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		lab_table_cell(&table, "%s", names[i]);
	while ((service = lab_objects_next(view->objects, "Service", &at)))
		service_rows(view, &table, service);
	return lab_table_print(&table, "", out);
}

static int rule_row(void *data, const struct lab_rule *rule)
{
	struct lab_table *table = data;

	lab_table_row(table);
	lab_table_cell(table, "%s", lab_object_namespace(rule->ingress));
	lab_table_cell(table, "%s", lab_object_name(rule->ingress));
	lab_table_cell(table, "%s", *rule->host ? rule->host : "*");
	lab_table_cell(table, "%s", *rule->path ? rule->path : "(default)");
	lab_table_cell(table, "%s", rule->path_type);
	lab_table_cell(table, "%s:%s", rule->service, rule->port);
	return 0;
}

static int print_ingresses(const struct lab_view *view, FILE *out)
{
	static const char *const names[] = {"NAMESPACE", "INGRESS", "HOST",
					    "PATH",	 "TYPE",    "BACKEND"};
	struct lab_table table = {0};
	struct json_object *ingress;
	size_t at = 0;

	lab_table_row(&table);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		lab_table_cell(&table, "%s", names[i]);
	while ((ingress = lab_objects_next(view->objects, "Ingress", &at)))
		lab_view_rules(ingress, rule_row, &table);
	if (lab_json_count(table.rows, "") == 1) {
		json_object_put(table.rows);
		return table.failed ? -ENOMEM : 0;
	}
	fputc('\n', out);
	return lab_table_print(&table, "", out);
}

static int print_all(const struct lab_view *view, FILE *out)
{
	bool failed;

	fprintf(out, "lab \"%s\"%s: %s mode, %s links, %s\n\n", view->options.name,
		view->is_running ? "" : " (planned)", lab_mode_name(view->options.mode),
		lab_link_name(view->options.link), lab_families_name(view->options.families));
	failed = print_nodes(view, out) < 0;
	fputc('\n', out);
	failed |= print_pods(view, out) < 0;
	fputc('\n', out);
	failed |= print_services(view, out) < 0;
	failed |= print_ingresses(view, out) < 0;
	return failed ? -ENOMEM : 0;
}

int lab_status(const struct lab_options *options)
{
	struct lab_view view;
	int status = lab_view_load(&view, options);
	FILE *out;

	if (status != LAB_OK)
		return status;
	out = lab_output_open(options);
	status = out ? LAB_OK : LAB_FAILED;
	if (out && (options->json ? lab_status_json(&view, out) : print_all(&view, out)) < 0) {
		fprintf(stderr, LAB_PROGRAM ": out of memory\n");
		status = LAB_FAILED;
	}
	if (out && lab_output_close(options, out) != LAB_OK)
		status = LAB_FAILED;
	lab_view_free(&view);
	return status;
}
