#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tuning: sysctls of the container's network and nothing else; its link; and back again.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1
backup=$cni_tmp/backup
in_container c1 ip link add eth0 type veth peer name peer0
in_container c1 ip link set eth0 address 02:00:00:00:00:01
in_container c1 ip link set eth0 up
echo '{"cniVersion":"1.0.0","interfaces":[{"name":"eth0","mac":"02:00:00:00:00:01","sandbox":"'"$(netns_path c1)"'"}],
	"ips":[{"address":"10.9.0.2/24","interface":0}]}' >"$cni_tmp/prev"

config() {
	echo "{\"cniVersion\":\"${2:-1.0.0}\",\"name\":\"net\",\"type\":\"tuning\",\"dataDir\":\"$backup\"${1:+,}$1}"
}
add() {
	config "$1" | with_prev prev | cni tuning ADD c1
}
check_it() {
	config "$1" | with_prev prev | cni tuning CHECK c1
}
del() {
	config "$1" | with_prev prev | cni tuning DEL c1
}
sysctl_of() {
	in_container c1 cat "/proc/sys/net/$1"
}
link() {
	in_container c1 ip link show eth0
}

# --- sysctls ---------------------------------------------------------------------------------
sysctls='"sysctl":{"net.core.somaxconn":"500","net.ipv4.conf.IFNAME.arp_filter":"1","net/ipv4/ip_local_port_range":"20000 30000"}'
add "$sysctls"
same "sysctls" "$(status) $(sysctl_of core/somaxconn) $(sysctl_of ipv4/conf/eth0/arp_filter) $(sysctl_of ipv4/ip_local_port_range | tr '\t' ' ')" \
	"0 500 1 20000 30000"
same "what came is passed on" "$(get ips.0.address) $(get interfaces.0.mac)" "10.9.0.2/24 02:00:00:00:00:01"
same "the node's are as they were" "$(host cat /proc/sys/net/core/somaxconn | grep -c '^500$')" 0
check_it "$sysctls"
same "CHECK" "$(status)$(out)" 0
in_container c1 sh -c 'echo 400 >/proc/sys/net/core/somaxconn'
check_it "$sysctls"
failed_with "CHECK: sysctl" 103 'sysctl net.core.somaxconn in '"$(netns_path c1)"' is "400", not "500"'
config '"sysctl":{"net.core.somaxconn":"500"},"args":{"cni":{"sysctl":{"net.core.somaxconn":"600"}}}' | with_prev prev | cni tuning ADD c1
same "args.cni.sysctl" "$(sysctl_of core/somaxconn)" 600
for key in kernel.hostname kernel/hostname net vm.swappiness net..core net.core. /etc/passwd ../net/core 'net/../kernel/hostname' \
	netfoo.bar; do
	add "\"sysctl\":{\"$key\":\"1\"}"
	failed_with "refused: $key" 7 "invalid net sysctl key"
done
add '"sysctl":{"net.core.somaxconn":"700","net.no.such":"1"}'
same "one that is not there" "$(status) $(get code)" "1 5"
same "puts back what was before" "$(sysctl_of core/somaxconn)" 600
add '"sysctl":{"net.ipv4.ip_local_reserved_ports":"8080","net.no.such":"1"}'
same "also one that was empty" "$(status) <$(sysctl_of ipv4/ip_local_reserved_ports)>" "1 <>"
add '"sysctl":{"net.no.such":"'"$(head -c 200000 /dev/zero | tr '\0' 1)"'"}'
same "a very long value of one that cannot be read" "$(status) $(get code)" "1 5"
add '"sysctl":{"net.core.somaxconn":"700"},"mtu":60000000'
same "a value that is out of range" "$(get code) $(sysctl_of core/somaxconn)" "7 600"
add '"sysctl":{"net.core.somaxconn":700}'
failed_with "a number" 7 "sysctl"

# --- the link -----------------------------------------------------------------------------------
all='"mac":"02:00:00:00:00:99","mtu":1400,"promisc":true,"allmulti":true,"txQLen":77'
add "$all"
same "the link" "$(link | grep -o -e PROMISC -e 'mtu [0-9]*' -e 'qlen [0-9]*' -e 'ether [^ ]*' | tr '\n' ' ')" \
	"PROMISC mtu 1400 qlen 77 ether 02:00:00:00:00:99 " || link
same "allmulti" "$(in_container c1 ip -d link show eth0 | grep -o 'allmulti [0-9]')" "allmulti 1"
same "the result has the MAC address" "$(get interfaces.0.mac)" 02:00:00:00:00:99
check_it "$all"
same "CHECK of the link" "$(status)$(out)" 0
for change in "mtu 1300|mtu is 1300, not 1400" "promisc off|is not promiscuous" \
	"allmulticast off|allmulti is off" "txqueuelen 5|txQLen is 5, not 77" \
	"address 02:00:00:00:00:55|MAC address is 02:00:00:00:00:55"; do
	in_container c1 ip link set eth0 ${change%|*}
	check_it "$all"
	failed_with "CHECK: ${change%|*}" 103 "${change##*|}"
	del "$all"
	add "$all"
done
del "$all"
same "DEL" "$(status)$(out)" 0
same "puts back what was before it" "$(link | grep -o -e PROMISC -e 'mtu [0-9]*' -e 'qlen [0-9]*' -e 'ether [^ ]*' | tr '\n' ' ')" \
	"mtu 1500 qlen 1000 ether 02:00:00:00:00:01 " || link
same "and leaves no file" "$(ls "$backup")" ""
del "$all"
same "the second DEL" "$(status)$(out)" 0
add "$all"
config "$all" | CNI_NETNS='' cni tuning DEL c1
same "DEL without a namespace" "$(status)$(out) $(ls "$backup")" "0 "
in_container c1 ip link set eth0 promisc off allmulticast off
config '"mac":"02:00:00:00:00:01"' | with_prev prev | CNI_ARGS=MAC=02:00:00:00:00:02 cni tuning ADD c1
same "CNI_ARGS before mac" "$(get interfaces.0.mac)" 02:00:00:00:00:02
config '"runtimeConfig":{"mac":"02:00:00:00:00:03"}' | with_prev prev | CNI_ARGS=MAC=02:00:00:00:00:02 cni tuning ADD c1
same "runtimeConfig before CNI_ARGS" "$(get interfaces.0.mac)" 02:00:00:00:00:03
config '"runtimeConfig":{"mac":"02:00:00:00:00:03"},"args":{"cni":{"mac":"02:00:00:00:00:04","mtu":1350}}' | with_prev prev | cni tuning ADD c1
same "args.cni before that" "$(get interfaces.0.mac) $(link | grep -o 'mtu [0-9]*')" "02:00:00:00:00:04 mtu 1350"
del ''
add '"mac":"nonsense"'
failed_with "refused: mac" 7 "mac: not the MAC address of a link"
add '"mac":"01:00:00:00:00:01"'
failed_with "refused: a mac that is a group" 7 "mac: not the MAC address of a link"
before=$(link)
add '"mtu":10'
same "an mtu that the kernel refuses" "$(get code)" 100
same "leaves the link as it was" "$(link) $(ls "$backup")" "$before "
config '' | cni tuning ADD c1
failed_with "without prevResult" 7 "must be called as chained plugin"

# --- the list of what is allowed -------------------------------------------------------------------
mkdir -p "$cni_tmp/etc"
cp -a /etc/. "$cni_tmp/etc" 2>/dev/null
mkdir -p "$cni_tmp/etc/cni/tuning"
printf '^net\\.core\\.somaxconn$\n\n  ^net\\.ipv4\\.conf\\.IFNAME\\.[a-z_]*$\n' >"$cni_tmp/etc/cni/tuning/allowlist.conf"
allowed() {
	config "$1" | with_prev prev >"$cni_tmp/config"
	host unshare --mount sh -c 'mount --bind "$1/etc" /etc && shift && exec env "$@"' sh "$cni_tmp" \
		CNI_COMMAND=ADD CNI_CONTAINERID="$cni_id-c1" CNI_NETNS="$(netns_path c1)" CNI_IFNAME=eth0 \
		CNI_PATH="$cni_tmp/bin" "$cni_tmp/bin/tuning" <"$cni_tmp/config" >"$cni_tmp/out" 2>/dev/null
	echo $? >"$cni_tmp/status"
}
allowed '"sysctl":{"net.core.somaxconn":"501","net.ipv4.conf.IFNAME.arp_filter":"1"}'
same "allowed" "$(status) $(sysctl_of core/somaxconn)" "0 501"
allowed '"sysctl":{"net.core.somaxconn":"502","net.ipv4.ip_forward":"1"}'
failed_with "not allowed" 7 "sysctl net.ipv4.ip_forward is not allowed"
same "then none is written" "$(sysctl_of core/somaxconn)" 501
echo '[' >"$cni_tmp/etc/cni/tuning/allowlist.conf"
allowed '"sysctl":{"net.core.somaxconn":"502"}'
failed_with "a list that cannot be read" 7 "not a regular expression"

# --- GC ------------------------------------------------------------------------------------------------
add '"mtu":1340'
echo '{"mtu":1500}' >"$backup/foreign_eth0.json"
config '"cni.dev/valid-attachments":[{"containerID":"'"$cni_id"'-c1","ifname":"eth0"}]' 1.1.0 | cni tuning GC none
same "GC leaves what is valid" "$(status)$(out) $(ls "$backup" | wc -l)" "0 2"
config '"cni.dev/valid-attachments":[]' 1.1.0 | cni tuning GC none
same "GC removes the rest, but not what is another's" "$(status)$(out) $(ls "$backup")" "0 foreign_eth0.json"

# --- the reference plugin -----------------------------------------------------------------------------------
if test -x "$cni_reference/tuning"; then
	rm -rf "$backup"
	in_container c1 ip link set eth0 mtu 1500 promisc off address 02:00:00:00:00:01
	both='"mac":"02:00:00:00:00:77","mtu":1400,"promisc":true,"allmulti":true'
	for first in cni reference; do
		second=reference
		test $first = cni || second=cni
		in_container c1 ip link set eth0 mtu 1500 promisc off allmulticast off address 02:00:00:00:00:01
		config "$both" | with_prev prev | $first tuning ADD c1
		same "$first: ADD" "$(status) $(get interfaces.0.mac)" "0 02:00:00:00:00:77"
		config "$both" | with_prev prev | $second tuning CHECK c1
		same "$second finds no fault with it" "$(status)" 0
		config "$both" | with_prev prev | $second tuning DEL c1
		same "$second puts it back" "$(status) $(link | grep -o -e PROMISC -e 'mtu [0-9]*' -e 'ether [^ ]*' | tr '\n' ' ')$(ls "$backup")" \
			"0 mtu 1500 ether 02:00:00:00:00:01 "
	done
fi
finish
