#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# --dir: what happens to files happens to services.
. "$(dirname "$0")/proxy.sh"

joined ipv4 nodes=2
serve
dir=$objects/dir
all=$objects/cluster.json
vip=10.96.0.10

objects() {
	$python "$own/events.py" objects "$all" "$@"
}

# leads_to NAME...: the backends that the table has for web, in any order.
leads_to() {
	want=$(for each in "$@"; do echo "10.1.${each#*-}.3"; done | sort)
	have=$(ip netns exec "$prefix-n1" nft list map ip k8snet endpoints-tcp 2>/dev/null |
		grep -o "$vip \. 80 \. [0-9]* : [0-9.]*" | sed 's/.* : //' | sort)
	test "$want" = "$have"
}

is_rejected() {
	metric_is 1 k8snet_rejected_total -ge "$1"
}

is_there() {
	table 1 | grep -q "$1"
}

is_not_there() {
	! is_there "$1"
}

objects Node >"$dir/nodes.json"
objects Service >"$dir/services.json"
objects EndpointSlice >"$dir/slices.json"
start 1 --dir "$dir" --sync-period 2s
until_true "objects of several files are served" leads_to web-1 web-2
check dir vip

# Written in place, in pieces: nothing is read before the file is closed.
{
	head -c 300 "$objects/web-first.json"
	sleep 0.3
	tail -c +301 "$objects/web-first.json"
} >"$dir/slices.json"
until_true "a file that is written again" leads_to web-1
expect "what has left the file is gone" is_not_there "10.96.0.11 .* 80 . 0 "
expect "half a file was not read" is_rejected 0

# Moved into place, and out of it.
cp "$objects/web-all.json" "$objects/next" && mv "$objects/next" "$dir/web.json"
until_true "a file that is moved here; the last name counts" leads_to web-1 web-2
expect "which is told" said 'web.json: other files have objects of it, too: 1, such as EndpointSlice/shop/web-v4'
objects EndpointSlice >"$objects/next" && mv "$objects/next" "$dir/slices.json"
until_true "the other file changes" is_there '10.96.0.11 .* 80 . 0 '
cp "$objects/web-none.json" "$objects/next" && mv "$objects/next" "$dir/web.json"
until_true "and again the last name counts" leads_to
mv "$dir/web.json" "$objects/web.json"
until_true "a file that is moved away: the other has it" leads_to web-1 web-2

# Broken files: what was good last stays.
for broken in '{"kind":"List","apiVersion":"v1","items":[' 'nonsense'; do
	before=$(metric 1 k8snet_rejected_total)
	echo "$broken" >"$dir/services.json"
	until_true "a broken file is counted" is_rejected $((before + 1))
done
expect "with file and place" said "services.json: line 1, column "
# One object that is refused is kept as it was, and the others of its file are not held up.
python_list() {
	$python -c 'import json, sys
items = json.load(sys.stdin)["items"]
for item in items:
    if item["metadata"]["name"] == "web":
        item["spec"]["ports"] = []
print(json.dumps({"kind": "List", "apiVersion": "v1", "items": items[:int(sys.argv[1])]}))' "$1"
}
before=$(metric 1 k8snet_rejected_total)
objects Service | python_list 100 >"$dir/services.json"
until_true "an object that is refused is counted" is_rejected $((before + 1))
expect "with file, object and field" said "services.json: Service shop/web: spec.ports: is missing"
check "an object that is refused" vip
: >"$dir/services.json"
until_true "an empty one is passed over" said "services.json: is empty"
expect "nothing has changed" leads_to web-1 web-2
check "broken files" vip
objects Service >"$dir/services.json"
rm "$dir/services.json"
until_true "a file that is deleted" eval '! table 1 | grep -q "10.96.0.1[0-9] "'

# Others are not looked at.
objects Service >"$dir/.services.json"
objects Service >"$dir/services.yaml"
mkdir "$dir/services.json" && mkfifo "$dir/pipe.json"
until_true "a directory is no file" said "services.json: is not a file"
rmdir "$dir/services.json"
rm "$dir/pipe.json"

# A volume of Kubernetes: links through a directory that is replaced at once.
mkdir "$dir/..1" "$dir/..2"
objects Service >"$dir/..1/services.json"
objects Service/one >"$dir/..2/services.json"
ln -s ..1 "$dir/..data"
ln -s ..data/services.json "$dir/services.json"
until_true "a link" leads_to web-1 web-2
ln -s ..2 "$dir/..next" && mv -T "$dir/..next" "$dir/..data"
until_true "a volume that is replaced" leads_to
expect "has what the other half had" is_there '10.96.0.11 '
objects Service/web >"$dir/..2/services.json"
until_true "a change behind a link is found by and by" leads_to web-1 web-2

# The directory itself.
mv "$dir" "$objects/old"
sleep 0.3
expect "a directory that is moved away is kept in mind" leads_to web-1 web-2
mkdir "$dir"
objects Node >"$dir/nodes.json"
objects Service/one EndpointSlice/one-v4 >"$dir/all.json"
until_true "another one in its place" is_there '10.96.0.11 '
until_true "without what the first had" leads_to
objects Service/web EndpointSlice/web-v4 >"$dir/more.json"
until_true "is followed, too" leads_to web-1 web-2
stop TERM
expect "it ends well" test $? -eq 0
expect "and leaves the rules" leads_to web-1 web-2

# Many files at once are few plans.
echo 'kind: Service' >"$dir/service.yaml"
: >"$dir/.hidden.yaml"
start 1 --dir "$dir" --sync-period 60s
until_true "a new process" is_synced 1
expect "files that are passed over are named" said "service.yaml: is passed over"
expect "but not those that are hidden" eval '! said hidden'
before=$(metric 1 k8snet_syncs_total)
for i in $(seq 300); do
	printf '{"apiVersion":"v1","kind":"Service","metadata":{"name":"s%d","namespace":"many"},
		"spec":{"clusterIP":"10.96.%d.%d","ports":[{"port":80}]}}' "$i" $((1 + i / 200)) $((1 + i % 200)) \
		>"$objects/old/s$i.json"
done
# While it does not look, so that they are a burst on a busy machine, too.
kill -STOP $pid
mv "$objects"/old/s*.json "$dir"
kill -CONT $pid
until_true "300 files" metric_is 1 'k8snet_objects{kind="Service"}' -eq 302
until_true "are applied" is_there '10.96.2.101 '
after=$(metric 1 k8snet_syncs_total)
expect "in a few plans: $((after - before))" test $((after - before)) -le 20
rm "$dir"/s*.json
until_true "and taken away" eval '! table 1 | grep -q "10.96.2.101 "'
until_true "nothing is left of them" metric_is 1 'k8snet_objects{kind="Service"}' -eq 2
finish
