/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef MODEL_CHECK_H
#define MODEL_CHECK_H

#include <k8snet/address.h>
#include <k8snet/context.h>

#include "base/address.h"
#include "base/cleanup.h"
#include "base/json.h"
#include "model/object.h"

struct error_at;
struct where_told;

/* What a value that is checked belongs to, for the message of an error. */
struct where {
	struct k8snet_ctx *ctx;
	enum model_kind kind;
	const char *namespace_, *name; /* checked ones; NULL: not known yet */
	const char *source;	       /* of the text; NULL: a setter */
	size_t number;		       /* of the object in the text, from 1 */
	const char *field;	       /* of a setter: the argument */
	const struct json *json;       /* else the value in question */
	const struct json *root;       /* of the object */
	const struct where_told *told; /* who is told, in place of the context; NULL: nobody */
};

struct where_told {
	void (*fn)(void *data, const struct where *at, int code, const struct error_at *error,
		   const char *reason);
	void *data;
};

/* Set the context's error, with the field `below` the value (NULL: the value
 * itself); returns `code`. */
int where_error(const struct where *at, int code, enum k8snet_message_id id, const char *below,
		const char *format, ...) printf_like(5, 6);
int where_no_memory(const struct where *at);
/* "is missing". */
int where_missing(const struct where *at, const char *below);

/* NULL if the text passes, otherwise why not: "is not a DNS label ...". */
typedef const char *check_fn(const char *text);
check_fn check_dns_label;     /* RFC 1123 */
check_fn check_dns_subdomain; /* RFC 1123 */
check_fn check_port_name;     /* RFC 6335, as backends of ingresses name ports */
check_fn check_link_name;
check_fn check_link_pattern; /* a name, or how names begin: "veth*" */
/* Whether `text` begins with `length` characters that may be in the former two. */
bool is_link_text(const char *text, size_t length);
check_fn check_netns_path;
check_fn check_label_key;   /* a qualified name: "[prefix/]name" */
check_fn check_label_value; /* not the empty one */
check_fn check_ingress_host;
check_fn check_ingress_path; /* of types Exact and Prefix */
check_fn check_any_path;     /* of type ImplementationSpecific */

/* Check `text`, which must not be NULL. 0 or -EINVAL with the error. */
int check_text(const struct where *at, const char *below, const char *text, check_fn *check);
int check_range(const struct where *at, const char *below, int64_t value, int64_t least,
		int64_t most);

/* Text as the API takes it: k8snet_address_parse(), and zeros before decimal numbers.
 * 0 or -EINVAL. */
int parse_address(struct k8snet_address *out, const char *text);
/* The same; of an IPv4-mapped one that of the IPv4 network. */
int parse_prefix(struct k8snet_prefix *out, const char *text);

enum check_address_flags {
	CHECK_LINK_LOCAL = 1, /* link-local addresses pass */
};
/* Parse the address of a host: neither unspecified, loopback, multicast nor broadcast. */
int check_address(const struct where *at, const char *text, unsigned int flags,
		  struct k8snet_address *out);
/* Why not, or NULL. */
const char *check_host_address(const struct k8snet_address *address, unsigned int flags);
/* Parse a prefix without host bits. */
int check_prefix(const struct where *at, const char *text, struct k8snet_prefix *out);
/* Parse "0a:58:..."; unicast, not zero. */
int check_mac_text(const struct where *at, const char *text, uint8_t out[6]);
int check_mac(const struct where *at, const uint8_t mac[6]);

#endif
