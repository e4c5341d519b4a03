/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "masquerade.h"

#include <stdio.h>
#include <string.h>

#include "address.h"
#include "nft.h"
#include "peers.h"

#define SET	      "masqueraded"
#define MAX_ADDRESSES 64

struct masquerade {
	struct nft_element elements[MAX_ADDRESSES];
	struct nft_chain chains[MAX_ADDRESSES];
	struct networks kept[MAX_ADDRESSES]; /* of the chains */
	size_t count;
};

static void masquerade_done(struct masquerade *m)
{
	size_t i;

	for (i = 0; i < m->count; i++)
		networks_done(&m->kept[i]);
}
#define _cleanup_masquerade_ _cleanup_(masquerade_done)

/* `cluster`: where nothing is masqueraded, either. */
static int set_chain(struct nft_chain *chain, struct networks *kept,
		     const struct k8snet_prefix *network, const struct networks *cluster)
{
	int r;

	nft_chain_masquerade(chain, network);
	if (!cluster->count)
		return 0;
	r = networks_add_all(kept, cluster);
	if (r == 0)
		r = networks_add(kept, network);
	if (r == 0)
		r = networks_add(kept, &chain->rules[1].network);
	if (r == 0)
		nft_chain_masquerade_but(chain, network, kept);
	return r;
}

static int add_element(struct masquerade *m, const struct k8snet_prefix *prefix,
		       const struct networks *cluster)
{
	const struct k8snet_prefix network = prefix_mask(prefix);
	struct nft_chain *chain = &m->chains[m->count];
	struct networks *kept = &m->kept[m->count];
	struct nft_element *element = &m->elements[m->count++];

	*element = (struct nft_element){
		.family = nft_family(&prefix->address),
		.set = SET,
		.chain = chain,
	};
	nft_put_address(element->key, &element->key_size, &prefix->address);
	*kept = (struct networks){0};
	return set_chain(chain, kept, &network, cluster);
}

static int build_with(struct plugin *p, const struct k8snet_cni_result *result,
		      const struct networks cluster[2], struct masquerade *m)
{
	const struct k8snet_cni_ip *ip = NULL;
	int r = 0;

	while (r == 0 && result && (ip = k8snet_cni_result_next_ip(result, ip))) {
		const struct k8snet_prefix *prefix = k8snet_cni_ip_get_address(ip);

		if (m->count == MAX_ADDRESSES)
			return plugin_fail(p, K8SNET_CNI_ERROR_CONFIG,
					   "ipMasq: more than %d addresses", MAX_ADDRESSES);
		r = add_element(m, prefix, &cluster[prefix->address.family == 6]);
	}
	return r;
}

/* Only the type k8snet knows of the cluster. */
static int build(struct plugin *p, const struct k8snet_cni_result *result, struct masquerade *m)
{
	struct networks cluster[2] = {{0}};
	int r = p->is_all_in_one ? peers_read_networks(p, cluster) : 0;

	m->count = 0;
	if (r == 0)
		r = build_with(p, result, cluster, m);
	networks_done(&cluster[0]);
	networks_done(&cluster[1]);
	return r;
}

int masquerade_add(struct plugin *p, const struct k8snet_cni_result *result)
{
	_cleanup_masquerade_ struct masquerade m;
	int r = build(p, result, &m);

	return r < 0 ? r : nft_add(p, m.elements, m.count);
}

int masquerade_del(struct plugin *p, const struct k8snet_cni_result *result)
{
	/* Where the elements lead is known of them. */
	static const struct networks none[2];
	_cleanup_masquerade_ struct masquerade m;
	int r;

	m.count = 0;
	r = build_with(p, result, none, &m);

	if (r == 0 && m.count)
		return nft_remove(p, m.elements, m.count);
	if (r == 0)
		r = nft_remove_stale(p, NFPROTO_IPV4, SET, nft_is_own);
	return r < 0 ? r : nft_remove_stale(p, NFPROTO_IPV6, SET, nft_is_own);
}

int masquerade_check(struct plugin *p, const struct k8snet_cni_result *result)
{
	_cleanup_masquerade_ struct masquerade m;
	int r = build(p, result, &m);

	return r < 0 ? r : nft_check(p, m.elements, m.count);
}

int masquerade_gc(struct plugin *p)
{
	int r = nft_remove_stale(p, NFPROTO_IPV4, SET, nft_is_invalid);

	return r < 0 ? r : nft_remove_stale(p, NFPROTO_IPV6, SET, nft_is_invalid);
}
