#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Eight at work at once, and each is killed (-9) at a random moment, many times: no address
# is given twice, and GC leaves nothing.
set -u
. "$top_srcdir/tests/cni/lib.sh"
cni_start
names=
for n in 1 2 3 4 5 6 7 8; do
	netns_add "c$n"
	names="$names c$n"
done
"$PYTHON" "$top_srcdir/tests/cni/killed_runtimes.py" "$cni_tmp" "$(netns_path host)" "$netns_prefix" \
	"${CNI_KILLS:-500}" || netns_failed=1
finish
