#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# All that services promise, served by the program on each node: by its options, not by
# the library's setters. One cluster, from each configuration to the next.
. "$(dirname "$0")/proxy.sh"

# configured DETECTS ALL OPTIONS...
configured() {
	cluster_keys="detects=$1 all=$2"
	label="detects $1, all $2"
	shift 2
	stop_proxies
	for n in $nodes; do
		: >"$objects/log-$n"
		start "$n" --dir "$objects/dir" "$@"
	done
	for n in $nodes; do
		until_true "$label: node $n is served" is_synced "$n"
	done
	check "$label" table
}

joined dual
serve
$python "$own/events.py" objects "$objects/cluster.json" Node Service EndpointSlice >"$objects/dir/all.json"
configured 1 0 --cluster-cidr 10.1.0.0/16,fd00:1::/48
configured 1 1 --detect-local-mode NodeCIDR --masquerade-all
configured 0 1 --masquerade-all=true
configured 0 0 --detect-local-mode None --cluster-cidr 10.1.0.0/16,fd00:1::/48
configured 1 0 --detect-local-mode NodeCIDR --masquerade-all=false --masquerade-mark 0x100
check "$label" policies,hairpin,no_endpoints
expect "the mark is the one that was asked for" eval 'table 1 | grep -q 0x00000100'
configured 1 0 --detect-local-mode BridgeInterface --pod-bridge-interface k8snet0
check "$label, by the bridge" policies
configured 1 1 --detect-local-mode InterfaceNamePrefix --pod-interface-name-prefix k8sn --masquerade-all
cluster_down
stop_proxies

# Networks: as tests/netns/masquerade.sh, which sets them without the program.
joined dual
for f in 10.77.0.1/32 fd00:77::1/128; do
	ip -n "$prefix-n1" address add "$f" dev lo
	test "${f#fd}" = "$f" && via=10.100.0.11 || via=fd00:100::11
	ip -n "$prefix-out" route add "$f" via "$via"
done
serve
$python "$own/events.py" objects "$objects/cluster.json" Node Service EndpointSlice >"$objects/dir/all.json"
for n in $nodes; do
	start "$n" --dir "$objects/dir" --detect-local-mode NodeCIDR \
		--service-cidr 10.96.0.0/16,fd00:96::/112 \
		--nodeport-addresses 10.77.0.0/16,fd00:77::/64,127.0.0.0/8,::1/128
done
for n in $nodes; do
	until_true "networks: node $n is served" is_synced "$n"
done
check networks cluster_ips,source_ranges,other_addresses
finish
