#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# k8snet: link, addresses, masquerading, peers, port mappings and bandwidth in one call.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 c2 outside
host ip link add up0 type veth peer name eth0 netns "$(netns_name outside)"
host ip address add 192.0.2.1/24 dev up0
host ip link set up0 up
in_container outside ip address add 192.0.2.9/24 dev eth0
in_container outside ip address add 10.9.7.7/24 dev eth0
in_container outside ip link set eth0 up
# A peer knows the way to this node's containers.
in_container outside ip route add 10.9.0.0/24 via 192.0.2.1
echo_server outside 7000
data=$cni_tmp/data
# KEYS [VERSION]
config() {
	echo "{\"cniVersion\":\"${2:-1.0.0}\",\"name\":\"net\",\"type\":\"k8snet\"${1:+,}$1,
		\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"$data\",\"subnet\":\"10.9.0.0/24\"}}"
}
state() {
	host ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | grep -v -e '^ifb.$' | sort
	host ip -4 route | sed 's/ linkdown//' | sort
	host nft list ruleset | grep -e elements -e comment -e 'chain masquerade-[0-9]' -e 'chain hostport-[0-9]'
	ls "$data/net" 2>/dev/null | grep -v -e lock -e last
	in_container c1 ip -o link | sed 's/^[0-9]*: //; s/[@:].*//'
}
runtime='"runtimeConfig":{"portMappings":[{"hostPort":8080,"containerPort":80,"protocol":"tcp"}],
	"bandwidth":{"ingressRate":80000000,"ingressBurst":800000,"egressRate":80000000,"egressBurst":800000}}'
peers='"peers":[{"dst":"10.9.7.0/24","gw":"192.0.2.9"}]'
for mode in bridge ptp; do
	config "\"mode\":\"$mode\",$runtime,$peers" |
		sed 's|"subnet":"10.9.0.0/24"|&,"routes":[{"dst":"0.0.0.0/0"}]|' >"$cni_tmp/config"
	# What belongs to the node stays when the last container goes.
	cni k8snet ADD c1 <"$cni_tmp/config"
	cni k8snet DEL c1 <"$cni_tmp/config"
	before=$(state)
	cni k8snet ADD c1 <"$cni_tmp/config"
	keep c1
	same "$mode: ADD" "$(status) $(get ips.0.gateway)" "0 10.9.0.1"
	address=$(get ips.0.address | cut -d/ -f1)
	echo_server c1 80 tcp c1
	same "$mode: masqueraded by default" "$(ask c1 192.0.2.9 7000)" 192.0.2.1
	same "$mode: a peer's network" "$(in_container c1 ping -c 1 -W 1 10.9.7.7 >/dev/null && echo yes)" yes
	same "$mode: the port" "$(ask outside 192.0.2.1 8080 tcp) / $(ask host 127.0.0.1 8080 tcp | cut -d' ' -f1)" "c1 192.0.2.9 / c1"
	same "$mode: the limits" "$(host tc qdisc | grep -c 'tbf.*rate 80Mbit')" 2
	test $mode = ptp || same "$mode: hairpin by default" "$(host ip -d link show "$(node_link)" | grep -o 'hairpin on')" "hairpin on"
	with_prev c1 <"$cni_tmp/config" | cni k8snet CHECK c1
	same "$mode: CHECK" "$(status)$(out)" 0
	host nft delete element ip k8snet-cni hostports-any "{ tcp . 8080 : $address . 80 }"
	with_prev c1 <"$cni_tmp/config" | cni k8snet CHECK c1
	failed_with "$mode: CHECK finds a port missing" 103 "hostports-any"
	host ip route del 10.9.7.0/24
	with_prev c1 <"$cni_tmp/config" | cni k8snet CHECK c1
	failed_with "$mode: CHECK finds a peer missing" 103 "peers: route to 10.9.7.0/24 via 192.0.2.9 is not there"
	cni k8snet ADD c2 <"$cni_tmp/config"
	same "$mode: a second one brings the peer back" "$(status) $(host ip route show 10.9.7.0/24 | grep -o 'via.*proto 76')" \
		"0 via 192.0.2.9 dev up0 proto 76"
	cni k8snet DEL c2 <"$cni_tmp/config"
	with_prev c1 <"$cni_tmp/config" | cni k8snet DEL c1
	same "$mode: DEL" "$(status)$(out)" 0
	cni k8snet DEL c1 <"$cni_tmp/config"
	same "$mode: the second DEL" "$(status)$(out)" 0
	same "$mode: leaves nothing" "$(state)" "$before"
	# The last part fails: all that was before it is undone.
	sed 's/"egressRate":80000000/"egressRate":8/; s/"egressBurst":800000/"egressBurst":8/' "$cni_tmp/config" >"$cni_tmp/bad"
	in_container c2 ip link set lo up
	sed 's/"ingressBurst":800000/"ingressBurst":4/' "$cni_tmp/config" | cni k8snet ADD c1
	failed_with "$mode: bandwidth is wrong" 7 "ingress"
	same "$mode: nothing is left of it" "$(state)" "$before"
	sed 's/"containerPort":80/"containerPort":0/' "$cni_tmp/config" | cni k8snet ADD c1
	failed_with "$mode: a port is wrong" 7 "portMappings[0].containerPort"
	same "$mode: nothing is left of that" "$(state)" "$before"
	cni k8snet ADD c1 <"$cni_tmp/config"
	cni k8snet ADD c2 <"$cni_tmp/config"
	"$PYTHON" -c '
import json, sys
config = json.load(open(sys.argv[1]))
config["cniVersion"] = "1.1.0"
config["cni.dev/valid-attachments"] = [{"containerID": c, "ifname": "eth0"} for c in sys.argv[2:]]
print(json.dumps(config))' "$cni_tmp/config" "$cni_id-c2" >"$cni_tmp/gc"
	cni k8snet GC none <"$cni_tmp/gc"
	same "$mode: GC" "$(status)$(out) $(host nft list ruleset | grep -c "$cni_id-c1") $(host nft list ruleset | grep -c "$cni_id-c2")" "0 0 3"
	same "$mode: GC leaves the peers while there is a container" "$(host ip route | grep -c 'proto 76')" 1
	sed 's/"cni.dev\/valid-attachments": \[.*\]/"cni.dev\/valid-attachments": []/' "$cni_tmp/gc" >"$cni_tmp/gc0"
	sed 's/"name": "net"/"name": "other"/' "$cni_tmp/gc0" | cni k8snet GC none
	same "$mode: GC leaves the peers while there is a container of another network" "$(status)$(out) $(host ip route | grep -c 'proto 76')" "0 1"
	host ip route add 10.9.8.0/24 via 192.0.2.9 proto 76
	host ip route add 10.9.6.0/24 via 192.0.2.9 proto 75
	host ip route add 10.9.8.0/24 via 192.0.2.9 proto 76 table 77
	cni k8snet GC none <"$cni_tmp/gc0"
	same "$mode: GC of all" "$(status)$(out) $(host ip route | grep -c 'proto 76') $(host ip -o link | grep -c alias)" "0 0 0"
	same "$mode: GC leaves the routes of others" "$(host ip route | grep -c 'proto 75') $(host ip route show table 77 | wc -l)" "1 1"
	host ip route del 10.9.6.0/24
	host ip route flush table 77
	# An ADD that has its routes and, for it waits for leases, no link yet.
	flock "$data/net/lock" sleep 1 &
	sleep 0.3
	cni k8snet ADD c1 <"$cni_tmp/config" &
	adding=$!
	sleep 0.3
	sed 's/"name": "net"/"name": "other"/' "$cni_tmp/gc0" |
		host env CNI_COMMAND=GC CNI_PATH="$cni_tmp/bin" "$cni_tmp/bin/k8snet" || not_ok "$mode: GC of another network"
	wait $adding
	same "$mode: GC leaves the peers of an ADD that is under way" "$(status) $(host ip route | grep -c 'proto 76')" "0 1"
	cni k8snet GC none <"$cni_tmp/gc0"
	host ip route add blackhole 10.9.5.0/24 proto 76
	host ip -batch - <<-END
		$(seq -f 'route add 172.16.%g.0/24 via 192.0.2.9 proto 76' 255)
		$(seq -f 'route add 172.17.%g.0/24 via 192.0.2.9 proto 76' 255)
	END
	cni k8snet GC none <"$cni_tmp/gc0"
	same "$mode: GC of many routes" "$(status)$(out) $(host ip route | grep 'proto 76' | tr -s ' ')" "0 blackhole 10.9.5.0/24 proto 76 "
	host ip route del blackhole 10.9.5.0/24
	same "$mode: STATUS" "$(sed 's/1.0.0/1.1.0/' "$cni_tmp/config" | cni k8snet STATUS none; status)" 0
done
config '"mode":"tunnel"' | cni k8snet ADD c1
failed_with "another mode" 7 'mode: "tunnel" is neither bridge nor ptp'
config '"peers":[{"dst":"10.9.7.0/24"}]' | cni k8snet ADD c1
failed_with "a peer without a node" 7 "peers[0]: gw is missing"
host ip route add 10.9.7.0/24 via 192.0.2.8
config "$peers" | cni k8snet ADD c1
failed_with "a route that is another's" 102 "peers: a route to 10.9.7.0/24 exists and is not ours"
same "is left alone" "$(host ip route show 10.9.7.0/24 | grep -o 'via 192.0.2.8')" "via 192.0.2.8"
# By its own name it is what the configuration says.
echo '{"cniVersion":"1.0.0","name":"lo","type":"loopback"}' | cni k8snet ADD c2
same "called k8snet, with another type" "$(status) $(get interfaces.0.name)" "0 lo"
echo '{"cniVersion":"1.0.0","name":"lo","type":"nonsense"}' | cni k8snet ADD c2
failed_with "a type that is none" 7 'type: no such plugin as "nonsense"'

# A bridge that another plugin made.
host ip link del cni0
host ip link add cni0 type bridge
config '"mode":"bridge"' >"$cni_tmp/config"
cni k8snet ADD c1 <"$cni_tmp/config"
keep c1
same "a bridge that was there passes its packets to the rules" \
	"$(status) $(host ip -d link show cni0 | grep -o 'nf_call_iptables 1 nf_call_ip6tables 1')" \
	"0 nf_call_iptables 1 nf_call_ip6tables 1"
host ip link set cni0 type bridge nf_call_iptables 0
with_prev c1 <"$cni_tmp/config" | cni k8snet CHECK c1
failed_with "CHECK: it does not" 103 "bridge cni0: nf_call_iptables is off"
cni k8snet DEL c1 <"$cni_tmp/config"

# --- pods reach pods without NAT, whatever node they are on ----------------------------------------
host ip route del 10.9.7.0/24
host ip address add 2001:db8::1/64 dev up0 nodad
in_container outside ip address add 2001:db8::9/64 dev eth0 nodad
for address in 10.50.3.7/32 10.60.3.7/32 fd50::7/128 fd60::7/128; do
	in_container outside ip address add $address dev lo
done
in_container outside ip link set lo up
in_container outside ip route add fd09::/64 via 2001:db8::1
host ip route add 10.60.0.0/16 via 192.0.2.9
host ip route add fd60::/16 via 2001:db8::9
netns_add again
echo_server outside 7001 tcp
# KEYS
dual() {
	echo "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"k8snet\"${1:+,}$1,\"ipam\":{\"type\":\"host-local\",
		\"dataDir\":\"$data/dual\",\"ranges\":[[{\"subnet\":\"10.9.0.0/24\"}],[{\"subnet\":\"fd09::/64\"}]]}}"
}
sources() {
	for to in 10.50.3.7 fd50::7 10.60.3.7 fd60::7 192.0.2.9 2001:db8::9; do ask c1 $to 7001 tcp; done | tr '\n' ' '
}
relisted() {
	host nft list ruleset >"$cni_tmp/rules"
	nsenter --net="$(netns_path again)" sh -c "nft flush ruleset; nft -f '$cni_tmp/rules' && nft list ruleset" >"$cni_tmp/again"
	diff "$cni_tmp/rules" "$cni_tmp/again"
}
two_peers='"peers":[{"dst":"10.50.3.0/24","gw":"192.0.2.9"},{"dst":"fd50::/64","gw":"2001:db8::9"}]'
networks='"clusterNetworks":["10.60.0.0/16","fd60::/16","10.9.0.0/16"]'
for mode in bridge ptp; do
	for what in "$two_peers" "$two_peers,$networks"; do
		dual "\"mode\":\"$mode\",$what" | sed 's|"type":"host-local",|&"routes":[{"dst":"0.0.0.0/0"},{"dst":"::/0"}],|' \
			>"$cni_tmp/config"
		cni k8snet ADD c1 <"$cni_tmp/config"
		keep c1
		own="$(get ips.0.address | cut -d/ -f1) $(get ips.1.address | cut -d/ -f1)"
		case $what in
		*cluster*)
			same "$mode: the cluster's networks are not masqueraded" "$(sources)" "$own $own 192.0.2.1 2001:db8::1 " ;;
		*)
			same "$mode: the peers' networks are not masqueraded" "$(sources)" \
				"$own 192.0.2.1 2001:db8::1 192.0.2.1 2001:db8::1 " ;;
		esac
		check "$mode: nft reads again what it lists" relisted
		with_prev c1 <"$cni_tmp/config" | cni k8snet CHECK c1
		same "$mode: CHECK with networks" "$(status)$(out)" 0
		with_prev c1 <"$cni_tmp/config" | cni k8snet DEL c1
		same "$mode: DEL with networks" "$(status)$(out) $(host nft list ruleset | grep -c 'chain masquerade-[0-9f]')" "0 0"
	done
done
# The set is as nft makes it.
dual "$two_peers,$networks" >"$cni_tmp/config"
cni k8snet ADD c1 <"$cni_tmp/config"
keep c1
same "the networks, as nft lists them" "$(host nft list ruleset | grep -e 'daddr {' | tr -s ' \t\n' ' ')" \
	" ip daddr { 10.9.0.0/16, 10.50.3.0/24, 10.60.0.0/16, 224.0.0.0/4 } return ip6 daddr { fd09::/64, fd50::/64, fd60::/16, ff00::/8 } return "
# Networks that touch, or lie in one another, are one; all of a family has no end.
dual '"clusterNetworks":["10.60.1.0/24","10.60.0.0/24","10.60.0.7/32","240.0.0.0/4","224.0.0.0/3","8000::/1","2001:db8:7::/48","10.60.3.0/24","10.60.2.0/24"]' >"$cni_tmp/merged"
cni k8snet ADD c2 <"$cni_tmp/merged"
keep c2
same "networks that touch" "$(status) $(host nft list ruleset | grep -e 'daddr {' | tr -s ' \t\n' ' ' | grep -o 'ip daddr { 10.9.0.0/24[^}]*\|ip6 daddr { 2001[^}]*')" \
	"0 ip daddr { 10.9.0.0/24, 10.60.0.0/22, 224.0.0.0/3 
ip6 daddr { 2001:db8:7::/48, 8000::/1 "
check "nft reads that again, too" relisted
with_prev c2 <"$cni_tmp/merged" | cni k8snet CHECK c2
same "CHECK of those" "$(status)$(out)" 0
with_prev c2 <"$cni_tmp/merged" | cni k8snet DEL c2
same "and the other's are still there" "$(host nft list ruleset | grep -c 'chain masquerade-[0-9f]')" 2
with_prev c1 <"$cni_tmp/config" | cni k8snet DEL c1
many() {
	"$PYTHON" -c 'import sys; print("\"clusterNetworks\":[%s]" % ",".join("\"10.%d.%d.0/25\",\"fd%02x:%x::/32\"" % (10 + i // 250, i % 250, i // 250, i) for i in range(int(sys.argv[1]))))' "$1"
}
dual "$(many 500),$two_peers" >"$cni_tmp/many"
cni k8snet ADD c2 <"$cni_tmp/many"
failed_with "too many networks" 7 "more than 500 networks apart"
same "nothing is left of them" "$(host nft list ruleset | grep -c 'chain masquerade-[0-9f]')" 0
dual "$(many 500)" >"$cni_tmp/many"
cni k8snet ADD c2 <"$cni_tmp/many"
keep c2
same "500 networks" "$(status)$(get msg) $(host nft list ruleset | grep -c 10.11.249.0/25)" "0 1"
check "nft reads 500 again" relisted
with_prev c2 <"$cni_tmp/many" | cni k8snet DEL c2
same "DEL of 500" "$(status)$(out) $(host nft list ruleset | grep -c 'chain masquerade-[0-9f]')" "0 0"
dual '"clusterNetworks":["10.60.0.0"]' | cni k8snet ADD c1
failed_with "clusterNetworks: not a network" 7 "clusterNetworks[0]: not a network"
finish
