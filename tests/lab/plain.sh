# SPDX-License-Identifier: LGPL-2.1-or-later
# For the tests of k8snet-lab that need neither root nor a kernel: sourced, not run.

export LC_ALL=C
lab=${LAB:-${top_builddir:-.}/k8snet-lab}
source_dir=${top_srcdir:-$(cd "$(dirname "$0")/../.." && pwd)}
shop=$source_dir/examples/manifests/shop.yaml
python=/usr/bin/python3
scratch=$(mktemp -d)
trap plain_end EXIT
trap 'exit 130' INT TERM HUP
failed=0

test -x "$lab" || {
	echo "SKIP: $lab is not built"
	exit 77
}

ok() {
	echo "ok $1"
}

# Also in a shell of its own, at the end of a pipeline.
not_ok() {
	echo "not ok $1"
	failed=1
	: >"$scratch/failed"
}

plain_end() {
	plain_status=$?
	test $plain_status != 0 || test ! -e "$scratch/failed" || plain_status=1
	rm -rf "$scratch"
	exit $plain_status
}

# check NAME COMMAND...
check() {
	check_name=$1
	shift
	if "$@" >"$scratch/check.out" 2>&1; then
		ok "$check_name"
	else
		not_ok "$check_name"
		sed 's/^/# /' "$scratch/check.out"
	fi
}

# bad NAME LINE...: standard input, as manifest.yaml, is refused with exactly
# these lines, in which FILE stands for its name; nothing is printed otherwise.
bad() {
	bad_name=$1
	shift
	cat >"$scratch/manifest.yaml"
	(cd "$scratch" && for bad_line in "$@"; do printf '%s\n' "$bad_line"; done |
		sed 's/^FILE/manifest.yaml/' >expected)
	refuses "$bad_name" -f manifest.yaml
}

# refuses NAME ARGUMENT...: status 1, the lines of $scratch/expected and no others.
refuses() {
	refuses_name=$1
	shift
	(cd "$scratch" && "$lab_path" status "$@" >out 2>err </dev/null)
	refuses_status=$?
	if test $refuses_status = 1 && test ! -s "$scratch/out" &&
		cmp -s "$scratch/expected" "$scratch/err"; then
		ok "$refuses_name"
	else
		not_ok "$refuses_name (status $refuses_status)"
		diff "$scratch/expected" "$scratch/err" | sed 's/^/# /'
	fi
}
case $lab in
/*) lab_path=$lab ;;
*) lab_path=$(pwd)/$lab ;;
esac

# A Service or a Deployment around what standard input has.
indent() {
	sed "s/^/$(printf '%*s' "$1" '')/"
}
