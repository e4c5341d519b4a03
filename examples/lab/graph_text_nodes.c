/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Boxes of nodes, as many side by side as there is room for; a double line is the
 * network that joins them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "graph_text.h"

#define BUS "  ║"

struct box {
	struct json_object *lines; /* strings */
	char title[96];
	char foot[192];
	size_t width; /* inside of the frame */
	bool failed;  /* out of memory */
};

static void add_line(struct box *box, const char *text)
{
	struct json_object *line = json_object_new_string(text);
	size_t width = lab_text_width(text) + 2;

	box->width = width > box->width ? width : box->width;
	if (line && box->lines && json_object_array_add(box->lines, line) == 0)
		return;
	box->failed = true;
	json_object_put(line);
}

static bool is_on(struct json_object *pod, const char *node)
{
	return strcmp(lab_json_string(pod, "spec.nodeName"), node) == 0;
}

/* --- one box -------------------------------------------------------------------- */

static size_t widest_name(const struct lab_view *view, const char *node, size_t *pods)
{
	size_t at = 0, widest = 0;
	struct json_object *pod;

	*pods = 0;
	while ((pod = lab_objects_next(view->objects, "Pod", &at))) {
		size_t width = lab_text_width(lab_object_name(pod));

		if (!is_on(pod, node))
			continue;
		widest = width > widest ? width : widest;
		++*pods;
	}
	return widest;
}

static void add_pod(struct box *box, struct json_object *pod, size_t width, bool is_last)
{
	bool is_host = lab_json_bool(pod, "spec.hostNetwork", false);
	char addresses[160], line[640];

	lab_graph_join(lab_json_get(pod, "status.podIPs"), "ip", " ", addresses, sizeof(addresses));
	snprintf(line, sizeof(line), "%s %-*s  %s", is_last ? "└─" : "├─", (int)width,
		 lab_object_name(pod), is_host ? "host network" : addresses);
	add_line(box, line);
}

/* Pods namespace by namespace; headings, if there are several. */
static void add_pods(const struct lab_view *view, struct box *box, const char *node)
{
	struct json_object *namespaces = lab_graph_namespaces(view, "Pod");
	size_t done = 0, pods, width = widest_name(view, node, &pods);

	box->failed |= !namespaces;
	for (size_t i = 0; i < lab_json_count(namespaces, ""); i++) {
		const char *namespace_ = lab_json_string(lab_json_item(namespaces, "", i), "");
		bool is_headed = view->has_one_namespace;
		struct json_object *pod;
		size_t at = 0;
		char line[128];

		snprintf(line, sizeof(line), "│ %.100s", namespace_);
		while ((pod = lab_objects_next(view->objects, "Pod", &at))) {
			if (!is_on(pod, node) || strcmp(lab_object_namespace(pod), namespace_) != 0)
				continue;
			if (!is_headed)
				add_line(box, line);
			is_headed = true;
			add_pod(box, pod, width, ++done == pods);
		}
	}
	json_object_put(namespaces);
}

static void add_trunk(const struct lab_view *view, struct box *box, struct json_object *node)
{
	char addresses[160], line[256];

	if (view->options.link == K8SNET_LINK_BRIDGE)
		snprintf(line, sizeof(line), "┬ k8snet0 %s",
			 lab_graph_gateways(node, addresses, sizeof(addresses)));
	else
		snprintf(line, sizeof(line), "┬ links for %s",
			 lab_graph_join(lab_json_get(node, "spec.podCIDRs"), "", " ", addresses,
					sizeof(addresses)));
	add_line(box, line);
}

static void fill_box(const struct lab_view *view, struct box *box, struct json_object *node)
{
	const char *name = lab_object_name(node);
	char addresses[160];

	box->lines = json_object_new_array();
	snprintf(box->title, sizeof(box->title), " %s ", name);
	snprintf(box->foot, sizeof(box->foot), " eth0 %s ",
		 lab_graph_node_addresses(node, addresses, sizeof(addresses)));
	box->width = lab_text_width(box->foot) + 4;
	add_trunk(view, box, node);
	add_pods(view, box, name);
}

/* --- a row of boxes --------------------------------------------------------------- */

static void print_edge(FILE *out, const struct box *box, const char *left, const char *text,
		       const char *right)
{
	size_t used = lab_text_width(left) - 1 + lab_text_width(text);

	fprintf(out, "%s%s", left, text);
	lab_text_repeat(out, "─", box->width > used ? box->width - used : 0);
	fputs(right, out);
}

static void print_inside(FILE *out, const struct box *box, size_t line)
{
	fputs("│ ", out);
	lab_text_pad(out, lab_json_string(lab_json_item(box->lines, "", line), ""), box->width - 1);
	fputs("│", out);
}

static void print_row(FILE *out, const struct box *boxes, size_t count)
{
	size_t height = 0;

	for (size_t i = 0; i < count; i++) {
		size_t lines = lab_json_count(boxes[i].lines, "");

		height = lines > height ? lines : height;
	}
	fputs(BUS, out);
	for (size_t i = 0; i < count; i++) {
		fputs("  ", out);
		print_edge(out, &boxes[i], "┌─", boxes[i].title, "┐");
	}
	for (size_t line = 0; line < height; line++) {
		fputs("\n" BUS, out);
		for (size_t i = 0; i < count; i++) {
			fputs("  ", out);
			print_inside(out, &boxes[i], line);
		}
	}
	fputs("\n" BUS, out);
	for (size_t i = 0; i < count; i++) {
		fputs("  ", out);
		print_edge(out, &boxes[i], "└─┬─", boxes[i].foot, "┘");
	}
	fputc('\n', out);
}

/* The line under a row, which the nodes' uplinks hang from. */
static void print_bus(FILE *out, const struct box *boxes, size_t count)
{
	fputs("  ╠", out);
	for (size_t i = 0; i < count; i++) {
		lab_text_repeat(out, "═", i ? boxes[i].width + 3 : 4);
		fputs("╧", out);
	}
	fputs("══\n", out);
}

static size_t boxes_that_fit(const struct box *boxes, size_t count, size_t columns)
{
	size_t used = lab_text_width(BUS), fit = 0;

	while (fit < count) {
		used += boxes[fit].width + 4;
		if (used > columns)
			break;
		fit++;
	}
	return fit ? fit : 1;
}

static void print_boxes(FILE *out, struct box *boxes, size_t count, size_t columns)
{
	size_t widest = 0;

	for (size_t i = 0; i < count; i++)
		widest = boxes[i].width > widest ? boxes[i].width : widest;
	for (size_t i = 0; i < count; i++)
		boxes[i].width = widest;
	for (size_t first = 0; first < count;) {
		size_t fit = boxes_that_fit(boxes + first, count - first, columns);

		print_row(out, boxes + first, fit);
		print_bus(out, boxes + first, fit);
		first += fit;
	}
}

static void print_pending(const struct lab_view *view, FILE *out)
{
	struct json_object *pod;
	size_t at = 0;
	char name[384];

	while ((pod = lab_objects_next(view->objects, "Pod", &at)))
		if (!*lab_json_string(pod, "spec.nodeName"))
			fprintf(out, "  pending, no node suits it: %s\n",
				lab_graph_name(view, pod, name, sizeof(name)));
}

int lab_graph_text_nodes(const struct lab_view *view, FILE *out, size_t columns)
{
	size_t count = lab_graph_count(view, "Node"), at = 0;
	struct box *boxes = calloc(count ? count : 1, sizeof(*boxes));
	char underlay[160], outside[160];
	bool failed = !boxes;

	for (size_t i = 0; boxes && i < count; i++)
		fill_box(view, &boxes[i], lab_objects_next(view->objects, "Node", &at));
	if (boxes)
		print_boxes(out, boxes, count, columns);
	fprintf(out, "  ╚═ underlay %s%s ═ outside %s\n",
		lab_graph_underlay(view, underlay, sizeof(underlay)),
		view->options.mode == K8SNET_MODE_OVERLAY ? ", VXLAN over it (VNI 1, UDP 8472)"
							  : "",
		lab_graph_outside(view, outside, sizeof(outside)));
	print_pending(view, out);
	for (size_t i = 0; boxes && i < count; i++)
		failed |= boxes[i].failed;
	for (size_t i = 0; boxes && i < count; i++)
		json_object_put(boxes[i].lines);
	free(boxes);
	return failed ? -ENOMEM : 0;
}
