#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# What status and graph print for the shop, to the letter. UPDATE=1 writes it anew.
. "${top_srcdir:-.}/tests/lab/plain.sh"

golden=$source_dir/tests/lab/golden

# golden FILE ARGUMENT...
golden() {
	golden_file=$golden/$1
	shift
	"$lab" "$@" -q -f "$shop" >"$scratch/out"
	test -z "${UPDATE-}" || cp "$scratch/out" "$golden_file"
	check "${golden_file##*/}" diff -u "$golden_file" "$scratch/out"
}
golden status.txt status
golden status.json status --json
golden status-dual.json status --json --family dual
golden graph.txt graph
golden graph-ptp-ipv6.txt graph --link ptp --family ipv6 --mode overlay --nodes 4
golden graph.dot graph --format dot

"$lab" graph -q --format svg -f "$shop" -o "$scratch/shop.svg"
check "SVG is XML, and has every address in it" "$python" -c '
import json, sys, xml.etree.ElementTree as tree
root = tree.parse(sys.argv[1]).getroot()
assert root.tag == "{http://www.w3.org/2000/svg}svg"
text = "\n".join("".join(e.itertext()) for e in root.iter())
status = json.load(open(sys.argv[2]))
for node in status["nodes"]:
    assert all(a in text for a in [node["name"]] + node["addresses"]), node
for pod in status["pods"]:
    assert all(a in text for a in [pod["name"]] + pod["addresses"]), pod
for service in status["services"]:
    assert service["name"] in text, service
    for a in service["clusterIPs"] + service["loadBalancerIPs"] + service["externalIPs"]:
        assert a == "None" or a in text, a
    for port in service["ports"]:
        assert "%d/%s" % (port.get("nodePort", port["port"]), port["protocol"]) in text, port
for ingress in status["ingresses"]:
    for rule in ingress["rules"]:
        assert rule["host"] in text and rule["path"] in text, rule
' "$scratch/shop.svg" "$golden/status.json"
check "--output and standard output agree" sh -c \
	"'$lab' graph -q --format svg -f '$shop' | cmp - '$scratch/shop.svg'"
if command -v dot >/dev/null; then
	check "graphviz takes the DOT" dot -Tsvg -o /dev/null "$golden/graph.dot"
else
	echo "ok graphviz takes the DOT # SKIP graphviz is missing"
fi
# What a terminal shows is as wide as the terminal at most.
check "lines of the diagram" "$python" -c '
import sys
lines = open(sys.argv[1], encoding="utf-8").read().split("\n")
assert max(map(len, lines)) <= 100, max(lines, key=len)
frames = [l for l in lines if "┌─ node" in l or "└─┬─ eth0" in l or "│ ├─" in l]
assert len({len(l) for l in frames if l.count("│") == 4 or l.count("┌") == 2}) <= 1
' "$golden/graph.txt"

exit $failed
