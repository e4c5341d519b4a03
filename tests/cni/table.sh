#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# table.md says for each operation and key which case tests it: each case is there, and each
# key of the manual is in the table.
set -eu
table=$top_srcdir/tests/cni/table.md
failed=0
rows=0
while IFS='|' read -r _ what key file name _; do
	trim() { echo "$1" | sed 's/^ *//; s/ *$//'; }
	what=$(trim "$what") key=$(trim "$key") file=$(trim "$file") name=$(trim "$name")
	case $file in *.sh) ;; *) continue ;; esac
	rows=$((rows + 1))
	if ! grep -qF -- "$name" "$top_srcdir/tests/cni/$file"; then
		echo "not ok $what, $key: no case \"$name\" in $file"
		failed=1
	fi
done <"$table"
test "$rows" -gt 100 && echo "ok $rows cases are where the table says" || failed=1

sed -n 's/^\.\(It \)\{0,1\}Ic //p' "$top_srcdir/man/k8snet-cni.8" | tr -s ' ,;.:()' '\n' |
	grep -E '^[a-z][A-Za-z0-9]*$' | sort -u >"$top_builddir/cni-keys.tmp"
while read -r key; do
	case $key in type | prevResult | ipam) continue ;; esac
	if ! grep -qE "^\|[^|]*\|[^|]*\b$key\b" "$table"; then
		echo "not ok $key is in the manual and not in the table"
		failed=1
	fi
done <"$top_builddir/cni-keys.tmp"
echo "# $(wc -l <"$top_builddir/cni-keys.tmp") keys in the manual"
rm -f "$top_builddir/cni-keys.tmp"
test $failed -ne 0 || echo "ok each key of the manual is in the table"
exit $failed
