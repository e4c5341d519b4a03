# SPDX-License-Identifier: LGPL-2.1-or-later
"""Print what an expression makes of `out`, one JSON document: evaluate.py FILE EXPRESSION."""

import json
import sys


def unique(pairs):
    """An object without a key that is there twice."""
    keys = [key for key, _ in pairs]
    assert len(set(keys)) == len(keys), keys
    return dict(pairs)


with open(sys.argv[1], encoding="utf-8") as file:
    out = json.load(file, object_pairs_hook=unique)
print(eval(sys.argv[2], {"out": out, "json": json}))  # the test's own text
