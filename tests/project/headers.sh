#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Each public header compiles alone, as strict C11 and as C++17, and includes
# only the C standard headers and its neighbours.
set -eu

flags="-Wall -Wextra -Werror -pedantic -fsyntax-only -I$top_srcdir/include -I$top_builddir/include"
failed=0

try() {
	what=$1
	shift
	if "$@"; then
		echo "ok $what"
	else
		echo "not ok $what"
		failed=1
	fi
}

only_standard_includes() {
	! grep -Hn '#include' "$1" |
		grep -Ev '<(stdbool|stddef|stdint)\.h>|<k8snet/[a-z]+\.h>'
}

for header in "$top_srcdir"/include/k8snet/*.h "$top_builddir"/include/k8snet/version.h; do
	name=k8snet/${header##*/}
	source="#include <$name>"
	try "$name as C11" sh -c "echo '$source' | $CC -std=c11 $flags -x c -"
	if command -v g++ >/dev/null; then
		try "$name as C++17" sh -c "echo '$source' | g++ -std=c++17 $flags -x c++ -"
	else
		echo "ok $name as C++17 # SKIP g++ is missing"
	fi
	try "$name includes standard headers only" only_standard_includes "$header"
done
exit $failed
