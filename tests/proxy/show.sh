#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# show: services as the kernel has them, as text and JSON, against golden files; hits, against
# what was asked of them; a table without counters stays so.
. "$(dirname "$0")/proxy.sh"

golden=$own/golden

# show ARGUMENTS...
show() {
	"$proxy" show --netns "/run/netns/$prefix-n1" "$@"
}

# hits "PROTOCOL ADDRESS:PORT": of an IPv4 frontend, its backends, those for its policy Local.
hits() {
	show --dir "$objects/dir" -o json | $python -c '
import json, sys
wanted = sys.argv[1]
for f in json.load(sys.stdin):
    name = "%s %s:%d" % (f["protocol"], f["address"] or "*", f["port"])
    if name == wanted and f["family"] == 4:
        backends = [b["hits"] for b in f["backends"] if not b["local"]]
        local = [b["hits"] for b in f["backends"] if b["local"]]
        print(f["hits"], sum(backends), sum(local))' "$1"
}

# ask TIMES WHERE ADDRESS PORT
ask() {
	$python - "$here" "$prefix-$2" "$1" "$3" "$4" <<'ASK' || not_ok "asking $3 $4"
import sys
sys.path.insert(0, sys.argv[1])
import flows
for _ in range(int(sys.argv[3])):
    flows.who(sys.argv[2], sys.argv[4], int(sys.argv[5]))
ASK
}

# is WHAT WANTED GOT
is() {
	if test "$2" = "$3"; then
		ok "$1"
	else
		not_ok "$1: \"$3\", not \"$2\""
	fi
}

joined dual
serve
log=$objects/log-1
$python "$own/explained.py" objects "$prefix" "$family" "$objects/dir/all.json"
flags="--dir $objects/dir --cluster-cidr 10.1.0.0/16,fd00:1::/48"
once 1 --once --counters $flags || { not_ok "node 1"; cat "$log"; finish; }

for golden_as in text json; do
	for name in one none outer heavy maglev turns sticky nearby; do
		show --dir "$objects/dir" -o "$golden_as" "shop/$name"
	done >"$objects/shown.$golden_as"
	same "show as $golden_as" "$golden/show.$golden_as" "$objects/shown.$golden_as"
done
show -o json | $python -c 'import json, sys; sys.exit(len(json.load(sys.stdin)) < 20)' &&
	ok "JSON is JSON"
is "one service" "TCP TCP" "$(show --dir "$objects/dir" shop/one | awk '/^TCP/ { print $1 }' | xargs)"
is "one address" "TCP 10.96.0.11:80" "$(show 10.96.0.11 | awk 'NR == 2 { print $1, $2 }')"
show --dir "$objects/dir" shop/nobody >"$objects/out" 2>&1
is "a service that is not there" "1 k8snet-service-proxy: show: the kernel has no such service" \
	"$? $(cat "$objects/out")"
for bad in "shop/one" "-o xml" "--nothing" "10.96.0.300" "1.1.1.1 2.2.2.2"; do
	# shellcheck disable=SC2086
	show $bad >"$objects/out" 2>&1
	is "show $bad is a mistake" "2 0" "$? $(grep -c '^PROTO' "$objects/out")"
done

ask 6 client-1 10.96.0.10 80
ask 3 client-1 203.0.113.14 80
ask 2 out 203.0.113.14 80
ask 5 out 10.100.0.11 30080
ask 4 client-1 10.96.0.34 80
is "hits of a cluster IP and its backends" "6 6 0" "$(hits 'TCP 10.96.0.10:80')"
is "hits of a policy Local" "5 3 2" "$(hits 'TCP 203.0.113.14:80')"
is "hits of a node port" "5 5 0" "$(hits 'TCP *:30080')"
is "hits with session affinity" "4 4 0" "$(hits 'TCP 10.96.0.34:80')"
is "hits of a service port, by another address" "0 4 0" "$(hits 'TCP *:30034')"
is "hits of one that nobody asked" "0 0 0" "$(hits 'TCP 10.96.0.11:80')"
is "nft says the same" "6" "$(table 1 | sed -n 's/.* 10\.96\.0\.10 \. tcp \. 80 counter packets \([0-9]*\) .*/\1/p' | head -n 1)"

# What is read by nft again is the same table, and one that counts.
table 1 >"$objects/listed"
ip netns exec "$prefix-n1" nft -f - <<RELOAD
flush ruleset
$(cat "$objects/listed")
RELOAD
is "hits after nft -f of what nft listed" "6 6 0" "$(hits 'TCP 10.96.0.10:80')"

# The kernel keeps maps as they were made. That is told once, and is no difference.
once 1 --once $flags -v && : >"$objects/said"
grep -c 'it was made with counters, and stays so' "$log" >"$objects/said"
is "counters that are there are told once" 1 "$(cat "$objects/said")"
is "and are no difference" 1 "$(grep -c ': 0 operations$' "$log")"
# A table that is not whole is mended as it was.
ip netns exec "$prefix-n1" nft delete rule ip k8snet postrouting \
	handle "$(ip netns exec "$prefix-n1" nft -a list chain ip k8snet postrouting | sed -n 's/.*@hairpin.*# handle //p')"
expect "a table is mended with the counters that it has" once 1 --once $flags
is "and still counts" "6 6 0" "$(hits 'TCP 10.96.0.10:80')"

once 2 --once $flags
once 2 --once --counters $flags
expect "a table without counters stays so" \
	grep -q 'it was made without counters, and stays so' "$objects/log-2"
is "its hits are not told" "null" "$("$proxy" show --netns "/run/netns/$prefix-n2" -o json 10.96.0.10 |
	$python -c 'import json, sys; print(json.dumps(json.load(sys.stdin)[0]["hits"]))')"
is "without a table there is nothing to show" "1" \
	"$("$proxy" show --netns "/run/netns/$prefix-n3" | wc -l)"
finish
