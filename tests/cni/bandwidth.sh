#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# bandwidth: both directions, measured; tc as witness; DEL, CHECK, GC.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
netns_add c1 c2
data=$cni_tmp/data
echo '{"cniVersion":"1.0.0","name":"net","type":"bridge","bridge":"br0","isDefaultGateway":true,
	"ipam":{"type":"host-local","dataDir":"'"$data"'","subnet":"10.9.0.0/24"}}' >"$cni_tmp/bridge"
cni bridge ADD c1 <"$cni_tmp/bridge"
keep c1
link=$(node_link)
cni bridge ADD c2 <"$cni_tmp/bridge"
keep c2

config() {
	echo "{\"cniVersion\":\"${2:-1.0.0}\",\"name\":\"net\",\"type\":\"bandwidth\"${1:+,}$1}"
}
add() {
	config "$1" | with_prev "${2:-c1}" | cni bandwidth ADD "${2:-c1}"
}
check_it() {
	config "$1" | with_prev c1 | cni bandwidth CHECK c1
}
del() {
	config "$1" | with_prev "${2:-c1}" | cni bandwidth DEL "${2:-c1}"
}
ifbs() {
	host ip -o link show type ifb | grep -c ' ifb[0-9a-f]\{12\}: '
}
# FROM TO: seconds for 200 kB, of which a burst passes at once
seconds() {
	rm -f "$cni_tmp/seconds"
	nsenter --net="$(netns_path "$2")" "$PYTHON" -c '
import socket, sys, time
server = socket.create_server(("::", 9000), family=socket.AF_INET6, dualstack_ipv6=True)
print("ready", flush=True)
connection, _ = server.accept()
start = time.monotonic()
received = 0
while True:
    block = connection.recv(65536)
    if not block:
        break
    received += len(block)
print(round(time.monotonic() - start, 1))' >"$cni_tmp/seconds" &
	receiver=$!
	while ! grep -qs ready "$cni_tmp/seconds"; do sleep 0.05; done
	nsenter --net="$(netns_path "$1")" "$PYTHON" -c '
import socket, sys
connection = socket.create_connection((sys.argv[1], 9000))
connection.sendall(bytes(200000))' "$3"
	test $? = 0 || kill $receiver
	wait $receiver
	tail -n 1 "$cni_tmp/seconds"
}
# A 200 kB transfer at 100 kB/s with a burst of 20 kB takes about 1.8 s.
slow() {
	"$PYTHON" -c 'import sys; sys.exit(not 1.2 <= float(sys.argv[1]) <= 4)' "$1" && ok "$2 ($1 s)" ||
		not_ok "$2: $1 s"
}
fast() {
	"$PYTHON" -c 'import sys; sys.exit(not float(sys.argv[1]) <= 0.9)' "$1" && ok "$2 ($1 s)" ||
		not_ok "$2: $1 s"
}
address2=10.9.0.3
ingress='"ingressRate":800000,"ingressBurst":160000'
egress='"egressRate":800000,"egressBurst":160000'

add "$ingress"
same "ingress" "$(status) $(host tc qdisc show dev "$link" | grep -o 'tbf .*' | sed 's/ *$//; s/ refcnt [0-9]*//')" \
	"0 tbf 1: root rate 800Kbit burst 20000b lat 25ms" || host tc qdisc show dev "$link"
slow "$(seconds c2 c1 10.9.0.2)" "what it receives is slow"
fast "$(seconds c1 c2 $address2)" "what it sends is not"
check_it "$ingress"
same "CHECK" "$(status)$(out)" 0
check_it '"ingressRate":800000,"ingressBurst":320000'
failed_with "CHECK: another burst" 103 "the limit is 100000 bytes/s with"
host tc qdisc del dev "$link" root
check_it "$ingress"
failed_with "CHECK: it is gone" 103 "link $link: there is no limit"
del "$ingress"
same "DEL" "$(status)$(out)" 0

add "$egress"
same "egress" "$(status) $(ifbs)" "0 1"
ifb=$(get interfaces.3.name)
same "the device is in the result" "$(host ip -o link show "$ifb" | grep -c UP) $(host ip -o link show "$ifb" | grep -o 'ether [^ ]*')" \
	"1 ether $(get interfaces.3.mac)"
slow "$(seconds c1 c2 $address2)" "what it sends is slow"
fast "$(seconds c2 c1 10.9.0.2)" "what it receives is not"
check_it "$egress"
same "CHECK of egress" "$(status)$(out)" 0
host ip link set "$ifb" down
check_it "$egress"
failed_with "CHECK: the device is down" 103 "link $ifb is down"
host ip link set "$ifb" up
host tc filter del dev "$link" parent ffff:
host tc filter add dev "$link" parent ffff: protocol all u32 match u32 0 0 action mirred egress redirect dev br0
check_it "$egress"
failed_with "CHECK: redirected elsewhere" 103 "link $link: what arrives is not redirected to $ifb"
host tc qdisc del dev "$link" ingress
check_it "$egress"
failed_with "CHECK: not redirected" 103 "link $link: what arrives is not redirected to $ifb"
host ip link del "$ifb"
check_it "$egress"
failed_with "CHECK: no device" 103 "link $ifb is not there"
del "$egress"
same "DEL of egress" "$(status)$(out) $(ifbs) $(host tc qdisc show dev "$link" | grep -c -e tbf -e ingress)" "0 0 0"
fast "$(seconds c1 c2 $address2)" "after DEL it is fast again"

config '"runtimeConfig":{"bandwidth":{'"$ingress,$egress"'}}' >"$cni_tmp/both"
with_prev c1 <"$cni_tmp/both" | cni bandwidth ADD c1
same "of the runtime, both" "$(status) $(ifbs) $(host tc qdisc show dev "$link" | grep -c -e tbf -e ingress)" "0 1 2"
with_prev c1 <"$cni_tmp/both" | cni bandwidth ADD c1
same "what a killed ADD left gives way" "$(status) $(ifbs)" "0 1"
with_prev c1 <"$cni_tmp/both" | cni bandwidth CHECK c1
same "CHECK of both" "$(status)$(out)" 0
CNI_NETNS='' cni bandwidth DEL c1 <"$cni_tmp/both"
same "DEL without a namespace" "$(status)$(out) $(ifbs)" "0 0"
del ''
same "the second DEL" "$(status)$(out)" 0
add ''
same "nothing is limited" "$(status) $(ifbs) $(get ips.0.address)" "0 0 10.9.0.2/24"
add '"ingressRate":8000000000000,"ingressBurst":8000000000'
check_it '"ingressRate":8000000000000,"ingressBurst":8000000000'
same "a rate beyond 32 bits" "$(status)$(out) $(host tc qdisc show dev "$link" | grep -o 'rate [^ ]*')" "0 rate 8Tbit"
del ''

# What containerd asks for: a burst of as many bits as fit into 32, which is more time than
# the kernel has room for.
for rate in 8000 1000000 10000000 100000000; do
	for subnets in '' ',"shapedSubnets":["10.0.0.0/8"]'; do
		long='"ingressRate":'$rate',"ingressBurst":4294967295'$subnets
		add "$long"
		check_it "$long"
		same "CHECK of a long burst at $rate$subnets" "$(status)$(out)" 0
		check_it '"ingressRate":'$rate',"ingressBurst":4290000000'$subnets
		test -n "$subnets" && test $rate -lt 15000000 ||
			failed_with "CHECK of another one at $rate$subnets" 103 "the limit is"
		del "$long"
	done
done

# --- a part of it ---------------------------------------------------------------------------
in_container c1 ip address add fd09::2/16 dev eth0 nodad
in_container c2 ip address add fd09:0:8000::3/16 dev eth0 nodad
host ip address add fd09:0:1::1/16 dev br0 nodad
# What c2, the node and c2 by IPv6 send to c1.
received() {
	"$2" "$(seconds c2 c1 10.9.0.2)" "$1: from the subnet"
	"$3" "$(seconds host c1 10.9.0.2)" "$1: from elsewhere"
	"$2" "$(seconds c2 c1 fd09::2)" "$1: from the subnet, IPv6"
	"$3" "$(seconds host c1 fd09::2)" "$1: from elsewhere, IPv6"
}
sent() {
	"$2" "$(seconds c1 c2 $address2)" "$1: to the subnet"
	"$3" "$(seconds c1 host 10.9.0.1)" "$1: to elsewhere"
	"$2" "$(seconds c1 c2 fd09:0:8000::3)" "$1: to the subnet, IPv6"
	"$3" "$(seconds c1 host fd09:0:1::1)" "$1: to elsewhere, IPv6"
}
subnets='["10.9.0.3/32","fd09:0:8000::/33"]'
for key in unshapedSubnets shapedSubnets; do
	test $key = shapedSubnets && set -- slow fast || set -- fast slow
	add "$ingress,\"$key\":$subnets"
	same "$key" "$(status)" 0
	received "$key" "$@"
	check_it "$ingress,\"$key\":$subnets"
	same "$key: CHECK" "$(status)$(out)" 0
	check_it "$ingress,\"$key\":[\"10.9.0.3/32\"]"
	failed_with "$key: CHECK finds one too many" 103 "link $link: there is no limit for these subnets"
	host tc filter del dev "$link" parent 1: pref 15
	check_it "$ingress,\"$key\":$subnets"
	failed_with "$key: CHECK finds one missing" 103 "link $link: there is no limit for these subnets"
	del "$ingress,\"$key\":$subnets"
	same "$key: DEL" "$(status)$(out) $(host tc qdisc show dev "$link" | grep -c htb)" "0 0"
	add "$egress,\"$key\":$subnets"
	ifb=$(get interfaces.3.name)
	sent "$key" "$@"
	check_it "$egress,\"$key\":$subnets"
	same "$key: CHECK of egress" "$(status)$(out)" 0
	host tc class change dev "$ifb" parent 1: classid 1:30 htb rate 1mbit
	check_it "$egress,\"$key\":$subnets"
	failed_with "$key: CHECK finds another rate" 103 "the limit is 125000 bytes/s"
	del "$egress,\"$key\":$subnets"
done
add "$ingress,"'"shapedSubnets":["0.0.0.0/0"]'
slow "$(seconds c2 c1 10.9.0.2)" "all of IPv4"
fast "$(seconds c2 c1 fd09::2)" "and no IPv6"
add '"ingressRate":8000000000000,"ingressBurst":8000000000,"unshapedSubnets":["10.0.0.0/8"]'
check_it '"ingressRate":8000000000000,"ingressBurst":8000000000,"unshapedSubnets":["10.0.0.0/8"]'
same "of a rate beyond 32 bits" "$(status)$(out) $(host tc class show dev "$link" | grep -o 'class htb 1:30 .*rate [^ ]* ceil [^ ]*')" \
	"0 class htb 1:30 root prio 0 rate 8Tbit ceil 8Tbit"
del ''

refuse() {
	add "$2"
	failed_with "refused: $1" 7 "$3"
	same "and nothing is left of $1" "$(ifbs) $(host tc qdisc show dev "$link" | grep -c -e tbf -e ingress)" "0 0"
}
refuse "rate without burst" '"ingressRate":800000' "if ingressRate is set, ingressBurst must also be set"
refuse "burst without rate" '"egressBurst":800000' "if egressBurst is set, egressRate must also be set"
refuse "a burst of more than 4 GB" '"egressRate":800000,"egressBurst":99999999999999' "egressBurst"
refuse "shaped and unshaped subnets" "$ingress"',"shapedSubnets":["10.0.0.0/8"],"unshapedSubnets":["10.0.0.0/8"]' \
	"unshapedSubnets: shapedSubnets are given, too"
refuse "a subnet that is none" "$ingress"',"unshapedSubnets":["10.0.0.0/8","hello"]' 'unshapedSubnets[1]: not a subnet'
refuse "a subnet without a length" "$ingress"',"shapedSubnets":["10.0.0.0"]' 'shapedSubnets[0]: not a subnet'
refuse "too many subnets" "$ingress"',"shapedSubnets":['"$(seq -s, 101 | sed 's/[0-9]*/"10.9.&.0\/24"/g')"']' \
	"shapedSubnets: more than 100"
refuse "of the runtime in another form" '"runtimeConfig":{"bandwidth":"fast"}' "runtimeConfig.bandwidth"
refuse "less than a byte" '"ingressRate":1,"ingressBurst":1' "less than a byte"
config "$ingress" | cni bandwidth ADD c1
failed_with "without prevResult" 7 "must be called as chained plugin"

with_prev c1 <"$cni_tmp/both" | cni bandwidth ADD c1
with_prev c2 <"$cni_tmp/both" | cni bandwidth ADD c2
config '"cni.dev/valid-attachments":[{"containerID":"'"$cni_id"'-c2","ifname":"eth0"}]' 1.1.0 | cni bandwidth GC none
same "GC" "$(status)$(out) $(host ip -o link show type ifb | grep -o 'alias .*' | tr -d '\\' | sed 's/ *$//')" "0 alias k8snet-cni net $cni_id-c2 eth0"
config '"cni.dev/valid-attachments":[]' 1.1.0 | cni bandwidth GC none
same "GC of all" "$(ifbs)" 0
same "it leaves other links" "$(host ip -o link show type veth | grep -c alias)" 2

# kill -9 as soon as the kernel has done what makes the device.
replace_sendto <<'END'
	ssize_t sent = next(fd, data, size, flags, to, length);

	if (memmem(data, size, "ifb", sizeof("ifb")))
		raise(SIGKILL);
	return sent;
END
with_prev c1 <"$cni_tmp/both" | cni bandwidth ADD c1
restore_sendto
same "killed when it had made the device" "$(status) $(ifbs)" "137 1"
config '"cni.dev/valid-attachments":[]' 1.1.0 | cni bandwidth GC none
same "GC finds the device of an ADD that was killed" "$(status)$(out) $(ifbs)" "0 0"
with_prev c1 <"$cni_tmp/both" | cni bandwidth DEL c1

if test -x "$cni_reference/bandwidth"; then
	with_prev c2 <"$cni_tmp/both" | cni bandwidth DEL c2
	link2=$(node_link "$cni_tmp/c2")
	limits() {
		host tc qdisc show dev "$link2" | grep -o -e 'tbf .*' -e 'ingress .*' | sed 's/refcnt [0-9]* //'
		host tc qdisc show dev "$(get interfaces.3.name)" | grep -o 'tbf .*' | sed 's/refcnt [0-9]* //'
		host tc filter show dev "$link2" parent ffff: | grep -o -e 'mirred.*Redirect' -e 'match .*' | head -n 2
	}
	with_prev c2 <"$cni_tmp/both" | reference bandwidth ADD c2
	theirs=$(limits)
	with_prev c2 <"$cni_tmp/both" | reference bandwidth DEL c2
	host tc qdisc del dev "$link2" root
	host tc qdisc del dev "$link2" ingress
	with_prev c2 <"$cni_tmp/both" | cni bandwidth ADD c2
	same "the same as the reference, says tc" "$(limits)" "$theirs"
fi

# --- a link that the plugins before did not make --------------------------------------------------
rate='"ingressRate":800000,"ingressBurst":160000,"egressRate":800000,"egressBurst":160000'
host ip link add other0 type veth peer name eth9 netns "$(netns_name c1)"
host tc qdisc add dev other0 root handle 5: tbf rate 1mbit burst 10k latency 25ms
state() {
	host tc qdisc show dev other0
	ifbs
}
before=$(state)
for command in ADD CHECK; do
	config "$rate" | with_prev c1 | cni bandwidth $command c1 eth9
	failed_with "$command: prevResult does not name it" 7 "prevResult does not name link other0, the other end of eth9"
done
sed 's/"veth[0-9a-f]*"/"other0"/' "$cni_tmp/c1" | sed 's/"name":"other0"/&,"sandbox":"\/x"/' >"$cni_tmp/inside"
config "$rate" | with_prev inside | cni bandwidth ADD c1 eth9
failed_with "it is one of another namespace" 7 "prevResult does not name link other0"
config "$rate" | with_prev c1 | cni bandwidth DEL c1 eth9
same "DEL leaves it alone, too" "$(status)$(out) $(state)" "0 $before"
host tc qdisc del dev other0 root
sed 's/"veth[0-9a-f]*"/"other0"/' "$cni_tmp/c1" >"$cni_tmp/named"
config "$rate" | with_prev named | cni bandwidth ADD c1 eth9
same "one that is named is limited" "$(status) $(host tc qdisc show dev other0 | grep -c tbf)" "0 1"
config "$rate" | with_prev named | cni bandwidth DEL c1 eth9
finish
