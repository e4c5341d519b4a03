#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# loopback: lo in the container is brought up, and down again; as the reference plugin.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 c2

config() {
	echo "{\"cniVersion\":\"${1:-1.0.0}\",\"name\":\"lo\",\"type\":\"loopback\"${2-}}"
}
is_up() {
	in_container "$1" ping -c 1 -W 1 127.0.0.1 >/dev/null 2>&1
}

config | cni loopback ADD c1
same "ADD" "$(status) $(get interfaces.0.name) $(get interfaces.0.sandbox)" "0 lo $(netns_path c1)"
check "lo answers" is_up c1
check "the node's lo is left alone" host ping -c 1 -W 1 127.0.0.1 >/dev/null
test ! -x "$cni_reference/loopback" || {
	ours=$(normal | sed "s/$(netns_name c1)/c/")
	config | reference loopback ADD c2
	same "as the reference" "$ours" "$(normal | sed "s/$(netns_name c2)/c/")"
}
prev=',"prevResult":{"cniVersion":"1.0.0","ips":[{"address":"10.9.0.5/24"}]}'
config 1.0.0 "$prev" | cni loopback ADD c1
same "in a chain, what came before is passed on" "$(get ips.0.address)$(get interfaces)" 10.9.0.5/24
config 1.0.0 "$prev" | cni loopback CHECK c1
same "CHECK" "$(status)$(out)" 0
config | cni loopback DEL c1
same "DEL" "$(status)$(out)" 0
is_up c1 && not_ok "lo is down" || ok "lo is down"
config 1.0.0 "$prev" | cni loopback CHECK c1
failed_with "CHECK: it is down" 103 "lo is down"
config | CNI_NETNS='' cni loopback DEL c1
same "DEL without a namespace" "$(status)$(out)" 0
config | CNI_NETNS=/nonexistent cni loopback DEL c1
same "DEL with one that is gone" "$(status)$(out)" 0
config | CNI_NETNS=/nonexistent cni loopback ADD c1
same "ADD with one that is gone" "$(status)" 1
config | CNI_NETNS=/dev/null cni loopback ADD c1
same "ADD with one that is none" "$(status)" 1
in_container c2 ip address add 10.9.0.9/32 dev lo
config | cni loopback ADD c2
failed_with "lo has an address that is not loopback" 102 "other than that of loopback"
finish
