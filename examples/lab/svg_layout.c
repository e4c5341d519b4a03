/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Where everything goes: layers from top to bottom, cards from left to right. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "svg.h"

/* --- what is to be shown ---------------------------------------------------------- */

static bool add_to_index(struct json_object *index, struct json_object *object, size_t at)
{
	struct json_object *number = json_object_new_int64((int64_t)at);
	char key[384];

	snprintf(key, sizeof(key), "%s/%s", lab_object_namespace(object), lab_object_name(object));
	if (index && number && json_object_object_add(index, key, number) == 0)
		return true;
	json_object_put(number);
	return false;
}

static struct svg_card *collect(const struct lab_view *view, const char *kind, size_t *count,
				struct json_object *index)
{
	size_t at = 0, n = lab_graph_count(view, kind);
	struct svg_card *cards = calloc(n ? n : 1, sizeof(*cards));

	*count = 0;
	for (size_t i = 0; cards && i < n; i++) {
		cards[i].object = lab_objects_next(view->objects, kind, &at);
		svg_color(i, 0.45, cards[i].color);
		if (!add_to_index(index, cards[i].object, i)) {
			free(cards);
			return NULL;
		}
		++*count;
	}
	return cards;
}

size_t svg_layout_find(struct json_object *index, const char *namespace_, const char *name,
		       size_t fallback)
{
	struct json_object *number;
	char key[384];

	snprintf(key, sizeof(key), "%s/%s", namespace_, name);
	if (!json_object_object_get_ex(index, key, &number))
		return fallback;
	return (size_t)json_object_get_int64(number);
}

/* --- layer 3 ------------------------------------------------------------------------ */

static struct svg_way *add_way(struct svg_ways *ways)
{
	struct svg_way *rows = realloc(ways->rows, (ways->count + 1) * sizeof(*rows));

	if (!rows)
		return NULL;
	ways->rows = rows;
	rows[ways->count] = (struct svg_way){0};
	return &rows[ways->count++];
}

struct filling {
	struct svg_layout *layout;
	struct svg_ways *ways;
};

static int add_rule(void *data, const struct lab_rule *rule)
{
	struct filling *filling = data;
	struct svg_layout *layout = filling->layout;
	struct svg_way *way = add_way(filling->ways);

	if (!way)
		return -ENOMEM;
	snprintf(way->text, sizeof(way->text), "%s%s%s", *rule->host ? rule->host : "any host",
		 *rule->path ? rule->path : ", any other path",
		 strcmp(rule->path_type, "Exact") == 0 ? "  (exact)" : "");
	way->service = svg_layout_find(layout->service_index, lab_object_namespace(rule->ingress),
				       rule->service, layout->service_count);
	return 0;
}

static int add_service_ways(struct svg_layout *layout, size_t service, struct svg_ways *addresses,
			    struct svg_ways *node_ports)
{
	struct json_object *object = layout->services[service].object;
	const char *list[16];
	size_t count = lab_graph_outside_addresses(object, list, 16);

	for (size_t j = 0; j < lab_json_count(object, "spec.ports"); j++) {
		struct json_object *port = lab_json_item(object, "spec.ports", j);
		int64_t number = lab_json_int(port, "nodePort", 0);
		const char *protocol = lab_json_string(port, "protocol");
		struct svg_way *way;

		for (size_t i = 0; i < count; i++) {
			way = add_way(addresses);
			if (!way)
				return -ENOMEM;
			snprintf(way->text, sizeof(way->text), "%s  %lld/%s", list[i],
				 (long long)lab_json_int(port, "port", 0), protocol);
			way->service = service;
		}
		if (!number)
			continue;
		way = add_way(node_ports);
		if (!way)
			return -ENOMEM;
		snprintf(way->text, sizeof(way->text), "%lld/%s", (long long)number, protocol);
		way->service = service;
	}
	return 0;
}

static int collect_ways(struct svg_layout *layout)
{
	size_t ingresses = lab_graph_count(layout->view, "Ingress"), at = 0;
	struct svg_ways *addresses, *node_ports;

	layout->ways = calloc(ingresses + 2, sizeof(*layout->ways));
	if (!layout->ways)
		return -ENOMEM;
	layout->way_count = ingresses + 2;
	for (size_t i = 0; i < ingresses; i++) {
		struct json_object *ingress =
			lab_objects_next(layout->view->objects, "Ingress", &at);
		struct filling filling = {layout, &layout->ways[i]};

		layout->ways[i].title = "Ingress";
		snprintf(layout->ways[i].subtitle, sizeof(layout->ways[i].subtitle), "%s/%s",
			 lab_object_namespace(ingress), lab_object_name(ingress));
		if (lab_view_rules(ingress, add_rule, &filling) < 0)
			return -ENOMEM;
	}
	addresses = &layout->ways[ingresses];
	node_ports = addresses + 1;
	addresses->title = "Addresses from outside";
	snprintf(addresses->subtitle, sizeof(addresses->subtitle), "load balancer, external");
	node_ports->title = "Node ports";
	snprintf(node_ports->subtitle, sizeof(node_ports->subtitle), "on any node's address");
	for (size_t i = 0; i < layout->service_count; i++)
		if (add_service_ways(layout, i, addresses, node_ports) < 0)
			return -ENOMEM;
	return 0;
}

static void size_ways(struct svg_ways *ways)
{
	ways->width = svg_text_width(SVG_BOLD, ways->title) + 12 +
		      svg_text_width(SVG_SMALL, ways->subtitle) + 32;
	for (size_t i = 0; i < ways->count; i++) {
		double width = svg_text_width(SVG_MONO, ways->rows[i].text) + 52;

		ways->width = width > ways->width ? width : ways->width;
	}
	if (ways->width > 620)
		ways->width = 620;
	ways->height = 34 + (double)(ways->count ? ways->count : 1) * SVG_ROW + 8;
}

/* Cards in rows; returns the bottom of the last one. */
static double place_ways(struct svg_layout *layout, double top)
{
	double x = SVG_MARGIN + 200, y = top, row = 0;

	for (size_t i = 0; i < layout->way_count; i++) {
		struct svg_ways *ways = &layout->ways[i];

		size_ways(ways);
		if (x + ways->width > layout->width - SVG_MARGIN && x > SVG_MARGIN + 200) {
			x = SVG_MARGIN + 200;
			y += row + SVG_GAP;
			row = 0;
		}
		ways->x = x;
		ways->y = y;
		for (size_t j = 0; j < ways->count; j++) {
			ways->rows[j].x =
				x + 20 +
				(ways->width - 40) * ((double)j + 0.5) / (double)ways->count;
			ways->rows[j].y = y + 44 + (double)j * SVG_ROW;
		}
		x += ways->width + SVG_GAP;
		row = ways->height > row ? ways->height : row;
	}
	return y + row;
}

/* --- layer 2 -------------------------------------------------------------------------- */

static double place_services(struct svg_layout *layout, double top)
{
	double room = layout->width - 2 * SVG_MARGIN - SVG_BUS, width = 206, y = top, row = 0;
	size_t columns = (size_t)((room + SVG_GAP) / (width + SVG_GAP));
	double gap;

	columns = columns ? columns : 1;
	gap = columns > 1 ? (room - width * (double)columns) / (double)(columns - 1) : 0;
	for (size_t i = 0; i < layout->service_count; i++) {
		struct svg_card *card = &layout->services[i];
		size_t ports = lab_json_count(card->object, "spec.ports");

		if (i && i % columns == 0) {
			y += row + 26;
			row = 0;
		}
		card->width = width;
		card->height = SVG_HEAD + (double)ports * SVG_ROW + 6;
		card->x = SVG_MARGIN + SVG_BUS + (double)(i % columns) * (width + gap);
		card->y = y;
		row = card->height > row ? card->height : row;
	}
	return y + row;
}

/* --- layers 1 and 0 --------------------------------------------------------------------- */

static double pod_width(const struct svg_layout *layout)
{
	double width = 150;

	for (size_t i = 0; i < layout->pod_count; i++) {
		char text[384];
		double needed = svg_text_width(SVG_PLAIN,
					       lab_graph_name(layout->view, layout->pods[i].object,
							      text, sizeof(text))) +
				26;

		width = needed > width ? needed : width;
		lab_graph_join(lab_json_get(layout->pods[i].object, "status.podIPs"), "ip", " ",
			       text, sizeof(text));
		needed = svg_text_width(SVG_MONO, text) + 26;
		width = needed > width ? needed : width;
	}
	return width > 270 ? 270 : width;
}

static size_t pods_on(const struct svg_layout *layout, const char *node)
{
	size_t count = 0;

	for (size_t i = 0; i < layout->pod_count; i++)
		count +=
			strcmp(lab_json_string(layout->pods[i].object, "spec.nodeName"), node) == 0;
	return count;
}

static void place_pods(struct svg_layout *layout, const struct svg_card *node, double width)
{
	const char *name = lab_object_name(node->object);
	size_t placed = 0;

	for (size_t i = 0; i < layout->pod_count; i++) {
		struct svg_card *pod = &layout->pods[i];

		if (strcmp(lab_json_string(pod->object, "spec.nodeName"), name) != 0)
			continue;
		pod->width = width;
		pod->height = SVG_POD;
		pod->x = node->x + 14 + (double)(placed % 2) * (width + 10);
		pod->y = node->y + 32 + (double)(placed / 2) * (SVG_POD + 10);
		placed++;
	}
}

static double row_height(const struct svg_layout *layout, size_t first)
{
	size_t most = 1;

	for (size_t i = first; i < first + layout->nodes_per_row && i < layout->node_count; i++) {
		size_t pods = pods_on(layout, lab_object_name(layout->nodes[i].object));

		most = pods > most ? pods : most;
	}
	return 32 + (double)((most + 1) / 2) * (SVG_POD + 10) + 70;
}

static double place_nodes(struct svg_layout *layout, double top, double width)
{
	double y = top, height = 0;

	for (size_t i = 0; i < layout->node_count; i++) {
		struct svg_card *node = &layout->nodes[i];
		size_t column = i % layout->nodes_per_row;

		if (!column) {
			y += i ? height + 56 : 0;
			height = row_height(layout, i);
		}
		node->width = 2 * width + 38;
		node->height = height;
		node->x = SVG_BUS + SVG_MARGIN + (double)column * (node->width + SVG_GAP);
		node->y = y;
		place_pods(layout, node, width);
	}
	return y + height;
}

static void place_all(struct svg_layout *layout)
{
	double pods = pod_width(layout), node = 2 * pods + 38;
	size_t per_row = layout->node_count < 3 ? layout->node_count : 3;

	layout->nodes_per_row = per_row ? per_row : 1;
	layout->width = SVG_BUS + 2 * SVG_MARGIN +
			(double)layout->nodes_per_row * (node + SVG_GAP) - SVG_GAP;
	if (layout->width < 1100)
		layout->width = 1100;
	layout->bands[0] = 66;
	layout->bands[1] = place_ways(layout, layout->bands[0] + SVG_BAND) + 44;
	layout->bands[2] = place_services(layout, layout->bands[1] + SVG_BAND) + 60;
	layout->bands[3] = place_nodes(layout, layout->bands[2] + SVG_BAND, pods) + 40;
	layout->height = layout->bands[3] + 60;
}

int svg_layout_make(struct svg_layout *layout, const struct lab_view *view)
{
	*layout = (struct svg_layout){.view = view};
	layout->pod_index = json_object_new_object();
	layout->service_index = json_object_new_object();
	layout->node_index = json_object_new_object();
	layout->services = collect(view, "Service", &layout->service_count, layout->service_index);
	layout->nodes = collect(view, "Node", &layout->node_count, layout->node_index);
	layout->pods = collect(view, "Pod", &layout->pod_count, layout->pod_index);
	if (!layout->pod_index || !layout->service_index || !layout->services || !layout->nodes ||
	    !layout->pods || collect_ways(layout) < 0) {
		svg_layout_free(layout);
		return -ENOMEM;
	}
	place_all(layout);
	return 0;
}

void svg_layout_free(struct svg_layout *layout)
{
	for (size_t i = 0; layout->ways && i < layout->way_count; i++)
		free(layout->ways[i].rows);
	free(layout->ways);
	free(layout->services);
	free(layout->nodes);
	free(layout->pods);
	json_object_put(layout->pod_index);
	json_object_put(layout->service_index);
	json_object_put(layout->node_index);
}
