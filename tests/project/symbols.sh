#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Headers, version script, library and manual name the same functions.
command -v nm >/dev/null || exit 77
exec "$top_srcdir/scripts/check-symbols"
