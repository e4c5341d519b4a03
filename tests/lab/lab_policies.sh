#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Policies that change what is right: with externalTrafficPolicy Local a pod sees its client, and
# only nodes that have an endpoint answer; with internalTrafficPolicy Local likewise inside.
. "$(dirname "$0")/common.sh"

manifest=$scratch/policies.yaml
cat >"$manifest" <<'END'
apiVersion: apps/v1
kind: Deployment
metadata: {name: web}
spec:
  replicas: 2
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec: {containers: [{name: web, image: web, ports: [{containerPort: 8080}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: outer}
spec:
  type: LoadBalancer
  externalTrafficPolicy: Local
  externalIPs: [192.0.2.77]
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30080}]
---
apiVersion: v1
kind: Service
metadata: {name: inner}
spec:
  type: NodePort
  internalTrafficPolicy: Local
  selector: {app: web}
  ports: [{port: 80, targetPort: 8080, nodePort: 30081}]
END
new_name po
for mode in route overlay; do
	"$lab" demo --name "$name" -f "$manifest" --mode $mode --nodes 3 --json >"$scratch/probe.json"
	assert_all_ok "$scratch/probe.json"
	assert_gone "$name"
	"$python" -c '
import collections, json, sys
count = collections.Counter((flow["what"], flow["to"].split(" ")[0]) for flow in json.load(open(sys.argv[1])))
want = {("node port", "default/outer"): 2, ("node port", "default/inner"): 3,
        ("load balancer", "default/outer"): 1, ("external IP", "default/outer"): 1,
        ("node to service", "default/outer"): 3, ("node to service", "default/inner"): 2}
for key, number in want.items():
    if count[key] != number:
        sys.exit("%s: %d flows, not %d, of %s" % (key, count[key], number, dict(count)))' \
		"$scratch/probe.json" || fail "$mode: not the flows that the policies leave"
done
echo ok
