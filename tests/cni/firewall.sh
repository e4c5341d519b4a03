#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# firewall: policies, with packets between two bridges, the neighbours and the outside; and
# the chain FORWARD of iptables, which drops.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 c2 c3 outside
host ip link add up0 type veth peer name eth0 netns "$(netns_name outside)"
host ip address add 192.0.2.1/24 dev up0
host ip link set up0 up
in_container outside ip address add 192.0.2.9/24 dev eth0
in_container outside ip link set eth0 up
in_container outside ip route add 10.0.0.0/8 via 192.0.2.1

bridge() {
	echo "{\"cniVersion\":\"1.0.0\",\"name\":\"$1\",\"type\":\"bridge\",\"bridge\":\"br-$1\",\"isDefaultGateway\":true,
		\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"$cni_tmp/data\",\"subnet\":\"$2\"}}"
}
bridge one 10.9.1.0/24 >"$cni_tmp/one"
bridge two 10.9.2.0/24 >"$cni_tmp/two"
cni bridge ADD c1 <"$cni_tmp/one"
keep c1
cni bridge ADD c2 <"$cni_tmp/one"
keep c2
cni bridge ADD c3 <"$cni_tmp/two"
keep c3
config() {
	echo "{\"cniVersion\":\"${3:-1.0.0}\",\"name\":\"$1\",\"type\":\"firewall\"${2:+,}$2}"
}
add() {
	config "$1" "$2" | with_prev "$3" | cni firewall ADD "$3"
	same "ADD $1 $2 $3" "$(status)" 0
}
del() {
	config "$1" "$2" | with_prev "$3" | cni firewall DEL "$3"
	same "DEL $1 $2 $3" "$(status)$(out)" 0
}
pings() {
	in_container "$1" ping -c 1 -W 1 "$2" >/dev/null 2>&1 && echo yes || echo no
}
# neighbour, other bridge (both ways), gateway, to the outside, from the outside
flows() {
	echo "$(pings c1 10.9.1.3) $(pings c1 10.9.2.2) $(pings c3 10.9.1.2) $(pings c1 10.9.1.1) $(pings c1 192.0.2.9) $(pings outside 10.9.1.2)"
}
same "before: all passes" "$(flows)" "yes yes yes yes yes yes"
add one '' c1
same "open: all passes" "$(flows)" "yes yes yes yes yes yes"
same "open: what came is passed on" "$(get ips.0.address) $(get interfaces.2.name)" "10.9.1.2/24 eth0"
del one '' c1
same='"ingressPolicy":"same-bridge"'
for c in c1 c2; do add one "$same" $c; done
same "same-bridge, only one bridge has it" "$(flows)" "yes yes yes yes yes yes"
add two "$same" c3
same "same-bridge: nothing passes between bridges" "$(flows)" "yes no no yes yes yes"
for c in c1 c2; do
	in_container $c sh -c 'echo 0 | tee /proc/sys/net/ipv4/conf/all/accept_redirects /proc/sys/net/ipv4/conf/eth0/accept_redirects >/dev/null'
done
in_container c1 ip route add 10.9.1.3 via 10.9.1.1
in_container c2 ip route add 10.9.1.2 via 10.9.1.1
same "same-bridge: between neighbours through the gateway, too" "$(pings c1 10.9.1.3)" yes
in_container c1 ip route del 10.9.1.3
in_container c2 ip route del 10.9.1.2
config one "$same" | with_prev c1 | cni firewall CHECK c1
same "CHECK" "$(status)$(out)" 0
host nft flush set ip k8snet-cni same-bridge
config one "$same" | with_prev c1 | cni firewall CHECK c1
failed_with "CHECK: it is gone" 103 "in set same-bridge of table ip k8snet-cni"
add one "$same" c1
for c in c1 c2; do del one "$same" $c; done
gc() {
	config "$1" "\"cni.dev/valid-attachments\":[$2]" 1.1.0 | cni firewall GC none
}
gc one '{"containerID":"'"$cni_id"'-c1","ifname":"eth0"}'
same "GC while the network has a container" "$(status)$(out) $(pings c1 10.9.2.2)" "0 no"
gc one ''
same "GC when it has none, and another network has some on the bridge" "$(status)$(out) $(pings c1 10.9.2.2)" "0 no"
isolated='"ingressPolicy":"isolated"'
for c in c1 c2; do add one "$isolated" $c; done
add two "$isolated" c3
same "isolated: nor between neighbours" "$(flows)" "no no no yes yes yes"
# Past the bridge, through the gateway: each thinks that the other is elsewhere.
in_container c1 ip route add 10.9.1.3 via 10.9.1.1
in_container c2 ip route add 10.9.1.2 via 10.9.1.1
same "isolated: not through the gateway, either" "$(pings c1 10.9.1.3)" no
in_container c1 ip route del 10.9.1.3
in_container c2 ip route del 10.9.1.2
config one "$isolated" | with_prev c1 | cni firewall CHECK c1
same "CHECK of isolated" "$(status)$(out)" 0
host nft flush set bridge k8snet-cni isolated-ports
config one "$isolated" | with_prev c1 | cni firewall CHECK c1
failed_with "CHECK: not isolated" 103 "in set isolated-ports of table bridge k8snet-cni"
for c in c1 c2; do del one "$isolated" $c; done
del two "$isolated" c3
# Another network of the first bridge; the first is the last that named it.
config other "$same" | with_prev c2 | cni firewall ADD c2
add one "$same" c1
del one "$same" c1
cni bridge DEL c1 <"$cni_tmp/one"
gc one ''
gc two ''
same "GC: another network has a container on the bridge" "$(pings c3 10.9.1.3)" no
config other "$same" | with_prev c2 | cni firewall CHECK c2
same "GC: and it is as its ADD left it" "$(status)$(out)" 0
cni bridge DEL c2 <"$cni_tmp/one"
gc other ''
cni bridge ADD c1 <"$cni_tmp/one"
keep c1
cni bridge ADD c2 <"$cni_tmp/one"
keep c2
same "GC of a bridge without containers" "$(pings c3 "$(get ips.0.address | cut -d/ -f1)") $(host nft list set ip k8snet-cni bridges | grep -c br-one)" "yes 0"
cni bridge DEL c3 <"$cni_tmp/two"
gc two ''
same "nothing is left of that" "$(host nft list ruleset | grep -c elements)" 0
config one '"ingressPolicy":"closed"' | with_prev c1 | cni firewall ADD c1
failed_with "refused: another policy" 7 'unknown ingress policy: "closed"'
config one '"backend":"firewalld"' | with_prev c1 | cni firewall ADD c1
failed_with "refused: firewalld" 7 "backend: firewalld is not supported"
config one '' | cni firewall ADD c1
failed_with "without prevResult" 7 "must be called as chained plugin"
"$PYTHON" -c '
import json, sys
result = json.load(open(sys.argv[1]))
json.dump(dict(result, interfaces=[]) | {"ips": [{"address": "10.9.1.2/24"}]}, open(sys.argv[2], "w"))' \
	"$cni_tmp/c2" "$cni_tmp/bare"
config one "$same" | with_prev bare | cni firewall ADD c2
failed_with "same-bridge without a bridge" 7 "needs the interface of a bridge"
cni bridge DEL c1 <"$cni_tmp/one"
# As the kernel takes them; nft has no way to write them.
for name in 'br"q' 'br-*'; do
	bridge three 10.9.3.0/24 | NAME=$name "$PYTHON" -c '
import json, os, sys
print(json.dumps(dict(json.load(sys.stdin), bridge=os.environ["NAME"], ipMasq=True)))' >"$cni_tmp/three"
	cni bridge ADD c1 <"$cni_tmp/three"
	keep odd
	same "a bridge called $name" "$(status) $(get interfaces.0.name)" "0 $name"
	config three "$same" | with_prev odd | cni firewall ADD c1
	failed_with "refused: a bridge called $name, with a policy" 7 "could not read the name of bridge $name again"
	config three '' | with_prev odd | cni firewall ADD c1
	same "it may be open" "$(status)$(get code)" 0
	host nft list ruleset >"$cni_tmp/rules"
	check "and nft reads again what it shows" host nft -c -f "$cni_tmp/rules"
	with_prev odd <"$cni_tmp/three" | cni bridge CHECK c1
	same "CHECK of a bridge called $name" "$(status)$(out)" 0
	config three '' | with_prev odd | cni firewall DEL c1
	cni bridge DEL c1 <"$cni_tmp/three"
	same "DEL on a bridge called $name" "$(status)$(out)" 0
	host ip link del "$name"
done
cni bridge ADD c1 <"$cni_tmp/one"
keep c1
address=$(get ips.0.address | cut -d/ -f1)

# --- the table of iptables, which nobody has made yet ------------------------------------------------
# ADDs from before have made it; a container that is there when somebody closes FORWARD stays.
same "no table of iptables is needed: one is made" "$(host nft list tables | grep -c -e '^table ip filter')" 1
host nft delete table ip filter
# A prevResult of both families.
"$PYTHON" -c '
import json, sys
result = json.load(open(sys.argv[1]))
result["ips"].append({"address": "fd09::7/64"})
json.dump(result, open(sys.argv[2], "w"))' "$cni_tmp/c1" "$cni_tmp/both"
config one '' | with_prev c1 | cni firewall CHECK c1
failed_with "CHECK: the table is gone" 103 "iptables: FORWARD does not lead to CNI-FORWARD"
config one '"backend":"iptables"' | with_prev both | cni firewall ADD c1
same "ADD without a table of iptables" "$(status)" 0
for family in ip ip6; do
	same "the chain of $family is as iptables makes it" "$(host nft list chain $family filter FORWARD | sed -n '/hook/p' | tr -s ' \t' ' ')" \
		" type filter hook forward priority filter; policy accept;"
	same "CNI-ADMIN of $family comes first" "$(host nft list chain $family filter CNI-FORWARD | grep -n CNI-ADMIN | cut -d: -f1)" 3
	check "there is one of $family" host nft list chain $family filter CNI-ADMIN >/dev/null
done
config one '"backend":"iptables"' | with_prev both | cni firewall CHECK c1
same "CHECK of tables that were made" "$(status)$(out)" 0
# Who opens and closes, by nft, which is always there.
same "it is open" "$(pings outside "$address")" yes
host nft chain ip filter FORWARD '{ policy drop; }'
same "FORWARD is closed after ADD: what the container sends passes" "$(pings c1 192.0.2.9)" yes
same "what is new from the outside does not pass" "$(pings outside "$address")" no
if command -v iptables-nft >/dev/null; then
	host nft list table ip filter >"$cni_tmp/made"
	same "iptables lists it" "$(host iptables-nft -S 2>&1 | sed 's/ -m comment --comment "[^"]*"//' | grep -v '^#')" "-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N CNI-ADMIN
-N CNI-FORWARD
-A FORWARD -j CNI-FORWARD
-A CNI-FORWARD -j CNI-ADMIN
-A CNI-FORWARD -d $address/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A CNI-FORWARD -s $address/32 -j ACCEPT"
	netns_add fresh
	nsenter --net="$(netns_path fresh)" iptables-nft -N CNI-ADMIN
	nsenter --net="$(netns_path fresh)" iptables-nft -I FORWARD -j CNI-ADMIN
	same "the chain is that of iptables itself" \
		"$(nsenter --net="$(netns_path fresh)" nft list table ip filter 2>&1 | grep hook)" \
		"$(host nft list table ip filter 2>&1 | grep hook | sed 's/drop/accept/')"
fi
host nft chain ip filter FORWARD '{ policy accept; }'
host nft flush chain ip filter CNI-FORWARD
config one '' | with_prev c1 | cni firewall CHECK c1
failed_with "CHECK: CNI-ADMIN is not asked" 103 "iptables: CNI-FORWARD does not lead to CNI-ADMIN"
config one '' | with_prev both | cni firewall DEL c1
same "DEL leaves no rule of it" "$(status)$(out) $(host nft list ruleset 2>/dev/null | grep -c "one $cni_id-c1")" "0 0"
host nft delete table ip filter
host nft delete table ip6 filter

# --- iptables -------------------------------------------------------------------------------------
if command -v iptables-nft >/dev/null && host iptables-nft -P FORWARD DROP 2>/dev/null; then
	host ip6tables-nft -P FORWARD DROP
	# Bridged packets would come by, too; they are not what is looked at here.
	same "FORWARD drops" "$(pings c1 192.0.2.9)" no
	add one '' c1
	same "what the container sends passes, and its answers" "$(pings c1 192.0.2.9)" yes
	same "what is new from the outside does not" "$(pings outside "$address")" no
	same "as iptables sees it" "$(host iptables-nft -S 2>&1 | sed 's/ -m comment --comment "[^"]*"//')" "-P INPUT ACCEPT
-P FORWARD DROP
-P OUTPUT ACCEPT
-N CNI-ADMIN
-N CNI-FORWARD
-A FORWARD -j CNI-FORWARD
-A CNI-FORWARD -j CNI-ADMIN
-A CNI-FORWARD -d $address/32 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A CNI-FORWARD -s $address/32 -j ACCEPT"
	config one '' | with_prev c1 | cni firewall CHECK c1
	same "CHECK of that" "$(status)$(out)" 0
	host iptables-nft -I CNI-ADMIN -s "$address" -j DROP
	same "CNI-ADMIN comes first" "$(pings c1 192.0.2.9)" no
	host iptables-nft -F CNI-ADMIN
	add one '' c2
	same "one jump for all" "$(host iptables-nft -S | grep -c -- '-j CNI-')" 2
	del one '' c1
	same "DEL: it does not pass any more" "$(pings c1 192.0.2.9) $(pings c2 192.0.2.9)" "no yes"
	config one '' | with_prev c1 | cni firewall CHECK c1
	failed_with "CHECK: no rule" 103 "iptables: CNI-FORWARD has no rule for $address"
	gc one ''
	same "GC" "$(status)$(out) $(host iptables-nft -S CNI-FORWARD | grep -c -- '-s ')" "0 0"
	add one '"iptablesAdminChainName":"MY-ADMIN"' c1
	same "iptablesAdminChainName" "$(host iptables-nft -S CNI-FORWARD | grep -c -- '-j MY-ADMIN')" 1
	host iptables-nft -F FORWARD
	config one '' | with_prev c1 | cni firewall CHECK c1
	failed_with "CHECK: the jump is gone" 103 "FORWARD does not lead to CNI-FORWARD"
	del one '' c1
	# COUNT of IPv6, beside one of IPv4.
	many() {
		"$PYTHON" -c '
import json, sys
result = json.load(open(sys.argv[1]))
result["ips"] = result["ips"][:1] + [{"address": "fd09::%x/64" % i} for i in range(1, 1 + int(sys.argv[2]))]
print(json.dumps(result))' "$cni_tmp/c1" "$1" >"$cni_tmp/many"
		config one '' | with_prev many | cni firewall ADD c1
	}
	accepted() {
		{ host iptables-nft -S CNI-FORWARD; host ip6tables-nft -S CNI-FORWARD; } | grep -c ACCEPT
	}
	many 100
	same "100 addresses, and one of the other family" "$(status) $(accepted)" "0 202"
	config one '' | with_prev many | cni firewall CHECK c1
	same "CHECK of 100" "$(status)$(out)" 0
	config one '' | with_prev many | cni firewall DEL c1
	same "DEL of 100" "$(status)$(out) $(accepted)" "0 0"
	many 101
	failed_with "more addresses than are added at once" 7 "more than 100 addresses"
	same "nothing is left of them" "$(accepted)" 0
else
	echo "# no iptables-nft here: its chain FORWARD is not tried"
fi
finish
