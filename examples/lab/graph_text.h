/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_GRAPH_TEXT_H
#define LAB_GRAPH_TEXT_H

#include "graph.h"

/* A heading, as wide as the diagram. */
void lab_graph_heading(FILE *out, const char *title, size_t columns);
/* Layers 1 and 0. 0 or -ENOMEM. */
int lab_graph_text_nodes(const struct lab_view *view, FILE *out, size_t columns);

#endif
