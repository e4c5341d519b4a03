/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host-local: its configuration. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "host_local.h"

#define DEFAULT_DATA_DIR "/var/lib/cni/networks"
#define MAX_RANGES	 256 /* in a set */

typedef const struct k8snet_json value_t;

int address_compare(const struct k8snet_address *a, const struct k8snet_address *b)
{
	return memcmp(a->bytes, b->bytes, address_size(a));
}

static bool is_in(const struct range *range, const struct k8snet_address *address)
{
	return k8snet_prefix_has_address(&range->subnet, address) &&
	       address_compare(address, &range->start) >= 0 &&
	       address_compare(address, &range->end) <= 0;
}

const struct range *range_set_find(const struct range_set *set,
				   const struct k8snet_address *address)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (is_in(&set->ranges[i], address))
			return &set->ranges[i];
	return NULL;
}

const char *range_set_text(const struct range_set *set, char *buffer, size_t size)
{
	size_t used = 0, i;

	buffer[0] = '\0';
	for (i = 0; i < set->count && used < size; i++)
		used += (size_t)snprintf(buffer + used, size - used, "%s%s-%s", i ? "," : "",
					 address_text(&set->ranges[i].start),
					 address_text(&set->ranges[i].end));
	return buffer;
}

/* --- one range ------------------------------------------------------------------- */

/* The last one that is given: not the IPv4 broadcast address. */
static struct k8snet_address get_last(const struct k8snet_prefix *subnet)
{
	struct k8snet_address last = subnet->address;
	size_t size = address_size(&last), i;

	for (i = 0; i < size; i++) {
		int bits = subnet->length - (int)i * 8;

		last.bytes[i] |= bits <= 0 ? 0xff : bits < 8 ? 0xff >> bits : 0;
	}
	if (last.family == 4)
		last.bytes[3]--;
	return last;
}

static int read_bound(struct plugin *p, value_t *value, const char *key,
		      const struct k8snet_prefix *subnet, struct k8snet_address *out)
{
	int r = k8snet_cni_request_read_address(p->request, value, key, out);

	if (r < 0 || k8snet_prefix_has_address(subnet, out))
		return r;
	return k8snet_cni_request_refuse(p->request, k8snet_json_get_any_case(value, key),
					 "%s not in network %s", address_text(out),
					 prefix_text(subnet));
}

/* It may be outside: on a link of its own a container reaches it nevertheless. */
static int read_gateway(struct plugin *p, value_t *value, struct range *range)
{
	int r = k8snet_cni_request_read_address(p->request, value, "gateway", &range->gateway);

	if (r < 0 || range->gateway.family == range->subnet.address.family)
		return r;
	return k8snet_cni_request_refuse(p->request, k8snet_json_get_any_case(value, "gateway"),
					 "%s is of another family than %s",
					 address_text(&range->gateway),
					 prefix_text(&range->subnet));
}

static int read_range(struct plugin *p, value_t *value, struct range *range)
{
	struct k8snet_prefix *subnet = &range->subnet, network;
	value_t *text = k8snet_json_get_any_case(value, "subnet");
	int r = k8snet_cni_request_read_prefix(p->request, value, "subnet", subnet);

	if (r < 0)
		return r;
	if (!subnet->address.family)
		return k8snet_cni_request_refuse(p->request, value, "subnet is missing");
	network = prefix_mask(subnet);
	if (!prefix_is_equal(&network, subnet))
		return k8snet_cni_request_refuse(p->request, text,
						 "host bits are set: the network is %s",
						 prefix_text(&network));
	if (subnet->length > 8 * address_size(&subnet->address) - 2)
		return k8snet_cni_request_refuse(p->request, text, "%s is too small",
						 prefix_text(subnet));
	range->start = range->gateway = address_next(&subnet->address);
	range->end = get_last(subnet);
	r = read_gateway(p, value, range);
	if (r == 0)
		r = read_bound(p, value, "rangeStart", subnet, &range->start);
	if (r == 0)
		r = read_bound(p, value, "rangeEnd", subnet, &range->end);
	if (r == 0 && address_compare(&range->start, &range->end) > 0)
		r = k8snet_cni_request_refuse(
			p->request, value, "rangeStart %s is behind rangeEnd %s",
			address_text(&range->start), address_text(&range->end));
	return r;
}

/* --- sets ---------------------------------------------------------------------------- */

static bool overlaps(const struct range *a, const struct range *b)
{
	return a->subnet.address.family == b->subnet.address.family &&
	       address_compare(&a->start, &b->end) <= 0 && address_compare(&b->start, &a->end) <= 0;
}

static bool set_overlaps(const struct range_set *set, const struct range *range)
{
	size_t i;

	for (i = 0; i < set->count; i++)
		if (overlaps(&set->ranges[i], range))
			return true;
	return false;
}

static struct range_set *new_set(struct host_local *h, size_t n_ranges)
{
	struct range_set *set = &h->sets[h->n_sets];

	set->ranges = calloc(n_ranges ? n_ranges : 1, sizeof(*set->ranges));
	if (!set->ranges)
		return NULL;
	h->n_sets++;
	return set;
}

static int add_range(struct plugin *p, struct host_local *h, struct range_set *set, value_t *value)
{
	struct range *range = &set->ranges[set->count];
	size_t i;
	int r = read_range(p, value, range);

	if (r < 0)
		return r;
	if (set->count && range->subnet.address.family != set->ranges[0].subnet.address.family)
		return k8snet_cni_request_refuse(p->request, value,
						 "IPv4 and IPv6 in one range set");
	for (i = 0; i < h->n_sets; i++)
		if (set_overlaps(&h->sets[i], range))
			return k8snet_cni_request_refuse(p->request, value,
							 "the range overlaps another");
	set->count++;
	return 0;
}

static int add_set(struct plugin *p, struct host_local *h, value_t *ranges)
{
	struct range_set *set;
	value_t *value = NULL;
	int r = 0;

	if (k8snet_json_get_type(ranges) != K8SNET_JSON_ARRAY)
		return k8snet_cni_request_refuse(p->request, ranges, "not an array of ranges");
	if (!k8snet_json_count(ranges) || k8snet_json_count(ranges) > MAX_RANGES)
		return k8snet_cni_request_refuse(p->request, ranges, "not 1 to %d ranges",
						 MAX_RANGES);
	set = new_set(h, k8snet_json_count(ranges));
	if (!set)
		return -ENOMEM;
	while (r == 0 && (value = k8snet_json_next(ranges, value)))
		r = add_range(p, h, set, value);
	return r;
}

static int add_sets(struct plugin *p, struct host_local *h, value_t *sets)
{
	value_t *set = NULL;
	int r = 0;

	while (r == 0 && (set = k8snet_json_next(sets, set)))
		r = add_set(p, h, set);
	return r;
}

static int read_sets(struct plugin *p, struct host_local *h, value_t *ipam)
{
	value_t *runtime = NULL, *ranges = NULL;
	struct range_set *set;
	size_t total;
	int r = k8snet_cni_request_read_array(p->request, ipam, "ranges", &ranges);

	if (r == 0)
		r = k8snet_cni_request_read_array(p->request, NULL, "runtimeConfig.ipRanges",
						  &runtime);
	if (r < 0)
		return r;
	total = k8snet_json_count(runtime) + k8snet_json_count(ranges) + 1;
	if (total > LEASES_PER_OWNER)
		return k8snet_cni_request_refuse(p->request, ranges, "more than %d range sets",
						 LEASES_PER_OWNER - 1);
	h->sets = calloc(total, sizeof(*h->sets));
	if (!h->sets)
		return -ENOMEM;
	r = add_sets(p, h, runtime);
	/* The form of old: one range, in ipam itself. */
	if (r == 0 && k8snet_json_get_any_case(ipam, "subnet")) {
		set = new_set(h, 1);
		r = set ? add_range(p, h, set, ipam) : -ENOMEM;
	}
	if (r == 0)
		r = add_sets(p, h, ranges);
	if (r == 0 && !h->n_sets)
		r = plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "ipam.ranges: no IP ranges specified");
	return r;
}

/* Versions before 0.3.0 have no place for more. */
static int check_version(struct plugin *p, const struct host_local *h)
{
	size_t count[2] = {0}, i;

	for (i = 0; i < h->n_sets; i++)
		count[h->sets[i].ranges[0].subnet.address.family == 6]++;
	if ((count[0] > 1 || count[1] > 1) && !k8snet_cni_request_has_version(p->request, "0.3.0"))
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "ipam.ranges: CNI version %s does not support more than 1 "
				   "address per family",
				   k8snet_cni_request_get_version(p->request));
	return 0;
}

/* --- requested addresses ----------------------------------------------------------------- */

static int want(struct plugin *p, struct host_local *h, value_t *value, const char *text)
{
	struct k8snet_address address;
	struct k8snet_prefix prefix;
	size_t i;

	if (text && k8snet_prefix_parse(&prefix, text) == 0)
		address = prefix.address;
	else if (!text || k8snet_address_parse(&address, text) < 0)
		return value ? k8snet_cni_request_refuse(p->request, value, "not an IP address")
			     : plugin_fail(p, K8SNET_CNI_ERROR_ENVIRONMENT,
					   "CNI_ARGS: IP: not an IP address: \"%s\"", text);
	for (i = 0; i < h->n_wanted; i++)
		if (k8snet_address_is_equal(&h->wanted[i], &address))
			return 0;
	if (h->n_wanted == LEASES_PER_OWNER)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
				   "more than %d IP addresses requested", LEASES_PER_OWNER);
	h->wanted[h->n_wanted++] = address;
	return 0;
}

static int want_all(struct plugin *p, struct host_local *h, value_t *list)
{
	value_t *value = NULL;
	int r = 0;

	while (r == 0 && (value = k8snet_json_next(list, value)))
		r = want(p, h, value, k8snet_json_get_string(value));
	return r;
}

static int read_wanted(struct plugin *p, struct host_local *h)
{
	const char *arg = k8snet_cni_request_get_arg(p->request, "IP");
	value_t *list = NULL;
	int r = arg && *arg ? want(p, h, NULL, arg) : 0;

	if (r == 0)
		r = k8snet_cni_request_read_array(p->request, NULL, "args.cni.ips", &list);
	if (r == 0)
		r = want_all(p, h, list);
	list = NULL;
	if (r == 0)
		r = k8snet_cni_request_read_array(p->request, NULL, "runtimeConfig.ips", &list);
	return r < 0 ? r : want_all(p, h, list);
}

static int read_place(struct plugin *p, value_t **out, struct host_local *h)
{
	value_t *ipam = NULL;
	int r = k8snet_cni_request_read_object(p->request, NULL, "ipam", &ipam);

	*h = (struct host_local){
		.data_dir = DEFAULT_DATA_DIR,
		.network = k8snet_cni_request_get_name(p->request),
	};
	if (r < 0)
		return r;
	if (!ipam)
		return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG, "ipam is missing");
	r = k8snet_cni_request_read_string(p->request, ipam, "dataDir", &h->data_dir);
	if (r == 0 && !*h->data_dir)
		h->data_dir = DEFAULT_DATA_DIR;
	*out = ipam;
	return r;
}

int host_local_read_place(struct plugin *p, struct host_local *h)
{
	value_t *ipam;

	return read_place(p, &ipam, h);
}

int host_local_read(struct plugin *p, struct host_local *h)
{
	value_t *ipam;
	int r = read_place(p, &ipam, h);

	if (r == 0)
		r = k8snet_cni_request_read_string(p->request, ipam, "resolvConf", &h->resolv_conf);
	if (r == 0)
		r = read_sets(p, h, ipam);
	if (r == 0)
		r = check_version(p, h);
	return r < 0 ? r : read_wanted(p, h);
}

void host_local_done(struct host_local *h)
{
	size_t i;

	for (i = 0; i < h->n_sets; i++)
		free(h->sets[i].ranges);
	free(h->sets);
	*h = (struct host_local){0};
}
