/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* bridge: macspoofchk. What a container sends from another MAC address than its own is
 * dropped where it enters the bridge. */
#include "bridge.h"
#include "nft.h"

#define PORTS	  "checked-ports"
#define ADDRESSES "mac-addresses"

static void build(const struct plugin *p, const uint8_t mac[6], struct nft_element elements[2])
{
	elements[0] = (struct nft_element){.family = NFPROTO_BRIDGE, .set = ADDRESSES};
	nft_put_name(elements[0].key, &elements[0].key_size, p->owner.link);
	nft_put_mac(elements[0].key, &elements[0].key_size, mac);
	elements[1] = (struct nft_element){.family = NFPROTO_BRIDGE, .set = PORTS};
	nft_put_name(elements[1].key, &elements[1].key_size, p->owner.link);
}

int bridge_mac_add(struct plugin *p, const uint8_t mac[6])
{
	struct nft_element elements[2];

	build(p, mac, elements);
	return nft_add(p, elements, 2);
}

int bridge_mac_check(struct plugin *p, const uint8_t mac[6])
{
	struct nft_element elements[2];

	build(p, mac, elements);
	return nft_check(p, elements, 2);
}

int bridge_mac_del(struct plugin *p)
{
	int r = nft_remove_stale(p, NFPROTO_BRIDGE, PORTS, nft_is_own);

	return r < 0 ? r : nft_remove_stale(p, NFPROTO_BRIDGE, ADDRESSES, nft_is_own);
}

int bridge_mac_gc(struct plugin *p)
{
	int r = nft_remove_stale(p, NFPROTO_BRIDGE, PORTS, nft_is_invalid);

	return r < 0 ? r : nft_remove_stale(p, NFPROTO_BRIDGE, ADDRESSES, nft_is_invalid);
}
