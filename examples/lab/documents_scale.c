/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "lab.h"
#include "report.h"

static bool is_scalable(struct json_object *object)
{
	return lab_object_is(object, "Deployment") || lab_object_is(object, "StatefulSet") ||
	       lab_object_is(object, "ReplicaSet") ||
	       lab_object_is(object, "ReplicationController");
}

static bool is_named(struct json_object *object, const char *name)
{
	const char *slash = strchr(name, '/');
	size_t length = slash ? (size_t)(slash - name) : 0;

	if (strcmp(lab_object_name(object), slash ? slash + 1 : name) != 0)
		return false;
	return !slash || (strlen(lab_object_namespace(object)) == length &&
			  strncmp(lab_object_namespace(object), name, length) == 0);
}

static bool put(struct json_object *object, const char *key, struct json_object *value)
{
	if (object && value && json_object_object_add(object, key, value) == 0)
		return true;
	json_object_put(value);
	return false;
}

int lab_documents_scale(struct json_object *documents, const char *name, unsigned int replicas,
			struct lab_summary *summary)
{
	struct json_object *found = NULL, *object;

	if (replicas > LAB_MAX_OBJECTS)
		return lab_error(summary, "%.200s=%u: the limit is %d", name, replicas,
				 LAB_MAX_OBJECTS);
	for (size_t i = 0; i < lab_json_count(documents, ""); i++) {
		struct json_object *document = lab_json_item(documents, "", i);

		object = lab_json_get(document, "object");
		if (!is_scalable(object) || !is_named(object, name))
			continue;
		if (found) {
			lab_error(summary, "%.200s: several of this name, say NAMESPACE/NAME",
				  name);
			return -EEXIST;
		}
		found = document;
	}
	if (!found) {
		lab_error(summary,
			  "%.200s: no Deployment, StatefulSet, ReplicaSet or "
			  "ReplicationController of this name",
			  name);
		return -ENOENT;
	}
	object = lab_json_get(found, "object.spec");
	if (!put(object, "replicas", json_object_new_int64(replicas)) ||
	    !put(found, "scaled", json_object_new_boolean(1)))
		return -ENOMEM;
	return 0;
}
