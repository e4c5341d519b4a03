#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# More pods than the kernel's table of neighbours has room for, which all namespaces share: all of
# them are reached; and what will not fit is told before it is made.
. "$(dirname "$0")/common.sh"

many() {
	cat <<END
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: $1
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: c, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: web}
spec: {selector: {app: web}, ports: [{port: 80, targetPort: 8080}]}
END
}

limit=$(cat /proc/sys/net/ipv4/neigh/default/gc_thresh3) || skip "no /proc/sys/net/ipv4/neigh"
new_name big
many 360 >"$scratch/many.yaml"
"$lab" up --quiet --name "$name" -f "$scratch/many.yaml" 2>"$scratch/err" || fail "up"
test ! -s "$scratch/err" || fail "up says $(cat "$scratch/err")"
"$lab" probe --name "$name" --json >"$scratch/flows" || fail "flows fail: $("$python" -c '
import json, sys
flows = json.load(open(sys.argv[1]))
bad = [f for f in flows if not f["ok"]]
print(len(bad), "of", len(flows), bad[:2])' "$scratch/flows")"
echo "ok 360 pods: all flows"
# Of those that the kernel made itself there are few.
aging=0
for netns in $(ip netns list | sed -n "s/^\($name-[^ ]*\).*/\1/p"); do
	here=$(ip -n "$netns" -4 neigh show | grep -vc -e NOARP -e PERMANENT)
	aging=$((aging + here))
done
test "$aging" -lt "$((limit / 2))" || fail "$aging neighbours age, there is room for $limit"
echo "ok $aging neighbours age"
"$lab" down --quiet --name "$name" || fail "down"
assert_gone "$name"

new_name huge
many 600 >"$scratch/many.yaml"
"$lab" up --quiet --name "$name" -f "$scratch/many.yaml" 2>"$scratch/err" || fail "up"
if test "$limit" -lt 119400; then
	grep -q "room for $limit.*sysctl -w net.ipv4.neigh.default.gc_thresh3=" "$scratch/err" ||
		fail "what does not fit is not told: $(cat "$scratch/err")"
	echo "ok what does not fit is told"
fi
"$lab" down --quiet --name "$name" || fail "down"
