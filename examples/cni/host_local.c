/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* host-local: addresses out of ranges, leased on disk. */
#include "host_local.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"
#include "ipam.h"
#include "system.h"

#define _cleanup_store_ _cleanup_(lease_store_close)

static int fail_store(struct plugin *p, const struct host_local *h, int error)
{
	if (error == -ENOMEM)
		return error;
	return plugin_fail_errno(p, error, "leases in %s/%s", h->data_dir, h->network);
}

static struct lease_owner get_owner(const struct plugin *p)
{
	return (struct lease_owner){p->container_id, p->ifname};
}

/* --- ADD: choosing -------------------------------------------------------------------- */

/* The one behind it, in the order in which they are given: round all ranges of a set. */
static void step(const struct range_set *set, size_t *range, struct k8snet_address *address)
{
	if (!k8snet_address_is_equal(address, &set->ranges[*range].end)) {
		*address = address_next(address);
		return;
	}
	*range = (*range + 1) % set->count;
	*address = set->ranges[*range].start;
}

static void start_behind_last(struct lease_store *s, const struct range_set *set, size_t n,
			      size_t *range, struct k8snet_address *address)
{
	const struct range *found;

	*range = 0;
	*address = set->ranges[0].start;
	if (lease_get_last(s, n, address) < 0 || !(found = range_set_find(set, address))) {
		*address = set->ranges[0].start;
		return;
	}
	*range = (size_t)(found - set->ranges);
	step(set, range, address);
}

/* The next free one: 1, 0 if there is none, or -errno. It goes on for no longer than
 * there are leases, for each address passed has one. */
static int find_free(struct lease_store *s, const struct range_set *set, size_t n,
		     struct k8snet_address *out)
{
	struct k8snet_address first, address;
	size_t range, start;
	int r;

	start_behind_last(s, set, n, &start, &first);
	address = first;
	range = start;
	do {
		if (!k8snet_address_is_equal(&address, &set->ranges[range].gateway)) {
			r = lease_is_free(s, &address);
			if (r) {
				*out = address;
				return r;
			}
		}
		step(set, &range, &address);
	} while (range != start || !k8snet_address_is_equal(&address, &first));
	return 0;
}

static int find_wanted(struct plugin *p, struct lease_store *s, const struct range_set *set,
		       const struct k8snet_address *wanted)
{
	char text[512];
	int r;

	if (k8snet_address_is_equal(&range_set_find(set, wanted)->gateway, wanted))
		return plugin_fail(p, ERROR_IN_USE, "requested ip %s is subnet's gateway",
				   address_text(wanted));
	r = lease_is_free(s, wanted);
	if (r < 0)
		return plugin_fail_errno(p, r, "lease of %s", address_text(wanted));
	if (r == 0)
		return plugin_fail(p, ERROR_IN_USE,
				   "requested IP address %s is not available in range set %s",
				   address_text(wanted), range_set_text(set, text, sizeof(text)));
	return 0;
}

static struct k8snet_address *find_in(const struct range_set *set, struct k8snet_address *list,
				      size_t count)
{
	size_t i;

	for (i = 0; i < count; i++)
		if (list[i].family && range_set_find(set, &list[i]))
			return &list[i];
	return NULL;
}

struct choice {
	struct lease_list had, made;
	struct k8snet_address of_set[LEASES_PER_OWNER];
	bool is_made[LEASES_PER_OWNER];
};

static int choose(struct plugin *p, struct host_local *h, struct lease_store *s, size_t n,
		  struct choice *choice)
{
	const struct range_set *set = &h->sets[n];
	struct k8snet_address *wanted = find_in(set, h->wanted, h->n_wanted);
	struct k8snet_address *had = find_in(set, choice->had.items, choice->had.count);
	char text[512];
	int r = 0;

	if (had && wanted && !k8snet_address_is_equal(had, wanted))
		return plugin_fail(p, ERROR_IN_USE, "requested IP address %s: the container has %s",
				   address_text(wanted), address_text(had));
	if (had && !p->adopts_leases)
		return plugin_fail(p, ERROR_IN_USE,
				   "failed to allocate for range %zu: %s has been allocated to %s, "
				   "duplicate allocation is not allowed",
				   n, address_text(had), p->container_id);
	if (had)
		choice->of_set[n] = *had;
	else if (wanted)
		r = find_wanted(p, s, set, wanted);
	else
		r = find_free(s, set, n, &choice->of_set[n]);
	if (r < 0)
		return wanted ? r : fail_store(p, h, r);
	if (!had && !wanted && r == 0)
		return plugin_fail(p, ERROR_EXHAUSTED,
				   "failed to allocate for range %zu: no IP addresses available in "
				   "range set: %s",
				   n, range_set_text(set, text, sizeof(text)));
	if (wanted)
		choice->of_set[n] = *wanted;
	choice->is_made[n] = !had;
	if (!had)
		choice->made.items[choice->made.count++] = choice->of_set[n];
	if (wanted)
		wanted->family = 0;
	return 0;
}

static int check_all_given(struct plugin *p, const struct host_local *h)
{
	size_t i;

	for (i = 0; i < h->n_wanted; i++)
		if (h->wanted[i].family)
			return plugin_fail(
				p, ERROR_EXHAUSTED,
				"failed to allocate all requested IPs: %s is in no range",
				address_text(&h->wanted[i]));
	return 0;
}

static int allocate(struct plugin *p, struct host_local *h, struct lease_store *s,
		    struct choice *choice)
{
	const struct lease_owner owner = get_owner(p);
	size_t i;
	int r = lease_find(s, &owner, &choice->had);

	if (r < 0)
		return fail_store(p, h, r);
	for (i = 0; r == 0 && i < h->n_sets; i++)
		r = choose(p, h, s, i, choice);
	if (r == 0)
		r = check_all_given(p, h);
	if (r < 0 || !choice->made.count)
		return r;
	r = lease_take(s, &owner, &choice->had, &choice->made);
	/* Only the order in which addresses are given depends on it. */
	for (i = 0; r == 0 && i < h->n_sets; i++)
		if (choice->is_made[i])
			(void)lease_set_last(s, i, &choice->of_set[i]);
	p->has_new_leases = r == 0 && !choice->had.count;
	return r < 0 ? fail_store(p, h, r) : 0;
}

/* --- ADD: the result --------------------------------------------------------------------- */

static int add_resolver_line(struct k8snet_cni_result *result, char *line)
{
	char *save = NULL, *key = strtok_r(line, " \t", &save), *value;
	int r = 0;

	if (!key || *key == '#' || *key == ';')
		return 0;
	while (r == 0 && (value = strtok_r(NULL, " \t", &save))) {
		if (!strcmp(key, "nameserver"))
			return k8snet_cni_result_add_nameserver(result, value);
		if (!strcmp(key, "domain"))
			return k8snet_cni_result_set_domain(result, value);
		if (!strcmp(key, "search"))
			r = k8snet_cni_result_add_search(result, value);
		else if (!strcmp(key, "options"))
			r = k8snet_cni_result_add_option(result, value);
	}
	return r;
}

static int add_resolver(struct plugin *p, const char *path, struct k8snet_cni_result *result)
{
	char text[16384], *save = NULL, *line;
	/* Often a link, and the administrator's affair. */
	_cleanup_(closep) int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);
	int r = 0;

	if (n < 0)
		return plugin_fail_errno(p, -errno, "ipam.resolvConf %s", path);
	text[n] = '\0';
	for (line = strtok_r(text, "\r\n", &save); line && r == 0;
	     line = strtok_r(NULL, "\r\n", &save))
		r = add_resolver_line(result, line);
	return r;
}

static int add_ips(const struct host_local *h, const struct choice *choice,
		   struct k8snet_cni_result *result)
{
	struct k8snet_cni_ip *ip;
	size_t i;
	int r = 0;

	for (i = 0; r == 0 && i < h->n_sets; i++) {
		const struct range *range = range_set_find(&h->sets[i], &choice->of_set[i]);
		struct k8snet_prefix prefix = {choice->of_set[i], range->subnet.length};

		r = k8snet_cni_result_add_ip(result, &ip, &prefix);
		if (r == 0)
			r = k8snet_cni_ip_set_gateway(ip, &range->gateway);
	}
	return r;
}

static int host_local_add(struct plugin *p, struct k8snet_cni_result *result)
{
	_cleanup_host_local_ struct host_local h = {0};
	_cleanup_store_ struct lease_store store = LEASE_STORE_CLOSED;
	struct choice choice = {0};
	const struct lease_owner owner = get_owner(p);
	int r = host_local_read(p, &h);

	/* What a chain had before the plugin that calls is for that one to pass on. */
	k8snet_cni_result_clear(result);
	if (r == 0 && h.resolv_conf && *h.resolv_conf)
		r = add_resolver(p, h.resolv_conf, result);
	if (r == 0)
		r = ipam_read_routes(p, result);
	if (r < 0)
		return r;
	r = lease_store_open(&store, h.data_dir, h.network, true);
	if (r < 0)
		return fail_store(p, &h, r);
	r = allocate(p, &h, &store, &choice);
	if (r < 0)
		return r;
	r = add_ips(&h, &choice, result);
	if (r < 0 && p->has_new_leases)
		(void)lease_release(&store, &owner);
	return r;
}

/* --- the others ------------------------------------------------------------------------------ */

/* DEL, CHECK, STATUS and GC: open what is there; 0 if nothing is. */
static int open_store(struct plugin *p, const struct host_local *h, struct lease_store *store)
{
	int r = lease_store_open(store, h->data_dir, h->network, false);

	if (r == -ENOENT)
		return 0;
	return r < 0 ? fail_store(p, h, r) : 1;
}

static int open_existing(struct plugin *p, struct host_local *h, struct lease_store *store)
{
	int r = host_local_read(p, h);

	return r < 0 ? r : open_store(p, h, store);
}

static int host_local_del(struct plugin *p)
{
	_cleanup_host_local_ struct host_local h = {0};
	_cleanup_store_ struct lease_store store = LEASE_STORE_CLOSED;
	const struct lease_owner owner = get_owner(p);
	/* Ranges do not matter to it: who undoes ADD because there is no memory has none. */
	int r = host_local_read_place(p, &h);

	if (r == 0)
		r = open_store(p, &h, &store);
	if (r <= 0)
		return r;
	r = lease_release(&store, &owner);
	return r < 0 ? fail_store(p, &h, r) : 0;
}

static bool is_in_result(const struct k8snet_cni_result *result,
			 const struct k8snet_address *address)
{
	const struct k8snet_cni_ip *ip = NULL;

	while ((ip = k8snet_cni_result_next_ip(result, ip)))
		if (k8snet_address_is_equal(&k8snet_cni_ip_get_address(ip)->address, address))
			return true;
	return false;
}

/* The container has an address out of each set, and those that ADD returned. */
static int host_local_check(struct plugin *p)
{
	const struct k8snet_cni_result *result = p->prev_result;
	_cleanup_host_local_ struct host_local h = {0};
	_cleanup_store_ struct lease_store store = LEASE_STORE_CLOSED;
	const struct lease_owner owner = get_owner(p);
	struct lease_list list = {0};
	char text[512];
	size_t i;
	int r = open_existing(p, &h, &store);

	if (r < 0)
		return r;
	if (r > 0)
		r = lease_find(&store, &owner, &list);
	if (r < 0)
		return fail_store(p, &h, r);
	for (i = 0; i < h.n_sets; i++) {
		const struct k8snet_address *found = find_in(&h.sets[i], list.items, list.count);

		if (!found)
			return plugin_deviates(p, "host-local: no lease of %s for %s in %s",
					       p->ifname, p->container_id,
					       range_set_text(&h.sets[i], text, sizeof(text)));
		if (result && k8snet_cni_result_next_ip(result, NULL) &&
		    !is_in_result(result, found))
			return plugin_deviates(p,
					       "host-local: %s has a lease of %s, not of an "
					       "address in prevResult",
					       p->container_id, address_text(found));
	}
	return 0;
}

struct counting {
	const struct host_local *h;
	uint64_t used[LEASES_PER_OWNER]; /* of each set */
};

static int count(void *data, const struct k8snet_address *address, const char *container_id,
		 const char *ifname)
{
	struct counting *counting = data;
	size_t i;

	(void)container_id;
	(void)ifname;
	for (i = 0; i < counting->h->n_sets; i++) {
		const struct range *range = range_set_find(&counting->h->sets[i], address);

		counting->used[i] += range && !k8snet_address_is_equal(&range->gateway, address);
	}
	return 0;
}

static unsigned __int128 get_number(const struct k8snet_address *address)
{
	unsigned __int128 number = 0;
	size_t i;

	for (i = 0; i < address_size(address); i++)
		number = number << 8 | address->bytes[i];
	return number;
}

static unsigned __int128 get_size(const struct range *range)
{
	unsigned __int128 size = get_number(&range->end) - get_number(&range->start) + 1;
	bool has_gateway = address_compare(&range->gateway, &range->start) >= 0 &&
			   address_compare(&range->gateway, &range->end) <= 0;

	return size - has_gateway;
}

static int host_local_status(struct plugin *p)
{
	_cleanup_host_local_ struct host_local h = {0};
	_cleanup_store_ struct lease_store store = LEASE_STORE_CLOSED;
	struct counting counting = {.h = &h};
	unsigned __int128 size;
	char text[512];
	size_t i, j;
	int r = host_local_read(p, &h);

	if (r < 0)
		return r;
	r = lease_store_open(&store, h.data_dir, h.network, false);
	if (r == 0)
		r = lease_each(&store, count, &counting);
	if (r == -ENOMEM)
		return r;
	/* ADD could not read them, either. */
	if (r < 0 && r != -ENOENT)
		return plugin_fail(p, K8SNET_CNI_ERROR_UNAVAILABLE, "leases in %s/%s: %s",
				   h.data_dir, h.network, strerror(-r));
	for (i = 0; i < h.n_sets; i++) {
		for (size = 0, j = 0; j < h.sets[i].count; j++)
			size += get_size(&h.sets[i].ranges[j]);
		if (counting.used[i] >= size)
			return plugin_fail(p, K8SNET_CNI_ERROR_UNAVAILABLE,
					   "no IP addresses available in range set: %s",
					   range_set_text(&h.sets[i], text, sizeof(text)));
	}
	return 0;
}

static bool is_valid(void *data, const char *container_id, const char *ifname)
{
	const struct plugin *p = data;

	return k8snet_cni_request_has_attachment(p->request, container_id, *ifname ? ifname : NULL);
}

static int host_local_gc(struct plugin *p)
{
	_cleanup_host_local_ struct host_local h = {0};
	_cleanup_store_ struct lease_store store = LEASE_STORE_CLOSED;
	int r = open_existing(p, &h, &store);

	if (r <= 0)
		return r;
	r = lease_prune(&store, is_valid, p);
	return r < 0 ? fail_store(p, &h, r) : 0;
}

static const char *const args[] = {"IP", NULL};

const struct plugin_type type_host_local = {
	.name = "host-local",
	.add = host_local_add,
	.del = host_local_del,
	.check = host_local_check,
	.status = host_local_status,
	.uses_netns = plugin_uses_no_netns,
	.gc = host_local_gc,
	.args = args,
};
