/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EndpointSlices from selectors, as the controller of Kubernetes makes them: one
 * or more for each family and each set of ports that its pods resolve to. */
#include <errno.h>
#include <string.h>

#include "controlplane.h"

#define ENDPOINTS_PER_SLICE 100

struct slicer {
	struct cp *cp;
	struct json_object *service;
	int family;
	struct json_object *candidates; /* pods that may be selected, an array */
	struct json_object *groups;	/* ports, as text -> the slice being filled */
	unsigned int made;
};

struct json_object *cp_new_slice(struct cp *cp, const char *namespace_, const char *service,
				 const char *name, int family)
{
	struct json_object *slice, *labels;

	slice = cp_new(cp, cp->slices, "discovery.k8s.io/v1", "EndpointSlice", namespace_, name);
	labels = cp_object(cp, lab_json_get(slice, "metadata"), "labels");
	cp_put_string(cp, labels, "kubernetes.io/service-name", service);
	cp_put_string(cp, slice, "addressType", cp_family_name(family));
	cp_array(cp, slice, "ports");
	cp_array(cp, slice, "endpoints");
	return slice;
}

void cp_put_endpoint_port(struct cp *cp, struct json_object *slice, const char *name,
			  const char *protocol, int64_t number)
{
	struct json_object *port =
		cp_append(cp, lab_json_get(slice, "ports"), json_object_new_object());

	cp_put_string(cp, port, "name", name);
	cp_put_string(cp, port, "protocol", protocol);
	cp_put_int(cp, port, "port", number);
}

/* --- target ports -------------------------------------------------------- */

static int64_t named_port(struct json_object *pod, const char *name, const char *protocol)
{
	for (size_t i = 0; i < lab_json_count(pod, "spec.containers"); i++) {
		struct json_object *container = lab_json_item(pod, "spec.containers", i);

		for (size_t j = 0; j < lab_json_count(container, "ports"); j++) {
			struct json_object *port = lab_json_item(container, "ports", j);

			if (strcmp(lab_json_string(port, "name"), name) == 0 &&
			    strcmp(cp_protocol_of(port), protocol) == 0)
				return lab_json_int(port, "containerPort", 0);
		}
	}
	return 0;
}

/* 0: the pod has no port of this name. */
static int64_t resolve(struct json_object *port, struct json_object *pod)
{
	const char *name = lab_json_string(port, "targetPort");

	if (*name)
		return named_port(pod, name, lab_json_string(port, "protocol"));
	return lab_json_int(port, "targetPort", 0);
}

/* "http TCP 8080;": what pods have in common that share a slice. */
static size_t resolve_all(struct slicer *s, struct json_object *pod, char *out, size_t size)
{
	size_t found = 0, used = 0;

	*out = '\0';
	for (size_t i = 0; i < lab_json_count(s->service, "spec.ports"); i++) {
		struct json_object *port = lab_json_item(s->service, "spec.ports", i);
		int64_t number = resolve(port, pod);

		if (!number)
			continue;
		found++;
		used += (size_t)snprintf(out + used, size - used, "%zu %lld;", i,
					 (long long)number);
	}
	return found;
}

/* --- filling ------------------------------------------------------------- */

static struct json_object *start_slice(struct slicer *s, struct json_object *pod)
{
	const char *name = lab_object_name(s->service);
	char slice_name[128], number[32], suffix[8];
	struct json_object *slice;

	snprintf(number, sizeof(number), "%d %u", s->family, s->made++);
	cp_hash_text(
		cp_hash(cp_hash(cp_hash(CP_HASH_START, lab_object_namespace(s->service)), name),
			number),
		suffix, 5);
	snprintf(slice_name, sizeof(slice_name), "%.63s-%s", name, suffix);
	slice = cp_new_slice(s->cp, lab_object_namespace(s->service), name, slice_name, s->family);
	cp_put_string(s->cp, lab_json_get(slice, "metadata.labels"),
		      "endpointslice.kubernetes.io/managed-by", "endpointslice-controller.k8s.io");
	for (size_t i = 0; i < lab_json_count(s->service, "spec.ports"); i++) {
		struct json_object *port = lab_json_item(s->service, "spec.ports", i);
		int64_t target = resolve(port, pod);

		if (target)
			cp_put_endpoint_port(s->cp, slice, lab_json_string(port, "name"),
					     lab_json_string(port, "protocol"), target);
	}
	return slice;
}

static struct json_object *slice_for(struct slicer *s, struct json_object *pod, const char *ports)
{
	struct json_object *slice = NULL;

	json_object_object_get_ex(s->groups, ports, &slice);
	if (slice && lab_json_count(slice, "endpoints") < ENDPOINTS_PER_SLICE)
		return slice;
	slice = start_slice(s, pod);
	cp_put(s->cp, s->groups, ports, json_object_get(slice));
	return slice;
}

static bool is_ready(struct json_object *pod)
{
	return strcmp(lab_json_string(lab_json_item(pod, "status.conditions", 0), "status"),
		      "True") == 0;
}

static void add_endpoint(struct slicer *s, struct json_object *slice, struct json_object *pod,
			 const char *address)
{
	bool publish = lab_json_bool(s->service, "spec.publishNotReadyAddresses", false);
	struct json_object *endpoint, *conditions, *target;

	endpoint = cp_append(s->cp, lab_json_get(slice, "endpoints"), json_object_new_object());
	cp_append_string(s->cp, cp_array(s->cp, endpoint, "addresses"), address);
	conditions = cp_object(s->cp, endpoint, "conditions");
	cp_put_bool(s->cp, conditions, "ready", publish || is_ready(pod));
	cp_put_bool(s->cp, conditions, "serving", is_ready(pod));
	cp_put_bool(s->cp, conditions, "terminating", false);
	if (*lab_json_string(pod, "spec.hostname") &&
	    strcmp(lab_json_string(pod, "spec.subdomain"), lab_object_name(s->service)) == 0)
		cp_put_string(s->cp, endpoint, "hostname", lab_json_string(pod, "spec.hostname"));
	cp_put_string(s->cp, endpoint, "nodeName", lab_json_string(pod, "spec.nodeName"));
	target = cp_object(s->cp, endpoint, "targetRef");
	cp_put_string(s->cp, target, "kind", "Pod");
	cp_put_string(s->cp, target, "namespace", lab_object_namespace(pod));
	cp_put_string(s->cp, target, "name", lab_object_name(pod));
}

static const char *address_of(struct json_object *pod, int family)
{
	for (size_t i = 0; i < lab_json_count(pod, "status.podIPs"); i++) {
		const char *text = lab_json_string(lab_json_item(pod, "status.podIPs", i), "ip");
		struct k8snet_address address;

		if (k8snet_address_parse(&address, text) == 0 && address.family == family)
			return text;
	}
	return NULL;
}

static void add_pod(struct slicer *s, struct json_object *pod)
{
	const char *address = address_of(pod, s->family);
	char ports[100 * 16];

	/* Without a port to go to, only a headless service has a use for a pod. */
	if (!address || (!resolve_all(s, pod, ports, sizeof(ports)) &&
			 lab_json_count(s->service, "spec.ports")))
		return;
	add_endpoint(s, slice_for(s, pod, ports), pod, address);
}

static bool selects(struct json_object *service, struct json_object *pod)
{
	return strcmp(lab_object_namespace(service), lab_object_namespace(pod)) == 0 &&
	       cp_labels_match(lab_json_get(service, "spec.selector"),
			       lab_json_get(pod, "metadata.labels"));
}

/* --- candidates ------------------------------------------------------------ */

static void label_key(struct json_object *object, const char *key, struct json_object *value,
		      char *out, size_t size)
{
	snprintf(out, size, "%s %.320s=%.64s", lab_object_namespace(object), key,
		 json_object_get_string(value));
}

static void index_pod(struct cp *cp, struct json_object *index, struct json_object *pod)
{
	struct json_object *labels = lab_json_get(pod, "metadata.labels");

	if (!json_object_is_type(labels, json_type_object))
		return;
	json_object_object_foreach(labels, name, value)
	{
		struct json_object *list = NULL;
		char key[512];

		label_key(pod, name, value, key, sizeof(key));
		if (!json_object_object_get_ex(index, key, &list))
			list = cp_array(cp, index, key);
		cp_append(cp, list, json_object_get(pod));
	}
}

/* Pods by each of their labels: a selector need not be held against all pods. */
static struct json_object *index_pods(struct cp *cp)
{
	struct json_object *index = json_object_new_object();

	cp->oom |= !index;
	for (size_t i = 0; i < lab_json_count(cp->pods, "") && !cp->oom; i++)
		index_pod(cp, index, lab_json_item(cp->pods, "", i));
	return index;
}

/* Of the labels of the selector, the rarest one; NULL: no pod has it. */
static struct json_object *find_candidates(struct json_object *index, struct json_object *service)
{
	struct json_object *selector = lab_json_get(service, "spec.selector"), *best = NULL;
	bool is_first = true;

	json_object_object_foreach(selector, name, value)
	{
		struct json_object *list = NULL;
		char key[512];

		label_key(service, name, value, key, sizeof(key));
		json_object_object_get_ex(index, key, &list);
		if (is_first || lab_json_count(list, "") < lab_json_count(best, ""))
			best = list;
		is_first = false;
	}
	return best;
}

/* --- warnings ------------------------------------------------------------ */

static void warn_of_ports(struct cp *cp, const struct cp_doc *doc, struct json_object *service,
			  struct json_object *candidates)
{
	for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++) {
		struct json_object *port = lab_json_item(service, "spec.ports", i);
		bool is_found = false;
		char field[64];

		for (size_t j = 0; j < lab_json_count(candidates, "") && !is_found; j++) {
			struct json_object *pod = lab_json_item(candidates, "", j);

			is_found = resolve(port, pod) && selects(service, pod);
		}
		snprintf(field, sizeof(field), "spec.ports[%zu].targetPort", i);
		if (!is_found)
			cp_warn(cp, doc, field,
				"no container of its pods has a %s port \"%.64s\"; no endpoints",
				lab_json_string(port, "protocol"),
				lab_json_string(port, "targetPort"));
	}
}

/* ------------------------------------------------------------------------- */

static size_t slice_family(struct slicer *s)
{
	size_t pods = 0;

	s->groups = json_object_new_object();
	s->cp->oom |= !s->groups;
	for (size_t i = 0; i < lab_json_count(s->candidates, "") && !s->cp->oom; i++) {
		struct json_object *pod = lab_json_item(s->candidates, "", i);

		if (!selects(s->service, pod))
			continue;
		pods++;
		add_pod(s, pod);
	}
	json_object_put(s->groups);
	return pods;
}

static void slice_service(struct cp *cp, const struct cp_doc *doc, struct json_object *service,
			  struct json_object *index)
{
	struct json_object *candidates = find_candidates(index, service);
	size_t pods = 0;

	for (size_t i = 0; i < lab_json_count(service, "spec.ipFamilies"); i++) {
		const char *family =
			lab_json_string(lab_json_item(service, "spec.ipFamilies", i), "");
		struct slicer s = {.cp = cp, .service = service, .candidates = candidates};

		s.family = strcmp(family, "IPv6") == 0 ? 6 : 4;
		pods = slice_family(&s);
	}
	if (pods)
		warn_of_ports(cp, doc, service, candidates);
	else
		cp_warn(cp, doc, "spec.selector", "matches no pod; no endpoints");
}

void cp_make_slices(struct cp *cp)
{
	struct json_object *index = index_pods(cp);
	size_t at = 0;

	for (size_t i = 0; i < cp->doc_count && !cp->oom; i++) {
		struct json_object *service;

		if (cp->docs[i].kind != CP_SERVICE)
			continue;
		service = lab_json_item(cp->services, "", at++);
		if (cp_has_selector(service) &&
		    strcmp(lab_json_string(service, "spec.type"), "ExternalName") != 0)
			slice_service(cp, &cp->docs[i], service, index);
	}
	json_object_put(index);
}
