/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "controlplane.h"

static int check_backend(const struct cp_at *backend)
{
	struct cp_at service, port;
	const char *name, *port_name;
	int64_t number = 0;

	if (cp_at_child(backend, "service", CP_REQUIRED, &service) < 0 ||
	    cp_check_string(&service, "name", CP_REQUIRED, &name) < 0)
		return -EINVAL;
	if (!cp_is_label(name))
		return cp_at_error(&service, "name", "\"%.80s\" is not a service's name", name);
	if (cp_at_child(&service, "port", CP_REQUIRED, &port) < 0 ||
	    cp_check_string(&port, "name", CP_OPTIONAL, &port_name) < 0 ||
	    cp_check_int(&port, "number", CP_OPTIONAL, 1, 65535, &number) < 0)
		return -EINVAL;
	if (!*port_name && !number)
		return cp_at_error(&service, "port", "has neither name nor number");
	if (*port_name && number)
		return cp_at_error(&service, "port", "has both name and number");
	if (*port_name && !cp_is_label(port_name))
		return cp_at_error(&port, "name", "\"%.80s\" is not a DNS label", port_name);
	return 0;
}

static bool has_bad_element(const char *path)
{
	static const char *const bad[] = {"//", "/./", "/../", "%2f", "%2F", NULL};
	size_t length = strlen(path);

	for (size_t i = 0; bad[i]; i++)
		if (strstr(path, bad[i]))
			return true;
	return (length >= 2 && strcmp(path + length - 2, "/.") == 0) ||
	       (length >= 3 && strcmp(path + length - 3, "/..") == 0);
}

static int check_path(const struct cp_at *at)
{
	static const char *const types[] = {"Exact", "Prefix", "ImplementationSpecific", NULL};
	const char *path, *type = "";
	struct cp_at backend;

	if (cp_check_word(at, "pathType", CP_REQUIRED, types, &type) < 0 ||
	    cp_check_string(at, "path", CP_OPTIONAL, &path) < 0)
		return -EINVAL;
	if (*path != '/' && (*path || strcmp(type, "ImplementationSpecific") != 0))
		return cp_at_error(at, "path", "\"%.80s\" does not begin with /", path);
	if (has_bad_element(path) && strcmp(type, "ImplementationSpecific") != 0)
		return cp_at_error(at, "path", "\"%.80s\" is not a plain path", path);
	if (cp_at_child(at, "backend", CP_REQUIRED, &backend) < 0)
		return -EINVAL;
	return check_backend(&backend);
}

static int check_rule(const struct cp_at *rule)
{
	struct cp_at http, path;
	const char *host;
	size_t count;

	if (cp_check_string(rule, "host", CP_OPTIONAL, &host) < 0)
		return -EINVAL;
	if (*host && !cp_is_subdomain(strncmp(host, "*.", 2) == 0 ? host + 2 : host))
		return cp_at_error(rule, "host", "\"%.80s\" is not a host, nor *. and a host",
				   host);
	if (cp_at_child(rule, "http", CP_OPTIONAL, &http) < 0)
		return -EINVAL;
	if (!http.object)
		return 0;
	if (cp_check_array(&http, "paths", CP_REQUIRED, &count) < 0)
		return -EINVAL;
	if (!count)
		return cp_at_error(&http, "paths", "is empty");
	for (size_t i = 0; i < count; i++)
		if (cp_at_item(&http, "paths", i, &path) < 0 || check_path(&path) < 0)
			return -EINVAL;
	return 0;
}

void cp_check_ingress(struct cp *cp, const struct cp_doc *doc)
{
	struct cp_at root, spec, backend, rule;
	const char *class_name;
	size_t count;

	cp_at_root(&root, cp, doc);
	if (cp_at_child(&root, "spec", CP_REQUIRED, &spec) < 0 ||
	    cp_check_string(&spec, "ingressClassName", CP_OPTIONAL, &class_name) < 0)
		return;
	if (*class_name && !cp_is_subdomain(class_name)) {
		cp_at_error(&spec, "ingressClassName", "\"%.80s\" is not a DNS subdomain",
			    class_name);
		return;
	}
	if (cp_at_child(&spec, "defaultBackend", CP_OPTIONAL, &backend) < 0 ||
	    (backend.object && check_backend(&backend) < 0) ||
	    cp_check_array(&spec, "rules", CP_OPTIONAL, &count) < 0)
		return;
	if (!count && !backend.object) {
		cp_at_error(&spec, "rules", "missing, and there is no defaultBackend");
		return;
	}
	for (size_t i = 0; i < count; i++)
		if (cp_at_item(&spec, "rules", i, &rule) < 0 || check_rule(&rule) < 0)
			return;
}
