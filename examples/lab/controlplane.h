/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef LAB_CONTROLPLANE_H
#define LAB_CONTROLPLANE_H

#include "lab.h"

/*
 * Inside of the control plane. Phases, each in a file of its own and each over
 * all objects: documents, checks, nodes, workloads, placement, addresses,
 * services, slices, ingresses. Errors are collected; a phase that had any is the
 * last. Running out of memory is remembered in cp->oom, so that what is built
 * from JSON values need not be checked value by value.
 */

enum cp_kind {
	CP_OTHER = 0,
	CP_POD,
	CP_DEPLOYMENT,
	CP_REPLICASET,
	CP_STATEFULSET,
	CP_DAEMONSET,
	CP_CONTROLLER, /* ReplicationController */
	CP_SERVICE,
	CP_ENDPOINTS,
	CP_SLICE,
	CP_INGRESS,
};

/* One object of the manifests. Strings are borrowed from the document. */
struct cp_doc {
	enum cp_kind kind;
	const char *file;
	long long index; /* in its file, from 1 */
	struct json_object *object;
	const char *kind_name;
	const char *namespace_;
	const char *name;
	bool is_scaled;	 /* by lab_documents_scale(): --replicas does not apply */
	bool is_ignored; /* its owner is here too, and makes it anew */
};

struct cp {
	const struct lab_options *options;
	struct lab_summary *summary;
	struct json_object *previous;
	const char *lease_dir;
	struct cp_doc *docs;
	size_t doc_count;
	/* What comes out. */
	struct json_object *nodes;
	struct json_object *pods;
	struct json_object *services;
	struct json_object *slices;
	struct json_object *ingresses;
	struct json_object *names; /* of pods and their network namespaces, so far */
	/* Per pod, in the order of `pods`: the document that it comes from. */
	const struct cp_doc **pod_docs;
	size_t pod_doc_count;
	bool failed;
	bool oom;
};

/* "FILE: Kind namespace/name: FIELD: text". `field` may be "". Both return -EINVAL. */
int cp_error(struct cp *cp, const struct cp_doc *doc, const char *field, const char *format, ...)
	__attribute__((format(printf, 4, 5)));
/* The same as a warning; does not fail. */
void cp_warn(struct cp *cp, const struct cp_doc *doc, const char *field, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

/* --- building; all take NULL, and note it in cp->oom --------------------- */

struct json_object *cp_object(struct cp *cp, struct json_object *parent, const char *key);
struct json_object *cp_array(struct cp *cp, struct json_object *parent, const char *key);
/* Gives `value` to `parent`; returns `value`, borrowed. */
struct json_object *cp_put(struct cp *cp, struct json_object *parent, const char *key,
			   struct json_object *value);
struct json_object *cp_append(struct cp *cp, struct json_object *array, struct json_object *value);
void cp_put_string(struct cp *cp, struct json_object *parent, const char *key, const char *text);
void cp_put_int(struct cp *cp, struct json_object *parent, const char *key, int64_t number);
void cp_put_bool(struct cp *cp, struct json_object *parent, const char *key, bool value);
void cp_append_string(struct cp *cp, struct json_object *array, const char *text);
/* A deep copy of from's member `key`, if it has one. Returns it, borrowed. */
struct json_object *cp_copy(struct cp *cp, struct json_object *parent, const char *key,
			    struct json_object *from);
/* {"apiVersion", "kind", "metadata": {"name", "namespace"}}; `namespace_` may be NULL. */
struct json_object *cp_new(struct cp *cp, struct json_object *array, const char *api_version,
			   const char *kind, const char *namespace_, const char *name);
void cp_put_address(struct cp *cp, struct json_object *array, const char *key,
		    const struct k8snet_address *address);

/* --- sets of strings ------------------------------------------------------ */

/* Add `key` with `value` to the object `set`. The value that was there before,
 * or NULL if the key is new. */
const char *cp_set_add(struct cp *cp, struct json_object *set, const char *key, const char *value);

/* --- hashes for names ------------------------------------------------------ */

/* FNV-1a. Start with CP_HASH_START. */
#define CP_HASH_START 14695981039346656037ULL
uint64_t cp_hash(uint64_t hash, const char *text);
/* Whatever the order of members is. */
uint64_t cp_hash_value(uint64_t hash, struct json_object *value);
/* `length` characters that Kubernetes uses in generated names, and NUL. */
void cp_hash_text(uint64_t hash, char *out, size_t length);

/* --- checking --------------------------------------------------------------- */

/* A place in a document: an object and the path to it. */
struct cp_at {
	struct cp *cp;
	const struct cp_doc *doc;
	struct json_object *object;
	char path[192];
};

enum cp_need { CP_OPTIONAL, CP_REQUIRED };

bool cp_is_label(const char *text);	/* RFC 1123, 1 to 63 */
bool cp_is_subdomain(const char *text); /* RFC 1123, 1 to 253 */
bool cp_is_port_name(const char *text); /* IANA, 1 to 15 */

void cp_at_root(struct cp_at *at, struct cp *cp, const struct cp_doc *doc);
/* All of these: 0, or -EINVAL after an error was noted. What is missing and
 * optional leaves NULL, "" or the value that was there. */
int cp_at_child(const struct cp_at *at, const char *key, enum cp_need need, struct cp_at *child);
int cp_at_item(const struct cp_at *at, const char *key, size_t index, struct cp_at *child);
int cp_check_array(const struct cp_at *at, const char *key, enum cp_need need, size_t *count);
int cp_check_string(const struct cp_at *at, const char *key, enum cp_need need, const char **out);
int cp_check_int(const struct cp_at *at, const char *key, enum cp_need need, int64_t low,
		 int64_t high, int64_t *out);
int cp_check_bool(const struct cp_at *at, const char *key);
/* One of `words`, which ends in NULL. */
int cp_check_word(const struct cp_at *at, const char *key, enum cp_need need,
		  const char *const *words, const char **out);
/* An object of strings. */
int cp_check_strings(const struct cp_at *at, const char *key);
/* An array of IP addresses. */
int cp_check_addresses(const struct cp_at *at, const char *key);
/* An error at a member. */
int cp_at_error(const struct cp_at *at, const char *key, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

extern const char *const cp_protocols[];

/* Not unspecified, loopback, link-local or multicast. */
bool cp_is_usable(const struct k8snet_address *address);
/* spec.ports[].protocol, by default TCP. */
const char *cp_protocol_of(struct json_object *port);

/* --- phases ----------------------------------------------------------------- */

/* These return 0 or -ENOMEM; faults are in cp->failed. */
int cp_documents(struct cp *cp, struct json_object *documents);
void cp_check_workload(struct cp *cp, const struct cp_doc *doc);
void cp_check_service(struct cp *cp, const struct cp_doc *doc);
void cp_check_slice(struct cp *cp, const struct cp_doc *doc);
void cp_check_endpoints(struct cp *cp, const struct cp_doc *doc);
void cp_check_ingress(struct cp *cp, const struct cp_doc *doc);
/* The selector of matchLabels and matchExpressions at `at`. */
int cp_check_selector(const struct cp_at *at);
void cp_make_nodes(struct cp *cp);
void cp_make_pods(struct cp *cp);
void cp_place_pods(struct cp *cp);
void cp_address_pods(struct cp *cp);
void cp_make_services(struct cp *cp);
void cp_make_slices(struct cp *cp);
/* From EndpointSlices and Endpoints that the manifests have. */
void cp_copy_slices(struct cp *cp);
/* A new slice; its ports and endpoints are arrays to be filled. */
struct json_object *cp_new_slice(struct cp *cp, const char *namespace_, const char *service,
				 const char *name, int family);
void cp_put_endpoint_port(struct cp *cp, struct json_object *slice, const char *name,
			  const char *protocol, int64_t number);
void cp_make_ingresses(struct cp *cp);

/* matchLabels and matchExpressions (both may be missing) against labels. */
bool cp_selector_matches(struct json_object *selector, struct json_object *labels);
/* A plain map of labels. An empty one matches nothing. */
bool cp_labels_match(struct json_object *wanted, struct json_object *labels);
/* Whether a Service has a selector that is not empty. */
bool cp_has_selector(struct json_object *service);
/* Whether the labels of a node suit spec.nodeSelector of a pod or template. */
bool cp_node_suits(struct json_object *node, struct json_object *pod_spec);
/* For messages: where the spec of the pods of `doc` is. */
const char *cp_pod_path(const struct cp_doc *doc);

/* The families of `options`, the primary first: fills in 1 or 2, returns how many. */
size_t cp_families(const struct lab_options *options, int families[2]);
const char *cp_family_name(int family); /* "IPv4", "IPv6" */

#endif
