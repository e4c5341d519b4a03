/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_NAMES_H
#define PROXY_NAMES_H

#include <stddef.h>

struct k8snet_cluster;
struct k8snet_ctx;
struct k8snet_frontend;
struct name;

/* Which service a frontend is of, by the objects of a directory. */
struct names {
	struct k8snet_cluster *cluster;
	struct name *items;
	size_t count, capacity;
};

/* 0 or a negative errno, and then the reason has been told. A file that is broken is told
 * and passed over. */
int names_load(struct names *names, struct k8snet_ctx *ctx, const char *dir);
void names_done(struct names *names);
/* "shop/web"; NULL: none that is known. */
const char *names_find(const struct names *names, const struct k8snet_frontend *frontend);

#endif
