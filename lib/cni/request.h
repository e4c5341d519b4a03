/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_REQUEST_H
#define CNI_REQUEST_H

#include <stdbool.h>
#include <stddef.h>

#include <k8snet/cni.h>
#include <k8snet/context.h>

#include "base/arena.h"
#include "base/hash.h"
#include "base/json.h"
#include "base/vec.h"
#include "cni/version.h"

/* What a plugin may read or write at once: of its configuration, of a result. */
#define CNI_TEXT_MAX (16U << 20)

struct k8snet_cni_attachment {
	const char *container_id, *ifname;
	struct hash_node by_both, by_container;
};

struct cni_arg {
	const char *key, *value;
};

struct cni_error {
	unsigned int code; /* 0: none */
	char *message, *details;
};

struct k8snet_cni_request {
	struct k8snet_ctx *ctx;
	struct arena arena; /* all text below */
	const struct k8snet_cni_ops *ops;
	enum k8snet_cni_command command;
	struct cni_error error;

	/* the environment */
	const char *const *environment;
	const char *container_id, *netns, *ifname, *path;
	VEC(struct cni_arg) args;

	/* the configuration */
	char *text;
	const struct json *config;
	enum cni_version version; /* CNI_UNKNOWN: until it is read */
	const char *name, *type;
	struct k8snet_cni_result *prev_result;
	VEC(struct k8snet_cni_attachment) attachments;
	struct hash by_both, by_container;
};

/* `environment` and `ops` must outlive the request. */
int cni_request_init(struct k8snet_cni_request *request, const struct k8snet_cni_ops *ops,
		     const char *const *environment);
void cni_request_done(struct k8snet_cni_request *request);

/* The value of a variable; "": it is not set. */
const char *cni_environment_get(const char *const *environment, const char *name);
/* Read and check what the command needs of the environment. Fails with code 4. */
int cni_request_read_environment(struct k8snet_cni_request *request);
/* The rule for the path of the namespace, and if `looks_at_it` the namespace itself: see
 * k8snet_cni_main(). Fails with code 4. */
int cni_request_check_netns(struct k8snet_cni_request *request, bool looks_at_it);
/* Read and check the configuration. Fails with 1, 6 or 7. */
int cni_request_read_config(struct k8snet_cni_request *request, const char *text, size_t length);
int cni_request_read_attachments(struct k8snet_cni_request *request);
/* The version in the configuration, in *out; CNI_UNKNOWN if it is none that is known. */
int cni_request_read_version(struct k8snet_cni_request *request, const struct json *config,
			     enum cni_version *out);
/* The oldest version that has a command. */
enum cni_version cni_command_since(enum k8snet_cni_command command);

/* Out of memory: remember it, return -ENOMEM. */
int cni_request_no_memory(struct k8snet_cni_request *request);
/* Make the error that an operation returned the request's, if it said none. */
void cni_request_adopt_error(struct k8snet_cni_request *request, int r);

/* --- rules for text, each NULL or what is wrong ------------------------------ */

/* A container id, the name of a network. */
const char *cni_check_id(const char *text);
const char *cni_check_ifname(const char *text);
const char *cni_check_netns(const char *text);
/* A file name: the type of a plugin. */
const char *cni_check_type(const char *text);
/* UTF-8 without control characters, at most PATH_MAX bytes. */
const char *cni_check_plain(const char *text);

#endif
