#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# A lab from `up` to `down`, looked at with plain sockets and ip.
. "$(dirname "$0")/common.sh"

manifest=$manifests/shop.yaml
test -e "$manifest" || manifest=$(dirname "$0")/small.yaml
oracle=$(dirname "$0")/oracle.py

assert_probe() {
	"$lab" probe --name "$name" --json "$@" >"$scratch/probe.json" || cat "$scratch/probe.json" >&2
	assert_all_ok "$scratch/probe.json"
}

new_name ud
"$lab" up --name "$name" -f "$manifest" || fail "up"
"$python" "$oracle" "$name" || fail "oracle"
"$lab" status --name "$name" >/dev/null || fail "status"
"$lab" status --name "$name" --json | "$python" -m json.tool >/dev/null || fail "status --json"
assert_probe
assert_probe -f "$manifest"
"$lab" probe --name "$name" >"$scratch/table" || fail "probe as a table"
grep -q ' 0 failed' "$scratch/table" || fail "no summary in the table"

# A second `up` refuses, and disturbs nothing.
"$lab" up --name "$name" -f "$manifest" 2>"$scratch/again" && fail "a second up succeeded"
grep -q "is up already" "$scratch/again" || fail "a second up: $(cat "$scratch/again")"

# exec: in the pod's network and under its name; exit status handed on.
"$lab" up --name "$name" -f /nonexistent 2>/dev/null && fail "up of no file succeeded"
pod=$("$python" -c '
import json, sys
pods = [o for o in json.load(open(sys.argv[1]))["items"] if o["kind"] == "Pod"
        and not o["spec"].get("hostNetwork")]
print(pods[0]["metadata"]["namespace"] + "/" + pods[0]["metadata"]["name"],
      pods[0]["status"]["podIP"], pods[0]["metadata"]["name"])' "/run/k8snet-lab/$name/objects.json")
set -- $pod
"$lab" export --name "$name" >"$scratch/export" || fail "export"
"$python" -c '
import json, sys
ours, theirs = (json.load(open(path)) for path in sys.argv[1:])
sys.exit(ours != theirs or ours["kind"] != "List" or ours["apiVersion"] != "v1")' \
	"$scratch/export" "/run/k8snet-lab/$name/objects.json" || fail "export is not the state"
"$lab" status -f "$scratch/export" >"$scratch/exported" || fail "what was exported cannot be read"
"$lab" exec --name "$name" "$1" -- ip -o addr show dev eth0 | grep -q " $2/" || fail "exec: ip addr"
test "$("$lab" exec --name "$name" "$1" -- hostname)" = "$(echo "$3" | cut -c1-63)" || fail "hostname"
"$lab" exec --name "$name" "$1" -- ls /sys/class/net | grep -q '^eth0$' || fail "exec: /sys"
"$lab" exec --name "$name" "$1" -- sh -c 'exit 7'
test $? = 7 || fail "exec: exit status"
"$lab" exec --name "$name" "$1" -- /nonexistent 2>/dev/null
test $? = 127 || fail "exec: no such command"
"$lab" exec --name "$name" no-such-pod -- true 2>/dev/null && fail "exec: no such pod"

# A pod dies: the probe says so, and names it.
"$lab" exec --name "$name" "$1" -- ip link set eth0 down || fail "ip link"
"$lab" probe --name "$name" --json >"$scratch/probe.json" && fail "the probe saw nothing"
grep -q "$1" "$scratch/probe.json" || fail "the probe does not name $1"

# What runs in the lab ends with it.
"$lab" exec --name "$name" node-1 -- sleep 1000 &
sleep 0.2
"$lab" down --name "$name" || fail "down"
assert_gone "$name"
"$lab" down --name "$name" || fail "a second down"
"$lab" probe --name "$name" 2>/dev/null && fail "probe without a lab"

# scale, up and down and to nothing.
new_name sc
small=$(dirname "$0")/small.yaml
"$lab" up --name "$name" -f "$small" --quiet || fail "up"
for n in 9 2 0 3; do
	"$lab" scale --name "$name" web=$n || fail "scale web=$n"
	"$python" "$oracle" "$name" || fail "oracle after web=$n"
	assert_probe
done
"$lab" scale --name "$name" nobody=3 2>/dev/null && fail "scale of no workload"
"$lab" down --name "$name" || fail "down"
assert_gone "$name"

# Interrupted in the middle, it removes what it made. One that is told late may
# have done all its work.
interrupted=0
for signal in INT TERM HUP; do
	for delay in 0.02 0.05 0.1 0.2; do
		new_name in
		"$python" - "$lab" "$name" "$small" $signal $delay <<'PYTHON'
import signal, subprocess, sys, time
lab, name, manifest, sig, delay = sys.argv[1:]
p = subprocess.Popen([lab, "demo", "--name", name, "-f", manifest],
                     stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
time.sleep(float(delay))
p.send_signal(getattr(signal, "SIG" + sig))
status = p.wait(20)
# Before the program is ready for signals, they end it, and nothing is made.
sys.exit(1 if status == -getattr(signal, "SIG" + sig) else status)
PYTHON
		case $? in
		0) ;;
		1) interrupted=$((interrupted + 1)) ;;
		*) fail "interrupted by $signal after $delay s: status $?" ;;
		esac
		assert_gone "$name"
	done
done
test $interrupted -gt 0 || fail "no run was interrupted in time"
echo "$interrupted of 12 runs interrupted"
echo ok
