/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "checks_address.h"

#include <errno.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <k8snet/address.h>
#include <k8snet/node.h>

#include "options.h"

static int add(struct k8snet_address **list, size_t *count, const struct k8snet_address *address)
{
	struct k8snet_address *bigger;

	for (size_t i = 0; i < *count; i++)
		if (k8snet_address_is_equal(&(*list)[i], address))
			return 0;
	bigger = reallocarray(*list, *count + 1, sizeof(*bigger));
	if (!bigger)
		return -ENOMEM;
	*list = bigger;
	bigger[(*count)++] = *address;
	return 0;
}

static bool is_everything(const struct cidr_list *networks)
{
	struct k8snet_prefix prefix;

	for (size_t i = 0; i < networks->count; i++)
		if (k8snet_prefix_parse(&prefix, networks->items[i]) == 0 && !prefix.length)
			return true;
	return false;
}

static bool is_in(const struct cidr_list *networks, const struct k8snet_address *address)
{
	struct k8snet_prefix prefix;

	for (size_t i = 0; i < networks->count; i++)
		if (k8snet_prefix_parse(&prefix, networks->items[i]) == 0 &&
		    k8snet_prefix_has_address(&prefix, address))
			return true;
	return false;
}

static bool is_loopback(const struct k8snet_address *address)
{
	static const struct k8snet_address six = {.family = 6, .bytes = {[15] = 1}};

	return address->family == 4 ? address->bytes[0] == 127
				    : k8snet_address_is_equal(address, &six);
}

static bool take(const struct ifaddrs *entry, struct k8snet_address *out)
{
	memset(out, 0, sizeof(*out));
	if (!entry->ifa_addr || !(entry->ifa_flags & IFF_UP))
		return false;
	if (entry->ifa_addr->sa_family == AF_INET) {
		const struct sockaddr_in *in = (const void *)entry->ifa_addr;

		out->family = 4;
		memcpy(out->bytes, &in->sin_addr, sizeof(in->sin_addr));
		return true;
	}
	if (entry->ifa_addr->sa_family == AF_INET6) {
		const struct sockaddr_in6 *in6 = (const void *)entry->ifa_addr;

		out->family = 6;
		memcpy(out->bytes, &in6->sin6_addr, sizeof(in6->sin6_addr));
		return !IN6_IS_ADDR_LINKLOCAL(&in6->sin6_addr);
	}
	return false;
}

static int add_of_host(struct k8snet_address **list, size_t *count,
		       const struct cidr_list *networks)
{
	struct k8snet_address address;
	struct ifaddrs *all, *entry;
	int r = 0;

	if (getifaddrs(&all) < 0)
		return -errno;
	for (entry = all; entry && r == 0; entry = entry->ifa_next)
		if (take(entry, &address) && !is_loopback(&address) && is_in(networks, &address))
			r = add(list, count, &address);
	freeifaddrs(all);
	return r;
}

int checks_find_addresses(struct k8snet_address **out, size_t *count,
			  const struct k8snet_node *node, const struct cidr_list *networks)
{
	static const struct k8snet_address any = {.family = 6};
	struct k8snet_address *list = NULL;
	const struct k8snet_address *address;
	size_t n = 0, i;
	int r = 0;

	if (is_everything(networks))
		r = add(&list, &n, &any);
	else if (networks->count)
		r = add_of_host(&list, &n, networks);
	else
		for (i = 0; r == 0 && node && (address = k8snet_node_get_address(node, i)); i++)
			r = add(&list, &n, address);
	if (r < 0) {
		free(list);
		return r;
	}
	*out = list;
	*count = n;
	return 0;
}
