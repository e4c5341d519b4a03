/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_INGRESS_H
#define MODEL_INGRESS_H

#include <k8snet/ingress.h>

#include "base/vec.h"
#include "model/cluster.h"

/* All strings are interned. */
struct ingress_backend {
	const char *service;   /* NULL: no backend */
	const char *port_name; /* "": by number; NULL: no backend */
	uint16_t port_number;  /* 0: by name */
};

struct ingress_rule {
	const char *host; /* lower case; "" for all hosts */
	const char *path;
	enum k8snet_path_type path_type;
	struct ingress_backend backend;
};

struct ingress_spec {
	const char *class_name; /* NULL: none */
	struct ingress_backend default_backend;
	VEC(struct ingress_rule) rules;
};

struct k8snet_ingress {
	struct model_object object;
	struct ingress_spec spec;
};

#endif
