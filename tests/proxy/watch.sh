#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# --watch: events on standard input and from files, whole, in pieces, bad ones, and how a
# watch begins and ends.
. "$(dirname "$0")/proxy.sh"

joined ipv4 nodes=2
serve
all=$objects/cluster.json
vip=10.96.0.10

events() {
	$python "$own/events.py" events "$@"
}

leads_to() {
	want=$(for each in "$@"; do echo "10.1.${each#*-}.3"; done | sort)
	have=$(ip netns exec "$prefix-n1" nft list map ip k8snet endpoints-tcp 2>/dev/null |
		grep -o "$vip \. 80 \. [0-9]* : [0-9.]*" | sed 's/.* : //' | sort)
	test "$want" = "$have"
}

is_empty_table() {
	! table 1 | grep -q "$vip"
}

# pipe_in ARGUMENTS...: a proxy whose standard input is descriptor 4.
pipe_in() {
	rm -f "$objects/in"
	mkfifo "$objects/in"
	: >"$objects/log-1"
	exec 5<>"$objects/in" # lest opening either end wait for the other
	input=$objects/in
	start 1 --watch - "$@"
	until_true "is there" metric_is 1 k8snet_watches -eq 1
	exec 4>"$objects/in" 5>&-
}

lines_read() {
	sum=0
	for type in ADDED MODIFIED DELETED BOOKMARK ERROR; do
		sum=$((sum + $(metric 1 "k8snet_watch_events_total{type=\"$type\"}")))
	done
	test $((sum + $(metric 1 k8snet_rejected_total))) -ge "$1"
}

# --- the beginning: nothing is applied before all is there ------------------------
pipe_in --settle-period 1h --sync-period 1h
events "$all" ADDED Service Node >&4
until_true "services were read" metric_is 1 'k8snet_objects{kind="Service"}' -eq 7
$python "$own/events.py" bookmark Service >&4
sleep 0.3
expect "services without endpoints are not applied" is_empty_table
events "$all" ADDED EndpointSlice >&4
$python "$own/events.py" bookmark EndpointSlice >&4
sleep 0.3
expect "nor before the nodes are complete" is_empty_table
$python "$own/events.py" bookmark Node >&4
until_true "all was told: it is applied" leads_to web-1 web-2
check "events" vip
expect "one plan did it" metric_is 1 k8snet_syncs_total -eq 1

# --- changes, in pieces ---------------------------------------------------------------
events "$objects/web-first.json" MODIFIED >"$objects/lines"
events "$objects/web-none.json" MODIFIED >>"$objects/lines"
events "$objects/web-fewer.json" MODIFIED >>"$objects/lines"
$python "$own/events.py" pieces "$objects/lines" >&4
until_true "events in pieces" leads_to web-1
printf '%s' "$(events "$objects/web-all.json" MODIFIED)" >&4
sleep 0.3
expect "a line is a line when it ends" leads_to web-1
echo >&4
until_true "then it is applied" leads_to web-1 web-2

# --- bad events: told, counted, passed over ----------------------------------------
before=$(metric 1 k8snet_rejected_total)
number=$(($(grep -c . "$objects/lines") + 1 + 7 + 2 + 7 + 3))
bad() {
	number=$((number + 1))
	printf '%s\n' "$2" >&4
	until_true "line $number: $1" said "standard input, line $number: .*$1"
}
bad "column 1: not JSON" 'nonsense'
bad "column 27: not JSON" '{"type":"ADDED","object":{'
bad "type: is not one of" '{"type":"CHANGED","object":{}}'
bad "object: is missing" '{"type":"ADDED"}'
bad "Service shop/web: spec.ports\[0\].port" '{"type":"MODIFIED","object":{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"},"spec":{"clusterIP":"10.96.0.10","ports":[{"port":70000}]}}}'
bad "metadata.name" '{"type":"ADDED","object":{"apiVersion":"v1","kind":"Service","metadata":{"namespace":"shop"}}}'
bad "metadata.name" '{"type":"DELETED","object":{"apiVersion":"v1","kind":"Service","metadata":{"name":7}}}'
bad "is longer than 4194304 bytes" "$(head -c 4200000 /dev/zero | tr '\0' x)"
expect "all of them are counted" metric_is 1 k8snet_rejected_total -eq $((before + 8))
printf '%s\n' '{"type":"ADDED","object":{"apiVersion":"v1","kind":"Secret","metadata":{"name":"x"}}}' \
	'{"type":"BOOKMARK","object":{"apiVersion":"v1","kind":"Service","metadata":{"resourceVersion":"7"}}}' \
	'{"type":"ERROR","object":{"apiVersion":"v1","kind":"Status","code":410,"message":"too old resource version"}}' \
	'' >&4
until_true "an error is told" said "the watch has failed: too old resource version"
expect "other kinds are skipped" metric_is 1 k8snet_skipped_objects_total -eq 1
expect "what was there is there" leads_to web-1 web-2

# --- DELETED --------------------------------------------------------------------------
events "$all" DELETED EndpointSlice/web-v4 >&4
until_true "endpoints are deleted" leads_to
events "$all" ADDED EndpointSlice/web-v4 >&4
until_true "and are back" leads_to web-1 web-2
# All that matters of a deleted object is its name, however it is written.
printf '%s\n' '{"type":"DELETED","object":{"apiVersion":"v1","kind":"Service","metadata":{"name":"we\u0062","namespace":"shop"}}}' >&4
until_true "a service is deleted" is_empty_table
echo '{"type":"DELETED","object":{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":"shop"}}}' >&4
until_true "once more: skipped" metric_is 1 k8snet_skipped_objects_total -eq 2
events "$all" ADDED Service/web >&4
until_true "it is back" leads_to web-1 web-2
# An empty namespace is the default one.
for type in ADDED DELETED DELETED; do
	echo '{"type":"'$type'","object":{"apiVersion":"v1","kind":"Service","metadata":{"name":"web","namespace":""},"spec":{"clusterIP":"10.96.0.77","ports":[{"port":80}]}}}' >&4
done
until_true "an empty namespace: deleted" metric_is 1 k8snet_skipped_objects_total -ge 3
sleep 0.3
expect "once" metric_is 1 k8snet_skipped_objects_total -eq 3

# --- bursts -----------------------------------------------------------------------------
before=$(metric 1 k8snet_syncs_total)
# All of it is there when the proxy goes on: there is always something more to be read, and
# only every tenth of a second it is applied.
for i in $(seq 1 250); do
	echo '{"type":"ADDED","object":{"apiVersion":"v1","kind":"Service","metadata":{"name":"s'$i'","namespace":"many"},"spec":{"clusterIP":"10.96.1.'$i'","ports":[{"port":80}]}}}'
done >"$objects/burst"
for i in $(seq 1 20); do
	cat "$objects/burst"
done >"$objects/bursts"
kill -STOP $pid
$python "$own/events.py" fill "$objects/bursts" >&4
begin=$(date +%s%N)
kill -CONT $pid
until_true "5000 events are applied" eval 'table 1 | grep -q "10.96.1.250 "'
until_true "all of them" metric_is 1 kubeproxy_sync_proxy_rules_service_changes_total -ge 5000
tenths=$((($(date +%s%N) - begin) / 100000000))
after=$(metric 1 k8snet_syncs_total)
expect "in $((after - before)) plans, in $tenths tenths of a second" test $((after - before)) -le $((2 + tenths))

# --- SIGHUP, the end --------------------------------------------------------------------
before=$(metric 1 k8snet_full_syncs_total)
kill -HUP $pid
until_true "SIGHUP compares everything" metric_is 1 k8snet_full_syncs_total -gt "$before"
exec 4>&-
until_true "the end is told" said "standard input: the watch has ended"
expect "what was known stays" leads_to web-1 web-2
expect "no watch is left" metric_is 1 k8snet_watches -eq 0
ip netns exec "$prefix-n1" nft delete table ip k8snet
until_true "and is kept up" leads_to web-1 web-2
stop TERM
expect "it ends well" test $? -eq 0

# --- --min-sync-period ---------------------------------------------------------------------
pipe_in --settle-period 100ms --min-sync-period 1s
events "$all" ADDED Service EndpointSlice Node >&4
until_true "a watch without bookmarks settles" leads_to web-1 web-2
begin=$(date +%s)
for i in $(seq 1 20); do
	test $((i % 2)) = 0 && file=web-all || file=web-first
	events "$objects/$file.json" MODIFIED >&4
done
events "$objects/web-first.json" MODIFIED >&4
until_true "changes wait for the period" leads_to web-1
seconds=$(($(date +%s) - begin))
expect "and are applied together: $(metric 1 k8snet_syncs_total) times in $seconds s" \
	metric_is 1 k8snet_syncs_total -le $((seconds + 3))
stop TERM
exec 4>&-

# --- --exit-on-eof, files, several watches ---------------------------------------------------
events "$all" ADDED Service Node >"$objects/services.events"
events "$all" ADDED EndpointSlice >"$objects/slices.events"
once 1 --cleanup
mkfifo "$objects/slices.pipe"
(sleep 0.3; cat "$objects/slices.events") >"$objects/slices.pipe" &
once 1 --watch "$objects/services.events" --watch "$objects/slices.pipe" --once
expect "--once waits for all watches" test $? -eq 0
expect "and applies what they say" leads_to web-1 web-2
once 1 --cleanup
cat "$objects/services.events" "$objects/slices.events" | once 1 --watch - --exit-on-eof
expect "--exit-on-eof applies what was read" leads_to web-1 web-2
(sleep 5 >"$objects/slices.pipe") &
once 1 --watch "$objects/services.events" --watch "$objects/slices.pipe" --exit-on-eof
expect "but not half of it: exit status $?" test $? -ne 0
expect "which changes nothing" leads_to web-1 web-2
once 1 --watch - --once --settle-period 100ms </dev/null
expect "no objects at all are no objects" leads_to
once 1 --watch "$objects/none" --once
expect "a watch that cannot be opened" test $? -eq 1
too_old='{"type":"ERROR","object":{"kind":"Status","message":"too old resource version"}}'
{
	cat "$objects/services.events" "$objects/slices.events"
	echo "$too_old"
} | once 1 --watch - --exit-on-eof
expect "a watch that fails before it told all: exit status 1" test $? -eq 1
expect "nothing is applied" leads_to
{
	cat "$objects/services.events" "$objects/slices.events"
	$python "$own/events.py" bookmark Service EndpointSlice Node
	echo "$too_old"
} | once 1 --watch - --exit-on-eof
expect "a watch that has failed: exit status 1" test $? -eq 1
expect "what it said before is applied" leads_to web-1 web-2

# --- three watches, the way they are asked for: each has to tell all that it has ------------
mkfifo "$objects/nodes.in" "$objects/services.in" "$objects/slices.in"
exec 4<>"$objects/nodes.in" 6<>"$objects/services.in" 7<>"$objects/slices.in"
stop_table() {
	ip netns exec "$prefix-n1" nft list table ip k8snet | sed 's/counter packets.*//' | cksum
}
before=$(stop_table)
input=/dev/null
start 1 --watch "$objects/nodes.in" --watch "$objects/services.in" --watch "$objects/slices.in" \
	--sync-period 1s
events "$all" ADDED Service >&6
$python "$own/events.py" bookmark Service >&6
events "$all" ADDED EndpointSlice/web-v4 >&7
until_true "it is told that a bookmark is waited for" said "slices.in: waiting for the bookmark"
expect "a pause in the first list takes nothing away" test "$(stop_table)" = "$before"
events "$all" ADDED EndpointSlice >&7
$python "$own/events.py" bookmark EndpointSlice >&7
until_true "only Nodes are waited for" eval 'test "$(grep -c "slices.in: waiting" "$objects/log-1")" -lt \
	"$(grep -c "nodes.in: waiting" "$objects/log-1")"'
expect "Nodes that are late take nothing away" test "$(stop_table)" = "$before"
events "$all" ADDED Node >&4
$python "$own/events.py" bookmark Node >&4
until_true "then it begins" is_synced 1
expect "and is where it was" test "$(stop_table)" = "$before"
stop TERM

# --- one that is cut off before it told all: the others are not all there is ------------------
cut_off() {
	exec 4<>"$objects/nodes.in" 6<>"$objects/services.in" 7<>"$objects/slices.in"
	: >"$objects/log-1"
	start 1 --watch "$objects/nodes.in" --watch "$objects/services.in" \
		--watch "$objects/slices.in" --sync-period 1s
	until_true "three watches" metric_is 1 k8snet_watches -eq 3
	{
		events "$all" ADDED Service
		$python "$own/events.py" bookmark Service
	} >&6
	{
		events "$all" ADDED EndpointSlice/web-v4
		test -z "$1" || echo "$1"
	} >&7
	until_true "half of the slices is read" metric_is 1 'k8snet_objects{kind="EndpointSlice"}' -eq 1
	$python "$own/events.py" bookmark Node >&4
	exec 7>&-
	until_true "it is told: $1" said "slices.in: has ended before it told all that is there"
	expect "and takes nothing away" test "$(stop_table)" = "$before"
	stop TERM
	exec 4>&- 6>&-
}
exec 4>&- 6>&- 7>&-
cut_off ""
cut_off "$too_old"

# Nodes that nobody has told of yet, in one watch with the others: pods are known by them.
pipe_in --detect-local-mode NodeCIDR --sync-period 1s
events "$all" ADDED Service EndpointSlice >&4
$python "$own/events.py" bookmark Service EndpointSlice >&4
until_true "Nodes are waited for" said "standard input: waiting for the bookmark .* of Nodes"
expect "which takes nothing away" test "$(stop_table)" = "$before"
events "$all" ADDED Node >&4
$python "$own/events.py" bookmark Node >&4
until_true "then it begins" is_synced 1
stop TERM
exec 4>&-
finish
