/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* First phase: which objects there are, under valid and unique names. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane.h"
#include "report.h"

static const struct {
	const char *group;
	const char *kind;
	enum cp_kind value;
} kinds[] = {
	{"", "Pod", CP_POD},
	{"apps", "Deployment", CP_DEPLOYMENT},
	{"apps", "ReplicaSet", CP_REPLICASET},
	{"apps", "StatefulSet", CP_STATEFULSET},
	{"apps", "DaemonSet", CP_DAEMONSET},
	{"", "ReplicationController", CP_CONTROLLER},
	{"", "Service", CP_SERVICE},
	{"", "Endpoints", CP_ENDPOINTS},
	{"discovery.k8s.io", "EndpointSlice", CP_SLICE},
	{"networking.k8s.io", "Ingress", CP_INGRESS},
};

static enum cp_kind find_kind(const char *api_version, const char *kind)
{
	const char *slash = strchr(api_version, '/');
	size_t length = slash ? (size_t)(slash - api_version) : 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strcmp(kind, kinds[i].kind) == 0 && strlen(kinds[i].group) == length &&
		    strncmp(api_version, kinds[i].group, length) == 0)
			return kinds[i].value;
	return CP_OTHER;
}

static bool has_version(const char *api_version, const char *version)
{
	const char *slash = strchr(api_version, '/');

	return strcmp(slash ? slash + 1 : api_version, version) == 0;
}

/* v1beta1 of these two has other fields. */
static bool is_outdated(const struct cp_doc *doc, const char *api_version)
{
	return (doc->kind == CP_SLICE || doc->kind == CP_INGRESS) &&
	       !has_version(api_version, "v1");
}

static int check_metadata(struct cp *cp, struct cp_doc *doc)
{
	bool is_service = doc->kind == CP_SERVICE;
	const char *name, *namespace_;
	struct cp_at root, at;

	cp_at_root(&root, cp, doc);
	if (cp_at_child(&root, "metadata", CP_REQUIRED, &at) < 0 ||
	    cp_check_string(&at, "name", CP_REQUIRED, &name) < 0)
		return -EINVAL;
	if (is_service ? !cp_is_label(name) : !cp_is_subdomain(name))
		return cp_at_error(&at, "name", "\"%.80s\" is not %s", name,
				   is_service ? "a DNS label" : "a DNS subdomain");
	doc->namespace_ = "default";
	doc->name = name;
	if (cp_check_string(&at, "namespace", CP_OPTIONAL, &namespace_) < 0)
		return -EINVAL;
	if (*namespace_ && !cp_is_label(namespace_))
		return cp_at_error(&at, "namespace", "\"%.80s\" is not a DNS label", namespace_);
	if (*namespace_)
		doc->namespace_ = namespace_;
	return cp_check_strings(&at, "labels") < 0 ? -EINVAL : cp_check_strings(&at, "annotations");
}

static void check_unique(struct cp *cp, const struct cp_doc *doc, struct json_object *seen)
{
	const char *before;
	char key[512];

	snprintf(key, sizeof(key), "%d %s/%s", doc->kind, doc->namespace_, doc->name);
	before = cp_set_add(cp, seen, key, doc->file);
	if (!before) {
		snprintf(key, sizeof(key), "selecting %s/%s", doc->namespace_, doc->name);
		if (doc->kind == CP_SERVICE && cp_has_selector(doc->object))
			cp_set_add(cp, seen, key, doc->file);
		return;
	}
	if (strcmp(before, doc->file) == 0)
		cp_error(cp, doc, "metadata.name", "given twice");
	else
		cp_error(cp, doc, "metadata.name", "given twice, in %.200s too", before);
}

/* Those that `kubectl get all -o json` shows beside their makers. */
static bool is_owned(const struct cp_doc *doc, struct json_object *seen)
{
	for (size_t i = 0; i < lab_json_count(doc->object, "metadata.ownerReferences"); i++) {
		struct json_object *owner =
			lab_json_item(doc->object, "metadata.ownerReferences", i);
		char key[512];

		snprintf(key, sizeof(key), "%d %s/%.253s",
			 find_kind(lab_json_string(owner, "apiVersion"),
				   lab_json_string(owner, "kind")),
			 doc->namespace_, lab_json_string(owner, "name"));
		if (json_object_object_get_ex(seen, key, NULL))
			return true;
	}
	return false;
}

/* A pod that has ended, or an object that another one in the input makes. */
static bool is_to_ignore(const struct cp_doc *doc, struct json_object *seen)
{
	const char *phase = lab_json_string(doc->object, "status.phase");

	if (doc->kind == CP_POD && (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed")))
		return true;
	return doc->kind != CP_SERVICE && doc->kind != CP_INGRESS && is_owned(doc, seen);
}

static bool is_policy(const char *api_version, const char *kind)
{
	return !strcmp(kind, "NetworkPolicy") && !strncmp(api_version, "networking.k8s.io/", 18);
}

/* False if the object is of no interest. */
static bool fill(struct cp *cp, struct cp_doc *doc, struct json_object *wrapper)
{
	struct json_object *object = lab_json_get(wrapper, "object");
	const char *api_version = lab_json_string(object, "apiVersion");

	*doc = (struct cp_doc){
		.file = lab_json_string(wrapper, "file"),
		.index = lab_json_int(wrapper, "index", 0),
		.is_scaled = lab_json_bool(wrapper, "scaled", false),
		.object = object,
		.kind_name = lab_json_string(object, "kind"),
		.kind = find_kind(api_version, lab_json_string(object, "kind")),
	};
	if (doc->kind != CP_OTHER && !is_outdated(doc, api_version))
		return true;
	if (doc->kind != CP_OTHER)
		cp_warn(cp, doc, "apiVersion", "%.80s is not supported, skipped", api_version);
	if (is_policy(api_version, doc->kind_name)) {
		doc->name = lab_object_name(object);
		doc->namespace_ = lab_object_namespace(object);
		cp_warn(cp, doc, "",
			"not enforced: in the lab all pods reach each other, whatever it says");
	}
	if (lab_skip(cp->summary, doc->kind_name) < 0)
		cp->oom = true;
	return false;
}

static void check_kind(struct cp *cp, const struct cp_doc *doc)
{
	switch (doc->kind) {
	case CP_SERVICE:
		cp_check_service(cp, doc);
		break;
	case CP_SLICE:
		cp_check_slice(cp, doc);
		break;
	case CP_ENDPOINTS:
		cp_check_endpoints(cp, doc);
		break;
	case CP_INGRESS:
		cp_check_ingress(cp, doc);
		break;
	default:
		cp_check_workload(cp, doc);
		break;
	}
}

/* Endpoints and slices of a service with a selector are made anew. */
static bool is_of_selecting_service(const struct cp_doc *slice, struct json_object *seen)
{
	const char *service = slice->name;
	char key[512];

	if (slice->kind == CP_SLICE)
		service = lab_json_key(slice->object, "metadata.labels",
				       "kubernetes.io/service-name");
	else if (slice->kind != CP_ENDPOINTS)
		return false;
	snprintf(key, sizeof(key), "selecting %s/%.253s", slice->namespace_, service);
	return json_object_object_get_ex(seen, key, NULL);
}

static void check_all(struct cp *cp, struct json_object *seen)
{
	for (size_t i = 0; i < cp->doc_count; i++) {
		struct cp_doc *doc = &cp->docs[i];

		if (!doc->name)
			continue;
		doc->is_ignored = is_to_ignore(doc, seen) || is_of_selecting_service(doc, seen);
		if (!doc->is_ignored)
			check_kind(cp, doc);
	}
}

int cp_documents(struct cp *cp, struct json_object *documents)
{
	size_t count = lab_json_count(documents, "");
	struct json_object *seen = json_object_new_object();

	cp->docs = calloc(count ? count : 1, sizeof(*cp->docs));
	if (!cp->docs || !seen) {
		json_object_put(seen);
		return -ENOMEM;
	}
	for (size_t i = 0; i < count; i++) {
		struct cp_doc *doc = &cp->docs[cp->doc_count];

		if (!fill(cp, doc, lab_json_item(documents, "", i)))
			continue;
		cp->doc_count++;
		if (check_metadata(cp, doc) == 0)
			check_unique(cp, doc, seen);
		else
			doc->name = NULL;
	}
	check_all(cp, seen);
	json_object_put(seen);
	return 0;
}
