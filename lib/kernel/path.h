/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef KERNEL_PATH_H
#define KERNEL_PATH_H

#include <k8snet/path.h>
#include <stdbool.h>

#include "base/cleanup.h"
#include "base/vec.h"

struct k8snet_ctx;

struct path_backend {
	struct k8snet_address address;
	uint16_t port;
	uint8_t masquerade; /* enum k8snet_masquerade */
};

struct k8snet_path {
	unsigned int refs;
	struct k8snet_table *table; /* a reference; NULL: a trace */
	const struct k8snet_frontend *frontend;
	enum k8snet_outcome outcome;
	bool depends_on_link; /* that the source comes over */
	VEC(char *) steps;
	VEC(struct path_backend) backends;
	int error; /* -ENOMEM is remembered: check once, at the end */
};

/* 0, or -EINVAL with the context's error set. */
int path_take_flow(struct k8snet_ctx *ctx, const char *function, const struct k8snet_flow *from,
		   struct k8snet_flow *flow);
struct k8snet_path *path_new(void);
void path_step(struct k8snet_path *path, const char *format, ...) printf_like(2, 3);
void path_add_backend(struct k8snet_path *path, const struct k8snet_address *address, uint16_t port,
		      enum k8snet_masquerade masquerade);
/* Hand it over, or release it if something failed. 0, or the error, which is not told. */
int path_finish(struct k8snet_path **out, struct k8snet_path *path, int error);

#endif
