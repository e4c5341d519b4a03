/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_RESOLVE_H
#define K8SNET_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <k8snet/service.h>
#include <k8snet/table.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_address;
struct k8snet_cluster;

/*
 * Who gets the traffic of a service, and why: a pure function of the model, which knows no
 * kernel. The rules are those of kube-proxy 1.37 (pkg/proxy/topology.go), and in addition a
 * weight of 0 takes an endpoint out as if it were not ready.
 *
 * struct k8snet_resolution: the answer for one service, kept by the caller and filled again.
 * struct k8snet_resolved_port: a port of the service in one family, and its backends.
 * struct k8snet_resolved_frontend: what a client connects to.
 * struct k8snet_backend: an endpoint with the port that the service leads to.
 * The last three, and all strings, are borrowed: until the resolution is filled again or the
 * cluster changes.
 */
struct k8snet_resolution;
struct k8snet_resolved_port;
struct k8snet_resolved_frontend;
struct k8snet_backend;

/* An empty one. It holds a reference to `cluster`. *out is the caller's. Errors: -ENOMEM. */
int k8snet_resolution_new(struct k8snet_resolution **out, struct k8snet_cluster *cluster);
struct k8snet_resolution *k8snet_resolution_ref(struct k8snet_resolution *resolution);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_resolution *k8snet_resolution_unref(struct k8snet_resolution *resolution);

/*
 * Fill `resolution` with what `service` is on the node `node_name`, which need not be in the
 * cluster; NULL: on no node, so that nothing is local or has hints for it. What it has had is
 * forgotten; memory is used again, so that in the end nothing is allocated.
 * Errors: -ENOENT (the service was removed, or is of another cluster), -ENOMEM: it is empty.
 */
int k8snet_resolve_service(struct k8snet_resolution *resolution, const char *node_name,
			   const struct k8snet_service *service);

/* --- why there is nothing ------------------------------------------------- */

enum k8snet_reason {
	K8SNET_REASON_NONE = 0, /* there is something */
	/* of a service: no frontends */
	K8SNET_REASON_EXTERNAL_NAME = 1, /* it is an alias in DNS; nor has it ports */
	K8SNET_REASON_OTHER_PROXY = 2,	 /* see k8snet_service_set_proxy_name() */
	K8SNET_REASON_HEADLESS = 3,	 /* no cluster IP: names lead to the endpoints */
	K8SNET_REASON_NO_PORTS = 4,
	/* of a list of backends */
	K8SNET_REASON_NO_ENDPOINTS = 5,
	K8SNET_REASON_OTHER_FAMILY = 6, /* endpoints have addresses of the other family */
	K8SNET_REASON_OTHER_PORTS = 7,	/* no slice has a port of this name and protocol */
	K8SNET_REASON_NOT_READY = 8,
	K8SNET_REASON_DRAINED = 9,    /* those that could have a weight of 0 */
	K8SNET_REASON_ELSEWHERE = 10, /* they are on other nodes, and the policy is Local */
};
/* "none", "external-name", "other-proxy", "headless", "no-ports", "no-endpoints",
 * "other-family", "other-ports", "not-ready", "drained", "elsewhere"; NULL for another
 * value. Static. */
const char *k8snet_reason_get_name(enum k8snet_reason reason);

/* Why there are no frontends. */
enum k8snet_reason k8snet_resolution_get_reason(const struct k8snet_resolution *resolution);

/* --- ports ---------------------------------------------------------------- */

/*
 * The port after `prev`, the first for NULL; NULL at the end: for each family of the
 * service's cluster IPs each of its ports. A headless service has, for each family that it
 * has slices of, first one without a name and with the number 0, which has every endpoint
 * whatever its ports (the backends' port is 0), and then its ports.
 */
const struct k8snet_resolved_port *
k8snet_resolution_next_port(const struct k8snet_resolution *resolution,
			    const struct k8snet_resolved_port *prev);
/* As an Ingress refers to it: by name, or if that is NULL by number. NULL: there is none. */
const struct k8snet_resolved_port *
k8snet_resolution_find_port(const struct k8snet_resolution *resolution, int family,
			    const char *name, uint16_t number);
/* 4 or 6. */
int k8snet_resolved_port_get_family(const struct k8snet_resolved_port *port);
const char *k8snet_resolved_port_get_name(const struct k8snet_resolved_port *port);
uint16_t k8snet_resolved_port_get_number(const struct k8snet_resolved_port *port);
enum k8snet_protocol k8snet_resolved_port_get_protocol(const struct k8snet_resolved_port *port);

/* Whether the policy Cluster means fewer than all, as hints of endpoints have it. */
enum k8snet_topology {
	K8SNET_TOPOLOGY_ANY = 0,
	K8SNET_TOPOLOGY_SAME_ZONE = 1,
	K8SNET_TOPOLOGY_SAME_NODE = 2,
};
enum k8snet_topology k8snet_resolved_port_get_topology(const struct k8snet_resolved_port *port);

/* Lists of backends, each address and port once in each. */
enum k8snet_backends {
	/* For the policy Cluster: those that are ready, narrowed by topology; if none is ready
	 * those that serve while they terminate. */
	K8SNET_BACKENDS_CLUSTER = 0,
	/* For the policy Local: the same of those on the node, whatever their hints. */
	K8SNET_BACKENDS_LOCAL = 1,
	/* All there are, whether or not they may be used: the ready ones first. Of a headless
	 * service those whose condition is ready are what DNS answers; that is all of them with
	 * publishNotReadyAddresses. */
	K8SNET_BACKENDS_ALL = 2,
};
size_t k8snet_resolved_port_count_backends(const struct k8snet_resolved_port *port,
					   enum k8snet_backends list);
/* The backend after `prev`, which is one of this list, the first for NULL; NULL at the end. */
const struct k8snet_backend *
k8snet_resolved_port_next_backend(const struct k8snet_resolved_port *port,
				  enum k8snet_backends list, const struct k8snet_backend *prev);
/* Why that list is empty. */
enum k8snet_reason k8snet_resolved_port_get_reason(const struct k8snet_resolved_port *port,
						   enum k8snet_backends list);
/* None is ready: those in the list terminate. */
bool k8snet_resolved_port_is_terminating(const struct k8snet_resolved_port *port,
					 enum k8snet_backends list);

/* --- backends ------------------------------------------------------------- */

void k8snet_backend_get_address(const struct k8snet_backend *backend, struct k8snet_address *out);
uint16_t k8snet_backend_get_port(const struct k8snet_backend *backend);
/* NULL: unknown. */
const char *k8snet_backend_get_node_name(const struct k8snet_backend *backend);
/* See k8snet_endpointslice_set_endpoint_weight(). */
unsigned int k8snet_backend_get_weight(const struct k8snet_backend *backend);
/* An or of enum k8snet_endpoint_condition. */
unsigned int k8snet_backend_get_conditions(const struct k8snet_backend *backend);
/* It is on the node. */
bool k8snet_backend_is_local(const struct k8snet_backend *backend);

/* --- frontends ------------------------------------------------------------ */

enum k8snet_frontend_type {
	K8SNET_FRONTEND_CLUSTER_IP = 0,
	K8SNET_FRONTEND_EXTERNAL_IP = 1,
	K8SNET_FRONTEND_LOAD_BALANCER = 2, /* of ipMode VIP */
	K8SNET_FRONTEND_NODE_PORT = 3,	   /* of all addresses that have node ports */
};
/* "cluster-ip", "external-ip", "load-balancer", "node-port"; NULL for another value. Static. */
const char *k8snet_frontend_type_get_name(enum k8snet_frontend_type type);

/* The frontend after `prev`, the first for NULL; NULL at the end: by port, and of each in
 * the order of the types. An address may be there as two types. */
const struct k8snet_resolved_frontend *
k8snet_resolution_next_frontend(const struct k8snet_resolution *resolution,
				const struct k8snet_resolved_frontend *prev);
enum k8snet_frontend_type
k8snet_resolved_frontend_get_type(const struct k8snet_resolved_frontend *frontend);
/* NULL for a node port. */
const struct k8snet_address *
k8snet_resolved_frontend_get_address(const struct k8snet_resolved_frontend *frontend);
/* What clients connect to: the service port's number, or its node port. */
uint16_t k8snet_resolved_frontend_get_number(const struct k8snet_resolved_frontend *frontend);
/* The service's port behind it, which has its family and protocol. */
const struct k8snet_resolved_port *
k8snet_resolved_frontend_get_port(const struct k8snet_resolved_frontend *frontend);
/* The one that it is subject to: internal for cluster IPs, else external. */
enum k8snet_traffic_policy
k8snet_resolved_frontend_get_traffic_policy(const struct k8snet_resolved_frontend *frontend);

/* Who connects: a policy of traffic from outside does not bind who is inside. */
enum k8snet_client {
	K8SNET_CLIENT_POD = 0,	/* a pod of the cluster */
	K8SNET_CLIENT_NODE = 1, /* the node itself */
	K8SNET_CLIENT_OUTSIDE = 2,
};
/* What becomes of a new connection, and which backends it may have: BALANCE to one of them,
 * REJECT where nobody serves, DROP where it is the policy Local that leaves none. */
enum k8snet_frontend_action
k8snet_resolved_frontend_get_action(const struct k8snet_resolved_frontend *frontend,
				    enum k8snet_client client);
enum k8snet_reason
k8snet_resolved_frontend_get_reason(const struct k8snet_resolved_frontend *frontend,
				    enum k8snet_client client);
/* CLUSTER or LOCAL, a list of the frontend's port. */
enum k8snet_backends
k8snet_resolved_frontend_get_backends(const struct k8snet_resolved_frontend *frontend,
				      enum k8snet_client client);
/* Whether backends see an address of the node in place of the client's. (A backend that
 * connects to itself by its service always does.) */
bool k8snet_resolved_frontend_is_masqueraded(const struct k8snet_resolved_frontend *frontend,
					     enum k8snet_client client);
/* Whether source ranges of the service let this client in; without any all are. */
bool k8snet_resolved_frontend_is_allowed(const struct k8snet_resolved_frontend *frontend,
					 const struct k8snet_address *client);

/* --- what changes --------------------------------------------------------- */

/* struct k8snet_follower: the services that changes of the cluster touch, from where it
 * stopped: in the time of the changes, not of the cluster. */
struct k8snet_follower;

/* For the view of the node `node_name`, or NULL. It holds a reference to `cluster`, and
 * begins with everything. *out is the caller's. Errors: -ENOMEM. */
int k8snet_follower_new(struct k8snet_follower **out, struct k8snet_cluster *cluster,
			const char *node_name);
struct k8snet_follower *k8snet_follower_ref(struct k8snet_follower *follower);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_follower *k8snet_follower_unref(struct k8snet_follower *follower);
/*
 * The next service that is to be resolved again, since it, its slices or what they say have
 * changed; it may be gone. A service may be named more than once. 1 and the names, which are
 * borrowed until the cluster changes; 0: no more for now; -ESTALE: resolve all of them, for
 * it is the first time, the node or a setting has changed, or more has happened than the
 * cluster remembers. What comes after is what changes from then on.
 */
int k8snet_follower_next_service(struct k8snet_follower *follower, const char **namespace_,
				 const char **name);

#ifdef __cplusplus
}
#endif

#endif
