#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# --once and --cleanup: exit statuses, what they do, and what they leave alone.
. "$(dirname "$0")/proxy.sh"

joined dual nodes=2
serve
all=$objects/cluster.json
log=$objects/log-1
$python "$own/events.py" objects "$all" Node Service EndpointSlice >"$objects/dir/all.json"
ip netns exec "$prefix-n1" nft add table ip others
ip netns exec "$prefix-n1" nft add table inet k8snet

# The pod network, which is somebody else's.
network() {
	ip -n "$prefix-n1" address
	ip -n "$prefix-n1" -4 route
	ip -n "$prefix-n1" -6 route
	ip netns exec "$prefix-n1" sysctl net.ipv4.ip_forward net.ipv6.conf.all.forwarding
}

network >"$objects/network"
expect "--once" once 1 --dir "$objects/dir" --once
expect "says what it did" said '7 services, 14 endpoint slices: [0-9]* operations'
check once vip
table 1 >"$objects/table"
expect "again" once 1 --dir "$objects/dir" --once
expect "does nothing" said ': 0 operations'
table 1 >"$objects/table.2"
same "the same table" "$objects/table" "$objects/table.2"

echo 'nonsense' >"$objects/dir/bad.json"
once 1 --dir "$objects/dir" --once
expect "a bad file: exit status 1" test $? -eq 1
expect "which is named" said "bad.json: line 1, column 1"
rm "$objects/dir/bad.json"
once 1 --dir "$objects/none" --once
expect "no directory: exit status 1" test $? -eq 1
expect "changes nothing" eval 'table 1 | grep -q "10.96.0.10 "'
"$proxy" --netns "/run/netns/$prefix-none" --dir "$objects/dir" --once 2>>"$log"
expect "no namespace: exit status 1" test $? -eq 1
once 1 --dir "$objects/dir" --once --cluster-cidr 10.1.2.3/16
expect "a network with host bits: exit status 2" test $? -eq 2
setpriv --bounding-set -all --inh-caps -all "$proxy" --dir "$objects/dir" --once 2>>"$log"
expect "without privileges: exit status 1" test $? -eq 1
expect "the one that is missing is named" said 'not permitted: CAP_NET_ADMIN is needed'

# What any tenant may write, and an API server takes or has once taken, beside all others.
odd() {
	cat <<-END
	{"apiVersion": "v1", "kind": "Service", "metadata": {"namespace": "odd", "name": "$1"},
	 "spec": {"clusterIP": "10.96.9.$2", "ports": [{"name": "a", "port": 80}]${3:-}}}
	END
}
{
	odd 3scale 1
	odd b 2 ', "externalIPs": ["224.0.0.1"]'
	odd c 3 ', "type": "LoadBalancer"}, "status": {"loadBalancer": {"ingress": [{"ip": "198.51.100.1 "}]}'
	odd d 4 ', "type": "Unheard"'
	odd "" 5
	echo '{"apiVersion": "v1", "kind": "Service", "metadata": {"name": "e"}}'
	echo '{"apiVersion": "v1", "kind": "Node", "metadata": {"name": "odd"}, "status": {"addresses":
	 [{"type": "InternalIP", "address": "fe80::1"}, {"type": "InternalIP", "address": "192.0.2.7"}]}}'
	cat "$objects/dir/all.json"
} >"$objects/odd.json"
mv "$objects/odd.json" "$objects/dir/all.json"
once 1 --dir "$objects/dir" --once
expect "odd objects: exit status 1, for those that are refused" test $? -eq 1
expect "the others are served" said '11 services, 14 endpoint slices: [0-9]* operations'
check "odd objects" vip
for i in 1 2 3 4; do
	expect "odd service $i" eval "table 1 | grep -q '10.96.9.$i '"
done
for what in 'Service odd/b: spec.externalIPs\[0\]: "224.0.0.1" is a multicast address: passed over' \
	'Service odd/c: status.loadBalancer.ingress\[0\].ip: "198.51.100.1 " is not an IP address: passed' \
	'Service odd/d: spec.type: "Unheard" is none of' 'Service default/e: spec: is missing' \
	'Node odd: status.addresses\[0\].address: "fe80::1" is a link-local address: passed over'; do
	expect "which are named: $what" said "$what"
done
$python "$own/events.py" objects "$all" Node Service EndpointSlice >"$objects/dir/all.json"

expect "--cleanup" once 1 --cleanup
table 1 >"$objects/left"
printf 'table ip others {\n}\ntable inet k8snet {\n}\n' >"$objects/others"
same "leaves others' tables alone" "$objects/others" "$objects/left"
expect "--cleanup again" once 1 --cleanup
network >"$objects/network.2"
same "nothing of the pod network was touched" "$objects/network" "$objects/network.2"
expect "--once after it" once 1 --dir "$objects/dir" --once
check "once again" vip

# A node that nobody tells about: its addresses are those of its default route.
expect "--cleanup at the end" once 1 --cleanup
$python "$own/events.py" objects "$all" Service EndpointSlice >"$objects/dir/all.json"
expect "without a Node" once 1 --dir "$objects/dir" --once
for f in 10.100.0.11 fd00:100::11; do
	expect "node ports on $f" eval "table 1 | grep -A 4 'set node-addresses' | grep -q $f"
done
check "without a Node" vip

# Whose name is mistyped: what needs no address is served, and nobody takes it for well.
$python "$own/events.py" objects "$all" Node Service EndpointSlice >"$objects/dir/all.json"
"$proxy" --netns "/run/netns/$prefix-n1" --hostname-override nod-1 --dir "$objects/dir" --once 2>>"$log"
expect "a Node that nobody knows: exit status 1" test $? -eq 1
expect "which is named" said 'node nod-1: there are 2 Nodes, and none has this name'
expect "services are served" eval 'table 1 | grep -q "10.96.0.10 "'

# Nothing to have an address from.
expect "--cleanup once more" once 1 --cleanup
$python "$own/events.py" objects "$all" Service EndpointSlice >"$objects/dir/all.json"
for route in none blackhole prohibit; do
	ip -n "$prefix-n1" -4 route flush default
	ip -n "$prefix-n1" -6 route flush default
	test $route = none || ip -n "$prefix-n1" route add $route default
	once 1 --dir "$objects/dir" --once
	expect "no default route, $route: exit status 1" test $? -eq 1
	expect "what is missing" said 'node node-1: has no address: no node ports are served'
	for family in ip ip6; do
		expect "services of $family" eval \
			"ip netns exec '$prefix-n1' nft list set $family k8snet cluster-ips | grep -q elements"
	done
	expect "--cleanup with $route" once 1 --cleanup
	ip -n "$prefix-n1" route flush type $route 2>/dev/null
done
finish
