/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef PROXY_SHOW_H
#define PROXY_SHOW_H

#include <stdbool.h>
#include <stdint.h>

#include "names.h"

struct k8snet_address;
struct k8snet_frontend;
struct k8snet_table;

/* Which frontends are shown. */
struct listing {
	struct k8snet_table *table;
	struct names names;
	const char *service;		      /* "shop/web"; NULL: all */
	const struct k8snet_address *address; /* NULL: all */
};

/* The one after `frontend`, NULL at the end. */
const struct k8snet_frontend *listing_next(const struct listing *listing,
					   const struct k8snet_frontend *frontend);
/* Of which a backend's slots are a part. */
uint64_t listing_count_slots(const struct k8snet_frontend *frontend, bool is_local);

/* To standard output. */
void show_text(const struct listing *listing);
void show_json(const struct listing *listing);

#endif
