/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pods from what makes pods. Generated names depend on the manifest alone. */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane.h"

#define PODS_PER_NODE 253 /* addresses of a /24 */

struct maker {
	struct cp *cp;
	const struct cp_doc *doc;
	struct json_object *template; /* of the pod, or the Pod itself */
	const char *owner_kind;
	char owner[256];	/* "" for a bare pod */
	char template_hash[16]; /* "" if there is none */
};

const char *cp_pod_path(const struct cp_doc *doc)
{
	return doc->kind == CP_POD ? "spec" : "spec.template.spec";
}

/* --- one pod ------------------------------------------------------------- */

static bool keep_document(struct maker *m)
{
	struct cp *cp = m->cp;
	size_t count = cp->pod_doc_count;

	if (count % 256 == 0) {
		const struct cp_doc **more =
			realloc(cp->pod_docs, (count + 256) * sizeof(*cp->pod_docs));

		if (!more) {
			cp->oom = true;
			return false;
		}
		cp->pod_docs = more;
	}
	cp->pod_docs[cp->pod_doc_count++] = m->doc;
	return true;
}

/* Distinct pods may have one name of a namespace: a-b/c and a/b-c. */
static bool claim_netns(struct maker *m, const char *name, char *netns, size_t size)
{
	const char *namespace_ = m->doc->namespace_, *before;
	char pod[384];
	int length = snprintf(netns, size, "%s-%s-%s", m->cp->options->name, namespace_, name);

	if (length < 0 || (size_t)length >= size) {
		cp_error(m->cp, m->doc, "metadata.name",
			 "pod %.80s: too long for the name of a network namespace", name);
		return false;
	}
	snprintf(pod, sizeof(pod), "%s/%s", namespace_, name);
	before = cp_set_add(m->cp, m->cp->names, netns, pod);
	if (!before)
		return true;
	if (strcmp(before, pod) == 0)
		cp_error(m->cp, m->doc, "metadata.name", "there is another pod %s", pod);
	else
		cp_error(m->cp, m->doc, "metadata.name",
			 "pod %.250s: its network namespace %s is that of %.80s too", name, netns,
			 before);
	return false;
}

static void put_labels(struct maker *m, struct json_object *metadata, const char *name,
		       long ordinal)
{
	struct cp *cp = m->cp;
	struct json_object *labels =
		cp_copy(cp, metadata, "labels", lab_json_get(m->template, "metadata"));
	char number[24];

	if (!labels)
		labels = cp_object(cp, metadata, "labels");
	if (*m->template_hash)
		cp_put_string(cp, labels, "pod-template-hash", m->template_hash);
	if (m->doc->kind != CP_STATEFULSET)
		return;
	snprintf(number, sizeof(number), "%ld", ordinal);
	cp_put_string(cp, labels, "apps.kubernetes.io/pod-index", number);
	cp_put_string(cp, labels, "statefulset.kubernetes.io/pod-name", name);
}

static void put_metadata(struct maker *m, struct json_object *pod, const char *name, long ordinal,
			 const char *netns)
{
	struct json_object *annotations, *owner, *metadata = lab_json_get(pod, "metadata");
	struct cp *cp = m->cp;
	char path[NAME_MAX + 32];

	put_labels(m, metadata, name, ordinal);
	annotations = cp_copy(cp, metadata, "annotations", lab_json_get(m->template, "metadata"));
	if (!annotations)
		annotations = cp_object(cp, metadata, "annotations");
	snprintf(path, sizeof(path), LAB_NETNS_DIR "/%s", netns);
	if (lab_json_bool(m->template, "spec.hostNetwork", false))
		json_object_object_del(annotations, LAB_NETNS_ANNOTATION);
	else
		cp_put_string(cp, annotations, LAB_NETNS_ANNOTATION, path);
	if (!*m->owner)
		return;
	owner = cp_append(cp, cp_array(cp, metadata, "ownerReferences"), json_object_new_object());
	cp_put_string(cp, owner, "apiVersion", m->doc->kind == CP_CONTROLLER ? "v1" : "apps/v1");
	cp_put_string(cp, owner, "kind", m->owner_kind);
	cp_put_string(cp, owner, "name", m->owner);
	cp_put_bool(cp, owner, "controller", true);
}

static void put_containers(struct maker *m, struct json_object *spec)
{
	struct json_object *containers = cp_array(m->cp, spec, "containers");

	for (size_t i = 0; i < lab_json_count(m->template, "spec.containers"); i++) {
		struct json_object *from = lab_json_item(m->template, "spec.containers", i);
		struct json_object *to = cp_append(m->cp, containers, json_object_new_object());

		cp_copy(m->cp, to, "name", from);
		cp_copy(m->cp, to, "image", from);
		cp_copy(m->cp, to, "ports", from);
	}
}

static void put_spec(struct maker *m, struct json_object *pod, const char *name)
{
	struct json_object *from = lab_json_get(m->template, "spec");
	struct json_object *spec = cp_object(m->cp, pod, "spec");
	const char *service = lab_json_string(m->doc->object, "spec.serviceName");

	cp_copy(m->cp, spec, "nodeName", from);
	cp_copy(m->cp, spec, "nodeSelector", from);
	cp_copy(m->cp, spec, "hostNetwork", from);
	if (m->doc->kind == CP_STATEFULSET && *service) {
		cp_put_string(m->cp, spec, "hostname", name);
		cp_put_string(m->cp, spec, "subdomain", service);
	} else {
		cp_copy(m->cp, spec, "hostname", from);
		cp_copy(m->cp, spec, "subdomain", from);
	}
	put_containers(m, spec);
}

/* Ready, unless the annotation k8snet.io/ready or the status of a Pod from an
 * API server says otherwise. */
static bool is_ready(struct maker *m)
{
	const char *wish = lab_json_key(m->template, "metadata.annotations", "k8snet.io/ready");

	if (*wish)
		return strcmp(wish, "false") != 0;
	for (size_t i = 0; i < lab_json_count(m->template, "status.conditions"); i++) {
		struct json_object *condition = lab_json_item(m->template, "status.conditions", i);

		if (strcmp(lab_json_string(condition, "type"), "Ready") == 0)
			return strcmp(lab_json_string(condition, "status"), "True") == 0;
	}
	return true;
}

static void put_status(struct maker *m, struct json_object *pod)
{
	struct json_object *condition, *status = cp_object(m->cp, pod, "status");

	cp_put_string(m->cp, status, "phase", "Running");
	condition =
		cp_append(m->cp, cp_array(m->cp, status, "conditions"), json_object_new_object());
	cp_put_string(m->cp, condition, "type", "Ready");
	cp_put_string(m->cp, condition, "status", is_ready(m) ? "True" : "False");
}

static struct json_object *make_pod(struct maker *m, const char *name, long ordinal)
{
	size_t room = (size_t)m->cp->options->nodes * PODS_PER_NODE;
	struct json_object *pod;
	char netns[NAME_MAX + 1];

	if (m->cp->pod_doc_count >= room) {
		cp_error(m->cp, m->doc, m->doc->kind == CP_POD ? "metadata.name" : "spec.replicas",
			 "more pods than the lab has room for: %zu on %u nodes", room,
			 m->cp->options->nodes);
		return NULL;
	}
	if (!claim_netns(m, name, netns, sizeof(netns)) || !keep_document(m))
		return NULL;
	pod = cp_new(m->cp, m->cp->pods, "v1", "Pod", m->doc->namespace_, name);
	put_metadata(m, pod, name, ordinal, netns);
	put_spec(m, pod, name);
	put_status(m, pod);
	return pod;
}

/* --- names --------------------------------------------------------------- */

/* "cart-5d8f7c6b9d-x2x7k": the suffix depends on owner and ordinal. Like the API
 * server, cut the base so that the name is a label. */
static void generate_name(struct maker *m, long ordinal, unsigned int attempt, char *out,
			  size_t size)
{
	char number[64], suffix[8];
	uint64_t hash;

	snprintf(number, sizeof(number), "%ld %u", ordinal, attempt);
	hash = cp_hash(cp_hash(CP_HASH_START, m->doc->namespace_), m->owner);
	hash = cp_hash(cp_hash(hash, m->owner_kind), number);
	cp_hash_text(hash, suffix, 5);
	snprintf(out, size, "%.57s-%s", m->owner, suffix);
}

static void pod_name(struct maker *m, long ordinal, char *out, size_t size)
{
	char netns[NAME_MAX * 3];

	if (m->doc->kind == CP_STATEFULSET) {
		snprintf(out, size, "%s-%ld", m->owner, ordinal);
		return;
	}
	for (unsigned int attempt = 0; attempt < 100; attempt++) {
		generate_name(m, ordinal, attempt, out, size);
		snprintf(netns, sizeof(netns), "%s-%s-%s", m->cp->options->name, m->doc->namespace_,
			 out);
		if (!json_object_object_get_ex(m->cp->names, netns, NULL))
			return;
	}
}

static void hash_template(struct maker *m)
{
	cp_hash_text(cp_hash_value(CP_HASH_START, m->template), m->template_hash, 10);
	snprintf(m->owner, sizeof(m->owner), "%.230s-%s", m->doc->name, m->template_hash);
	m->owner_kind = "ReplicaSet";
}

/* --- workloads ----------------------------------------------------------- */

static int64_t replicas_of(const struct cp *cp, const struct cp_doc *doc)
{
	int64_t written = lab_json_int(doc->object, "spec.replicas", 1);

	return cp->options->replicas && !doc->is_scaled && written ? cp->options->replicas
								   : written;
}

static void make_replicas(struct maker *m)
{
	int64_t start = lab_json_int(m->doc->object, "spec.ordinals.start", 0);
	int64_t count = replicas_of(m->cp, m->doc);
	char name[320];

	for (int64_t i = start; i < start + count && !m->cp->oom; i++) {
		pod_name(m, i, name, sizeof(name));
		if (!make_pod(m, name, i))
			return;
	}
}

static void make_daemons(struct maker *m)
{
	struct json_object *spec = lab_json_get(m->template, "spec");
	char name[320];

	for (size_t i = 0; i < lab_json_count(m->cp->nodes, "") && !m->cp->oom; i++) {
		struct json_object *pod, *node = lab_json_item(m->cp->nodes, "", i);

		if (!cp_node_suits(node, spec))
			continue;
		pod_name(m, (long)i + 1, name, sizeof(name));
		pod = make_pod(m, name, (long)i + 1);
		if (!pod)
			return;
		cp_put_string(m->cp, lab_json_get(pod, "spec"), "nodeName", lab_object_name(node));
	}
}

static void make_from(struct cp *cp, const struct cp_doc *doc)
{
	struct maker m = {.cp = cp, .doc = doc, .owner_kind = doc->kind_name};

	if (doc->kind == CP_POD) {
		m.template = doc->object;
		make_pod(&m, doc->name, 0);
		return;
	}
	m.template = lab_json_get(doc->object, "spec.template");
	snprintf(m.owner, sizeof(m.owner), "%s", doc->name);
	if (doc->kind == CP_DEPLOYMENT)
		hash_template(&m);
	if (doc->kind == CP_DAEMONSET)
		make_daemons(&m);
	else
		make_replicas(&m);
}

void cp_make_pods(struct cp *cp)
{
	cp->names = json_object_new_object();
	if (!cp->names)
		cp->oom = true;
	for (size_t i = 0; i < cp->doc_count && !cp->oom; i++) {
		const struct cp_doc *doc = &cp->docs[i];

		if (!doc->is_ignored && doc->kind >= CP_POD && doc->kind <= CP_CONTROLLER)
			make_from(cp, doc);
	}
}
