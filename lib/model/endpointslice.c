/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The public functions of EndpointSlices. */
#include <errno.h>
#include <string.h>

#include "model/slice.h"
#include "model/spec.h"

#define ALL_CONDITIONS \
	(K8SNET_ENDPOINT_READY | K8SNET_ENDPOINT_SERVING | K8SNET_ENDPOINT_TERMINATING)

static int fill(struct k8snet_endpointslice *slice, struct where *at, const char *service_name,
		int family)
{
	int r;

	r = check_text(at, "service_name", service_name, check_dns_label);
	if (r < 0)
		return r;
	if (family != 4 && family != 6)
		return where_error(at, -EINVAL, K8SNET_MSG_BAD_ARGUMENT, "family",
				   "%d is not 4 or 6", family);
	r = slice_spec_init(at, &slice->spec, slice->object.strings, service_name, family);
	if (r < 0)
		return r;
	return slice_prepare(slice) < 0 ? where_no_memory(at) : 0;
}

K8SNET_EXPORT int k8snet_endpointslice_new(struct k8snet_endpointslice **out,
					   struct k8snet_cluster *cluster, const char *namespace_,
					   const char *name, const char *service_name, int family)
{
	struct where at = {.ctx = cluster->ctx, .kind = MODEL_ENDPOINTSLICE, .field = "name"};
	struct model_object *object;
	int r;

	r = object_create(&object, cluster, &at, namespace_, name);
	if (r < 0)
		return r;
	at.field = "";
	r = fill(slice_of(object), &at, service_name, family);
	if (r == 0)
		r = object_insert(object, cluster, &at);
	if (r < 0) {
		object_unref(object);
		return r;
	}
	*out = slice_of(object);
	return 0;
}

K8SNET_EXPORT int k8snet_endpointslice_set_headless(struct k8snet_endpointslice *slice,
						    bool is_headless)
{
	struct where at;
	int r = object_edit(&slice->object, "headless", &at);

	if (r == 0)
		r = slice->spec.is_headless != is_headless;
	if (r > 0)
		slice->spec.is_headless = is_headless;
	return object_edited(&slice->object, r);
}

K8SNET_EXPORT bool k8snet_endpointslice_is_headless(const struct k8snet_endpointslice *slice)
{
	return slice->spec.is_headless;
}

K8SNET_EXPORT struct k8snet_endpointslice *
k8snet_endpointslice_ref(struct k8snet_endpointslice *slice)
{
	object_ref(&slice->object);
	return slice;
}

K8SNET_EXPORT struct k8snet_endpointslice *
k8snet_endpointslice_unref(struct k8snet_endpointslice *slice)
{
	if (slice)
		object_unref(&slice->object);
	return NULL;
}

K8SNET_EXPORT int k8snet_endpointslice_remove(struct k8snet_endpointslice *slice)
{
	return object_remove(&slice->object);
}

K8SNET_EXPORT struct k8snet_endpointslice *
k8snet_cluster_find_endpointslice(const struct k8snet_cluster *cluster, const char *namespace_,
				  const char *name)
{
	return slice_of(list_find(&cluster->lists[MODEL_ENDPOINTSLICE], namespace_, name));
}

K8SNET_EXPORT struct k8snet_endpointslice *
k8snet_cluster_next_endpointslice(const struct k8snet_cluster *cluster,
				  const struct k8snet_endpointslice *prev)
{
	return slice_of(list_next(&cluster->lists[MODEL_ENDPOINTSLICE], cluster,
				  prev ? &prev->object : NULL));
}

K8SNET_EXPORT struct k8snet_endpointslice *
k8snet_service_next_endpointslice(const struct k8snet_service *service,
				  const struct k8snet_endpointslice *prev)
{
	const struct model_object *object = &service->object;
	const struct slice_group *group;

	if (!object->cluster)
		return NULL;
	if (prev)
		return prev->object.cluster == object->cluster ? prev->group_next : NULL;
	group = slice_group_find(object->cluster, object->namespace_, object->name);
	return group ? group->first : NULL;
}

K8SNET_EXPORT const char *
k8snet_endpointslice_get_namespace(const struct k8snet_endpointslice *slice)
{
	return slice->object.namespace_;
}

K8SNET_EXPORT const char *k8snet_endpointslice_get_name(const struct k8snet_endpointslice *slice)
{
	return slice->object.name;
}

K8SNET_EXPORT const char *
k8snet_endpointslice_get_service_name(const struct k8snet_endpointslice *slice)
{
	return slice->spec.service_name;
}

K8SNET_EXPORT int k8snet_endpointslice_get_family(const struct k8snet_endpointslice *slice)
{
	return slice->spec.family;
}

K8SNET_EXPORT int k8snet_endpointslice_add_port(struct k8snet_endpointslice *slice,
						const char *name, enum k8snet_protocol protocol,
						uint16_t port)
{
	struct where at;
	int r;

	r = object_edit(&slice->object, "port", &at);
	if (r == 0)
		r = slice_spec_add_port(&at, &slice->spec, slice->object.strings, name ? name : "",
					(int)protocol, port);
	return object_edited(&slice->object, r);
}

K8SNET_EXPORT size_t k8snet_endpointslice_count_ports(const struct k8snet_endpointslice *slice)
{
	return slice->spec.ports.count;
}

static const struct service_port *port_at(const struct k8snet_endpointslice *slice, size_t index)
{
	static const struct service_port none = {.name = ""};

	return index < slice->spec.ports.count ? &slice->spec.ports.items[index] : &none;
}

K8SNET_EXPORT const char *
k8snet_endpointslice_get_port_name(const struct k8snet_endpointslice *slice, size_t index)
{
	return port_at(slice, index)->name;
}

K8SNET_EXPORT enum k8snet_protocol
k8snet_endpointslice_get_port_protocol(const struct k8snet_endpointslice *slice, size_t index)
{
	return port_at(slice, index)->protocol;
}

K8SNET_EXPORT uint16_t
k8snet_endpointslice_get_port_number(const struct k8snet_endpointslice *slice, size_t index)
{
	return port_at(slice, index)->port;
}

static int add_endpoint(struct where *at, struct k8snet_endpointslice *slice, const char *text,
			const char *node_name, unsigned int conditions)
{
	struct k8snet_address address;
	int r;

	r = check_address(at, text, 0, &address);
	if (r == 0 && address.family != slice->spec.family)
		r = where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
				"\"%s\" is not an IPv%u address, as the slice's", text,
				slice->spec.family);
	if (r == 0 && node_name)
		r = check_text(at, "node_name", node_name, check_dns_subdomain);
	if (r == 0 && conditions & ~(unsigned int)ALL_CONDITIONS)
		r = where_error(at, -EINVAL, K8SNET_MSG_BAD_ARGUMENT, "conditions",
				"0x%x has unknown bits", conditions);
	if (r < 0)
		return r;
	if (slice_spec_find(&slice->spec, &address))
		return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL,
				   "\"%s\" is there already", text);
	return slice_spec_add_endpoint(at, &slice->spec, slice->object.strings, &address, node_name,
				       conditions);
}

K8SNET_EXPORT int k8snet_endpointslice_add_endpoint(struct k8snet_endpointslice *slice,
						    const char *address, const char *node_name,
						    unsigned int conditions)
{
	struct where at;
	int r;

	r = object_edit(&slice->object, "address", &at);
	if (r == 0)
		r = add_endpoint(&at, slice, address, node_name, conditions);
	return object_edited(&slice->object, r);
}

static int remove_endpoint(const struct where *at, struct k8snet_endpointslice *slice,
			   const char *text)
{
	struct slice_spec *spec = &slice->spec;
	struct endpoint *endpoint;
	size_t after;
	int r;

	r = slice_spec_get(at, spec, text, &endpoint);
	if (r < 0)
		return r;
	endpoint_done(endpoint, slice->object.strings);
	after = (size_t)(spec->endpoints.items + spec->endpoints.count - endpoint) - 1;
	memmove(endpoint, endpoint + 1, after * sizeof(*endpoint));
	spec->endpoints.count--;
	return 1;
}

K8SNET_EXPORT int k8snet_endpointslice_remove_endpoint(struct k8snet_endpointslice *slice,
						       const char *address)
{
	struct where at;
	int r;

	r = object_edit(&slice->object, "address", &at);
	if (r == 0)
		r = remove_endpoint(&at, slice, address);
	return object_edited(&slice->object, r);
}

K8SNET_EXPORT size_t k8snet_endpointslice_count_endpoints(const struct k8snet_endpointslice *slice)
{
	return slice->spec.endpoints.count;
}

static const struct endpoint *endpoint_at(const struct k8snet_endpointslice *slice, size_t index)
{
	return index < slice->spec.endpoints.count ? &slice->spec.endpoints.items[index] : NULL;
}

K8SNET_EXPORT int
k8snet_endpointslice_get_endpoint_address(const struct k8snet_endpointslice *slice, size_t index,
					  struct k8snet_address *out)
{
	const struct endpoint *endpoint = endpoint_at(slice, index);

	if (!endpoint)
		return -ENOENT;
	out->family = slice->spec.family;
	memcpy(out->bytes, endpoint->address, sizeof(out->bytes));
	return 0;
}

K8SNET_EXPORT const char *
k8snet_endpointslice_get_endpoint_node_name(const struct k8snet_endpointslice *slice, size_t index)
{
	const struct endpoint *endpoint = endpoint_at(slice, index);

	return endpoint ? endpoint->node_name : NULL;
}

K8SNET_EXPORT unsigned int
k8snet_endpointslice_get_endpoint_conditions(const struct k8snet_endpointslice *slice, size_t index)
{
	const struct endpoint *endpoint = endpoint_at(slice, index);

	return endpoint ? endpoint->conditions : 0;
}

K8SNET_EXPORT int k8snet_endpointslice_clear_ports(struct k8snet_endpointslice *slice)
{
	struct where at;
	int r = object_edit(&slice->object, "ports", &at);

	if (r == 0 && slice->spec.ports.count) {
		service_ports_done(&slice->spec.ports, slice->object.strings);
		r = 1;
	}
	return object_edited(&slice->object, r);
}

K8SNET_EXPORT int k8snet_endpointslice_clear_endpoints(struct k8snet_endpointslice *slice)
{
	const struct endpoint *endpoint;
	struct where at;
	int r = object_edit(&slice->object, "endpoints", &at);

	if (r < 0 || !slice->spec.endpoints.count)
		return r;
	vec_foreach (&slice->spec.endpoints, endpoint)
		endpoint_done(endpoint, slice->object.strings);
	vec_done(&slice->spec.endpoints);
	return object_edited(&slice->object, 1);
}
