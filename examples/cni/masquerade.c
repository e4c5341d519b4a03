/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "masquerade.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "nft.h"

#define SET	      "masqueraded"
#define MAX_ADDRESSES 64

struct masquerade {
	struct nft_element elements[MAX_ADDRESSES];
	struct nft_chain chains[MAX_ADDRESSES];
	size_t count;
};

static int build(struct plugin *p, const struct k8snet_cni_result *result, struct masquerade *m)
{
	const struct k8snet_cni_ip *ip = NULL;

	m->count = 0;
	while (result && (ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_prefix *prefix = k8snet_cni_ip_get_address(ip);
		const struct k8snet_prefix network = prefix_mask(prefix);
		struct nft_element *element = &m->elements[m->count];

		if (m->count == MAX_ADDRESSES)
			return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
					   "ipMasq: more than %d addresses", MAX_ADDRESSES);
		*element = (struct nft_element){
			.family = nft_family(&prefix->address),
			.set = SET,
			.chain = &m->chains[m->count],
		};
		nft_put_address(element->key, &element->key_size, &prefix->address);
		nft_chain_masquerade(&m->chains[m->count++], &network);
	}
	return 0;
}

int masquerade_add(struct plugin *p, const struct k8snet_cni_result *result)
{
	struct masquerade m;
	int r = build(p, result, &m);

	return r < 0 ? r : nft_add(p, m.elements, m.count);
}

int masquerade_del(struct plugin *p, const struct k8snet_cni_result *result)
{
	struct masquerade m;
	int r = build(p, result, &m);

	if (r == 0 && m.count)
		return nft_remove(p, m.elements, m.count);
	if (r == 0)
		r = nft_remove_stale(p, NFPROTO_IPV4, SET, nft_is_own);
	return r < 0 ? r : nft_remove_stale(p, NFPROTO_IPV6, SET, nft_is_own);
}

int masquerade_check(struct plugin *p, const struct k8snet_cni_result *result)
{
	struct masquerade m;
	int r = build(p, result, &m);

	return r < 0 ? r : nft_check(p, m.elements, m.count);
}

int masquerade_gc(struct plugin *p)
{
	int r = nft_remove_stale(p, NFPROTO_IPV4, SET, nft_is_invalid);

	return r < 0 ? r : nft_remove_stale(p, NFPROTO_IPV6, SET, nft_is_invalid);
}
