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
 *                      (what else is in hostports leads nowhere: it is somebody else's)
 *   hostport-sources   { container . protocol . port of the node } -> the chain that
 *                      masquerades what could not be answered else: what comes from
 *                      the container's own network, or from the node's loopback
 *   bridges            those between which nothing passes
 *   same-bridge        { bridge . bridge }: within which all passes nevertheless
 *
 * The maps have types, not typeof: next to data that are "ip daddr . tcp dport" nft 1.0.6
 * adds a match on TCP to the rules that use the map.
 *
 * The text makes a table whole, whatever is there: sets with their elements, and the
 * chains of networks and of conditions, stay as they are; the rules of the others are
 * these afterwards. It is run when a set is missing, or the one named NFT_VERSION: who
 * changes rules counts that up. Sets, chains with hooks and the chains of networks do not
 * change but get another name, for calls of an older version may be at work.
 */
static const char template_ip[] =
	"table %1$s %2$s {\n"
	"	set " NFT_VERSION " { type mark; }\n"
	"	map masqueraded { type %3$s : verdict; }\n"
	"	map hostports { type %3$s . inet_proto . inet_service : %3$s . inet_service; }\n"
	"	map hostports-any { type inet_proto . inet_service : %3$s . inet_service; }\n"
	"	map hostport-sources { type %3$s . inet_proto . inet_service : verdict; }\n"
	"	set bridges { type ifname; }\n"
	"	set same-bridge { type ifname . ifname; }\n"
	"	chain masquerade-all { }\n"
	"	chain hostports { }\n"
	"	chain conditional-hostports { }\n"
	"	chain prerouting { type nat hook prerouting priority dstnat; }\n"
	"	chain output { type nat hook output priority -100; }\n"
	"	chain hostport-sources { }\n"
	"	chain postrouting { type nat hook postrouting priority srcnat; }\n"
	"	chain forward { type filter hook forward priority filter - 1; }\n"
	"}\n"
	"flush chain %1$s %2$s masquerade-all\n"
	"flush chain %1$s %2$s hostports\n"
	"flush chain %1$s %2$s prerouting\n"
	"flush chain %1$s %2$s output\n"
	"flush chain %1$s %2$s hostport-sources\n"
	"flush chain %1$s %2$s postrouting\n"
	"flush chain %1$s %2$s forward\n"
	"table %1$s %2$s {\n"
	"	chain masquerade-all { masquerade; }\n"
	"	chain hostports {\n"
	"		dnat %1$s to %1$s daddr . meta l4proto . th dport map @hostports\n"
	"		dnat %1$s to meta l4proto . th dport map @hostports-any\n"
	"	}\n"
	"	chain prerouting {\n"
	"		fib daddr type != local return\n"
	"		jump conditional-hostports\n"
	"		goto hostports\n"
	"	}\n"
	"	chain output {\n"
	"		fib daddr type != local return\n"
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
	"		ct status dnat jump hostport-sources\n"
	"		%1$s saddr vmap @masqueraded\n"
	"	}\n"
	"	chain forward {\n"
	"		iifname . oifname @same-bridge accept\n"
	"		iifname @bridges oifname @bridges drop\n"
	"	}\n"
	"}\n";

/* mac-addresses: { port of a bridge . source }, for the ports in checked-ports.
 * isolated-ports: those between which no IP passes. */
static const char template_bridge[] =
	"table %1$s %2$s {\n"
	"	set " NFT_VERSION " { type mark; }\n"
	"	set checked-ports { type ifname; }\n"
	"	set mac-addresses { type ifname . ether_addr; }\n"
	"	set isolated-ports { type ifname; }\n"
	"	chain forward { type filter hook forward priority -200; }\n"
	"	chain prerouting { type filter hook prerouting priority -300; }\n"
	"}\n"
	"flush chain %1$s %2$s forward\n"
	"flush chain %1$s %2$s prerouting\n"
	"table %1$s %2$s {\n"
	"	chain forward {\n"
	"		iifname @isolated-ports oifname @isolated-ports ether type { ip, ip6 } "
	"drop\n"
	"	}\n"
	"	chain prerouting {\n"
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

static int fail(struct plugin *p, const char *what, const char *error, int r)
{
	return plugin_fail(p, ERROR_KERNEL, "nftables: %s: %s", what,
			   error[0] ? error : strerror(-r));
}

int skeleton_make(struct plugin *p, const char *commands, const char *what)
{
	char error[256];
	int r = nft_text_run(commands, error, sizeof(error));

	/* Another process was faster: it is whole, whoever made it. */
	return r == 0 || r == -EEXIST ? 0 : fail(p, what, error, r);
}

int skeleton_make_table(struct plugin *p, uint8_t family)
{
	const char *name = skeleton_family_name(family);
	char text[4096], error[256];
	int r;

	snprintf(text, sizeof(text), family == NFPROTO_BRIDGE ? template_bridge : template_ip, name,
		 NFT_TABLE, skeleton_address_type(family));
	r = nft_text_run(text, error, sizeof(error));
	return r < 0 ? fail(p, "table " NFT_TABLE, error, r) : 0;
}
