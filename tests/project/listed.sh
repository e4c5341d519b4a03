#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each source file is listed in a Makefile.inc, so that it is built and shipped,
# and begins with its licence.
set -eu
cd "$top_srcdir"

failed=0
cat Makefile.am $(find lib examples tests bindings man -name Makefile.inc) >"$top_builddir/listed.tmp"
trap 'rm -f "$top_builddir/listed.tmp"' EXIT
for file in $(find lib examples tests bindings -name '*.[ch]' -o -path '*/tests/*.py' | sort); do
	# tests/fuzz lists the names of its programs.
	case $file in
	tests/fuzz/*) name=$(basename "$file" .c) ;;
	*) name=$file ;;
	esac
	if ! grep -qF "$name" "$top_builddir/listed.tmp"; then
		echo "not ok $file is in no Makefile.inc"
		failed=1
	fi
	if ! head -n 2 "$file" | grep -q 'SPDX-License-Identifier: LGPL-2.1-or-later'; then
		echo "not ok $file has no SPDX line"
		failed=1
	fi
done
test $failed -ne 0 || echo "ok source files are listed, with their licence"
exit $failed
