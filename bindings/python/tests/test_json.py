# SPDX-License-Identifier: LGPL-2.1-or-later
"""JSON from Python: beside Python's own reader, and where ours is stricter."""

import errno
import json
import unittest

import k8snet


class Documents(unittest.TestCase):
    def setUp(self):
        self.document = k8snet.JsonDocument()

    def test_the_same_as_pythons_own(self):
        for text in ('{"a": [1, -2.5e3, "x\\u00e9\\u0000", null, true, {}], "": []}', "7",
                     '"\u20ac"', "[[[]]]", "-0.0", "9223372036854775807"):
            self.assertEqual(self.document.parse(text), json.loads(text))

    def test_stricter(self):
        for text in ('{"a":1,"a":2}', "NaN", b'"\xff"', "[1] 2", "", "[1,]"):
            with self.assertRaises(k8snet.K8snetError) as caught:
                self.document.parse(text)
            self.assertEqual(caught.exception.code, errno.EINVAL)
            self.assertRegex(caught.exception.message, "^line 1, column [0-9]+: ")

    def test_limits(self):
        self.document.max_values = 3
        self.assertEqual(self.document.max_values, 3)
        self.document.parse("[1,2]")
        with self.assertRaises(k8snet.K8snetError) as caught:
            self.document.parse("[1,2,3]")
        self.assertEqual(caught.exception.code, errno.E2BIG)
        with self.assertRaises(k8snet.K8snetError):
            self.document.max_values = 0

    def test_lazy(self):
        self.assertIsNone(self.document.lazy)
        self.document.lazy = "object"
        self.assertEqual(self.document.lazy, "object")
        event = self.document.parse('{"type":"ADDED","object":{ "kind":"Node" }}')
        self.assertEqual(event, {"type": "ADDED", "object": b'{ "kind":"Node" }'})
        self.document.lazy = None
        self.assertEqual(self.document.parse('{"object":{}}'), {"object": {}})


if __name__ == "__main__":
    unittest.main()
