/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_H
#define LAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <json-c/json.h>

#include <k8snet/k8snet.h>

/*
 * k8snet-lab: a manifest becomes a running network on one machine.
 *
 * Two halves meet at one array of Kubernetes API objects ("objects"), as an API
 * server would serve them. The control plane half makes it from manifests, pure
 * and deterministic, without root or kernel. The run-time half makes namespaces
 * and processes for what is in it, and has the library do the rest.
 */

#define LAB_PROGRAM	     "k8snet-lab"
#define LAB_STATE_ROOT	     "/run/k8snet-lab"
#define LAB_NETNS_DIR	     "/run/netns"
#define LAB_NETNS_ANNOTATION "k8snet.io/netns"
#define LAB_MAX_NODES	     200
#define LAB_MAX_OBJECTS	     100000 /* in the input, and as pods */
#define LAB_MAX_FILE	     (64 * 1024 * 1024)
#define LAB_MAX_DEPTH	     64
#define LAB_MAX_ERRORS	     1000

/* Networks that the control plane allocates from. */
#define LAB_POD_CIDR4	  "10.1.0.0/16"
#define LAB_POD_CIDR6	  "fd00:1::/48"
#define LAB_SERVICE_CIDR4 "10.96.0.0/16"
#define LAB_SERVICE_CIDR6 "fd00:96::/112"
#define LAB_BALANCER4	  "10.101.0.0/24"
#define LAB_BALANCER6	  "fd00:101::/112"

/* Exit statuses, and what the lab_*() commands return. */
enum lab_exit {
	LAB_OK = 0,
	LAB_FAILED = 1, /* bad input, a failed probe, an error of the kernel */
	LAB_USAGE = 2,
};

enum lab_families {
	LAB_IPV4 = 1,
	LAB_IPV6 = 2,
	LAB_DUAL = 3, /* IPv4 is the primary family */
};

enum lab_graph_format {
	LAB_GRAPH_TEXT = 0,
	LAB_GRAPH_DOT = 1,
	LAB_GRAPH_SVG = 2,
};

struct lab_options {
	const char *name; /* a DNS label of at most 32 characters, default "lab" */
	const char *const *files;
	size_t file_count;
	unsigned int nodes;    /* default 3 */
	unsigned int replicas; /* of all workloads that have any; 0: as written */
	enum k8snet_mode mode;
	enum k8snet_link link;
	enum lab_families families;
	struct k8snet_prefix underlay4; /* default 10.100.0.0/24 */
	struct k8snet_prefix underlay6; /* default fd00:100::/64 */
	bool json;
	bool quiet;
	bool is_lenient; /* --validate=ignore */
	/* What is given on the command line, for commands that also run from the
	 * state of a running lab; bits of enum lab_given. */
	unsigned int given;
	const char *node;		     /* plan: this node only; NULL: all */
	enum k8snet_plan_format plan_format; /* plan */
	enum lab_graph_format graph_format;  /* graph */
	const char *output;		     /* plan, graph, status: file; NULL: standard output */
};

enum lab_given {
	LAB_GIVEN_NODES = 1,
	LAB_GIVEN_REPLICAS = 2,
	LAB_GIVEN_MODE = 4,
	LAB_GIVEN_LINK = 8,
	LAB_GIVEN_FAMILY = 16,
	LAB_GIVEN_UNDERLAY = 32,
};

/* Defaults, but for the files. */
void lab_options_init(struct lab_options *options);
/* nodes, replicas, mode, link, families and underlay, to be kept with a lab.
 * NULL: out of memory. */
struct json_object *lab_options_to_json(const struct lab_options *options);
/* The reverse; strings stay as they are. -EINVAL. */
int lab_options_from_json(struct lab_options *options, struct json_object *json);

/* --- control plane ------------------------------------------------------- */

/* What reading and expanding manifests has to say. Zero it before use. */
struct lab_summary {
	struct json_object *errors;   /* array of finished lines; NULL: none */
	struct json_object *warnings; /* array of finished lines; NULL: none */
	struct json_object *skipped;  /* kind -> how many; NULL: none */
	size_t nodes;
	size_t pods;
	size_t services;
	size_t endpoints; /* addresses in all EndpointSlices */
	size_t ingresses;
};

void lab_summary_free(struct lab_summary *summary);
/* The errors, a line each. */
void lab_summary_print_errors(const struct lab_summary *summary, FILE *out);
/* The warnings, a line each, and the line of what was skipped, if any was:
 * "skipped 11 objects of other kinds: ServiceAccount 11". */
void lab_summary_print_notes(const struct lab_summary *summary, FILE *out);

/*
 * Read options->files: YAML (several documents), JSON, Lists; "-" is standard
 * input. *documents is the caller's: an array of {"file":..., "object":...}, to
 * be kept as documents.json and given to lab_controlplane_run(). Returns 0, or
 * -EINVAL with lines in summary->errors and those that are right in *documents
 * (NULL: none are), or -ENOMEM.
 */
int lab_read_manifests(const struct lab_options *options, struct json_object **documents,
		       struct lab_summary *summary);

/*
 * Be the control plane: documents in, API objects out. *objects is the caller's,
 * an array of, in this order,
 *
 *   v1 Node        metadata.name "node-1", annotation k8snet.io/netns (path),
 *                  status.addresses (InternalIP), spec.podCIDR(s)
 *   v1 Pod         annotation k8snet.io/netns (path; not with hostNetwork),
 *                  spec.nodeName, spec.hostNetwork, spec.containers[].ports,
 *                  status.phase/podIP/podIPs/conditions
 *   v1 Service     clusterIP(s), ipFamilies, ports[] with nodePort,
 *                  status.loadBalancer.ingress[].ip
 *   discovery.k8s.io/v1 EndpointSlice, networking.k8s.io/v1 Ingress
 *
 * A pod that no node suits has phase Pending, and neither node, annotation
 * k8snet.io/netns nor address.
 *
 * What a pod is to listen on is the union of its containers' ports and the ports
 * of the EndpointSlices that have its addresses (a numeric targetPort need not
 * be declared by a container).
 *
 * `previous` is the array of an earlier run, or NULL: pods that stay keep their
 * node. `lease_dir` is where IPAM files are kept (IPv4 and IPv6 of each node),
 * NULL: in memory; leases of pods that are gone are released. Returns 0, -EINVAL
 * with lines in summary->errors, or -ENOMEM; warnings come with success too.
 */
int lab_controlplane_run(const struct lab_options *options, struct json_object *documents,
			 struct json_object *previous, const char *lease_dir,
			 struct json_object **objects, struct lab_summary *summary);

/*
 * Both: from files to objects. An error of one does not hide those of others. *documents and
 * *objects are the caller's, *documents also after -EINVAL.
 */
int lab_read_objects(const struct lab_options *options, struct json_object *previous,
		     struct json_object **documents, struct json_object **objects,
		     struct lab_summary *summary);

/*
 * Set spec.replicas of the Deployment, StatefulSet, ReplicaSet or
 * ReplicationController `name` ("NAME" or "NAMESPACE/NAME") in `documents`.
 * -ENOENT: none; -EEXIST: several; -EINVAL: `replicas` over the limit; the line
 * is in summary->errors. --replicas no longer applies to it.
 */
int lab_documents_scale(struct json_object *documents, const char *name, unsigned int replicas,
			struct lab_summary *summary);

/* A cluster of the objects, with mode, link and pod CIDRs set. *out is the
 * caller's. Errors: those of the library, in the context's error. */
int lab_cluster_new(struct k8snet_cluster **out, struct k8snet_ctx *ctx,
		    const struct lab_options *options, struct json_object *objects);

/* The index-th address of the underlay, 1.. for node-1..; 0: the outside host
 * (.254, ::fe). `family` is 4 or 6. -EINVAL: outside the prefix. */
int lab_underlay_address(const struct lab_options *options, int family, unsigned int index,
			 struct k8snet_address *out);

/* --- state of a lab, in LAB_STATE_ROOT/NAME ------------------------------ */

#define LAB_STATE_DOCUMENTS "documents.json"
#define LAB_STATE_OPTIONS   "options.json"
#define LAB_STATE_OBJECTS   "objects.json"

/* "/run/k8snet-lab/NAME/FILE"; `file` NULL: the directory. Returns `buffer`. */
char *lab_state_path(char *buffer, size_t size, const char *name, const char *file);
/* Make the directory (0755), as often as needed. 0 or a negative errno. */
int lab_state_make(const char *name);
/* Atomic: a temporary file, fsync, rename. 0 or a negative errno. */
int lab_state_write(const char *name, const char *file, struct json_object *json);
/* *json is the caller's. -ENOENT: no such lab; -EINVAL: not JSON; -EIO, -ENOMEM. */
int lab_state_read(const char *name, const char *file, struct json_object **json);
/* An array of objects, which is a List in LAB_STATE_OBJECTS. */
int lab_state_write_objects(const char *name, struct json_object *objects);
int lab_state_read_objects(const char *name, struct json_object **objects);
/* Such a List; NULL: out of memory. */
struct json_object *lab_list_new(struct json_object *objects);

/* --- walking JSON; every function takes NULL ----------------------------- */

/* The member at a path of keys "a.b.c" (keys without dots); NULL if there is none. */
struct json_object *lab_json_get(struct json_object *object, const char *path);
/* The string there, or "" if there is none or it is no string. Borrowed. */
const char *lab_json_string(struct json_object *object, const char *path);
/* The integer there, or `fallback`. */
int64_t lab_json_int(struct json_object *object, const char *path, int64_t fallback);
bool lab_json_bool(struct json_object *object, const char *path, bool fallback);
/* The string under `key`, which may have dots, in the object at `path`
 * ("metadata.annotations", "k8snet.io/netns"). "" if there is none. */
const char *lab_json_key(struct json_object *object, const char *path, const char *key);
/* Length of the array at `path`, 0 if there is none; `path` "" is the object itself. */
size_t lab_json_count(struct json_object *object, const char *path);
/* An element of the array at `path`; NULL past the last. Borrowed. */
struct json_object *lab_json_item(struct json_object *object, const char *path, size_t index);
/* Write it, with a newline at the end; indented if `is_pretty`. 0, or -EIO if the
 * stream has an error. */
int lab_json_write(FILE *out, struct json_object *value, bool is_pretty);
/* metadata.namespace of an API object, "default" if it has none; metadata.name. */
const char *lab_object_namespace(struct json_object *object);
const char *lab_object_name(struct json_object *object);
bool lab_object_is(struct json_object *object, const char *kind);
/* The object after index *at of `kind`; start with *at = 0; NULL at the end. */
struct json_object *lab_objects_next(struct json_object *objects, const char *kind, size_t *at);
struct json_object *lab_objects_find(struct json_object *objects, const char *kind,
				     const char *namespace_, const char *name);

/* --- commands: control plane half ---------------------------------------- */

/* Each prints its own errors to standard error and returns enum lab_exit. */
int lab_status(const struct lab_options *options);
int lab_plan(const struct lab_options *options);
int lab_graph(const struct lab_options *options);
int lab_export(const struct lab_options *options);

/* --- commands: run-time half --------------------------------------------- */

int lab_up(const struct lab_options *options);
int lab_demo(const struct lab_options *options);
int lab_probe(const struct lab_options *options);
/* `pod` is "NAME", "NAMESPACE/NAME", a node "node-1" or "outside"; `argv` ends
 * in NULL. Returns the command's exit status. */
int lab_exec(const struct lab_options *options, const char *pod, char *const *argv);
/* `change` is "NAME=N" or "NAMESPACE/NAME=N". */
int lab_scale(const struct lab_options *options, const char *change);
int lab_down(const struct lab_options *options);

#endif
