#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Beside the reference plugins: they are called by ours, ours by them, and both
# refuse the same, with the same codes.
. "$top_srcdir/tests/cni/protocol.sh"
netns_need
if ! test -x $reference/host-local; then
	echo "skipped: the reference plugins are missing (containernetworking-plugins)"
	exit 77
fi
netns_make_directory
scratch=$netns_directory
netns_add node a b
node=$(netns_name node)
path=$plugins:$reference
versions='0.1.0 0.2.0 0.3.0 0.3.1 0.4.0 1.0.0'

on() {
	container=id-$1 netns=$(netns_path "$1")
}

# What both kinds of result have, but for the interfaces and what an address has of them.
addresses() {
	get 'json.dumps({
		"ip4": out.get("ip4"), "ip6": out.get("ip6"), "routes": out.get("routes"),
		"dns": out.get("dns") or None, "version": out["cniVersion"],
		"ips": [{k: v for k, v in ip.items() if k != "interface"}
			for ip in out.get("ips", [])]}, sort_keys=True)'
}

# --- theirs, called by ours ----------------------------------------------------------
on a
for version in $versions; do
	static='{"cniVersion":"'$version'","name":"n","type":"hello-cni","ipam":{"type":"static",
		"addresses":[{"address":"10.66.0.5/24","gateway":"10.66.0.1"},
			{"address":"fd66::5/64","gateway":"fd66::1"}],
		"routes":[{"dst":"0.0.0.0/0"},{"dst":"10.1.0.0/16","gw":"10.66.0.9"},
			{"dst":"fd01::/48"}],
		"dns":{"nameservers":["10.66.0.2"],"domain":"a.b","search":["c"],"options":["d"]}}}'
	cni $reference/static ADD "$static"
	succeeds "$version: static by itself"
	theirs=$(addresses)
	cni $reference/static DEL "$static"
	cni "$plugins/hello-cni" ADD "$static"
	succeeds "$version: hello-cni and static"
	same "$(addresses)" "$theirs" "$version: static's result is the same through hello-cni"
	for address in 10.66.0.5 fd66::5; do
		check "$version: $address is there" test -n \
			"$(ip -n "$(netns_name a)" -o addr show dev eth0 to "$address")"
	done
	cni "$plugins/hello-cni" DEL "$static"
	succeeds "$version: DEL hello-cni and static"

	local='{"cniVersion":"'$version'","name":"n","type":"hello-cni","ipam":{"type":"host-local",
		"dataDir":"'$scratch/host-local'","ranges":[[{"subnet":"10.67.0.0/24"}]]}}'
	cni "$plugins/hello-cni" ADD "$local"
	succeeds "$version: hello-cni and host-local"
	same "$(ls "$scratch/host-local/n" | grep -c '^10\.67')" 1 "$version: there is a lease"
	cni "$plugins/hello-cni" DEL "$local"
	succeeds "$version: DEL hello-cni and host-local"
	same "$(ls "$scratch/host-local/n" | grep -c '^10\.67')" 0 "$version: there is no lease"
done

# Their errors are ours.
full='{"cniVersion":"1.0.0","name":"f","type":"hello-cni","ipam":{"type":"host-local",
	"dataDir":"'$scratch/full'","ranges":[[{"subnet":"10.68.0.0/30"}]]}}'
cni $reference/host-local ADD "$full"
container=other
cni $reference/host-local ADD "$full"
theirs=$(get '"%s %s" % (out["code"], out["msg"])')
cni "$plugins/hello-cni" ADD "$full"
same "$(get '"%s %s" % (out["code"], out["msg"])')" "$theirs" "no address left: $theirs"
same "$(ip -n "$node" -o link | wc -l)" 1 "no link is left"

# --- ours, called by theirs -------------------------------------------------------------
for version in $versions; do
	for plugin in bridge ptp; do
		config='{"cniVersion":"'$version'","name":"n","type":"'$plugin'","isGateway":true,
			"ipam":{"type":"hello-ipam","subnet":"10.69.0.0/24",
				"file":"'$scratch/leases-$plugin'"}}'
		on a
		cni $reference/$plugin ADD "$config"
		succeeds "$version: $plugin and hello-ipam"
		address=$(ip -n "$(netns_name a)" -4 -o addr show eth0 | awk '{ print $4 }')
		check "$version: $plugin gave it what hello-ipam said" grep -q "$address" "$scratch/out"
		check "$version: $plugin, the node answers" ip netns exec "$(netns_name a)" \
			ping -q -c1 -W2 10.69.0.1
		cni $reference/$plugin DEL "$config"
		succeeds "$version: DEL $plugin and hello-ipam"
	done
	ip -n "$node" link del cni0
done

# --- the same refusals ---------------------------------------------------------------------
refuse() {
	what=$1 command=$2 config=$3
	cni $reference/host-local "$command" "$config"
	theirs="$status $(get 'out["code"]')"
	cni "$plugins/hello-ipam" "$command" "$config"
	same "$status $(get 'out["code"]')" "$theirs" "$what: both say $theirs"
}
good='{"cniVersion":"1.0.0","name":"n","type":"t","ipam":{"type":"t","subnet":"10.70.0.0/24",
	"dataDir":"'$scratch/refuse'","file":"'$scratch/refuse-leases'"}}'
on a
refuse "an unknown command" NONE "$good"
refuse "a command in lower case" add "$good"
refuse "a version to come" ADD "$(echo "$good" | sed s/1.0.0/9.0.0/)"
refuse "no name" ADD "$(echo "$good" | sed 's/"name":"n",//')"
refuse "a name with a slash" ADD "$(echo "$good" | sed 's/"name":"n"/"name":"a\/b"/')"
refuse "no JSON" ADD "nonsense"
refuse "CHECK in a version without it" CHECK "$(echo "$good" | sed s/1.0.0/0.3.1/)"
ifname=a/b
refuse "an interface with a slash" ADD "$good"
ifname=a:b
refuse "an interface with a colon" DEL "$good"
ifname='a b'
refuse "an interface with a space" ADD "$good"
ifname=..
refuse "an interface .." ADD "$good"
ifname=0123456789abcdef
refuse "an interface with 16 letters" ADD "$good"
ifname=
refuse "no interface" ADD "$good"
ifname=eth0 netns=
refuse "no namespace" ADD "$good"
on a
container=-x
refuse "a container id that begins with a dash" ADD "$good"
container=a/../b
refuse "a container id with slashes" ADD "$good"
finish
