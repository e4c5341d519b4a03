/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* portmap: its configuration, and the elements that this makes. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "address.h"
#include "bridge.h"
#include "portmap.h"

typedef const struct k8snet_json value_t;

#define MAX_MAPPINGS 4096

/* --- mappings ----------------------------------------------------------------------- */

static const char *get_protocol_name(uint8_t protocol)
{
	return protocol == IPPROTO_UDP ? "udp" : protocol == IPPROTO_SCTP ? "sctp" : "tcp";
}

static int read_protocol(struct plugin *p, value_t *value, uint8_t *out)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	const char *name = "tcp";
	size_t i;
	int r = k8snet_cni_request_read_string(p->request, value, "protocol", &name);

	for (i = 0; r == 0 && i < ARRAY_SIZE(protocols); i++)
		if (!strcasecmp(name, get_protocol_name(protocols[i]))) {
			*out = protocols[i];
			return 0;
		}
	return r < 0 ? r
		     : k8snet_cni_request_refuse(p->request,
						 k8snet_json_get_any_case(value, "protocol"),
						 "not tcp, udp or sctp");
}

static int read_mapping(struct plugin *p, value_t *value, struct port_mapping *out)
{
	int64_t host_port = 0, container_port = 0;
	const char *address = NULL;
	int r = k8snet_cni_request_read_integer(p->request, value, "hostPort", 1, 65535,
						&host_port);

	if (r == 0)
		r = k8snet_cni_request_read_integer(p->request, value, "containerPort", 1, 65535,
						    &container_port);
	if (r == 0 && (!host_port || !container_port))
		r = k8snet_cni_request_refuse(p->request, value, "%s is missing",
					      host_port ? "containerPort" : "hostPort");
	if (r == 0)
		r = read_protocol(p, value, &out->protocol);
	if (r == 0)
		r = k8snet_cni_request_read_string(p->request, value, "hostIP", &address);
	if (r < 0)
		return r;
	out->host_port = (uint16_t)host_port;
	out->container_port = (uint16_t)container_port;
	if (!address || !*address)
		return 0;
	if (k8snet_address_parse(&out->host_address, address) < 0)
		return k8snet_cni_request_refuse(
			p->request, k8snet_json_get_any_case(value, "hostIP"), "not an IP address");
	return 0;
}

static int read_mappings(struct plugin *p, struct portmap *map)
{
	value_t *list = NULL, *value = NULL;
	size_t count;
	int r = k8snet_cni_request_read_array(p->request, NULL, "runtimeConfig.portMappings",
					      &list);

	if (r < 0)
		return r;
	count = k8snet_json_count(list);
	if (count > MAX_MAPPINGS)
		return k8snet_cni_request_refuse(p->request, list, "more than %d port mappings",
						 MAX_MAPPINGS);
	map->mappings = calloc(count ? count : 1, sizeof(*map->mappings));
	if (!map->mappings)
		return -ENOMEM;
	while (r == 0 && (value = k8snet_json_next(list, value)))
		r = read_mapping(p, value, &map->mappings[map->n_mappings++]);
	return r;
}

/* --- the container's addresses ---------------------------------------------------------- */

static bool is_of_container(struct plugin *p, const struct k8snet_cni_result *result,
			    const struct k8snet_cni_ip *ip)
{
	const struct k8snet_cni_interface *interface = NULL;
	int index = k8snet_cni_ip_get_interface(ip);

	while (index >= 0 && (interface = k8snet_cni_result_next_interface(result, interface)))
		if ((int)k8snet_cni_interface_get_index(interface) == index)
			return !strcmp(k8snet_cni_interface_get_name(interface), p->ifname) &&
			       k8snet_cni_interface_get_sandbox(interface);
	return true;
}

/* The first one of each family. */
static void find_addresses(struct plugin *p, struct portmap *map)
{
	const struct k8snet_cni_result *result = p->prev_result;
	const struct k8snet_cni_ip *ip = NULL;

	while (result && (ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_prefix *prefix = k8snet_cni_ip_get_address(ip);
		struct k8snet_prefix *place = &map->addresses[prefix->address.family == 6];

		if (!place->address.family && is_of_container(p, result, ip))
			*place = *prefix;
	}
}

/* --- elements ------------------------------------------------------------------------------- */

static int fail_twice(struct plugin *p, const struct port_mapping *m)
{
	return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
			   "runtimeConfig.portMappings: hostPort %u/%s is mapped twice",
			   m->host_port, get_protocol_name(m->protocol));
}

static const struct nft_element *find_element(const struct portmap *map,
					      const struct nft_element *like)
{
	size_t i;

	for (i = 0; i < map->n_elements; i++)
		if (map->elements[i].family == like->family &&
		    !strcmp(map->elements[i].set, like->set) &&
		    !memcmp(map->elements[i].key, like->key, sizeof(like->key)))
			return &map->elements[i];
	return NULL;
}

static int add_translation(struct plugin *p, struct portmap *map, const struct port_mapping *m,
			   const struct k8snet_address *to, bool is_ipv6)
{
	const struct conditions *conditions = &map->conditions[is_ipv6];
	bool is_any = !m->host_address.family || address_is_unspecified(&m->host_address);
	struct nft_element element = {
		.family = nft_family(to),
		.set = is_any ? conditions->any_map : conditions->map,
		.missing = conditions->text[0] ? conditions : NULL,
	};
	const struct nft_element *other;

	if (!is_any)
		nft_put_address(element.key, &element.key_size, &m->host_address);
	nft_put_byte(element.key, &element.key_size, m->protocol);
	nft_put_port(element.key, &element.key_size, m->host_port);
	nft_put_address(element.data, &element.data_size, to);
	nft_put_port(element.data, &element.data_size, m->container_port);
	other = find_element(map, &element);
	if (other)
		return memcmp(other->data, element.data, sizeof(element.data)) ? fail_twice(p, m)
									       : 0;
	map->elements[map->n_elements++] = element;
	return 0;
}

static void add_source(struct portmap *map, const struct port_mapping *m,
		       const struct k8snet_address *to, bool is_ipv6)
{
	struct nft_element element = {
		.family = nft_family(to),
		.set = "hostport-sources",
		.chain = &map->chains[is_ipv6],
	};

	nft_put_address(element.key, &element.key_size, to);
	nft_put_byte(element.key, &element.key_size, m->protocol);
	nft_put_port(element.key, &element.key_size, m->host_port);
	if (!find_element(map, &element))
		map->elements[map->n_elements++] = element;
}

/* What comes from the container's own network would be answered past the node; what
 * comes from the node's loopback could not be answered at all. */
static void set_chain(struct portmap *map, bool is_ipv6)
{
	struct k8snet_prefix network = prefix_mask(&map->addresses[is_ipv6]);
	struct nft_chain *chain = &map->chains[is_ipv6];

	if (map->masquerades_all)
		snprintf(chain->name, sizeof(chain->name), NFT_SHARED_CHAIN);
	else
		nft_chain_hostport(chain, &network);
}

static int build(struct plugin *p, struct portmap *map)
{
	size_t i, family;
	int r = 0;

	map->elements = calloc(4 * map->n_mappings + 1, sizeof(*map->elements));
	if (!map->elements)
		return -ENOMEM;
	for (family = 0; r == 0 && family < 2; family++) {
		const struct k8snet_address *to = &map->addresses[family].address;

		if (!to->family)
			continue;
		set_chain(map, family);
		for (i = 0; r == 0 && i < map->n_mappings; i++) {
			const struct port_mapping *m = &map->mappings[i];

			if (m->host_address.family && (m->host_address.family == 6) != family)
				continue;
			r = add_translation(p, map, m, to, family);
			if (r == 0 && map->has_snat)
				add_source(map, m, to, family);
		}
	}
	return r;
}

/* --- all of it -------------------------------------------------------------------------------- */

static int read_mark(struct plugin *p)
{
	const char *chain = NULL;
	int64_t bit = -1;
	int r = k8snet_cni_request_read_integer(p->request, NULL, "markMasqBit", 0, 31, &bit);

	if (r == 0)
		r = k8snet_cni_request_read_string(p->request, NULL, "externalSetMarkChain",
						   &chain);
	if (r == 0 && chain && bit >= 0)
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				"cannot specify externalSetMarkChain and markMasqBit");
	return r;
}

int portmap_read(struct plugin *p, struct portmap *map)
{
	int r;

	*map = (struct portmap){.has_snat = true};
	r = read_boolean(p, "snat", &map->has_snat);
	if (r == 0)
		r = read_boolean(p, "masqAll", &map->masquerades_all);
	/* There is no mark here; but what is wrong there is wrong here. */
	if (r == 0)
		r = read_mark(p);
	if (r == 0)
		r = conditions_read(p, false, &map->conditions[0]);
	if (r == 0)
		r = conditions_read(p, true, &map->conditions[1]);
	if (r == 0)
		r = read_mappings(p, map);
	if (r < 0 || !p->ifname)
		return r;
	find_addresses(p, map);
	return build(p, map);
}

void portmap_done(struct portmap *map)
{
	free(map->mappings);
	free(map->elements);
	*map = (struct portmap){0};
}
