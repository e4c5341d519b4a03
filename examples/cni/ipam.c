/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "ipam.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "address.h"

typedef const struct k8snet_json value_t;

static const char *get_type(struct plugin *p)
{
	value_t *ipam = k8snet_json_get_any_case(k8snet_cni_request_get_config(p->request), "ipam");

	return k8snet_json_get_string(k8snet_json_get_any_case(ipam, "type"));
}

/* The one of this program that the configuration names; NULL: another program. */
static const struct plugin_type *get_own(struct plugin *p)
{
	const char *type = get_type(p);

	if (type && !strcmp(type, type_host_local.name))
		return &type_host_local;
	return type && !strcmp(type, type_static.name) ? &type_static : NULL;
}

bool ipam_is_wanted(struct plugin *p)
{
	const char *type = get_type(p);

	return type && *type;
}

static int add_delegated(struct plugin *p, struct k8snet_cni_result *result)
{
	_cleanup_result_ struct k8snet_cni_result *theirs = NULL;
	int r = k8snet_cni_request_delegate_ipam(p->request, K8SNET_CNI_ADD, &theirs);

	return r < 0 ? r : k8snet_cni_result_append(result, theirs);
}

int ipam_add(struct plugin *p, struct k8snet_cni_result *result)
{
	const struct plugin_type *own = get_own(p);
	int r;

	/* An ADD that is repeated for nothing fails when it makes the link. */
	p->adopts_leases = true;
	r = own ? own->add(p, result) : add_delegated(p, result);

	if (r == 0 && !k8snet_cni_result_next_ip(result, NULL))
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "ipam: no address was given");
	/* By the specification DEL follows ADD also if that is what failed. */
	if (r < 0)
		ipam_undo(p);
	return r;
}

void ipam_undo(struct plugin *p)
{
	const struct plugin_type *own = get_own(p);
	struct saved_error error;

	plugin_save_error(p, &error);
	if (!own)
		(void)k8snet_cni_request_delegate_ipam(p->request, K8SNET_CNI_DEL, NULL);
	else if (p->has_new_leases)
		(void)own->del(p);
	p->has_new_leases = false;
	plugin_restore_error(p, &error);
}

static int run(struct plugin *p, enum k8snet_cni_command command, int (*own)(struct plugin *p))
{
	if (!ipam_is_wanted(p))
		return 0;
	if (!get_own(p))
		return k8snet_cni_request_delegate_ipam(p->request, command, NULL);
	return own ? own(p) : 0;
}

int ipam_del(struct plugin *p)
{
	const struct plugin_type *own = get_own(p);

	return run(p, K8SNET_CNI_DEL, own ? own->del : NULL);
}

int ipam_check(struct plugin *p)
{
	const struct plugin_type *own = get_own(p);

	return run(p, K8SNET_CNI_CHECK, own ? own->check : NULL);
}

int ipam_status(struct plugin *p)
{
	const struct plugin_type *own = get_own(p);

	return run(p, K8SNET_CNI_STATUS, own ? own->status : NULL);
}

int ipam_gc(struct plugin *p)
{
	const struct plugin_type *own = get_own(p);

	return run(p, K8SNET_CNI_GC, own ? own->gc : NULL);
}

/* --- routes ---------------------------------------------------------------------- */

static int read_numbers(struct plugin *p, value_t *value, struct k8snet_cni_route *route)
{
	int64_t mtu = 0, advmss = 0, priority = 0, table = -1, scope = -1;
	int r = k8snet_cni_request_read_integer(p->request, value, "mtu", 0, UINT32_MAX, &mtu);

	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, value, "advmss", 0, UINT32_MAX,
						    &advmss);
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, value, "priority", 0, UINT32_MAX,
						    &priority);
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, value, "table", 0, UINT32_MAX,
						    &table);
	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, value, "scope", 0, 255, &scope);
	if (r == 0)
		r = k8snet_cni_route_set_mtu(route, (uint32_t)mtu);
	if (r == 0)
		r = k8snet_cni_route_set_advmss(route, (uint32_t)advmss);
	if (r == 0)
		r = k8snet_cni_route_set_priority(route, (uint32_t)priority);
	if (r == 0)
		r = k8snet_cni_route_set_table(route, table);
	return r < 0 ? r : k8snet_cni_route_set_scope(route, (int)scope);
}

static int read_route(struct plugin *p, value_t *value, struct k8snet_cni_result *result)
{
	struct k8snet_prefix destination = {0};
	struct k8snet_address gateway = {0};
	struct k8snet_cni_route *route;
	int r = k8snet_cni_request_read_prefix(p->request, value, "dst", &destination);

	if (r == 0 && !destination.address.family)
		return k8snet_cni_request_refuse(p->request, value, "dst is missing");
	if (r == 0)
		r = k8snet_cni_request_read_address(p->request, value, "gw", &gateway);
	if (r == 0 && gateway.family && gateway.family != destination.address.family)
		return k8snet_cni_request_refuse(p->request, k8snet_json_get_any_case(value, "gw"),
						 "%s is of another family than %s",
						 address_text(&gateway), prefix_text(&destination));
	destination = prefix_mask(&destination);
	if (r == 0)
		r = k8snet_cni_result_add_route(result, &route, &destination);
	if (r == 0 && gateway.family)
		r = k8snet_cni_route_set_gateway(route, &gateway);
	return r < 0 ? r : read_numbers(p, value, route);
}

int ipam_read_routes(struct plugin *p, struct k8snet_cni_result *result)
{
	value_t *list = NULL, *value = NULL;
	int r = k8snet_cni_request_read_array(p->request, NULL, "ipam.routes", &list);

	while (r == 0 && (value = k8snet_json_next(list, value)))
		r = read_route(p, value, result);
	return r;
}

/* --- into the result of the plugin ------------------------------------------------ */

static int add_ips(const struct k8snet_cni_result *ipam, int index,
		   struct k8snet_cni_result *result)
{
	const struct k8snet_cni_ip *from = NULL;
	struct k8snet_cni_ip *ip;
	int r = 0;

	while (r == 0 && (from = k8snet_cni_result_next_ip(ipam, from))) {
		r = k8snet_cni_result_add_ip(result, &ip, k8snet_cni_ip_get_address(from));
		if (r == 0)
			r = k8snet_cni_ip_set_gateway(ip, k8snet_cni_ip_get_gateway(from));
		if (r == 0)
			r = k8snet_cni_ip_set_interface(ip, index);
	}
	return r;
}

static int add_routes(const struct k8snet_cni_result *ipam, struct k8snet_cni_result *result)
{
	const struct k8snet_cni_route *from = NULL;
	struct k8snet_cni_route *route;
	int r = 0;

	while (r == 0 && (from = k8snet_cni_result_next_route(ipam, from))) {
		r = k8snet_cni_result_add_route(result, &route,
						k8snet_cni_route_get_destination(from));
		if (r == 0)
			r = k8snet_cni_route_set_gateway(route, k8snet_cni_route_get_gateway(from));
		if (r == 0)
			r = k8snet_cni_route_set_mtu(route, k8snet_cni_route_get_mtu(from));
		if (r == 0)
			r = k8snet_cni_route_set_advmss(route, k8snet_cni_route_get_advmss(from));
		if (r == 0)
			r = k8snet_cni_route_set_priority(route,
							  k8snet_cni_route_get_priority(from));
		if (r == 0)
			r = k8snet_cni_route_set_table(route, k8snet_cni_route_get_table(from));
		if (r == 0)
			r = k8snet_cni_route_set_scope(route, k8snet_cni_route_get_scope(from));
	}
	return r;
}

static int add_texts(const struct k8snet_cni_result *ipam, struct k8snet_cni_result *result,
		     const char *(*get)(const struct k8snet_cni_result *result, size_t index),
		     int (*add)(struct k8snet_cni_result *result, const char *text))
{
	const char *text;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && (text = get(ipam, i)); i++)
		r = add(result, text);
	return r;
}

/* That of the network stands in the place of that of IPAM. */
static int add_dns(struct plugin *p, const struct k8snet_cni_result *ipam,
		   struct k8snet_cni_result *result)
{
	value_t *dns = k8snet_json_get_any_case(k8snet_cni_request_get_config(p->request), "dns");
	int r;

	if (k8snet_json_count(dns) || !ipam)
		return k8snet_cni_request_read_dns(p->request, result);
	r = add_texts(ipam, result, k8snet_cni_result_get_nameserver,
		      k8snet_cni_result_add_nameserver);
	if (r == 0)
		r = add_texts(ipam, result, k8snet_cni_result_get_search,
			      k8snet_cni_result_add_search);
	if (r == 0)
		r = add_texts(ipam, result, k8snet_cni_result_get_option,
			      k8snet_cni_result_add_option);
	if (r == 0 && k8snet_cni_result_get_domain(ipam))
		r = k8snet_cni_result_set_domain(result, k8snet_cni_result_get_domain(ipam));
	return r;
}

int ipam_add_to_result(struct plugin *p, const struct k8snet_cni_result *ipam, int index,
		       struct k8snet_cni_result *result)
{
	int r = ipam ? add_ips(ipam, index, result) : 0;

	if (r == 0 && ipam)
		r = add_routes(ipam, result);
	return r < 0 ? r : add_dns(p, ipam, result);
}
