#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The same configurations to us and to the reference plugins, each on a node of its own:
# the same results, links, addresses, routes and settings, and the same after DEL. And what
# one made, the other removes.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
cni_need_reference
netns_add c1 c2

ipam4='"ipam":{"type":"host-local","dataDir":"@","subnet":"10.9.0.0/24","routes":[{"dst":"0.0.0.0/0"}]}'
ipam6='"ipam":{"type":"host-local","dataDir":"@","ranges":[[{"subnet":"fd09::/64"}]],"routes":[{"dst":"::/0"}]}'
dual='"ipam":{"type":"host-local","dataDir":"@","ranges":[[{"subnet":"10.9.0.0/24"}],[{"subnet":"fd09::/64"}]],"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"},{"dst":"10.5.0.0/16","gw":"10.9.0.1"}]}'
flannel='"ipam":{"type":"host-local","dataDir":"@","ranges":[[{"subnet":"10.244.1.0/24"}]],"routes":[{"dst":"10.244.0.0/16"}]}'

config() {
	echo "{\"cniVersion\":\"$1\",\"name\":\"net\",\"type\":\"$2\"${3:+,}$3,$4}" |
		sed "s|@|$cni_tmp/$who|"
}
# What differs by chance: names and indexes of veth, MAC addresses, times, link-local.
normalize() {
	sed 's/^[0-9]*: //; s/veth[0-9a-f]*/veth/g; s/@if[0-9]*//; s/@[a-z0-9]*//; s/..:..:..:..:..:../MAC/g
		s/fe80::[0-9a-f:]*/LL/g; s/ tentative//; s/ nodad//; s/ noprefixroute//; s/ linkdown//; s/ *$//
		s/state UP mode/state mode/; s/state DOWN mode/state mode/; s/NO-CARRIER,//; s/,LOWER_UP//; s/-nid [0-9]*/-nid/
		s/link-netns[^ ]* [^ ]*//; s/alias .*//; s/\\//; s/[0-9]*sec/TIME/g; s/ qlen 1000//; s/  */ /g; s/ $//' | sort
}
effects() {
	echo "container:"
	in_container c1 ip -o link show eth0 | normalize
	in_container c1 ip -o address show eth0 | grep -v 'scope link' | normalize
	in_container c1 ip route | normalize
	in_container c1 ip -6 route | grep -v -e fe80 -e ff00 | normalize
	for key in ipv4/conf/eth0/arp_notify ipv6/conf/eth0/accept_dad ipv6/conf/eth0/disable_ipv6; do
		test "$2" != ptp || continue
		echo "$key $(in_container c1 cat /proc/sys/net/$key)"
	done
	echo "node:"
	host ip -o link | grep -v ': lo:' | normalize
	host ip -o address | grep -v -e ': lo ' -e fe80 | normalize
	host ip route | normalize
	host ip -6 route | grep -v -e fe80 -e ff00 | normalize
	host cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv6/conf/all/forwarding
	for link in $(host ip -o link show type veth | sed 's/^[0-9]*: //; s/@.*//'); do
		host ip -d link show "$link" | grep -o -e 'hairpin [onf]*' -e 'isolated [onf]*'
	done
	host ip -d link show type bridge | grep -o -e PROMISC -e 'vlan_filtering .' -e 'stp_state .'
}
# NAME TYPE KEYS IPAM [VERSION]
both() {
	for who in cni reference; do
		ip netns del "$(netns_name host)"
		netns_add host
		host ip link set lo up
		config "${5:-1.0.0}" "$2" "$3" "$4" >"$cni_tmp/config"
		CNI_ARGS=${6-} $who "$2" ADD c1 <"$cni_tmp/config"
		keep result
		normal >"$cni_tmp/$who.result"
		effects "$who" "$2" >"$cni_tmp/$who.effects" 2>/dev/null
		# Their CHECK takes no network without addresses.
		case ${5:-1.0.0}$4 in
		0.[123]* | *'"ipam":{}') ;;
		*)
			with_prev result <"$cni_tmp/config" | $who "$2" CHECK c1
			echo "check $(status)" >>"$cni_tmp/$who.effects"
			;;
		esac
		with_prev result <"$cni_tmp/config" | $who "$2" DEL c1
		{
			echo "del $(status)"
			# The bridge keeps its MTU with us.
			host ip -o link | grep -v ': lo:' | normalize | sed 's/mtu [0-9]*//'
			in_container c1 ip -o link | normalize
			ls "$cni_tmp/$who/net" 2>/dev/null | grep -v -e lock -e last
		} >"$cni_tmp/$who.after"
		rm -rf "${cni_tmp:?}/$who"
	done
	for what in result effects after; do
		if cmp -s "$cni_tmp/cni.$what" "$cni_tmp/reference.$what"; then
			ok "$1: the same $what"
		else
			not_ok "$1: the same $what"
			diff "$cni_tmp/reference.$what" "$cni_tmp/cni.$what" | sed 's/^/# /'
		fi
	done
}
both "bridge" bridge '"bridge":"br0"' "$ipam4"
both "bridge by default" bridge '' "$ipam4"
both "isGateway" bridge '"bridge":"br0","isGateway":true' "$ipam4"
both "isDefaultGateway" bridge '"bridge":"br0","isDefaultGateway":true' '"ipam":{"type":"host-local","dataDir":"@","subnet":"10.9.0.0/24"}'
both "isGateway, IPv6" bridge '"bridge":"br0","isGateway":true' "$ipam6"
both "dual stack" bridge '"bridge":"br0","isGateway":true' "$dual"
both "hairpinMode" bridge '"bridge":"br0","isGateway":true,"hairpinMode":true' "$ipam4"
both "promiscMode" bridge '"bridge":"br0","isGateway":true,"promiscMode":true' "$ipam4"
both "mtu" bridge '"bridge":"br0","isGateway":true,"mtu":1400' "$ipam4"
both "without ipam" bridge '"bridge":"br0"' '"ipam":{}'
both "static" bridge '"bridge":"br0","isGateway":true' '"ipam":{"type":"static","addresses":[{"address":"10.9.0.7/24"}]}'
both "dns of both" bridge '"bridge":"br0","isGateway":true,"dns":{"nameservers":["10.9.0.53"]}' '"ipam":{"type":"static","addresses":[{"address":"10.9.0.7/24"}],"dns":{"nameservers":["10.9.0.1"]}}'
both "as flannel has it" bridge '"bridge":"cni0","hairpinMode":true,"isDefaultGateway":true,"forceAddress":true,"isGateway":true,"ipMasq":false,"mtu":1450' "$flannel" 0.3.1
both "0.2.0" bridge '"bridge":"br0","isGateway":true' "$ipam4" 0.2.0
both "0.4.0" bridge '"bridge":"br0","isGateway":true' "$dual" 0.4.0
both "an address asked for" bridge '"bridge":"br0","isGateway":true' "$ipam4" 1.0.0 "IgnoreUnknown=1;IP=10.9.0.55"
both "ptp" ptp '' "$ipam4"
both "ptp, IPv6" ptp '' "$ipam6"
both "ptp, dual stack" ptp '' "$dual"
both "ptp, mtu" ptp '"mtu":1400' "$ipam4"
both "ptp, as kind has it" ptp '"ipMasq":false,"mtu":1500' "$flannel" 0.3.1

# What one made, the other removes; CHECK of ours finds no fault with theirs.
config() {
	echo "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"$1\",\"bridge\":\"br0\",\"isGateway\":true,$dual}" |
		sed "s|@|$cni_tmp/both|"
}
for type in bridge ptp; do
	for first in cni reference; do
		second=reference
		test $first = cni || second=cni
		config $type >"$cni_tmp/config"
		$first $type ADD c1 <"$cni_tmp/config"
		keep c1
		$second $type ADD c2 <"$cni_tmp/config"
		keep c2
		check "$type: containers of $first and $second reach each other" \
			in_container c1 ping -c 1 -W 1 10.9.0.3 >/dev/null
		with_prev c1 <"$cni_tmp/config" | $second $type CHECK c1
		same "$type: $second finds no fault with what $first made" "$(status)" 0
		with_prev c1 <"$cni_tmp/config" | $second $type DEL c1
		same "$type: $second removes what $first made" "$(status) $(in_container c1 ip -o link | wc -l)" "0 1"
		with_prev c2 <"$cni_tmp/config" | $first $type DEL c2
		same "$type: $first removes what $second made" "$(status) $(in_container c2 ip -o link | wc -l)" "0 1"
		same "$type: no lease is left" "$(ls "$cni_tmp/both/net" | grep -v -e lock -e last)" ""
		rm -rf "$cni_tmp/both"
		test $type = ptp || host ip link del br0
	done
done
finish
