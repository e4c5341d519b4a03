/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_RESULT_H
#define CNI_RESULT_H

#include <k8snet/cni.h>
#include <k8snet/context.h>

#include "base/json.h"
#include "base/vec.h"
#include "cni/version.h"

struct k8snet_cni_interface {
	struct k8snet_cni_result *result;
	unsigned int index;
	char *name, *mac, *sandbox, *socket_path, *pci_id; /* NULL: none */
	uint32_t mtu;
};

struct k8snet_cni_ip {
	struct k8snet_cni_result *result;
	unsigned int index;
	struct k8snet_prefix address;
	struct k8snet_address gateway; /* family 0: none */
	int interface;
};

struct k8snet_cni_route {
	struct k8snet_cni_result *result;
	unsigned int index;
	struct k8snet_prefix destination;
	struct k8snet_address gateway; /* family 0: none */
	uint32_t mtu, advmss, priority;
	int64_t table; /* -1: none */
	int scope;     /* -1: none */
};

struct cni_strings {
	char **items;
	size_t count, capacity;
};

struct k8snet_cni_result {
	unsigned int refs;
	struct k8snet_ctx *ctx;
	/* Each on its own, so that what is borrowed stays where it is. */
	VEC(struct k8snet_cni_interface *) interfaces;
	VEC(struct k8snet_cni_ip *) ips;
	VEC(struct k8snet_cni_route *) routes;
	struct cni_strings nameservers, search, options;
	char *domain;
};

/* Read one object, of the version that it names, or else of `version`. */
int cni_result_new_from_value(struct k8snet_cni_result **out, struct k8snet_ctx *ctx,
			      const struct json *value, enum cni_version version);
/* The same out of a text. */
int cni_result_new_from_text(struct k8snet_cni_result **out, struct k8snet_ctx *ctx,
			     const char *text, size_t length, enum cni_version version);
/* Read an object like "dns" and add it. Nothing is added if it fails. */
int cni_result_read_dns(struct k8snet_cni_result *result, const struct json *dns);

/* Whatever the name is. */
int cni_result_add_interface(struct k8snet_cni_result *result, struct k8snet_cni_interface **out,
			     const char *name);

/* How much there is, and the way back to it. */
struct cni_result_mark {
	size_t interfaces, ips, routes, nameservers, search, options;
};
struct cni_result_mark cni_result_mark(const struct k8snet_cni_result *result);
void cni_result_return(struct k8snet_cni_result *result, const struct cni_result_mark *mark);

int cni_result_print(const struct k8snet_cni_result *result, enum cni_version version, char **out);

/* One object of JSON, the whole of a text. On an error `error` says what is wrong.
 * -EINVAL, -E2BIG, -ENOMEM. */
int cni_read_json(struct arena *arena, const char *text, size_t length, const struct json **out,
		  char *error, size_t size);

#endif
