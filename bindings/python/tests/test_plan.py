# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plans and ingress tables from Python; no root, no kernel."""

import copy
import errno
import json
import os
import pickle
import subprocess
import sys
import threading
import unittest

import k8snet
from test_model import SHOP, load_shop


def plan_shop():
    cluster = load_shop()
    cluster.nodes["node-1"].uplink = ("eth0", 1500)
    return k8snet.Plan(cluster, "node-1")


class Plans(unittest.TestCase):
    def test_operations_outlive_their_plan(self):
        with plan_shop() as plan:
            texts, ops = plan.text.splitlines(), list(plan)
        for _ in range(3):  # what is released is used again
            other = k8snet.Plan(load_shop(), "node-1", remove_all=True)
            self.assertEqual([op.text for op in ops], texts)
            other.close()

    def test_nothing_is_copied(self):
        plan = plan_shop()
        for each in (plan, next(iter(plan)), load_shop(), k8snet.Context()):
            for copied in (copy.copy, copy.deepcopy, pickle.dumps):
                with self.assertRaises(TypeError):
                    copied(each)
        self.assertGreater(len(plan.text), 0)

    def test_a_mistyped_node_is_told(self):
        with self.assertRaises(k8snet.K8snetError) as caught:
            k8snet.Plan(load_shop(), "nod-1", prune=True)
        self.assertEqual(caught.exception.code, errno.ENOENT)
        self.assertIn("nod-1", caught.exception.message)
        self.assertEqual(k8snet.Plan(load_shop(), None, remove_all=True).lacks, [])

    def test_every_format_has_every_operation(self):
        plan = plan_shop()
        self.assertGreater(len(plan), 0)
        self.assertTrue(plan)
        ops = list(plan)
        self.assertEqual(len(ops), len(plan))
        self.assertEqual(len(plan.text.strip().splitlines()), len(plan))
        self.assertEqual(len(json.loads(plan.json)), len(plan))
        for op in ops:
            self.assertEqual(op.status, k8snet.OpStatus.PENDING)
            self.assertIn(op.layer, set(k8snet.Layer))
            self.assertTrue(op.verb)
            self.assertIsInstance(op.data, dict)
            self.assertIn(str(op), plan.text)

    def test_content(self):
        plan = plan_shop()
        self.assertIn("10.1.2.0/24", plan.commands)
        self.assertIn("192.0.2.2", plan.commands)
        self.assertIn("10.96.0.10", plan.commands)

    def test_an_operation_outlives_the_names_of_its_plan(self):
        ops = list(plan_shop())
        self.assertTrue(all(op.text for op in ops))

    def test_no_uplink(self):
        with self.assertRaises(k8snet.K8snetError):
            k8snet.Plan(load_shop(), "node-1")


class Tables(unittest.TestCase):
    def setUp(self):
        self.table = k8snet.IngressTable(load_shop())

    def test_match(self):
        route = self.table.match("shop.example", "/cart/items?page=2")
        self.assertEqual((route.namespace, route.ingress, route.service, route.port),
                         ("shop", "front", "cart", "http"))
        self.assertEqual(self.table.match("SHOP.example:8080", "/cart/total").port, 80)
        self.assertIsNone(self.table.match("shop.example", "/cartoon"))
        self.assertIsNone(self.table.match("other.example", "/cart"))
        self.assertIsNone(self.table.match(None, "/cart"))

    def test_walk(self):
        self.assertEqual(len(self.table), 2)
        self.assertEqual([r.path for r in self.table], ["/cart/total", "/cart"])
        self.assertEqual(next(iter(self.table)).path_type, k8snet.PathType.EXACT)

    def test_threads(self):
        wrong = []

        def match():
            for _ in range(2000):
                if self.table.match("shop.example", "/cart/x").service != "cart":
                    wrong.append(1)

        threads = [threading.Thread(target=match) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(wrong, [])


class Example(unittest.TestCase):
    def run_example(self, *arguments):
        script = os.path.join(os.path.dirname(__file__), "..", "..", "..", "examples", "python",
                              "what-if.py")
        return subprocess.run([sys.executable, script, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, check=False)

    def test_what_if(self):
        done = self.run_example(SHOP, "node-1", "shop.example/cart/x", "shop.example/y")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("ip route add 10.1.2.0/24 via 192.0.2.2", done.stdout)
        self.assertIn("shop.example/cart/x: service shop/cart port http", done.stdout)
        self.assertIn("shop.example/y: no rule", done.stdout)

    def test_errors_are_one_line(self):
        for arguments in (("/nonexistent", "node-1"), (SHOP, "node-9")):
            done = self.run_example(*arguments)
            self.assertEqual(done.returncode, 1)
            self.assertRegex(done.stderr, "^what-if: [^\n]+\n$")


if __name__ == "__main__":
    unittest.main()
