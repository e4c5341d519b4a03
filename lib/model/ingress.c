/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/ingress.h"

#include <errno.h>
#include <string.h>

#include "model/spec.h"

static struct k8snet_ingress *ingress_of(const struct model_object *object)
{
	return (struct k8snet_ingress *)object;
}

static void backend_done(struct ingress_backend *backend, struct strings *strings)
{
	string_unref(strings, backend->service);
	string_unref(strings, backend->port_name);
	*backend = (struct ingress_backend){0};
}

static void rule_done(struct ingress_rule *rule, struct strings *strings)
{
	string_unref(strings, rule->host);
	string_unref(strings, rule->path);
	backend_done(&rule->backend, strings);
}

static void rules_done(struct ingress_spec *spec, struct strings *strings)
{
	struct ingress_rule *rule;

	vec_foreach (&spec->rules, rule)
		rule_done(rule, strings);
	vec_done(&spec->rules);
}

void ingress_done(struct model_object *object)
{
	struct ingress_spec *spec = &ingress_of(object)->spec;

	string_unref(object->strings, spec->class_name);
	backend_done(&spec->default_backend, object->strings);
	rules_done(spec, object->strings);
}

static bool backends_are_equal(const struct ingress_backend *a, const struct ingress_backend *b)
{
	return a->service == b->service && a->port_name == b->port_name &&
	       a->port_number == b->port_number;
}

bool ingress_is_equal(const struct model_object *a, const struct model_object *b)
{
	const struct ingress_spec *x = &ingress_of(a)->spec, *y = &ingress_of(b)->spec;

	if (x->class_name != y->class_name || x->rules.count != y->rules.count ||
	    !backends_are_equal(&x->default_backend, &y->default_backend))
		return false;
	for (size_t i = 0; i < x->rules.count; i++) {
		const struct ingress_rule *r = &x->rules.items[i], *s = &y->rules.items[i];

		if (r->host != s->host || r->path != s->path || r->path_type != s->path_type ||
		    !backends_are_equal(&r->backend, &s->backend))
			return false;
	}
	return true;
}

/* Check, then copy. 0 or an error. */
static int make_backend(const struct where *at, struct strings *strings,
			const struct backend_arguments *arguments, struct ingress_backend *out)
{
	const char *port_name = arguments->port_name ? arguments->port_name : "";
	int r;

	r = check_text(at, "service.name", arguments->service, check_dns_label);
	if (r == 0 && port_name[0])
		r = check_text(at, "service.port.name", port_name, check_port_name);
	else if (r == 0)
		r = check_range(at, "service.port.number", arguments->port_number, 1, 65535);
	if (r < 0)
		return r;
	*out = (struct ingress_backend){
		.port_number = port_name[0] ? 0 : (uint16_t)arguments->port_number};
	if (strings_get(strings, arguments->service, &out->service) == 0 &&
	    strings_get(strings, port_name, &out->port_name) == 0)
		return 0;
	backend_done(out, strings);
	return where_no_memory(at);
}

static int check_rule(const struct where *at, const char *host, const char *path,
		      enum k8snet_path_type path_type)
{
	int r;

	r = host[0] ? check_text(at, "host", host, check_ingress_host) : 0;
	if (r == 0)
		r = check_range(at, "pathType", path_type, K8SNET_PATH_PREFIX,
				K8SNET_PATH_IMPLEMENTATION);
	if (r < 0)
		return r;
	return check_text(at, "path", path,
			  path_type == K8SNET_PATH_IMPLEMENTATION ? check_any_path
								  : check_ingress_path);
}

int ingress_spec_add_rule(const struct where *at, struct ingress_spec *spec,
			  struct strings *strings, const char *host, const char *path,
			  enum k8snet_path_type path_type, const struct backend_arguments *backend)
{
	struct ingress_rule rule = {.path_type = path_type};
	int r;

	host = host ? host : "";
	r = check_rule(at, host, path, path_type);
	if (r == 0)
		r = make_backend(at, strings, backend, &rule.backend);
	if (r < 0)
		return r;
	if (strings_get(strings, host, &rule.host) < 0 ||
	    strings_get(strings, path, &rule.path) < 0 || vec_reserve(&spec->rules, 1) < 0) {
		rule_done(&rule, strings);
		return where_no_memory(at);
	}
	spec->rules.items[spec->rules.count++] = rule;
	return 1;
}

int ingress_spec_set_default(const struct where *at, struct ingress_spec *spec,
			     struct strings *strings, const struct backend_arguments *arguments)
{
	struct ingress_backend backend = {0};
	int r;

	r = arguments->service ? make_backend(at, strings, arguments, &backend) : 0;
	if (r < 0)
		return r;
	if (backends_are_equal(&backend, &spec->default_backend)) {
		backend_done(&backend, strings);
		return 0;
	}
	backend_done(&spec->default_backend, strings);
	spec->default_backend = backend;
	return 1;
}

int ingress_spec_set_class(const struct where *at, struct ingress_spec *spec,
			   struct strings *strings, const char *class_name)
{
	int r = class_name ? check_text(at, NULL, class_name, check_dns_subdomain) : 0;

	return r < 0 ? r : spec_set_string(at, strings, &spec->class_name, class_name);
}

K8SNET_EXPORT int k8snet_ingress_new(struct k8snet_ingress **out, struct k8snet_cluster *cluster,
				     const char *namespace_, const char *name)
{
	struct model_object *object;
	int r;

	r = object_new(&object, cluster, MODEL_INGRESS, namespace_, name);
	if (r == 0)
		*out = ingress_of(object);
	return r;
}

K8SNET_EXPORT struct k8snet_ingress *k8snet_ingress_ref(struct k8snet_ingress *ingress)
{
	object_ref(&ingress->object);
	return ingress;
}

K8SNET_EXPORT struct k8snet_ingress *k8snet_ingress_unref(struct k8snet_ingress *ingress)
{
	if (ingress)
		object_unref(&ingress->object);
	return NULL;
}

K8SNET_EXPORT int k8snet_ingress_remove(struct k8snet_ingress *ingress)
{
	return object_remove(&ingress->object);
}

K8SNET_EXPORT struct k8snet_ingress *
k8snet_cluster_find_ingress(const struct k8snet_cluster *cluster, const char *namespace_,
			    const char *name)
{
	return ingress_of(list_find(&cluster->lists[MODEL_INGRESS], namespace_, name));
}

K8SNET_EXPORT struct k8snet_ingress *
k8snet_cluster_next_ingress(const struct k8snet_cluster *cluster, const struct k8snet_ingress *prev)
{
	return ingress_of(
		list_next(&cluster->lists[MODEL_INGRESS], cluster, prev ? &prev->object : NULL));
}

K8SNET_EXPORT const char *k8snet_ingress_get_namespace(const struct k8snet_ingress *ingress)
{
	return ingress->object.namespace_;
}

K8SNET_EXPORT const char *k8snet_ingress_get_name(const struct k8snet_ingress *ingress)
{
	return ingress->object.name;
}

K8SNET_EXPORT int k8snet_ingress_set_class_name(struct k8snet_ingress *ingress,
						const char *class_name)
{
	struct where at;
	int r;

	r = object_edit(&ingress->object, "class_name", &at);
	if (r == 0)
		r = ingress_spec_set_class(&at, &ingress->spec, ingress->object.strings,
					   class_name);
	return object_edited(&ingress->object, r);
}

K8SNET_EXPORT const char *k8snet_ingress_get_class_name(const struct k8snet_ingress *ingress)
{
	return ingress->spec.class_name;
}

K8SNET_EXPORT int k8snet_ingress_add_rule(struct k8snet_ingress *ingress, const char *host,
					  const char *path, enum k8snet_path_type path_type,
					  const char *service, const char *port_name,
					  uint16_t port_number)
{
	const struct backend_arguments backend = {service, port_name, port_number};
	struct where at;
	int r;

	r = object_edit(&ingress->object, "rule", &at);
	if (r == 0)
		r = ingress_spec_add_rule(&at, &ingress->spec, ingress->object.strings, host, path,
					  path_type, &backend);
	return object_edited(&ingress->object, r);
}

K8SNET_EXPORT int k8snet_ingress_set_default_backend(struct k8snet_ingress *ingress,
						     const char *service, const char *port_name,
						     uint16_t port_number)
{
	const struct backend_arguments backend = {service, port_name, port_number};
	struct where at;
	int r;

	r = object_edit(&ingress->object, "default_backend", &at);
	if (r == 0)
		r = ingress_spec_set_default(&at, &ingress->spec, ingress->object.strings,
					     &backend);
	return object_edited(&ingress->object, r);
}

K8SNET_EXPORT int k8snet_ingress_clear_rules(struct k8snet_ingress *ingress)
{
	struct where at;
	int r;

	r = object_edit(&ingress->object, "rules", &at);
	if (r == 0 && ingress->spec.rules.count) {
		rules_done(&ingress->spec, ingress->object.strings);
		r = 1;
	}
	return object_edited(&ingress->object, r);
}
