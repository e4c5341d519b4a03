/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "cni/result.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"
#include "cni/request.h"

K8SNET_EXPORT int k8snet_cni_result_new(struct k8snet_cni_result **out, struct k8snet_ctx *ctx)
{
	struct k8snet_cni_result *result = calloc(1, sizeof(*result));

	if (!result)
		return ctx_no_memory(ctx);
	result->refs = 1;
	result->ctx = k8snet_ctx_ref(ctx);
	*out = result;
	return 0;
}

K8SNET_EXPORT struct k8snet_cni_result *k8snet_cni_result_ref(struct k8snet_cni_result *result)
{
	result->refs++;
	return result;
}

static void free_interface(struct k8snet_cni_interface *interface)
{
	free(interface->name);
	free(interface->mac);
	free(interface->sandbox);
	free(interface->socket_path);
	free(interface->pci_id);
	free(interface);
}

static void cut_strings(struct cni_strings *strings, size_t count)
{
	while (strings->count > count)
		free(strings->items[--strings->count]);
}

struct cni_result_mark cni_result_mark(const struct k8snet_cni_result *result)
{
	return (struct cni_result_mark){
		.interfaces = result->interfaces.count,
		.ips = result->ips.count,
		.routes = result->routes.count,
		.nameservers = result->nameservers.count,
		.search = result->search.count,
		.options = result->options.count,
	};
}

void cni_result_return(struct k8snet_cni_result *result, const struct cni_result_mark *mark)
{
	while (result->interfaces.count > mark->interfaces)
		free_interface(result->interfaces.items[--result->interfaces.count]);
	while (result->ips.count > mark->ips)
		free(result->ips.items[--result->ips.count]);
	while (result->routes.count > mark->routes)
		free(result->routes.items[--result->routes.count]);
	cut_strings(&result->nameservers, mark->nameservers);
	cut_strings(&result->search, mark->search);
	cut_strings(&result->options, mark->options);
}

K8SNET_EXPORT void k8snet_cni_result_clear(struct k8snet_cni_result *result)
{
	const struct cni_result_mark empty = {0};

	cni_result_return(result, &empty);
	free(steal_pointer(result->domain));
}

static void free_result(struct k8snet_cni_result *result)
{
	k8snet_cni_result_clear(result);
	vec_done(&result->interfaces);
	vec_done(&result->ips);
	vec_done(&result->routes);
	vec_done(&result->nameservers);
	vec_done(&result->search);
	vec_done(&result->options);
	k8snet_ctx_unref(result->ctx);
	free(result);
}

K8SNET_EXPORT struct k8snet_cni_result *k8snet_cni_result_unref(struct k8snet_cni_result *result)
{
	if (result && --result->refs == 0)
		free_result(result);
	return NULL;
}

static int refuse(struct k8snet_ctx *ctx, const char *field, const char *what)
{
	const struct error_at at = {.layer = K8SNET_LAYER_NONE,
				    .id = K8SNET_MSG_BAD_ARGUMENT,
				    .object = "result",
				    .operation = field};

	return ctx_error(ctx, -EINVAL, &at, "%s", what);
}

/* --- strings ------------------------------------------------------------------- */

/* NULL and "" unset. */
static int set_string(struct k8snet_ctx *ctx, const char *field, char **to, const char *text)
{
	const char *what = text ? cni_check_plain(text) : NULL;
	char *copy = NULL;

	if (what)
		return refuse(ctx, field, what);
	if (text && text[0]) {
		copy = strdup(text);
		if (!copy)
			return ctx_no_memory(ctx);
	}
	free(*to);
	*to = copy;
	return 0;
}

static int add_string(struct k8snet_ctx *ctx, const char *field, struct cni_strings *to,
		      const char *text)
{
	const char *what = text && text[0] ? cni_check_plain(text) : "is empty";
	char **item;

	if (what)
		return refuse(ctx, field, what);
	if (vec_reserve(to, 1) < 0)
		return ctx_no_memory(ctx);
	item = vec_push(to);
	*item = strdup(text);
	if (*item)
		return 0;
	to->count--;
	return ctx_no_memory(ctx);
}

static const char *get_string(const struct cni_strings *strings, size_t index)
{
	return index < strings->count ? strings->items[index] : NULL;
}

/* --- interfaces ------------------------------------------------------------------ */

int cni_result_add_interface(struct k8snet_cni_result *result, struct k8snet_cni_interface **out,
			     const char *name)
{
	struct k8snet_cni_interface *interface = calloc(1, sizeof(*interface));

	if (interface)
		interface->name = strdup(name);
	if (!interface || !interface->name || vec_reserve(&result->interfaces, 1) < 0) {
		if (interface)
			free_interface(interface);
		return ctx_no_memory(result->ctx);
	}
	interface->result = result;
	interface->index = (unsigned int)result->interfaces.count;
	*vec_push(&result->interfaces) = interface;
	if (out)
		*out = interface;
	return 0;
}

K8SNET_EXPORT int k8snet_cni_result_add_interface(struct k8snet_cni_result *result,
						  struct k8snet_cni_interface **out,
						  const char *name)
{
	const char *what = name ? cni_check_ifname(name) : "is missing";

	if (what)
		return refuse(result->ctx, "interfaces[].name", what);
	return cni_result_add_interface(result, out, name);
}

K8SNET_EXPORT struct k8snet_cni_interface *
k8snet_cni_result_next_interface(const struct k8snet_cni_result *result,
				 const struct k8snet_cni_interface *prev)
{
	size_t index = prev ? prev->index + 1 : 0;

	return index < result->interfaces.count ? result->interfaces.items[index] : NULL;
}

K8SNET_EXPORT const char *
k8snet_cni_interface_get_name(const struct k8snet_cni_interface *interface)
{
	return interface->name;
}

K8SNET_EXPORT unsigned int
k8snet_cni_interface_get_index(const struct k8snet_cni_interface *interface)
{
	return interface->index;
}

K8SNET_EXPORT int k8snet_cni_interface_set_mac(struct k8snet_cni_interface *interface,
					       const char *mac)
{
	return set_string(interface->result->ctx, "interfaces[].mac", &interface->mac, mac);
}

K8SNET_EXPORT int k8snet_cni_interface_set_mac_bytes(struct k8snet_cni_interface *interface,
						     const uint8_t *mac)
{
	char text[18];

	if (!mac)
		return k8snet_cni_interface_set_mac(interface, NULL);
	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return k8snet_cni_interface_set_mac(interface, text);
}

K8SNET_EXPORT const char *k8snet_cni_interface_get_mac(const struct k8snet_cni_interface *interface)
{
	return interface->mac;
}

K8SNET_EXPORT int k8snet_cni_interface_set_sandbox(struct k8snet_cni_interface *interface,
						   const char *sandbox)
{
	return set_string(interface->result->ctx, "interfaces[].sandbox", &interface->sandbox,
			  sandbox);
}

K8SNET_EXPORT const char *
k8snet_cni_interface_get_sandbox(const struct k8snet_cni_interface *interface)
{
	return interface->sandbox;
}

K8SNET_EXPORT int k8snet_cni_interface_set_mtu(struct k8snet_cni_interface *interface, uint32_t mtu)
{
	interface->mtu = mtu;
	return 0;
}

K8SNET_EXPORT uint32_t k8snet_cni_interface_get_mtu(const struct k8snet_cni_interface *interface)
{
	return interface->mtu;
}

K8SNET_EXPORT int k8snet_cni_interface_set_socket_path(struct k8snet_cni_interface *interface,
						       const char *path)
{
	return set_string(interface->result->ctx, "interfaces[].socketPath",
			  &interface->socket_path, path);
}

K8SNET_EXPORT const char *
k8snet_cni_interface_get_socket_path(const struct k8snet_cni_interface *interface)
{
	return interface->socket_path;
}

K8SNET_EXPORT int k8snet_cni_interface_set_pci_id(struct k8snet_cni_interface *interface,
						  const char *pci_id)
{
	return set_string(interface->result->ctx, "interfaces[].pciID", &interface->pci_id, pci_id);
}

K8SNET_EXPORT const char *
k8snet_cni_interface_get_pci_id(const struct k8snet_cni_interface *interface)
{
	return interface->pci_id;
}

/* --- addresses ------------------------------------------------------------------- */

static bool is_prefix(const struct k8snet_prefix *prefix)
{
	return prefix && ((prefix->address.family == 4 && prefix->length <= 32) ||
			  (prefix->address.family == 6 && prefix->length <= 128));
}

/* NULL unsets. */
static int set_gateway(struct k8snet_ctx *ctx, const char *field, uint8_t family,
		       struct k8snet_address *to, const struct k8snet_address *gateway)
{
	if (gateway && gateway->family != family)
		return refuse(ctx, field, "is not of the family of the address");
	*to = gateway ? *gateway : (struct k8snet_address){0};
	return 0;
}

K8SNET_EXPORT int k8snet_cni_result_add_ip(struct k8snet_cni_result *result,
					   struct k8snet_cni_ip **out,
					   const struct k8snet_prefix *address)
{
	struct k8snet_cni_ip *ip;

	if (!is_prefix(address))
		return refuse(result->ctx, "ips[].address", "is not an address");
	ip = vec_reserve(&result->ips, 1) < 0 ? NULL : calloc(1, sizeof(*ip));
	if (!ip)
		return ctx_no_memory(result->ctx);
	*ip = (struct k8snet_cni_ip){.result = result,
				     .index = (unsigned int)result->ips.count,
				     .address = *address,
				     .interface = -1};
	*vec_push(&result->ips) = ip;
	if (out)
		*out = ip;
	return 0;
}

K8SNET_EXPORT struct k8snet_cni_ip *
k8snet_cni_result_next_ip(const struct k8snet_cni_result *result, const struct k8snet_cni_ip *prev)
{
	size_t index = prev ? prev->index + 1 : 0;

	return index < result->ips.count ? result->ips.items[index] : NULL;
}

K8SNET_EXPORT const struct k8snet_prefix *k8snet_cni_ip_get_address(const struct k8snet_cni_ip *ip)
{
	return &ip->address;
}

K8SNET_EXPORT int k8snet_cni_ip_set_gateway(struct k8snet_cni_ip *ip,
					    const struct k8snet_address *gateway)
{
	return set_gateway(ip->result->ctx, "ips[].gateway", ip->address.address.family,
			   &ip->gateway, gateway);
}

K8SNET_EXPORT const struct k8snet_address *k8snet_cni_ip_get_gateway(const struct k8snet_cni_ip *ip)
{
	return ip->gateway.family ? &ip->gateway : NULL;
}

K8SNET_EXPORT int k8snet_cni_ip_set_interface(struct k8snet_cni_ip *ip, int index)
{
	if (index < -1 || (index >= 0 && (size_t)index >= ip->result->interfaces.count))
		return refuse(ip->result->ctx, "ips[].interface", "is not one of the interfaces");
	ip->interface = index;
	return 0;
}

K8SNET_EXPORT int k8snet_cni_ip_get_interface(const struct k8snet_cni_ip *ip)
{
	return ip->interface;
}

/* --- routes ---------------------------------------------------------------------- */

K8SNET_EXPORT int k8snet_cni_result_add_route(struct k8snet_cni_result *result,
					      struct k8snet_cni_route **out,
					      const struct k8snet_prefix *destination)
{
	struct k8snet_cni_route *route;

	if (!is_prefix(destination))
		return refuse(result->ctx, "routes[].dst", "is not a network");
	route = vec_reserve(&result->routes, 1) < 0 ? NULL : calloc(1, sizeof(*route));
	if (!route)
		return ctx_no_memory(result->ctx);
	*route = (struct k8snet_cni_route){.result = result,
					   .index = (unsigned int)result->routes.count,
					   .destination = *destination,
					   .table = -1,
					   .scope = -1};
	*vec_push(&result->routes) = route;
	if (out)
		*out = route;
	return 0;
}

K8SNET_EXPORT struct k8snet_cni_route *
k8snet_cni_result_next_route(const struct k8snet_cni_result *result,
			     const struct k8snet_cni_route *prev)
{
	size_t index = prev ? prev->index + 1 : 0;

	return index < result->routes.count ? result->routes.items[index] : NULL;
}

K8SNET_EXPORT const struct k8snet_prefix *
k8snet_cni_route_get_destination(const struct k8snet_cni_route *route)
{
	return &route->destination;
}

K8SNET_EXPORT int k8snet_cni_route_set_gateway(struct k8snet_cni_route *route,
					       const struct k8snet_address *gateway)
{
	return set_gateway(route->result->ctx, "routes[].gw", route->destination.address.family,
			   &route->gateway, gateway);
}

K8SNET_EXPORT const struct k8snet_address *
k8snet_cni_route_get_gateway(const struct k8snet_cni_route *route)
{
	return route->gateway.family ? &route->gateway : NULL;
}

K8SNET_EXPORT int k8snet_cni_route_set_mtu(struct k8snet_cni_route *route, uint32_t mtu)
{
	route->mtu = mtu;
	return 0;
}

K8SNET_EXPORT uint32_t k8snet_cni_route_get_mtu(const struct k8snet_cni_route *route)
{
	return route->mtu;
}

K8SNET_EXPORT int k8snet_cni_route_set_advmss(struct k8snet_cni_route *route, uint32_t advmss)
{
	route->advmss = advmss;
	return 0;
}

K8SNET_EXPORT uint32_t k8snet_cni_route_get_advmss(const struct k8snet_cni_route *route)
{
	return route->advmss;
}

K8SNET_EXPORT int k8snet_cni_route_set_priority(struct k8snet_cni_route *route, uint32_t priority)
{
	route->priority = priority;
	return 0;
}

K8SNET_EXPORT uint32_t k8snet_cni_route_get_priority(const struct k8snet_cni_route *route)
{
	return route->priority;
}

K8SNET_EXPORT int k8snet_cni_route_set_table(struct k8snet_cni_route *route, int64_t table)
{
	if (table < -1 || table > UINT32_MAX)
		return refuse(route->result->ctx, "routes[].table", "is not 0 to 4294967295");
	route->table = table;
	return 0;
}

K8SNET_EXPORT int64_t k8snet_cni_route_get_table(const struct k8snet_cni_route *route)
{
	return route->table;
}

K8SNET_EXPORT int k8snet_cni_route_set_scope(struct k8snet_cni_route *route, int scope)
{
	if (scope < -1 || scope > UINT8_MAX)
		return refuse(route->result->ctx, "routes[].scope", "is not 0 to 255");
	route->scope = scope;
	return 0;
}

K8SNET_EXPORT int k8snet_cni_route_get_scope(const struct k8snet_cni_route *route)
{
	return route->scope;
}

/* --- DNS ------------------------------------------------------------------------- */

K8SNET_EXPORT int k8snet_cni_result_add_nameserver(struct k8snet_cni_result *result,
						   const char *nameserver)
{
	return add_string(result->ctx, "dns.nameservers", &result->nameservers, nameserver);
}

K8SNET_EXPORT const char *k8snet_cni_result_get_nameserver(const struct k8snet_cni_result *result,
							   size_t index)
{
	return get_string(&result->nameservers, index);
}

K8SNET_EXPORT int k8snet_cni_result_add_search(struct k8snet_cni_result *result, const char *domain)
{
	return add_string(result->ctx, "dns.search", &result->search, domain);
}

K8SNET_EXPORT const char *k8snet_cni_result_get_search(const struct k8snet_cni_result *result,
						       size_t index)
{
	return get_string(&result->search, index);
}

K8SNET_EXPORT int k8snet_cni_result_add_option(struct k8snet_cni_result *result, const char *option)
{
	return add_string(result->ctx, "dns.options", &result->options, option);
}

K8SNET_EXPORT const char *k8snet_cni_result_get_option(const struct k8snet_cni_result *result,
						       size_t index)
{
	return get_string(&result->options, index);
}

K8SNET_EXPORT int k8snet_cni_result_set_domain(struct k8snet_cni_result *result, const char *domain)
{
	return set_string(result->ctx, "dns.domain", &result->domain, domain);
}

K8SNET_EXPORT const char *k8snet_cni_result_get_domain(const struct k8snet_cni_result *result)
{
	return result->domain;
}
