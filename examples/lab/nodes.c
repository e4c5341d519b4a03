/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <string.h>

#include "controlplane.h"
#include "report.h"

#if defined(__aarch64__)
#define ARCHITECTURE "arm64"
#elif defined(__x86_64__)
#define ARCHITECTURE "amd64"
#else
#define ARCHITECTURE "unknown"
#endif

static void put_metadata(struct cp *cp, struct json_object *node, const char *name)
{
	struct json_object *metadata = lab_json_get(node, "metadata"), *labels, *annotations;
	char path[256];

	labels = cp_object(cp, metadata, "labels");
	cp_put_string(cp, labels, "kubernetes.io/hostname", name);
	cp_put_string(cp, labels, "kubernetes.io/os", "linux");
	cp_put_string(cp, labels, "kubernetes.io/arch", ARCHITECTURE);
	annotations = cp_object(cp, metadata, "annotations");
	snprintf(path, sizeof(path), LAB_NETNS_DIR "/%s-%s", cp->options->name, name);
	cp_put_string(cp, annotations, LAB_NETNS_ANNOTATION, path);
}

static void put_pod_cidrs(struct cp *cp, struct json_object *node, unsigned int index)
{
	struct json_object *spec = cp_object(cp, node, "spec");
	int families[2];
	size_t count = cp_families(cp->options, families);
	struct json_object *cidrs = cp_array(cp, spec, "podCIDRs");

	for (size_t i = 0; i < count; i++) {
		char cidr[K8SNET_ADDRESS_TEXT_SIZE];

		if (families[i] == 4)
			snprintf(cidr, sizeof(cidr), "10.1.%u.0/24", index);
		else
			snprintf(cidr, sizeof(cidr), "fd00:1:0:%x::/64", index);
		if (i == 0)
			cp_put_string(cp, spec, "podCIDR", cidr);
		cp_append_string(cp, cidrs, cidr);
	}
}

static void put_address(struct cp *cp, struct json_object *addresses, const char *type,
			const char *text)
{
	struct json_object *entry = cp_append(cp, addresses, json_object_new_object());

	cp_put_string(cp, entry, "type", type);
	cp_put_string(cp, entry, "address", text);
}

static bool put_status(struct cp *cp, struct json_object *node, unsigned int index,
		       const char *name)
{
	struct json_object *addresses, *condition, *status = cp_object(cp, node, "status");
	int families[2];
	size_t count = cp_families(cp->options, families);

	addresses = cp_array(cp, status, "addresses");
	for (size_t i = 0; i < count; i++) {
		char text[K8SNET_ADDRESS_TEXT_SIZE];
		struct k8snet_address address;

		if (lab_underlay_address(cp->options, families[i], index, &address) < 0)
			return false;
		k8snet_address_format(&address, text, sizeof(text));
		put_address(cp, addresses, "InternalIP", text);
	}
	put_address(cp, addresses, "Hostname", name);
	condition = cp_append(cp, cp_array(cp, status, "conditions"), json_object_new_object());
	cp_put_string(cp, condition, "type", "Ready");
	cp_put_string(cp, condition, "status", "True");
	return true;
}

void cp_make_nodes(struct cp *cp)
{
	for (unsigned int i = 1; i <= cp->options->nodes; i++) {
		struct json_object *node;
		char name[32];

		snprintf(name, sizeof(name), "node-%u", i);
		node = cp_new(cp, cp->nodes, "v1", "Node", "default", name);
		put_metadata(cp, node, name);
		put_pod_cidrs(cp, node, i);
		if (put_status(cp, node, i, name))
			continue;
		cp->failed = true;
		if (lab_error(cp->summary, "the underlay has no address for %s", name) == -ENOMEM)
			cp->oom = true;
		return;
	}
}
