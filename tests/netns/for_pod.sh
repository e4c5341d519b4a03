#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# One pod at a time, each time in a new process that knows no more than a CNI
# plugin would: the nodes and this pod.
. "$(dirname "$0")/e2e.sh"

in_node() {
	ip netns exec "$prefix-n1" "$@"
}

# add POD: the plan goes to $scratch/plan.
add() {
	k8snet "${1#*-}" "$objects/nodes.json" "$objects/pod-$1.json" --for-pod "shop/$1" --plan text \
		--apply >"$scratch/plan" 2>"$scratch/error" ||
		not_ok "$label: add $1: $(cat "$scratch/error")"
}

remove() {
	k8snet "${1#*-}" "$objects/nodes.json" "$objects/pod-$1.json" --remove "Pod/shop/$1" \
		--for-pod "shop/$1" --plan text --apply >"$scratch/plan" 2>"$scratch/error" ||
		not_ok "$label: remove $1: $(cat "$scratch/error")"
}

# The kernel notices a carrier a little later.
others() {
	in_node ip -d -o link show |
		sed 's/NO-CARRIER,//; s/,LOWER_UP//; s/ state [A-Z]* / /'
	in_node ip route | sed 's/ linkdown//'
	in_node ip -6 route | sed 's/ linkdown//'
	in_node nft list ruleset
}

one() {
	cluster_up "$3"
	serve
	# The daemon's part of each node, which knows no pods yet.
	for n in $nodes; do
		k8snet "$n" "$objects/nodes.json" --apply 2>"$scratch/error" ||
			not_ok "$label: node $n: $(cat "$scratch/error")"
	done
	for pod in client-1 web-1 client-2 web-2 client-3 web-3; do
		add "$pod"
		grep -q "pod shop/$pod: link add" "$scratch/plan" || not_ok "$label: add $pod did nothing"
		test -z "$(grep -v "^pod     pod shop/$pod: " "$scratch/plan")" ||
			not_ok "$label: add $pod: $(grep -v "shop/$pod: " "$scratch/plan")"
		add "$pod"
		test ! -s "$scratch/plan" || not_ok "$label: add $pod again: $(head -n 3 "$scratch/plan")"
	done
	ok "$label: pods are added, and again"
	check "$label, pod by pod" pods,full_size
	# The whole is as if planned at once.
	apply
	all_empty "$label, pod by pod"

	others >"$scratch/before"
	remove web-1
	test "$(wc -l <"$scratch/plan")" -eq 1 && grep -q ': link delete veth' "$scratch/plan" ||
		not_ok "$label: remove web-1: $(cat "$scratch/plan")"
	ip -n "$prefix-web-1" link show eth0 >/dev/null 2>&1 && not_ok "$label: eth0 is left in web-1"
	remove web-1
	test ! -s "$scratch/plan" || not_ok "$label: remove web-1 again: $(head -n 3 "$scratch/plan")"
	add web-1
	others >"$scratch/after"
	# The link is new: its index and MAC address, and its place, are others.
	for file in before after; do
		sed -i 's/^[0-9]*: //; s/@if[0-9]*//; s/link-netnsid [0-9]*//; s/link-netns [^ ]*//; s/ state [A-Z]*//
			s/link\/ether [0-9a-f:]*//; s/[a-z_]*timer *[0-9.]*//g; s/0x800[0-9a-f]//g
			s/port_no//; s/ [a-z_]*port_id *//; s/designated_port [0-9]*//' "$scratch/$file"
		sort -o "$scratch/$file" "$scratch/$file"
	done
	same "$label: a pod removed and added, nothing else changed" "$scratch/before" "$scratch/after"
	check "$label, after removal" vip

	# A namespace that is gone: removing still works, adding says so.
	remove client-1
	ip netns del "$prefix-client-1"
	remove client-1
	if k8snet 1 "$objects/nodes.json" "$objects/pod-client-1.json" --for-pod shop/client-1 \
		--apply 2>"$scratch/error"; then
		not_ok "$label: added to a namespace that is gone"
	fi
	grep -q "pod shop/client-1.*$prefix-client-1.*No such file" "$scratch/error" ||
		not_ok "$label: namespace gone: $(cat "$scratch/error")"
	in_node ip -o link | grep -c veth >"$scratch/count"
	echo 1 | cmp -s - "$scratch/count" || not_ok "$label: links: $(in_node ip -br link)"
	ok "$label: removal is idempotent, a missing namespace is told"
	cluster_down
}

one_alone() {
	# Without the daemon: forwarding and the bridge come with the first pod.
	cluster_up "$3"
	add client-1
	add web-1
	test -z "$(grep -v "^pod     pod shop/web-1: " "$scratch/plan")" ||
		not_ok "$label: the second pod: $(grep -v "shop/web-1: " "$scratch/plan")"
	remove client-1
	remove web-1
	k8snet 1 --remove-all --apply 2>/dev/null
	test "$(in_node ip -br link | grep -cvE '^(lo|eth0@)')" = 0 ||
		not_ok "$label: links left: $(in_node ip -br link)"
	ok "$label: pods without a daemon"
	cluster_down
}

for each in route,bridge,dual overlay,ptp,dual route,ptp,ipv4; do
	# shellcheck disable=SC2046
	set -- $(echo "$each" | tr , ' ')
	combination "$@"
	one "$@"
	one_alone "$@"
done
finish
