#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# ptp: containers without a bridge, with packets; DEL, CHECK, STATUS, GC.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 c2 outside
host ip link add up0 type veth peer name eth0 netns "$(netns_name outside)"
host ip address add 192.0.2.1/24 dev up0
host ip link set up0 up
in_container outside ip address add 192.0.2.9/24 dev eth0
in_container outside ip link set eth0 up
in_container outside ip route add default via 192.0.2.1
echo_server outside 7000

data=$cni_tmp/data
config() {
	echo "{\"cniVersion\":\"${3:-1.0.0}\",\"name\":\"net\",\"type\":\"ptp\"${1:+,}$1,
		${2:-\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"$data\",
		\"ranges\":[[{\"subnet\":\"10.9.0.0/24\"\}],[{\"subnet\":\"fd09::/64\"\}]],
		\"routes\":[{\"dst\":\"0.0.0.0/0\"\},{\"dst\":\"::/0\"\}]\}}}" | sed 's/\\}/}/g'
}
state() {
	host ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | sort
	host ip -4 route
	host nft list ruleset | grep -e elements -e 'masquerade-[0-9f]' -e comment
	ls "$data/net" 2>/dev/null | grep -v -e lock -e last
	in_container c1 ip -o link | sed 's/^[0-9]*: //; s/[@:].*//'
}
# The first one may come before a link has an address to ask neighbours from.
pings() {
	in_container "$1" ping -c 3 -i 0.3 -W 2 "$2" >/dev/null 2>&1
}
config '"ipMasq":true,"mtu":1400' >"$cni_tmp/config"
before=$(state)
cni ptp ADD c1 <"$cni_tmp/config"
keep c1
same "ADD" "$(status) $(get ips.0.address) $(get ips.0.interface) $(get interfaces.1.name) $(get interfaces.2)" \
	"0 10.9.0.2/24 1 eth0 "
check "the gateway answers at once" pings c1 10.9.0.1
check "and over IPv6" pings c1 fd09::1
same "and asks for any neighbour at once" "$(host ip -6 -o address show dev "$(node_link)" tentative)" ""
cni ptp ADD c2 <"$cni_tmp/config"
check "container to container" pings c1 10.9.0.3
check "and over IPv6, too" pings c2 fd09::2
same "ipMasq" "$(ask c1 192.0.2.9 7000)" 192.0.2.1
echo_server c2 7001
same "ipMasq: not within the network" "$(ask c1 10.9.0.3 7001)" 10.9.0.2
same "mtu" "$(in_container c1 cat /proc/sys/net/ipv6/conf/eth0/mtu)" 1400
same "the network is reached through the gateway" \
	"$(in_container c1 ip route show 10.9.0.0/24 | sed 's/ *$//')" \
	"10.9.0.0/24 via 10.9.0.1 dev eth0 src 10.9.0.2"
check_it() {
	with_prev c1 <"$cni_tmp/config" | cni ptp CHECK c1
}
check_it
same "CHECK" "$(status)$(out)" 0
link1=$(node_link "$cni_tmp/c1")
in_container c1 ip route del 10.9.0.0/24
check_it
failed_with "CHECK: route in the container" 103 "route to 10.9.0.0/24 is not there"
in_container c1 ip route add 10.9.0.0/24 via 10.9.0.1 src 10.9.0.2
host ip route del 10.9.0.2
check_it
failed_with "CHECK: route on the node" 103 "link $link1: route to 10.9.0.2/32 is not there"
host ip route add 10.9.0.2 dev "$link1" scope host
host ip address del 10.9.0.1/32 dev "$link1"
check_it
failed_with "CHECK: gateway" 103 "link $link1: gateway 10.9.0.1 is not there"
host ip address add 10.9.0.1/32 dev "$link1"
host ip route replace 10.9.0.2 dev "$link1" scope host
in_container c1 ip link set eth0 mtu 1300
check_it
failed_with "CHECK: mtu" 103 "mtu is 1300, not 1400"
in_container c1 ip link set eth0 mtu 1400
check_it
same "CHECK: all is mended" "$(status)$(out)" 0
cni ptp ADD c1 <"$cni_tmp/config"
failed_with "ADD while it is attached" 102 "it exists already"
check_it
same "leaves it as it is" "$(status)$(out)" 0

with_prev c1 <"$cni_tmp/config" | cni ptp DEL c1
same "DEL" "$(status)$(out)" 0
cni ptp DEL c1 <"$cni_tmp/config"
same "the second DEL" "$(status)$(out)" 0
ip netns del "$(netns_name c2)"
CNI_NETNS=$(netns_path c2) cni ptp DEL c2 <"$cni_tmp/config"
netns_add c2
same "DEL after the namespace has gone" "$(status)$(out)" 0
same "nothing is left" "$(state)" "$before"

config '' '"ipam":{"type":"static","addresses":[{"address":"10.9.0.5/24"}]}' | cni ptp ADD c1
failed_with "no gateway" 7 "ipam: there is no gateway for 10.9.0.5/24"
same "leaves nothing" "$(state)" "$before"
config '' '"ipam":{"type":"static","addresses":[{"address":"10.9.0.5/32","gateway":"169.254.1.1"}],"routes":[{"dst":"0.0.0.0/0"}]}' |
	cni ptp ADD c1
same "an address alone, with a gateway of the link" "$(status)" 0
check "works" pings c1 192.0.2.9
config '' '"ipam":{"type":"static"}' | cni ptp DEL c1
config '"ipMasq":true' '"ipam":{"type":"host-local","dataDir":"'"$data"'","subnet":"10.9.0.0/24","routes":[{"dst":"10.77.0.0/16","gw":"10.66.0.1"}]}' |
	cni ptp ADD c1
failed_with "a route that cannot be" 100 "route add 10.77.0.0/16 via 10.66.0.1"
same "leaves nothing, either" "$(state)" "$before"
config '' | sed 's/1.0.0/1.1.0/' | cni ptp STATUS none
same "STATUS" "$(status)$(out)" 0

cni ptp ADD c1 <"$cni_tmp/config"
cni ptp ADD c2 <"$cni_tmp/config"
config '"ipMasq":true,"cni.dev/valid-attachments":[{"containerID":"'"$cni_id"'-c1","ifname":"eth0"}]' | sed 's/1.0.0/1.1.0/' |
	cni ptp GC none
same "GC" "$(status)$(out) $(in_container c2 ip -o link | grep -c eth0)" "0 0"
check "GC leaves what is valid" pings c1 192.0.2.9
same "with its rules" "$(host nft list map ip k8snet-cni masqueraded | grep -c "net $cni_id-c1")" 1
config '"ipMasq":true,"cni.dev/valid-attachments":[]' | sed 's/1.0.0/1.1.0/' | cni ptp GC none
same "GC of all" "$(state)" "$before"
finish
