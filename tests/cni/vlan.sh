#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bridge with vlan, vlanTrunk, preserveDefaultVlan: who reaches whom; the node in a VLAN.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
host ip link add probe type bridge vlan_filtering 1
if ! host ip -d link show probe | grep -q 'vlan_filtering 1'; then
	echo "skipped: bridges do not filter VLANs here (CONFIG_BRIDGE_VLAN_FILTERING)"
	exit 77
fi
host ip link del probe
netns_add c1 c2 c3 c4 c5

data=$cni_tmp/data
dual='"ipam":{"type":"host-local","dataDir":"'$data'","ranges":[[{"subnet":"10.9.0.0/24"}],[{"subnet":"fd09::/64"}]]}'
static='"ipam":{"type":"static","addresses":[{"address":"10.9.0.99/24"}]}'
# KEYS IPAM
config() {
	echo "{\"cniVersion\":\"1.0.0\",\"name\":\"net\",\"type\":\"bridge\",\"bridge\":\"br0\",$1,$2}"
}
# CONTAINER KEYS [IPAM]
add() {
	config "$2" "${3-$dual}" | cni bridge ADD "$1"
	test "$(status)" = 0 || echo "# $(out)"
	keep "$1"
}
vlans_of() {
	host bridge -json vlan show dev "$1" | "$PYTHON" -c '
import json, sys
for port in json.load(sys.stdin):
    print(*["%s%s" % (v["vlan"], " PVID" if "PVID" in v.get("flags", []) else "")
            for v in port["vlans"]])'
}
# The first one may come before a link has an address to ask neighbours from.
pings() {
	in_container "$1" ping -c 3 -i 0.3 -W 2 "$2" >/dev/null 2>&1
}
silent() {
	! pings "$@"
}
# WHAT TEXT: CHECK of c1 fails so.
deviates() {
	config "$own" "$dual" | with_prev c1 | cni bridge CHECK c1
	failed_with "CHECK: $1" 103 "$2"
}

# --- the node in the VLAN ------------------------------------------------------------------
own='"vlan":100,"isDefaultGateway":true,"preserveDefaultVlan":false'
add c1 "$own"
same "the result" "$(get interfaces.0.name) $(get interfaces.3.name) $(get interfaces.3.sandbox) $(get interfaces.4.name) $(get ips.0.interface)" "br0 br0.100   2"
same "its MAC address" "$(get interfaces.3.mac)" "$(host ip -o link show br0.100 | sed 's/.*ether //; s/ .*//')"
same "the port" "$(vlans_of "$(node_link)")" "100 PVID"
check "the gateway answers at once" pings c1 10.9.0.1
check "the gateway answers at once over IPv6" pings c1 fd09::1
same "and asks for any neighbour at once" "$(host ip -6 -o address show dev br0.100 tentative)" ""
same "the gateway is in the VLAN" "$(host ip -4 -o address show dev br0 | wc -l) $(host ip -4 -o address show dev br0.100 | grep -o '10.9.0.1/24')" "0 10.9.0.1/24"
add c2 "$own"
check "container to container" pings c1 10.9.0.3
check "container to container over IPv6" pings c1 fd09::3

# --- apart -----------------------------------------------------------------------------------
add c3 '"vlan":200,"preserveDefaultVlan":false' "$static"
check "another VLAN does not reach it" silent c3 10.9.0.2
check "nor the gateway" silent c3 10.9.0.1
add c4 '"mtu":1500' '"ipam":{"type":"static","addresses":[{"address":"10.9.0.98/24"}]}'
check "nor does a port without" silent c4 10.9.0.2
same "which has the bridge's" "$(vlans_of "$(node_link)")" "1 PVID"
add c5 '"vlanTrunk":[{"minID":100,"maxID":102},{"id":300}],"preserveDefaultVlan":false' '"ipam":{}'
trunk=$(node_link)
same "vlanTrunk" "$(vlans_of "$trunk")" "100 101 102 300"
in_container c5 ip link add eth0.100 link eth0 type vlan id 100
in_container c5 ip address add 10.9.0.97/24 dev eth0.100
in_container c5 ip link set eth0.100 up
check "a trunk reaches it with its tag" pings c5 10.9.0.2
check "and its gateway" pings c5 10.9.0.1
in_container c5 ip link add eth0.200 link eth0 type vlan id 200
in_container c5 ip address flush dev eth0.100
in_container c5 ip address add 10.9.0.97/24 dev eth0.200
in_container c5 ip link set eth0.200 up
check "but nothing outside the trunk" silent c5 10.9.0.99
config '"vlanTrunk":[{"minID":100,"maxID":102},{"id":300}],"preserveDefaultVlan":false' '"ipam":{}' |
	with_prev c5 | cni bridge CHECK c5
same "CHECK of a trunk" "$(status)$(out)" 0
host bridge vlan del dev "$trunk" vid 101
config '"vlanTrunk":[{"minID":100,"maxID":102},{"id":300}],"preserveDefaultVlan":false' '"ipam":{}' |
	with_prev c5 | cni bridge CHECK c5
failed_with "CHECK: one of the trunk is gone" 103 "VLAN 101 is not there"

# --- CHECK --------------------------------------------------------------------------------------
config "$own" "$dual" | with_prev c1 | cni bridge CHECK c1
same "CHECK" "$(status)$(out)" 0
port=$(node_link "$cni_tmp/c1")
host bridge vlan add dev "$port" vid 7
deviates "one too many" "link $port: VLAN 7 is there"
host bridge vlan del dev "$port" vid 7
host bridge vlan add dev "$port" vid 100 untagged
deviates "not the one without a tag" "link $port: what has no tag belongs to VLAN 0, not 100"
host bridge vlan add dev "$port" vid 100 pvid untagged
host ip address del 10.9.0.1/24 dev br0.100
deviates "no gateway" "gateway 10.9.0.1/24 is not there"
host ip link del br0.100
deviates "no link in the VLAN" "bridge br0: its link in VLAN 100 is not there"
config "$own" "$dual" | cni bridge DEL c2
add c2 "$own"
check "the next ADD makes it again" pings c2 10.9.0.1
check "for all of them" pings c1 10.9.0.1

# --- in the way, and the reference plugin's -----------------------------------------------------
for c in c1 c2; do
	config "$own" "$dual" | cni bridge DEL $c
	same "DEL $c" "$(status)$(out)" 0
done
same "no lease stays" "$(ls "$data/net" | grep -v -e lock -e last)" ""
host ip link del br0.100
host ip link add br0.100 type dummy
config "$own" "$dual" | cni bridge ADD c1
failed_with "another's link of that name" 102 "link br0.100 exists and is not bridge br0 in VLAN 100"
host ip link del br0.100
if test -x "$cni_reference/bridge"; then
	own='"vlan":100,"isDefaultGateway":true'
	config "$own" "$dual" | reference bridge ADD c1
	keep c1
	address=$(get ips.0.address)
	same "the reference plugin's" "$(status)" 0
	add c2 "$own"
	check "its link is taken" pings c2 10.9.0.1
	check "and its container reached" pings c2 "${address%/*}"
	config "$own" "$dual" | with_prev c1 | cni bridge CHECK c1
	same "CHECK of its attachment" "$(status)$(out)" 0
	config "$own" "$dual" | cni bridge DEL c2
	config "$own" "$dual" | reference bridge DEL c1
fi
finish
