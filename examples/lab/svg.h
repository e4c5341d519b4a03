/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_SVG_H
#define LAB_SVG_H

#include "graph.h"

/* --- drawing ------------------------------------------------------------------ */

enum svg_style { SVG_PLAIN, SVG_BOLD, SVG_MONO, SVG_SMALL, SVG_TITLE, SVG_LABEL };

/* "#3f7fbf" for the index-th service, well apart from its neighbours. */
void svg_color(size_t index, double lightness, char out[8]);
/* Text at its baseline, cut off with an ellipsis to fit into `width`; 0: as it is. */
void svg_text(FILE *out, double x, double y, double width, enum svg_style style, const char *text);
void svg_rect(FILE *out, double x, double y, double width, double height, double radius,
	      const char *fill, const char *stroke);
void svg_circle(FILE *out, double x, double y, double radius, const char *fill);
void svg_line(FILE *out, double x1, double y1, double x2, double y2, double width,
	      const char *color);
/* From above to below, leaving and arriving upright. */
void svg_curve(FILE *out, double x1, double y1, double x2, double y2, const char *color);
void svg_open(FILE *out, double width, double height);
void svg_close(FILE *out);
/* How wide text will be, roughly. */
double svg_text_width(enum svg_style style, const char *text);

/* --- layout --------------------------------------------------------------------- */

struct svg_card {
	struct json_object *object;
	double x, y, width, height;
	char color[8]; /* services */
};

/* A row in a card of layer 3: what leads to a service. */
struct svg_way {
	char text[256];
	size_t service; /* index; past the last: none */
	double x;	/* where its line begins, at the foot of the card */
	double y;	/* baseline of its text */
};

struct svg_ways {
	const char *title;
	char subtitle[256];
	struct svg_way *rows;
	size_t count;
	double x, y, width, height;
};

struct svg_layout {
	const struct lab_view *view;
	double width, height;
	struct svg_ways *ways; /* ingresses, addresses, node ports */
	size_t way_count;
	struct svg_card *services;
	size_t service_count;
	struct svg_card *nodes;
	size_t node_count;
	struct svg_card *pods;
	size_t pod_count;
	size_t nodes_per_row;
	double bands[4];		   /* tops of layers 3, 2, 1 and of the underlay */
	struct json_object *pod_index;	   /* "namespace/name" -> index */
	struct json_object *service_index; /* the same, as the next */
	struct json_object *node_index;
};

/* 0 or -ENOMEM. */
int svg_layout_make(struct svg_layout *layout, const struct lab_view *view);
void svg_layout_free(struct svg_layout *layout);
/* The index under "namespace/name", or `fallback`. */
size_t svg_layout_find(struct json_object *index, const char *namespace_, const char *name,
		       size_t fallback);

#define SVG_MARGIN 28.0
#define SVG_GAP	   18.0
#define SVG_ROW	   17.0
#define SVG_HEAD   46.0 /* of a card */
#define SVG_POD	   40.0 /* height of a pod */
#define SVG_BUS	   60.0 /* left of the nodes: the line down to the underlay */
#define SVG_BAND   34.0 /* heading of a layer */

#endif
