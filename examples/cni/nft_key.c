/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Keys and data of elements. */
#include <arpa/inet.h>
#include <string.h>

#include "address.h"
#include "nft.h"

static void put_bytes(uint8_t *bytes, uint8_t *size, const void *from, size_t length)
{
	memcpy(bytes + *size, from, length);
	*size = (uint8_t)(*size + (length + 3) / 4 * 4);
}

void nft_put_address(uint8_t *bytes, uint8_t *size, const struct k8snet_address *address)
{
	put_bytes(bytes, size, address->bytes, address_size(address));
}

void nft_put_port(uint8_t *bytes, uint8_t *size, uint16_t port)
{
	uint16_t value = htons(port);

	put_bytes(bytes, size, &value, sizeof(value));
}

void nft_put_byte(uint8_t *bytes, uint8_t *size, uint8_t byte)
{
	put_bytes(bytes, size, &byte, 1);
}

void nft_put_name(uint8_t *bytes, uint8_t *size, const char *ifname)
{
	char name[16] = {0};

	memcpy(name, ifname, strnlen(ifname, sizeof(name) - 1));
	put_bytes(bytes, size, name, sizeof(name));
}

void nft_put_mac(uint8_t *bytes, uint8_t *size, const uint8_t mac[6])
{
	put_bytes(bytes, size, mac, 6);
}

uint8_t nft_family(const struct k8snet_address *address)
{
	return address->family == 6 ? NFPROTO_IPV6 : NFPROTO_IPV4;
}
