/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model/ingress_table.h"

K8SNET_EXPORT const char *
k8snet_ingress_route_get_namespace(const struct k8snet_ingress_route *route)
{
	return route->namespace_;
}

K8SNET_EXPORT const char *k8snet_ingress_route_get_ingress(const struct k8snet_ingress_route *route)
{
	return route->ingress;
}

K8SNET_EXPORT const char *k8snet_ingress_route_get_host(const struct k8snet_ingress_route *route)
{
	return route->host;
}

K8SNET_EXPORT const char *k8snet_ingress_route_get_path(const struct k8snet_ingress_route *route)
{
	return route->path;
}

K8SNET_EXPORT enum k8snet_path_type
k8snet_ingress_route_get_path_type(const struct k8snet_ingress_route *route)
{
	return route->path_type;
}

K8SNET_EXPORT const char *k8snet_ingress_route_get_service(const struct k8snet_ingress_route *route)
{
	return route->service;
}

K8SNET_EXPORT const char *
k8snet_ingress_route_get_port_name(const struct k8snet_ingress_route *route)
{
	return route->port_name;
}

K8SNET_EXPORT uint16_t
k8snet_ingress_route_get_port_number(const struct k8snet_ingress_route *route)
{
	return route->port_number;
}
