#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each manual page is clean by mandoc's own lint, down to matters of style.
set -eu

if ! command -v mandoc >/dev/null; then
	echo "skipped: mandoc is missing"
	exit 77
fi
failed=0
for page in "$top_srcdir"/man/*.[1-9]; do
	# Which pages are installed is not a matter of ours; whether our own exist is.
	complaints=$(mandoc -T lint -W style "$page" 2>/dev/null |
		grep -v -e 'referenced manual not found' \
			-e 'Mdocdate missing' -e 'RCS id missing' || true)
	for name in $(sed -n 's/^\.Xr \(\(lib\)\{0,1\}k8snet[a-z_-]*\) \([1-9]\).*/\1.\3/p' "$page"); do
		test -e "$top_srcdir/man/$name" ||
			complaints="$complaints
$page: refers to $name, which does not exist"
	done
	if test -n "$complaints"; then
		echo "$complaints"
		echo "not ok ${page##*/}"
		failed=1
	else
		echo "ok ${page##*/}"
	fi
done
exit $failed
