#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# The tests of the Python bindings, against the library in the build directory.
set -eu

if ! test -e "$top_builddir/bindings/python/.libs/_k8snet.so"; then
	echo "skipped: the bindings were not built (python3-cffi, python3-dev)"
	exit 77
fi
if test -n "$SANITIZER_CFLAGS"; then
	asan=$($CC -print-file-name=libasan.so)
	if test "$asan" = libasan.so; then
		echo "skipped: an interpreter without ASan cannot load what $CC instrumented"
		exit 77
	fi
	# The interpreter itself is not instrumented, and does not free all it has.
	LD_PRELOAD=$(readlink -f "$asan")
	ASAN_OPTIONS=detect_leaks=0:${ASAN_OPTIONS:-}
	export LD_PRELOAD ASAN_OPTIONS
fi
PYTHONPATH=$top_srcdir/bindings/python:$top_builddir/bindings/python/.libs
LD_LIBRARY_PATH=$top_builddir/lib/.libs
PYTHONDONTWRITEBYTECODE=1
export PYTHONPATH LD_LIBRARY_PATH PYTHONDONTWRITEBYTECODE
exec "$PYTHON" -X dev -W error -m unittest discover -v -s "$top_srcdir/bindings/python/tests"
