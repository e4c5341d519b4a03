/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The tables, as nft text. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "nft.h"
#include "nft_text.h"

/*
 * In each of the families ip and ip6:
 *
 *   masqueraded        container -> the chain that masquerades what leaves its network
 *   hostports          { address of the node . protocol . port } -> { container . port }
 *   hostports-any      { protocol . port }, for any address of the node
 *   hostport-sources   { container . protocol . port of the node } -> the chain that
 *                      masquerades what could not be answered else: what comes from
 *                      the container's own network, or from the node's loopback
 *   bridges            those between which nothing passes
 *   same-bridge        { bridge . bridge }: within which all passes nevertheless
 *
 * The maps have types, not typeof: next to data that are "ip daddr . tcp dport" nft 1.0.6
 * adds a match on TCP to the rules that use the map.
 */
static const char template_ip[] =
	"create table %1$s %2$s\n"
	"table %1$s %2$s {\n"
	"	map masqueraded { type %3$s : verdict; }\n"
	"	map hostports { type %3$s . inet_proto . inet_service : %3$s . inet_service; }\n"
	"	map hostports-any { type inet_proto . inet_service : %3$s . inet_service; }\n"
	"	map hostport-sources { type %3$s . inet_proto . inet_service : verdict; }\n"
	"	set bridges { type ifname; }\n"
	"	set same-bridge { type ifname . ifname; }\n"
	"	chain masquerade-all { masquerade; }\n"
	"	chain hostports {\n"
	"		dnat %1$s to %1$s daddr . meta l4proto . th dport map @hostports\n"
	"		fib daddr type local dnat %1$s to meta l4proto . th dport map "
	"@hostports-any\n"
	"	}\n"
	"	chain conditional-hostports { }\n"
	"	chain prerouting {\n"
	"		type nat hook prerouting priority dstnat;\n"
	"		jump conditional-hostports\n"
	"		goto hostports\n"
	"	}\n"
	"	chain output {\n"
	"		type nat hook output priority -100;\n"
	"		jump conditional-hostports\n"
	"		goto hostports\n"
	"	}\n"
	"	chain hostport-sources {\n"
	"		meta l4proto tcp %1$s daddr . meta l4proto . ct original proto-dst vmap "
	"@hostport-sources\n"
	"		meta l4proto udp %1$s daddr . meta l4proto . ct original proto-dst vmap "
	"@hostport-sources\n"
	"		meta l4proto sctp %1$s daddr . meta l4proto . ct original proto-dst vmap "
	"@hostport-sources\n"
	"	}\n"
	"	chain postrouting {\n"
	"		type nat hook postrouting priority srcnat;\n"
	"		ct status dnat jump hostport-sources\n"
	"		%1$s saddr vmap @masqueraded\n"
	"	}\n"
	"	chain forward {\n"
	"		type filter hook forward priority filter - 1;\n"
	"		iifname . oifname @same-bridge accept\n"
	"		iifname @bridges oifname @bridges drop\n"
	"	}\n"
	"}\n";

/* mac-addresses: { port of a bridge . source }, for the ports in checked-ports.
 * isolated-ports: those between which no IP passes. */
static const char template_bridge[] =
	"create table %1$s %2$s\n"
	"table %1$s %2$s {\n"
	"	set checked-ports { type ifname; }\n"
	"	set mac-addresses { type ifname . ether_addr; }\n"
	"	set isolated-ports { type ifname; }\n"
	"	chain forward {\n"
	"		type filter hook forward priority -200;\n"
	"		iifname @isolated-ports oifname @isolated-ports ether type { ip, ip6 } "
	"drop\n"
	"	}\n"
	"	chain prerouting {\n"
	"		type filter hook prerouting priority -300;\n"
	"		iifname @checked-ports iifname . ether saddr != @mac-addresses drop\n"
	"	}\n"
	"}\n";

const char *skeleton_family_name(uint8_t family)
{
	return family == NFPROTO_BRIDGE ? "bridge" : family == NFPROTO_IPV6 ? "ip6" : "ip";
}

const char *skeleton_address_type(uint8_t family)
{
	return family == NFPROTO_IPV6 ? "ipv6_addr" : "ipv4_addr";
}

int skeleton_make(struct plugin *p, const char *commands, const char *what)
{
	char error[256];
	int r = nft_text_run(commands, error, sizeof(error));

	/* Another process was faster: it is whole, whoever made it. */
	if (r == 0 || r == -EEXIST)
		return 0;
	return plugin_fail(p, ERROR_KERNEL, "nftables: %s: %s", what,
			   error[0] ? error : strerror(-r));
}

int skeleton_make_table(struct plugin *p, uint8_t family)
{
	const char *name = skeleton_family_name(family);
	char text[4096];

	snprintf(text, sizeof(text), family == NFPROTO_BRIDGE ? template_bridge : template_ip, name,
		 NFT_TABLE, skeleton_address_type(family));
	return skeleton_make(p, text, "table " NFT_TABLE);
}
