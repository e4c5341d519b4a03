#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# All ways in which manifests come: YAML in its varieties, JSON, Lists as kubectl
# prints them, several files, standard input.
. "${top_srcdir:-.}/tests/lab/plain.sh"

# same NAME A B: two statuses agree.
same() {
	if cmp -s "$2" "$3"; then
		ok "$1"
	else
		not_ok "$1"
		diff "$2" "$3" | sed 's/^/# /' | head -n 20
	fi
}

"$lab" status --json -q -f "$shop" >"$scratch/shop.status" || not_ok "shop.yaml"

# The same objects by an independent reader, in the forms that an API server gives.
if "$python" -c 'import yaml' 2>/dev/null; then
	"$python" - "$shop" "$scratch" <<'END'
import json, sys, yaml

documents = [d for d in yaml.safe_load_all(open(sys.argv[1])) if d]


def write(name, value, **options):
    with open(sys.argv[2] + "/" + name, "w") as out:
        json.dump(value, out, **options)


write("list.json", {"apiVersion": "v1", "kind": "List", "metadata": {"resourceVersion": ""},
                    "items": documents}, indent=4)
write("list.yaml", {"kind": "List", "apiVersion": "v1", "items": [
    {"apiVersion": "v1", "kind": "List", "items": documents}]})
with open(sys.argv[2] + "/stream.json", "w") as out:
    for document in documents:
        json.dump(document, out)
# Typed lists, whose items do not say what they are.
kinds = {}
for document in documents:
    kinds.setdefault((document["apiVersion"], document["kind"]), []).append(document)
with open(sys.argv[2] + "/typed.json", "w") as out:
    for (version, kind), items in kinds.items():
        items = [{k: v for k, v in i.items() if k not in ("kind", "apiVersion")} for i in items]
        json.dump({"kind": kind + "List", "apiVersion": version, "items": items}, out)
with open(sys.argv[2] + "/dumped.yaml", "w") as out:
    yaml.safe_dump_all(documents, out, sort_keys=False)
END
	for form in list.json list.yaml stream.json dumped.yaml; do
		"$lab" status --json -q -f "$scratch/$form" >"$scratch/form.status"
		same "$form gives what shop.yaml gives" "$scratch/shop.status" "$scratch/form.status"
	done
	"$lab" status --json -q -f "$scratch/typed.json" >"$scratch/form.status"
	check "typed lists give as many objects" "$python" -c '
import json, sys
a, b = (json.load(open(f)) for f in sys.argv[1:])
for key in ("nodes", "pods", "services", "ingresses"):
    assert len(a[key]) == len(b[key]), key
' "$scratch/shop.status" "$scratch/form.status"
else
	echo "ok forms of lists # SKIP python3-yaml is missing"
fi

"$lab" status --json -q -f - <"$shop" >"$scratch/form.status"
same "standard input" "$scratch/shop.status" "$scratch/form.status"
{ printf '\357\273\277'; sed 's/$/\r/' "$shop"; } >"$scratch/crlf.yaml"
"$lab" status --json -q -f "$scratch/crlf.yaml" >"$scratch/form.status"
same "a byte order mark and carriage returns" "$scratch/shop.status" "$scratch/form.status"
mkfifo "$scratch/fifo"
cat "$shop" >"$scratch/fifo" &
"$lab" status --json -q -f "$scratch/fifo" >"$scratch/form.status"
same "a pipe" "$scratch/shop.status" "$scratch/form.status"
awk -v dir="$scratch" 'BEGIN { n = 1 } /^---$/ { n++ } { print > (dir "/part-" (n < 20 ? "a" : "b") ".yaml") }' \
	"$shop"
"$lab" status --json -q -f "$scratch/part-a.yaml" -f "$scratch/part-b.yaml" >"$scratch/form.status"
same "two files" "$scratch/shop.status" "$scratch/form.status"

# --- scalars, by the rules that Kubernetes' reader follows ----------------------
# value YAML JSON: as the value of an annotation that is refused or taken.
value() {
	printf 'apiVersion: v1\nkind: Pod\nmetadata: {name: a, labels: {l: %s}}\n%s\n' "$1" \
		'spec: {containers: [{name: c}]}' >"$scratch/scalar.yaml"
	"$lab" status -f "$scratch/scalar.yaml" >"$scratch/out" 2>"$scratch/err"
	case $2 in
	string) test -s "$scratch/out" ;;
	other) grep -q 'metadata.labels.l: is not a string' "$scratch/err" ;;
	esac && ok "$1 is a $2" || not_ok "$1 is a $2"
}
for scalar in yes No on OFF y n true False 1 -1 +1 0x1f 010 0o17 0b11 1_000 1.5 .5 1e3 1. '~' null; do
	value "$scalar" other
done
for scalar in '"yes"' "'1'" '!!str 1' yess 1a 2001-01-01 1.2.3 v1 10.96.0.1 0x 1e -. 12:30; do
	value "$scalar" string
done

# port TEXT NUMBER
port() {
	printf 'apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec: {ports: [{port: %s}]}\n' \
		"$1" >"$scratch/port.yaml"
	if "$lab" status -q --json -f "$scratch/port.yaml" | grep -q "\"port\": $2,"; then
		ok "port $1 is $2"
	else
		not_ok "port $1 is $2"
	fi
}
port 80 80
port 0x50 80
port 0120 80
port 0o120 80
port 0b1010000 80
port 1_024 1024
port +80 80

# --- what is skipped is counted, in one line --------------------------------------
"$lab" status -f "$shop" 2>&1 >/dev/null |
	grep -qx 'skipped 6 objects of other kinds: Namespace 3, ServiceAccount 1, ConfigMap 1, Secret 1' &&
	ok "other kinds are counted" || not_ok "other kinds are counted"
"$lab" status -q -f "$shop" 2>"$scratch/err" >/dev/null
test ! -s "$scratch/err" && ok "--quiet" || not_ok "--quiet"

# --- what Kubernetes lacks, and what the lab does not do ---------------------------
cat >"$scratch/lenient.yaml" <<'END'
apiVersion: v1
kind: Service
metadata: {name: 1a}
spec: {ports: [{port: 80, targetport: 81}]}
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: deny}
spec: {podSelector: {}}
---
apiVersion: example.org/v1
kind: Widget
metadata: {name: w}
spec: {anything: [1]}
END
"$lab" status -q -f "$scratch/lenient.yaml" >/dev/null 2>&1 && not_ok "strict is the default" ||
	ok "strict is the default"
"$lab" status --validate ignore -f "$scratch/lenient.yaml" >"$scratch/out" 2>"$scratch/err" &&
	ok "--validate=ignore" || not_ok "--validate=ignore"
grep -q 'NetworkPolicy.*deny: not enforced' "$scratch/err" && ok "a policy is not enforced" ||
	not_ok "a policy is not enforced: $(cat "$scratch/err")"
grep -q '1a' "$scratch/out" && ok "a service that begins with a digit" || not_ok "a service that begins with a digit"

# --- anchors and merge keys --------------------------------------------------------
cat >"$scratch/anchors.yaml" <<'END'
apiVersion: v1
kind: Pod
metadata:
  name: a
  labels: &labels {app: x, tier: web}
spec: {containers: [&c {name: c, ports: [{containerPort: 80}]}]}
---
apiVersion: v1
kind: Service
metadata: {name: s}
spec:
  selector: &s {app: x}
  ports: [{<<: &p {port: 80, protocol: TCP}, port: 81, targetPort: 80}]
END
check "anchors and merge keys" sh -c "'$lab' status -q --json -f '$scratch/anchors.yaml' |
	tr -d ' \n' | grep -q '\"protocol\":\"TCP\",\"port\":81,\"targetPort\":80,\"endpoints\":\[\"10.1.1.2:80\"\]'"

exit $failed
