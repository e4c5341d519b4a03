/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_VIEW_H
#define LAB_VIEW_H

#include "lab.h"

/* A lab to be shown: a running one, or what manifests would make. */
struct lab_view {
	struct lab_options options; /* those of the running lab, if it is one */
	struct json_object *objects;
	struct json_object *slices; /* "namespace/service" -> array of EndpointSlices */
	struct lab_summary summary;
	bool is_running;
	bool has_one_namespace; /* of pods, services and ingresses */
};

/* Prints its errors. Returns enum lab_exit. */
int lab_view_load(struct lab_view *view, const struct lab_options *options);
void lab_view_free(struct lab_view *view);

/* For each ready endpoint of a service's port: address, port, node and pod
 * ("namespace/name"), either of them "" if unknown; a return other than 0 ends
 * the walk and is returned. */
struct lab_endpoint {
	const char *address;
	int port;
	const char *node;
	const char *pod_namespace;
	const char *pod;
};
typedef int (*lab_endpoint_fn)(void *data, const struct lab_endpoint *endpoint);
int lab_view_endpoints(const struct lab_view *view, struct json_object *service, size_t port,
		       lab_endpoint_fn fn, void *data);

/* All ways in by host and path, also default backends: host "" means any, path
 * "" a default backend. */
struct lab_rule {
	struct json_object *ingress;
	const char *host;
	const char *path;
	const char *path_type; /* "Default" for a default backend */
	const char *service;
	char port[80];
};
typedef int (*lab_rule_fn)(void *data, const struct lab_rule *rule);
int lab_view_rules(struct json_object *ingress, lab_rule_fn fn, void *data);

/* "10.1.1.2:80" or "[fd00:1::2]:80". */
char *lab_format_endpoint(char *buffer, size_t size, const char *address, int port);
/* "IPv4", "IPv6" or "dual stack"; "route" or "overlay"; "bridge" or "ptp". */
const char *lab_families_name(enum lab_families families);
const char *lab_mode_name(enum k8snet_mode mode);
const char *lab_link_name(enum k8snet_link link);

/* options->output, or standard output; NULL after an error was printed. */
FILE *lab_output_open(const struct lab_options *options);
/* Whether all was written; prints an error if not. Returns enum lab_exit. */
int lab_output_close(const struct lab_options *options, FILE *out);

/* --- text ------------------------------------------------------------------ */

/* Columns that UTF-8 text takes on a terminal, one for each character. */
size_t lab_text_width(const char *text);
/* Write text, with a question mark for each control character. */
void lab_text_put(FILE *out, const char *text);
/* The same, followed by spaces up to `width` columns. */
void lab_text_pad(FILE *out, const char *text, size_t width);
/* `piece`, `count` times. */
void lab_text_repeat(FILE *out, const char *piece, size_t count);
/* Columns of the terminal that `out` is, within 72 to 200; 100 for a file. */
size_t lab_text_columns(FILE *out);

/* --- tables: rows of cells, columns as wide as need be ---------------------- */

struct lab_table {
	struct json_object *rows;
	bool failed; /* out of memory */
};

void lab_table_row(struct lab_table *table);
void lab_table_cell(struct lab_table *table, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* Prints, each line after `prefix`, and empties the table. 0, or -ENOMEM if any
 * row or cell could not be kept. */
int lab_table_print(struct lab_table *table, const char *prefix, FILE *out);

/* --- graphs ----------------------------------------------------------------- */

/* 0 or -ENOMEM. */
int lab_graph_text(const struct lab_view *view, FILE *out);
int lab_graph_svg(const struct lab_view *view, FILE *out);
void lab_graph_dot(const struct lab_view *view, FILE *out);

#endif
