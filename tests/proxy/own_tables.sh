#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Tables that are owned: nobody's flush takes them from a process that runs, what ends leaves them
# behind, and what begins makes them its own again before it has been told anything.
. "$(dirname "$0")/proxy.sh"

case $(uname -r) in
[0-5].* | 6.[0-8].* | 6.[0-8]-*) skip "tables that have an owner and stay need Linux 6.9" ;;
esac
joined dual nodes=2
serve
$python "$own/events.py" objects "$objects/cluster.json" Node Service EndpointSlice >"$objects/dir/all.json"

nft_in() {
	ip netns exec "$prefix-n1" nft "$@"
}

# Without what says whose they are.
tables() {
	nft_in list ruleset | sed 's/ *# progname.*//; /^\tflags /d' | tr ',{}' '\n\n\n' |
		sed 's/^[ \t]*//; s/[ \t]*$//; /^$/d' | sort
}

are_same() {
	tables >"$objects/now"
	cmp -s "$objects/before" "$objects/now"
}

refused() {
	! nft_in "$@" 2>/dev/null
}

# A process without the option, whose table is replaced.
start 1 --dir "$objects/dir"
until_true "synced" is_synced 1
tables >"$objects/before"
stop TERM
start 1 --dir "$objects/dir" --own-tables --sync-period 1h
until_true "one with --own-tables" is_synced 1
expect "has what the other one left" are_same
nft_in flush ruleset
expect "a flush passes it over" are_same
expect "delete table is refused" refused delete table ip k8snet
expect "delete chain is refused" refused flush chain ip6 k8snet services
expect "add element is refused" refused add element ip k8snet cluster-ips '{ 10.96.0.250 }'
check "with a flush" vip
expect "no repair was needed" metric_is 1 k8snet_repairs_total -eq 0

# Others read.
expect "show" eval "'$proxy' show --netns '/run/netns/$prefix-n1' | grep -q 10.96.0.10"
expect "another process is told" eval "! once 1 --once --dir '$objects/dir' --masquerade-mark 0x8000"
expect "whose it is" said "belongs to another process"

# It is killed, and the next one adopts what it left: before it knows of any object.
stop KILL
expect "killed, it leaves the tables" are_same
check "without a process" vip
mkfifo "$objects/in"
exec 5<>"$objects/in"
input=$objects/in
start 1 --watch - --settle-period 1s --own-tables
until_true "the next one" status n1 http://127.0.0.1:10256/livez 200
nft_in flush ruleset
expect "has adopted them before it was told anything" are_same
expect "nobody deletes them" refused delete table ip6 k8snet
exec 4>"$objects/in" 5>&-
$python "$own/events.py" events "$objects/cluster.json" ADDED Node Service EndpointSlice >&4
until_true "synced" is_synced 1
expect "nothing was to be done" metric_is 1 k8snet_operations_total -eq 0

# In between they are anybody's.
stop TERM
nft_in flush ruleset
expect "without a process a flush takes them" test -z "$(nft_in list ruleset)"
input=/dev/null
start 1 --dir "$objects/dir" --own-tables
until_true "made again" is_synced 1
expect "all of them" are_same
stop TERM
once 1 --cleanup || not_ok "--cleanup"
expect "--cleanup takes what nobody owns" test -z "$(nft_in list tables)"
finish
