/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The topology as a picture: lines first, cards over them. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "svg.h"

#define FRAME "#b9c4cd"
#define WIRE  "#6b8e6b"

struct painting {
	const struct svg_layout *layout;
	FILE *out;
	const struct svg_card *service; /* whose endpoints are walked */
};

/* --- lines ------------------------------------------------------------------------ */

static int draw_endpoint(void *data, const struct lab_endpoint *endpoint)
{
	const struct painting *p = data;
	size_t index = svg_layout_find(p->layout->pod_index, endpoint->pod_namespace, endpoint->pod,
				       p->layout->pod_count);
	const struct svg_card *pod = &p->layout->pods[index];

	if (index < p->layout->pod_count && pod->width > 0)
		svg_curve(p->out, p->service->x + p->service->width / 2,
			  p->service->y + p->service->height, pod->x + pod->width / 2, pod->y,
			  p->service->color);
	return 0;
}

/* One line for all ports. */
static void draw_endpoints(struct painting *p)
{
	for (size_t i = 0; i < p->layout->service_count; i++) {
		p->service = &p->layout->services[i];
		if (lab_json_count(p->service->object, "spec.ports"))
			lab_view_endpoints(p->layout->view, p->service->object, 0, draw_endpoint,
					   p);
	}
}

static void draw_ways(const struct painting *p)
{
	for (size_t i = 0; i < p->layout->way_count; i++)
		for (size_t j = 0; j < p->layout->ways[i].count; j++) {
			const struct svg_ways *ways = &p->layout->ways[i];
			const struct svg_way *way = &ways->rows[j];
			const struct svg_card *service = &p->layout->services[way->service];

			if (way->service < p->layout->service_count)
				svg_curve(p->out, way->x, ways->y + ways->height,
					  service->x + service->width / 2, service->y,
					  service->color);
		}
}

/* --- layer 3 ------------------------------------------------------------------------ */

static void draw_outside(const struct painting *p)
{
	const struct svg_layout *layout = p->layout;
	double y = layout->bands[0] + SVG_BAND;
	char address[160];

	svg_line(p->out, SVG_MARGIN + 16, y + 26, SVG_MARGIN + 16, layout->bands[3] + 14, 3,
		 "#c9a227");
	svg_line(p->out, SVG_MARGIN + 160, y + 26, SVG_MARGIN + 200, y + 26, 3, "#c9a227");
	svg_rect(p->out, SVG_MARGIN, y, 182, 52, 26, "#fff6d9", "#c9a227");
	svg_text(p->out, SVG_MARGIN + 22, y + 22, 0, SVG_BOLD, "outside");
	svg_text(p->out, SVG_MARGIN + 22, y + 39, 0, SVG_SMALL,
		 lab_graph_outside(layout->view, address, sizeof(address)));
}

static void draw_way_card(const struct painting *p, const struct svg_ways *ways)
{
	svg_rect(p->out, ways->x, ways->y, ways->width, ways->height, 6, "#fdf3f0", "#d9a79a");
	svg_text(p->out, ways->x + 12, ways->y + 21, 0, SVG_BOLD, ways->title);
	svg_text(p->out, ways->x + 22 + svg_text_width(SVG_BOLD, ways->title), ways->y + 21, 0,
		 SVG_SMALL, ways->subtitle);
	if (!ways->count)
		svg_text(p->out, ways->x + 12, ways->y + 44, 0, SVG_SMALL, "none");
	for (size_t i = 0; i < ways->count; i++) {
		const struct svg_way *way = &ways->rows[i];

		svg_text(p->out, ways->x + 12, way->y, ways->width - 44, SVG_MONO, way->text);
		svg_circle(p->out, ways->x + ways->width - 14, way->y - 4, 4.5,
			   way->service < p->layout->service_count
				   ? p->layout->services[way->service].color
				   : "#999999");
	}
}

/* --- layer 2 ------------------------------------------------------------------------ */

static void draw_port(const struct painting *p, const struct svg_card *card, size_t index)
{
	struct json_object *port = lab_json_item(card->object, "spec.ports", index);
	const char *target = lab_json_string(port, "targetPort");
	char number[32], text[256], port_text[32];

	snprintf(number, sizeof(number), "%lld", (long long)lab_json_int(port, "targetPort", 0));
	snprintf(text, sizeof(text), "%s → %s", lab_graph_port(port, port_text, sizeof(port_text)),
		 *target ? target : number);
	svg_text(p->out, card->x + 16, card->y + SVG_HEAD + 11 + (double)index * SVG_ROW,
		 card->width - 24, SVG_MONO, text);
}

static void draw_service(const struct painting *p, const struct svg_card *card)
{
	const char *type = lab_json_string(card->object, "spec.type");
	char text[384], addresses[160];

	svg_rect(p->out, card->x, card->y, card->width, card->height, 6, "#f3f8fd", card->color);
	svg_rect(p->out, card->x, card->y, 7, card->height, 3, card->color, "none");
	svg_text(p->out, card->x + 16, card->y + 18, card->width - 22, SVG_BOLD,
		 lab_graph_name(p->layout->view, card->object, text, sizeof(text)));
	lab_graph_join(lab_json_get(card->object, "spec.clusterIPs"), "", " ", addresses,
		       sizeof(addresses));
	if (strcmp(addresses, "None") == 0)
		snprintf(text, sizeof(text), "headless");
	else if (strcmp(type, "ExternalName") == 0)
		snprintf(text, sizeof(text), "→ %.200s",
			 lab_json_string(card->object, "spec.externalName"));
	else
		snprintf(text, sizeof(text), "%s", addresses);
	svg_text(p->out, card->x + 16, card->y + 36, card->width - 22, SVG_MONO, text);
	for (size_t i = 0; i < lab_json_count(card->object, "spec.ports"); i++)
		draw_port(p, card, i);
}

/* --- layers 1 and 0 ------------------------------------------------------------------- */

static void draw_pod(const struct painting *p, const struct svg_card *pod)
{
	bool is_host = lab_json_bool(pod->object, "spec.hostNetwork", false);
	bool is_ready = strcmp(lab_json_string(lab_json_item(pod->object, "status.conditions", 0),
					       "status"),
			       "True") == 0;
	char text[384];

	svg_rect(p->out, pod->x, pod->y, pod->width, pod->height, 5, "#ffffff",
		 is_ready ? "#8fa3b3" : "#c0392b");
	svg_text(p->out, pod->x + 9, pod->y + 16, pod->width - 14, SVG_PLAIN,
		 lab_graph_name(p->layout->view, pod->object, text, sizeof(text)));
	svg_text(p->out, pod->x + 9, pod->y + 32, pod->width - 14, SVG_MONO,
		 is_host ? "host network"
			 : lab_graph_join(lab_json_get(pod->object, "status.podIPs"), "ip", " ",
					  text, sizeof(text)));
}

struct chip {
	const struct painting *painting;
	size_t *chips; /* per pod, how many so far */
	const char *color;
};

/* Squares in a pod's corner have the colours of the services that lead to it. */
static int draw_chip(void *data, const struct lab_endpoint *endpoint)
{
	const struct chip *chip = data;
	const struct svg_layout *layout = chip->painting->layout;
	size_t index = svg_layout_find(layout->pod_index, endpoint->pod_namespace, endpoint->pod,
				       layout->pod_count);
	const struct svg_card *pod = &layout->pods[index];

	if (index < layout->pod_count && pod->width > 0)
		svg_rect(chip->painting->out,
			 pod->x + pod->width - 15 - 12 * (double)chip->chips[index]++,
			 pod->y + pod->height - 14, 9, 9, 2, chip->color, "none");
	return 0;
}

static void draw_bridge(const struct painting *p, const struct svg_card *node)
{
	const struct lab_view *view = p->layout->view;
	double y = node->y + node->height - 62;
	char addresses[160], text[256];

	if (view->options.link == K8SNET_LINK_BRIDGE)
		snprintf(text, sizeof(text), "k8snet0 · %s",
			 lab_graph_gateways(node->object, addresses, sizeof(addresses)));
	else
		snprintf(text, sizeof(text), "point-to-point links · %s",
			 lab_graph_join(lab_json_get(node->object, "spec.podCIDRs"), "", " ",
					addresses, sizeof(addresses)));
	svg_line(p->out, node->x + node->width / 2, y + 22, node->x + node->width / 2,
		 node->y + node->height, 3, WIRE);
	svg_rect(p->out, node->x + 14, y, node->width - 28, 22, 4, "#ddeedd", WIRE);
	svg_text(p->out, node->x + 24, y + 15, node->width - 48, SVG_MONO, text);
}

static void draw_wires(const struct painting *p, const struct svg_card *node)
{
	double bottom = node->y + node->height, middle = node->x + node->width / 2;
	char addresses[160], text[256];

	draw_bridge(p, node);
	snprintf(text, sizeof(text), "eth0 · %s",
		 lab_graph_node_addresses(node->object, addresses, sizeof(addresses)));
	svg_line(p->out, middle, bottom, middle, bottom + 34, 3, "#c9a227");
	svg_rect(p->out, middle - svg_text_width(SVG_MONO, text) / 2 - 10, bottom - 26,
		 svg_text_width(SVG_MONO, text) + 20, 20, 10, "#fff6d9", "#c9a227");
	svg_text(p->out, middle - svg_text_width(SVG_MONO, text) / 2, bottom - 12, 0, SVG_MONO,
		 text);
}

static void draw_frame(const struct painting *p, const struct svg_card *node)
{
	svg_rect(p->out, node->x, node->y, node->width, node->height, 8, "#f7f9fa", FRAME);
	svg_text(p->out, node->x + 14, node->y + 21, 0, SVG_BOLD, lab_object_name(node->object));
}

static void draw_nodes(const struct painting *p)
{
	const struct svg_layout *layout = p->layout;

	for (size_t i = 0; i < layout->node_count; i++) {
		const struct svg_card *node = &layout->nodes[i];

		/* Each row of nodes hangs from a line of its own; the last is the underlay. */
		if ((i + 1) % layout->nodes_per_row == 0 && i + 1 < layout->node_count)
			svg_line(p->out, SVG_MARGIN + 16, node->y + node->height + 34,
				 node->x + node->width / 2, node->y + node->height + 34, 3,
				 "#c9a227");
		draw_wires(p, node);
	}
}

static void draw_underlay(const struct painting *p)
{
	const struct svg_layout *layout = p->layout;
	double y = layout->bands[3];
	char underlay[160], text[320];

	svg_rect(p->out, SVG_MARGIN, y - 6, layout->width - 2 * SVG_MARGIN, 30, 6, "#fff6d9",
		 "#c9a227");
	snprintf(text, sizeof(text), "LAYER 0 · underlay %s%s",
		 lab_graph_underlay(layout->view, underlay, sizeof(underlay)),
		 layout->view->options.mode == K8SNET_MODE_OVERLAY
			 ? " · VXLAN between the nodes (VNI 1, UDP 8472)"
			 : " · routes between the nodes");
	svg_text(p->out, SVG_MARGIN + 40, y + 14, 0, SVG_BOLD, text);
}

/* ------------------------------------------------------------------------------------- */

static void draw_bands(const struct painting *p)
{
	static const char *const titles[] = {"LAYER 3 · the ways in", "LAYER 2 · services",
					     "LAYER 1 · pods on their nodes"};
	const struct svg_layout *layout = p->layout;

	for (size_t i = 0; i < 3; i++) {
		double y = layout->bands[i];

		svg_line(p->out, SVG_MARGIN, y, layout->width - SVG_MARGIN, y, 1, "#dfe5e9");
		svg_text(p->out, SVG_MARGIN + (i ? SVG_BUS : 0), y + 21, 0, SVG_LABEL, titles[i]);
	}
}

static int draw_chips(const struct painting *p)
{
	const struct svg_layout *layout = p->layout;
	struct chip chip = {.painting = p};

	chip.chips = calloc(layout->pod_count ? layout->pod_count : 1, sizeof(*chip.chips));
	if (!chip.chips)
		return -ENOMEM;
	for (size_t i = 0; i < layout->service_count; i++) {
		chip.color = layout->services[i].color;
		if (lab_json_count(layout->services[i].object, "spec.ports"))
			lab_view_endpoints(layout->view, layout->services[i].object, 0, draw_chip,
					   &chip);
	}
	free(chip.chips);
	return 0;
}

static int paint(struct painting *p)
{
	const struct svg_layout *layout = p->layout;
	char caption[256], title[320];

	svg_open(p->out, layout->width, layout->height);
	snprintf(title, sizeof(title), "%s%s", layout->view->options.name,
		 layout->view->is_running ? "" : " (planned)");
	svg_text(p->out, SVG_MARGIN, 34, 0, SVG_TITLE, title);
	svg_text(p->out, SVG_MARGIN, 54, 0, SVG_PLAIN,
		 lab_graph_caption(layout->view, caption, sizeof(caption)));
	draw_bands(p);
	draw_outside(p);
	for (size_t i = 0; i < layout->node_count; i++)
		draw_frame(p, &layout->nodes[i]);
	draw_ways(p);
	draw_endpoints(p);
	draw_nodes(p);
	for (size_t i = 0; i < layout->way_count; i++)
		draw_way_card(p, &layout->ways[i]);
	for (size_t i = 0; i < layout->service_count; i++)
		draw_service(p, &layout->services[i]);
	for (size_t i = 0; i < layout->pod_count; i++)
		if (layout->pods[i].width > 0)
			draw_pod(p, &layout->pods[i]);
	draw_underlay(p);
	return draw_chips(p);
}

int lab_graph_svg(const struct lab_view *view, FILE *out)
{
	struct svg_layout layout;
	struct painting p = {.layout = &layout, .out = out};
	int r = svg_layout_make(&layout, view);

	if (r < 0)
		return r;
	r = paint(&p);
	svg_close(out);
	svg_layout_free(&layout);
	return r;
}
