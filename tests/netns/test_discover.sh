#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The uplink of a node.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node bare
node="ip -n $(netns_name node)"
$node link set lo up
$node link add up1 type bridge
$node link add up0 type bridge
$node link set up0 mtu 1400
$node addr add 10.200.0.2/16 dev up1
$node addr add 10.100.0.2/24 dev up0
$node addr add 10.100.0.9/24 dev up0
$node addr add 2001:db8::2/64 dev up0 nodad
$node link set up0 up
$node link set up1 up
$node route add default via 10.100.0.1
"$top_builddir/tests/netns/discover_check" "$(netns_path node)" "$(netns_path bare)"
