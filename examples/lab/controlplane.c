/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "controlplane.h"
#include "report.h"

static bool start(struct cp *cp)
{
	cp->nodes = json_object_new_array();
	cp->pods = json_object_new_array();
	cp->services = json_object_new_array();
	cp->slices = json_object_new_array();
	cp->ingresses = json_object_new_array();
	return cp->nodes && cp->pods && cp->services && cp->slices && cp->ingresses;
}

static void finish(struct cp *cp)
{
	json_object_put(cp->nodes);
	json_object_put(cp->pods);
	json_object_put(cp->services);
	json_object_put(cp->slices);
	json_object_put(cp->ingresses);
	json_object_put(cp->names);
	free(cp->docs);
	free(cp->pod_docs);
}

static void run_phases(struct cp *cp)
{
	static void (*const phases[])(struct cp *) = {
		cp_make_nodes,	 cp_make_pods,	 cp_place_pods,	    cp_make_services,
		cp_address_pods, cp_make_slices, cp_make_ingresses, cp_copy_slices,
	};

	for (size_t i = 0; i < sizeof(phases) / sizeof(*phases); i++) {
		/* Pods and services do not depend on each other: name all faults. */
		if (cp->oom || (cp->failed && phases[i] != cp_make_services))
			continue;
		phases[i](cp);
	}
}

static void append_all(struct cp *cp, struct json_object *to, struct json_object *from)
{
	for (size_t i = 0; i < lab_json_count(from, ""); i++)
		cp_append(cp, to, json_object_get(lab_json_item(from, "", i)));
}

static struct json_object *assemble(struct cp *cp)
{
	struct json_object *objects = json_object_new_array();

	append_all(cp, objects, cp->nodes);
	append_all(cp, objects, cp->pods);
	append_all(cp, objects, cp->services);
	append_all(cp, objects, cp->slices);
	append_all(cp, objects, cp->ingresses);
	return objects;
}

static void count(const struct cp *cp, struct lab_summary *summary)
{
	summary->nodes = lab_json_count(cp->nodes, "");
	summary->pods = lab_json_count(cp->pods, "");
	summary->services = lab_json_count(cp->services, "");
	summary->ingresses = lab_json_count(cp->ingresses, "");
	summary->endpoints = 0;
	for (size_t i = 0; i < lab_json_count(cp->slices, ""); i++)
		summary->endpoints += lab_json_count(lab_json_item(cp->slices, "", i), "endpoints");
}

int lab_controlplane_run(const struct lab_options *options, struct json_object *documents,
			 struct json_object *previous, const char *lease_dir,
			 struct json_object **objects, struct lab_summary *summary)
{
	struct cp cp = {
		.options = options,
		.summary = summary,
		.previous = previous,
		.lease_dir = lease_dir,
	};
	int r = 0;

	*objects = NULL;
	if (!start(&cp))
		cp.oom = true;
	else
		r = cp_documents(&cp, documents);
	if (r == 0 && !cp.failed)
		run_phases(&cp);
	if (r == 0 && !cp.failed && !cp.oom) {
		*objects = assemble(&cp);
		count(&cp, summary);
	}
	if (r == 0)
		r = cp.oom ? -ENOMEM : cp.failed ? -EINVAL : 0;
	if (r < 0) {
		json_object_put(*objects);
		*objects = NULL;
	}
	finish(&cp);
	return r;
}
