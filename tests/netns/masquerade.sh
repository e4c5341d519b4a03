#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Who is masqueraded: 27 flows, with and without telling pods from others, with and
# without masquerading all. Where node ports are, and what cluster IPs do not have.
. "$(dirname "$0")/e2e.sh"

# configured DETECTS ALL OPTIONS...
configured() {
	detects=$1
	all=$2
	shift 2
	combination route "$link" dual
	options="$options $*"
	label="$label, detects $detects, all $all"
	cluster_keys="detects=$detects all=$all"
	apply || return
	check "$label" table
	all_empty "$label"
}

link=bridge

# One cluster, changed from each configuration to the next.
cluster_up dual
serve
configured 1 0
configured 1 1 --masquerade-all
configured 0 1 --masquerade-all --no-detection
configured 0 0 --no-detection
configured 1 0
check "$label, again" policies
# By the bridge that pods' traffic comes over, and by how links are named.
configured 1 0 --pod-interface k8snet0
check "$label, by the bridge" policies,hairpin
configured 1 1 --pod-interface k8snet0 --masquerade-all
# The second one is within the first.
set -f
configured 1 0 --pod-interface "k8sn*" --pod-interface k8snet0
set +f
configured 0 0 --no-detection
cluster_down

# By the nodes' ends of pods' links.
link=ptp
cluster_up dual
serve
configured 1 0 --pod-interface "veth*"
configured 1 1 --pod-interface "veth*" --masquerade-all
cluster_down

combination route bridge dual
options="$options --service-cidr 10.96.0.0/16 --service-cidr fd00:96::/112
	--node-port-cidr 10.77.0.0/16 --node-port-cidr fd00:77::/64
	--node-port-cidr 127.0.0.0/8 --node-port-cidr ::1/128"
cluster_keys=
cluster_up dual
for f in 10.77.0.1/32 fd00:77::1/128; do
	ip -n "$prefix-n1" address add "$f" dev lo
	test "${f#fd}" = "$f" && via=10.100.0.11 || via=fd00:100::11
	ip -n "$prefix-out" route add "$f" via "$via"
done
serve
if apply; then
	check "$label" cluster_ips,source_ranges,other_addresses
	all_empty "$label"
	# A range that has the others within it, in their place.
	sed -i 's# 10.100.0.9/28#0.0.0.0/0#' "$objects/cluster.json"
	apply
	all_empty "$label, all sources"
fi
cluster_down
finish
