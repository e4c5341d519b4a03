/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Setters and getters of a service. */
#include <errno.h>
#include <string.h>

#include "model/spec.h"

/* Set a small number of the spec that is in least..most. */
#define SET_NUMBER(service, member, value, least, most)                         \
	({                                                                      \
		struct where _at;                                               \
		int _r = object_edit(&(service)->object, #member, &_at);        \
		if (_r == 0)                                                    \
			_r = check_range(&_at, NULL, (value), (least), (most)); \
		if (_r == 0 && (service)->spec.member != (value)) {             \
			(service)->spec.member = (value);                       \
			_r = 1;                                                 \
		}                                                               \
		object_edited(&(service)->object, _r);                          \
	})

K8SNET_EXPORT const char *k8snet_service_get_namespace(const struct k8snet_service *service)
{
	return service->object.namespace_;
}

K8SNET_EXPORT const char *k8snet_service_get_name(const struct k8snet_service *service)
{
	return service->object.name;
}

K8SNET_EXPORT int k8snet_service_set_type(struct k8snet_service *service,
					  enum k8snet_service_type type)
{
	return SET_NUMBER(service, type, type, K8SNET_SERVICE_CLUSTER_IP,
			  K8SNET_SERVICE_EXTERNAL_NAME);
}

K8SNET_EXPORT enum k8snet_service_type k8snet_service_get_type(const struct k8snet_service *service)
{
	return service->spec.type;
}

K8SNET_EXPORT int k8snet_service_add_cluster_ip(struct k8snet_service *service, const char *address)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "address", &at);
	if (r == 0)
		r = address_pair_add(&at, &service->spec.cluster_ips, address, CHECK_LINK_LOCAL);
	return object_edited(&service->object, r);
}

K8SNET_EXPORT const struct k8snet_address *
k8snet_service_get_cluster_ip(const struct k8snet_service *service, size_t index)
{
	const struct address_pair *pair = &service->spec.cluster_ips;

	return index < pair->count ? &pair->items[index] : NULL;
}

K8SNET_EXPORT int k8snet_service_clear_cluster_ips(struct k8snet_service *service)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "cluster_ips", &at);
	if (r == 0 && service->spec.cluster_ips.count) {
		service->spec.cluster_ips.count = 0;
		r = 1;
	}
	return object_edited(&service->object, r);
}

K8SNET_EXPORT bool k8snet_service_is_headless(const struct k8snet_service *service)
{
	return !service->spec.cluster_ips.count;
}

static int add_to_list(struct k8snet_service *service, address_list *list, const char *address,
		       unsigned int flags)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "address", &at);
	if (r == 0)
		r = address_list_add(&at, list, address, flags);
	return object_edited(&service->object, r);
}

static const struct k8snet_address *get_from_list(const address_list *list, size_t index)
{
	return index < list->count ? &list->items[index] : NULL;
}

static int clear_list(struct k8snet_service *service, address_list *list)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "addresses", &at);
	if (r == 0 && list->count) {
		vec_done(list);
		r = 1;
	}
	return object_edited(&service->object, r);
}

K8SNET_EXPORT int k8snet_service_add_external_ip(struct k8snet_service *service,
						 const char *address)
{
	return add_to_list(service, &service->spec.external_ips, address, 0);
}

K8SNET_EXPORT const struct k8snet_address *
k8snet_service_get_external_ip(const struct k8snet_service *service, size_t index)
{
	return get_from_list(&service->spec.external_ips, index);
}

K8SNET_EXPORT int k8snet_service_clear_external_ips(struct k8snet_service *service)
{
	return clear_list(service, &service->spec.external_ips);
}

K8SNET_EXPORT int k8snet_service_add_load_balancer_ip(struct k8snet_service *service,
						      const char *address)
{
	return add_to_list(service, &service->spec.load_balancer_ips, address, CHECK_LINK_LOCAL);
}

K8SNET_EXPORT const struct k8snet_address *
k8snet_service_get_load_balancer_ip(const struct k8snet_service *service, size_t index)
{
	return get_from_list(&service->spec.load_balancer_ips, index);
}

K8SNET_EXPORT int k8snet_service_clear_load_balancer_ips(struct k8snet_service *service)
{
	return clear_list(service, &service->spec.load_balancer_ips);
}

K8SNET_EXPORT int k8snet_service_add_port(struct k8snet_service *service, const char *name,
					  enum k8snet_protocol protocol, uint16_t port,
					  uint16_t node_port)
{
	const struct service_port added = {
		.name = name ? name : "",
		.protocol = (unsigned int)protocol > 255 ? 0 : (uint8_t)protocol,
		.port = port,
		.node_port = node_port,
	};
	struct where at;
	int r;

	r = object_edit(&service->object, "port", &at);
	if (r == 0)
		r = service_spec_add_port(&at, &service->spec, service->object.strings, &added);
	return object_edited(&service->object, r);
}

K8SNET_EXPORT int k8snet_service_clear_ports(struct k8snet_service *service)
{
	struct where at;
	int r;

	r = object_edit(&service->object, "ports", &at);
	if (r == 0 && service->spec.ports.count) {
		service_ports_done(&service->spec.ports, service->object.strings);
		r = 1;
	}
	return object_edited(&service->object, r);
}

K8SNET_EXPORT size_t k8snet_service_count_ports(const struct k8snet_service *service)
{
	return service->spec.ports.count;
}

static const struct service_port *port_at(const struct k8snet_service *service, size_t index)
{
	static const struct service_port none = {.name = ""};

	return index < service->spec.ports.count ? &service->spec.ports.items[index] : &none;
}

K8SNET_EXPORT const char *k8snet_service_get_port_name(const struct k8snet_service *service,
						       size_t index)
{
	return port_at(service, index)->name;
}

K8SNET_EXPORT enum k8snet_protocol
k8snet_service_get_port_protocol(const struct k8snet_service *service, size_t index)
{
	return port_at(service, index)->protocol;
}

K8SNET_EXPORT uint16_t k8snet_service_get_port_number(const struct k8snet_service *service,
						      size_t index)
{
	return port_at(service, index)->port;
}

K8SNET_EXPORT uint16_t k8snet_service_get_port_node_port(const struct k8snet_service *service,
							 size_t index)
{
	return port_at(service, index)->node_port;
}

K8SNET_EXPORT int k8snet_service_set_session_affinity(struct k8snet_service *service,
						      uint32_t seconds)
{
	return SET_NUMBER(service, session_affinity, seconds, 0, 86400);
}

K8SNET_EXPORT uint32_t k8snet_service_get_session_affinity(const struct k8snet_service *service)
{
	return service->spec.session_affinity;
}

K8SNET_EXPORT const char *k8snet_load_balancing_get_name(enum k8snet_load_balancing policy)
{
	static const char *const names[] = LOAD_BALANCING_NAMES;

	return (unsigned int)policy <= K8SNET_LOAD_BALANCING_WEIGHTED ? names[policy] : NULL;
}

K8SNET_EXPORT int k8snet_service_set_load_balancing(struct k8snet_service *service,
						    enum k8snet_load_balancing policy)
{
	return SET_NUMBER(service, load_balancing, policy, K8SNET_LOAD_BALANCING_RANDOM,
			  K8SNET_LOAD_BALANCING_WEIGHTED);
}

K8SNET_EXPORT enum k8snet_load_balancing
k8snet_service_get_load_balancing(const struct k8snet_service *service)
{
	return service->spec.load_balancing;
}

K8SNET_EXPORT int k8snet_service_set_external_traffic_policy(struct k8snet_service *service,
							     enum k8snet_traffic_policy policy)
{
	return SET_NUMBER(service, external_traffic_policy, policy, K8SNET_TRAFFIC_CLUSTER,
			  K8SNET_TRAFFIC_LOCAL);
}

K8SNET_EXPORT enum k8snet_traffic_policy
k8snet_service_get_external_traffic_policy(const struct k8snet_service *service)
{
	return service->spec.external_traffic_policy;
}

K8SNET_EXPORT int k8snet_service_set_internal_traffic_policy(struct k8snet_service *service,
							     enum k8snet_traffic_policy policy)
{
	return SET_NUMBER(service, internal_traffic_policy, policy, K8SNET_TRAFFIC_CLUSTER,
			  K8SNET_TRAFFIC_LOCAL);
}

K8SNET_EXPORT enum k8snet_traffic_policy
k8snet_service_get_internal_traffic_policy(const struct k8snet_service *service)
{
	return service->spec.internal_traffic_policy;
}
