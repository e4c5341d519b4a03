#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# kill -9 at random moments of applying and of removing: the next plan continues
# from there, and at the end nothing of the library's is left.
. "$(dirname "$0")/e2e.sh"

in_node() {
	ip netns exec "$prefix-n1" "$@"
}

# Of a node without the library: links, routes, tables; and its pods.
bare() {
	in_node ip -o link | sed 's/^[0-9]*: \([^:@]*\).*/\1/'
	in_node ip -o address | sed 's/^[0-9]*: *//; /fe80/d'
	in_node ip route show table all
	in_node ip -6 route show table all | grep -vE 'fe80|ff00|anycast'
	in_node nft list ruleset
	for pod in client-1 web-1; do
		ip -n "$prefix-$pod" -o link | sed 's/^[0-9]*: \([^:@]*\).*/\1/'
		ip -n "$prefix-$pod" route show table all | grep -v 'dev lo'
	done
}

# A number from 0 to 999 out of 1000; the shell has no RANDOM.
random() {
	od -An -N2 -tu2 /dev/urandom | tr -d ' '
}

# killed_after MICROSECONDS NODE ARGUMENTS: in the foreground timeout(1) waits for
# what it killed, which may still be in a system call.
killed_after() {
	after=$1
	shift
	# shellcheck disable=SC2086
	timeout --foreground -s KILL "$(printf '0.%06d' "$after")" "$tool" --netns "/run/netns/$prefix-n1" \
		--node node-1 $options "$@" >/dev/null 2>&1
	test $? -ne 137 || killed=$((killed + 1))
}

# How long the whole takes, in microseconds.
measure() {
	begin=$(date +%s%N)
	k8snet 1 "$objects/cluster.json" --apply 2>/dev/null
	end=$(date +%s%N)
	whole=$(((end - begin) / 1000))
	k8snet 1 --remove-all --apply 2>/dev/null
}

one() {
	killed=0 diverged=0 left=0
	cluster_up "$3"
	# It stays on: nobody knows who else needs it.
	in_node sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward
		echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
	bare >"$scratch/bare" 2>/dev/null
	test "$(wc -l <"$scratch/bare")" -gt 10 || not_ok "$label: little to look at"
	measure
	for _ in $(seq "$4"); do
		killed_after $(($(random) % (whole + whole / 4) + 2000)) "$objects/cluster.json" --apply
		if ! k8snet 1 "$objects/cluster.json" --full --prune --apply 2>"$scratch/error"; then
			diverged=$((diverged + 1))
			cat "$scratch/error"
		fi
		is_empty "$label, killed" 1 || diverged=$((diverged + 1))
		killed_after $(($(random) % (whole + whole / 4) + 2000)) --remove-all --apply
		k8snet 1 --remove-all --apply 2>"$scratch/error" || not_ok "$label: $(cat "$scratch/error")"
		bare >"$scratch/now" 2>/dev/null
		cmp -s "$scratch/bare" "$scratch/now" && continue
		left=$((left + 1))
		diff "$scratch/bare" "$scratch/now" | head -n 5
	done
	test $killed -ge "$4" || not_ok "$label: killed $killed times only"
	if test $((diverged + left)) -eq 0; then
		ok "$label: killed $killed times in $4 rounds: converges, and nothing is left"
	else
		not_ok "$label: $diverged times did not converge, $left times something was left"
	fi
	k8snet 1 "$objects/cluster.json" --apply 2>"$scratch/error" || not_ok "$label: $(cat "$scratch/error")"
	is_empty "$label, at the end" 1
	cluster_down
}

for each in route,bridge,dual,25 overlay,ptp,dual,25; do
	# shellcheck disable=SC2046
	set -- $(echo "$each" | tr , ' ')
	combination "$1" "$2" "$3"
	one "$@"
done
finish
