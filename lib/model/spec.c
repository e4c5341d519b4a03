/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Pieces that the specs of several kinds are made of. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/siphash.h"
#include "model/kind.h"

int spec_set_string(const struct where *at, struct strings *strings, const char **field,
		    const char *value)
{
	const char *copy;

	if (strings_get(strings, value, &copy) < 0)
		return where_no_memory(at);
	if (copy == *field) {
		string_unref(strings, copy);
		return 0;
	}
	string_move(strings, field, &copy);
	return 1;
}

int spec_set_name(char field[16], const char *value)
{
	if (!strcmp(field, value))
		return 0;
	snprintf(field, 16, "%s", value);
	return 1;
}

int address_pair_add(const struct where *at, struct address_pair *pair, const char *text,
		     unsigned int flags)
{
	struct k8snet_address address;
	int r;

	r = check_address(at, text, flags, &address);
	if (r < 0)
		return r;
	if (address_pair_find(pair, address.family))
		return where_error(at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL,
				   "\"%s\" is a second IPv%u address", text, address.family);
	pair->items[pair->count++] = address;
	return 1;
}

int prefix_pair_add(const struct where *at, struct prefix_pair *pair,
		    const struct k8snet_prefix *prefix)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	if (prefix_pair_find(pair, prefix->address.family))
		return where_error(
			at, -EEXIST, K8SNET_MSG_DUPLICATE, NULL, "\"%s\" is a second IPv%u CIDR",
			k8snet_prefix_format(prefix, text, sizeof(text)), prefix->address.family);
	pair->items[pair->count++] = *prefix;
	return 1;
}

bool address_pair_is_equal(const struct address_pair *a, const struct address_pair *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned int i = 0; i < a->count; i++)
		if (!k8snet_address_is_equal(&a->items[i], &b->items[i]))
			return false;
	return true;
}

bool prefix_pair_is_equal(const struct prefix_pair *a, const struct prefix_pair *b)
{
	if (a->count != b->count)
		return false;
	for (unsigned int i = 0; i < a->count; i++)
		if (a->items[i].length != b->items[i].length ||
		    !k8snet_address_is_equal(&a->items[i].address, &b->items[i].address))
			return false;
	return true;
}

uint64_t stable_hash(const char *a, const char *b, const char *c)
{
	static const uint64_t key[2] = {0x6b38736e65742d6cULL, 0x696e6b2d6e616d65ULL};
	char text[1024];
	int n = snprintf(text, sizeof(text), "%s/%s/%s", a, b, c);

	return siphash(key, text, n < (int)sizeof(text) ? (size_t)n : sizeof(text) - 1);
}
