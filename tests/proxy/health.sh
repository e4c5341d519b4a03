#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# /healthz and /livez, the health checks of load balancers, as a load balancer sees them,
# and what clients that mean no good can do.
. "$(dirname "$0")/proxy.sh"

joined dual nodes=2
all=$objects/cluster.json
n1=10.100.0.11
n6=fd00:100::11
health=http://$n1:10256

events() {
	$python "$own/events.py" events "$@" >&4
}

# body_has WHERE URL KEY VALUE: of the JSON
body_has() {
	get "$1" "$2" | sed '1,/^$/d' | $python -c '
import json, sys
value = json.load(sys.stdin)
for key in sys.argv[1].split("."):
    value = value[key]
sys.exit(str(value) != sys.argv[2])' "$3" "$4"
}

# node JSON: an event of node-1, with that in its spec or metadata.
node() {
	$python -c '
import json, sys
event = json.loads(next(l for l in open(sys.argv[1]) if "\"node-1\"" in l))
for part, more in json.loads(sys.argv[2]).items():
    event["object"][part].update(more)
print(json.dumps(event))' "$objects/nodes.events" "$1" >&4
}

mkfifo "$objects/in"
exec 5<>"$objects/in"
input=$objects/in
start 1 --watch - --settle-period 100ms --sync-period 1s
exec 4>"$objects/in" 5>&-

# --- before anything is known: healthy, as kube-proxy while it starts -----------------
until_true "healthy at the beginning" status out "$health/healthz" 200
events "$all" ADDED Service EndpointSlice
$python "$own/events.py" events "$all" MODIFIED Node >"$objects/nodes.events"
cat "$objects/nodes.events" >&4
until_true "synced" is_synced 1
expect "kube-proxy's JSON" body_has out "$health/healthz" nodeEligible True
expect "livez" status out "$health/livez" 200
expect "another path" status out "$health/other" 404
expect "healthz is counted" metric_is 1 'kubeproxy_proxy_healthz_total{code="200"}' -ge 2
get out "$health/healthz" >"$objects/answer"
expect "headers" eval 'grep -qi "^content-type: application/json" "$objects/answer" &&
	grep -qi "^x-content-type-options: nosniff" "$objects/answer"'
expect "times" grep -Eq '"lastUpdated": "20[0-9-]{8} [0-9:]{8}\.[0-9]{9} \+0000 UTC"' "$objects/answer"

# --- a node that is about to go ---------------------------------------------------------
node '{"spec": {"taints": [{"key": "ToBeDeletedByClusterAutoscaler", "effect": "NoSchedule"}]}}'
until_true "a node that the autoscaler will delete" status out "$health/healthz" 503
expect "says so" body_has out "$health/healthz" nodeEligible False
expect "is still alive" status out "$health/livez" 200
node '{"spec": {"taints": [{"key": "other", "effect": "NoSchedule"}]}}'
until_true "it stays" status out "$health/healthz" 200
node '{"metadata": {"deletionTimestamp": "2025-11-23T10:00:00Z"}}'
until_true "a node that is being deleted" status out "$health/healthz" 503
node '{}'
until_true "one that is not" status out "$health/healthz" 200
before=$(table 1 | grep -c .)
sed 's/MODIFIED/DELETED/' "$objects/nodes.events" | grep '"node-1"' >&4
until_true "one that was deleted" status out "$health/healthz" 503
expect "its rules stay" test "$(table 1 | grep -c .)" -eq "$before"
cat "$objects/nodes.events" >&4
until_true "and came back" status out "$health/healthz" 200

# --- healthCheckNodePort ---------------------------------------------------------------------
# service PORT [key value]: the service outer, which has external policy Local.
service() {
	$python -c '
import json, sys
item = next(i for i in json.load(open(sys.argv[1]))["items"]
            if i["kind"] == "Service" and i["metadata"]["name"] == sys.argv[2])
item["spec"]["healthCheckNodePort"] = int(sys.argv[3])
item["spec"].update(json.loads(sys.argv[4] if len(sys.argv) > 4 else "{}"))
print(json.dumps({"type": "MODIFIED", "object": item}))' "$all" "$@" >&4
}

# slices JSON: conditions of the endpoint on node 1.
slices() {
	$python -c '
import json, sys
for item in json.load(open(sys.argv[1]))["items"]:
    if item["kind"] == "EndpointSlice" and item["metadata"]["name"].startswith("outer-"):
        item["endpoints"][0]["conditions"] = json.loads(sys.argv[2])
        print(json.dumps({"type": "MODIFIED", "object": item}))' "$all" "$1" >&4
}

check=http://$n1:31000
service outer 31000
until_true "a health check" status out "$check/" 200
expect "over IPv6" status out "http://[$n6]:31000/any/path" 200
expect "on the node's addresses alone" status n1 http://127.0.0.1:31000/ ConnectionRefusedError
expect "the service" body_has out "$check" service.name outer
expect "the namespace" body_has out "$check" service.namespace shop
expect "one endpoint of two is here" body_has out "$check" localEndpoints 1
expect "the proxy is healthy" body_has out "$check" serviceProxyHealthy True
get out "$check" >"$objects/answer"
expect "its weight" grep -qi '^x-load-balancing-endpoint-weight: 1' "$objects/answer"
slices '{"ready": false, "serving": true, "terminating": true}'
until_true "its endpoint is not ready any more" status out "$check" 503
expect "there is none" body_has out "$check" localEndpoints 0
slices '{"ready": true}'
until_true "ready again" status out "$check" 200
service outer 31001
until_true "another port" status out "http://$n1:31001" 200
expect "instead of the first" status out "$check" ConnectionRefusedError
service outer 31001 '{"externalTrafficPolicy": "Cluster"}'
until_true "not with the policy Cluster" status out "http://$n1:31001" ConnectionRefusedError
service outer 31001
until_true "with Local again" status out "http://$n1:31001" 200
# A port goes from one service to another, whichever is told first.
service guarded 31001 '{"externalTrafficPolicy": "Local"}'
until_true "a port that is taken is told" said "Service shop/guarded: healthCheckNodePort 31001 on $n1: Address already in use"
expect "and the first keeps it" body_has out "http://$n1:31001" service.name outer
service outer 31002
until_true "when it is free the other has it" body_has out "http://$n1:31001" service.name guarded
expect "two are served" metric_is 1 k8snet_health_checks -eq 2
events "$all" DELETED Service/guarded
until_true "a service that is deleted" status out "http://$n1:31001" ConnectionRefusedError
# Somebody else has it, and lets it go.
$python -c '
import socket, sys, time
sys.path.insert(0, sys.argv[2])
from cluster import Inside
with Inside(sys.argv[1]):
    s = socket.create_server(("'$n1'", 31003))
time.sleep(3)' "$prefix-n1" "$here" &
sleep 0.5
service outer 31003
until_true "a port that others have" said "healthCheckNodePort 31003 on $n1: Address already in use"
until_true "is tried again" status out "http://$n1:31003" 200

# --- clients that mean no good ------------------------------------------------------------
for where in out n2; do
	mkfifo "$objects/crowd-$where"
	$python "$own/http.py" crowd "$prefix-$where" "$health" 600 >"$objects/crowd-$where" &
	read -r line <"$objects/crowd-$where"
	echo "# $where: $line of 600 connections are open"
	expect "connections of one client are limited" test "${line#ready }" -le 32 -a "${line#ready }" -gt 0
done
expect "others are answered" status client-1 "$health/healthz" 200
slices '{"ready": false}'
until_true "changes are applied" body_has client-1 "http://$n1:31003" localEndpoints 0
expect "of one who waits nothing is lost" metric_is 1 k8snet_rejected_total -eq 0

# --- what cannot be applied: kube-proxy's two sync periods ----------------------------------
# A table that has an owner is out of reach for others.
ip netns exec "$prefix-n1" nft delete table ip6 k8snet
kill -STOP $pid
ip netns exec "$prefix-n1" nft delete table ip k8snet
mkfifo "$objects/nft"
ip netns exec "$prefix-n1" nft -i <"$objects/nft" >"$objects/nft.out" 2>&1 &
exec 5>"$objects/nft"
echo 'add table ip k8snet { flags owner; }' >&5
until_true "somebody owns the table" eval 'table 1 | grep -q "flags owner"'
kill -CONT $pid
until_true "what fails is counted" metric_is 1 kubeproxy_sync_proxy_rules_nftables_sync_failures_total -ge 3
until_true "and is not healthy" status client-1 "$health/healthz" 503
expect "nor alive" status client-1 "$health/livez" 503
slices '{"ready": true}'
until_true "health checks say so" body_has client-1 "http://$n1:31003" serviceProxyHealthy False
expect "and fail" status client-1 "http://$n1:31003" 503
expect "lastUpdated is when it was" test "$(get client-1 "$health/healthz" | grep -o '"lastUpdated": "[^"]*"' | cut -c 17-)" != \
	"$(get client-1 "$health/healthz" | grep -o '"currentTime": "[^"]*"' | cut -c 17-)"
exec 5>&-
until_true "the owner goes: healthy again" status client-1 "$health/healthz" 200
until_true "and the table is whole" eval 'table 1 | grep -q "10.96.0.10 "'
stop TERM
expect "it ends well" test $? -eq 0

# --- servers that others have, none at all ------------------------------------------------------
exec 4>&-
input=/dev/null
$python "$own/events.py" objects "$all" Node Service EndpointSlice >"$objects/dir/all.json"
$python -c '
import socket, sys, time
sys.path.insert(0, sys.argv[2])
from cluster import Inside
with Inside(sys.argv[1]):
    s = socket.create_server(("0.0.0.0", 10256))
time.sleep(1.5)' "$prefix-n1" "$here" &
sleep 0.3
start 1 --dir "$objects/dir" --sync-period 1s --healthz-bind-address "$n1:10256" --metrics-bind-address ""
until_true "a port that others have" said "healthz-bind-address: address $n1, port 10256: Address already in use"
until_true "is tried again" status out "$health/healthz" 200
expect "only there" status n1 http://127.0.0.1:10256/healthz ConnectionRefusedError
expect "no metrics" status n1 http://127.0.0.1:10249/metrics ConnectionRefusedError
finish
