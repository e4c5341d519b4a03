/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results as JSON, in the form that a version has. */
#include <errno.h>

#include "base/context.h"
#include "base/strbuf.h"
#include "cni/result.h"

/* ,"key":"text" */
static void add_text(struct strbuf *out, const char *key, const char *text)
{
	if (!text)
		return;
	strbuf_printf(out, ",\"%s\":", key);
	strbuf_add_json(out, text);
}

static void add_number(struct strbuf *out, const char *key, int64_t number)
{
	strbuf_printf(out, ",\"%s\":%lld", key, (long long)number);
}

static void add_address(struct strbuf *out, const char *key, const struct k8snet_address *address)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	if (address->family)
		add_text(out, key, k8snet_address_format(address, text, sizeof(text)));
}

/* "key":"prefix", without a comma before. */
static void add_prefix(struct strbuf *out, const char *key, const struct k8snet_prefix *prefix)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	strbuf_printf(out, "\"%s\":\"%s\"", key, k8snet_prefix_format(prefix, text, sizeof(text)));
}

static void print_interfaces(const struct k8snet_cni_result *result, enum cni_version version,
			     struct strbuf *out)
{
	for (size_t i = 0; i < result->interfaces.count; i++) {
		const struct k8snet_cni_interface *interface = result->interfaces.items[i];

		strbuf_add(out, i ? ",{\"name\":" : ",\"interfaces\":[{\"name\":");
		strbuf_add_json(out, interface->name);
		add_text(out, "mac", interface->mac);
		if (version >= CNI_1_1_0 && interface->mtu)
			add_number(out, "mtu", interface->mtu);
		add_text(out, "sandbox", interface->sandbox);
		if (version >= CNI_1_1_0) {
			add_text(out, "socketPath", interface->socket_path);
			add_text(out, "pciID", interface->pci_id);
		}
		strbuf_add(out, "}");
	}
	strbuf_add(out, result->interfaces.count ? "]" : "");
}

static void print_ips(const struct k8snet_cni_result *result, enum cni_version version,
		      struct strbuf *out)
{
	for (size_t i = 0; i < result->ips.count; i++) {
		const struct k8snet_cni_ip *ip = result->ips.items[i];

		strbuf_add(out, i ? ",{" : ",\"ips\":[{");
		if (version < CNI_1_0_0)
			strbuf_printf(out, "\"version\":\"%d\",", ip->address.address.family);
		add_prefix(out, "address", &ip->address);
		add_address(out, "gateway", &ip->gateway);
		if (ip->interface >= 0)
			add_number(out, "interface", ip->interface);
		strbuf_add(out, "}");
	}
	strbuf_add(out, result->ips.count ? "]" : "");
}

static void print_route(const struct k8snet_cni_route *route, enum cni_version version,
			struct strbuf *out)
{
	strbuf_add(out, "{");
	add_prefix(out, "dst", &route->destination);
	add_address(out, "gw", &route->gateway);
	if (version >= CNI_1_1_0) {
		if (route->mtu)
			add_number(out, "mtu", route->mtu);
		if (route->advmss)
			add_number(out, "advmss", route->advmss);
		if (route->priority)
			add_number(out, "priority", route->priority);
		if (route->table >= 0)
			add_number(out, "table", route->table);
		if (route->scope >= 0)
			add_number(out, "scope", route->scope);
	}
	strbuf_add(out, "}");
}

/* Those of one family; 0: all. */
static void print_routes(const struct k8snet_cni_result *result, enum cni_version version,
			 uint8_t family, struct strbuf *out)
{
	bool is_first = true;

	for (size_t i = 0; i < result->routes.count; i++) {
		const struct k8snet_cni_route *route = result->routes.items[i];

		if (family && route->destination.address.family != family)
			continue;
		strbuf_add(out, is_first ? ",\"routes\":[" : ",");
		print_route(route, version, out);
		is_first = false;
	}
	strbuf_add(out, is_first ? "" : "]");
}

static void print_strings(const struct cni_strings *strings, const char *key, const char *separator,
			  struct strbuf *out)
{
	if (!strings->count)
		return;
	strbuf_printf(out, "%s\"%s\":[", separator, key);
	for (size_t i = 0; i < strings->count; i++) {
		strbuf_add(out, i ? "," : "");
		strbuf_add_json(out, strings->items[i]);
	}
	strbuf_add(out, "]");
}

static void print_dns(const struct k8snet_cni_result *result, struct strbuf *out)
{
	size_t begin;

	if (!result->nameservers.count && !result->search.count && !result->options.count &&
	    !result->domain)
		return;
	strbuf_add(out, ",\"dns\":{");
	begin = out->length;
	print_strings(&result->nameservers, "nameservers", "", out);
	if (result->domain) {
		strbuf_add(out, out->length > begin ? ",\"domain\":" : "\"domain\":");
		strbuf_add_json(out, result->domain);
	}
	print_strings(&result->search, "search", out->length > begin ? "," : "", out);
	print_strings(&result->options, "options", out->length > begin ? "," : "", out);
	strbuf_add(out, "}");
}

/* Before 0.3.0: the first address of the family, and the family's routes. */
static void print_family(const struct k8snet_cni_result *result, uint8_t family, const char *key,
			 struct strbuf *out)
{
	for (size_t i = 0; i < result->ips.count; i++) {
		const struct k8snet_cni_ip *ip = result->ips.items[i];

		if (ip->address.address.family != family)
			continue;
		strbuf_printf(out, ",\"%s\":{", key);
		add_prefix(out, "ip", &ip->address);
		add_address(out, "gateway", &ip->gateway);
		print_routes(result, CNI_0_2_0, family, out);
		strbuf_add(out, "}");
		return;
	}
}

int cni_result_print(const struct k8snet_cni_result *result, enum cni_version version, char **out)
{
	_cleanup_strbuf_ struct strbuf text = {0};

	strbuf_printf(&text, "{\"cniVersion\":\"%s\"", cni_version_name(version));
	if (version >= CNI_0_3_0) {
		print_interfaces(result, version, &text);
		print_ips(result, version, &text);
		print_routes(result, version, 0, &text);
	} else {
		print_family(result, 4, "ip4", &text);
		print_family(result, 6, "ip6", &text);
	}
	print_dns(result, &text);
	strbuf_add(&text, "}\n");
	return strbuf_finish(&text, out) < 0 ? ctx_no_memory(result->ctx) : 0;
}

K8SNET_EXPORT int k8snet_cni_result_print(const struct k8snet_cni_result *result,
					  const char *version, char **out)
{
	enum cni_version known = cni_version_parse(version);

	if (known == CNI_UNKNOWN)
		return ctx_bad_argument(result->ctx, "k8snet_cni_result_print",
					"\"%s\" is not a version that is known", version);
	return cni_result_print(result, known, out);
}
