#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The plugins for readers work, as a runtime would call them: containers reach each
# other, in all versions, and DEL leaves nothing. They are small.
. "$top_srcdir/tests/cni/protocol.sh"
netns_need
# A packet that comes before the kernel has noticed a link's carrier is lost.
reaches() {
	for try in 1 2 3; do
		ip netns exec "$(netns_name "$1")" ping -q -c1 -W1 "$2" >"$scratch/ping" && return
	done
	sed 's/^/# /' "$scratch/ping"
	return 1
}

netns_make_directory
scratch=$netns_directory
for limit in hello-ipam.c:60 hello-cni.c:85; do
	lines=$(wc -l <"$top_srcdir/examples/${limit%:*}")
	check "${limit%:*} has $lines lines, fewer than ${limit#*:}" test "$lines" -lt "${limit#*:}"
done

netns_add node a b
node=$(netns_name node)
# The wrapper of the build tree finds its library also when another plugin starts it.
path=$plugins
before=$(ip -n "$node" -o link | wc -l)

on() {
	container=id-$1 netns=$(netns_path "$1")
}

one() {
	config='{"cniVersion":"'$1'","name":"n","type":"hello-cni","ipam":{"type":"hello-ipam",
		"subnet":"10.77.0.0/29","file":"'$scratch/leases-$1'"}}'
	on a
	cni "$plugins/hello-cni" ADD "$config"
	succeeds "$1: ADD a"
	same "$(get "$2")" 10.77.0.2/29 "$1: the address of a"
	cni "$plugins/hello-cni" ADD "$config"
	succeeds "$1: ADD a, again"
	same "$(get "$2")" 10.77.0.2/29 "$1: the same address"
	on b
	cni "$plugins/hello-cni" ADD "$config"
	succeeds "$1: ADD b"
	check "$1: a reaches b" reaches a 10.77.0.3
	check "$1: b reaches a" reaches b 10.77.0.2
	cni "$plugins/hello-cni" DEL "$config"
	succeeds "$1: DEL b"
	check "$1: b has no link" test -z "$(ip -n "$(netns_name b)" -o link show eth0 2>/dev/null)"
	on a
	netns=/run/netns/none
	cni "$plugins/hello-cni" DEL "$config"
	succeeds "$1: DEL a, whose namespace is not found"
	cni "$plugins/hello-cni" DEL "$config"
	succeeds "$1: DEL a, again"
	same "$(ip -n "$node" -o link | wc -l)" "$before" "$1: no link is left"
	on b
	cni "$plugins/hello-cni" ADD "$config"
	same "$(get "$2")" 10.77.0.4/29 "$1: leases were given back: the next is another"
	cni "$plugins/hello-cni" DEL "$config"
}

for version in 0.1.0 0.2.0; do
	one $version 'out["ip4"]["ip"]'
done
for version in 0.3.0 0.3.1 0.4.0 1.0.0 1.1.0; do
	one $version 'out["ips"][0]["address"]'
done
on a
cni "$plugins/hello-cni" ADD '{"cniVersion":"1.0.0","name":"n","ipam":{"type":"hello-ipam",
	"subnet":"10.77.0.0/29","file":"'$scratch/leases'"}}'
same "$(get '"%s %s %d" % (out["interfaces"][0]["name"], out["interfaces"][0]["sandbox"],
	out["ips"][0]["interface"])')" "eth0 $netns 0" "the result has the interface"
cni "$plugins/hello-cni" DEL '{"cniVersion":"1.0.0","name":"n","ipam":{"type":"hello-ipam",
	"subnet":"10.77.0.0/29","file":"'$scratch/leases'"}}'

# What the other plugin says against it is what the runtime hears.
cni "$plugins/hello-cni" ADD '{"cniVersion":"1.0.0","name":"n","ipam":{"type":"hello-ipam",
	"subnet":"10.77.0.0/33"}}'
fails 7 "the subnet is not an address and a length" "a subnet that is none"
cni "$plugins/hello-cni" ADD '{"cniVersion":"1.0.0","name":"n","ipam":{"type":"hello-ipam",
	"subnet":7}}'
fails 7 "ipam.subnet: is a whole number, not a string" "a subnet of another type"
cni "$plugins/hello-cni" ADD '{"cniVersion":"1.0.0","name":"n"}'
fails 7 "ipam.type: is missing" "no ipam"
same "$(ip -n "$node" -o link | wc -l)" "$before" "what failed left no link"
finish
