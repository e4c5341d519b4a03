/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Endpoints that manifests give to services without a selector. */
#include <errno.h>
#include <string.h>

#include "controlplane.h"

static bool is_offered(const struct cp *cp, int family)
{
	return cp->options->families & (family == 6 ? LAB_IPV6 : LAB_IPV4);
}

static bool has_node(const struct cp *cp, const char *name)
{
	return lab_objects_find(cp->nodes, "Node", "default", name) != NULL;
}

static void put_condition(struct cp *cp, struct json_object *conditions, struct json_object *from,
			  const char *key, bool fallback)
{
	cp_put_bool(cp, conditions, key, lab_json_bool(from, key, fallback));
}

/* Of the addresses of an endpoint, which the API takes to be the same, the first. */
static void copy_endpoint(struct cp *cp, struct json_object *slice, struct json_object *from,
			  int family, struct json_object *seen)
{
	const char *text = lab_json_string(lab_json_item(from, "addresses", 0), "");
	struct json_object *endpoint, *conditions = lab_json_get(from, "conditions");
	struct k8snet_address address;
	char canonical[K8SNET_ADDRESS_TEXT_SIZE];

	if (k8snet_address_parse(&address, text) < 0 || address.family != family)
		return;
	k8snet_address_format(&address, canonical, sizeof(canonical));
	if (cp_set_add(cp, seen, canonical, ""))
		return;
	endpoint = cp_append(cp, lab_json_get(slice, "endpoints"), json_object_new_object());
	cp_append_string(cp, cp_array(cp, endpoint, "addresses"), canonical);
	text = lab_json_string(from, "nodeName");
	if (*text && has_node(cp, text))
		cp_put_string(cp, endpoint, "nodeName", text);
	from = conditions;
	conditions = cp_object(cp, endpoint, "conditions");
	put_condition(cp, conditions, from, "ready", true);
	put_condition(cp, conditions, from, "serving", true);
	put_condition(cp, conditions, from, "terminating", false);
}

static void copy_ports(struct cp *cp, struct json_object *slice, struct json_object *from)
{
	for (size_t i = 0; i < lab_json_count(from, "ports"); i++) {
		struct json_object *port = lab_json_item(from, "ports", i);

		cp_put_endpoint_port(cp, slice, lab_json_string(port, "name"), cp_protocol_of(port),
				     lab_json_int(port, "port", 0));
	}
}

static void copy_slice(struct cp *cp, const struct cp_doc *doc)
{
	const char *type = lab_json_string(doc->object, "addressType");
	const char *service =
		lab_json_key(doc->object, "metadata.labels", "kubernetes.io/service-name");
	int family = strcmp(type, "IPv6") == 0 ? 6 : 4;
	struct json_object *slice, *seen;

	if (!*service) {
		cp_warn(cp, doc, "metadata.labels", "no kubernetes.io/service-name; ignored");
		return;
	}
	if (!cp_is_label(service)) {
		cp_error(cp, doc, "metadata.labels.kubernetes.io/service-name",
			 "\"%.80s\" is not a service's name", service);
		return;
	}
	if (strcmp(type, "FQDN") == 0 || !is_offered(cp, family)) {
		cp_warn(cp, doc, "addressType", "%s is not a family of this lab; ignored", type);
		return;
	}
	seen = json_object_new_object();
	slice = cp_new_slice(cp, doc->namespace_, service, doc->name, family);
	copy_ports(cp, slice, doc->object);
	for (size_t i = 0; i < lab_json_count(doc->object, "endpoints") && seen; i++)
		copy_endpoint(cp, slice, lab_json_item(doc->object, "endpoints", i), family, seen);
	cp->oom |= !seen;
	json_object_put(seen);
}

/* --- v1 Endpoints, as the mirroring controller does ------------------------ */

static size_t add_mirrored(struct cp *cp, struct json_object *slice, struct json_object *subset,
			   const char *key, bool is_ready)
{
	int family = strcmp(lab_json_string(slice, "addressType"), "IPv6") == 0 ? 6 : 4;
	struct json_object *seen = json_object_new_object();

	for (size_t i = 0; i < lab_json_count(subset, key) && i < 1000 && seen; i++) {
		struct json_object *from = json_object_new_object(),
				   *entry = lab_json_item(subset, key, i);

		cp_append_string(cp, cp_array(cp, from, "addresses"), lab_json_string(entry, "ip"));
		cp_put_string(cp, from, "nodeName", lab_json_string(entry, "nodeName"));
		cp_put_bool(cp, cp_object(cp, from, "conditions"), "ready", is_ready);
		cp_put_bool(cp, lab_json_get(from, "conditions"), "serving", is_ready);
		copy_endpoint(cp, slice, from, family, seen);
		json_object_put(from);
	}
	cp->oom |= !seen;
	json_object_put(seen);
	return lab_json_count(slice, "endpoints");
}

static void mirror_subset(struct cp *cp, const struct cp_doc *doc, size_t index, int family)
{
	struct json_object *subset = lab_json_item(doc->object, "subsets", index), *slice;
	size_t last = lab_json_count(cp->slices, "");
	char name[128];

	snprintf(name, sizeof(name), "%.63s-ipv%d-%zu", doc->name, family, index);
	slice = cp_new_slice(cp, doc->namespace_, doc->name, name, family);
	copy_ports(cp, slice, subset);
	if (add_mirrored(cp, slice, subset, "addresses", true) +
		    add_mirrored(cp, slice, subset, "notReadyAddresses", false) ==
	    0)
		json_object_array_del_idx(cp->slices, last, 1);
}

static void mirror(struct cp *cp, const struct cp_doc *doc, struct json_object *sliced)
{
	int families[2];
	size_t count = cp_families(cp->options, families);
	char key[384];

	snprintf(key, sizeof(key), "%s/%s", doc->namespace_, doc->name);
	if (json_object_object_get_ex(sliced, key, NULL) || !cp_is_label(doc->name))
		return;
	for (size_t i = 0; i < lab_json_count(doc->object, "subsets"); i++)
		for (size_t f = 0; f < count; f++)
			mirror_subset(cp, doc, i, families[f]);
}

/* Services that have slices of their own need no mirrored ones. */
static void note_sliced(struct cp *cp, struct json_object *sliced)
{
	for (size_t i = 0; i < lab_json_count(cp->slices, ""); i++) {
		struct json_object *slice = lab_json_item(cp->slices, "", i);
		char key[384];

		snprintf(key, sizeof(key), "%s/%s", lab_object_namespace(slice),
			 lab_json_key(slice, "metadata.labels", "kubernetes.io/service-name"));
		cp_set_add(cp, sliced, key, "");
	}
}

void cp_copy_slices(struct cp *cp)
{
	struct json_object *sliced = json_object_new_object();

	for (size_t i = 0; i < cp->doc_count && !cp->oom; i++)
		if (cp->docs[i].kind == CP_SLICE && !cp->docs[i].is_ignored)
			copy_slice(cp, &cp->docs[i]);
	note_sliced(cp, sliced);
	for (size_t i = 0; i < cp->doc_count && !cp->oom; i++)
		if (cp->docs[i].kind == CP_ENDPOINTS && !cp->docs[i].is_ignored)
			mirror(cp, &cp->docs[i], sliced);
	json_object_put(sliced);
}
