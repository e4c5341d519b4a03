#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# scripts/count-tests counts cases, in whatever way a test reports them.
set -eu
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0 n=0

# expect TOTALS RESULT LOG: one test with this result and log.
expect() {
	n=$((n + 1))
	rm -f "$tmp"/*
	printf ':test-result: %s\n' "$2" >"$tmp/t.trs"
	printf "$3" >"$tmp/t.log"
	got=$("$top_srcdir/scripts/count-tests" "$tmp")
	if test "$got" = "$1"; then
		echo "ok case $n: $1"
	else
		echo "not ok case $n: $got, not $1"
		failed=1
	fi
}

expect "1 passed, 0 failed, 0 skipped" PASS ""
expect "0 passed, 1 failed, 0 skipped" FAIL ""
expect "0 passed, 0 failed, 1 skipped" SKIP "lacks a thing\n"
expect "2 passed, 1 failed, 1 skipped" FAIL "ok a\nnot ok b\nok c\nok d # SKIP e\n"
expect "2 passed, 1 failed, 0 skipped" ERROR "ok a\nok b\n"
expect "5 passed, 0 failed, 0 skipped" PASS "[       OK ] x\n[  PASSED  ] 5 test(s).\n"
expect "4 passed, 1 failed, 0 skipped" FAIL \
	"[  FAILED  ] x\n[  PASSED  ] 4 test(s).\n[  FAILED  ] 1 test(s), listed below:\n[  FAILED  ] x\n"
expect "7 passed, 0 failed, 0 skipped" PASS "x (y) ... ok\nRan 7 tests in 0.1s\n\nOK\n"
expect "5 passed, 0 failed, 2 skipped" PASS "Ran 7 tests in 0.1s\n\nOK (skipped=2)\n"
expect "3 passed, 3 failed, 1 skipped" FAIL \
	"Ran 7 tests in 0.1s\n\nFAILED (failures=1, errors=2, skipped=1)\n"
exit $failed
