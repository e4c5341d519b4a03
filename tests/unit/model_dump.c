/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "model_dump.h"

#include <k8snet/k8snet.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/strbuf.h"
#include "model/ingress.h"

static const char *text_of(const char *text)
{
	return text ? text : "-";
}

static void dump_address(struct strbuf *b, const struct k8snet_address *address)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(b, " %s", k8snet_address_format(address, text, sizeof(text)));
}

static void dump_mac(struct strbuf *b, const uint8_t *mac)
{
	for (int i = 0; mac && i < 6; i++)
		strbuf_printf(b, "%c%02x", i ? ':' : ' ', mac[i]);
}

static void dump_settings(struct strbuf *b, const struct k8snet_cluster *c)
{
	const struct k8snet_prefix *prefix;
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(b, "cluster generation %llu skipped %zu",
		      (unsigned long long)k8snet_cluster_get_generation(c),
		      k8snet_cluster_get_skipped(c));
	strbuf_printf(b, " services-only %d", k8snet_cluster_is_services_only(c));
	strbuf_printf(b, " mode %d link %d direct %d bridge %s vni %u port %u mtu %u mark %x",
		      k8snet_cluster_get_mode(c), k8snet_cluster_get_link(c),
		      k8snet_cluster_has_direct_routing(c), k8snet_cluster_get_bridge_name(c),
		      k8snet_cluster_get_overlay_vni(c), k8snet_cluster_get_overlay_port(c),
		      k8snet_cluster_get_mtu(c), k8snet_cluster_get_masquerade_mark(c));
	for (size_t i = 0; (prefix = k8snet_cluster_get_pod_cidr(c, i)); i++)
		strbuf_printf(b, " %s", k8snet_prefix_format(prefix, text, sizeof(text)));
	strbuf_printf(b, " masquerade all %d local %d ports", k8snet_cluster_is_masquerading_all(c),
		      k8snet_cluster_get_local_detection(c));
	for (size_t i = 0; (prefix = k8snet_cluster_get_node_port_cidr(c, i)); i++)
		strbuf_printf(b, " %s", k8snet_prefix_format(prefix, text, sizeof(text)));
	strbuf_add(b, " services");
	for (size_t i = 0; (prefix = k8snet_cluster_get_service_cidr(c, i)); i++)
		strbuf_printf(b, " %s", k8snet_prefix_format(prefix, text, sizeof(text)));
	for (size_t i = 0; k8snet_cluster_get_pod_interface(c, i); i++)
		strbuf_printf(b, " %s", k8snet_cluster_get_pod_interface(c, i));
	strbuf_printf(b, " counters %d reset %d", k8snet_cluster_has_counters(c),
		      k8snet_cluster_is_resetting_connections(c));
	strbuf_printf(b, "\ncounts %zu %zu %zu %zu %zu\n", k8snet_cluster_count_nodes(c),
		      k8snet_cluster_count_pods(c), k8snet_cluster_count_services(c),
		      k8snet_cluster_count_endpointslices(c), k8snet_cluster_count_ingresses(c));
}

static void dump_node(struct strbuf *b, const struct k8snet_node *n)
{
	const struct k8snet_address *address;
	const struct k8snet_prefix *prefix;
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(b, "node %s uplink %s %u zone %s macs", k8snet_node_get_name(n),
		      text_of(k8snet_node_get_uplink_name(n)), k8snet_node_get_uplink_mtu(n),
		      text_of(k8snet_node_get_zone(n)));
	dump_mac(b, k8snet_node_get_overlay_mac(n, 4));
	dump_mac(b, k8snet_node_get_overlay_mac(n, 6));
	for (size_t i = 0; (address = k8snet_node_get_address(n, i)); i++)
		dump_address(b, address);
	for (size_t i = 0; (prefix = k8snet_node_get_pod_cidr(n, i)); i++)
		strbuf_printf(b, " %s", k8snet_prefix_format(prefix, text, sizeof(text)));
	strbuf_add(b, "\n");
}

static void dump_pod(struct strbuf *b, const struct k8snet_pod *p)
{
	const struct k8snet_address *address;
	const char *key;

	strbuf_printf(b, "pod %s/%s node %s netns %s interface %s link %s host %d mac",
		      k8snet_pod_get_namespace(p), k8snet_pod_get_name(p),
		      text_of(k8snet_pod_get_node_name(p)), text_of(k8snet_pod_get_netns(p)),
		      k8snet_pod_get_interface(p), k8snet_pod_get_link_name(p),
		      k8snet_pod_has_host_network(p));
	dump_mac(b, k8snet_pod_get_mac(p));
	for (size_t i = 0; (address = k8snet_pod_get_address(p, i)); i++)
		dump_address(b, address);
	for (size_t i = 0; (key = k8snet_pod_get_label_key(p, i)); i++)
		strbuf_printf(b, " %s=%s", key, k8snet_pod_get_label(p, key));
	strbuf_add(b, "\n");
}

static void dump_slice(struct strbuf *b, const struct k8snet_endpointslice *s)
{
	struct k8snet_address address;

	strbuf_printf(b, "slice %s/%s of %s family %d", k8snet_endpointslice_get_namespace(s),
		      k8snet_endpointslice_get_name(s), k8snet_endpointslice_get_service_name(s),
		      k8snet_endpointslice_get_family(s));
	for (size_t i = 0; i < k8snet_endpointslice_count_ports(s); i++)
		strbuf_printf(
			b, " %s/%s:%u", k8snet_endpointslice_get_port_name(s, i),
			k8snet_protocol_get_name(k8snet_endpointslice_get_port_protocol(s, i)),
			k8snet_endpointslice_get_port_number(s, i));
	for (size_t i = 0; !k8snet_endpointslice_get_endpoint_address(s, i, &address); i++) {
		dump_address(b, &address);
		strbuf_printf(b, "@%s:%u",
			      text_of(k8snet_endpointslice_get_endpoint_node_name(s, i)),
			      k8snet_endpointslice_get_endpoint_conditions(s, i));
		strbuf_printf(b, "*%u(%s;%s)", k8snet_endpointslice_get_endpoint_weight(s, i),
			      text_of(k8snet_endpointslice_get_endpoint_node_hints(s, i)),
			      text_of(k8snet_endpointslice_get_endpoint_zone_hints(s, i)));
	}
	strbuf_add(b, "\n");
}

static void dump_service(struct strbuf *b, const struct k8snet_service *s)
{
	const struct k8snet_endpointslice *slice = NULL;
	const struct k8snet_prefix *range;
	const char *key;
	const struct k8snet_address *a;
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(b, "service %s/%s type %d affinity %u external %d internal %d headless %d",
		      k8snet_service_get_namespace(s), k8snet_service_get_name(s),
		      k8snet_service_get_type(s), k8snet_service_get_session_affinity(s),
		      k8snet_service_get_external_traffic_policy(s),
		      k8snet_service_get_internal_traffic_policy(s), k8snet_service_is_headless(s));
	for (size_t i = 0; (a = k8snet_service_get_cluster_ip(s, i)); i++)
		dump_address(b, a);
	strbuf_add(b, " external");
	for (size_t i = 0; (a = k8snet_service_get_external_ip(s, i)); i++)
		dump_address(b, a);
	strbuf_add(b, " lb");
	for (size_t i = 0; (a = k8snet_service_get_load_balancer_ip(s, i)); i++)
		dump_address(b, a);
	strbuf_printf(b, " balancing %s",
		      k8snet_load_balancing_get_name(k8snet_service_get_load_balancing(s)));
	strbuf_printf(b, " health %u proxy %s ranges", k8snet_service_get_health_check_node_port(s),
		      text_of(k8snet_service_get_proxy_name(s)));
	for (size_t i = 0; (range = k8snet_service_get_source_range(s, i)); i++)
		strbuf_printf(b, " %s", k8snet_prefix_format(range, text, sizeof(text)));
	for (size_t i = 0; i < k8snet_service_count_ports(s); i++)
		strbuf_printf(b, " %s/%s:%u:%u", k8snet_service_get_port_name(s, i),
			      k8snet_protocol_get_name(k8snet_service_get_port_protocol(s, i)),
			      k8snet_service_get_port_number(s, i),
			      k8snet_service_get_port_node_port(s, i));
	for (size_t i = 0; (key = k8snet_service_get_selector_key(s, i)); i++)
		strbuf_printf(b, " %s=%s", key, k8snet_service_get_selector(s, key));
	strbuf_add(b, " slices");
	while ((slice = k8snet_service_next_endpointslice(s, slice)))
		strbuf_printf(b, " %s", k8snet_endpointslice_get_name(slice));
	strbuf_add(b, "\n");
}

static void dump_backend(struct strbuf *b, const struct ingress_backend *backend)
{
	strbuf_printf(b, " -> %s:%s:%u", text_of(backend->service), text_of(backend->port_name),
		      backend->port_number);
}

static void dump_ingress(struct strbuf *b, const struct k8snet_ingress *in)
{
	const struct ingress_rule *rule;

	strbuf_printf(b, "ingress %s/%s class %s", k8snet_ingress_get_namespace(in),
		      k8snet_ingress_get_name(in), text_of(k8snet_ingress_get_class_name(in)));
	dump_backend(b, &in->spec.default_backend);
	vec_foreach (&in->spec.rules, rule) {
		strbuf_printf(b, " [%s]%s(%d)", rule->host, rule->path, rule->path_type);
		dump_backend(b, &rule->backend);
	}
	strbuf_add(b, "\n");
}

char *model_dump(const struct k8snet_cluster *c)
{
	struct strbuf b = {0};
	const struct k8snet_node *node = NULL;
	const struct k8snet_pod *pod = NULL;
	const struct k8snet_service *service = NULL;
	const struct k8snet_endpointslice *slice = NULL;
	const struct k8snet_ingress *ingress = NULL;
	char *text;

	dump_settings(&b, c);
	while ((node = k8snet_cluster_next_node(c, node)))
		dump_node(&b, node);
	while ((pod = k8snet_cluster_next_pod(c, pod)))
		dump_pod(&b, pod);
	while ((service = k8snet_cluster_next_service(c, service)))
		dump_service(&b, service);
	while ((slice = k8snet_cluster_next_endpointslice(c, slice)))
		dump_slice(&b, slice);
	while ((ingress = k8snet_cluster_next_ingress(c, ingress)))
		dump_ingress(&b, ingress);
	if (strbuf_finish(&b, &text) < 0)
		abort();
	return text;
}
