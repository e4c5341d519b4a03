/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_CONTEXT_H
#define K8SNET_CONTEXT_H

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * struct k8snet_ctx: the log callback and the last error.
 *
 * Every other handle is made from a context and keeps a reference to it. A
 * context and all made from it belong to one thread at a time; different
 * contexts are independent of each other. There are no globals.
 *
 * Return values. Functions that can fail return 0 or a negative errno out of
 * this closed list, and leave everything as it was:
 *
 *   -EINVAL   an argument or an input breaks a rule; the error says which field
 *   -EEXIST   an object of this name is there already
 *   -ENOENT   the named object or file does not exist
 *   -ENOMEM   out of memory
 *   -ENOSPC   no free address is left
 *   -E2BIG    the input exceeds a limit (size, depth, number)
 *   -EPERM    the process lacks a privilege
 *   -ENOTSUP  the kernel lacks a feature
 *   -EBUSY    a lock is held by another process
 *   -ESTALE   the plan was made for an older state of the cluster or the kernel
 *   -EIO      the kernel or the file system refused; the error has its errno
 *             and its own text
 */
struct k8snet_ctx;
struct k8snet_error;

/* The layer of Kubernetes networking that an error or an operation belongs to. */
enum k8snet_layer {
	K8SNET_LAYER_NODE = 0,	  /* nodes that reach each other by IP */
	K8SNET_LAYER_POD = 1,	  /* the flat network of pods */
	K8SNET_LAYER_SERVICE = 2, /* virtual IPs before changing sets of pods */
	K8SNET_LAYER_INGRESS = 3, /* the ways in from outside */
	K8SNET_LAYER_NONE = 4,	  /* none of them: arguments, memory, files */
};

/* "node", "pod", "service", "ingress" or "none". Static. */
const char *k8snet_layer_get_name(enum k8snet_layer layer);

enum k8snet_log_level {
	K8SNET_LOG_NONE = 0,
	K8SNET_LOG_ERROR = 1,
	K8SNET_LOG_WARNING = 2,
	K8SNET_LOG_INFO = 3,
	K8SNET_LOG_DEBUG = 4,
};

/*
 * Receives one finished line, without a newline. `message` is valid during the
 * call only. The callback must not call functions on handles of the context.
 */
typedef void (*k8snet_log_fn)(void *data, enum k8snet_log_level level, const char *message);

struct k8snet_ctx_options {
	size_t size; /* sizeof(struct k8snet_ctx_options) */
	/* Where log lines go; NULL: standard error. */
	k8snet_log_fn log_fn;
	void *log_data;
	/* The highest level that is logged. The environment variable
	 * K8SNET_LOG (error, warning, info, debug) takes precedence. */
	enum k8snet_log_level log_level;
};

/*
 * Make a context. `options` may be NULL: silent, unless K8SNET_LOG is set.
 * *out is the caller's. Errors: -ENOMEM, -EINVAL (size not known).
 */
int k8snet_ctx_new(struct k8snet_ctx **out, const struct k8snet_ctx_options *options);
struct k8snet_ctx *k8snet_ctx_ref(struct k8snet_ctx *ctx);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_ctx *k8snet_ctx_unref(struct k8snet_ctx *ctx);

void k8snet_ctx_set_log_level(struct k8snet_ctx *ctx, enum k8snet_log_level level);
enum k8snet_log_level k8snet_ctx_get_log_level(const struct k8snet_ctx *ctx);

/*
 * The error of the last call that failed, NULL before the first. Borrowed:
 * valid until the next call that fails on a handle of this context.
 */
const struct k8snet_error *k8snet_ctx_get_error(const struct k8snet_ctx *ctx);

/*
 * What kind of error it is; permanent, so that programs can tell errors apart
 * and people can look them up in k8snet_ctx(3). Numbers are never reused.
 */
enum k8snet_message_id {
	K8SNET_MSG_NO_MEMORY = 1,
	K8SNET_MSG_BAD_ARGUMENT = 2,
	K8SNET_MSG_BAD_JSON = 101,	/* not JSON, too deep, too large, duplicate key */
	K8SNET_MSG_BAD_FIELD = 102,	/* a field has a wrong type or value */
	K8SNET_MSG_MISSING_FIELD = 103, /* a required field is missing */
	K8SNET_MSG_BAD_NAME = 104,	/* not a DNS label or subdomain, RFC 1123 */
	K8SNET_MSG_DUPLICATE = 105,	/* two objects, ports or keys with one name */
	K8SNET_MSG_LIMIT = 106,		/* a limit is exceeded */
	K8SNET_MSG_NOT_FOUND = 107,	/* the named object does not exist */
	K8SNET_MSG_CONFLICT = 108,	/* two services claim one address and port */
	K8SNET_MSG_KERNEL = 201,	/* the kernel refused an operation */
	K8SNET_MSG_KERNEL_LACKS = 202,	/* the kernel lacks a feature */
	K8SNET_MSG_NO_UPLINK = 203,	/* no link of the node has its address */
	K8SNET_MSG_NETNS = 204,		/* a network namespace cannot be entered */
	K8SNET_MSG_STALE_PLAN = 205,	/* a plan was made for another state */
	K8SNET_MSG_NO_ADDRESS = 301,	/* the IPAM range has no free address */
	K8SNET_MSG_LEASE_FILE = 302,	/* the IPAM lease file cannot be used */
};

/* One line that a person can act on, e.g.
 * "pod shop/cart-0: route add 10.2.0.0/24 via 10.100.0.3: Network is
 * unreachable (kernel: Nexthop has invalid gateway)". Never NULL; takes NULL, of a call that
 * has told nothing. */
const char *k8snet_error_get_message(const struct k8snet_error *error);
enum k8snet_message_id k8snet_error_get_id(const struct k8snet_error *error);
enum k8snet_layer k8snet_error_get_layer(const struct k8snet_error *error);
/* The negative errno that the function returned. */
int k8snet_error_get_code(const struct k8snet_error *error);
/* The object, e.g. "Service shop/cart"; "" if there is none. Never NULL. */
const char *k8snet_error_get_object(const struct k8snet_error *error);
/* The operation ("route add 10.2.0.0/24 via 10.100.0.3") or the field
 * ("spec.ports[0].port"); "" if there is none. Never NULL. */
const char *k8snet_error_get_operation(const struct k8snet_error *error);
/* The positive errno of the kernel, 0 if the kernel was not asked. */
int k8snet_error_get_kernel_errno(const struct k8snet_error *error);
/* The kernel's extended-ack text, "" if it gave none. Never NULL. */
const char *k8snet_error_get_kernel_text(const struct k8snet_error *error);

#ifdef __cplusplus
}
#endif

#endif
