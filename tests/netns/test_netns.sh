#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Namespaces are entered by helper threads, and by nobody else.
set -u
. "$top_srcdir/tests/netns/lib.sh"
netns_need
netns_add node pod
netns_make_directory
: >"$netns_directory/file"
mkfifo "$netns_directory/fifo"
check "with a file" timeout 60 "$top_builddir/tests/netns/netns_check" "$(netns_path node)" \
	"$(netns_path pod)" "$netns_directory/file"
# A FIFO without a writer must not keep it waiting.
netns_add node2 pod2
check "with a FIFO" timeout 60 "$top_builddir/tests/netns/netns_check" "$(netns_path node2)" \
	"$(netns_path pod2)" "$netns_directory/fifo"
finish
