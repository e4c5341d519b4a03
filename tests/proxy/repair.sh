#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What others do to the tables is noticed and repaired at once, counted, and told; who
# does it again and again is not answered without end; others' own is left alone.
. "$(dirname "$0")/proxy.sh"

joined dual nodes=2
serve
vip=10.96.0.10
$python "$own/events.py" objects "$objects/cluster.json" Node Service EndpointSlice >"$objects/dir/all.json"
$python "$own/events.py" objects "$objects/cluster.json" Node Service EndpointSlice/one-v4 >"$objects/fewer.json"

nft_in() {
	ip netns exec "$prefix-n1" nft "$@"
}

# What is there, in any order.
state() {
	nft_in list ruleset | grep -v 'counter' | tr ',{}' '\n\n\n' | sed 's/^[ \t]*//; s/[ \t]*$//' | sort
}

is_whole() {
	state >"$objects/now"
	cmp -s "$objects/whole" "$objects/now"
}

# repaired WHAT NFT-COMMAND...: within a second, and counted.
repaired() {
	what=$1
	shift
	before=$(metric 1 k8snet_repairs_total)
	nft_in "$@" || not_ok "$what: nft"
	begin=$(date +%s%N)
	until_true "$what" is_whole
	took=$((($(date +%s%N) - begin) / 1000000))
	expect "$what: within a second: $took ms" test $took -lt 1000
	until_true "$what: counted once" metric_is 1 k8snet_repairs_total -eq $((before + 1))
	sleep 1.1
}

nft_in add table inet others
nft_in add chain inet others input '{ type filter hook input priority 0; }'
nft_in add rule inet others input counter accept
# An hour: only notices bring anything about.
start 1 --dir "$objects/dir" --sync-period 1h
until_true "synced" is_synced 1
state >"$objects/whole"
expect "the beginning is no repair" metric_is 1 k8snet_repairs_total -eq 0
element=$(nft_in list map ip k8snet endpoints-tcp | grep -o "$vip \. 80 \. 1 : [0-9.]* \. [0-9]*")
repaired "an element that is deleted" delete element ip k8snet endpoints-tcp "{ $element }"
where=$(nft_in list map ip k8snet services | grep -o "$vip \. tcp \. 80 : [^,}]*" | sed 's/.* : //')
repaired "one that is added" add element ip k8snet services "{ $vip . tcp . 4711 : $where }"
repaired "a map that is flushed" flush map ip6 k8snet services
repaired "a chain that is flushed" flush chain ip k8snet postrouting
repaired "a table that is deleted" delete table ip k8snet
repaired "a table that is flushed" flush table ip6 k8snet
check repaired vip

nft_in list table inet others >"$objects/others"
before=$(metric 1 k8snet_disturbances_total)
nft_in add rule inet others input ip saddr 192.0.2.1 drop
nft_in delete table inet others
nft_in -f "$objects/others"
sleep 0.5
expect "others' tables are none of its business" metric_is 1 k8snet_disturbances_total -eq "$before"

# All at once, as somebody's firewall does it.
before=$(metric 1 k8snet_repairs_total)
printf 'flush ruleset\n' | cat - "$objects/others" >"$objects/firewall"
nft_in -f "$objects/firewall"
until_true "flush ruleset" is_whole
expect "counted" metric_is 1 k8snet_repairs_total -eq $((before + 1))
expect "told" said 'somebody changed the tables: repaired with [0-9]* operations'
expect "the firewall's is there" eval 'nft_in list ruleset | grep -q "table inet others"'
sleep 1

# A change of one's own is no repair, whatever others do meanwhile.
before=$(metric 1 k8snet_repairs_total)
for i in 1 2 3 4 5 6 7 8; do
	nft_in add rule inet others input ip saddr "192.0.2.$i" drop
	cp "$objects/$(test $((i % 2)) = 0 && echo dir/all || echo fewer).json" "$objects/next"
	mv "$objects/next" "$objects/dir/web.json"
done
rm "$objects/dir/web.json"
nft_in flush table inet others && nft_in -f "$objects/others"
until_true "changes are applied" eval 'nft_in list map ip k8snet endpoints-tcp | grep -q "10.96.0.11 . 80 . 0"'
expect "and are no repairs" metric_is 1 k8snet_repairs_total -eq "$before"

# Somebody who does it as fast as he can, for three seconds.
sleep 5
before=$(metric 1 k8snet_syncs_total)
cpu=$(awk '{ print $14 + $15 }' "/proc/$pid/stat")
ip netns exec "$prefix-n1" sh -c 'end=$(($(date +%s) + 3))
	while test $(date +%s) -le $end; do nft flush chain ip k8snet postrouting; done'
after=$(metric 1 k8snet_syncs_total)
cpu=$(($(awk '{ print $14 + $15 }' "/proc/$pid/stat") - cpu))
expect "a fight: $((after - before)) repairs" test $((after - before)) -ge 3 -a $((after - before)) -le 12
expect "at no great cost: $cpu ticks" test $cpu -lt 150
until_true "and at its end all is whole" eval 'nft_in list chain ip k8snet postrouting | grep -q masquerade'
check "after a fight" vip

# --- without notices: at the end of each period ------------------------------------------
stop TERM
nft_in delete table ip k8snet
start 1 --dir "$objects/dir" --sync-period 1s
until_true "a new process makes what is missing" eval 'nft_in list map ip k8snet services | grep -q 10.96.0.11'
until_true "and compares by and by" metric_is 1 k8snet_full_syncs_total -ge 3
expect "without finding anything" metric_is 1 k8snet_repairs_total -eq 0
finish
