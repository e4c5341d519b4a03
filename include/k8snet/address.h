/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef K8SNET_ADDRESS_H
#define K8SNET_ADDRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The size of a buffer that holds any address or prefix as text. */
#define K8SNET_ADDRESS_TEXT_SIZE 64

/* An IP address. A plain value: copy it, compare it with k8snet_address_is_equal(). */
struct k8snet_address {
	uint8_t family;	   /* 4 or 6; 0: none */
	uint8_t bytes[16]; /* network byte order; IPv4 uses the first 4, the rest is 0 */
};

/* An IP address with the length of its network prefix, e.g. 10.1.0.0/24. */
struct k8snet_prefix {
	struct k8snet_address address;
	uint8_t length; /* 0 to 32 or 0 to 128 */
};

/*
 * Parse an address: dotted quad without leading zeros, or RFC 4291 text without
 * a zone. IPv4-mapped IPv6 becomes IPv4. Setters and JSON also take leading zeros,
 * as Kubernetes does, and drop them. Errors: -EINVAL.
 */
int k8snet_address_parse(struct k8snet_address *out, const char *text);
/* Parse "address/length". Host bits are kept. Errors: -EINVAL. */
int k8snet_prefix_parse(struct k8snet_prefix *out, const char *text);

/* Write the canonical text (RFC 5952 for IPv6) into `buffer`, cut off at
 * `size` (K8SNET_ADDRESS_TEXT_SIZE always fits), and return `buffer`. */
char *k8snet_address_format(const struct k8snet_address *address, char *buffer, size_t size);
char *k8snet_prefix_format(const struct k8snet_prefix *prefix, char *buffer, size_t size);

bool k8snet_address_is_equal(const struct k8snet_address *a, const struct k8snet_address *b);
/* Whether `address` is in the network of `prefix`. */
bool k8snet_prefix_has_address(const struct k8snet_prefix *prefix,
			       const struct k8snet_address *address);

#ifdef __cplusplus
}
#endif

#endif
