/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef CNI_FIREWALL_H
#define CNI_FIREWALL_H

#include "nft.h"

/*
 * iptables.c: what one of our tables accepts another may still drop, and the usual one
 * that does is that of iptables (nf_tables), "filter", whose chain FORWARD often has the
 * policy DROP, or will have it later. It gets, for each address of the container, the
 * rules that the reference plugin makes, in the form that iptables itself gives them:
 *
 *     FORWARD      -j CNI-FORWARD
 *     CNI-FORWARD  -j CNI-ADMIN
 *     CNI-FORWARD  -d ADDRESS -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
 *     CNI-FORWARD  -s ADDRESS -j ACCEPT
 *
 * Where there is no such table it is made, as iptables would do it. Each rule has its owner as
 * comment.
 */
int iptables_add(struct plugin *p, const char *admin_chain, const struct k8snet_cni_result *result);
int iptables_remove(struct plugin *p, nft_stale_fn is_stale);
int iptables_check(struct plugin *p, const char *admin_chain,
		   const struct k8snet_cni_result *result);

#endif
