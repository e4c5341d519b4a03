/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_SERVICE_H
#define K8SNET_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_address;
struct k8snet_prefix;
struct k8snet_cluster;
struct k8snet_pod;

/*
 * struct k8snet_service: layer 2. Virtual IPs before a changing set of pods.
 * struct k8snet_endpointslice: the backends, a part of them in each slice.
 */
struct k8snet_service;
struct k8snet_endpointslice;

/* Values are those of the IP header. */
enum k8snet_protocol {
	K8SNET_PROTOCOL_TCP = 6,
	K8SNET_PROTOCOL_UDP = 17,
	K8SNET_PROTOCOL_SCTP = 132,
};
/* "TCP", "UDP", "SCTP"; NULL for another value. Static. */
const char *k8snet_protocol_get_name(enum k8snet_protocol protocol);

enum k8snet_service_type {
	K8SNET_SERVICE_CLUSTER_IP = 0,
	K8SNET_SERVICE_NODE_PORT = 1,
	K8SNET_SERVICE_LOAD_BALANCER = 2,
	K8SNET_SERVICE_EXTERNAL_NAME = 3,
};

/* spec.externalTrafficPolicy and spec.internalTrafficPolicy. */
enum k8snet_traffic_policy {
	K8SNET_TRAFFIC_CLUSTER = 0, /* all endpoints */
	K8SNET_TRAFFIC_LOCAL = 1,   /* those on the node that took the packet */
};

/*
 * How a new connection to a service is given one of the backends. None of them lets go
 * of a connection that is established, also when the policy changes.
 */
enum k8snet_load_balancing {
	/* Any, each as often as the others. */
	K8SNET_LOAD_BALANCING_RANDOM = 0,
	/* One after another, strictly so for each frontend (a virtual IP and port, or a
	 * node port): a service with two of them has two turns, on every node its own. */
	K8SNET_LOAD_BALANCING_ROUND_ROBIN = 1,
	/* By the client's address, which finds the same backend, on all nodes and frontends,
	 * for as long as the set of backends is the same. */
	K8SNET_LOAD_BALANCING_SOURCE_HASH = 2,
	/* The same, and when a backend comes or goes few clients move that were not its own:
	 * a Maglev table of 1021 slots, or of 65521 for more than 255 backends. */
	K8SNET_LOAD_BALANCING_CONSISTENT_HASH = 3,
	/* Random, in proportion to the weights of the endpoints. */
	K8SNET_LOAD_BALANCING_WEIGHTED = 4,
};
/* "random", "round-robin", "source-hash", "consistent-hash", "weighted"; NULL for
 * another value. Static. */
const char *k8snet_load_balancing_get_name(enum k8snet_load_balancing policy);

/*
 * Make a service in `cluster`. `namespace` and `name` are DNS labels of
 * RFC 1123, also of digits alone (KEP-5311). *out is the caller's; the cluster keeps its own
 * reference until k8snet_service_remove(). Errors: -EINVAL, -EEXIST, -ENOMEM.
 */
int k8snet_service_new(struct k8snet_service **out, struct k8snet_cluster *cluster,
		       const char *namespace_, const char *name);
struct k8snet_service *k8snet_service_ref(struct k8snet_service *service);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_service *k8snet_service_unref(struct k8snet_service *service);
/* Take the service out of its cluster; its EndpointSlices stay. Setters on it
 * then return -ENOENT, as does a second removal. Errors: -ENOENT, -ENOMEM. */
int k8snet_service_remove(struct k8snet_service *service);

/* Borrowed; NULL if there is none. */
struct k8snet_service *k8snet_cluster_find_service(const struct k8snet_cluster *cluster,
						   const char *namespace_, const char *name);
/* The service after `prev` in the order of insertion, the first for NULL; NULL
 * at the end. Borrowed. */
struct k8snet_service *k8snet_cluster_next_service(const struct k8snet_cluster *cluster,
						   const struct k8snet_service *prev);

const char *k8snet_service_get_namespace(const struct k8snet_service *service);
const char *k8snet_service_get_name(const struct k8snet_service *service);

/* Default: ClusterIP. Errors: -EINVAL, -ENOENT. */
int k8snet_service_set_type(struct k8snet_service *service, enum k8snet_service_type type);
enum k8snet_service_type k8snet_service_get_type(const struct k8snet_service *service);

/* spec.clusterIPs, at most one of each family. A service without one is
 * headless. Errors: -EINVAL, -EEXIST, -ENOENT, -ENOMEM. */
int k8snet_service_add_cluster_ip(struct k8snet_service *service, const char *address);
const struct k8snet_address *k8snet_service_get_cluster_ip(const struct k8snet_service *service,
							   size_t index);
int k8snet_service_clear_cluster_ips(struct k8snet_service *service);
bool k8snet_service_is_headless(const struct k8snet_service *service);

/* spec.externalIPs. Errors: -EINVAL, -EEXIST, -ENOENT, -ENOMEM. */
int k8snet_service_add_external_ip(struct k8snet_service *service, const char *address);
const struct k8snet_address *k8snet_service_get_external_ip(const struct k8snet_service *service,
							    size_t index);
int k8snet_service_clear_external_ips(struct k8snet_service *service);

/* status.loadBalancer.ingress[].ip with ipMode VIP or none (KEP-1860).
 * Errors: -EINVAL, -EEXIST, -ENOENT, -ENOMEM. */
int k8snet_service_add_load_balancer_ip(struct k8snet_service *service, const char *address);
const struct k8snet_address *
k8snet_service_get_load_balancer_ip(const struct k8snet_service *service, size_t index);
int k8snet_service_clear_load_balancer_ips(struct k8snet_service *service);

/*
 * spec.loadBalancerSourceRanges: if there are any, the load balancer's addresses take
 * new connections from these networks alone and drop the rest; an address that is not
 * the load balancer's, and node ports, take all. `cidr` is text; white space around it
 * and bits after its length do not count, nor does one that is there already.
 * Errors: -EINVAL, -ENOENT, -ENOMEM.
 */
int k8snet_service_add_source_range(struct k8snet_service *service, const char *cidr);
const struct k8snet_prefix *k8snet_service_get_source_range(const struct k8snet_service *service,
							    size_t index);
int k8snet_service_clear_source_ranges(struct k8snet_service *service);

/* The label service.kubernetes.io/service-proxy-name: the name of another proxy, which
 * serves it; plans pass over the service. NULL, the default: there is none.
 * Errors: -EINVAL, -ENOENT, -ENOMEM. The string is copied. */
int k8snet_service_set_proxy_name(struct k8snet_service *service, const char *name);
const char *k8snet_service_get_proxy_name(const struct k8snet_service *service);

/*
 * A label that pods of the service have (spec.selector); NULL for `value` asks for it no
 * more. Keys and values as k8snet_pod_set_label() has them. The model's endpoints are those
 * of EndpointSlices, whatever the selector. Errors: -EINVAL, -ENOENT, -ENOMEM.
 */
int k8snet_service_set_selector(struct k8snet_service *service, const char *key, const char *value);
/* The value asked for; NULL: the key is not. Borrowed, until a change of the service. */
const char *k8snet_service_get_selector(const struct k8snet_service *service, const char *key);
/* The key of the index-th label in the order of their bytes; NULL past the last. Borrowed,
 * until a change of the service. */
const char *k8snet_service_get_selector_key(const struct k8snet_service *service, size_t index);
int k8snet_service_clear_selector(struct k8snet_service *service);
/* Whether the pod is in the service's namespace and has all labels of its selector. No pod,
 * if it has no selector or is of type ExternalName: then Kubernetes makes no EndpointSlices. */
bool k8snet_service_is_selecting(const struct k8snet_service *service,
				 const struct k8snet_pod *pod);

/* spec.healthCheckNodePort, 0: none, the default. Nothing of it is in the kernel: a
 * program serves it. Errors: -ENOENT, -ENOMEM. */
int k8snet_service_set_health_check_node_port(struct k8snet_service *service, uint16_t port);
uint16_t k8snet_service_get_health_check_node_port(const struct k8snet_service *service);
/* How many endpoints of the service, of the family of its first cluster IP, are ready
 * on a node and not drained by a weight of 0: with none the health check fails. */
size_t k8snet_service_count_local_endpoints(const struct k8snet_service *service,
					    const char *node_name);

/*
 * Add a port. `name` is a DNS label, or "" for a service's only port (NULL is
 * ""); `port` 1 to 65535; `node_port` 1 to 65535, or 0 for none. The pair of
 * protocol and port, and the name, are unique in a service.
 * Errors: -EINVAL, -EEXIST, -ENOENT, -ENOMEM.
 */
int k8snet_service_add_port(struct k8snet_service *service, const char *name,
			    enum k8snet_protocol protocol, uint16_t port, uint16_t node_port);
int k8snet_service_clear_ports(struct k8snet_service *service);
size_t k8snet_service_count_ports(const struct k8snet_service *service);
/* Of the index-th port; past the last "", 0. Borrowed. */
const char *k8snet_service_get_port_name(const struct k8snet_service *service, size_t index);
enum k8snet_protocol k8snet_service_get_port_protocol(const struct k8snet_service *service,
						      size_t index);
uint16_t k8snet_service_get_port_number(const struct k8snet_service *service, size_t index);
uint16_t k8snet_service_get_port_node_port(const struct k8snet_service *service, size_t index);

/* sessionAffinity ClientIP with this timeout in seconds, 1 to 86400; 0: none,
 * the default. Errors: -EINVAL, -ENOENT. */
int k8snet_service_set_session_affinity(struct k8snet_service *service, uint32_t seconds);
uint32_t k8snet_service_get_session_affinity(const struct k8snet_service *service);

/*
 * In JSON, the annotation `k8snet.io/load-balancing` with the policy's name. Session
 * affinity goes before it: a client that has a backend keeps it, only others are
 * balanced. Default: random. Errors: -EINVAL, -ENOENT, -ENOMEM.
 */
int k8snet_service_set_load_balancing(struct k8snet_service *service,
				      enum k8snet_load_balancing policy);
enum k8snet_load_balancing k8snet_service_get_load_balancing(const struct k8snet_service *service);

/*
 * Policies of traffic from outside (external and load balancer addresses, node
 * ports) and to the cluster IPs. Local: what comes from outside goes to endpoints
 * of the node alone and keeps its source address; pods and the node itself still
 * reach all endpoints. Traffic to a cluster IP goes to endpoints of the node alone.
 * If the node has none it is dropped, if nobody has one it is refused.
 * Endpoints that are ready count, or if there are none, those that serve while they
 * terminate; in the cluster and on the node each for itself.
 * Default: Cluster. Errors: -EINVAL, -ENOENT.
 */
int k8snet_service_set_external_traffic_policy(struct k8snet_service *service,
					       enum k8snet_traffic_policy policy);
enum k8snet_traffic_policy
k8snet_service_get_external_traffic_policy(const struct k8snet_service *service);
int k8snet_service_set_internal_traffic_policy(struct k8snet_service *service,
					       enum k8snet_traffic_policy policy);
enum k8snet_traffic_policy
k8snet_service_get_internal_traffic_policy(const struct k8snet_service *service);

/* --- EndpointSlices ------------------------------------------------------ */

/* The conditions of an endpoint; in JSON, absent ready and serving mean true,
 * absent terminating means false (discovery.k8s.io/v1). */
enum k8snet_endpoint_condition {
	K8SNET_ENDPOINT_READY = 1,
	K8SNET_ENDPOINT_SERVING = 2,
	K8SNET_ENDPOINT_TERMINATING = 4,
};

/*
 * Make a slice in `cluster` for the service `service_name` of `namespace` (the
 * label kubernetes.io/service-name); the service need not exist yet. `family`
 * is 4 or 6. *out is the caller's; the cluster keeps its own reference until
 * k8snet_endpointslice_remove(). Errors: -EINVAL, -EEXIST, -ENOMEM.
 */
int k8snet_endpointslice_new(struct k8snet_endpointslice **out, struct k8snet_cluster *cluster,
			     const char *namespace_, const char *name, const char *service_name,
			     int family);
struct k8snet_endpointslice *k8snet_endpointslice_ref(struct k8snet_endpointslice *slice);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_endpointslice *k8snet_endpointslice_unref(struct k8snet_endpointslice *slice);
/* Take the slice out of its cluster. Errors: -ENOENT, -ENOMEM. */
int k8snet_endpointslice_remove(struct k8snet_endpointslice *slice);

/* Borrowed; NULL if there is none. */
struct k8snet_endpointslice *k8snet_cluster_find_endpointslice(const struct k8snet_cluster *cluster,
							       const char *namespace_,
							       const char *name);
/* The slice after `prev` in the order of insertion, the first for NULL; NULL at
 * the end. Borrowed. */
struct k8snet_endpointslice *
k8snet_cluster_next_endpointslice(const struct k8snet_cluster *cluster,
				  const struct k8snet_endpointslice *prev);
/* The same among the slices of one service. Borrowed. */
struct k8snet_endpointslice *
k8snet_service_next_endpointslice(const struct k8snet_service *service,
				  const struct k8snet_endpointslice *prev);

const char *k8snet_endpointslice_get_namespace(const struct k8snet_endpointslice *slice);
const char *k8snet_endpointslice_get_name(const struct k8snet_endpointslice *slice);
const char *k8snet_endpointslice_get_service_name(const struct k8snet_endpointslice *slice);
/* 4 or 6. */
int k8snet_endpointslice_get_family(const struct k8snet_endpointslice *slice);

/* The label service.kubernetes.io/headless, whatever its value: the endpoints are for names
 * alone, and no proxy's, as kube-proxy selects slices. Default: false.
 * Errors: -ENOENT, -ENOMEM. */
int k8snet_endpointslice_set_headless(struct k8snet_endpointslice *slice, bool is_headless);
bool k8snet_endpointslice_is_headless(const struct k8snet_endpointslice *slice);

/* Add a port of the endpoints; `name` is that of the service's port (NULL is
 * ""). At most 20000. Errors: -EINVAL, -EEXIST, -E2BIG, -ENOENT, -ENOMEM. */
int k8snet_endpointslice_add_port(struct k8snet_endpointslice *slice, const char *name,
				  enum k8snet_protocol protocol, uint16_t port);
int k8snet_endpointslice_clear_ports(struct k8snet_endpointslice *slice);
size_t k8snet_endpointslice_count_ports(const struct k8snet_endpointslice *slice);
/* Of the index-th port; past the last "", 0. Borrowed. */
const char *k8snet_endpointslice_get_port_name(const struct k8snet_endpointslice *slice,
					       size_t index);
enum k8snet_protocol
k8snet_endpointslice_get_port_protocol(const struct k8snet_endpointslice *slice, size_t index);
uint16_t k8snet_endpointslice_get_port_number(const struct k8snet_endpointslice *slice,
					      size_t index);

/*
 * Add an endpoint. `address` is of the slice's family, neither loopback,
 * link-local, multicast nor unspecified; `node_name` may be NULL; `conditions`
 * is an or of enum k8snet_endpoint_condition. At most 1000 in a slice.
 * Errors: -EINVAL, -EEXIST, -E2BIG, -ENOENT, -ENOMEM.
 */
int k8snet_endpointslice_add_endpoint(struct k8snet_endpointslice *slice, const char *address,
				      const char *node_name, unsigned int conditions);
/* Errors: -EINVAL, -ENOENT (no such endpoint, or no such slice), -ENOMEM. */
int k8snet_endpointslice_remove_endpoint(struct k8snet_endpointslice *slice, const char *address);
int k8snet_endpointslice_clear_endpoints(struct k8snet_endpointslice *slice);
size_t k8snet_endpointslice_count_endpoints(const struct k8snet_endpointslice *slice);
/* Of the index-th endpoint. Errors: -ENOENT (past the last). */
int k8snet_endpointslice_get_endpoint_address(const struct k8snet_endpointslice *slice,
					      size_t index, struct k8snet_address *out);
/* NULL if it has none, or past the last. Borrowed. */
const char *k8snet_endpointslice_get_endpoint_node_name(const struct k8snet_endpointslice *slice,
							size_t index);
/*
 * For which nodes and zones an endpoint is (hints.forNodes, hints.forZones): names with
 * commas between them, NULL or "" for none. If all ready endpoints of a port have hints
 * for nodes, and one of them is for the node that is planned, it uses those alone for
 * traffic of the policy Cluster; else the same holds for zones, by the node's label
 * topology.kubernetes.io/zone; else it uses all.
 * Errors: -EINVAL, -E2BIG, -ENOENT (no such endpoint, or no such slice), -ENOMEM.
 */
int k8snet_endpointslice_set_endpoint_hints(struct k8snet_endpointslice *slice, const char *address,
					    const char *nodes, const char *zones);
/* NULL if it has none, or past the last. Borrowed. */
const char *k8snet_endpointslice_get_endpoint_node_hints(const struct k8snet_endpointslice *slice,
							 size_t index);
const char *k8snet_endpointslice_get_endpoint_zone_hints(const struct k8snet_endpointslice *slice,
							 size_t index);
/*
 * An endpoint's share of new connections under the policy weighted, in proportion to
 * the weights of the others, 0 to 256; 1 is the default. 0 drains under every policy:
 * what is established goes on, nothing new comes, and if no endpoint has a weight new
 * connections are refused. In JSON, the annotation `k8snet.io/weights` of the slice:
 * "10.1.1.2=3, 10.1.2.2=0". An address there that the slice does not have is ignored.
 * Errors: -EINVAL, -ENOENT (no such endpoint, or no such slice), -ENOMEM.
 */
int k8snet_endpointslice_set_endpoint_weight(struct k8snet_endpointslice *slice,
					     const char *address, unsigned int weight);
/* 0 past the last. */
unsigned int k8snet_endpointslice_get_endpoint_weight(const struct k8snet_endpointslice *slice,
						      size_t index);
/* 0 past the last. */
unsigned int k8snet_endpointslice_get_endpoint_conditions(const struct k8snet_endpointslice *slice,
							  size_t index);

#ifdef __cplusplus
}
#endif

#endif
