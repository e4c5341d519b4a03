/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef BASE_JSON_DOCUMENT_H
#define BASE_JSON_DOCUMENT_H

#include "base/hash.h"
#include "base/json.h"

struct k8snet_json_document {
	unsigned int refs;
	struct k8snet_ctx *ctx;
	struct arena arena;
	struct json_reader reader;
	char *lazy;
	size_t max_values;
	size_t n_made;	    /* values */
	struct hash by_key; /* members that were made: of which object, under which key */
};

#endif
