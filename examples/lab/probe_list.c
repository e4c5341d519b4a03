/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "probe.h"

static bool grow(struct probe *probe)
{
	size_t capacity = probe->capacity ? probe->capacity * 2 : 256;
	struct probe_flow *bigger;

	if (probe->count < probe->capacity)
		return true;
	bigger = realloc(probe->flows, capacity * sizeof(*bigger));
	if (!bigger)
		return false;
	probe->flows = bigger;
	probe->capacity = capacity;
	return true;
}

struct probe_flow *probe_add(struct probe *probe, const char *what, const char *netns,
			     uint8_t protocol, const struct k8snet_address *destination,
			     uint16_t port)
{
	char *copy = probe->error ? NULL : strdup(netns);
	struct probe_flow *flow;

	if (!copy || !grow(probe)) {
		free(copy);
		probe->error = probe->error ? probe->error : -ENOMEM;
		return NULL;
	}
	flow = &probe->flows[probe->count++];
	*flow = (struct probe_flow){
		.what = what, .netns = copy, .protocol = protocol, .port = port};
	if (destination)
		flow->destination = *destination;
	return flow;
}

static void format_target(const struct probe_flow *flow, char *buffer, size_t size)
{
	const char *protocol = k8snet_protocol_get_name((enum k8snet_protocol)flow->protocol);
	char address[K8SNET_ADDRESS_TEXT_SIZE];
	bool six = flow->destination.family == 6;

	*buffer = '\0';
	if (!flow->destination.family)
		return;
	k8snet_address_format(&flow->destination, address, sizeof(address));
	snprintf(buffer, size, " %s%s%s:%u/%s", six ? "[" : "", address, six ? "]" : "", flow->port,
		 protocol ? protocol : "?");
}

void probe_name(struct probe *probe, struct probe_flow *flow, const char *from, const char *format,
		...)
{
	char target[128], name[1024];
	va_list args;

	va_start(args, format);
	vsnprintf(name, sizeof(name), format, args);
	va_end(args);
	format_target(flow, target, sizeof(target));
	flow->from = strdup(from);
	if (asprintf(&flow->to, "%s%s", name, target) < 0)
		flow->to = NULL;
	if (!flow->from || !flow->to)
		probe->error = -ENOMEM;
}

void probe_free(struct probe *probe)
{
	size_t i;

	for (i = 0; i < probe->count; i++) {
		free(probe->flows[i].from);
		free(probe->flows[i].to);
		free(probe->flows[i].netns);
		free(probe->flows[i].expected.items);
	}
	free(probe->flows);
	probe->flows = NULL;
	probe->count = probe->capacity = 0;
}

void probe_expect(struct probe_flow *flow, struct probe_endpoints *endpoints)
{
	flow->expected = *endpoints;
	*endpoints = (struct probe_endpoints){.items = NULL};
}

bool probe_wants(const struct probe *probe, const char *kind, const char *namespace_,
		 const char *name)
{
	return !probe->wanted || lab_objects_find(probe->wanted, kind, namespace_, name);
}

bool probe_is_local(enum k8snet_traffic_policy policy)
{
	return policy == K8SNET_TRAFFIC_LOCAL;
}

bool probe_has_protocol(uint8_t protocol)
{
	int type = protocol == IPPROTO_UDP ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(AF_INET, type | SOCK_CLOEXEC, protocol);

	if (fd >= 0)
		close(fd);
	return fd >= 0;
}

const struct k8snet_address *probe_cluster_ip(const struct k8snet_service *service, int family)
{
	const struct k8snet_address *address;
	size_t i;

	for (i = 0; (address = k8snet_service_get_cluster_ip(service, i)); i++)
		if (address->family == family)
			return address;
	return NULL;
}

void probe_service_name(const struct k8snet_service *service, size_t port, char *buffer,
			size_t size)
{
	const char *name = k8snet_service_get_port_name(service, port);
	int n = snprintf(buffer, size, "%s/%s", k8snet_service_get_namespace(service),
			 k8snet_service_get_name(service));

	if (*name && n > 0 && (size_t)n < size)
		snprintf(buffer + n, size - (size_t)n, ":%s", name);
}

/* --- endpoints ----------------------------------------------------------- */

/* What is looked for in the slices of a service. */
struct search {
	struct probe *probe;
	const char *port_name, *node;
	enum k8snet_protocol protocol;
	int family;
	unsigned int mask, conditions; /* (have & mask) == conditions */
	struct probe_endpoints *out;
	bool *whole;
};

static void add_endpoint(struct search *search, const struct k8snet_address *address, uint16_t port)
{
	const struct lab_pod *pod =
		lab_pods_find_listener(&search->probe->run->pods, address, search->protocol, port);
	struct probe_endpoints *out = search->out;
	struct probe_endpoint *bigger;

	if (!pod) {
		*search->whole = false;
		return;
	}
	bigger = realloc(out->items, (out->count + 1) * sizeof(*bigger));
	if (!bigger) {
		search->probe->error = -ENOMEM;
		return;
	}
	out->items = bigger;
	out->items[out->count++] = (struct probe_endpoint){pod, *address, port};
}

static void search_slice(struct search *search, const struct k8snet_endpointslice *slice,
			 uint16_t port)
{
	struct k8snet_address address;
	const char *node;
	size_t i;

	for (i = 0; !k8snet_endpointslice_get_endpoint_address(slice, i, &address); i++) {
		node = k8snet_endpointslice_get_endpoint_node_name(slice, i);
		if ((k8snet_endpointslice_get_endpoint_conditions(slice, i) & search->mask) !=
		    search->conditions)
			continue;
		if (!search->node || (node && !strcmp(node, search->node)))
			add_endpoint(search, &address, port);
	}
}

static void search_service(struct search *search, const struct k8snet_service *service)
{
	const struct k8snet_endpointslice *slice = NULL;
	size_t i;

	while ((slice = k8snet_service_next_endpointslice(service, slice))) {
		if (k8snet_endpointslice_get_family(slice) != search->family)
			continue;
		for (i = 0; i < k8snet_endpointslice_count_ports(slice); i++)
			if (k8snet_endpointslice_get_port_protocol(slice, i) == search->protocol &&
			    !strcmp(k8snet_endpointslice_get_port_name(slice, i),
				    search->port_name))
				search_slice(search, slice,
					     k8snet_endpointslice_get_port_number(slice, i));
	}
}

/* Those that are ready; if there are none, those that end and still serve. */
void probe_endpoints_of(struct probe *probe, const struct k8snet_service *service, size_t port,
			int family, const char *node, struct probe_endpoints *out, bool *whole)
{
	struct search search = {.probe = probe,
				.port_name = k8snet_service_get_port_name(service, port),
				.protocol = k8snet_service_get_port_protocol(service, port),
				.node = node,
				.family = family,
				.mask = K8SNET_ENDPOINT_READY,
				.conditions = K8SNET_ENDPOINT_READY,
				.out = out,
				.whole = whole};

	*out = (struct probe_endpoints){.items = NULL};
	*whole = true;
	search_service(&search, service);
	if (out->count || !*whole)
		return;
	search.mask = search.conditions = K8SNET_ENDPOINT_SERVING | K8SNET_ENDPOINT_TERMINATING;
	search_service(&search, service);
}
