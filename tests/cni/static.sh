#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# static: the addresses that are configured, from all places; as the reference plugin.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1

# IPAM [VERSION] [MORE]
config() {
	echo "{\"cniVersion\":\"${2:-1.0.0}\",\"name\":\"net\",\"type\":\"bridge\",${3-}
		\"ipam\":{\"type\":\"static\",$1}}"
}
one='"addresses":[{"address":"10.9.0.5/24","gateway":"10.9.0.1"}]'

config "$one" | cni static ADD c1
same "ADD" "$(get ips.0.address) $(get ips.0.gateway)" "10.9.0.5/24 10.9.0.1"
config "$one" | CNI_ARGS="IP=10.8.0.5/24, 10.7.0.5/16;GATEWAY=10.8.0.1,10.7.0.1" cni static ADD c1
same "CNI_ARGS IP and GATEWAY" "$(get ips.1.address) $(get ips.1.gateway) $(get ips.2.address) $(get ips.2.gateway)" \
	"10.8.0.5/24 10.8.0.1 10.7.0.5/16 10.7.0.1"
config '"routes":[]' 1.0.0 '"args":{"cni":{"ips":["10.9.0.6/24"]}},' | cni static ADD c1
same "args.cni.ips" "$(get ips.0.address)" 10.9.0.6/24
config '"routes":[]' 1.0.0 '"runtimeConfig":{"ips":["fd09::6/64"]},' | cni static ADD c1
same "runtimeConfig.ips" "$(get ips.0.address)" fd09::6/64
config "$one" | cni static DEL c1
same "DEL" "$(status)$(out)" 0
config "$one" 1.0.0 '"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.9.0.5/24"}]},' |
	cni static CHECK c1
same "CHECK" "$(status)$(out)" 0
config "$one" 1.0.0 '"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.9.0.6/24"}]},' |
	cni static CHECK c1
failed_with "CHECK: another address" 103 "10.9.0.5/24 is not in prevResult"

refuse() {
	config "$2" "${4:-1.0.0}" | CNI_ARGS=${5-} cni static ADD c1
	failed_with "refused: $1" "${6:-7}" "$3"
}
refuse "no prefix length" '"addresses":[{"address":"10.9.0.5"}]' "ipam.addresses[0].address"
refuse "no address" '"addresses":[{"gateway":"10.9.0.5"}]' "ipam.addresses[0]: address is missing"
refuse "gateway of another family" '"addresses":[{"address":"10.9.0.5/24","gateway":"fd00::1"}]' \
	"ipam.addresses[0].gateway"
config "$one" 1.0.0 '"runtimeConfig":{"ips":"10.9.0.6/24"},' | cni static ADD c1
failed_with "refused: ips of another form" 7 "runtimeConfig.ips"
refuse "two in 0.2.0" '"addresses":[{"address":"10.9.0.5/24"},{"address":"10.9.0.6/24"}]' \
	"does not support more than 1 address per family" 0.2.0
refuse "IP without a length" "$one" "CNI_ARGS: IP" 1.0.0 IP=10.9.0.9 4
refuse "GATEWAY that is none" "$one" "CNI_ARGS: GATEWAY" 1.0.0 GATEWAY=x 4
refuse "another key of CNI_ARGS" "$one" "FOO" 1.0.0 FOO=x 4

test -x "$cni_reference/static" || {
	echo "# no reference plugins in $cni_reference: not compared"
	finish
}
both() {
	for who in cni reference; do
		config "$2" "${3:-1.0.0}" "${4-}" | CNI_ARGS=${5-} $who static ADD c1
		normal >"$cni_tmp/$who.result"
	done
	same "as the reference: $1" "$(cat "$cni_tmp/cni.result")" "$(cat "$cni_tmp/reference.result")"
}
dns='"dns":{"nameservers":["10.0.0.1"],"domain":"a.test","search":["b.test"],"options":["ndots:5"]}'
routes='"routes":[{"dst":"0.0.0.0/0"},{"dst":"10.1.0.0/16","gw":"10.9.0.1"}]'
both "one" "$one"
both "DNS and routes" "$one,$dns,$routes"
both "DNS and routes in 0.2.0" "$one,$dns,$routes" 0.2.0
both "dual stack" '"addresses":[{"address":"10.9.0.5/24"},{"address":"fd09::5/64","gateway":"fd09::1"}]'
both "CNI_ARGS" "$one" 1.0.0 "" "IP=10.8.0.5/24;GATEWAY=10.8.0.1"
both "args" "$one" 1.0.0 '"args":{"cni":{"ips":["10.9.0.6/24"]}},'
both "runtimeConfig" "$one" 1.0.0 '"runtimeConfig":{"ips":["10.9.0.7/24"]},'
both "args and runtimeConfig" "$one" 1.0.0 \
	'"args":{"cni":{"ips":["10.9.0.6/24"]}},"runtimeConfig":{"ips":["10.9.0.7/24"]},'
both "all three" "$one" 1.0.0 \
	'"args":{"cni":{"ips":["10.9.0.6/24"]}},"runtimeConfig":{"ips":["10.9.0.7/24"]},' "IP=10.8.0.5/24"
# One address or route more than there is room for: an error, and nothing else.
many() {
	"$PYTHON" -c '
import json, sys
kind, addresses, routes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
print(json.dumps({"cniVersion": "1.0.0", "name": "net", "type": kind, "bridge": "br0", "ipam": {
    "type": "static",
    "addresses": [{"address": f"10.{i}.0.5/24", "gateway": f"10.{i}.0.1"} for i in range(addresses)],
    "routes": [{"dst": f"172.16.{i}.0/24"} for i in range(routes)]}}))' "$@"
}
for what in "bridge 200 54" "ptp 60 74"; do
	# shellcheck disable=SC2086
	many $what >"$cni_tmp/many"
	cni ${what%% *} ADD c1 <"$cni_tmp/many"
	same "as many as there is room for: $what" "$(status) $(in_container c1 ip -4 -o address show dev eth0 | wc -l)" \
		"0 $(echo "$what" | cut -d' ' -f2)"
	cni ${what%% *} DEL c1 <"$cni_tmp/many"
done
for what in "bridge 200 55" "ptp 60 75"; do
	# shellcheck disable=SC2086
	many $what >"$cni_tmp/many"
	cni ${what%% *} ADD c1 <"$cni_tmp/many"
	failed_with "more than there is room for: $what" 7 "ipam: too many addresses and routes"
	same "and no link: $what" "$(in_container c1 ip -o link | grep -c eth0)" 0
done

finish
