/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "controlplane.h"

static bool has_port(struct json_object *service, struct json_object *wanted)
{
	const char *name = lab_json_string(wanted, "name");

	for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++) {
		struct json_object *port = lab_json_item(service, "spec.ports", i);

		if (*name ? strcmp(name, lab_json_string(port, "name")) == 0
			  : lab_json_int(port, "port", 0) == lab_json_int(wanted, "number", -1))
			return true;
	}
	return false;
}

static void warn_of_backend(struct cp *cp, const struct cp_doc *doc, struct json_object *services,
			    struct json_object *backend, const char *field)
{
	const char *name = lab_json_string(backend, "service.name");
	struct json_object *service = NULL;
	char key[384];

	snprintf(key, sizeof(key), "%s/%s", doc->namespace_, name);
	json_object_object_get_ex(services, key, &service);
	if (!service)
		cp_warn(cp, doc, field, "there is no Service %s", key);
	else if (!has_port(service, lab_json_get(backend, "service.port")))
		cp_warn(cp, doc, field, "Service %s has no such port", key);
}

static void copy_paths(struct cp *cp, const struct cp_doc *doc, struct json_object *services,
		       struct json_object *from, struct json_object *to, size_t rule)
{
	struct json_object *paths = cp_array(cp, cp_object(cp, to, "http"), "paths");

	for (size_t i = 0; i < lab_json_count(from, "http.paths"); i++) {
		struct json_object *path = lab_json_item(from, "http.paths", i);
		struct json_object *copy = cp_append(cp, paths, json_object_new_object());
		const char *text = lab_json_string(path, "path");
		char field[96];

		cp_put_string(cp, copy, "path", *text ? text : "/");
		cp_copy(cp, copy, "pathType", path);
		cp_copy(cp, copy, "backend", path);
		snprintf(field, sizeof(field), "spec.rules[%zu].http.paths[%zu].backend", rule, i);
		warn_of_backend(cp, doc, services, lab_json_get(path, "backend"), field);
	}
}

static void make_ingress(struct cp *cp, const struct cp_doc *doc, struct json_object *services)
{
	struct json_object *from = lab_json_get(doc->object, "spec"), *ingress, *spec, *rules;

	ingress = cp_new(cp, cp->ingresses, "networking.k8s.io/v1", "Ingress", doc->namespace_,
			 doc->name);
	cp_copy(cp, lab_json_get(ingress, "metadata"), "annotations",
		lab_json_get(doc->object, "metadata"));
	spec = cp_object(cp, ingress, "spec");
	cp_copy(cp, spec, "ingressClassName", from);
	if (cp_copy(cp, spec, "defaultBackend", from))
		warn_of_backend(cp, doc, services, lab_json_get(from, "defaultBackend"),
				"spec.defaultBackend");
	rules = cp_array(cp, spec, "rules");
	for (size_t i = 0; i < lab_json_count(from, "rules"); i++) {
		struct json_object *rule = lab_json_item(from, "rules", i);
		struct json_object *copy = cp_append(cp, rules, json_object_new_object());

		cp_copy(cp, copy, "host", rule);
		if (lab_json_get(rule, "http"))
			copy_paths(cp, doc, services, rule, copy, i);
	}
	cp_copy(cp, spec, "tls", from);
}

void cp_make_ingresses(struct cp *cp)
{
	struct json_object *services = json_object_new_object();

	for (size_t i = 0; i < lab_json_count(cp->services, "") && services; i++) {
		struct json_object *service = lab_json_item(cp->services, "", i);
		char key[384];

		snprintf(key, sizeof(key), "%s/%s", lab_object_namespace(service),
			 lab_object_name(service));
		cp_put(cp, services, key, json_object_get(service));
	}
	for (size_t i = 0; i < cp->doc_count && services; i++)
		if (cp->docs[i].kind == CP_INGRESS)
			make_ingress(cp, &cp->docs[i], services);
	cp->oom |= !services;
	json_object_put(services);
}
