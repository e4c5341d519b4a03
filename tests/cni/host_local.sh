#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# host-local: what it gives, and that its leases are those of the reference plugin, in both
# directions.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1
for c in c2 c3 c4 c5 c6 c7 c8 c9; do
	ln -s "$(netns_path c1)" "$cni_tmp/$c"
done
CNI_NETNS=$(netns_path c1)

data=$cni_tmp/data
# IPAM [VERSION] [MORE]: a configuration
config() {
	echo "{\"cniVersion\":\"${2:-1.0.0}\",\"name\":\"net\",\"type\":\"bridge\",${3-}
		\"ipam\":{\"type\":\"host-local\",\"dataDir\":\"$data\",$1}}"
}
one='"subnet":"10.9.0.0/29"'
leases() {
	ls "$data/net" | grep -v -e lock -e last | tr '\n' ' '
}

# --- what is given --------------------------------------------------------------------
config "$one" | cni host-local ADD c1
same "the first address is behind the gateway" "$(get ips.0.address) $(get ips.0.gateway)" \
	"10.9.0.2/29 10.9.0.1"
printf '%s\r\neth0' "$cni_id-c1" >"$cni_tmp/want"
check "the file of a lease" cmp "$cni_tmp/want" "$data/net/10.9.0.2"
same "last_reserved_ip" "$(cat "$data/net/last_reserved_ip.0")" 10.9.0.2
config "$one" | cni host-local ADD c1
failed_with "ADD is repeated" 102 "10.9.0.2 has been allocated to $cni_id-c1, duplicate allocation is not allowed"
theirs=$(get msg)
if test -x "$cni_reference/host-local"; then
	config "$one" | reference host-local ADD c1
	same "the reference says it, too" "$(get msg)" "$theirs"
fi
config "$one" | CNI_ARGS="IP=10.9.0.2" cni host-local ADD c1
failed_with "ADD is repeated, with the address" 102 "duplicate allocation is not allowed"
same "and it has what it had" "$(leases)" "10.9.0.2 "
both='"ranges":[[{"subnet":"fd09::/64"}],[{"subnet":"10.9.0.0/29"}]]'
config "$both" | cni host-local ADD c1
failed_with "ADD is repeated, with another range before" 102 "10.9.0.2 has been allocated to $cni_id-c1"
same "and it has no more than it had" "$(leases)" "10.9.0.2 "
config "$one" | cni host-local ADD c1 eth1
same "another interface: another address" "$(get ips.0.address)" 10.9.0.3/29
config "$one" | cni host-local ADD c2
config "$one" | cni host-local DEL c1
config "$one" | cni host-local ADD c3
same "an address rests: the next is behind the last" "$(get ips.0.address)" 10.9.0.5/29
config "$one" | cni host-local ADD c4
config "$one" | cni host-local ADD c5
same "after the last address comes the first" "$(get ips.0.address)" 10.9.0.2/29
config "$one" | cni host-local ADD c6
failed_with "no address is left" 101 "no IP addresses available in range set: 10.9.0.1-10.9.0.6"
config "$one" 1.1.0 | cni host-local STATUS none
failed_with "STATUS: no address is left" 50 "no IP addresses available"
config "$one" | cni host-local DEL c5
config "$one" 1.1.0 | cni host-local STATUS none
same "STATUS: one is left" "$(status)$(out)" 0
config "$one" | cni host-local DEL c5
same "the second DEL" "$(status)$(out)" 0
config "$one" | cni host-local DEL never
same "DEL of what never was" "$(status)$(out)" 0
rm -rf "$data"
config "$one" | cni host-local DEL c1
same "DEL without a directory" "$(status)$(out)" 0
check "DEL makes none" test ! -e "$data"

# --- requested addresses, by all three ways ----------------------------------------------
config "$one" | CNI_ARGS="IgnoreUnknown=1;IP=10.9.0.4;K8S_POD_NAME=x" cni host-local ADD c1
same "CNI_ARGS IP" "$(get ips.0.address)" 10.9.0.4/29
config "$one" 1.0.0 '"args":{"cni":{"ips":["10.9.0.5"]}},' | cni host-local ADD c2
same "args.cni.ips" "$(get ips.0.address)" 10.9.0.5/29
config "$one" 1.0.0 '"runtimeConfig":{"ips":["10.9.0.6/29"]},' | cni host-local ADD c3
same "runtimeConfig.ips" "$(get ips.0.address)" 10.9.0.6/29
config "$one" | CNI_ARGS="IP=10.9.0.4" cni host-local ADD c4
failed_with "one that is in use" 102 "requested IP address 10.9.0.4 is not available"
config "$one" | CNI_ARGS="IP=10.9.0.1" cni host-local ADD c4
failed_with "the gateway" 102 "10.9.0.1 is subnet's gateway"
config "$one" | CNI_ARGS="IP=10.8.0.1" cni host-local ADD c4
failed_with "one that is in no range" 101 "10.8.0.1 is in no range"
config "$one" | CNI_ARGS="IP=10.9.0" cni host-local ADD c4
failed_with "one that is none" 4 'CNI_ARGS: IP: not an IP address: "10.9.0"'
same "failures leave nothing" "$(leases)" "10.9.0.4 10.9.0.5 10.9.0.6 "
config "$one" | CNI_ARGS="IP=10.9.0.2" cni host-local ADD c1
failed_with "another than the container has" 102 "10.9.0.2: the container has 10.9.0.4"

# --- GC -------------------------------------------------------------------------------------
gc="\"cni.dev/valid-attachments\":[{\"containerID\":\"$cni_id-c2\",\"ifname\":\"eth0\"}],"
config "$one" 1.1.0 "$gc" | cni host-local GC none
same "GC leaves what is valid" "$(status)$(out) $(leases)" "0 10.9.0.5 "

# --- CHECK -----------------------------------------------------------------------------------
prev='"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.9.0.5/29"}]},'
config "$one" 1.0.0 "$prev" | cni host-local CHECK c2
same "CHECK" "$(status)$(out)" 0
config "$one" 1.0.0 "$prev" | cni host-local CHECK c1
failed_with "CHECK: no lease" 103 "no lease of eth0 for $cni_id-c1"
config "$one" 1.0.0 '"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.9.0.6/29"}]},' |
	cni host-local CHECK c2
failed_with "CHECK: a lease of another address" 103 "lease of 10.9.0.5, not of an address in prev"
rm "$data/net/10.9.0.5"
config "$one" 1.0.0 "$prev" | cni host-local CHECK c2
failed_with "CHECK: the file is gone" 103 "no lease"

# --- killed, rebooted ----------------------------------------------------------------------
rm -rf "$data"
config "$one" | cni host-local ADD c1
: >"$data/net/10.9.0.3"
config "$one" | cni host-local ADD c2
same "a file that was never written counts for nothing" "$(get ips.0.address)" 10.9.0.3/29
sed -i 's/^......../00000000/' "$data/net/.owners/state"
config "$one" | cni host-local ADD c3
same "leases of an earlier boot are dropped" "$(leases)" "10.9.0.4 "
ln -sfn garbage "$data/net/.owners/state"
ln -sfn garbage "$data/net/.owners/$cni_id-c3:eth0"
config "$one" | cni host-local DEL c3
same "a damaged index is made anew" "$(status)$(leases)" 0
same "and is whole then" "$(grep -c '^[0-9a-f]\{16\} [0-9a-f]\{16\}\.[0-9a-f]\{8\} [0-9a-f]\{16\}$' "$data/net/.owners/state")" 1
rm -rf "$data/net/.owners"
config "$one" | cni host-local ADD c3
rm -rf "$data/net/.owners"
config "$one" | cni host-local DEL c3
same "and so is one that is gone" "$(status)$(leases)" 0

# An index that cannot be completed: what is not in it is not lost.
config "$one" | cni host-local ADD c1
config "$one" | cni host-local ADD c2
rm -f "$data/net/.owners"/*:* "$data/net/.owners/state"
mkdir "$data/net/.owners/$cni_id-c1:eth0"
config "$one" | cni host-local DEL c2
same "the index cannot be completed" "$(status)" 1
config "$one" | cni host-local DEL c2
same "nor a second time" "$(status)" 1
rmdir "$data/net/.owners/$cni_id-c1:eth0"
for c in c1 c2; do config "$one" | cni host-local DEL $c; done
same "then all leases are given back" "$(status)$(leases)" 0
echo restored >"$data/net/.owners/$cni_id-c1:eth0"
config "$one" | cni host-local ADD c1
same "a file in the place of an entry" "$(status) $(readlink "$data/net/.owners/$cni_id-c1:eth0")" "0 $(get ips.0.address | cut -d/ -f1)"
config "$one" | cni host-local DEL c1

# --- hostile -----------------------------------------------------------------------------------
rm -rf "$data"
mkdir -p "$data" "$cni_tmp/elsewhere"
ln -s "$cni_tmp/elsewhere" "$data/net"
config "$one" | cni host-local ADD c1
failed_with "the network's directory is a link" 5 "leases in $data/net"
config "$one" 1.1.0 | cni host-local STATUS none
failed_with "STATUS: leases that cannot be read" 50 "leases in $data/net"
config "$one" 1.1.0 | cni bridge STATUS none
failed_with "STATUS of a bridge: leases that cannot be read" 50 "leases in $data/net"
same "nothing was written through it" "$(ls "$cni_tmp/elsewhere")" ""
rm "$data/net"
mkdir "$data/net"
echo precious >"$cni_tmp/precious"
ln -s "$cni_tmp/precious" "$data/net/10.9.0.2"
ln -s "$cni_tmp/precious" "$data/net/last_reserved_ip.0"
config "$one" | cni host-local ADD c1
same "links in the place of leases" "$(get ips.0.address) $(cat "$cni_tmp/precious")" \
	"10.9.0.3/29 precious"
rm -rf "$data"
config "$one" | sed s/net/../ | cni host-local ADD c1
same "a network named .." "$(status)" 1

# --- names that are too long for the index: no lease, and nothing to give back ---------------------
(
	cni_id=$(head -c 252 /dev/zero | tr '\0' a)
	config "$one" | cni host-local ADD c1
	failed_with "a container whose name is too long" 5 "data/net: File name too long"
	config "$one" | cni host-local DEL c1
	same "its DEL" "$(status)$(out)" 0
	exit "$netns_failed"
) || netns_failed=1
rm -rf "$data"

# --- bad configurations ---------------------------------------------------------------------------
refuse() {
	config "$2" "${3-}" | cni host-local ADD c1
	failed_with "refused: $1" 7 "$4"
}
refuse "no ranges" '"routes":[]' '' "ipam.ranges: no IP ranges specified"
refuse "no subnet" '"ranges":[[{"rangeStart":"10.9.0.1"}]]' '' "ipam.ranges[0][0]: subnet is missing"
refuse "host bits" '"subnet":"10.9.0.1/24"' '' "ipam.subnet: host bits are set"
refuse "no room" '"subnet":"10.9.0.0/31"' '' "ipam.subnet: 10.9.0.0/31 is too small"
refuse "start outside" '"subnet":"10.9.0.0/29","rangeStart":"10.9.0.9"' '' \
	"ipam.rangeStart: 10.9.0.9 not in network"
refuse "end outside" '"subnet":"10.9.0.0/29","rangeEnd":"10.9.0.9"' '' \
	"ipam.rangeEnd: 10.9.0.9 not in network"
refuse "end before start" '"subnet":"10.9.0.0/29","rangeStart":"10.9.0.4","rangeEnd":"10.9.0.2"' '' \
	"is behind rangeEnd"
refuse "gateway of another family" '"subnet":"10.9.0.0/29","gateway":"fd09::1"' '' "ipam.gateway: fd09::1 is of another family than 10.9.0.0/29"
refuse "two families" '"ranges":[[{"subnet":"10.9.0.0/29"},{"subnet":"fd00::/64"}]]' '' \
	"ipam.ranges[0][1]: IPv4 and IPv6"
refuse "overlap" '"ranges":[[{"subnet":"10.9.0.0/29"}],[{"subnet":"10.9.0.0/24"}]]' '' "overlaps"
refuse "an empty set" '"ranges":[[]]' '' "ipam.ranges[0]"
refuse "two of a family in 0.2.0" '"ranges":[[{"subnet":"10.9.0.0/29"}],[{"subnet":"10.8.0.0/29"}]]' \
	0.2.0 "does not support more than 1 address per family"
for key in ips ipRanges; do
	config "$one" 1.0.0 "\"runtimeConfig\":{\"$key\":\"10.9.0.6\"}," | cni host-local ADD c1
	failed_with "refused: $key of another form" 7 "runtimeConfig.$key"
done
refuse "a route to nowhere" "$one,\"routes\":[{\"gw\":\"10.9.0.1\"}]" '' "ipam.routes[0]: dst"
refuse "a route of two families" "$one,\"routes\":[{\"dst\":\"::/0\",\"gw\":\"10.9.0.1\"}]" '' \
	"ipam.routes[0].gw"
check "refusals leave nothing" test ! -e "$data"

# --- the reference plugin ----------------------------------------------------------------------------
test -x "$cni_reference/host-local" || {
	echo "# no reference plugins in $cni_reference: not compared"
	finish
}
printf 'domain a.test\nsearch b.test c.test\noptions ndots:5 rotate\nnameserver 10.0.0.1\n' \
	>"$cni_tmp/resolv.conf"
# Both do the same; each begins with an empty directory.
both() {
	for who in cni reference; do
		rm -rf "$data"
		for c in c1 c2 c3; do
			config "$2" "${3:-1.0.0}" "${4-}" | CNI_ARGS=${5-} $who host-local ADD $c
			normal >"$cni_tmp/$who.$c"
		done
		leases >"$cni_tmp/$who.leases"
	done
	for f in c1 c2 c3 leases; do
		same "as the reference: $1: $f" "$(cat "$cni_tmp/cni.$f")" "$(cat "$cni_tmp/reference.$f")"
	done
}
all='"routes":[{"dst":"0.0.0.0/0"},{"dst":"10.1.0.0/16","gw":"10.9.0.1"}]'
both "one subnet" "$one,$all"
both "IPv6" '"ranges":[[{"subnet":"fd00:0:0:1::/64","gateway":"fd00:0:0:1::ff"}]]'
both "dual stack" '"ranges":[[{"subnet":"10.9.0.0/24"}],[{"subnet":"fd09::/64"}]]'
both "several ranges in a set" '"ranges":[[{"subnet":"10.9.0.0/29","rangeStart":"10.9.0.5"},
	{"subnet":"10.9.1.0/29","rangeStart":"10.9.1.2","rangeEnd":"10.9.1.3"}]]'
both "subnet and ranges" "$one,\"ranges\":[[{\"subnet\":\"10.8.0.0/29\"}]]"
both "the end of a range" '"subnet":"10.9.0.0/30"' 0.4.0
both "gateway inside" '"subnet":"10.9.0.0/29","gateway":"10.9.0.3"'
both "gateway outside the subnet" '"subnet":"10.9.0.0/29","gateway":"169.254.1.1"'
both "gateway outside the range" '"subnet":"10.9.0.0/29","gateway":"10.9.0.6","rangeStart":"10.9.0.2","rangeEnd":"10.9.0.4"'
both "ipRanges of the runtime" "$one" 1.0.0 '"runtimeConfig":{"ipRanges":[[{"subnet":"10.7.0.0/24"}]]},'
both "resolvConf" "$one,\"resolvConf\":\"$cni_tmp/resolv.conf\""
both "0.2.0" "$one,$all" 0.2.0
both "0.3.1" "$one,$all" 0.3.1

# Leases of one, taken by the other.
two='"ranges":[[{"subnet":"10.9.0.0/29"}],[{"subnet":"fd09::/64"}]]'
for first in cni reference; do
	second=reference
	test $first = cni || second=cni
	rm -rf "$data"
	config "$two" | $first host-local ADD c1
	config "$two" | $second host-local ADD c2
	config "$two" | $first host-local ADD c3
	same "$first, $second, $first: nothing is given twice" "$(leases)" \
		"10.9.0.2 10.9.0.3 10.9.0.4 fd09::2 fd09::3 fd09::4 "
	for c in c1 c2 c3; do
		config "$two" 1.0.0 '"prevResult":{"cniVersion":"1.0.0"},' | $second host-local CHECK $c
		same "$second finds the lease of $c" "$(status)" 0
	done
	config "$two" | $second host-local DEL c1
	config "$two" | $first host-local DEL c2
	config "$two" | $second host-local DEL c3
	same "$second, $first, $second free what the other gave" "$(leases)" ""
	config "$two" | $first host-local ADD c4
	same "and all of it can be given again" "$(get ips.0.address) $(get ips.1.address)" \
		"10.9.0.5/29 fd09::5/64"
done
# In the form of old versions there is no interface.
rm -rf "$data"
mkdir -p "$data/net"
printf %s "$cni_id-c1" >"$data/net/10.9.0.2"
config "$one" | cni host-local DEL c1
same "a lease in the old form is freed" "$(status)$(leases)" 0
finish
