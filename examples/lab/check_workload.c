/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pods, and what makes pods: whether it can be run. */
#include <errno.h>
#include <string.h>

#include "controlplane.h"

static int check_port(const struct cp_at *port)
{
	const char *name, *protocol = "TCP";
	int64_t number = 0, host_port = 0;

	if (cp_check_int(port, "containerPort", CP_REQUIRED, 1, 65535, &number) < 0 ||
	    cp_check_int(port, "hostPort", CP_OPTIONAL, 0, 65535, &host_port) < 0 ||
	    cp_check_word(port, "protocol", CP_OPTIONAL, cp_protocols, &protocol) < 0 ||
	    cp_check_string(port, "name", CP_OPTIONAL, &name) < 0)
		return -EINVAL;
	if (*name && !cp_is_port_name(name))
		return cp_at_error(port, "name",
				   "\"%.64s\" is not a port's name (at most 15 of a-z, 0-9 and -)",
				   name);
	return 0;
}

static int check_container(const struct cp_at *container)
{
	const char *name;
	size_t count;

	if (cp_check_string(container, "name", CP_REQUIRED, &name) < 0)
		return -EINVAL;
	if (!cp_is_label(name))
		return cp_at_error(container, "name", "\"%.80s\" is not a DNS label", name);
	if (cp_check_array(container, "ports", CP_OPTIONAL, &count) < 0)
		return -EINVAL;
	for (size_t i = 0; i < count; i++) {
		struct cp_at port;

		if (cp_at_item(container, "ports", i, &port) < 0 || check_port(&port) < 0)
			return -EINVAL;
	}
	return 0;
}

/* `pod` is a Pod or the template of one. */
static int check_pod(const struct cp_at *pod)
{
	struct cp_at spec, container;
	const char *node_name;
	size_t count;

	if (cp_at_child(pod, "spec", CP_REQUIRED, &spec) < 0 ||
	    cp_check_array(&spec, "containers", CP_REQUIRED, &count) < 0)
		return -EINVAL;
	if (!count)
		return cp_at_error(&spec, "containers", "is empty");
	for (size_t i = 0; i < count; i++)
		if (cp_at_item(&spec, "containers", i, &container) < 0 ||
		    check_container(&container) < 0)
			return -EINVAL;
	if (cp_check_bool(&spec, "hostNetwork") < 0 ||
	    cp_check_string(&spec, "nodeName", CP_OPTIONAL, &node_name) < 0)
		return -EINVAL;
	return cp_check_strings(&spec, "nodeSelector");
}

/* Null and {} of a Deployment would mean all pods there are. */
static int check_template_selector(const struct cp_at *spec, const struct cp_at *template)
{
	struct json_object *labels = lab_json_get(template->object, "metadata.labels");
	struct cp_at selector;

	if (spec->doc->kind == CP_CONTROLLER) {
		if (cp_check_strings(spec, "selector") < 0)
			return -EINVAL;
		if (lab_json_get(spec->object, "selector") &&
		    !cp_labels_match(lab_json_get(spec->object, "selector"), labels))
			return cp_at_error(spec, "selector",
					   "does not match the labels of the template");
		return 0;
	}
	if (cp_at_child(spec, "selector", CP_REQUIRED, &selector) < 0 ||
	    cp_check_selector(&selector) < 0)
		return -EINVAL;
	if (!lab_json_get(selector.object, "matchLabels") &&
	    !lab_json_count(selector.object, "matchExpressions"))
		return cp_at_error(spec, "selector", "is empty");
	if (!cp_selector_matches(selector.object, labels))
		return cp_at_error(spec, "selector", "does not match the labels of the template");
	return 0;
}

static int check_ordinals(const struct cp_at *spec)
{
	struct cp_at ordinals;
	int64_t start = 0;

	if (cp_at_child(spec, "ordinals", CP_OPTIONAL, &ordinals) < 0)
		return -EINVAL;
	return cp_check_int(&ordinals, "start", CP_OPTIONAL, 0, 1000000, &start);
}

void cp_check_workload(struct cp *cp, const struct cp_doc *doc)
{
	struct cp_at root, spec, template, metadata;
	const char *service_name;
	int64_t replicas = 1;

	cp_at_root(&root, cp, doc);
	if (doc->kind == CP_POD) {
		check_pod(&root);
		return;
	}
	if (cp_at_child(&root, "spec", CP_REQUIRED, &spec) < 0 ||
	    cp_check_int(&spec, "replicas", CP_OPTIONAL, 0, LAB_MAX_OBJECTS, &replicas) < 0 ||
	    cp_check_string(&spec, "serviceName", CP_OPTIONAL, &service_name) < 0 ||
	    check_ordinals(&spec) < 0 ||
	    cp_at_child(&spec, "template", CP_REQUIRED, &template) < 0 ||
	    cp_at_child(&template, "metadata", CP_OPTIONAL, &metadata) < 0 ||
	    cp_check_strings(&metadata, "labels") < 0 ||
	    cp_check_strings(&metadata, "annotations") < 0 ||
	    check_template_selector(&spec, &template) < 0)
		return;
	check_pod(&template);
}
