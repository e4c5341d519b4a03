/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What status, plan and graph have in common. */
#include <errno.h>
#include <string.h>

#include "view.h"

static int fail(const char *what, int code)
{
	fprintf(stderr, LAB_PROGRAM ": %s: %s\n", what, strerror(-code));
	return LAB_FAILED;
}

static int load_files(struct lab_view *view)
{
	struct json_object *documents = NULL;
	int r = lab_read_objects(&view->options, NULL, &documents, &view->objects, &view->summary);

	json_object_put(documents);
	lab_summary_print_errors(&view->summary, stderr);
	if (r == -ENOMEM)
		return fail("reading manifests", r);
	if (r == 0 && !view->options.quiet)
		lab_summary_print_notes(&view->summary, stderr);
	return r < 0 ? LAB_FAILED : LAB_OK;
}

static int load_state(struct lab_view *view)
{
	struct json_object *saved = NULL;
	char path[512];
	int r;

	if (view->options.given) {
		fprintf(stderr, LAB_PROGRAM
			": options that shape a lab go with -f FILE, a running one has them\n");
		return LAB_USAGE;
	}
	r = lab_state_read(view->options.name, LAB_STATE_OPTIONS, &saved);
	if (r == 0)
		r = lab_options_from_json(&view->options, saved);
	json_object_put(saved);
	if (r == 0)
		r = lab_state_read_objects(view->options.name, &view->objects);
	view->is_running = r == 0;
	if (r == -ENOENT) {
		fprintf(stderr, LAB_PROGRAM ": there is no lab \"%s\"; give -f FILE\n",
			view->options.name);
		return LAB_FAILED;
	}
	return r < 0 ? fail(lab_state_path(path, sizeof(path), view->options.name, NULL), r)
		     : LAB_OK;
}

static int index_slices(struct lab_view *view)
{
	struct json_object *slice;
	size_t at = 0;

	view->slices = json_object_new_object();
	while (view->slices && (slice = lab_objects_next(view->objects, "EndpointSlice", &at))) {
		struct json_object *list = NULL;
		char key[384];

		snprintf(key, sizeof(key), "%s/%s", lab_object_namespace(slice),
			 lab_json_key(slice, "metadata.labels", "kubernetes.io/service-name"));
		if (!json_object_object_get_ex(view->slices, key, &list)) {
			list = json_object_new_array();
			if (!list || json_object_object_add(view->slices, key, list) < 0) {
				json_object_put(list);
				return -ENOMEM;
			}
		}
		if (json_object_array_add(list, json_object_get(slice)) < 0) {
			json_object_put(slice);
			return -ENOMEM;
		}
	}
	return view->slices ? 0 : -ENOMEM;
}

static bool has_one_namespace(const struct lab_view *view)
{
	const char *first = NULL;

	for (size_t i = 0; i < lab_json_count(view->objects, ""); i++) {
		struct json_object *object = lab_json_item(view->objects, "", i);

		if (lab_object_is(object, "Node"))
			continue;
		if (!first)
			first = lab_object_namespace(object);
		if (strcmp(first, lab_object_namespace(object)) != 0)
			return false;
	}
	return true;
}

int lab_view_load(struct lab_view *view, const struct lab_options *options)
{
	int status;

	*view = (struct lab_view){.options = *options};
	status = options->file_count ? load_files(view) : load_state(view);
	if (status == LAB_OK && index_slices(view) < 0)
		status = fail("loading", -ENOMEM);
	view->has_one_namespace = status == LAB_OK && has_one_namespace(view);
	if (status != LAB_OK)
		lab_view_free(view);
	return status;
}

void lab_view_free(struct lab_view *view)
{
	json_object_put(view->objects);
	json_object_put(view->slices);
	lab_summary_free(&view->summary);
	view->objects = NULL;
	view->slices = NULL;
}

/* --- endpoints ------------------------------------------------------------- */

/* The port of the slice that goes with the service's; 0: none. */
static int slice_port(struct json_object *slice, struct json_object *port)
{
	for (size_t i = 0; i < lab_json_count(slice, "ports"); i++) {
		struct json_object *item = lab_json_item(slice, "ports", i);

		if (strcmp(lab_json_string(item, "name"), lab_json_string(port, "name")) == 0 &&
		    strcmp(lab_json_string(item, "protocol"), lab_json_string(port, "protocol")) ==
			    0)
			return (int)lab_json_int(item, "port", 0);
	}
	return 0;
}

static int walk_slice(struct json_object *slice, int port, lab_endpoint_fn fn, void *data)
{
	for (size_t i = 0; i < lab_json_count(slice, "endpoints"); i++) {
		struct json_object *item = lab_json_item(slice, "endpoints", i);
		struct lab_endpoint endpoint = {
			.address = lab_json_string(lab_json_item(item, "addresses", 0), ""),
			.port = port,
			.node = lab_json_string(item, "nodeName"),
			.pod_namespace = lab_json_string(item, "targetRef.namespace"),
			.pod = lab_json_string(item, "targetRef.name"),
		};
		int r;

		if (!lab_json_bool(item, "conditions.ready", true))
			continue;
		r = fn(data, &endpoint);
		if (r)
			return r;
	}
	return 0;
}

int lab_view_endpoints(const struct lab_view *view, struct json_object *service, size_t port,
		       lab_endpoint_fn fn, void *data)
{
	struct json_object *slices = NULL;
	char key[384];

	snprintf(key, sizeof(key), "%s/%s", lab_object_namespace(service),
		 lab_object_name(service));
	json_object_object_get_ex(view->slices, key, &slices);
	for (size_t i = 0; i < lab_json_count(slices, ""); i++) {
		struct json_object *slice = lab_json_item(slices, "", i);
		int number = slice_port(slice, lab_json_item(service, "spec.ports", port));
		int r = number ? walk_slice(slice, number, fn, data) : 0;

		if (r)
			return r;
	}
	return 0;
}

/* --- ingress rules ----------------------------------------------------------- */

static void fill_backend(struct lab_rule *rule, struct json_object *backend)
{
	const char *name = lab_json_string(backend, "service.port.name");

	rule->service = lab_json_string(backend, "service.name");
	if (*name)
		snprintf(rule->port, sizeof(rule->port), "%.64s", name);
	else
		snprintf(rule->port, sizeof(rule->port), "%lld",
			 (long long)lab_json_int(backend, "service.port.number", 0));
}

static int walk_paths(struct json_object *ingress, struct json_object *from, lab_rule_fn fn,
		      void *data)
{
	for (size_t i = 0; i < lab_json_count(from, "http.paths"); i++) {
		struct json_object *path = lab_json_item(from, "http.paths", i);
		struct lab_rule rule = {
			.ingress = ingress,
			.host = lab_json_string(from, "host"),
			.path = lab_json_string(path, "path"),
			.path_type = lab_json_string(path, "pathType"),
		};
		int r;

		fill_backend(&rule, lab_json_get(path, "backend"));
		r = fn(data, &rule);
		if (r)
			return r;
	}
	return 0;
}

int lab_view_rules(struct json_object *ingress, lab_rule_fn fn, void *data)
{
	struct lab_rule rule = {.ingress = ingress, .host = "", .path = "", .path_type = "Default"};
	struct json_object *backend = lab_json_get(ingress, "spec.defaultBackend");

	for (size_t i = 0; i < lab_json_count(ingress, "spec.rules"); i++) {
		int r = walk_paths(ingress, lab_json_item(ingress, "spec.rules", i), fn, data);

		if (r)
			return r;
	}
	if (!backend)
		return 0;
	fill_backend(&rule, backend);
	return fn(data, &rule);
}

/* --- names ------------------------------------------------------------------- */

char *lab_format_endpoint(char *buffer, size_t size, const char *address, int port)
{
	bool is_v6 = strchr(address, ':') != NULL;

	snprintf(buffer, size, "%s%s%s:%d", is_v6 ? "[" : "", address, is_v6 ? "]" : "", port);
	return buffer;
}

const char *lab_families_name(enum lab_families families)
{
	return families == LAB_DUAL ? "dual stack" : families == LAB_IPV6 ? "IPv6" : "IPv4";
}

const char *lab_mode_name(enum k8snet_mode mode)
{
	return mode == K8SNET_MODE_OVERLAY ? "overlay" : "route";
}

const char *lab_link_name(enum k8snet_link link)
{
	return link == K8SNET_LINK_PTP ? "ptp" : "bridge";
}

/* --- output ------------------------------------------------------------------ */

FILE *lab_output_open(const struct lab_options *options)
{
	FILE *out;

	if (!options->output || strcmp(options->output, "-") == 0)
		return stdout;
	out = fopen(options->output, "we");
	if (!out)
		fail(options->output, -errno);
	return out;
}

int lab_output_close(const struct lab_options *options, FILE *out)
{
	bool failed = ferror(out) != 0;

	errno = 0;
	if (out == stdout)
		failed |= fflush(out) != 0;
	else
		failed |= fclose(out) != 0;
	if (failed)
		return fail(out == stdout ? "standard output" : options->output,
			    errno ? -errno : -EIO);
	return LAB_OK;
}
