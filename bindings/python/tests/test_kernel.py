# SPDX-License-Identifier: LGPL-2.1-or-later
"""Applying plans from Python, in network namespaces of the tests' own. Takes root."""

import errno
import json
import os
import subprocess
import time
import unittest

import k8snet


class Namespace:
    """A network namespace held by a process that dies with this one."""

    def __init__(self):
        environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
        self.process = subprocess.Popen(
            ["setpriv", "--pdeathsig", "KILL", "unshare", "--net", "sleep", "600"],
            env=environment)
        self.path = f"/proc/{self.process.pid}/ns/net"
        own = os.readlink("/proc/self/ns/net")
        deadline = time.monotonic() + 10
        while os.readlink(self.path) == own:
            if time.monotonic() > deadline or self.process.poll() is not None:
                raise RuntimeError("cannot make a network namespace")
            time.sleep(0.005)

    def run(self, *command):
        environment = {k: v for k, v in os.environ.items() if k != "LD_PRELOAD"}
        return subprocess.run(["nsenter", f"--net={self.path}", *command], check=True,
                              stdout=subprocess.PIPE, env=environment).stdout.decode()

    def close(self):
        self.process.kill()
        self.process.wait()


@unittest.skipUnless(os.getuid() == 0, "takes root")
class Applying(unittest.TestCase):
    def setUp(self):
        self.namespaces = [Namespace() for _ in range(3)]
        for namespace in self.namespaces:
            self.addCleanup(namespace.close)
        self.machine, *pods = self.namespaces
        self.machine.run("ip", "link", "set", "lo", "up")
        self.cluster = k8snet.Cluster()
        node = k8snet.Node(self.cluster, "node-1")
        node.add_pod_cidr("10.1.1.0/24")
        node.uplink = ("eth0", 1500)
        for i, namespace in enumerate(pods):
            pod = k8snet.Pod(self.cluster, "shop", f"cart-{i}")
            pod.node_name = "node-1"
            pod.add_address(f"10.1.1.{i + 2}")
            pod.netns = namespace.path
        self.kernel = k8snet.Kernel(self.cluster.context, self.machine.path)

    def test_pods_reach_each_other(self):
        seen = []
        plan = k8snet.Plan(self.cluster, "node-1", self.kernel)
        plan.apply(self.kernel, lambda op: seen.append((op.verb, op.status)))
        self.assertEqual(len(seen), len(plan))
        self.assertEqual({status for _, status in seen}, {k8snet.OpStatus.DONE})
        addresses = json.loads(self.namespaces[1].run("ip", "-json", "address", "show", "eth0"))
        self.assertIn("10.1.1.2", [a["local"] for a in addresses[0]["addr_info"]])
        self.namespaces[1].run("ping", "-c", "1", "-W", "3", "10.1.1.3")
        self.assertEqual(len(k8snet.Plan(self.cluster, "node-1", self.kernel, full=True)), 0)

    def test_removal(self):
        k8snet.Plan(self.cluster, "node-1", self.kernel).apply(self.kernel)
        pod = self.cluster.pods["shop", "cart-0"]
        link = pod.link_name
        self.assertIn(link, self.machine.run("ip", "link"))
        pod.remove()
        k8snet.Plan.for_pod(pod, self.kernel).apply(self.kernel)
        self.assertNotIn(link, self.machine.run("ip", "link"))

    def test_exceptions_of_progress_are_raised_after_the_call(self):
        def fail(op):
            raise KeyError(op.verb)

        plan = k8snet.Plan(self.cluster, "node-1", self.kernel)
        with self.assertRaises(KeyError):
            plan.apply(self.kernel, fail)
        self.assertEqual(len(k8snet.Plan(self.cluster, "node-1", self.kernel, full=True)), 0)

    def test_a_failing_operation_is_named(self):
        # A link of someone else has the name that the pod's link needs.
        link = self.cluster.pods["shop", "cart-0"].link_name
        plan = k8snet.Plan(self.cluster, "node-1", self.kernel)
        self.machine.run("ip", "link", "add", link, "type", "bridge")
        with self.assertRaises(k8snet.K8snetError) as caught:
            plan.apply(self.kernel)
        error = caught.exception
        self.assertEqual(error.code, errno.EIO)
        self.assertEqual(error.id, k8snet.MessageId.KERNEL)
        self.assertEqual(error.layer, k8snet.Layer.POD)
        self.assertEqual(error.kernel_errno, errno.EEXIST)
        self.assertIn("shop/cart-0", error.object)
        self.assertIn(k8snet.OpStatus.FAILED, [op.status for op in plan])

    def add_service(self):
        service = k8snet.Service(self.cluster, "shop", "web")
        service.add_cluster_ip("10.96.0.10")
        service.add_port(80)

    def test_a_check_changes_nothing(self):
        self.add_service()
        plan = k8snet.Plan(self.cluster, "node-1", self.kernel)
        plan.check(self.kernel)
        self.assertEqual(self.machine.run("nft", "list", "ruleset"), "")
        plan.apply(self.kernel)
        listed = self.machine.run("nft", "list", "ruleset")
        k8snet.Plan(self.cluster, "node-1", self.kernel, full=True).check(self.kernel)
        self.assertEqual(self.machine.run("nft", "list", "ruleset"), listed)

    def test_a_check_names_what_nft_refuses(self):
        self.add_service()
        self.machine.run("nft", "add table ip k8snet; add set ip k8snet services "
                                "{ type mark; }")
        plan = k8snet.Plan(self.cluster, "node-1", self.kernel)
        with self.assertRaises(k8snet.K8snetError) as caught:
            plan.check(self.kernel)
        error = caught.exception
        self.assertEqual(error.code, errno.EINVAL)
        self.assertIn("nft would refuse", error.message)
        self.assertEqual(error.object, "node node-1")

    def test_no_such_namespace(self):
        with self.assertRaises(k8snet.K8snetError) as caught:
            k8snet.Kernel(self.cluster.context, "/run/netns/does-not-exist")
        self.assertEqual(caught.exception.code, errno.ENOENT)

    def test_a_bare_context(self):
        kernel = k8snet.Kernel(k8snet.Context(), self.machine.path)
        kernel.close()
        with self.assertRaises(ValueError):
            k8snet.Plan(self.cluster, "node-1", self.kernel).apply(kernel)


def has_own_tables():
    release = os.uname().release.split(".")
    return (int(release[0]), int(release[1])) >= (6, 9)


@unittest.skipUnless(os.getuid() == 0, "takes root")
@unittest.skipUnless(has_own_tables(), "takes Linux 6.9")
class OwnTables(unittest.TestCase):
    def setUp(self):
        self.machine = Namespace()
        self.addCleanup(self.machine.close)
        self.cluster = k8snet.Cluster()
        self.cluster.services_only = True
        node = k8snet.Node(self.cluster, "node-1")
        node.add_address("192.0.2.1")
        self.add_service("10.96.0.10")

    def add_service(self, address):
        service = k8snet.Service(self.cluster, "shop", "s" + address.replace(".", "-"))
        service.add_cluster_ip(address)
        service.add_port(80)

    def open(self, own_tables=True):
        kernel = k8snet.Kernel(self.cluster.context, self.machine.path, own_tables=own_tables)
        self.addCleanup(kernel.close)
        return kernel

    def sync(self, kernel):
        plan = k8snet.Plan(self.cluster, "node-1", kernel, full=True)
        plan.apply(kernel)
        return len(plan)

    def listed(self):
        # Who owns a table stands beside its name, and its flags in a line of their own.
        lines = self.machine.run("nft", "list", "ruleset").splitlines()
        return [line.split("{")[0] if line.startswith("table") else line for line in lines
                if line and not line.startswith("\tflags ")]

    def refused(self, *command):
        with self.assertRaises(subprocess.CalledProcessError):
            self.machine.run("nft", *command)

    def test_nobody_else_changes_them_while_it_is_open(self):
        kernel = self.open()
        self.sync(kernel)
        listed = self.listed()
        self.assertTrue(any("10.96.0.10" in line for line in listed))
        self.machine.run("nft", "flush", "ruleset")
        self.refused("delete", "table", "ip", "k8snet")
        self.refused("flush", "chain", "ip", "k8snet", "services")
        self.refused("add", "element", "ip", "k8snet", "cluster-ips", "{ 10.96.0.99 }")
        self.assertEqual(self.listed(), listed)
        self.assertEqual(self.sync(kernel), 0)
        self.add_service("10.96.0.11")
        self.assertGreater(self.sync(kernel), 0)
        self.assertTrue(any("10.96.0.11" in line for line in self.listed()))

    def test_the_next_one_adopts_them(self):
        kernel = self.open()
        self.sync(kernel)
        listed = self.listed()
        kernel.close()
        self.assertEqual(self.listed(), listed)
        kernel = self.open()
        # It is protected before anything is planned.
        self.machine.run("nft", "flush", "ruleset")
        self.assertEqual(self.listed(), listed)
        self.assertEqual(self.sync(kernel), 0)

    def test_an_orphan_is_anybodys(self):
        kernel = self.open()
        self.sync(kernel)
        kernel.close()
        self.add_service("10.96.0.11")
        plain = self.open(own_tables=False)
        self.assertGreater(self.sync(plain), 0)
        self.assertEqual(self.sync(plain), 0)
        plain.close()
        self.machine.run("nft", "flush", "ruleset")
        self.assertEqual(self.listed(), [])
        kernel = self.open()
        self.assertGreater(self.sync(kernel), 0)
        self.machine.run("nft", "flush", "ruleset")
        self.assertEqual(self.sync(kernel), 0)

    def test_one_that_is_there_is_replaced(self):
        plain = self.open(own_tables=False)
        self.sync(plain)
        listed = self.listed()
        plain.close()
        kernel = self.open()
        self.assertGreater(self.sync(kernel), 0)
        self.assertEqual(self.listed(), listed)
        self.assertEqual(self.sync(kernel), 0)
        self.machine.run("nft", "flush", "ruleset")
        self.assertEqual(self.listed(), listed)

    def test_one_that_is_there_is_removed(self):
        plain = self.open(own_tables=False)
        self.sync(plain)
        plain.close()
        kernel = self.open()
        for service in list(self.cluster.services):
            service.remove()
        k8snet.Plan(self.cluster, "node-1", kernel, prune=True).apply(kernel)
        self.assertEqual(self.listed(), [])

    def test_another_process_is_told(self):
        kernel = self.open()
        self.sync(kernel)
        other = self.open(own_tables=False)
        self.assertEqual(self.sync(other), 0)
        self.add_service("10.96.0.11")
        plan = k8snet.Plan(self.cluster, "node-1", other)
        with self.assertRaises(k8snet.K8snetError) as caught:
            plan.apply(other)
        self.assertEqual(caught.exception.code, errno.EPERM)
        self.assertIn("belongs to another process", caught.exception.message)
        second = self.open()
        with self.assertRaises(k8snet.K8snetError) as caught:
            self.sync(second)
        self.assertIn("belongs to another process", caught.exception.message)


if __name__ == "__main__":
    unittest.main()
