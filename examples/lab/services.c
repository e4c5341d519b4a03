/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Services: ClusterIPs, node ports and load balancer addresses. What manifests
 * ask for comes first, the rest is given out in the order of the manifests. */
#include <errno.h>
#include <string.h>

#include "controlplane.h"

struct allocator {
	struct cp *cp;
	struct json_object *addresses; /* text -> who has it */
	struct json_object *ports;     /* "TCP/30080" -> who has it */
	struct json_object *frontends; /* "10.96.0.1 TCP/80" -> who has it */
	unsigned int next_port;
	unsigned int next[2][2]; /* cluster, balancer; IPv4, IPv6 */
};

static const char *const pools[2][2] = {
	{LAB_SERVICE_CIDR4, LAB_SERVICE_CIDR6},
	{LAB_BALANCER4, LAB_BALANCER6},
};

static void who(const struct cp_doc *doc, char *out, size_t size)
{
	snprintf(out, size, "Service %s/%s", doc->namespace_, doc->name);
}

static bool is_headless(struct json_object *service)
{
	return strcmp(lab_json_string(service, "spec.clusterIP"), "None") == 0;
}

static bool has_type(struct json_object *service, const char *type)
{
	return strcmp(lab_json_string(service, "spec.type"), type) == 0;
}

/* --- families ------------------------------------------------------------ */

static int family_of(const char *name)
{
	return strcmp(name, "IPv6") == 0 ? 6 : 4;
}

static bool is_offered(const struct lab_options *options, int family)
{
	return options->families & (family == 6 ? LAB_IPV6 : LAB_IPV4);
}

static bool has_family(const int *families, size_t count, int family)
{
	return (count > 0 && families[0] == family) || (count > 1 && families[1] == family);
}

/* What the manifest names: by ipFamilies, or by the addresses it gives. */
static size_t named_families(const struct cp_doc *doc, int families[2])
{
	struct k8snet_address address;
	size_t count = lab_json_count(doc->object, "spec.ipFamilies");

	for (size_t i = 0; i < count && i < 2; i++)
		families[i] = family_of(
			lab_json_string(lab_json_item(doc->object, "spec.ipFamilies", i), ""));
	if (!count &&
	    k8snet_address_parse(&address, lab_json_string(doc->object, "spec.clusterIP")) == 0) {
		families[0] = address.family;
		count = 1;
	}
	return count < 2 ? count : 2;
}

/* What a lab of one family cannot give is a warning: the same manifest is good
 * for labs of any family. */
static size_t choose_families(struct cp *cp, const struct cp_doc *doc, int families[2])
{
	const char *policy = lab_json_string(doc->object, "spec.ipFamilyPolicy");
	bool wants_both = strcmp(policy, "PreferDualStack") == 0;
	int offered[2], named[2] = {0};
	size_t count = 0, named_count = named_families(doc, named);
	size_t offered_count = cp_families(cp->options, offered);

	if (strcmp(policy, "RequireDualStack") == 0) {
		wants_both = true;
		if (offered_count < 2)
			cp_warn(cp, doc, "spec.ipFamilyPolicy", "the lab has %s only",
				cp_family_name(offered[0]));
	}
	for (size_t i = 0; i < named_count; i++)
		if (is_offered(cp->options, named[i]))
			families[count++] = named[i];
	for (size_t i = 0; i < offered_count; i++)
		if ((wants_both || !count) && !has_family(families, count, offered[i]))
			families[count++] = offered[i];
	return count;
}

/* --- the object ---------------------------------------------------------- */

static void put_ports(struct cp *cp, struct json_object *spec, const struct cp_doc *doc)
{
	struct json_object *ports = cp_array(cp, spec, "ports");

	for (size_t i = 0; i < lab_json_count(doc->object, "spec.ports"); i++) {
		struct json_object *from = lab_json_item(doc->object, "spec.ports", i);
		struct json_object *to = cp_append(cp, ports, json_object_new_object());

		cp_copy(cp, to, "name", from);
		cp_put_string(cp, to, "protocol", cp_protocol_of(from));
		cp_copy(cp, to, "port", from);
		if (!cp_copy(cp, to, "targetPort", from))
			cp_put_int(cp, to, "targetPort", lab_json_int(from, "port", 0));
	}
}

static void put_families(struct cp *cp, struct json_object *spec, const int *families, size_t count)
{
	struct json_object *names = cp_array(cp, spec, "ipFamilies");

	for (size_t i = 0; i < count; i++)
		cp_append_string(cp, names, cp_family_name(families[i]));
}

static struct json_object *make_service(struct cp *cp, const struct cp_doc *doc)
{
	static const char *const fields[] = {"selector",
					     "sessionAffinity",
					     "sessionAffinityConfig",
					     "externalTrafficPolicy",
					     "internalTrafficPolicy",
					     "externalName",
					     "loadBalancerSourceRanges",
					     "publishNotReadyAddresses",
					     "trafficDistribution",
					     "ipFamilyPolicy"};
	struct json_object *from = lab_json_get(doc->object, "spec"), *service, *spec;
	const char *type = lab_json_string(from, "type");

	service = cp_new(cp, cp->services, "v1", "Service", doc->namespace_, doc->name);
	cp_copy(cp, lab_json_get(service, "metadata"), "labels",
		lab_json_get(doc->object, "metadata"));
	cp_copy(cp, lab_json_get(service, "metadata"), "annotations",
		lab_json_get(doc->object, "metadata"));
	spec = cp_object(cp, service, "spec");
	cp_put_string(cp, spec, "type", *type ? type : "ClusterIP");
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		cp_copy(cp, spec, fields[i], from);
	put_ports(cp, spec, doc);
	if (!has_type(service, "ExternalName") &&
	    strcmp(lab_json_string(from, "clusterIP"), "None") == 0)
		cp_put_string(cp, spec, "clusterIP", "None");
	return service;
}

/* --- what manifests ask for ---------------------------------------------- */

static bool is_in(const char *cidr, const struct k8snet_address *address)
{
	struct k8snet_prefix prefix;

	return k8snet_prefix_parse(&prefix, cidr) == 0 &&
	       k8snet_prefix_has_address(&prefix, address);
}

static bool is_of_pods(const struct k8snet_address *address)
{
	return is_in(LAB_POD_CIDR4, address) || is_in(LAB_POD_CIDR6, address);
}

/* False, with an error, if pods or nodes may have the address; with a warning, if
 * the lab lacks its family. */
static bool is_free(struct allocator *a, const struct cp_doc *doc, const char *field,
		    const struct k8snet_address *address, bool may_be_node)
{
	const struct lab_options *options = a->cp->options;
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	k8snet_address_format(address, text, sizeof(text));
	if (!is_offered(options, address->family))
		cp_warn(a->cp, doc, field, "%s left out, the lab has %s only", text,
			cp_family_name(address->family == 6 ? 4 : 6));
	else if (is_of_pods(address))
		cp_error(a->cp, doc, field, "%s is in the network of the pods", text);
	else if (!may_be_node && (k8snet_prefix_has_address(&options->underlay4, address) ||
				  k8snet_prefix_has_address(&options->underlay6, address)))
		cp_error(a->cp, doc, field, "%s is in the network of the nodes", text);
	else
		return true;
	return false;
}

static void claim_cluster_ip(struct allocator *a, const struct cp_doc *doc, const char *field,
			     const char *wanted, struct json_object *addresses)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE], owner[400];
	struct k8snet_address address;
	const char *before;

	if (k8snet_address_parse(&address, wanted) < 0) {
		cp_error(a->cp, doc, field, "\"%.64s\" is not an IP address", wanted);
		return;
	}
	if (!cp_is_usable(&address)) {
		cp_error(a->cp, doc, field, "%.64s cannot be used", wanted);
		return;
	}
	if (!is_free(a, doc, field, &address, false))
		return;
	who(doc, owner, sizeof(owner));
	before = cp_set_add(a->cp, a->addresses,
			    k8snet_address_format(&address, text, sizeof(text)), owner);
	if (before)
		cp_error(a->cp, doc, field, "%s is the address of %s", text, before);
	else
		cp_append_string(a->cp, addresses, text);
}

static void claim_cluster_ips(struct allocator *a, const struct cp_doc *doc,
			      struct json_object *spec)
{
	struct json_object *addresses = cp_array(a->cp, spec, "clusterIPs");
	const char *first = lab_json_string(doc->object, "spec.clusterIP");
	size_t count = lab_json_count(doc->object, "spec.clusterIPs");

	if (count > 2) {
		cp_error(a->cp, doc, "spec.clusterIPs", "more than two");
		return;
	}
	if (*first && !count)
		claim_cluster_ip(a, doc, "spec.clusterIP", first, addresses);
	for (size_t i = 0; i < count; i++) {
		struct json_object *item = lab_json_item(doc->object, "spec.clusterIPs", i);
		char field[64];

		snprintf(field, sizeof(field), "spec.clusterIPs[%zu]", i);
		claim_cluster_ip(a, doc, field, lab_json_string(item, ""), addresses);
	}
}

static void claim_node_ports(struct allocator *a, const struct cp_doc *doc,
			     struct json_object *spec)
{
	char owner[400], key[32], field[64];

	who(doc, owner, sizeof(owner));
	for (size_t i = 0; i < lab_json_count(spec, "ports"); i++) {
		struct json_object *from = lab_json_item(doc->object, "spec.ports", i);
		struct json_object *port = lab_json_item(spec, "ports", i);
		int64_t number = lab_json_int(from, "nodePort", 0);
		const char *before;

		if (!number)
			continue;
		snprintf(key, sizeof(key), "%s/%lld", lab_json_string(port, "protocol"),
			 (long long)number);
		snprintf(field, sizeof(field), "spec.ports[%zu].nodePort", i);
		before = cp_set_add(a->cp, a->ports, key, owner);
		if (before)
			cp_error(a->cp, doc, field, "%lld is that of %s too", (long long)number,
				 before);
		cp_put_int(a->cp, port, "nodePort", number);
	}
}

/* Several services may share an address, if their ports differ. */
static void put_balancer_ip(struct allocator *a, struct json_object *service,
			    const struct k8snet_address *address)
{
	struct json_object *status = lab_json_get(service, "status"), *ingress;

	if (!status) {
		status = cp_object(a->cp, service, "status");
		cp_array(a->cp, cp_object(a->cp, status, "loadBalancer"), "ingress");
	}
	ingress = lab_json_get(status, "loadBalancer.ingress");
	cp_put_address(a->cp, ingress, "ip", address);
}

static void claim_balancer_ip(struct allocator *a, const struct cp_doc *doc,
			      struct json_object *service)
{
	const char *wanted = lab_json_string(doc->object, "spec.loadBalancerIP");
	char text[K8SNET_ADDRESS_TEXT_SIZE], owner[400];
	struct k8snet_address address;

	if (!has_type(service, "LoadBalancer") || k8snet_address_parse(&address, wanted) < 0 ||
	    !is_free(a, doc, "spec.loadBalancerIP", &address, true))
		return;
	who(doc, owner, sizeof(owner));
	cp_set_add(a->cp, a->addresses, k8snet_address_format(&address, text, sizeof(text)), owner);
	put_balancer_ip(a, service, &address);
}

static void put_external_ips(struct allocator *a, const struct cp_doc *doc,
			     struct json_object *spec)
{
	size_t count = lab_json_count(doc->object, "spec.externalIPs");
	struct json_object *out;

	if (!count)
		return;
	out = cp_array(a->cp, spec, "externalIPs");
	for (size_t i = 0; i < count; i++) {
		struct k8snet_address address;
		char field[64];

		snprintf(field, sizeof(field), "spec.externalIPs[%zu]", i);
		if (k8snet_address_parse(
			    &address,
			    lab_json_string(lab_json_item(doc->object, "spec.externalIPs", i),
					    "")) == 0 &&
		    is_free(a, doc, field, &address, true))
			cp_put_address(a->cp, out, NULL, &address);
	}
}

static void claim(struct allocator *a, const struct cp_doc *doc)
{
	struct json_object *service = make_service(a->cp, doc);
	struct json_object *spec = lab_json_get(service, "spec");
	int families[2] = {0};
	size_t count;

	if (has_type(service, "ExternalName"))
		return;
	count = choose_families(a->cp, doc, families);
	put_families(a->cp, spec, families, count);
	if (is_headless(service)) {
		cp_append_string(a->cp, cp_array(a->cp, spec, "clusterIPs"), "None");
		return;
	}
	claim_cluster_ips(a, doc, spec);
	claim_node_ports(a, doc, spec);
	claim_balancer_ip(a, doc, service);
	put_external_ips(a, doc, spec);
}

/* --- the rest ------------------------------------------------------------ */

static bool add_offset(struct k8snet_address *address, unsigned int offset)
{
	size_t last = address->family == 6 ? 15 : 3;

	for (size_t i = 0; offset && i < 2; i++, offset >>= 8)
		address->bytes[last - i] += offset & 0xff;
	return offset == 0;
}

/* The next address of a pool that nobody asked for. */
static bool next_address(struct allocator *a, unsigned int pool, int family, const char *owner,
			 struct k8snet_address *out)
{
	unsigned int *next = &a->next[pool][family == 6];
	struct k8snet_prefix prefix;

	if (k8snet_prefix_parse(&prefix, pools[pool][family == 6]) < 0)
		return false;
	for (;;) {
		char text[K8SNET_ADDRESS_TEXT_SIZE];
		struct k8snet_address address = prefix.address;
		unsigned int limit = prefix.length == 24 ? 255 : 65535;

		if (++*next >= limit || !add_offset(&address, *next) || a->cp->oom)
			return false;
		k8snet_address_format(&address, text, sizeof(text));
		if (cp_set_add(a->cp, a->addresses, text, owner))
			continue;
		*out = address;
		return true;
	}
}

static bool has_address_of(struct json_object *addresses, const char *key, int family)
{
	for (size_t i = 0; i < lab_json_count(addresses, ""); i++) {
		struct k8snet_address address;

		if (k8snet_address_parse(
			    &address, lab_json_string(lab_json_item(addresses, "", i), key)) == 0 &&
		    address.family == family)
			return true;
	}
	return false;
}

/* clusterIPs follow ipFamilies one by one. */
static void order_cluster_ips(struct allocator *a, const struct cp_doc *doc,
			      struct json_object *spec)
{
	struct json_object *given = json_object_get(lab_json_get(spec, "clusterIPs"));
	struct json_object *ordered = cp_array(a->cp, spec, "clusterIPs");
	size_t used = 0;

	for (size_t i = 0; i < lab_json_count(spec, "ipFamilies"); i++)
		for (size_t j = 0; j < lab_json_count(given, ""); j++) {
			const char *text = lab_json_string(lab_json_item(given, "", j), "");
			struct k8snet_address address;

			if (k8snet_address_parse(&address, text) < 0 ||
			    address.family != family_of(lab_json_string(
						      lab_json_item(spec, "ipFamilies", i), "")))
				continue;
			cp_append_string(a->cp, ordered, text);
			used++;
		}
	if (used != lab_json_count(spec, "ipFamilies") || used != lab_json_count(given, ""))
		cp_error(a->cp, doc, "spec.clusterIPs", "do not go with spec.ipFamilies");
	else
		cp_put_string(a->cp, spec, "clusterIP",
			      lab_json_string(lab_json_item(ordered, "", 0), ""));
	json_object_put(given);
}

static void allocate_addresses(struct allocator *a, const struct cp_doc *doc,
			       struct json_object *service)
{
	struct json_object *spec = lab_json_get(service, "spec");
	bool is_balancer = has_type(service, "LoadBalancer");
	struct k8snet_address address;
	char owner[400];

	who(doc, owner, sizeof(owner));
	for (size_t i = 0; i < lab_json_count(spec, "ipFamilies"); i++) {
		int family = family_of(lab_json_string(lab_json_item(spec, "ipFamilies", i), ""));

		if (has_address_of(lab_json_get(spec, "clusterIPs"), "", family))
			;
		else if (next_address(a, 0, family, owner, &address))
			cp_put_address(a->cp, lab_json_get(spec, "clusterIPs"), NULL, &address);
		else
			cp_error(a->cp, doc, "spec.clusterIP", "no address is left in %s",
				 pools[0][family == 6]);
		if (!is_balancer ||
		    has_address_of(lab_json_get(service, "status.loadBalancer.ingress"), "ip",
				   family))
			continue;
		if (next_address(a, 1, family, owner, &address))
			put_balancer_ip(a, service, &address);
		else
			cp_error(a->cp, doc, "spec.loadBalancerIP", "no address is left in %s",
				 pools[1][family == 6]);
	}
	order_cluster_ips(a, doc, spec);
}

static void allocate_node_port(struct allocator *a, const struct cp_doc *doc,
			       struct json_object *port, const char *owner)
{
	for (; a->next_port <= 32767 && !a->cp->oom; a->next_port++) {
		char key[32];

		snprintf(key, sizeof(key), "%s/%u", lab_json_string(port, "protocol"),
			 a->next_port);
		if (cp_set_add(a->cp, a->ports, key, owner))
			continue;
		cp_put_int(a->cp, port, "nodePort", a->next_port++);
		return;
	}
	cp_error(a->cp, doc, "spec.ports", "no node port is left");
}

static void allocate_node_ports(struct allocator *a, const struct cp_doc *doc,
				struct json_object *service)
{
	bool is_balancer = has_type(service, "LoadBalancer");
	char owner[400];

	if (!is_balancer && !has_type(service, "NodePort"))
		return;
	if (is_balancer && !lab_json_bool(doc->object, "spec.allocateLoadBalancerNodePorts", true))
		return;
	who(doc, owner, sizeof(owner));
	for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++) {
		struct json_object *port = lab_json_item(service, "spec.ports", i);

		if (!lab_json_int(port, "nodePort", 0))
			allocate_node_port(a, doc, port, owner);
	}
}

/* --- conflicts ----------------------------------------------------------- */

static void check_frontend(struct allocator *a, const struct cp_doc *doc, const char *field,
			   const char *address, struct json_object *service)
{
	char owner[400], key[128];

	who(doc, owner, sizeof(owner));
	for (size_t i = 0; i < lab_json_count(service, "spec.ports"); i++) {
		struct json_object *port = lab_json_item(service, "spec.ports", i);
		const char *before;

		snprintf(key, sizeof(key), "%s %s/%lld", address, lab_json_string(port, "protocol"),
			 (long long)lab_json_int(port, "port", 0));
		before = cp_set_add(a->cp, a->frontends, key, owner);
		if (before && strcmp(before, owner) != 0) {
			cp_error(a->cp, doc, field, "%s is that of %s too", key, before);
			return;
		}
	}
}

static void check_frontends(struct allocator *a, const struct cp_doc *doc,
			    struct json_object *service)
{
	struct json_object *lists[] = {lab_json_get(service, "spec.clusterIPs"),
				       lab_json_get(service, "spec.externalIPs"),
				       lab_json_get(service, "status.loadBalancer.ingress")};
	static const char *const fields[] = {"spec.clusterIP", "spec.externalIPs",
					     "spec.loadBalancerIP"};

	for (size_t list = 0; list < 3; list++)
		for (size_t i = 0; i < lab_json_count(lists[list], ""); i++)
			check_frontend(a, doc, fields[list],
				       lab_json_string(lab_json_item(lists[list], "", i),
						       list == 2 ? "ip" : ""),
				       service);
}

typedef void (*service_fn)(struct allocator *a, const struct cp_doc *doc,
			   struct json_object *service);

/* For each service that has VIPs. */
static void walk(struct allocator *a, service_fn fn)
{
	size_t at = 0;

	for (size_t i = 0; i < a->cp->doc_count && !a->cp->oom; i++) {
		struct json_object *service;

		if (a->cp->docs[i].kind != CP_SERVICE)
			continue;
		service = lab_json_item(a->cp->services, "", at++);
		if (!is_headless(service) && !has_type(service, "ExternalName"))
			fn(a, &a->cp->docs[i], service);
	}
}

void cp_make_services(struct cp *cp)
{
	struct allocator a = {.cp = cp, .next_port = 30000};

	a.addresses = json_object_new_object();
	a.ports = json_object_new_object();
	a.frontends = json_object_new_object();
	if (!a.addresses || !a.ports || !a.frontends)
		cp->oom = true;
	for (size_t i = 0; i < cp->doc_count && !cp->oom; i++)
		if (cp->docs[i].kind == CP_SERVICE)
			claim(&a, &cp->docs[i]);
	if (!cp->failed)
		walk(&a, allocate_addresses);
	if (!cp->failed)
		walk(&a, allocate_node_ports);
	if (!cp->failed)
		walk(&a, check_frontends);
	json_object_put(a.addresses);
	json_object_put(a.ports);
	json_object_put(a.frontends);
}
