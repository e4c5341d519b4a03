#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Random changes of services and endpoints on a node, step by step, with clients of
# services that stay: no request may fail. After every 100 changes the tables are what a
# full computation gives, here and in an empty namespace. Now and then somebody damages
# the tables, or the process starts anew.
#
#   CHAOS_CHANGES=10000 CHAOS_SEED=7 chaos.sh      2,000 and a new seed if not set
set -u
. "${top_srcdir:=.}/tests/netns/lib.sh"
netns_need
command -v ip nft >/dev/null || { echo "skipped: ip or nft is missing"; exit 77; }
netns_add node fresh pod out backends

# on NAME, and commands for ip(8) on standard input
on() {
	ip -n "$(netns_name "$1")" -batch - || exit 99
}

# link NAME DEVICE: from the node; the other end is eth0 of NAME.
link() {
	ip -n "$(netns_name node)" link add "$2" type veth peer name eth0 netns "$(netns_name "$1")" ||
		exit 99
	ip -n "$(netns_name node)" link set "$2" addrgenmode none up
	ip -n "$(netns_name "$1")" link set eth0 addrgenmode none up
}

link pod pod
link out out
link backends backends
on node <<END
link set lo up
address add fe80::1/64 dev pod nodad
address add fe80::1/64 dev out nodad
address add fe80::1/64 dev backends nodad
address add 10.100.0.11/24 dev out
address add fd00:100::11/64 dev out nodad
route add 10.1.0.2 dev pod
route add fd00:1::2 via fe80::2 dev pod
route add 10.1.0.0/16 dev backends
route add fd00:1::/32 via fe80::2 dev backends
route add default via 10.100.0.2 dev out
route add default via fe80::2 dev out
END
on pod <<END
link set lo up
address add 10.1.0.2/32 dev eth0
address add fe80::2/64 dev eth0 nodad
address add fd00:1::2/128 dev eth0 nodad
route add 10.100.0.11 dev eth0
route add default via 10.100.0.11 dev eth0
route add default via fe80::1 dev eth0
END
on out <<END
link set lo up
address add 10.100.0.2/24 dev eth0
address add fe80::2/64 dev eth0 nodad
address add fd00:100::2/64 dev eth0 nodad
route add default via 10.100.0.11 dev eth0
route add default via fe80::1 dev eth0
END
# All addresses that endpoints may have are here.
on backends <<END
link set lo up
address add fe80::2/64 dev eth0 nodad
route add local 10.1.1.0/24 dev lo
route add local 10.1.2.0/24 dev lo
route add local 10.1.3.0/24 dev lo
address add fd00:1:0:1::3/128 dev lo nodad
address add fd00:1:0:2::3/128 dev lo nodad
address add fd00:1:0:3::3/128 dev lo nodad
route add local fd00:1:0:1::/64 dev lo
route add local fd00:1:0:2::/64 dev lo
route add local fd00:1:0:3::/64 dev lo
route add 10.100.0.11 dev eth0
route add default via 10.100.0.11 dev eth0
route add default via fe80::1 dev eth0
END
ip netns exec "$(netns_name node)" sh -c '
	echo 1 >/proc/sys/net/ipv4/ip_forward
	echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'

netns_make_directory
seed=${CHAOS_SEED:-$(od -An -N3 -tu4 /dev/urandom | tr -d ' ')}
/usr/bin/python3 -I -B "$top_srcdir/tests/netns/chaos_run.py" run "${netns_prefix%-}" \
	"$netns_directory" "${top_builddir:-.}/tests/netns/chaos_check" "$seed" \
	"${CHAOS_CHANGES:-2000}"
