#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What is somebody else's is the same, to the byte, before and after apply,
# repair, pruning and removal.
. "$(dirname "$0")/e2e.sh"

in_node() {
	ip netns exec "$prefix-n1" "$@"
}

# Tables in every family, one at the hooks that the library uses and one with
# its table's name; links, entries and routes of all sorts.
make_foreign() {
	# Links join groups when their node becomes a router.
	in_node sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	in_node nft -f - <<-'END'
	table ip theirs {
		set allowed { type ipv4_addr; elements = { 10.100.0.1, 192.0.2.7 }; }
		map ports { type inet_service : ipv4_addr; elements = { 99 : 192.0.2.7 }; }
		chain pre { type nat hook prerouting priority -100; policy accept; tcp dport 99 dnat to tcp dport map @ports; }
		chain post { type nat hook postrouting priority 100; policy accept; ip saddr 192.0.2.0/24 masquerade; }
	}
	table ip6 theirs {
		chain pre { type nat hook prerouting priority -100; policy accept; }
	}
	table inet k8snet {
		chain services { type filter hook forward priority 0; policy accept; ip saddr 192.0.2.66 drop; }
	}
	table bridge k8snet {
		chain forward { type filter hook forward priority 0; policy accept; }
	}
	END
	in_node ip -batch - <<-'END'
	link add br-theirs mtu 1400 type bridge
	link add v-theirs type veth peer name v-theirs2
	link set v-theirs alias "k8snetworks: not ours" master br-theirs up
	link set v-theirs2 up
	link set br-theirs up
	address add 192.0.2.1/24 dev br-theirs
	address add 2001:db8:77::1/64 dev br-theirs nodad
	address add 192.0.2.129/32 dev lo
	neigh add 192.0.2.7 lladdr 02:00:00:00:77:07 nud permanent dev br-theirs
	link add vx-theirs type vxlan id 77 local 10.100.0.11 dev eth0 dstport 4789 nolearning
	link set vx-theirs up
	neigh add 192.0.2.99 lladdr 02:00:00:00:77:99 nud permanent dev vx-theirs
	route add 192.0.2.200/32 via 192.0.2.7 proto static
	route add 198.18.0.0/24 via 10.100.0.12 proto bgp metric 50
	route add 10.1.9.0/24 via 10.100.0.13 proto bird
	route add 10.1.2.0/24 via 10.100.0.13 proto 75 table 1000
	route add blackhole 10.1.0.0/16 proto static
	route add fd00:7::/48 via fd00:100::13 dev eth0 proto static
	rule add from 192.0.2.0/24 lookup 1000 priority 77
	END
	in_node bridge -batch - <<-'END'
	fdb append 02:00:00:00:77:99 dev vx-theirs dst 10.100.0.13
	fdb append 00:00:00:00:00:00 dev vx-theirs dst 10.100.0.12
	fdb add 02:00:00:00:77:07 dev v-theirs master static
	END
}

look() {
	for table in "ip theirs" "ip6 theirs" "inet k8snet" "bridge k8snet"; do
		# shellcheck disable=SC2086
		in_node nft list table $table
	done
	for link in br-theirs v-theirs v-theirs2 vx-theirs eth0 lo; do
		in_node ip -d link show dev $link | sed 's/[a-z]*_timer *[0-9.]*//g'
		in_node ip address show dev $link | sed 's/ tentative//'
		in_node ip neigh show nud permanent dev $link
		in_node bridge fdb show dev $link | grep -vE '^(33:33|01:00:5e)'
	done
	for proto in static bgp bird boot; do
		in_node ip route show table all proto $proto
		in_node ip -6 route show table all proto $proto
	done
	in_node ip route show table 1000
	in_node ip rule
}

# ip(8) asks for the numbers of all named namespaces, and complains of those that
# other tests are just removing.
watch_theirs() {
	look 2>&1 | grep -v '^Error: Peer netns reference is invalid' >"$scratch/$1"
}

unharmed() {
	watch_theirs now
	same "$label: theirs after $1" "$scratch/theirs" "$scratch/now"
}

one() {
	cluster_up "$3"
	make_foreign || not_ok "$label: cannot make what is theirs"
	watch_theirs theirs
	test "$(wc -l <"$scratch/theirs")" -gt 60 || not_ok "$label: little to look at"
	in_node nft list tables >"$scratch/tables"
	in_node ip -o link | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sort >"$scratch/links"
	serve
	apply
	unharmed apply
	check "$label, with somebody else" vip
	in_node nft delete table ip k8snet
	in_node nft flush table ip6 k8snet
	in_node ip route flush proto 75 2>/dev/null
	k8snet 1 "$objects/cluster.json" --full --prune --apply 2>"$scratch/error" ||
		not_ok "$label: repair: $(cat "$scratch/error")"
	unharmed "repair and pruning"
	is_empty "$label, with somebody else" 1
	k8snet 1 --remove-all --apply 2>"$scratch/error" ||
		not_ok "$label: removal: $(cat "$scratch/error")"
	unharmed removal
	in_node nft list tables >"$scratch/now"
	same "$label: tables as at first" "$scratch/tables" "$scratch/now"
	in_node ip -o link | sed 's/^[0-9]*: \([^:@]*\).*/\1/' | sort >"$scratch/now"
	same "$label: links as at first" "$scratch/links" "$scratch/now"
	in_node ip route show table main proto 75 >"$scratch/now"
	test ! -s "$scratch/now" || not_ok "$label: routes left: $(cat "$scratch/now")"
	cluster_down
}

# Names that the library needs and somebody else has: refused, and not touched.
taken() {
	combination overlay bridge ipv4
	cluster_up ipv4
	in_node ip link add k8snet0 mtu 1300 type veth peer name other
	in_node ip -d link show k8snet0 >"$scratch/before"
	if k8snet 1 "$objects/cluster.json" --apply 2>"$scratch/error"; then
		not_ok "somebody else's link has the bridge's name: no error"
	fi
	in_node ip -d link show k8snet0 >"$scratch/after"
	same "somebody else's link with the bridge's name" "$scratch/before" "$scratch/after"
	grep -q 'k8snet0.*File exists' "$scratch/error" && ok "the error names it" ||
		not_ok "the error does not name it: $(cat "$scratch/error")"
	cluster_down
}

for each in route,bridge,dual overlay,ptp,dual; do
	# shellcheck disable=SC2046
	set -- $(echo "$each" | tr , ' ')
	combination "$@"
	one "$@"
done
taken
finish
