/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The scheduler: spread, deterministic, and pods that were placed stay. */
#include <stdlib.h>
#include <string.h>

#include "controlplane.h"

struct scheduler {
	struct cp *cp;
	struct json_object *before; /* pod -> node, of an earlier run */
	struct json_object *ports;  /* host ports in use: "node-1 TCP/80" */
	unsigned int total[LAB_MAX_NODES];
	unsigned int group[LAB_MAX_NODES]; /* of the workload at hand */
};

static struct json_object *node_at(const struct cp *cp, size_t index)
{
	return lab_json_item(cp->nodes, "", index);
}

static size_t node_count(const struct cp *cp)
{
	return lab_json_count(cp->nodes, "");
}

/* The index, or the number of nodes if there is none of this name. */
static size_t find_node(const struct cp *cp, const char *name)
{
	size_t i = 0;

	while (i < node_count(cp) && strcmp(lab_object_name(node_at(cp, i)), name) != 0)
		i++;
	return i;
}

/* Labels that no node of a lab has (disktype, node pools) are not honoured. */
bool cp_node_suits(struct json_object *node, struct json_object *pod_spec)
{
	struct json_object *wanted = lab_json_get(pod_spec, "nodeSelector");

	if (!json_object_is_type(wanted, json_type_object))
		return true;
	json_object_object_foreach(wanted, key, value)
	{
		const char *is = lab_json_key(node, "metadata.labels", key);

		if (*is && strcmp(is, json_object_get_string(value)) != 0)
			return false;
	}
	return true;
}

/* --- host ports ---------------------------------------------------------- */

static int64_t host_port(struct json_object *port, bool host_network)
{
	int64_t number = lab_json_int(port, "hostPort", 0);

	return number || !host_network ? number : lab_json_int(port, "containerPort", 0);
}

/* Whether the host ports of `pod` are free on `node`; claims them if `claim`. */
static bool ports_are_free(struct scheduler *s, struct json_object *pod, const char *node,
			   bool claim)
{
	bool host_network = lab_json_bool(pod, "spec.hostNetwork", false);

	for (size_t i = 0; i < lab_json_count(pod, "spec.containers"); i++) {
		struct json_object *container = lab_json_item(pod, "spec.containers", i);

		for (size_t j = 0; j < lab_json_count(container, "ports"); j++) {
			struct json_object *port = lab_json_item(container, "ports", j);
			const char *protocol = lab_json_string(port, "protocol");
			int64_t number = host_port(port, host_network);
			char key[64];

			snprintf(key, sizeof(key), "%s %s/%lld", node, *protocol ? protocol : "TCP",
				 (long long)number);
			if (!number)
				continue;
			if (!claim && json_object_object_get_ex(s->ports, key, NULL))
				return false;
			if (claim)
				cp_set_add(s->cp, s->ports, key, "");
		}
	}
	return true;
}

/* --- choosing ------------------------------------------------------------ */

static void assign(struct scheduler *s, struct json_object *pod, size_t node)
{
	const char *name = lab_object_name(node_at(s->cp, node));

	cp_put_string(s->cp, lab_json_get(pod, "spec"), "nodeName", name);
	cp_put_string(s->cp, lab_json_get(pod, "status"), "phase", "Running");
	ports_are_free(s, pod, name, true);
	s->total[node]++;
	s->group[node]++;
}

static bool fits(struct scheduler *s, struct json_object *pod, size_t node)
{
	return cp_node_suits(node_at(s->cp, node), lab_json_get(pod, "spec")) &&
	       ports_are_free(s, pod, lab_object_name(node_at(s->cp, node)), false);
}

/* Fewest pods of the workload, then fewest pods at all, then the first. */
static size_t choose(struct scheduler *s, struct json_object *pod)
{
	size_t best = node_count(s->cp);

	for (size_t i = 0; i < node_count(s->cp); i++) {
		if (best < node_count(s->cp) &&
		    (s->group[i] > s->group[best] ||
		     (s->group[i] == s->group[best] && s->total[i] >= s->total[best])))
			continue;
		if (fits(s, pod, i))
			best = i;
	}
	return best;
}

/* A pod that finds no node waits, as in Kubernetes: phase Pending, no address. */
static void leave_pending(struct scheduler *s, struct json_object *pod, const struct cp_doc *doc)
{
	json_object_object_del(lab_json_get(pod, "spec"), "nodeName");
	json_object_object_del(lab_json_get(pod, "metadata.annotations"), LAB_NETNS_ANNOTATION);
	json_object_object_del(lab_json_get(pod, "status"), "conditions");
	cp_put_string(s->cp, lab_json_get(pod, "status"), "phase", "Pending");
	cp_warn(s->cp, doc, cp_pod_path(doc), "pod %s is not run: no node suits it",
		lab_object_name(pod));
}

/* --- pods that have a node already ---------------------------------------- */

static const char *earlier_node(struct scheduler *s, struct json_object *pod)
{
	char key[384];

	snprintf(key, sizeof(key), "%s/%s", lab_object_namespace(pod), lab_object_name(pod));
	return lab_json_key(s->before, "", key);
}

/* Those that were placed before or by the manifest. They come first, so that
 * others are spread around them. */
static void place_fixed(struct scheduler *s, struct json_object *pod, const struct cp_doc *doc)
{
	const char *named = lab_json_string(pod, "spec.nodeName");
	bool is_named = *named != '\0';
	size_t node = find_node(s->cp, is_named ? named : earlier_node(s, pod));
	bool is_found = node < node_count(s->cp);
	char field[64];

	if (is_named && !is_found) {
		snprintf(field, sizeof(field), "%s.nodeName", cp_pod_path(doc));
		cp_warn(s->cp, doc, field, "the lab has no node %.64s; any will do", named);
	}
	json_object_object_del(lab_json_get(pod, "spec"), "nodeName");
	cp_put_string(s->cp, lab_json_get(pod, "status"), "phase", "Pending");
	if (!is_found)
		return;
	if (is_named ? ports_are_free(s, pod, lab_object_name(node_at(s->cp, node)), false)
		     : fits(s, pod, node))
		assign(s, pod, node);
	else if (is_named)
		leave_pending(s, pod, doc);
}

/* Not placed yet; what was left pending has no conditions. */
static bool is_waiting(struct json_object *pod)
{
	return !*lab_json_string(pod, "spec.nodeName") && lab_json_get(pod, "status.conditions");
}

static void place_group(struct scheduler *s, size_t first, size_t end)
{
	memset(s->group, 0, sizeof(s->group));
	for (size_t i = first; i < end; i++) {
		const char *name =
			lab_json_string(lab_json_item(s->cp->pods, "", i), "spec.nodeName");
		size_t node = find_node(s->cp, name);

		if (node < node_count(s->cp))
			s->group[node]++;
	}
	for (size_t i = first; i < end; i++) {
		struct json_object *pod = lab_json_item(s->cp->pods, "", i);
		size_t node;

		if (!is_waiting(pod))
			continue;
		node = choose(s, pod);
		if (node < node_count(s->cp))
			assign(s, pod, node);
		else
			leave_pending(s, pod, s->cp->pod_docs[i]);
	}
}

static void remember(struct scheduler *s)
{
	struct json_object *pod;
	size_t at = 0;

	while ((pod = lab_objects_next(s->cp->previous, "Pod", &at))) {
		const char *node = lab_json_string(pod, "spec.nodeName");
		char key[384];

		snprintf(key, sizeof(key), "%s/%s", lab_object_namespace(pod),
			 lab_object_name(pod));
		if (*node)
			cp_set_add(s->cp, s->before, key, node);
	}
}

static void warn_of_labels(struct cp *cp, const struct cp_doc *doc)
{
	struct json_object *wanted =
		lab_json_get(doc->object, doc->kind == CP_POD ? "spec.nodeSelector"
							      : "spec.template.spec.nodeSelector");
	char field[64];

	if (!json_object_is_type(wanted, json_type_object))
		return;
	snprintf(field, sizeof(field), "%s.nodeSelector", cp_pod_path(doc));
	json_object_object_foreach(wanted, key, value)
	{
		(void)value;
		if (!*lab_json_key(node_at(cp, 0), "metadata.labels", key))
			cp_warn(cp, doc, field, "nodes of the lab have no label %.80s; ignored",
				key);
	}
}

void cp_place_pods(struct cp *cp)
{
	struct scheduler s = {.cp = cp};
	size_t count = lab_json_count(cp->pods, "");

	s.before = json_object_new_object();
	s.ports = json_object_new_object();
	if (!s.before || !s.ports)
		cp->oom = true;
	remember(&s);
	for (size_t i = 0; i < count && !cp->oom; i++)
		place_fixed(&s, lab_json_item(cp->pods, "", i), cp->pod_docs[i]);
	for (size_t first = 0, end; first < count && !cp->oom; first = end) {
		for (end = first + 1; end < count && cp->pod_docs[end] == cp->pod_docs[first];)
			end++;
		warn_of_labels(cp, cp->pod_docs[first]);
		place_group(&s, first, end);
	}
	json_object_put(s.before);
	json_object_put(s.ports);
}
