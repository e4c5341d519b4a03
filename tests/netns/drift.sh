#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Things are deleted and altered by hand, one at a time, on a node that works:
# the next full plan is exactly what repairs it, and then traffic passes.
. "$(dirname "$0")/e2e.sh"

# in_node COMMAND...: on node 1.
in_node() {
	ip netns exec "$prefix-n1" "$@"
}

# The name of a pod's link on node 1.
link_of() {
	in_node sh -c "grep -lx 'k8snet pod shop/$1' /sys/class/net/*/ifalias" | cut -d/ -f5
}

# Lines of the plan for the fresh node that match: what has to be done again.
again() {
	grep -E -e "$1" "$scratch/first"
}

# expected LINE...
expected() {
	printf '%s\n' "$@"
}

# drift WHAT, after the harm is done and the expected plan written.
want=$scratch/expected
drift() {
	k8snet 1 "$objects/cluster.json" --full --plan text >"$scratch/plan" 2>"$scratch/error" ||
		{ not_ok "$label: $1: no plan"; cat "$scratch/error"; return; }
	# Whether datagrams went untranslated meanwhile is another test's.
	sed -i '/: conntrack delete /d' "$want" "$scratch/plan"
	if ! cmp -s "$want" "$scratch/plan"; then
		not_ok "$label: $1"
		diff "$want" "$scratch/plan" | head -n 20
	fi
	k8snet 1 "$objects/cluster.json" --full --apply 2>"$scratch/error" ||
		{ not_ok "$label: $1: not repaired"; cat "$scratch/error"; }
	is_empty "$label: $1" 1 && repaired=$((repaired + 1))
	check "$label: $1" vip >"$scratch/traffic" || cat "$scratch/traffic"
	grep -q '^not ok' "$scratch/traffic" && cat "$scratch/traffic"
	return 0
}

# A word of the combination: the addresses of family 4 or 6.
family_words() {
	if test "$1" = 4; then
		ip_table=ip subnet2=10.1.2.0/24 vtep2=10.1.2.0 node2=10.100.0.12 node3=10.100.0.13
		gateway=10.1.1.1 pod_length=24 web1=10.1.1.3 vip=10.96.0.10 node1=10.100.0.11
	else
		ip_table=ip6 subnet2=fd00:1:0:2::/64 vtep2=fd00:1:0:2:: node2=fd00:100::12
		node3=fd00:100::13 gateway=fd00:1:0:1::1 pod_length=64 web1=fd00:1:0:1::3
		vip=fd00:96::10 node1=fd00:100::11
	fi
	six=
	test "$1" = 4 || six=-6
	vxlan=vxlan$1.1
}

peers_routed() {
	in_node ip $six route delete "$subnet2"
	again "node-2: route add $subnet2" >"$want"
	drift "route of a peer deleted"
	in_node ip $six route change "$subnet2" via "$node3" dev eth0 proto 75
	again "node-2: route add $subnet2" | sed 's/route add/route replace/' >"$want"
	drift "route of a peer altered"
}

peers_tunnelled() {
	in_node ip $six route delete "$subnet2"
	again "node-2: route add $subnet2" >"$want"
	drift "route of a peer deleted"
	mac=$(in_node bridge fdb show dev "$vxlan" | sed -n "s/ dst $node2 .*//p")
	in_node bridge fdb delete "$mac" dev "$vxlan" dst "$node2"
	again "node-2: fdb add $mac" >"$want"
	drift "FDB entry deleted"
	in_node bridge fdb replace "$mac" dev "$vxlan" dst "$node3" self permanent
	again "node-2: fdb add $mac" | sed 's/fdb add/fdb replace/' >"$want"
	drift "FDB entry altered"
	in_node ip neigh delete "$vtep2" dev "$vxlan"
	again "node-2: neigh add $vtep2" >"$want"
	drift "neighbour deleted"
	in_node ip neigh replace "$vtep2" lladdr 02:00:00:00:00:99 nud permanent dev "$vxlan"
	again "node-2: neigh add $vtep2" | sed 's/neigh add/neigh replace/' >"$want"
	drift "neighbour altered"
	in_node ip link delete "$vxlan"
	again "$vxlan" >"$want"
	drift "VXLAN device deleted"
	in_node ip link set "$vxlan" mtu 1300
	expected "pod     node node-1: link set $vxlan mtu $vxlan_mtu" >"$want"
	drift "MTU of the VXLAN device"
}

links_bridged() {
	port=$(link_of web-1)
	in_node ip address delete "$gateway/$pod_length" dev k8snet0
	again "address add $gateway/$pod_length dev k8snet0" >"$want"
	drift "gateway's address deleted"
	in_node ip link set "$port" nomaster
	expected "pod     pod shop/web-1: link set $port master k8snet0 hairpin on" >"$want"
	drift "port taken out of the bridge"
	in_node ip link set "$port" type bridge_slave hairpin off
	expected "pod     pod shop/web-1: link set $port hairpin on" >"$want"
	drift "hairpin mode off"
	in_node ip link set k8snet0 down
	{
		expected "pod     node node-1: link set k8snet0 up"
		# IPv6 addresses go when a link goes down.
		again 'address add f[de].* dev k8snet0'
	} >"$want"
	drift "bridge down"
	in_node ip link delete k8snet0
	{
		again 'k8snet0 mtu|dev k8snet0'
		for pod in client-1 web-1; do
			echo "pod     pod shop/$pod: link set $(link_of $pod) master k8snet0 hairpin on"
		done
	} >"$want"
	drift "bridge deleted"
}

links_routed() {
	port=$(link_of web-1)
	in_node ip $six route delete "$web1"
	again "web-1: route add $web1" >"$want"
	drift "route to a pod deleted"
	in_node ip neigh delete "$web1" dev "$port"
	again "web-1: neigh add $web1 " >"$want"
	drift "neighbour of a pod deleted"
	in_node ip link set "$port" down
	{
		expected "pod     pod shop/web-1: link set $port up"
		again "web-1: (neigh|route) add .* dev $port\$"
	} >"$want"
	drift "link of a pod down"
}

pods() {
	port=$(link_of web-1)
	ip -n "$prefix-web-1" $six route delete default
	again "web-1: route add default via $default_via " >"$want"
	drift "default route of a pod deleted"
	ip -n "$prefix-web-1" address delete "$web1/$address_length" dev eth0
	# Without its only IPv4 address the link loses all that is IPv4.
	what="address add $web1/"
	test "$1" = 6 || what="($what|neigh add $default_via |route add default via $default_via )"
	again "web-1: $what" >"$want"
	drift "address of a pod deleted"
	in_node ip link set "$port" mtu 1280
	{
		# A bridge takes the least MTU of its ports, until it is given one.
		in_node ip link show k8snet0 2>/dev/null | grep -q 'mtu 1280' &&
			echo "pod     node node-1: link set k8snet0 mtu $pod_mtu"
		expected "pod     pod shop/web-1: link set $port mtu $pod_mtu"
	} >"$want"
	drift "MTU of a pod's link"
	ip -n "$prefix-web-1" link set eth0 mtu 1280
	expected "pod     pod shop/web-1: link set eth0 mtu $pod_mtu in /run/netns/$prefix-web-1" >"$want"
	drift "MTU in a pod"
	ip -n "$prefix-web-1" link set lo down
	again 'web-1: link set lo' >"$want"
	drift "loopback of a pod down"
	in_node ip link delete "$port"
	again 'shop/web-1:' | grep -v 'link set lo' >"$want"
	drift "link of a pod deleted"
	ip -n "$prefix-web-1" link delete eth0
	again 'shop/web-1:' | grep -v 'link set lo' >"$want"
	drift "link of a pod deleted from inside"
}

nft_in_node() {
	in_node nft "$@"
}

services() {
	nft_in_node delete element $ip_table k8snet endpoints-tcp "{ $vip . 80 . 1 }"
	again "element add $ip_table k8snet endpoints-tcp . $vip \. 80 \. 1 " >"$want"
	drift "endpoint deleted"
	nft_in_node "delete element $ip_table k8snet services { $vip . tcp . 80 };
		add element $ip_table k8snet services { $vip . tcp . 80 : 80ff:0 }"
	{
		again "element add $ip_table k8snet services . $vip \. tcp \. 80 " |
			sed 's/element add/element delete/; s/ : 8.*/ }/'
		again "element add $ip_table k8snet services . $vip \. tcp \. 80 "
	} >"$want"
	drift "service altered"
	nft_in_node delete element $ip_table k8snet services "{ $vip . udp . 53 }"
	again "element add $ip_table k8snet services . $vip \. udp \. 53 " >"$want"
	drift "service deleted"
	nft_in_node delete element $ip_table k8snet hairpin "{ $web1 . $web1 }"
	again "element add $ip_table k8snet hairpin . $web1 " >"$want"
	drift "hairpin entry deleted"
	nft_in_node delete element $ip_table k8snet node-addresses "{ $node1 }"
	again "element add $ip_table k8snet node-addresses . $node1/" >"$want"
	drift "node's address deleted"
	nft_in_node flush set $ip_table k8snet pod-networks
	again "element add $ip_table k8snet pod-networks" >"$want"
	drift "pod networks flushed"
	nft_in_node flush chain $ip_table k8snet cluster-tcp-3
	again "chain add $ip_table k8snet cluster-tcp-3" >"$want"
	drift "rules of a shared chain flushed"
	nft_in_node flush chain $ip_table k8snet services
	again "table add $ip_table k8snet" >"$want"
	drift "rules of a skeleton chain flushed"
	nft_in_node flush map $ip_table k8snet endpoints-udp
	again "element add $ip_table k8snet endpoints-udp" >"$want"
	drift "endpoints flushed"
	nft_in_node flush table $ip_table k8snet
	# A chain that has no rules stays whole.
	again "(table|chain) add $ip_table k8snet" | grep -v ' masquerade-' >"$want"
	drift "table flushed"
	nft_in_node delete table $ip_table k8snet
	again " add $ip_table k8snet" >"$want"
	drift "table deleted"
}

node() {
	sysctl=net/ipv4/ip_forward
	test "$1" = 4 || sysctl=net/ipv6/conf/all/forwarding
	in_node sh -c "echo 0 >/proc/sys/$sysctl"
	again "sysctl set $(echo $sysctl | tr / .)" >"$want"
	drift "forwarding off"
}

one() {
	cluster_up "$3"
	# A machine that forwards hands that on to new namespaces, and the plan would lack it.
	for sysctl in ipv4/ip_forward ipv6/conf/all/forwarding; do
		in_node sh -c "echo 0 >/proc/sys/net/$sysctl"
	done
	serve
	k8snet 1 "$objects/cluster.json" --plan text >"$scratch/first" 2>/dev/null
	apply || return
	repaired=0
	pod_mtu=$((1500 - overhead))
	for number in 4 6; do
		case $3$number in ipv46 | ipv64) continue ;; esac
		family_words $number
		vxlan_mtu=$((1500 - (number == 4 ? 50 : 70)))
		default_via=$gateway address_length=$pod_length
		if test "$2" = ptp; then
			default_via=169.254.1.1 address_length=32
			test $number = 4 || { default_via=fe80::1 address_length=128; }
		fi
		node $number
		if test "$1" = route; then peers_routed; else peers_tunnelled; fi
		if test "$2" = bridge; then links_bridged $number; else links_routed $number; fi
		pods $number
		services
	done
	ok "$label: $repaired times what was harmed is repaired"
	cluster_down
}

for each in ${E2E_DRIFT:-route,bridge,dual overlay,ptp,dual}; do
	# shellcheck disable=SC2046
	set -- $(echo "$each" | tr , ' ')
	combination "$@"
	one "$@"
done
finish
