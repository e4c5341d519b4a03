/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_INGRESS_H
#define K8SNET_INGRESS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_cluster;

/*
 * struct k8snet_ingress: layer 3. Rules from host and path to a service
 * (networking.k8s.io/v1 Ingress). The other ways in, node ports, external IPs
 * and load balancer addresses, belong to the service, see service.h.
 * struct k8snet_ingress_table: the rules of all ingresses, compiled.
 */
struct k8snet_ingress;
struct k8snet_ingress_table;
struct k8snet_ingress_route;

enum k8snet_path_type {
	K8SNET_PATH_PREFIX = 0, /* by path element: /a matches /a and /a/b, not /ab */
	K8SNET_PATH_EXACT = 1,
	K8SNET_PATH_IMPLEMENTATION = 2, /* ImplementationSpecific: here as Prefix */
};

/*
 * Make an ingress in `cluster`. `namespace` is a DNS label, `name` a DNS
 * subdomain. *out is the caller's; the cluster keeps its own reference until
 * k8snet_ingress_remove(). Errors: -EINVAL, -EEXIST, -ENOMEM.
 */
int k8snet_ingress_new(struct k8snet_ingress **out, struct k8snet_cluster *cluster,
		       const char *namespace_, const char *name);
struct k8snet_ingress *k8snet_ingress_ref(struct k8snet_ingress *ingress);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_ingress *k8snet_ingress_unref(struct k8snet_ingress *ingress);
/* Take the ingress out of its cluster. Errors: -ENOENT, -ENOMEM. */
int k8snet_ingress_remove(struct k8snet_ingress *ingress);

/* Borrowed; NULL if there is none. */
struct k8snet_ingress *k8snet_cluster_find_ingress(const struct k8snet_cluster *cluster,
						   const char *namespace_, const char *name);
/* The ingress after `prev` in the order of insertion, the first for NULL; NULL
 * at the end. Borrowed. */
struct k8snet_ingress *k8snet_cluster_next_ingress(const struct k8snet_cluster *cluster,
						   const struct k8snet_ingress *prev);

const char *k8snet_ingress_get_namespace(const struct k8snet_ingress *ingress);
const char *k8snet_ingress_get_name(const struct k8snet_ingress *ingress);

/* spec.ingressClassName; NULL: none. Errors: -EINVAL, -ENOENT, -ENOMEM. */
int k8snet_ingress_set_class_name(struct k8snet_ingress *ingress, const char *class_name);
const char *k8snet_ingress_get_class_name(const struct k8snet_ingress *ingress);

/*
 * Add a rule. `host` is NULL or "" for all hosts, a DNS subdomain, or "*." and
 * a DNS subdomain, where the asterisk stands for exactly one label; `path`
 * begins with "/". A backend is a service of the ingress's namespace and one of
 * its ports, by name, or by number if `port_name` is NULL or "".
 * Errors: -EINVAL, -ENOENT, -ENOMEM.
 */
int k8snet_ingress_add_rule(struct k8snet_ingress *ingress, const char *host, const char *path,
			    enum k8snet_path_type path_type, const char *service,
			    const char *port_name, uint16_t port_number);
/* spec.defaultBackend: what no rule of any ingress matches. `service` NULL
 * unsets it. Errors: -EINVAL, -ENOENT, -ENOMEM. */
int k8snet_ingress_set_default_backend(struct k8snet_ingress *ingress, const char *service,
				       const char *port_name, uint16_t port_number);
int k8snet_ingress_clear_rules(struct k8snet_ingress *ingress);

/* --- the compiled table -------------------------------------------------- */

/*
 * Compile the rules of all ingresses of `cluster` whose class is `class_name`;
 * NULL: all of them. The table is immutable, holds copies of all it needs and
 * no reference to the cluster; any number of threads may match against it at
 * once.
 *
 * Precedence, as the Ingress documentation has it. The host is chosen first: an
 * exact one before a wildcard before none, if any rule names it. A request that
 * none of its host's paths match is not looked up under a wildcard or without a
 * host; it goes to the default backend ("first evaluated for a host match", says
 * the API; virtual hosts of nginx and Envoy do the same). Then the longest path;
 * then Exact before Prefix; among equal rules, the ingress that is first by
 * namespace and name, and in it the first rule. The default backend of the first
 * such ingress that has one takes the rest.
 *
 * Paths are compared case-sensitively. Prefix compares whole elements and ignores
 * trailing slashes: "/foo" and "/foo/" are one rule, and match "/foo", "/foo/"
 * and "/foo/bar". Exact is literal.
 *
 * *out is the caller's. Errors: -ENOMEM.
 */
int k8snet_ingress_table_new(struct k8snet_ingress_table **out, struct k8snet_cluster *cluster,
			     const char *class_name);
/* Atomic: threads may drop their references independently. Takes NULL. Returns NULL. */
struct k8snet_ingress_table *k8snet_ingress_table_unref(struct k8snet_ingress_table *table);
struct k8snet_ingress_table *k8snet_ingress_table_ref(struct k8snet_ingress_table *table);

/*
 * The route for a request; NULL if nothing matches. `host` is that of the
 * request, in any case of letters, a port or a trailing dot is ignored; NULL is
 * "". `path` may carry a query, which is ignored; it is matched as it is: the
 * caller decodes and normalises it. An empty path is "/"; one that begins with
 * anything else ("*") matches the prefix "/" only. The work is bounded by the
 * longest path of the host's rules, whatever the request. No allocation, no lock.
 * Borrowed.
 */
const struct k8snet_ingress_route *
k8snet_ingress_table_match(const struct k8snet_ingress_table *table, const char *host,
			   const char *path);
/* The same, for text that does not end in NUL. */
const struct k8snet_ingress_route *
k8snet_ingress_table_match_n(const struct k8snet_ingress_table *table, const char *host,
			     size_t host_length, const char *path, size_t path_length);
/* As many as k8snet_ingress_table_next_route() gives: rules that an equal one
 * hides are left out, the default backend is counted. */
size_t k8snet_ingress_table_count_routes(const struct k8snet_ingress_table *table);
/* The route after `prev` in the order of precedence, the first for NULL; NULL at
 * the end. The default backend is the last. Borrowed. */
const struct k8snet_ingress_route *
k8snet_ingress_table_next_route(const struct k8snet_ingress_table *table,
				const struct k8snet_ingress_route *prev);

/* The ingress that the route comes from. Borrowed, never NULL. */
const char *k8snet_ingress_route_get_namespace(const struct k8snet_ingress_route *route);
const char *k8snet_ingress_route_get_ingress(const struct k8snet_ingress_route *route);
/* "" for all hosts. */
const char *k8snet_ingress_route_get_host(const struct k8snet_ingress_route *route);
/* "" for the default backend. */
const char *k8snet_ingress_route_get_path(const struct k8snet_ingress_route *route);
enum k8snet_path_type k8snet_ingress_route_get_path_type(const struct k8snet_ingress_route *route);
const char *k8snet_ingress_route_get_service(const struct k8snet_ingress_route *route);
/* "" if the port is given by its number. */
const char *k8snet_ingress_route_get_port_name(const struct k8snet_ingress_route *route);
/* 0 if the port is given by its name. */
uint16_t k8snet_ingress_route_get_port_number(const struct k8snet_ingress_route *route);

#ifdef __cplusplus
}
#endif

#endif
