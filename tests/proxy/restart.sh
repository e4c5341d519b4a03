#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A new process adopts what it finds, after every kind of end, and what runs through a
# virtual IP does not notice; only the difference is touched.
. "$(dirname "$0")/proxy.sh"

joined dual nodes=2
serve
all=$objects/cluster.json
$python "$own/events.py" objects "$all" Node Service EndpointSlice >"$objects/dir/all.json"
start 1 --dir "$objects/dir"
until_true "synced" is_synced 1
first=$(metric 1 k8snet_operations_total)

mkfifo "$objects/held"
$python "$here/flows.py" hold "$prefix" "$family" only=web-1 $cluster_keys >"$objects/held" &
holder=$!
exec 3<"$objects/held"
read -r ready <&3 && test "$ready" = ready || not_ok "cannot hold connections"

for signal in TERM INT KILL KILL; do
	stop $signal
	start 1 --dir "$objects/dir"
	until_true "a new process after $signal" is_synced 1
	expect "touches nothing" metric_is 1 k8snet_operations_total -eq 0
done

# Meanwhile a service went, and an endpoint of another.
stop TERM
$python "$own/events.py" objects "$all" Node EndpointSlice Service/web Service/one Service/none \
	Service/inner Service/guarded Service/host >"$objects/dir/all.json"
cp "$objects/web-fewer.json" "$objects/dir/web.json"
start 1 --dir "$objects/dir"
until_true "a new process finds what has changed" is_synced 1
expect "and does that" eval '! table 1 | grep -q "10.96.0.14 "'
expect "which is less: $(metric 1 k8snet_operations_total) of $first" metric_is 1 k8snet_operations_total -lt "$first"

# A watch that tells slowly what is there takes nothing away before it has told all.
stop KILL
mkfifo "$objects/in"
exec 5<>"$objects/in"
input=$objects/in
start 1 --watch - --settle-period 1s
exec 4>"$objects/in" 5>&-
$python "$own/events.py" events "$all" ADDED Node Service >&4
sleep 1.5
$python "$own/events.py" events "$all" ADDED EndpointSlice/one-v4 EndpointSlice/one-v6 EndpointSlice/web-v6 >"$objects/lines"
cat "$objects/lines" >&4
sleep 0.4
$python "$own/events.py" events "$objects/web-all.json" ADDED >&4
until_true "a watch" is_synced 1
check "by a watch" vip

kill -TERM $holder
read -r line <&3
wait $holder 2>/dev/null
sent=$(echo "$line" | sed -n 's/.* \([0-9]*\) sent.*/\1/p')
case $line in
*" 0 lost"*) expect "connections through all of this: $line" test "${sent:-0}" -gt 1000 ;;
*) not_ok "connections through all of this: $line" ;;
esac
finish
