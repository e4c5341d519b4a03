/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_CLUSTER_H
#define K8SNET_CLUSTER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

struct k8snet_ctx;
struct k8snet_json;

/*
 * struct k8snet_cluster: the network of a cluster as data.
 *
 * It holds nodes, pods, services with their EndpointSlices, and ingresses. It
 * never touches a kernel. A journal of what changed lets plans be incremental;
 * one cluster serves any number of nodes and kernels.
 */
struct k8snet_cluster;

/* *out is the caller's. Errors: -ENOMEM. */
int k8snet_cluster_new(struct k8snet_cluster **out, struct k8snet_ctx *ctx);
struct k8snet_cluster *k8snet_cluster_ref(struct k8snet_cluster *cluster);
/* Drop a reference. Takes NULL. Returns NULL. */
struct k8snet_cluster *k8snet_cluster_unref(struct k8snet_cluster *cluster);
/* Borrowed. */
struct k8snet_ctx *k8snet_cluster_get_ctx(const struct k8snet_cluster *cluster);
/* Grows with every change of the cluster or an object in it. */
uint64_t k8snet_cluster_get_generation(const struct k8snet_cluster *cluster);

/*
 * Load Kubernetes objects from JSON text: one object, a `List` (or the typed
 * lists `PodList`, `ServiceList` ...), or several of them one after another.
 *
 *   v1                       Node, Pod, Service
 *   discovery.k8s.io/v1      EndpointSlice
 *   networking.k8s.io/v1     Ingress
 *
 * An object that the cluster has already is replaced. Other kinds are skipped
 * and counted. `source` names the text in errors ("shop.json"); it may be NULL.
 * `length` counts bytes; the text need not end in NUL. Limits: 256 MiB of text,
 * 64 levels of nesting.
 *
 * Each object stands by itself. What a current API server accepts is loaded (names,
 * addresses and numbers as its validation has them, and had them for objects that are
 * stored); a value that cannot be used is passed over, as if it were absent, with a warning
 * that names object and field. An object is refused only if nothing useful is left of it, or
 * if what cannot be read restricts who may use it (spec.loadBalancerSourceRanges): the
 * cluster keeps the one of that name that it has, and the others are loaded.
 * k8snet_cluster_load() tells of each, and can be all or nothing. Text that is not JSON, or
 * too much of it, loads nothing.
 *
 * Replacing changes an object in place: handles stay valid and see the new state.
 * What JSON does not say is kept: a node's uplink, a pod's interface, and, where
 * the annotation is absent, the network namespace and MAC addresses.
 *
 * What is read besides the fields of the API: the Pod annotations
 * `k8snet.io/netns` (path of the pod's network namespace) and `k8snet.io/mac`;
 * the Node annotations of flannel, `flannel.alpha.coreos.com/backend-data` and
 * `backend-v6-data`, for the VTEP's MAC address; the Service annotation
 * `k8snet.io/load-balancing` and the EndpointSlice annotation `k8snet.io/weights`,
 * see service.h.
 *
 * Errors: -EINVAL, -EEXIST (two objects of one name in the text; the first is loaded): of
 * the first object that was refused, with file, object and field, and the others are
 * loaded; or the text is not JSON. -E2BIG, -ENOMEM: nothing is loaded.
 */
int k8snet_cluster_load_json(struct k8snet_cluster *cluster, const char *source, const char *json,
			     size_t length);
/* The same for a file. Errors: also -ENOENT, -EIO. */
int k8snet_cluster_load_file(struct k8snet_cluster *cluster, const char *path);
/*
 * Remove the objects that JSON text names, as the DELETED event of a watch carries
 * them: of each, apiVersion, kind and metadata are read, and nothing else. One that
 * the cluster does not have is skipped and counted, like other kinds.
 * Errors: as k8snet_cluster_load_json().
 */
int k8snet_cluster_remove_json(struct k8snet_cluster *cluster, const char *source, const char *json,
			       size_t length);

/* What a load did not take as it is. Strings are borrowed for the call. */
struct k8snet_load_report {
	/* "Service"; "object" where that cannot be told. */
	const char *kind;
	/* "" if there is none, or it cannot be told. */
	const char *namespace_, *name;
	/* Which in the text it is, from 1. */
	size_t number;
	/* "spec.ports[0].port"; "": the object. */
	const char *field;
	/* "70000 is not in 1..65535". */
	const char *reason;
	/* The object as a whole; false: this value alone was passed over. */
	bool is_refused;
	/* -EINVAL, -EEXIST or -E2BIG. */
	int error;
};

/* What became of an object that a text names. */
enum k8snet_change {
	K8SNET_CHANGE_NONE = 0, /* the cluster has it as it is */
	K8SNET_CHANGE_ADDED = 1,
	K8SNET_CHANGE_CHANGED = 2,
	K8SNET_CHANGE_REMOVED = 3,
};

enum k8snet_load_flags {
	/* If an object is refused, the cluster is left as it was. */
	K8SNET_LOAD_ALL_OR_NOTHING = 1,
	/* Remove what is named, as k8snet_cluster_remove_json(). */
	K8SNET_LOAD_REMOVE = 2,
};

struct k8snet_load_options {
	size_t size;	    /* sizeof(struct k8snet_load_options) */
	unsigned int flags; /* an or of enum k8snet_load_flags */
	/* Called while the text is read. With it an object that is refused is no error of the
	 * function, unless all or nothing is asked for. NULL: the log tells. */
	void (*report)(void *data, const struct k8snet_load_report *report);
	/* Called for each object that was not refused, in the order of kinds and then of the
	 * text, when the cluster has it; may be NULL. `kind` as above. */
	void (*changed)(void *data, enum k8snet_change change, const char *kind,
			const char *namespace_, const char *name);
	void *data; /* for all of these; they must not change the cluster */
	/* Called for each object that was not refused, as it is read, before the cluster has it;
	 * may be NULL. For what the model does not keep. Borrowed for the call. */
	void (*object)(void *data, const char *kind, const struct k8snet_json *object);
};

/* Load, or remove, JSON text as k8snet_cluster_load_json() does. `options` may be NULL.
 * Errors: the same, but for objects of which options->report is told. */
int k8snet_cluster_load(struct k8snet_cluster *cluster, const char *source, const char *json,
			size_t length, const struct k8snet_load_options *options);

/* The same for a value that was read, an object or a list; not one with "items" that were
 * read lazily. Errors: the same, and -EINVAL for NULL. */
int k8snet_cluster_load_value(struct k8snet_cluster *cluster, const char *source,
			      const struct k8snet_json *value,
			      const struct k8snet_load_options *options);

/*
 * A list that stands for all there is of a kind, "Service", however many texts it comes in:
 * what no text names between begin and end is removed. An object that was refused is named,
 * too, and kept if the cluster has it. Beginning again before the end forgets what was named.
 * `options` (may be NULL): its `changed` is told what is removed.
 * Errors: -EINVAL (no such kind), -ENOENT (end: not begun), -ENOMEM.
 */
int k8snet_cluster_begin_replace(struct k8snet_cluster *cluster, const char *kind);
int k8snet_cluster_end_replace(struct k8snet_cluster *cluster, const char *kind,
			       const struct k8snet_load_options *options);

/* How many objects the last successful load or removal skipped because of their kind,
 * or because there was nothing to remove. */
size_t k8snet_cluster_get_skipped(const struct k8snet_cluster *cluster);

size_t k8snet_cluster_count_nodes(const struct k8snet_cluster *cluster);
size_t k8snet_cluster_count_pods(const struct k8snet_cluster *cluster);
size_t k8snet_cluster_count_services(const struct k8snet_cluster *cluster);
size_t k8snet_cluster_count_endpointslices(const struct k8snet_cluster *cluster);
size_t k8snet_cluster_count_ingresses(const struct k8snet_cluster *cluster);

/* How pods of different nodes reach each other. */
enum k8snet_mode {
	K8SNET_MODE_ROUTE = 0,	 /* host routes through the peer's address */
	K8SNET_MODE_OVERLAY = 1, /* VXLAN as flannel's backend makes it */
};
/* Default: route. Errors: -EINVAL. */
int k8snet_cluster_set_mode(struct k8snet_cluster *cluster, enum k8snet_mode mode);
enum k8snet_mode k8snet_cluster_get_mode(const struct k8snet_cluster *cluster);

/* How a pod is joined to its node. */
enum k8snet_link {
	K8SNET_LINK_BRIDGE = 0, /* a veth into a bridge that has the gateway address */
	K8SNET_LINK_PTP = 1,	/* a veth and a host route, link-local gateway, no bridge */
};
/* Default: bridge. Errors: -EINVAL. */
int k8snet_cluster_set_link(struct k8snet_cluster *cluster, enum k8snet_link link);
enum k8snet_link k8snet_cluster_get_link(const struct k8snet_cluster *cluster);

/* In overlay mode: plain routes to the peers whose address is on the same
 * link as the node's own (flannel's DirectRouting). Default: false. */
int k8snet_cluster_set_direct_routing(struct k8snet_cluster *cluster, bool direct_routing);
bool k8snet_cluster_has_direct_routing(const struct k8snet_cluster *cluster);

/*
 * Plan the layers of services alone: the tables of nftables, no links, addresses,
 * routes or sysctls. For a service proxy beside somebody else's pod network; what
 * is there of layers 0 and 1 is not looked at, and stays, also when pruning. The
 * node needs no uplink, and k8snet_plan_new_for_pod() returns -EINVAL. Default: false.
 */
int k8snet_cluster_set_services_only(struct k8snet_cluster *cluster, bool services_only);
bool k8snet_cluster_is_services_only(const struct k8snet_cluster *cluster);

/* The bridge's name, 1 to 15 characters of [A-Za-z0-9._-], the first not "-", and
 * not ".", "..", "all", "default" or "lo", as for all names of links.
 * Default: "k8snet0". Errors: -EINVAL, -ENOMEM. The string is copied. */
int k8snet_cluster_set_bridge_name(struct k8snet_cluster *cluster, const char *name);
const char *k8snet_cluster_get_bridge_name(const struct k8snet_cluster *cluster);

/* VXLAN network identifier, 1 to 16777215, and UDP port, 1 to 65535. Default:
 * 1 and 8472, as flannel (RFC 7348 says 4789). Errors: -EINVAL. */
int k8snet_cluster_set_overlay_vni(struct k8snet_cluster *cluster, uint32_t vni);
uint32_t k8snet_cluster_get_overlay_vni(const struct k8snet_cluster *cluster);
int k8snet_cluster_set_overlay_port(struct k8snet_cluster *cluster, uint16_t port);
uint16_t k8snet_cluster_get_overlay_port(const struct k8snet_cluster *cluster);

/* MTU of pods, in bytes, 1280 to 65535, or 0: the uplink's, less 50 for an
 * overlay over IPv4 and 70 over IPv6. Default: 0. Errors: -EINVAL. */
int k8snet_cluster_set_mtu(struct k8snet_cluster *cluster, uint32_t mtu);
uint32_t k8snet_cluster_get_mtu(const struct k8snet_cluster *cluster);

/* The bit of the packet mark that asks for masquerading; exactly one bit set.
 * Default: 0x4000, as kube-proxy. Errors: -EINVAL. */
int k8snet_cluster_set_masquerade_mark(struct k8snet_cluster *cluster, uint32_t mark);
uint32_t k8snet_cluster_get_masquerade_mark(const struct k8snet_cluster *cluster);

/* Masquerade all traffic to cluster IPs, not only what comes from outside the pod
 * network (kube-proxy's --masquerade-all). Default: false. Errors: -ENOMEM. */
int k8snet_cluster_set_masquerade_all(struct k8snet_cluster *cluster, bool masquerade_all);
bool k8snet_cluster_is_masquerading_all(const struct k8snet_cluster *cluster);

/* How the traffic of pods is told from that of others. */
enum k8snet_local_detection {
	K8SNET_LOCAL_POD_CIDR = 0, /* by its source, see k8snet_cluster_add_pod_cidr() */
	/* Not at all, as kube-proxy without --cluster-cidr: traffic to cluster IPs is
	 * not masqueraded, unless it returns to its source, or all is; for the external
	 * policy Local pods are like everybody else. */
	K8SNET_LOCAL_NONE = 1,
	/* By the link it comes over, as kube-proxy's modes BridgeInterface and
	 * InterfaceNamePrefix, see k8snet_cluster_add_pod_interface(). Only a node's own pods
	 * are pods then. */
	K8SNET_LOCAL_INTERFACE = 2,
};
/* Default: by pod CIDR. Errors: -EINVAL, -ENOMEM. */
int k8snet_cluster_set_local_detection(struct k8snet_cluster *cluster,
				       enum k8snet_local_detection detection);
enum k8snet_local_detection
k8snet_cluster_get_local_detection(const struct k8snet_cluster *cluster);

/*
 * A link that pods' traffic comes over, a bridge or the node's ends of their links, for
 * K8SNET_LOCAL_INTERFACE: its name, "cni0", or how their names begin, "veth*". Without
 * one nobody is a pod then. Errors: -EINVAL, -EEXIST, -ENOMEM.
 */
int k8snet_cluster_add_pod_interface(struct k8snet_cluster *cluster, const char *pattern);
/* The index-th one; NULL past the last. Borrowed. */
const char *k8snet_cluster_get_pod_interface(const struct k8snet_cluster *cluster, size_t index);
/* Errors: -ENOMEM, as of all that empty a list. */
int k8snet_cluster_clear_pod_interfaces(struct k8snet_cluster *cluster);

/*
 * Node ports are on the node's own addresses in these networks, never on loopback
 * ones (kube-proxy's --nodeport-addresses). Without one: on the addresses that the
 * node has in the cluster ("primary"). `cidr` is text, "10.100.0.0/24".
 * Errors: -EINVAL, -EEXIST, -ENOMEM.
 */
int k8snet_cluster_add_node_port_cidr(struct k8snet_cluster *cluster, const char *cidr);
/* The index-th one; NULL past the last. Borrowed. */
const struct k8snet_prefix *k8snet_cluster_get_node_port_cidr(const struct k8snet_cluster *cluster,
							      size_t index);
int k8snet_cluster_clear_node_port_cidrs(struct k8snet_cluster *cluster);

/*
 * A network that cluster IPs are from (the API server's --service-cluster-ip-range):
 * new connections to addresses in it that no service has are dropped. Ports of a
 * cluster IP that its services do not have are refused, whether or not one is set.
 * Neither concerns addresses that the node itself has. Errors: -EINVAL, -EEXIST,
 * -ENOMEM.
 */
int k8snet_cluster_add_service_cidr(struct k8snet_cluster *cluster, const char *cidr);
/* The index-th one; NULL past the last. Borrowed. */
const struct k8snet_prefix *k8snet_cluster_get_service_cidr(const struct k8snet_cluster *cluster,
							    size_t index);
int k8snet_cluster_clear_service_cidrs(struct k8snet_cluster *cluster);

/*
 * Count packets and bytes of new connections on the elements of the services' maps
 * (nftables counters). It takes effect for a table that is made: one that is there
 * keeps its maps as they are. Default: false. Errors: -ENOMEM.
 */
int k8snet_cluster_set_counters(struct k8snet_cluster *cluster, bool counters);
bool k8snet_cluster_has_counters(const struct k8snet_cluster *cluster);

/*
 * Reset established TCP connections to an endpoint that is gone, or that serves no
 * more, and to an address or port that is no longer a service's: both ends are told
 * at once, when a plan that removes it is applied. One that drains or ends and still
 * serves keeps its connections. An end that cannot be reached, or if the program
 * lacks CAP_NET_RAW, learns of it with its next packet within a minute. There are
 * rules for each packet while it is on; see k8snet_plan(3). Default: false, as
 * kube-proxy, and connections find out by themselves. Errors: -ENOMEM.
 */
int k8snet_cluster_set_reset_connections(struct k8snet_cluster *cluster, bool reset_connections);
bool k8snet_cluster_is_resetting_connections(const struct k8snet_cluster *cluster);

/*
 * The network that all pods are in (kube-proxy's --cluster-cidr), at most one
 * of each family: traffic to a ClusterIP from elsewhere is masqueraded. Without
 * one, the pod CIDRs of all nodes are used. `cidr` is text, "10.1.0.0/16".
 * Errors: -EINVAL (host bits set too), -EEXIST, -ENOMEM.
 */
int k8snet_cluster_add_pod_cidr(struct k8snet_cluster *cluster, const char *cidr);
/* The index-th one; NULL past the last. Borrowed. */
const struct k8snet_prefix *k8snet_cluster_get_pod_cidr(const struct k8snet_cluster *cluster,
							size_t index);
int k8snet_cluster_clear_pod_cidrs(struct k8snet_cluster *cluster);

#ifdef __cplusplus
}
#endif

#endif
