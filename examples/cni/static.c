/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* static: the addresses that the configuration, or the runtime, names. */
#include <errno.h>
#include <string.h>

#include "address.h"
#include "ipam.h"

typedef const struct k8snet_json value_t;

static int add_ip(struct k8snet_cni_result *result, const struct k8snet_prefix *prefix,
		  const struct k8snet_address *gateway)
{
	struct k8snet_cni_ip *ip;
	int r = k8snet_cni_result_add_ip(result, &ip, prefix);

	return r < 0 || !gateway->family ? r : k8snet_cni_ip_set_gateway(ip, gateway);
}

static int add_configured(struct plugin *p, value_t *value, struct k8snet_cni_result *result)
{
	struct k8snet_prefix prefix = {0};
	struct k8snet_address gateway = {0};
	int r = k8snet_cni_request_read_prefix(p->request, value, "address", &prefix);

	if (r == 0 && !prefix.address.family)
		return k8snet_cni_request_refuse(p->request, value, "address is missing");
	if (r == 0)
		r = k8snet_cni_request_read_address(p->request, value, "gateway", &gateway);
	if (r == 0 && gateway.family && gateway.family != prefix.address.family)
		return k8snet_cni_request_refuse(p->request,
						 k8snet_json_get_any_case(value, "gateway"),
						 "%s is of another family than %s",
						 address_text(&gateway), prefix_text(&prefix));
	return r < 0 ? r : add_ip(result, &prefix, &gateway);
}

/* Call for each part of "a, b, c". */
static int split(struct plugin *p, const char *list, struct k8snet_cni_result *result,
		 int (*fn)(struct plugin *p, const char *item, struct k8snet_cni_result *result))
{
	char copy[1024], *save = NULL, *item;
	int r = 0;

	if (!list)
		return 0;
	if (strlen(list) >= sizeof(copy))
		return plugin_fail(p, K8SNET_CNI_ERROR_ENVIRONMENT, "CNI_ARGS: too long");
	strcpy(copy, list);
	for (item = strtok_r(copy, ", \t", &save); item && r == 0;
	     item = strtok_r(NULL, ", \t", &save))
		r = fn(p, item, result);
	return r;
}

static int add_argument(struct plugin *p, const char *text, struct k8snet_cni_result *result)
{
	const struct k8snet_address none = {0};
	struct k8snet_prefix prefix;

	if (k8snet_prefix_parse(&prefix, text) < 0)
		return plugin_fail(p, K8SNET_CNI_ERROR_ENVIRONMENT,
				   "CNI_ARGS: IP: not an address with a prefix length: \"%s\"",
				   text);
	return add_ip(result, &prefix, &none);
}

static int set_gateway(struct plugin *p, const char *text, struct k8snet_cni_result *result)
{
	struct k8snet_address gateway;
	struct k8snet_cni_ip *ip = NULL;
	int r = 0;

	if (k8snet_address_parse(&gateway, text) < 0)
		return plugin_fail(p, K8SNET_CNI_ERROR_ENVIRONMENT,
				   "CNI_ARGS: GATEWAY: not an address: \"%s\"", text);
	while (r == 0 && (ip = k8snet_cni_result_next_ip(result, ip)))
		if (k8snet_prefix_has_address(k8snet_cni_ip_get_address(ip), &gateway))
			r = k8snet_cni_ip_set_gateway(ip, &gateway);
	return r;
}

static int add_listed(struct plugin *p, value_t *list, struct k8snet_cni_result *result)
{
	const struct k8snet_address none = {0};
	struct k8snet_prefix prefix;
	value_t *value = NULL;
	int r = 0;

	while (r == 0 && (value = k8snet_json_next(list, value))) {
		const char *text = k8snet_json_get_string(value);

		if (!text || k8snet_prefix_parse(&prefix, text) < 0)
			return k8snet_cni_request_refuse(p->request, value,
							 "not an address with a prefix length");
		r = add_ip(result, &prefix, &none);
	}
	return r;
}

static int check_version(struct plugin *p, const struct k8snet_cni_result *result)
{
	const struct k8snet_cni_ip *ip = NULL;
	unsigned int count[2] = {0};

	while ((ip = k8snet_cni_result_next_ip(result, ip)))
		count[k8snet_cni_ip_get_address(ip)->address.family == 6]++;
	if ((count[0] > 1 || count[1] > 1) && !k8snet_cni_request_has_version(p->request, "0.3.0"))
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "ipam.addresses: CNI version %s does not support more than 1 "
				   "address per family",
				   k8snet_cni_request_get_version(p->request));
	return 0;
}

static int read_configured(struct plugin *p, struct k8snet_cni_result *result)
{
	value_t *list = NULL, *value = NULL;
	int r = k8snet_cni_request_read_array(p->request, NULL, "ipam.addresses", &list);

	while (r == 0 && (value = k8snet_json_next(list, value)))
		r = add_configured(p, value, result);
	if (r == 0)
		r = split(p, k8snet_cni_request_get_arg(p->request, "IP"), result, add_argument);
	if (r == 0)
		r = split(p, k8snet_cni_request_get_arg(p->request, "GATEWAY"), result,
			  set_gateway);
	return r;
}

/* What the runtime asks for stands in the place of what is configured, and args in
 * the configuration likewise. */
static int read_addresses(struct plugin *p, struct k8snet_cni_result *result)
{
	value_t *runtime = NULL, *args = NULL;
	int r = k8snet_cni_request_read_array(p->request, NULL, "runtimeConfig.ips", &runtime);

	if (r == 0)
		r = k8snet_cni_request_read_array(p->request, NULL, "args.cni.ips", &args);
	if (r == 0 && k8snet_json_count(runtime))
		r = add_listed(p, runtime, result);
	else if (r == 0 && k8snet_json_count(args))
		r = add_listed(p, args, result);
	else if (r == 0)
		r = read_configured(p, result);
	return r < 0 ? r : check_version(p, result);
}

/* The dns of ipam, which is not that of the network. */
static int add_strings(struct plugin *p, const char *path, struct k8snet_cni_result *result,
		       int (*add)(struct k8snet_cni_result *result, const char *text))
{
	value_t *list = NULL, *value = NULL;
	int r = k8snet_cni_request_read_array(p->request, NULL, path, &list);

	while (r == 0 && (value = k8snet_json_next(list, value))) {
		const char *text = k8snet_json_get_string(value);

		r = text ? add(result, text) : -EINVAL;
		if (r == -EINVAL)
			k8snet_cni_request_refuse(p->request, value, "not a name");
	}
	return r;
}

static int read_dns(struct plugin *p, struct k8snet_cni_result *result)
{
	const char *domain = NULL;
	int r = add_strings(p, "ipam.dns.nameservers", result, k8snet_cni_result_add_nameserver);

	if (r == 0)
		r = add_strings(p, "ipam.dns.search", result, k8snet_cni_result_add_search);
	if (r == 0)
		r = add_strings(p, "ipam.dns.options", result, k8snet_cni_result_add_option);
	if (r == 0)
		r = k8snet_cni_request_read_string(p->request, NULL, "ipam.dns.domain", &domain);
	return r < 0 || !domain ? r : k8snet_cni_result_set_domain(result, domain);
}

static int static_add(struct plugin *p, struct k8snet_cni_result *result)
{
	int r;

	if (!k8snet_json_get_any_case(k8snet_cni_request_get_config(p->request), "ipam"))
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "ipam is missing");
	/* What a chain had before the plugin that calls is for that one to pass on. */
	k8snet_cni_result_clear(result);
	r = read_addresses(p, result);
	if (r == 0)
		r = ipam_read_routes(p, result);
	return r < 0 ? r : read_dns(p, result);
}

/* All that is configured was returned. */
static int static_check(struct plugin *p)
{
	const struct k8snet_cni_result *prev = p->prev_result;
	_cleanup_result_ struct k8snet_cni_result *wanted = NULL;
	const struct k8snet_cni_ip *ip = NULL, *found;
	int r = k8snet_cni_result_new(&wanted, k8snet_cni_request_get_ctx(p->request));

	if (r == 0)
		r = static_add(p, wanted);
	while (r == 0 && prev && (ip = k8snet_cni_result_next_ip(wanted, ip))) {
		for (found = NULL; (found = k8snet_cni_result_next_ip(prev, found));)
			if (prefix_is_equal(k8snet_cni_ip_get_address(found),
					    k8snet_cni_ip_get_address(ip)))
				break;
		if (!found)
			return plugin_deviates(p, "static: %s is not in prevResult",
					       prefix_text(k8snet_cni_ip_get_address(ip)));
	}
	return r;
}

static const char *const args[] = {"IP", "GATEWAY", NULL};

const struct plugin_type type_static = {
	.name = "static",
	.add = static_add,
	.check = static_check,
	.uses_netns = plugin_uses_no_netns,
	.args = args,
};
