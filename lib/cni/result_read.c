/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Results out of JSON, in all the forms that they have had. */
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "base/context.h"
#include "cni/request.h"
#include "cni/result.h"

/* `value` is what is wrong, or the object that lacks `member`. */
static int refuse(struct k8snet_cni_result *result, const struct json *value, const char *member,
		  const char *what)
{
	char path[256];
	const struct error_at at = {.layer = K8SNET_LAYER_NONE,
				    .id = K8SNET_MSG_BAD_FIELD,
				    .object = "result",
				    .operation = json_path(value, member, path, sizeof(path))};

	return ctx_error(result->ctx, -EINVAL, &at, "%s", what);
}

/* --- members of an object: *out is untouched if they are not there ----------------- */

static int get_text(struct k8snet_cni_result *result, const struct json *object, const char *key,
		    const char **out)
{
	const struct json *value = json_get(object, key);

	if (!value)
		return 0;
	if (value->type != JSON_STRING)
		return refuse(result, value, NULL, "is not a string");
	if (strlen(value->string) != value->length)
		return refuse(result, value, NULL, "has a NUL");
	*out = value->string;
	return 0;
}

static int get_number(struct k8snet_cni_result *result, const struct json *object, const char *key,
		      int64_t maximum, int64_t *out)
{
	const struct json *value = json_get(object, key);

	if (!value)
		return 0;
	if (value->type != JSON_INTEGER || value->integer < 0 || value->integer > maximum)
		return refuse(result, value, NULL, "is not a whole number in its range");
	*out = value->integer;
	return 0;
}

static int get_array(struct k8snet_cni_result *result, const struct json *object, const char *key,
		     const struct json **first)
{
	const struct json *value = json_get(object, key);

	*first = NULL;
	if (!value)
		return 0;
	if (value->type != JSON_ARRAY)
		return refuse(result, value, NULL, "is not an array");
	*first = value->first;
	return 0;
}

static int get_prefix(struct k8snet_cni_result *result, const struct json *object, const char *key,
		      struct k8snet_prefix *out)
{
	const char *text = NULL;
	int r = get_text(result, object, key, &text);

	if (r < 0)
		return r;
	if (!text)
		return refuse(result, object, key, "is missing");
	if (k8snet_prefix_parse(out, text) < 0)
		return refuse(result, object, key, "is not ADDRESS/LENGTH");
	return 0;
}

/* Go writes no address as "", too. */
static int get_address(struct k8snet_cni_result *result, const struct json *object, const char *key,
		       uint8_t family, struct k8snet_address *out)
{
	const char *text = NULL;
	int r = get_text(result, object, key, &text);

	if (r < 0 || !text || !text[0])
		return r;
	if (k8snet_address_parse(out, text) < 0)
		return refuse(result, object, key, "is not an address");
	if (out->family != family)
		return refuse(result, object, key, "is not of the family of the address");
	return 0;
}

static int expect_object(struct k8snet_cni_result *result, const struct json *item)
{
	return item->type == JSON_OBJECT ? 0 : refuse(result, item, NULL, "is not an object");
}

/* --- interfaces, addresses, routes --------------------------------------------------- */

static int set_text(struct k8snet_cni_result *result, const struct json *item, const char *key,
		    struct k8snet_cni_interface *interface,
		    int (*set)(struct k8snet_cni_interface *, const char *))
{
	const char *text = NULL;
	int r = get_text(result, item, key, &text);

	return r == 0 ? set(interface, text) : r;
}

/* Those of hypervisors are not bound by what Linux takes for a link's name; but any is
 * a name, and no path. */
static int get_name(struct k8snet_cni_result *result, const struct json *item, const char **out)
{
	const char *what;
	int r = get_text(result, item, "name", out);

	if (r < 0)
		return r;
	what = *out ? cni_check_type(*out) : "is missing";
	return what ? refuse(result, item, "name", what) : 0;
}

static int read_interface(struct k8snet_cni_result *result, const struct json *item)
{
	struct k8snet_cni_interface *i = NULL;
	const char *name = NULL;
	int64_t mtu = 0;
	int r = expect_object(result, item);

	if (r == 0)
		r = get_name(result, item, &name);
	if (r == 0)
		r = cni_result_add_interface(result, &i, name);
	if (r == 0)
		r = set_text(result, item, "mac", i, k8snet_cni_interface_set_mac);
	if (r == 0)
		r = set_text(result, item, "sandbox", i, k8snet_cni_interface_set_sandbox);
	if (r == 0)
		r = set_text(result, item, "socketPath", i, k8snet_cni_interface_set_socket_path);
	if (r == 0)
		r = set_text(result, item, "pciID", i, k8snet_cni_interface_set_pci_id);
	if (r == 0)
		r = get_number(result, item, "mtu", UINT32_MAX, &mtu);
	if (r == 0)
		i->mtu = (uint32_t)mtu;
	return r;
}

/* Where there are no interfaces, as with IPAM plugins, an index means nothing. */
static int read_index(struct k8snet_cni_ip *ip, const struct json *item)
{
	const struct json *value = json_get(item, "interface");
	struct k8snet_cni_result *result = ip->result;

	if (!value || !result->interfaces.count)
		return 0;
	if (value->type != JSON_INTEGER || value->integer < -1 ||
	    value->integer >= (int64_t)result->interfaces.count)
		return refuse(result, value, NULL, "is not one of the interfaces");
	ip->interface = (int)value->integer;
	return 0;
}

/* In the form of 0.3.0 and later, and with the key "ip" as it was before. */
static int read_ip(struct k8snet_cni_result *result, const struct json *item, const char *key)
{
	struct k8snet_prefix address;
	struct k8snet_cni_ip *ip = NULL;
	int r = expect_object(result, item);

	if (r == 0)
		r = get_prefix(result, item, key, &address);
	if (r == 0)
		r = k8snet_cni_result_add_ip(result, &ip, &address);
	if (r == 0)
		r = get_address(result, item, "gateway", address.address.family, &ip->gateway);
	return r == 0 ? read_index(ip, item) : r;
}

static int read_route_numbers(struct k8snet_cni_route *route, const struct json *item)
{
	int64_t mtu = 0, advmss = 0, priority = 0, scope = -1;
	int r = get_number(route->result, item, "mtu", UINT32_MAX, &mtu);

	if (r == 0)
		r = get_number(route->result, item, "advmss", UINT32_MAX, &advmss);
	if (r == 0)
		r = get_number(route->result, item, "priority", UINT32_MAX, &priority);
	if (r == 0)
		r = get_number(route->result, item, "table", UINT32_MAX, &route->table);
	if (r == 0)
		r = get_number(route->result, item, "scope", UINT8_MAX, &scope);
	route->mtu = (uint32_t)mtu;
	route->advmss = (uint32_t)advmss;
	route->priority = (uint32_t)priority;
	route->scope = (int)scope;
	return r;
}

static int read_route(struct k8snet_cni_result *result, const struct json *item)
{
	struct k8snet_prefix destination;
	struct k8snet_cni_route *route = NULL;
	int r = expect_object(result, item);

	if (r == 0)
		r = get_prefix(result, item, "dst", &destination);
	if (r == 0)
		r = k8snet_cni_result_add_route(result, &route, &destination);
	if (r == 0)
		r = get_address(result, item, "gw", destination.address.family, &route->gateway);
	return r == 0 ? read_route_numbers(route, item) : r;
}

static int read_routes(struct k8snet_cni_result *result, const struct json *object)
{
	const struct json *item;
	int r = get_array(result, object, "routes", &item);

	for (; item && r == 0; item = item->next)
		r = read_route(result, item);
	return r;
}

static int read_lists(struct k8snet_cni_result *result, const struct json *root)
{
	const struct json *item;
	int r = get_array(result, root, "interfaces", &item);

	for (; item && r == 0; item = item->next)
		r = read_interface(result, item);
	if (r == 0)
		r = get_array(result, root, "ips", &item);
	for (; item && r == 0; item = item->next)
		r = read_ip(result, item, "address");
	return r == 0 ? read_routes(result, root) : r;
}

/* Before 0.3.0: one address of each family, each with its routes. */
static int read_family(struct k8snet_cni_result *result, const struct json *root, const char *key)
{
	const struct json *item = json_get(root, key);
	int r = item ? read_ip(result, item, "ip") : 0;

	return item && r == 0 ? read_routes(result, item) : r;
}

/* --- DNS ------------------------------------------------------------------------------- */

static int read_strings(struct k8snet_cni_result *result, const struct json *dns, const char *key,
			int (*add)(struct k8snet_cni_result *, const char *))
{
	const struct json *item;
	int r = get_array(result, dns, key, &item);

	for (; item && r == 0; item = item->next) {
		if (item->type != JSON_STRING || strlen(item->string) != item->length)
			return refuse(result, item, NULL, "is not a string");
		r = add(result, item->string);
	}
	return r;
}

int cni_result_read_dns(struct k8snet_cni_result *result, const struct json *dns)
{
	const struct cni_result_mark mark = cni_result_mark(result);
	const char *domain = result->domain;
	int r = expect_object(result, dns);

	if (r == 0)
		r = read_strings(result, dns, "nameservers", k8snet_cni_result_add_nameserver);
	if (r == 0)
		r = read_strings(result, dns, "search", k8snet_cni_result_add_search);
	if (r == 0)
		r = read_strings(result, dns, "options", k8snet_cni_result_add_option);
	if (r == 0)
		r = get_text(result, dns, "domain", &domain);
	if (r == 0 && domain != result->domain)
		r = k8snet_cni_result_set_domain(result, domain);
	if (r < 0)
		cni_result_return(result, &mark);
	return r;
}

/* --- the whole ---------------------------------------------------------------------------- */

static int read_version(struct k8snet_cni_result *result, const struct json *root,
			enum cni_version *version)
{
	const char *text = NULL;
	int r = get_text(result, root, "cniVersion", &text);

	if (r < 0 || !text || !text[0])
		return r;
	*version = cni_version_parse(text);
	return *version == CNI_UNKNOWN
		       ? refuse(result, root, "cniVersion", "is not a version that is known")
		       : 0;
}

static int read_result(struct k8snet_cni_result *result, const struct json *root,
		       enum cni_version version)
{
	const struct json *dns = json_get(root, "dns");
	int r = expect_object(result, root);

	if (r == 0)
		r = read_version(result, root, &version);
	if (r < 0)
		return r;
	if (version >= CNI_0_3_0)
		r = read_lists(result, root);
	else
		r = read_family(result, root, "ip4");
	if (r == 0 && version < CNI_0_3_0)
		r = read_family(result, root, "ip6");
	return r == 0 && dns ? cni_result_read_dns(result, dns) : r;
}

int cni_result_new_from_value(struct k8snet_cni_result **out, struct k8snet_ctx *ctx,
			      const struct json *value, enum cni_version version)
{
	struct k8snet_cni_result *result;
	int r = k8snet_cni_result_new(&result, ctx);

	if (r < 0)
		return r;
	r = read_result(result, value, version);
	if (r < 0) {
		k8snet_cni_result_unref(result);
		return r;
	}
	*out = result;
	return 0;
}

int cni_result_new_from_text(struct k8snet_cni_result **out, struct k8snet_ctx *ctx,
			     const char *text, size_t length, enum cni_version version)
{
	const struct error_at at = {
		.layer = K8SNET_LAYER_NONE, .id = K8SNET_MSG_BAD_JSON, .object = "result"};
	_cleanup_(arena_done) struct arena arena = {0};
	const struct json *root;
	char error[256];
	int r = cni_read_json(&arena, text, length, &root, error, sizeof(error));

	if (r == -ENOMEM)
		return ctx_no_memory(ctx);
	if (r < 0)
		return ctx_error(ctx, r, &at, "%s", error);
	return cni_result_new_from_value(out, ctx, root, version);
}

K8SNET_EXPORT int k8snet_cni_result_new_from_json(struct k8snet_cni_result **out,
						  struct k8snet_ctx *ctx, const char *text,
						  size_t length)
{
	return cni_result_new_from_text(out, ctx, text, length, CNI_0_1_0);
}

/* --- copies ------------------------------------------------------------------------------ */

static int copy_interface(struct k8snet_cni_result *result, const struct k8snet_cni_interface *from)
{
	struct k8snet_cni_interface *to;
	int r = cni_result_add_interface(result, &to, from->name);

	if (r == 0)
		r = k8snet_cni_interface_set_mac(to, from->mac);
	if (r == 0)
		r = k8snet_cni_interface_set_sandbox(to, from->sandbox);
	if (r == 0)
		r = k8snet_cni_interface_set_socket_path(to, from->socket_path);
	if (r == 0)
		r = k8snet_cni_interface_set_pci_id(to, from->pci_id);
	if (r == 0)
		to->mtu = from->mtu;
	return r;
}

static int copy_ip(struct k8snet_cni_result *result, const struct k8snet_cni_ip *from,
		   size_t first_interface)
{
	struct k8snet_cni_ip *to;
	int r = k8snet_cni_result_add_ip(result, &to, &from->address);

	if (r < 0)
		return r;
	to->gateway = from->gateway;
	if (from->interface >= 0)
		to->interface = from->interface + (int)first_interface;
	return 0;
}

static int copy_route(struct k8snet_cni_result *result, const struct k8snet_cni_route *from)
{
	struct k8snet_cni_route *to;
	int r = k8snet_cni_result_add_route(result, &to, &from->destination);

	if (r < 0)
		return r;
	to->gateway = from->gateway;
	to->mtu = from->mtu;
	to->advmss = from->advmss;
	to->priority = from->priority;
	to->table = from->table;
	to->scope = from->scope;
	return 0;
}

static int copy_dns(struct k8snet_cni_result *result, const struct k8snet_cni_result *from,
		    const struct cni_result_mark *end)
{
	int r = 0;

	for (size_t i = 0; i < end->nameservers && r == 0; i++)
		r = k8snet_cni_result_add_nameserver(result, from->nameservers.items[i]);
	for (size_t i = 0; i < end->search && r == 0; i++)
		r = k8snet_cni_result_add_search(result, from->search.items[i]);
	for (size_t i = 0; i < end->options && r == 0; i++)
		r = k8snet_cni_result_add_option(result, from->options.items[i]);
	if (r == 0 && from->domain)
		r = k8snet_cni_result_set_domain(result, from->domain);
	return r;
}

K8SNET_EXPORT int k8snet_cni_result_append(struct k8snet_cni_result *result,
					   const struct k8snet_cni_result *from)
{
	/* `from` may be the result itself. */
	const struct cni_result_mark begin = cni_result_mark(result), end = cni_result_mark(from);
	int r = 0;

	for (size_t i = 0; i < end.interfaces && r == 0; i++)
		r = copy_interface(result, from->interfaces.items[i]);
	for (size_t i = 0; i < end.ips && r == 0; i++)
		r = copy_ip(result, from->ips.items[i], begin.interfaces);
	for (size_t i = 0; i < end.routes && r == 0; i++)
		r = copy_route(result, from->routes.items[i]);
	if (r == 0)
		r = copy_dns(result, from, &end);
	if (r < 0)
		cni_result_return(result, &begin);
	return r;
}
