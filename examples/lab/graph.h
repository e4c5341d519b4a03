/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_GRAPH_H
#define LAB_GRAPH_H

#include "view.h"

/* What the three ways of drawing have in common. */

/* The namespaces of all objects of a kind, in the order in which they come up: an
 * array of strings, the caller's; NULL: out of memory. */
struct json_object *lab_graph_namespaces(const struct lab_view *view, const char *kind);
/* "shop/cart", or "cart" if there is one namespace only. Returns `buffer`. */
char *lab_graph_name(const struct lab_view *view, struct json_object *object, char *buffer,
		     size_t size);
/* "10.1.1.2", or both addresses: the member `key` of the objects in an array,
 * "" if they are strings. Returns `buffer`. */
char *lab_graph_join(struct json_object *array, const char *key, const char *separator,
		     char *buffer, size_t size);
/* "10.100.0.1" or both, of a Node. */
char *lab_graph_node_addresses(struct json_object *node, char *buffer, size_t size);
/* "10.1.1.1/24" or both: what the bridge of a Node has. */
char *lab_graph_gateways(struct json_object *node, char *buffer, size_t size);
/* "10.100.0.0/24" or both. */
char *lab_graph_underlay(const struct lab_view *view, char *buffer, size_t size);
char *lab_graph_outside(const struct lab_view *view, char *buffer, size_t size);
/* "3 nodes, 24 pods, 14 services, 1 ingress; route mode, bridge links, IPv4" */
char *lab_graph_caption(const struct lab_view *view, char *buffer, size_t size);
size_t lab_graph_count(const struct lab_view *view, const char *kind);
/* "80/TCP" and the like. */
char *lab_graph_port(struct json_object *port, char *buffer, size_t size);
/* Where a Service can be reached from outside by an address of its own: load
 * balancer and external addresses. */
size_t lab_graph_outside_addresses(struct json_object *service, const char **out, size_t size);

#endif
