#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# A new process adopts what it finds, and traffic does not notice; connections
# outlive changes of endpoints that are not theirs.
. "$(dirname "$0")/e2e.sh"

# Streams and datagrams through the service's address, until hold_end.
hold_begin() {
	mkfifo "$objects/held"
	$python "$here/flows.py" hold "$prefix" "$family" ${1:+only=$1} >"$objects/held" &
	holder=$!
	exec 3<"$objects/held"
	read -r ready <&3 && test "$ready" = ready || not_ok "$label: cannot hold connections"
}

# hold_end WHAT: nothing was lost, and there was enough.
hold_end() {
	kill -TERM $holder
	read -r line <&3
	exec 3<&-
	wait $holder 2>/dev/null
	rm "$objects/held"
	sent=$(echo "$line" | sed -n 's/.* \([0-9]*\) sent.*/\1/p')
	case $line in
	*" 0 lost"*) test "${sent:-0}" -gt 100 && ok "$label: $1: $line" || not_ok "$label: $1: $line" ;;
	*) not_ok "$label: $1: $line" ;;
	esac
}

# The plan of a step, without the library's knowledge of the one before.
step() {
	for n in $nodes; do
		k8snet "$n" "$objects/cluster.json" "$@" 2>"$scratch/error" ||
			not_ok "$label: node $n: $(cat "$scratch/error")"
	done
}

one() {
	cluster_up "$3"
	serve
	apply || return

	hold_begin
	for _ in 1 2 3 4 5 6 7 8; do
		step --full --prune --plan text --apply >"$scratch/plan"
		test ! -s "$scratch/plan" || not_ok "$label: restart: $(head -n 3 "$scratch/plan")"
	done
	hold_end "8 restarts"

	# Each of these changes slots, chains and elements of the same addresses.
	hold_begin web-1
	for file in web-fewer web-first web-all web-fewer web-all; do
		step --full --prune --apply --then "$objects/$file.json" --plan text --apply \
			>"$scratch/plan"
		test $file = web-all || grep -q element "$scratch/plan" || not_ok "$label: $file changed nothing"
	done
	hold_end "endpoints come and go, connections to one that stays"
	check "$label" vip

	# A change costs what it changes, and only that.
	k8snet 1 "$objects/cluster.json" --then "$objects/web-fewer.json" --plan text \
		>"$scratch/plan" 2>/dev/null
	test "$(grep -c . "$scratch/plan")" -le $((60 * $(echo "$3" | sed 's/dual/2/; s/ipv./1/'))) ||
		not_ok "$label: one endpoint less is $(grep -c . "$scratch/plan") operations"
	grep -vE ' (element|chain|conntrack) ' "$scratch/plan" >"$scratch/other"
	test ! -s "$scratch/other" || not_ok "$label: one endpoint less: $(head -n 3 "$scratch/other")"
	all_empty "$label"
	cluster_down
}

for each in route,bridge,dual overlay,ptp,dual; do
	# shellcheck disable=SC2046
	set -- $(echo "$each" | tr , ' ')
	combination "$@"
	one "$@"
done
finish
