#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bridge: each key, with packets; DEL, CHECK, STATUS, GC.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 c2 c3 outside

# The outside: a link of the node's.
host ip link add up0 type veth peer name eth0 netns "$(netns_name outside)"
host ip address add 192.0.2.1/24 dev up0
host ip address add 2001:db8::1/64 dev up0 nodad
host ip link set up0 up
in_container outside ip address add 192.0.2.9/24 dev eth0
in_container outside ip address add 2001:db8::9/64 dev eth0 nodad
in_container outside ip link set eth0 up
in_container outside ip route add default via 192.0.2.1
in_container outside ip route add default via 2001:db8::1
echo_server outside 7000

data=$cni_tmp/data
dual='"ipam":{"type":"host-local","dataDir":"'$data'","ranges":[[{"subnet":"10.9.0.0/24"}],[{"subnet":"fd09::/64"}]]}'
# KEYS [IPAM] [VERSION]
config() {
	echo "{\"cniVersion\":\"${3:-1.0.0}\",\"name\":\"net\",\"type\":\"bridge\",\"bridge\":\"br0\"${1:+,}$1,
		${2:-$dual}}"
}
# What there is on the node and in the container: to see that nothing is left.
state() {
	host ip -o link | sed 's/^[0-9]*: //; s/[@:].*//' | sort
	host nft list ruleset | grep -e elements -e 'masquerade-[0-9f]' -e comment
	ls "$data/net" 2>/dev/null | grep -v -e lock -e last
	in_container c1 ip -o link | sed 's/^[0-9]*: //; s/[@:].*//'
}
# The first one may come before a link has an address to ask neighbours from.
pings() {
	in_container "$1" ping -c 3 -i 0.3 -W 2 "$2" >/dev/null 2>&1
}
not() {
	! "$@"
}

# --- all of it --------------------------------------------------------------------------
config '"isDefaultGateway":true,"ipMasq":true' >"$cni_tmp/masq"
cni bridge DEL c1 <"$cni_tmp/masq"
same "DEL before anything" "$(status)$(out)" 0
cni bridge ADD c1 <"$cni_tmp/masq"
keep c1
check "the gateway answers at once" pings c1 10.9.0.1
check "the gateway answers at once over IPv6" pings c1 fd09::1
same "and asks for any neighbour at once" "$(host ip -6 -o address show dev br0 tentative)" ""
same "the result" "$(status) $(get ips.0.address) $(get ips.0.gateway) $(get ips.1.address) $(get ips.0.interface) $(get interfaces.0.name) $(get interfaces.2.name) $(get interfaces.2.sandbox)" \
	"0 10.9.0.2/24 10.9.0.1 fd09::2/64 2 br0 eth0 $(netns_path c1)"
same "the MAC addresses in it" "$(get interfaces.0.mac) $(get interfaces.1.mac) $(get interfaces.2.mac)" \
	"$(host cat /proc/self/net/../../../sys/class/net/br0/address 2>/dev/null || host ip -j link show br0 | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)[0]["address"])') $(host ip -j link show "$(node_link)" | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)[0]["address"])') $(in_container c1 ip -j link show eth0 | "$PYTHON" -c 'import json,sys; print(json.load(sys.stdin)[0]["address"])')"
cni bridge ADD c2 <"$cni_tmp/masq"
keep c2
check "container to container" pings c1 10.9.0.3
check "container to container over IPv6" pings c2 fd09::2
same "ipMasq: what leaves the network comes from the node" "$(ask c1 192.0.2.9 7000)" 192.0.2.1
same "ipMasq over IPv6" "$(ask c1 2001:db8::9 7000)" 2001:db8::1
echo_server c2 7001
same "ipMasq: not within the network" "$(ask c1 10.9.0.3 7001) $(ask c1 fd09::3 7001)" "10.9.0.2 fd09::2"
same "no chain for a container" "$(host nft list chains | grep -c 'chain masquerade-10.9.0.0/24')" 1
with_prev c1 <"$cni_tmp/masq" | cni bridge CHECK c1
same "CHECK" "$(status)$(out)" 0
before=$(state)
cni bridge ADD c1 <"$cni_tmp/masq"
failed_with "ADD while it is attached" 102 "link eth0 in $(netns_path c1): it exists already"
same "and the attachment is as it was" "$(state)" "$before"
with_prev c1 <"$cni_tmp/masq" | cni bridge CHECK c1
same "and CHECK says so" "$(status)$(out)" 0

# A second network on another interface: both have a default route.
config '"isDefaultGateway":true' '"ipam":{"type":"host-local","dataDir":"'$data'/two","subnet":"10.99.0.0/24"}' |
	sed 's/br0/br9/' >"$cni_tmp/two"
cni bridge ADD c1 eth1 <"$cni_tmp/two"
same "a second network" "$(status) $(in_container c1 ip route show default | wc -l) $(in_container c1 ip route get 192.0.2.9 | grep -o 'dev eth.')" "0 2 dev eth1"
keep second
with_prev second <"$cni_tmp/two" | cni bridge CHECK c1 eth1
same "its CHECK" "$(status)$(out)" 0
with_prev c1 <"$cni_tmp/masq" | cni bridge CHECK c1
same "and that of the first" "$(status)$(out)" 0
cni bridge DEL c1 eth1 <"$cni_tmp/two"
host ip link del br9

# --- CHECK finds each deviation --------------------------------------------------------------
# NAME TEXT UNDO-COMMAND... after a change has been made
deviates() {
	with_prev c1 <"$cni_tmp/masq" | cni bridge CHECK c1
	failed_with "CHECK: $1" 103 "$2"
}
undone() {
	with_prev c1 <"$cni_tmp/masq" | cni bridge CHECK c1
	test "$(status)" = 0 || not_ok "CHECK: $1 was mended: $(out)"
}
link1=$(node_link "$cni_tmp/c1")
in_container c1 ip address del 10.9.0.2/24 dev eth0
deviates "address" "address 10.9.0.2/24 is not there"
in_container c1 ip address add 10.9.0.2/24 dev eth0
in_container c1 ip route add default via 10.9.0.1
undone address
in_container c1 ip route del default
deviates "route" "route to 0.0.0.0/0 is not there"
in_container c1 ip route add default via 10.9.0.3
deviates "route by another gateway" "route to 0.0.0.0/0 is via 10.9.0.3, not 10.9.0.1"
in_container c1 ip route replace default via 10.9.0.1
undone route
in_container c1 ip link set eth0 address 02:00:00:00:00:99
deviates "MAC address" "MAC address is 02:00:00:00:00:99"
in_container c1 ip link set eth0 address "$("$PYTHON" -c 'import json,sys; print(json.load(open(sys.argv[1]))["interfaces"][2]["mac"])' "$cni_tmp/c1")"
undone "MAC address"
in_container c1 ip link set eth0 down
deviates "down" "link eth0 in $(netns_path c1) is down"
in_container c1 ip link set eth0 up
in_container c1 ip route add default via 10.9.0.1
in_container c1 ip address add fd09::2/64 dev eth0 nodad 2>/dev/null
in_container c1 ip -6 route add default via fd09::1
undone down
host ip link set "$link1" nomaster
deviates "port" "link $link1 is not a port of bridge br0"
host ip link set "$link1" master br0
host ip link set "$link1" type bridge_slave hairpin on
deviates "hairpin" "hairpin mode is on"
host ip link set "$link1" type bridge_slave hairpin off
host ip link set "$link1" type bridge_slave isolated on
deviates "isolation" "port isolation is on"
host ip link set "$link1" type bridge_slave isolated off
undone port
host ip address del 10.9.0.1/24 dev br0
deviates "gateway" "gateway 10.9.0.1/24 is not there"
host ip address add 10.9.0.1/24 dev br0
undone gateway
host nft delete element ip k8snet-cni masqueraded '{ 10.9.0.2 : jump masquerade-10.9.0.0/24 }'
deviates "masquerading" "no element for net $cni_id-c1 eth0 in set masqueraded of table ip k8snet-cni"
host nft add element ip k8snet-cni masqueraded "{ 10.9.0.2 comment \"net $cni_id-c1 eth0\" : jump masquerade-all }"
deviates "masquerading in another way" "has another value"
host nft delete element ip k8snet-cni masqueraded '{ 10.9.0.2 : jump masquerade-all }'
host nft add element ip k8snet-cni masqueraded "{ 10.9.0.2 comment \"net x eth0\" : jump masquerade-10.9.0.0/24 }"
deviates "masquerading for another" "an element is of net x eth0"
host nft delete element ip k8snet-cni masqueraded '{ 10.9.0.2 : jump masquerade-10.9.0.0/24 }'
host nft add element ip k8snet-cni masqueraded "{ 10.9.0.2 comment \"net $cni_id-c1 eth0\" : jump masquerade-10.9.0.0/24 }"
undone masquerading
mv "$data/net/10.9.0.2" "$cni_tmp/lease"
deviates "lease" "no lease"
mv "$cni_tmp/lease" "$data/net/10.9.0.2"
undone lease
host ip link set br0 down
deviates "bridge down" "bridge br0 is down"
host ip link set br0 up

# --- DEL --------------------------------------------------------------------------------------
with_prev c1 <"$cni_tmp/masq" | cni bridge DEL c1
same "DEL" "$(status)$(out)" 0
with_prev c1 <"$cni_tmp/masq" | cni bridge DEL c1
same "the second DEL" "$(status)$(out)" 0
with_prev c1 <"$cni_tmp/masq" | CNI_NETNS='' cni bridge DEL c1
same "the third, without a namespace" "$(status)$(out)" 0
cni bridge ADD c1 <"$cni_tmp/masq"
"$PYTHON" -c '
import json, sys
result = json.load(open(sys.argv[1]))
result["routes"] = [{"dst": "10.7.0.0/16", "gw": "fe80::1"}]
print(json.dumps(result))' "$cni_tmp/out" >"$cni_tmp/mixed"
with_prev mixed <"$cni_tmp/masq" | cni bridge CHECK c1
failed_with "CHECK with a gateway of another family in prevResult" 7 "prevResult.routes[0].gw"
with_prev mixed <"$cni_tmp/masq" | cni bridge DEL c1
same "DEL with a prevResult that cannot be read" "$(status)$(out) $(host ip -o link show type veth | grep -c "$cni_id-c1") $(host nft list map ip k8snet-cni masqueraded | grep -c "$cni_id-c1")" "0 0 0"
ip netns del "$(netns_name c2)"
CNI_NETNS=$(netns_path c2) cni bridge DEL c2 <"$cni_tmp/masq"
same "DEL after the namespace has gone, without prevResult" "$(status)$(out)" 0
netns_add c2
same "all is gone but the bridge" "$(state)" "br0
lo
up0
lo"
clean=$(state)

# An address that has a new owner is left to it.
cni bridge ADD c1 <"$cni_tmp/masq"
keep c1
rm "$data/net/10.9.0.4" "$data/net/fd09::4"
config '"isDefaultGateway":true,"ipMasq":true' | CNI_ARGS="IP=10.9.0.4" cni bridge ADD c2
with_prev c1 <"$cni_tmp/masq" | cni bridge DEL c1
same "an element of the next owner stays" \
	"$(host nft list map ip k8snet-cni masqueraded | grep -o "10.9.0.4 comment \"net $cni_id-c[0-9] eth0\"")" \
	"10.9.0.4 comment \"net $cni_id-c2 eth0\""
cni bridge DEL c2 <"$cni_tmp/masq"
same "and goes with it" "$(state)" "$clean"

# --- ADD that fails leaves nothing -----------------------------------------------------------------
in_container c1 ip link add eth0 type dummy 2>/dev/null || in_container c1 ip link add eth0 type veth
before=$(state)
cni bridge ADD c1 <"$cni_tmp/masq"
failed_with "the link exists in the container" 102 "it exists already"
same "nothing is left" "$(state)" "$before"
in_container c1 ip link del eth0
host ip address add 10.8.0.1/24 dev br0
host ip address del 10.9.0.1/24 dev br0
cni bridge ADD c1 <"$cni_tmp/masq"
failed_with "the bridge has another address" 102 "br0 already has an IP address different from 10.9.0.1/24: 10.8.0.1/24"
same "nothing is left, either" "$(state)" "$clean"
config '"isGateway":true,"forceAddress":true' | cni bridge ADD c1
same "forceAddress" "$(status) $(host ip -o -4 address show br0 | grep -o 'inet [^ ]*')" "0 inet 10.9.0.1/24"
cni bridge DEL c1 <"$cni_tmp/masq"
config '"isGateway":true' "$dual" | sed 's/br0/up0/' | cni bridge ADD c1
failed_with "the bridge is none" 102 "bridge: link up0 exists and is not a bridge"
same "nothing is left of that" "$(state)" "$clean"
config '' "$dual" | CNI_NETNS=/nonexistent cni bridge ADD c1
same "there is no namespace" "$(status)" 1
same "nothing is left of it" "$(state)" "$clean"
# A route that the kernel does not take: the last step but one.
config '"isGateway":true,"ipMasq":true' '"ipam":{"type":"host-local","dataDir":"'$data'","subnet":"10.9.0.0/24","routes":[{"dst":"10.77.0.0/16","gw":"10.66.0.1"}]}' |
	cni bridge ADD c1
failed_with "a route that cannot be" 100 "link eth0: route add 10.77.0.0/16 via 10.66.0.1: Network is unreachable (kernel: Nexthop has invalid gateway)"
same "nothing is left of what was before it" "$(state)" "$clean"
cni bridge ADD c1 <"$cni_tmp/masq"
same "and ADD can be repeated" "$(status)" 0
cni bridge DEL c1 <"$cni_tmp/masq"
# Killed in the middle: the node's end is there, in no bridge, without alias.
cni bridge ADD c1 <"$cni_tmp/masq"
link1=$(node_link)
cni bridge DEL c1 <"$cni_tmp/masq"
host ip link add "$link1" type veth peer name stale0
cni bridge ADD c1 <"$cni_tmp/masq"
same "what a killed ADD left gives way" "$(status) $(host ip -o link | grep -c stale0)" "0 0"
cni bridge DEL c1 <"$cni_tmp/masq"
host ip link add "$link1" type veth peer name foreign0
host ip link set "$link1" alias foreign
cni bridge ADD c1 <"$cni_tmp/masq"
failed_with "a link of that name that is another's" 102 "link $link1: it exists and is not ours"
cni bridge DEL c1 <"$cni_tmp/masq"
same "DEL leaves it alone" "$(host ip -o link | grep -c foreign0)" 2
host ip link del foreign0
same "nothing is left of all that" "$(state)" "$clean"

# --- keys -----------------------------------------------------------------------------------------
one='"ipam":{"type":"host-local","dataDir":"'$data'","subnet":"10.9.0.0/24"}'
add() {
	config "$1" "${2-$one}" "${3-}" | cni bridge ADD "${4:-c1}"
	test "$(status)" = 0 || echo "# $(out)"
}
del() {
	config "$1" "${2-$one}" | cni bridge DEL "${3:-c1}"
}
add ''
same "no isGateway: no default route" "$(in_container c1 ip route | wc -l)" 1
del ''
add '"isGateway":true'
same "isGateway: no default route" "$(in_container c1 ip route | grep -c default)" 0
del ''
add '"mtu":1400'
same "mtu" "$(in_container c1 cat /proc/sys/net/ipv6/conf/eth0/mtu) $(host cat "/proc/sys/net/ipv6/conf/$(node_link)/mtu") $(status)" "1400 1400 0"
keep mtu
in_container c1 ip link set eth0 mtu 1300
config '"mtu":1400' "$one" | with_prev mtu | cni bridge CHECK c1
failed_with "mtu: CHECK sees that of the container's end" 103 "link eth0 in $(netns_path c1): mtu is 1300, not 1400"
del ''
add '"mtu":1400' "$one" 1.1.0
keep mtu
in_container c1 ip link set eth0 mtu 1300
sed 's/"mtu":1400/"mtu":1300/2' "$cni_tmp/mtu" >"$cni_tmp/tuned"
config '"mtu":1400' "$one" 1.1.0 | with_prev tuned | cni bridge CHECK c1
same "mtu: CHECK takes that of a plugin behind it" "$(status)$(out)" 0
del ''
add '"hairpinMode":true'
same "hairpinMode" "$(host ip -d link show "$(node_link)" | grep -o 'hairpin on')" "hairpin on"
del ''
add '"promiscMode":true'
same "promiscMode" "$(host ip link show br0 | grep -o PROMISC)" PROMISC
del ''
host ip link set br0 promisc off
add '"isGateway":true,"portIsolation":true'
add '"isGateway":true,"portIsolation":true' "$one" '' c2
address2=$(get ips.0.address | cut -d/ -f1)
check "portIsolation: the gateway answers" pings c1 10.9.0.1
check "portIsolation: the neighbour does not" not pings c1 "$address2"
del ''
del '' "$one" c2
add '"isGateway":true,"macspoofchk":true'
keep c1
mac=$(get interfaces.2.mac)
check "macspoofchk: its own address passes" pings c1 10.9.0.1
in_container c1 ip link set eth0 address 02:00:00:00:00:99
check "macspoofchk: another does not" not pings c1 10.9.0.1
in_container c1 ip link set eth0 address "$mac"
check "macspoofchk: its own does, again" pings c1 10.9.0.1
config '"isGateway":true,"macspoofchk":true' "$one" | with_prev c1 >"$cni_tmp/spoof"
cni bridge CHECK c1 <"$cni_tmp/spoof"
same "macspoofchk: CHECK" "$(status)$(out)" 0
host nft flush set bridge k8snet-cni mac-addresses
cni bridge CHECK c1 <"$cni_tmp/spoof"
failed_with "macspoofchk: CHECK finds that it is gone" 103 "in set mac-addresses of table bridge"
del '"macspoofchk":true'
same "macspoofchk: DEL" "$(host nft list table bridge k8snet-cni | grep -c elements)" 0
add '"enabledad":true,"isGateway":true' "$dual"
same "enabledad: the address is settled" "$(in_container c1 ip -o -6 address show dev eth0 scope global | grep -c -e tentative -e nodad) $(status)" "0 0"
del '' "$dual"
add '"isGateway":true' "$dual" '' c2
taken=$(get ips.1.address)
before=$(state)
rm "$data/net/${taken%/*}"
config '"enabledad":true,"isGateway":true' "$dual" | CNI_ARGS="IP=${taken%/*}" cni bridge ADD c1
failed_with "enabledad: an address that is in use elsewhere" 102 "address $taken is in use elsewhere"
rm -f "$data/net/${taken%/*}"
printf '%s\r\neth0' "$cni_id-c2" >"$data/net/${taken%/*}"
same "leaves nothing behind" "$(state)" "$before"
in_container c1 sh -c 'echo 30 >/proc/sys/net/ipv6/conf/default/dad_transmits'
config '"enabledad":true,"isGateway":true' "$dual" | cni bridge ADD c1
failed_with "enabledad: that takes too long" 11 "duplicate address detection takes longer"
same "leaves nothing behind, either" "$(state)" "$before"
in_container c1 sh -c 'echo 1 >/proc/sys/net/ipv6/conf/default/dad_transmits'
del '' "$dual" c2
add '"disableContainerInterface":true' '"ipam":{}'
same "disableContainerInterface" "$(in_container c1 ip link show eth0 | grep -c '[<,]UP') $(status)" "0 0"
del '' '"ipam":{}'
add '' '"ipam":{}'
same "without ipam the link is up, without addresses" "$(in_container c1 ip link show eth0 | grep -c '[<,]UP') $(in_container c1 ip -4 -o address show eth0 | wc -l) $(get ips)" "1 0 "
del '' '"ipam":{}'
add '"dns":{"nameservers":["10.9.0.53"],"search":["a.test"]}'
same "dns" "$(get dns.nameservers.0) $(get dns.search.0)" "10.9.0.53 a.test"
del ''
same "the keys leave nothing" "$(state)" "$clean"
config '' "$one" | CNI_ARGS=MAC=02:11:22:33:44:55 cni bridge ADD c1
same "MAC in CNI_ARGS" "$(get interfaces.2.mac)" 02:11:22:33:44:55
del ''
config '"args":{"cni":{"mac":"02:11:22:33:44:66"}}' "$one" | cni bridge ADD c1
same "args.cni.mac" "$(get interfaces.2.mac)" 02:11:22:33:44:66
del ''
config '"runtimeConfig":{"mac":"02:11:22:33:44:77"}' "$one" | CNI_ARGS=MAC=02:11:22:33:44:55 cni bridge ADD c1
same "runtimeConfig.mac" "$(get interfaces.2.mac) $(in_container c1 ip -o link show eth0 | grep -o 'ether [^ ]*')" "02:11:22:33:44:77 ether 02:11:22:33:44:77"
del ''
static='"ipam":{"type":"static","addresses":[{"address":"10.9.0.77/24"}],"routes":[{"dst":"10.5.0.0/16","gw":"10.9.0.1","mtu":1300,"priority":77,"table":99}]}'
add '"isGateway":true' "$static" 1.1.0
same "static ipam; routes with mtu, priority, table" \
	"$(get ips.0.gateway) $(in_container c1 ip route show table 99 | sed 's/ *$//')" \
	"10.9.0.1 10.5.0.0/16 via 10.9.0.1 dev eth0 metric 77 mtu 1300"
del '' "$static"
same "those leave nothing" "$(state)" "$clean"

# --- odd input ---------------------------------------------------------------------------------------
config '"ipMasq":true' "$one" >"$cni_tmp/odd"
cni bridge ADD c1 'a"b' <"$cni_tmp/odd"
host nft list ruleset >"$cni_tmp/rules"
check "nft reads again what it shows, whatever the interface is called" host nft -c -f "$cni_tmp/rules"
config '"ipMasq":true,"cni.dev/valid-attachments":[{"containerID":"'"$cni_id"'-c1","ifname":"a\"b"}]' "$one" 1.1.0 | cni bridge GC none
same "GC knows it" "$(status)$(out) $(host nft list map ip k8snet-cni masqueraded | grep -c comment)" "0 1"
cni bridge DEL c1 'a"b' <"$cni_tmp/odd"
same "and DEL" "$(status)$(out) $(host nft list map ip k8snet-cni masqueraded | grep -c comment)" "0 0"
cni bridge ADD c1 <"$cni_tmp/odd"
keep twice
"$PYTHON" -c '
import json, sys
config = json.load(open(sys.argv[1]))
config["prevResult"] = json.load(open(sys.argv[2]))
config["prevResult"]["ips"] *= 2
print(json.dumps(config))' "$cni_tmp/odd" "$cni_tmp/twice" | cni bridge DEL c1
same "DEL with the same address twice in prevResult" "$(status)$(out)" 0

# --- refused -----------------------------------------------------------------------------------------
refuse() {
	config "$2" "${4-$one}" | cni bridge ADD c1
	failed_with "refused: $1" 7 "$3"
	same "and nothing is left of $1" "$(state)" "$clean"
}
refuse "hairpin and promiscuous" '"hairpinMode":true,"promiscMode":true' "hairpin mode and promiscuous"
refuse "disableContainerInterface and ipam" '"disableContainerInterface":true' "together with ipam"
for bad in '"ipam":"host-local"' '"ipam":{"type":5}'; do
	config '' "$bad" | cni bridge ADD c1
	failed_with "refused: $bad" 7 "ipam"
done
refuse "vlan and vlanTrunk" '"vlan":5,"vlanTrunk":[{"id":6}]' "vlan and vlanTrunk at the same time"
refuse "vlan out of range" '"vlan":4095' "vlan"
refuse "a trunk without maxID" '"vlanTrunk":[{"minID":6}]' "vlanTrunk[0]: maxID is missing"
refuse "a trunk the wrong way round" '"vlanTrunk":[{"minID":6,"maxID":5}]' "minID is greater than maxID"
refuse "mtu that is a string" '"mtu":"1500"' "mtu"
refuse "ipMasq that is a string" '"ipMasq":"yes"' "ipMasq"
refuse "runtimeConfig.mac that is a number" '"runtimeConfig":{"mac":5}' "runtimeConfig.mac"
refuse "a MAC address that is none" '"args":{"cni":{"mac":"nonsense"}}' "args.cni.mac"
config '' "$one" | sed 's/br0/a\/b/' | cni bridge ADD c1
failed_with "refused: a bridge that is a path" 7 'bridge: not the name of a link: "a/b"'
config '"vlan":4094,"isGateway":true' "$one" | sed 's/br0/abridge-name/' | cni bridge ADD c1
failed_with "refused: no room for a link in the VLAN" 7 "abridge-name.4094, for the gateway, is too long"

# VLANs, where the kernel has none; where it has, see vlan.sh.
host ip link add probe type bridge vlan_filtering 1
vlans=$(host ip -d link show probe | grep -c 'vlan_filtering 1')
host ip link del probe
host ip link del br0
if test "$vlans" = 0; then
	config '"vlan":100' "$one" | cni bridge ADD c1
	failed_with "vlan without the kernel's support" 7 "vlan: bridge br0 does not filter VLANs"
	config '"vlanTrunk":[{"id":100}]' "$one" | cni bridge ADD c1
	failed_with "vlanTrunk without the kernel's support" 7 "vlanTrunk: bridge br0 does not filter VLANs"
fi
same "leases are given back then, too" "$(ls "$data/net" | grep -v -e lock -e last)" ""

# --- STATUS --------------------------------------------------------------------------------------------
small='"ipam":{"type":"host-local","dataDir":"'$data'","subnet":"10.9.0.0/30"}'
config '' "$small" 1.1.0 | cni bridge STATUS none
same "STATUS" "$(status)$(out)" 0
add '' "$small"
config '' "$small" 1.1.0 | cni bridge STATUS none
failed_with "STATUS: no address is left" 50 "no IP addresses available in range set: 10.9.0.1-10.9.0.2"
del '' "$small"
config '' "$small" 1.1.0 >"$cni_tmp/config"
cat >"$cni_tmp/unprivileged" <<END
#!/bin/sh
exec setpriv --bounding-set -net_admin --inh-caps -net_admin "$cni_plugin"
END
CNI_COMMAND=STATUS CNI_PATH=$cni_tmp/bin host setpriv --bounding-set -all --inh-caps -all \
	--reuid nobody --regid nogroup --clear-groups "$cni_tmp/bin/bridge" <"$cni_tmp/config" \
	>"$cni_tmp/out" 2>/dev/null
echo $? >"$cni_tmp/status"
case $(out) in
'') echo "# the build directory cannot be read by nobody: not tried" ;;
*) failed_with "STATUS: the kernel refuses" 50 "the kernel refuses" ;;
esac

# --- GC --------------------------------------------------------------------------------------------------
for c in c1 c2 c3; do
	cni bridge ADD $c <"$cni_tmp/masq"
done
ip netns del "$(netns_name c3)"
netns_add c3
config '"isDefaultGateway":true,"ipMasq":true,"cni.dev/valid-attachments":[{"containerID":"'"$cni_id"'-c2","ifname":"eth0"}]' \
	"$dual" 1.1.0 | cni bridge GC none
same "GC" "$(status)$(out)" 0
same "GC leaves the link that is valid" "$(host ip -o link show type veth | grep -c ' alias k8snet-cni' || host ip link show type veth | grep -c 'alias k8snet-cni')" 1
same "GC leaves the rules that are valid" "$(host nft list table ip k8snet-cni | grep -o "net $cni_id-c[0-9]")" "net $cni_id-c2"
same "GC leaves the leases that are valid" "$(grep -l "$cni_id-c2" "$data"/net/[1f]* | wc -l) $(ls "$data"/net/[1f]* | wc -l)" "2 2"
check "and what is valid works" pings c2 10.9.0.1
config '"isDefaultGateway":true,"ipMasq":true,"cni.dev/valid-attachments":[]' "$dual" 1.1.0 | cni bridge GC none
same "GC of all" "$(state)" "$clean"

# --- another plugin for the addresses ------------------------------------------------------------------------
if test -x "$cni_reference/host-local"; then
	ln -s "$cni_reference/host-local" "$cni_tmp/bin/other-ipam"
	other='"ipam":{"type":"other-ipam","dataDir":"'$data'","subnet":"10.9.0.0/24"}'
	add '"isGateway":true' "$other"
	same "addresses of a delegate" "$(status) $(get ips.0.interface) $(head -n 1 "$data"/net/10.* | tr -d '\r')" "0 2 $cni_id-c1"
	del '' "$other"
	same "and back to it" "$(state)" "$clean"
	in_container c1 ip link add eth0 type veth
	add '"isGateway":true' "$other" >/dev/null
	failed_with "ADD fails after the delegate" 102 "it exists already"
	same "and it takes the address back" "$(ls "$data/net" | grep -v -e lock -e last)" ""
	in_container c1 ip link del eth0
fi
config '' '"ipam":{"type":"not-there"}' | cni bridge ADD c1
same "a delegate that is not there" "$(status)" 1
same "leaves nothing" "$(state)" "$clean"
config '' '"ipam":{"type":"static"}' | cni bridge ADD c1
failed_with "a delegate that gives nothing" 7 "no address was given"

# --- the first container of a network brings its chain along -----------------------------------
cni bridge ADD c1 <"$cni_tmp/masq"
same "the first container of a network: the table is there, its chain is not" \
	"$(status) $(host nft list chains | grep -c 'chain masquerade-10.9.0.0/24')" "0 1"
cni bridge DEL c1 <"$cni_tmp/masq"
same "DEL, and the chain is gone" "$(status) $(state)" "0 $clean"

# --- a bridge of somebody else ---------------------------------------------------------------------
# Its address is that of its ports, until somebody sets it; ports with greater and lesser ones.
config '"isDefaultGateway":true' '"ipam":{"type":"host-local","dataDir":"'$data'/foreign","subnet":"10.98.0.0/24"}' |
	sed 's/br0/br8/' >"$cni_tmp/foreign"
mac() {
	host ip -j link show br8 | "$PYTHON" -c 'import json, sys; print(json.load(sys.stdin)[0]["address"])'
}
# With /sys of the namespace, as a node has it, and of another one.
for sysfs in no yes; do
	for port in none lent went; do
		for carries in '' 10.98.0.1/24; do
			what="a bridge of somebody else (${carries:-no address}, port: $port, sysfs: $sysfs)"
			host ip link add br8 type bridge
			host ip link set br8 up
			if test $port != none; then
				host ip link add lent0 address 02:00:00:00:00:01 type veth peer name lent1
				host ip link set lent0 up master br8
				host ip link set lent1 up
			fi
			test $port != went || host ip link del lent0
			test -z "$carries" || host ip address add $carries dev br8
			if test $sysfs = yes; then
				host() { ip netns exec "$(netns_name host)" "$@"; }
			fi
			cni bridge ADD c3 <"$cni_tmp/foreign"
			keep c3
			same "$what: the result has its MAC address" "$(status) $(get interfaces.0.mac)" "0 $(mac)"
			check "$what: it is one" test "$(mac)" != 00:00:00:00:00:00
			with_prev c3 <"$cni_tmp/foreign" | cni bridge CHECK c3
			same "$what: CHECK right after ADD" "$(status)$(get msg)" 0
			before=$(mac)
			check "$what: the gateway answers" pings c3 10.98.0.1
			host ip link add less0 address 00:00:00:00:00:01 type veth peer name less1
			host ip link set less0 up master br8
			host ip link set less1 up
			same "$what: it keeps its address when a port comes" "$(mac)" "$before"
			host ip link del less0
			test $port != lent || host ip link del lent0
			same "$what: and when one goes" "$(mac)" "$before"
			# What the container knows of it has not become wrong.
			same "$what: its gateway is known" "$(in_container c3 ip neigh show 10.98.0.1 | grep -c "$before")" 1
			check "$what: the gateway answers then" in_container c3 ping -c 1 -W 1 10.98.0.1 >/dev/null
			# An address that is set stays, and so does what is known of neighbours.
			host ip neigh add 10.98.0.99 lladdr 02:00:00:00:00:99 nud permanent dev br8
			cni bridge ADD c1 eth8 <"$cni_tmp/foreign"
			same "$what: set once" "$(mac) $(host ip neigh show 10.98.0.99 | grep -c PERMANENT)" "$before 1"
			cni bridge DEL c1 eth8 <"$cni_tmp/foreign"
			cni bridge DEL c3 <"$cni_tmp/foreign"
			same "$what: and when the last one has gone" "$(mac)" "$before"
			host() { nsenter --net="$(netns_path host)" "$@"; }
			host ip link del br8
		done
	done
done
finish
