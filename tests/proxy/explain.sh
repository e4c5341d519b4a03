#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What explain says is where connections go, and what the kernel's own trace says; a trace
# leaves nothing behind; it tells when a table does something else.
. "$(dirname "$0")/proxy.sh"

# explain WHAT ARGUMENTS...
explain() {
	explain_what=$1
	shift
	$python "$own/explained.py" "$explain_what" "$prefix" "$family" "$@" || failures=$((failures + 1))
}

# in_node COMMAND...
in_node() {
	ip netns exec "$prefix-n1" "$@"
}

joined dual
serve
explain objects "$objects/dir/all.json"
for n in $nodes; do
	once "$n" --once --dir "$objects/dir" --cluster-cidr 10.1.0.0/16,fd00:1::/48 \
		--service-cidr 10.96.0.0/16,fd00:96::/112 ||
		{ not_ok "node $n"; cat "$objects/log-$n"; finish; }
done
log=$objects/log-1
explain check "$proxy"
if command -v conntrack >/dev/null; then
	explain traces "$proxy"
fi

# Pods told by the bridge that they are on, and back.
for n in $nodes; do
	once "$n" --once --dir "$objects/dir" --detect-local-mode BridgeInterface \
		--pod-bridge-interface k8snet0 --service-cidr 10.96.0.0/16,fd00:96::/112
done
in_node nft "flush map ip k8snet affinity; flush map ip6 k8snet affinity"
explain check "$proxy"
"$proxy" explain --netns "/run/netns/$prefix-n1" --verify 10.1.1.2 10.96.0.10 80 >"$objects/out"
expect "a traced packet comes over another link" grep -q "verified: no, the link differs" "$objects/out"
for n in $nodes; do
	once "$n" --once --dir "$objects/dir" --cluster-cidr 10.1.0.0/16,fd00:1::/48 \
		--service-cidr 10.96.0.0/16,fd00:96::/112
done

# A strict reverse path filter sees a device of the trace's own.
in_node sysctl -qw net.ipv4.conf.all.rp_filter=1
expect "a strict rp_filter lets a trace through" eval \
	'"$proxy" explain --netns "/run/netns/$prefix-n1" --verify 10.1.1.2 10.96.0.10 80 >/dev/null'
in_node sysctl -qw net.ipv4.conf.all.rp_filter=0

# Killed in the middle: its table and its device go with it.

for delay in 0.01 0.02 0.03 0.04 0.05; do
	"$proxy" explain --netns "/run/netns/$prefix-n1" --verify 10.1.1.2 10.96.0.10 80 \
		>/dev/null 2>&1 &
	traced=$!
	sleep "$delay"
	kill -KILL "$traced" 2>/dev/null
	wait "$traced" 2>/dev/null
done
sleep 0.1
if in_node nft list tables | grep -q trace || in_node ip -br link | grep -q k8sntrace; then
	not_ok "a killed trace leaves nothing"
else
	ok "a killed trace leaves nothing"
fi

# Rules that do something else, as many as before: the explanation cannot know.
chain=$(in_node nft list table ip k8snet | sed -n 's/^\tchain \(cluster-tcp-3\) {/\1/p')
in_node nft -f - <<RULES
flush chain ip k8snet $chain
add rule ip k8snet $chain ip saddr 10.1.1.2 meta mark set meta mark | 0x4000
add rule ip k8snet $chain dnat ip to ip daddr . tcp dport . numgen random mod 3 map @endpoints-tcp
RULES
explain differs "$proxy" masquerading 10.1.1.2 10.96.0.10 80
in_node nft -f - <<RULES
flush chain ip k8snet $chain
add rule ip k8snet $chain continue
add rule ip k8snet $chain meta l4proto tcp dnat to 10.1.1.9:80
RULES
explain differs "$proxy" backend 10.1.1.2 10.96.0.10 80
in_node nft -f - <<RULES
flush chain ip k8snet $chain
add rule ip k8snet $chain continue
add rule ip k8snet $chain drop
RULES
explain differs "$proxy" outcome 10.1.1.2 10.96.0.10 80
in_node nft flush chain ip k8snet "$chain"
explain differs "$proxy" outcome 10.1.1.2 10.96.0.10 80
expect "a chain without its rules is told" eval \
	'"$proxy" explain --netns "/run/netns/$prefix-n1" 10.1.1.2 10.96.0.10 80 |
		grep -q "cluster-tcp-3 was changed by somebody"'
# Somebody else's table.
in_node nft 'add table ip other; add chain ip other f { type filter hook forward priority 0; };
	add rule ip other f tcp dport 8080 drop'
explain differs "$proxy" outcome 10.1.1.2 10.96.0.11 80
finish
