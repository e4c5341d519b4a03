/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "model/check.h"

static bool is_zero(const uint8_t *bytes, size_t n)
{
	while (n--)
		if (bytes[n])
			return false;
	return true;
}

/* --- parsing -------------------------------------------------------------- */

#define MAX_TEXT 128

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/*
 * "010.001.0.0/08" as "10.1.0.0/8". The API has always taken zeros before decimal
 * numbers, and objects that were stored with them stay. false: too long.
 */
static bool strip_zeros(const char *text, char out[MAX_TEXT])
{
	const char *colon = strrchr(text, ':'), *decimal = colon ? colon + 1 : text;
	bool begins = true; /* a number */
	size_t n = 0;

	if (!strchr(decimal, '.')) /* but for a length */
		decimal += strcspn(decimal, "/");
	for (; *text; text++) {
		if (text >= decimal && begins && *text == '0' && is_digit(text[1]))
			continue;
		if (n + 1 == MAX_TEXT)
			return false;
		begins = text + 1 == decimal || !is_digit(*text);
		out[n++] = *text;
	}
	out[n] = '\0';
	return true;
}

int parse_address(struct k8snet_address *out, const char *text)
{
	char stripped[MAX_TEXT];

	return strip_zeros(text, stripped) ? k8snet_address_parse(out, stripped) : -EINVAL;
}

/* "::ffff:10.0.0.0/104" as 10.0.0.0/8. */
static int parse_mapped(struct k8snet_prefix *out, char *text)
{
	char *slash = strchr(text, '/'), length[MAX_TEXT + 2];
	struct k8snet_prefix prefix, of_zero;

	if (!slash || !strchr(text, ':'))
		return -EINVAL;
	snprintf(length, sizeof(length), "::%s", slash);
	*slash = '\0';
	if (k8snet_prefix_parse(&of_zero, length) < 0 || of_zero.length < 96 ||
	    k8snet_address_parse(&prefix.address, text) < 0 || prefix.address.family != 4)
		return -EINVAL;
	prefix.length = (uint8_t)(of_zero.length - 96);
	*out = prefix;
	return 0;
}

int parse_prefix(struct k8snet_prefix *out, const char *text)
{
	char stripped[MAX_TEXT];

	if (!strip_zeros(text, stripped))
		return -EINVAL;
	return k8snet_prefix_parse(out, stripped) == 0 ? 0 : parse_mapped(out, stripped);
}

/* --- checking ------------------------------------------------------------- */

static const char *check_ipv4(const uint8_t *b, unsigned int flags)
{
	if (b[0] == 0)
		return "is unspecified";
	if (b[0] == 127)
		return "is a loopback address";
	if (b[0] >= 224 && b[0] < 240)
		return "is a multicast address";
	if (!memcmp(b, "\xff\xff\xff\xff", 4)) /* the rest of 240.0.0.0/4 is in use */
		return "is the broadcast address";
	if (b[0] == 169 && b[1] == 254 && !(flags & CHECK_LINK_LOCAL))
		return "is a link-local address";
	return NULL;
}

static const char *check_ipv6(const uint8_t *b, unsigned int flags)
{
	if (is_zero(b, 15) && b[15] <= 1)
		return b[15] ? "is a loopback address" : "is unspecified";
	if (b[0] == 0xff)
		return "is a multicast address";
	if (b[0] == 0xfe && (b[1] & 0xc0) == 0x80 && !(flags & CHECK_LINK_LOCAL))
		return "is a link-local address";
	return NULL;
}

const char *check_host_address(const struct k8snet_address *address, unsigned int flags)
{
	return address->family == 4 ? check_ipv4(address->bytes, flags)
				    : check_ipv6(address->bytes, flags);
}

int check_address(const struct where *at, const char *text, unsigned int flags,
		  struct k8snet_address *out)
{
	const char *why;

	if (!text)
		return where_missing(at, NULL);
	if (parse_address(out, text) < 0)
		why = "is not an IP address";
	else
		why = check_host_address(out, flags);
	if (!why)
		return 0;
	return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "\"%s\" %s",
			   printable(text, strlen(text)).text, why);
}

static bool has_host_bits(const struct k8snet_prefix *prefix)
{
	unsigned int bytes = prefix->length / 8, bits = prefix->length % 8;
	const uint8_t *b = prefix->address.bytes;

	if (bits && b[bytes++] & 0xff >> bits)
		return true;
	return !is_zero(b + bytes, sizeof(prefix->address.bytes) - bytes);
}

int check_prefix(const struct where *at, const char *text, struct k8snet_prefix *out)
{
	const char *why = NULL;

	if (!text)
		return where_missing(at, NULL);
	if (parse_prefix(out, text) < 0)
		why = "is not a CIDR (address/length)";
	else if (has_host_bits(out))
		why = "has bits set after its length";
	if (!why)
		return 0;
	return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL, "\"%s\" %s",
			   printable(text, strlen(text)).text, why);
}

int check_mac(const struct where *at, const uint8_t mac[6])
{
	if (!(mac[0] & 1) && !is_zero(mac, 6))
		return 0;
	return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
			   "%02x:%02x:%02x:%02x:%02x:%02x is not a unicast MAC address", mac[0],
			   mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static int hex(char c)
{
	static const char digits[] = "0123456789abcdefABCDEF";
	const char *p = c ? strchr(digits, c) : NULL;

	if (!p)
		return -1;
	return (int)(p - digits) - (p - digits > 15 ? 6 : 0);
}

static int parse_mac(const char *text, uint8_t out[6])
{
	if (strlen(text) != 17)
		return -EINVAL;
	for (int i = 0; i < 6; i++, text += 3) {
		if (hex(text[0]) < 0 || hex(text[1]) < 0 || (i < 5 && text[2] != ':'))
			return -EINVAL;
		out[i] = (uint8_t)(hex(text[0]) << 4 | hex(text[1]));
	}
	return 0;
}

int check_mac_text(const struct where *at, const char *text, uint8_t out[6])
{
	if (parse_mac(text, out) < 0)
		return where_error(at, -EINVAL, K8SNET_MSG_BAD_FIELD, NULL,
				   "\"%s\" is not a MAC address",
				   printable(text, strlen(text)).text);
	return check_mac(at, out);
}
