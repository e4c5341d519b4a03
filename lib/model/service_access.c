/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Who may use a service, who serves it, and whether a node does. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/service.h"
#include "model/spec.h"

#define MAX_CIDR_TEXT 64

/* As kube-proxy takes it: white space around it, and bits after its length. */
static int parse_range(const struct where *at, const char *text, struct k8snet_prefix *out)
{
	char trimmed[MAX_CIDR_TEXT];
	size_t length;

	if (!text)
		return where_missing(at, NULL);
	text += strspn(text, " \t\r\n");
	length = strlen(text);
	while (length && isspace((unsigned char)text[length - 1]))
		length--;
	snprintf(trimmed, sizeof(trimmed), "%.*s", length < 1000 ? (int)length : 1000, text);
	if (length >= sizeof(trimmed) || parse_prefix(out, trimmed) < 0)
		return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
				   "\"%s\" is not a CIDR (address/length)",
				   printable(text, length).text);
	*out = prefix_mask(out);
	return 0;
}

int service_spec_add_source_range(const struct where *at, struct service_spec *spec,
				  const char *cidr)
{
	struct k8snet_prefix prefix, *item;
	int r;

	r = parse_range(at, cidr, &prefix);
	if (r < 0)
		return r;
	vec_foreach (&spec->source_ranges, item)
		if (item->length == prefix.length &&
		    k8snet_address_is_equal(&item->address, &prefix.address))
			return 0;
	item = vec_push(&spec->source_ranges);
	if (!item)
		return where_no_memory(at);
	*item = prefix;
	return 1;
}

K8SNET_EXPORT int k8snet_service_add_source_range(struct k8snet_service *service, const char *cidr)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "cidr", &at);
	if (r == 0)
		r = service_spec_add_source_range(&at, &service->spec, cidr);
	return object_edited(&service->object, r);
}

K8SNET_EXPORT const struct k8snet_prefix *
k8snet_service_get_source_range(const struct k8snet_service *service, size_t index)
{
	return index < service->spec.source_ranges.count ? &service->spec.source_ranges.items[index]
							 : NULL;
}

K8SNET_EXPORT int k8snet_service_clear_source_ranges(struct k8snet_service *service)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "source_ranges", &at);
	if (r == 0 && service->spec.source_ranges.count) {
		vec_done(&service->spec.source_ranges);
		r = 1;
	}
	return object_edited(&service->object, r);
}

/* --- who serves it -------------------------------------------------------- */

int service_spec_set_proxy_name(const struct where *at, struct service_spec *spec,
				struct strings *strings, const char *name)
{
	int r = name && *name ? check_text(at, NULL, name, check_label_value) : 0;

	return r < 0 ? r : spec_set_string(at, strings, &spec->proxy_name, name);
}

K8SNET_EXPORT int k8snet_service_set_proxy_name(struct k8snet_service *service, const char *name)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "proxy_name", &at);
	if (r == 0)
		r = service_spec_set_proxy_name(&at, &service->spec, service->object.strings, name);
	return object_edited(&service->object, r);
}

K8SNET_EXPORT const char *k8snet_service_get_proxy_name(const struct k8snet_service *service)
{
	return service->spec.proxy_name;
}

/* --- health --------------------------------------------------------------- */

K8SNET_EXPORT int k8snet_service_set_health_check_node_port(struct k8snet_service *service,
							    uint16_t port)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "port", &at);
	if (r == 0 && service->spec.health_check_node_port != port) {
		service->spec.health_check_node_port = port;
		r = 1;
	}
	return object_edited(&service->object, r);
}

K8SNET_EXPORT uint16_t
k8snet_service_get_health_check_node_port(const struct k8snet_service *service)
{
	return service->spec.health_check_node_port;
}
