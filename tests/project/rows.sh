#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/netns/rows.txt names tests that are there, and groups of checks that are run.
set -eu
cd "$top_srcdir"
rows=tests/netns/rows.txt
failed=0

bad() {
	echo "not ok $rows:$line: $*"
	failed=1
}

# names FILE WORD
names() {
	grep -qE "(^|[^A-Za-z0-9_-])$2([^A-Za-z0-9_-]|\$)" "$1"
}

# By a script, as a group, or by its own file.
is_run() {
	cat tests/netns/*.sh | names - "$2" || grep -E "[^A-Za-z0-9_]$2\(" "$1" | grep -qv "def "
}

named() {
	file=$1
	shift
	test -f "$file" || { bad "there is no $file"; return; }
	test $# -gt 0 || bad "nothing of $file is named"
	for word in "$@"; do
		names "$file" "$word" || bad "$file has no $word"
		case $file in
		*.py) is_run "$file" "$word" || bad "nothing runs $word of $file" ;;
		*.c) names "$file" "static void $word" || bad "$file has no function $word" ;;
		esac
	done
}

line=0 n_rows=0 n_tests=1
while read -r text; do
	line=$((line + 1))
	case $text in
	"" | "#"*) ;;
	tests/*)
		n_tests=$((n_tests + 1))
		# shellcheck disable=SC2086
		named "${text%%:*}" ${text#*:}
		;;
	"lacks "*) n_tests=$((n_tests + 1)) ;;
	*)
		test "$n_tests" -gt 0 || bad "the row before it has no test"
		n_rows=$((n_rows + 1)) n_tests=0
		;;
	esac
done <"$rows"
test "$n_tests" -gt 0 || bad "the last row has no test"
test "$n_rows" -gt 20 || bad "only $n_rows rows"
test $failed -ne 0 || echo "ok $n_rows rows have tests"
exit $failed
