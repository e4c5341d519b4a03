/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <string.h>

#include "model/load.h"

/* False: there is none that we know; told in a warning or in l->error. */
static bool load_backend(struct load *l, const struct json *backend, struct backend_arguments *out)
{
	const struct json *service = load_object(l, backend, "service");
	const struct json *port = load_object(l, service, "port");

	if (!load_is_good(l))
		return false;
	if (!service && json_get(backend, "resource")) {
		ctx_warning(l->at.ctx, "Ingress %s/%s: backends other than services are ignored",
			    l->at.namespace_, l->at.name);
		return false;
	}
	out->service = load_text(l, service, "name");
	out->port_name = load_text(l, port, "name");
	out->port_number = (unsigned int)load_integer(l, port, "number", 0, 65535, 0);
	if (!service)
		load_missing(l, backend, "service");
	else if (load_is_good(l) && !out->port_name && !out->port_number)
		load_missing(l, service, port ? "port.number" : "port");
	return load_is_good(l);
}

static void load_path(struct load *l, struct ingress_spec *spec, const char *host,
		      const struct json *item)
{
	static const char *const types[] = {"Prefix", "Exact", "ImplementationSpecific", NULL};
	struct backend_arguments arguments;
	const struct json *backend;
	const char *path;
	struct where at;
	int type;

	l->is_bad = false;
	path = load_text(l, item, "path");
	type = load_choice(l, item, "pathType", types, -1);
	backend = load_object(l, item, "backend");
	if (load_is_good(l) && type < 0)
		load_missing(l, item, "pathType");
	if (load_is_good(l) && !backend)
		load_missing(l, item, "backend");
	if (!load_is_good(l) || !load_backend(l, backend, &arguments))
		return;
	if (!path && type == K8SNET_PATH_IMPLEMENTATION)
		path = "/";
	at = load_at(l, item);
	load_result(l, ingress_spec_add_rule(&at, spec, load_strings(l), host, path,
					     (enum k8snet_path_type)type, &arguments));
}

static void load_rule(struct load *l, struct ingress_spec *spec, const struct json *rule)
{
	struct where at = load_at(l, json_get(rule, "host"));
	const struct json *item;
	const char *host;

	l->is_bad = false;
	host = load_text(l, rule, "host");
	/* Here, where its field is known. */
	if (host)
		load_result(l, check_text(&at, NULL, host, check_ingress_host));
	/* Without it the rule would be for all hosts. */
	if (!load_is_good(l))
		return;
	item = load_objects(l, load_object(l, rule, "http"), "paths");
	for (; item; item = load_next_object(l, item))
		load_path(l, spec, host, item);
}

static void load_default_backend(struct load *l, struct ingress_spec *spec,
				 const struct json *backend)
{
	struct where at = load_at(l, backend);
	struct backend_arguments arguments;

	l->is_bad = false;
	if (backend && load_backend(l, backend, &arguments))
		load_result(l, ingress_spec_set_default(&at, spec, load_strings(l), &arguments));
}

/* The field, or the annotation that came before it. */
static void load_class(struct load *l, struct ingress_spec *spec, const struct json *json,
		       const struct json *annotations)
{
	const char *name = load_text(l, json, "ingressClassName");
	struct where at = load_at(l, json_get(json, "ingressClassName"));

	if (!name) {
		name = load_text(l, annotations, "kubernetes.io/ingress.class");
		at = load_at(l, json_get(annotations, "kubernetes.io/ingress.class"));
	}
	/* The annotation may be anything: then nobody has that class, and it is not without one. */
	if (name && !l->error)
		load_result(l, spec_set_string(&at, load_strings(l), &spec->class_name, name));
}

void load_ingress(struct load *l, const struct json *root)
{
	struct ingress_spec *spec = &((struct k8snet_ingress *)l->object)->spec;
	const struct json *json = load_object(l, root, "spec"), *item;
	const struct json *metadata = load_object(l, root, "metadata");

	load_class(l, spec, json, load_object(l, metadata, "annotations"));
	load_default_backend(l, spec, load_object(l, json, "defaultBackend"));
	for (item = load_objects(l, json, "rules"); item; item = load_next_object(l, item))
		load_rule(l, spec, item);
}
