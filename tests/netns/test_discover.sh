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
# Routes are added to a node whose links are those above; where to is what is found.
more() {
	ip -n "$(netns_name node)" "$@" || exit 1
}
"$top_builddir/tests/netns/discover_check" "$(netns_path node)" "$(netns_path bare)" || exit 1

failed=0
finds() {
	found=$("$top_builddir/tests/netns/discover_check" "$(netns_path node)")
	if test "$found" = "$2"; then
		echo "ok $1"
	else
		echo "not ok $1: $found, not $2"
		failed=1
	fi
}
finds "a default route" "up0 10.100.0.2 2001:db8::2"
more route add default via 10.200.0.1 metric 500
finds "one that costs more is none" "up0 10.100.0.2 2001:db8::2"
more route del default via 10.100.0.1
finds "unless it is the only one" "up1 10.200.0.2"
more route del default via 10.200.0.1
more route add 0.0.0.0/1 via 10.100.0.1
more route add 128.0.0.0/1 via 10.100.0.1
finds "two halves" "up0 10.100.0.2 2001:db8::2"
more route add default via 10.200.0.1
finds "whose whole is somebody else's" "up1 10.200.0.2"
more route del default
more route del 0.0.0.0/1
finds "the second half alone" none
for type in blackhole prohibit unreachable throw; do
	more route add "$type" default
	finds "$type" none
	more -6 route add default dev up0
	finds "$type, and an IPv6 default route" "up0 10.100.0.2 2001:db8::2"
	more -6 route del default
	more -6 route add "$type" default
	finds "$type in both families" none
	more -6 route del "$type" default
	more route del "$type" default
done
more route add default nexthop via 10.200.0.1 nexthop via 10.100.0.1
finds "the first of several next hops" "up1 10.200.0.2"
more route del default
more addr add 192.0.2.7/24 dev up1
finds "an address for documentation is no default route" none
exit $failed
