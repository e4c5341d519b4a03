#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# nft 1.0.6 (Debian 12): a set of interface names with wildcards (type ifname, flags interval)
# takes any elements in one command, but once it holds a name and a wildcard, a name that
# overlaps with neither is refused: "interval overlaps with an existing one". The same elements
# in one command, and names alone one by one, are taken.
# What follows: whoever keeps such a set up to date element by element must send the elements
# to the kernel himself, which takes them, or write the whole set again.
set -u
. "$(dirname "$0")/lib.sh"
debian nftables=1.0.6-2+deb12u2 libnftables1=1.0.6-2+deb12u2 libnftnl11=1.2.4-2

elements() {
	nft list set ip t s | tr -d '\n\t ' | sed 's/.*elements={\([^}]*\)}.*/\1/'
}

new_set() {
	nft flush ruleset
	nft add table ip t
	nft add set ip t s '{ type ifname; flags interval; }'
}

new_set
nft add element ip t s '{ "eth0" }'
nft add element ip t s '{ "veth*" }'
message=$(nft add element ip t s '{ "eth1" }' 2>&1)
same "eth1 beside eth0 and veth*: exit status" $? 1
same "what nft says" "$message" "netlink: Error: interval overlaps with an existing one"
same "the set" "$(elements)" '"eth0","veth*"'

new_set
nft add element ip t s '{ "eth0", "eth1", "veth*" }'
same "the same three in one command: exit status" $? 0
same "the set" "$(elements)" '"eth0","eth1","veth*"'

new_set
nft add element ip t s '{ "eth0" }' && nft add element ip t s '{ "eth1" }'
same "names alone, one by one: exit status" $? 0
finish
