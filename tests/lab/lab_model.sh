#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What the control plane makes of manifests: names, places, addresses, endpoints.
. "${top_srcdir:-.}/tests/lab/plain.sh"

# expect NAME PYTHON ARGUMENT...: the expression holds of status --json (s) and of
# what was said on standard error (e); the manifest is standard input.
expect() {
	expect_name=$1
	expect_what=$2
	shift 2
	"$lab" status --json -f - "$@" >"$scratch/status" 2>"$scratch/err"
	check "$expect_name" "$python" -c '
import json, sys
s = json.load(open(sys.argv[1]))
e = open(sys.argv[2]).read()
pods = {p["name"]: p for p in s["pods"]}
services = {p["name"]: p for p in s["services"]}
nodes = [p["node"] for p in s["pods"]]
def endpoints(name, port=0):
    return services[name]["ports"][port]["endpoints"]
assert '"$expect_what"', (s, e)
' "$scratch/status" "$scratch/err"
}

workload() { # KIND NAME [REPLICAS [SPEC]]
	cat <<END
---
apiVersion: apps/v1
kind: $1
metadata: {name: $2}
spec:
  ${3:+replicas: $3}
  selector: {matchLabels: {app: $2}}
  template:
    metadata: {labels: {app: $2}}
    spec:
      ${4-}
      containers:
        - {name: c, ports: [{name: http, containerPort: 8080}, {name: dns, containerPort: 53, protocol: UDP}]}
END
}
service() { # NAME SELECTOR SPEC
	printf -- '---\napiVersion: v1\nkind: Service\nmetadata: {name: %s}\nspec: {selector: {app: %s}, %s}\n' \
		"$1" "$2" "$3"
}

# --- pods ----------------------------------------------------------------------
workload Deployment web 6 | expect "a Deployment is spread" \
	'sorted(nodes) == ["node-1"] * 2 + ["node-2"] * 2 + ["node-3"] * 2'
workload Deployment web 2 | expect "names of a Deployment have two hashes" \
	'all(len(n.split("-")) == 3 and n.startswith("web-") for n in pods) and len(pods) == 2'
workload StatefulSet db 3 | expect "names of a StatefulSet count" \
	'list(pods) == ["db-0", "db-1", "db-2"]'
workload ReplicaSet rs 2 | expect "a ReplicaSet" 'len(pods) == 2'
workload DaemonSet agent | expect "a DaemonSet is on every node" \
	'nodes == ["node-1", "node-2", "node-3", "node-4", "node-5"]' --nodes 5
{ workload Deployment a 1; workload StatefulSet b 0; } | expect "--replicas, but not of none" \
	'len(pods) == 4' --replicas 4
workload Deployment web 3 'nodeSelector: {kubernetes.io/hostname: node-2}' |
	expect "nodeSelector by host name" 'set(nodes) == {"node-2"}'
workload DaemonSet web '' 'nodeSelector: {kubernetes.io/hostname: node-2}' |
	expect "nodeSelector of a DaemonSet" 'nodes == ["node-2"]'
workload Deployment web 1 'nodeSelector: {disktype: ssd}' |
	expect "a label that the lab lacks" \
		'len(pods) == 1 and "nodes of the lab have no label disktype; ignored" in e'
workload Deployment web 1 'nodeSelector: {kubernetes.io/hostname: node-9}' |
	expect "no node suits" \
		's["pods"][0]["phase"] == "Pending" and not s["pods"][0]["addresses"] and "no node suits it" in e'
workload Deployment web 3 'nodeName: node-3' | expect "nodeName" 'set(nodes) == {"node-3"}'
workload Deployment web 3 'nodeName: gke-pool-1' |
	expect "nodeName of another cluster" 'len(set(nodes)) == 3 and "any will do" in e'
workload Deployment web 4 'hostNetwork: true' |
	expect "host ports are exclusive" \
		'[p["phase"] for p in s["pods"]] == ["Running"] * 3 + ["Pending"] and s["pods"][0]["addresses"] == ["10.100.0.1"] and s["pods"][0]["netns"] == ""'
workload Deployment web 1 | expect "Pods have names of namespaces" \
	's["pods"][0]["netns"] == "x-default-" + s["pods"][0]["name"] and s["nodes"][0]["netns"] == "x-node-1"' \
	--name x
{ workload Deployment web 1; } | expect "dual stack" \
	's["pods"][0]["addresses"] == ["10.1.1.2", "fd00:1:0:1::2"] and s["nodes"][1]["podCIDRs"] == ["10.1.2.0/24", "fd00:1:0:2::/64"] and s["nodes"][1]["addresses"] == ["10.100.0.2", "fd00:100::2"]' \
	--family dual
workload Deployment web 1 | expect "--underlay" 's["nodes"][2]["addresses"] == ["192.0.2.3"]' \
	--underlay 192.0.2.0/24

# --- services --------------------------------------------------------------------
{ workload Deployment web 2; service web web 'ports: [{port: 80, targetPort: http}]'; } |
	expect "a target port by name" 'endpoints("web") == ["10.1.1.2:8080", "10.1.2.2:8080"]'
{ workload Deployment web 1; service web web 'ports: [{port: 80}]'; } |
	expect "targetPort is port by default" 'endpoints("web") == ["10.1.1.2:80"]'
{ workload Deployment web 1; service web web 'ports: [{port: 80, targetPort: https}]'; } |
	expect "an unknown target port is a warning" \
		'endpoints("web") == [] and "spec.ports[0].targetPort: no container of its pods has a TCP port \"https\"; no endpoints" in e'
{ workload Deployment web 1; service web web 'ports: [{port: 80, targetPort: dns}]'; } |
	expect "a named port of another protocol" 'endpoints("web") == []'
service web nobody 'ports: [{port: 80}]' | expect "a selector that matches nothing is a warning" \
	'endpoints("web") == [] and "spec.selector: matches no pod; no endpoints" in e'
{ workload Deployment a 1; workload Deployment b 1 | sed 's/8080/9090/; s/app: b/tier: b, &/'; service s a 'ports: [{port: 80, targetPort: http}]'; } |
	sed '/kind: Service/,$s/app: a/tier: x/; s/labels: {app: a/labels: {tier: x, app: a/; s/labels: {tier: b/labels: {tier: x/; s/matchLabels: {tier: b, /matchLabels: {/' |
	expect "one name, different ports" 'endpoints("s") == ["10.1.1.2:8080", "10.1.2.2:9090"]'
{ workload StatefulSet db 2; service db db 'clusterIP: None, ports: [{port: 53, protocol: UDP, targetPort: dns}]'; } |
	expect "headless" 'services["db"]["clusterIPs"] == ["None"] and len(endpoints("db")) == 2'
{ service a a 'ports: [{port: 80}]'; service b b 'clusterIP: 10.96.0.1, ports: [{port: 80}]'; } |
	expect "addresses that are asked for come first" \
		'services["a"]["clusterIPs"] == ["10.96.0.2"] and services["b"]["clusterIPs"] == ["10.96.0.1"]'
{ service a a 'type: NodePort, ports: [{port: 80}]'; service b b 'type: NodePort, ports: [{port: 80, nodePort: 30000}]'; } |
	expect "node ports that are asked for come first" \
		'services["a"]["ports"][0]["nodePort"] == 30001'
service a a 'type: NodePort, ports: [{name: a, port: 53, nodePort: 30053}, {name: b, protocol: UDP, port: 53, nodePort: 30053}]' |
	expect "a node port of TCP and UDP" '[p["nodePort"] for p in services["a"]["ports"]] == [30053] * 2'
{ service a a 'type: LoadBalancer, ports: [{port: 80}]'; service b b 'type: LoadBalancer, loadBalancerIP: 10.101.0.1, ports: [{port: 81}]'; } |
	expect "load balancers" \
		'services["a"]["loadBalancerIPs"] == ["10.101.0.2"] and services["b"]["loadBalancerIPs"] == ["10.101.0.1"] and services["a"]["ports"][0]["nodePort"] == 30000'
service a a 'type: LoadBalancer, allocateLoadBalancerNodePorts: false, ports: [{port: 80}]' |
	expect "a load balancer without node ports" '"nodePort" not in services["a"]["ports"][0]'
{ workload Deployment a 1; service a a 'ipFamilyPolicy: PreferDualStack, ports: [{port: 80}]'; service b a 'ports: [{port: 80}]'; service c a 'ipFamilies: [IPv6], ports: [{port: 80}]'; } |
	expect "families of services" \
		'services["a"]["clusterIPs"] == ["10.96.0.1", "fd00:96::1"] and services["b"]["clusterIPs"] == ["10.96.0.2"] and services["c"]["clusterIPs"] == ["fd00:96::2"] and endpoints("a") == ["10.1.1.2:80", "[fd00:1:0:1::2]:80"] and endpoints("c") == ["[fd00:1:0:1::2]:80"]' \
		--family dual
service a a 'clusterIP: 10.96.0.9, ports: [{port: 80}]' | expect "an address of the other family" \
	'services["a"]["clusterIPs"] == ["fd00:96::1"] and "10.96.0.9 left out, the lab has IPv6 only" in e' \
	--family ipv6
printf 'apiVersion: v1\nkind: Service\nmetadata: {name: x}\nspec: {type: ExternalName, externalName: example.org}\n' |
	expect "ExternalName" 'services["x"]["clusterIPs"] == []'

# --- endpoints --------------------------------------------------------------------
{ workload Deployment web 1; service web web 'ports: [{port: 80}]'; } |
	sed 's/metadata: {labels: {app: web}}/metadata: {labels: {app: web}, annotations: {k8snet.io\/ready: "false"}}/' |
	expect "pods that are not ready" 'endpoints("web") == [] and not s["pods"][0]["ready"]'
cat <<'END' | expect "slices by hand" 'endpoints("ext") == ["192.0.2.7:5432"]'
apiVersion: v1
kind: Service
metadata: {name: ext}
spec: {ports: [{name: db, port: 5432}]}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: {name: ext-1, labels: {kubernetes.io/service-name: ext}}
addressType: IPv4
ports: [{name: db, port: 5432}]
endpoints: [{addresses: [192.0.2.7]}, {addresses: [192.0.2.8], conditions: {ready: false}}]
END
cat <<'END' | expect "Endpoints by hand" 'endpoints("ext") == ["192.0.2.7:5432"]'
apiVersion: v1
kind: Service
metadata: {name: ext}
spec: {ports: [{port: 5432}]}
---
apiVersion: v1
kind: Endpoints
metadata: {name: ext}
subsets: [{addresses: [{ip: 192.0.2.7}], notReadyAddresses: [{ip: 192.0.2.8}], ports: [{port: 5432}]}]
END

# --- what `kubectl get all -o json` prints ------------------------------------------
cat <<'END' | expect "objects that others make are made once" \
	'len(pods) == 2 and len(endpoints("web")) == 2'
{"apiVersion": "v1", "kind": "List", "items": [
 {"apiVersion": "v1", "kind": "Pod",
  "metadata": {"name": "web-1-a", "labels": {"app": "web"}, "ownerReferences":
   [{"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "web-1", "controller": true}]},
  "spec": {"nodeName": "worker-1", "containers": [{"name": "c"}]}, "status": {"phase": "Running"}},
 {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "job-x", "labels": {"app": "web"}},
  "spec": {"containers": [{"name": "c"}]}, "status": {"phase": "Succeeded"}},
 {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web"},
  "spec": {"clusterIP": "10.43.7.8", "clusterIPs": ["10.43.7.8"], "ipFamilies": ["IPv4"],
   "ipFamilyPolicy": "SingleStack", "type": "ClusterIP", "selector": {"app": "web"},
   "ports": [{"port": 80, "protocol": "TCP", "targetPort": 80}]}, "status": {"loadBalancer": {}}},
 {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4",
  "metadata": {"name": "web-x", "labels": {"kubernetes.io/service-name": "web"}},
  "endpoints": [{"addresses": ["10.42.0.9"]}], "ports": [{"name": "", "port": 80, "protocol": "TCP"}]},
 {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"},
  "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template":
   {"metadata": {"labels": {"app": "web"}, "creationTimestamp": null},
    "spec": {"containers": [{"name": "c"}]}}}},
 {"apiVersion": "apps/v1", "kind": "ReplicaSet", "metadata": {"name": "web-1", "ownerReferences":
   [{"apiVersion": "apps/v1", "kind": "Deployment", "name": "web", "controller": true}]},
  "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "web"}}, "template":
   {"metadata": {"labels": {"app": "web"}}, "spec": {"containers": [{"name": "c"}]}}}}]}
END

# --- the same again, always -----------------------------------------------------------
"$lab" status --json -q -f "$shop" >"$scratch/one"
"$lab" status --json -q -f "$shop" >"$scratch/two"
check "deterministic" cmp "$scratch/one" "$scratch/two"
"$lab" status --json -q --replicas 5 -f "$shop" >"$scratch/two"
check "names stay when there are more of them" "$python" -c '
import json, sys
a, b = ({p["name"] for p in json.load(open(f))["pods"]} for f in sys.argv[1:])
assert a < b, a - b
' "$scratch/one" "$scratch/two"
for format in text json commands; do
	"$lab" plan -q --format $format -f "$shop" >"$scratch/one"
	"$lab" plan -q --format $format -f "$shop" >"$scratch/two"
	check "plan --format $format is deterministic" cmp "$scratch/one" "$scratch/two"
done
"$lab" plan -q --json -f "$shop" >"$scratch/one"
check "plan --json is JSON, with operations for three nodes" "$python" -c '
import json, sys
nodes = json.load(open(sys.argv[1]))
assert [n["node"] for n in nodes] == ["node-1", "node-2", "node-3"]
assert all(n["operations"] for n in nodes)
' "$scratch/one"
"$lab" plan -q --json --node node-2 -f "$shop" >"$scratch/one"
check "plan --node" "$python" -c '
import json, sys
assert [n["node"] for n in json.load(open(sys.argv[1]))] == ["node-2"]' "$scratch/one"

exit $failed
