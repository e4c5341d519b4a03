/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* STATUS: whether ADD could do its work. */
#include <errno.h>
#include <linux/netfilter/nf_tables.h>
#include <linux/netfilter/nfnetlink.h>
#include <string.h>

#include "link.h"
#include "plugin.h"

/* The privilege is asked for before the link is looked for. */
static int probe_links(struct plugin *p)
{
	int r = netlink_open(&p->host, NETLINK_ROUTE);

	if (r == 0)
		r = link_delete(&p->host, "k8snet-no-link");
	return r < 0 && r != -ENODEV ? plugin_fail(p, K8SNET_CNI_ERROR_UNAVAILABLE,
						   "the kernel refuses: %s", p->host.text)
				     : 0;
}

static int probe_nftables(struct plugin *p)
{
	const struct nfgenmsg header = {.version = NFNETLINK_V0};
	int r = netlink_open(&p->netfilter, NETLINK_NETFILTER);

	if (r == 0) {
		netlink_add(&p->netfilter, NFNL_SUBSYS_NFTABLES << 8 | NFT_MSG_GETGEN, 0, &header,
			    sizeof(header), "nftables");
		r = netlink_ask(&p->netfilter, NULL, NULL);
	}
	return r < 0 ? plugin_fail(p, K8SNET_CNI_ERROR_UNAVAILABLE, "the kernel refuses: %s",
				   p->netfilter.text)
		     : 0;
}

int plugin_probe(struct plugin *p, bool needs_nftables)
{
	int r = probe_links(p);

	return r < 0 || !needs_nftables ? r : probe_nftables(p);
}
