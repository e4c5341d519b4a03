#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# The probe sees what is broken, and only that; planning again repairs it.
. "$(dirname "$0")/common.sh"
command -v nft >/dev/null || skip "nft is missing"

small=$(dirname "$0")/small.yaml

# expect_broken WHAT... : flows of these sorts fail, and no others but those of
# sorts that begin with a question mark.
expect_broken() {
	"$lab" probe --name "$name" --json >"$scratch/probe.json" && fail "the probe saw nothing"
	"$python" - "$scratch/probe.json" "$@" <<'PYTHON' || fail "expected broken: $*"
import json, sys
rows = json.load(open(sys.argv[1]))
bad = {row["what"] for row in rows if not row["ok"]}
print("broken: " + ", ".join(sorted(bad)))
must = {what for what in sys.argv[2:] if what[0] != "?"}
may = {what[1:] for what in sys.argv[2:] if what[0] == "?"}
sys.exit(not must <= bad <= must | may)
PYTHON
}

# scale plans in full, whether the number changes or not.
repair() {
	"$lab" scale --name "$name" web=5 --quiet || fail "repair"
	"$lab" probe --name "$name" --json >"$scratch/probe.json"
	assert_all_ok "$scratch/probe.json"
}

on() {
	each=$1
	shift
	ip netns exec "$name-$each" "$@" || fail "$*"
}

all_nodes() {
	for node in node-1 node-2 node-3; do
		on $node "$@"
	done
}

for mode in route overlay; do
	new_name br
	"$lab" up --name "$name" -f "$small" --mode $mode --quiet || fail "up"
	echo "mode $mode"

	# A path that takes no full-size packets, and says nothing of it.
	all_nodes nft 'add table inet blackhole
		add chain inet blackhole out { type filter hook postrouting priority 0 ; }
		add rule inet blackhole out oifname "eth0" meta length > 1400 drop'
	expect_broken "full size, DF set" "1 MiB, both ways"
	all_nodes nft delete table inet blackhole
	repair

	all_nodes nft flush set ip k8snet hairpin
	# Every pod is an endpoint here: a client may meet itself by chance.
	expect_broken "hairpin" "?pod to service"
	repair

	# Not masqueraded: answers come by another way, or show the client.
	all_nodes nft flush chain ip k8snet postrouting
	"$lab" probe --name "$name" --json >"$scratch/probe.json" && fail "the probe saw nothing"
	grep -q '"what":"node port".*"ok":false' "$scratch/probe.json" || fail "node ports were fine"
	repair

	all_nodes nft delete table ip k8snet
	"$lab" probe --name "$name" --json >"$scratch/probe.json" && fail "the probe saw nothing"
	grep '"what":"pod to service"' "$scratch/probe.json" | grep -q '"ok":true' &&
		fail "a service without rules was fine"
	grep '"what":"pod to pod' "$scratch/probe.json" | grep -q '"ok":false' &&
		fail "pod to pod needs no services"
	repair

	on node-1 ip route delete 10.1.2.0/24
	"$lab" probe --name "$name" --json >"$scratch/probe.json" && fail "the probe saw nothing"
	grep -q '"what":"pod to pod, other node".*"ok":false' "$scratch/probe.json" || fail "no route"
	repair

	if test $mode = overlay; then
		dev=$(ip netns exec "$name-node-1" ip -o link show type vxlan |
			sed -n '1s/^[0-9]*: \([^:@]*\).*/\1/p')
		on node-1 bridge fdb show dev "$dev" | while read -r mac rest; do
			ip netns exec "$name-node-1" bridge fdb delete "$mac" dev "$dev" 2>/dev/null
		done
		"$lab" probe --name "$name" --json >"$scratch/probe.json" && fail "no FDB, and all fine"
		repair
	fi
	"$lab" down --name "$name" --quiet || fail "down"
	assert_gone "$name"
done
echo ok
