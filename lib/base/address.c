/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <k8snet/address.h>

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/address.h"
#include "base/cleanup.h"

static bool is_v4_mapped(const uint8_t *bytes)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	return !memcmp(bytes, mapped, sizeof(mapped));
}

K8SNET_EXPORT int k8snet_address_parse(struct k8snet_address *out, const char *text)
{
	struct k8snet_address address = {0};
	struct in6_addr v6;

	if (!text)
		return -EINVAL;
	/* glibc's inet_pton() refuses leading zeros, as Kubernetes does. */
	if (inet_pton(AF_INET, text, address.bytes) == 1) {
		address.family = 4;
	} else if (inet_pton(AF_INET6, text, &v6) == 1) {
		if (is_v4_mapped(v6.s6_addr)) {
			address.family = 4;
			memcpy(address.bytes, v6.s6_addr + 12, 4);
		} else {
			address.family = 6;
			memcpy(address.bytes, v6.s6_addr, 16);
		}
	} else {
		return -EINVAL;
	}
	*out = address;
	return 0;
}

static int parse_length(const char *text, unsigned int most, uint8_t *out)
{
	unsigned int length = 0;
	size_t i, n = strlen(text);

	if (n < 1 || n > 3 || (n > 1 && text[0] == '0'))
		return -EINVAL;
	for (i = 0; i < n; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -EINVAL;
		length = length * 10 + (unsigned int)(text[i] - '0');
	}
	if (length > most)
		return -EINVAL;
	*out = (uint8_t)length;
	return 0;
}

K8SNET_EXPORT int k8snet_prefix_parse(struct k8snet_prefix *out, const char *text)
{
	char address[K8SNET_ADDRESS_TEXT_SIZE];
	struct k8snet_prefix prefix;
	const char *slash = text ? strchr(text, '/') : NULL;

	if (!slash || (size_t)(slash - text) >= sizeof(address))
		return -EINVAL;
	memcpy(address, text, (size_t)(slash - text));
	address[slash - text] = '\0';
	if (k8snet_address_parse(&prefix.address, address) < 0)
		return -EINVAL;
	if (strchr(address, ':') && prefix.address.family == 4)
		return -EINVAL; /* a length of a mapped address has no meaning */
	if (parse_length(slash + 1, prefix.address.family == 4 ? 32 : 128, &prefix.length) < 0)
		return -EINVAL;
	*out = prefix;
	return 0;
}

/* inet_ntop() takes ten times as long. */
static void format_v4(char *text, const uint8_t bytes[4])
{
	size_t i;

	for (i = 0; i < 4; i++) {
		if (bytes[i] >= 100)
			*text++ = (char)('0' + bytes[i] / 100);
		if (bytes[i] >= 10)
			*text++ = (char)('0' + bytes[i] / 10 % 10);
		*text++ = (char)('0' + bytes[i] % 10);
		*text++ = i < 3 ? '.' : '\0';
	}
}

K8SNET_EXPORT char *k8snet_address_format(const struct k8snet_address *address, char *buffer,
					  size_t size)
{
	char text[INET6_ADDRSTRLEN] = "none";
	size_t length;

	if (address->family == 4)
		format_v4(text, address->bytes);
	else if (address->family == 6)
		inet_ntop(AF_INET6, address->bytes, text, sizeof(text));
	length = strlen(text);
	if (size && length >= size)
		length = size - 1;
	if (size) {
		memcpy(buffer, text, length);
		buffer[length] = '\0';
	}
	return buffer;
}

K8SNET_EXPORT char *k8snet_prefix_format(const struct k8snet_prefix *prefix, char *buffer,
					 size_t size)
{
	char text[K8SNET_ADDRESS_TEXT_SIZE];

	k8snet_address_format(&prefix->address, text, sizeof(text));
	snprintf(buffer, size, "%s/%u", text, prefix->length);
	return buffer;
}

K8SNET_EXPORT bool k8snet_address_is_equal(const struct k8snet_address *a,
					   const struct k8snet_address *b)
{
	return a->family == b->family && !memcmp(a->bytes, b->bytes, sizeof(a->bytes));
}

K8SNET_EXPORT bool k8snet_prefix_has_address(const struct k8snet_prefix *prefix,
					     const struct k8snet_address *address)
{
	unsigned int bytes = prefix->length / 8, bits = prefix->length % 8;
	unsigned int mask = 0xff00u >> bits & 0xff;

	if (prefix->address.family != address->family)
		return false;
	if (memcmp(prefix->address.bytes, address->bytes, bytes))
		return false;
	return !bits || !((prefix->address.bytes[bytes] ^ address->bytes[bytes]) & mask);
}

size_t address_size(const struct k8snet_address *address)
{
	return address->family == 6 ? 16 : 4;
}

struct k8snet_prefix prefix_mask(const struct k8snet_prefix *prefix)
{
	struct k8snet_prefix masked = *prefix;
	size_t i;

	for (i = 0; i < sizeof(masked.address.bytes); i++) {
		int bits = prefix->length - (int)i * 8;

		if (bits <= 0)
			masked.address.bytes[i] = 0;
		else if (bits < 8)
			masked.address.bytes[i] &= (uint8_t)(0xff << (8 - bits));
	}
	return masked;
}
