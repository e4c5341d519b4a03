# SPDX-License-Identifier: LGPL-2.1-or-later
# For the tests of k8snet-lab: sourced, not run.

lab=${LAB:-${top_builddir:-.}/k8snet-lab}
source_dir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
manifests=$source_dir/examples/manifests
python=/usr/bin/python3
scratch=$(mktemp -d)
names=

skip() {
	echo "SKIP: $*"
	exit 77
}

fail() {
	echo "FAILED: $*" >&2
	exit 1
}

# A lab's name of our own, taken down at the end, come what may.
new_name() {
	name=$1$$
	names="$names $name"
}

clean_up() {
	status=$?
	trap - EXIT
	for each in $names; do
		"$lab" down --name "$each" --quiet </dev/null >/dev/null 2>&1
	done
	rm -rf "$scratch"
	exit $status
}
trap clean_up EXIT
trap 'exit 130' INT TERM HUP

test -x "$lab" || skip "$lab is not built"
test "$(id -u)" = 0 || skip "root is needed"
unshare -n true 2>/dev/null || skip "no network namespaces here"
command -v ip >/dev/null || skip "ip is missing"

# Processes that were started for a lab: they keep the command line, and with it
# the name. The grep that looks for it is gone by the time it is looked at.
processes_of() {
	for each in $(grep -lzxF -e "$1" /proc/[0-9]*/cmdline 2>/dev/null); do
		tr "\0" " " <"$each" 2>/dev/null
	done 2>/dev/null
}

links() {
	ip -o link | sed 's/@.*//; s/: <.*//; s/^[0-9]*: //' | sort
}
links >"$scratch/links"

# Nothing of the lab is left: namespace, process, link, lease, state.
assert_gone() {
	left=$(find /run/netns -maxdepth 1 -name "$1-*" 2>/dev/null)
	test -z "$left" || fail "$1: namespaces left: $left"
	test ! -e "/run/k8snet-lab/$1" || fail "$1: state left: $(find "/run/k8snet-lab/$1")"
	test ! -e "/run/k8snet-lab/.$1.lock" || fail "$1: lock left"
	left=$(processes_of "$1")
	test -z "$left" || fail "$1: processes left: $left"
	links >"$scratch/links.now"
	cmp -s "$scratch/links" "$scratch/links.now" ||
		fail "$1: links changed: $(diff "$scratch/links" "$scratch/links.now")"
}

# Every flow of a `probe --json` is ok, and there are some.
assert_all_ok() {
	"$python" - "$1" <<'PYTHON' || fail "probe: $1"
import json, sys

rows = json.load(open(sys.argv[1]))
bad = [row for row in rows if not row["ok"]]
for row in bad[:20]:
    print("%(what)s: %(from)s -> %(to)s: %(why)s" % row, file=sys.stderr)
for row in rows:
    assert set(row) == {"what", "from", "to", "answered_by", "ms", "ok", "why"}, row
print("%d flows, %d failed" % (len(rows), len(bad)))
sys.exit(bool(bad) or not rows)
PYTHON
}
