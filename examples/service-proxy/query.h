/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_QUERY_H
#define PROXY_QUERY_H

#include <stdbool.h>

struct k8snet_ctx;
struct k8snet_kernel;
struct k8snet_table;

/* What commands that look at the kernel begin with. */
struct query {
	const char *netns; /* NULL: where it is */
	const char *dir;   /* of objects, for names; NULL: none */
	bool is_json;
	struct k8snet_ctx *ctx;
	struct k8snet_kernel *kernel;
	struct k8snet_table *table;
};

/* Read the tables. An exit status; what is wrong has been said. */
int query_init(struct query *query);
void query_done(struct query *query);

/* "show" and "explain", with argv[0] their name. An exit status. */
int show(int argc, char **argv);
int explain(int argc, char **argv);

/* For both: what is wrong with the command line; PROXY_USAGE. */
int query_usage(const char *format, const char *what);

#endif
