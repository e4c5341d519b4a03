# SPDX-License-Identifier: LGPL-2.1-or-later
"""The model from Python: loading, walking, setting, errors, lifetimes."""

import copy
import errno
import gc
import json
import os
import tempfile
import unittest
from ipaddress import ip_address, ip_network

import k8snet

SHOP = os.path.join(os.path.dirname(__file__), "shop.json")


def load_shop():
    cluster = k8snet.Cluster()
    cluster.load_file(SHOP)
    return cluster


class Loading(unittest.TestCase):
    def test_counts(self):
        cluster = load_shop()
        self.assertEqual(
            [len(cluster.nodes), len(cluster.pods), len(cluster.services),
             len(cluster.endpointslices), len(cluster.ingresses), cluster.skipped],
            [2, 2, 1, 1, 1, 1])

    def test_every_way_of_loading_is_the_same(self):
        with open(SHOP, encoding="utf-8") as file:
            text = file.read()
        for load in (lambda c: c.load_json(text), lambda c: c.load_json(text.encode(), "shop"),
                     lambda c: c.load(json.loads(text)),
                     lambda c: c.load(json.loads(text)["items"])):
            cluster = k8snet.Cluster()
            load(cluster)
            self.assertEqual([p.name for p in cluster.pods], ["cart-0", "cart-1"])

    def test_yaml(self):
        try:
            import yaml
        except ImportError:
            self.skipTest("python3-yaml is missing")
        with open(SHOP, encoding="utf-8") as file:
            items = json.load(file)["items"]
        with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
            yaml.safe_dump_all(items, file)
            file.flush()
            cluster = k8snet.Cluster()
            cluster.load_file(file.name)
        self.assertEqual(len(cluster.pods), 2)

    def test_labels_and_selectors(self):
        cluster = k8snet.Cluster()
        pod = k8snet.Pod(cluster, "shop", "p")
        service = k8snet.Service(cluster, "shop", "cart")
        pod.set_label("tier", "")
        pod.set_label("app", "cart")
        self.assertEqual(list(pod.labels.items()), [("app", "cart"), ("tier", "")])
        self.assertFalse(service.is_selecting(pod))
        service.set_selector("app", "cart")
        self.assertEqual(service.selector, {"app": "cart"})
        self.assertTrue(service.is_selecting(pod))
        pod.set_label("app", None)
        self.assertFalse(service.is_selecting(pod))
        with self.assertRaisesRegex(k8snet.K8snetError, "Pod shop/p: value:"):
            pod.set_label("app", "a b")
        pod.clear_labels()
        service.clear_selector()
        self.assertEqual((pod.labels, service.selector), ({}, {}))

    def test_a_refusal_names_object_and_field(self):
        cluster = load_shop()
        with open(SHOP, encoding="utf-8") as file:
            objects = json.load(file)["items"]
        service = copy.deepcopy(objects[5])
        service["spec"]["ports"] = [{"port": 70000}]
        generation = cluster.generation
        pod = {"apiVersion": "v1", "kind": "Pod",
               "metadata": {"namespace": "shop", "name": "new"}, "spec": {}}
        with self.assertRaises(k8snet.K8snetError) as caught:
            cluster.load([pod, service], "bad.json", all_or_nothing=True)
        error = caught.exception
        self.assertEqual(error.code, errno.EINVAL)
        self.assertEqual(error.id, k8snet.MessageId.BAD_FIELD)
        self.assertIn("shop/cart", error.object)
        self.assertIn("ports", error.operation)
        self.assertIn("bad.json", error.message)
        self.assertEqual(str(error), error.message)
        self.assertEqual(error.kernel_errno, 0)
        self.assertNotIn(("shop", "new"), cluster.pods)
        self.assertEqual(cluster.generation, generation)
        with self.assertRaises(k8snet.K8snetError):
            cluster.load([pod, service], "bad.json")
        self.assertIn(("shop", "new"), cluster.pods)

    def test_reports(self):
        cluster = load_shop()
        reports = []
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"},
                "status": {"addresses": [{"type": "InternalIP", "address": "fe80::1"}]}}
        cluster.load([node, {"kind": "Node", "apiVersion": "v1", "metadata": {"name": "?"}}],
                     report=reports.append)
        self.assertEqual([(r.kind, r.name, r.field, r.is_refused, r.error) for r in reports],
                         [("Node", "n", "status.addresses[0].address", False, errno.EINVAL),
                          ("Node", "", "metadata.name", True, errno.EINVAL)])
        self.assertIn("n", cluster.nodes)

    def test_replace(self):
        cluster = load_shop()
        node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "n"}}
        services = len(cluster.services)
        with cluster.replace("Node"):
            cluster.load(node)
        self.assertEqual([each.name for each in cluster.nodes], ["n"])
        self.assertEqual(len(cluster.services), services)
        with self.assertRaises(RuntimeError), cluster.replace("Node"):
            raise RuntimeError
        self.assertEqual(len(cluster.nodes), 1)
        with self.assertRaises(k8snet.K8snetError), cluster.replace("Nodes"):
            pass

    def test_not_json(self):
        for text in ("{", "[" * 1000, '{"kind": "Pod", "kind": "Node"}', "\0", '"\udc80"'[:1]):
            cluster = k8snet.Cluster()
            with self.assertRaises(k8snet.K8snetError, msg=text[:20]) as caught:
                cluster.load_json(text, "hostile")
            self.assertIn(caught.exception.code, (errno.EINVAL, errno.E2BIG))

    def test_missing_file(self):
        with self.assertRaises(k8snet.K8snetError) as caught:
            k8snet.Cluster().load_file("/nonexistent.json")
        self.assertEqual(caught.exception.code, errno.ENOENT)


class Walking(unittest.TestCase):
    def setUp(self):
        self.cluster = load_shop()

    def test_node(self):
        node = self.cluster.nodes["node-1"]
        self.assertEqual(node.addresses, [ip_address("192.0.2.1")])
        self.assertEqual(node.pod_cidrs, [ip_network("10.1.1.0/24")])
        self.assertEqual(node.zone, "east")
        self.assertIsNone(node.uplink)
        self.assertRegex(node.get_overlay_mac(), "^([0-9a-f]{2}:){5}[0-9a-f]{2}$")

    def test_pod(self):
        pod = self.cluster.pods["shop", "cart-0"]
        self.assertEqual((pod.namespace, pod.name, pod.node_name), ("shop", "cart-0", "node-1"))
        self.assertEqual(pod.addresses, [ip_address("10.1.1.2")])
        self.assertEqual(pod.mac, "0a:58:0a:01:01:02")
        self.assertEqual(pod.interface, "eth0")
        self.assertRegex(pod.link_name, "^veth[0-9a-f]{11}$")
        self.assertFalse(pod.host_network)
        self.assertIsNone(pod.netns)

    def test_service_and_slices(self):
        service = self.cluster.services["shop", "cart"]
        self.assertEqual(service.type, k8snet.ServiceType.NODE_PORT)
        self.assertEqual(service.cluster_ips, [ip_address("10.96.0.10")])
        self.assertFalse(service.is_headless)
        self.assertEqual(service.ports, [("http", k8snet.Protocol.TCP, 80, 30080),
                                         ("dns", k8snet.Protocol.UDP, 53, 30053)])
        (slice_,) = service.endpointslices
        self.assertEqual(slice_, self.cluster.endpointslices["shop", "cart-abc"])
        self.assertEqual(slice_.service_name, "cart")
        self.assertEqual(slice_.endpoints, [
            (ip_address("10.1.1.2"), "node-1", True, True, False, 1),
            (ip_address("10.1.2.2"), "node-2", False, True, True, 1)])
        slice_.remove_endpoint("10.1.1.2")
        self.assertEqual(len(slice_.endpoints), 1)

    def test_find(self):
        self.assertIsNone(self.cluster.nodes.find("node-9"))
        self.assertNotIn(("shop", "node-1"), self.cluster.pods)
        with self.assertRaises(KeyError):
            self.cluster.pods["shop", "cart-9"]

    def test_removing_while_walking(self):
        for pod in self.cluster.pods:
            pod.remove()
        self.assertEqual(len(self.cluster.pods), 0)


class Setting(unittest.TestCase):
    def test_objects(self):
        cluster = k8snet.Cluster()
        node = k8snet.Node(cluster, "node-1")
        node.add_pod_cidr("10.1.1.0/24")
        node.uplink = ("eth0", 1500)
        self.assertEqual(node.uplink, ("eth0", 1500))
        pod = k8snet.Pod(cluster, "shop", "cart-0")
        pod.node_name = "node-1"
        pod.add_address(ip_address("10.1.1.2"))
        pod.mac = "02:00:00:00:00:01"
        pod.netns = "/run/netns/x"
        self.assertEqual((pod.mac, pod.netns), ("02:00:00:00:00:01", "/run/netns/x"))
        service = k8snet.Service(cluster, "shop", "cart")
        service.add_cluster_ip("10.96.0.10")
        service.add_port(80)
        service.session_affinity = 10800
        service.load_balancing = k8snet.LoadBalancing.WEIGHTED
        self.assertEqual(service.load_balancing, k8snet.LoadBalancing.WEIGHTED)
        slice_ = k8snet.EndpointSlice(cluster, "shop", "cart-abc", "cart")
        slice_.add_port(8080)
        slice_.add_endpoint("10.1.1.2", "node-1")
        self.assertEqual(slice_.endpoints[0].weight, 1)
        slice_.set_endpoint_weight("10.1.1.2", 256)
        self.assertEqual(slice_.endpoints[0].weight, 256)
        self.assertEqual(service.endpointslices, [slice_])
        self.assertEqual(cluster.nodes["node-1"], node)

    def test_settings(self):
        cluster = k8snet.Cluster()
        cluster.mode = k8snet.Mode.OVERLAY
        cluster.link = k8snet.Link.PTP
        cluster.mtu = 1400
        cluster.overlay_vni = 7
        cluster.bridge_name = "cni0"
        cluster.add_pod_cidr("10.1.0.0/16")
        self.assertFalse(cluster.counters)
        cluster.counters = True
        self.assertTrue(cluster.counters)
        self.assertFalse(cluster.reset_connections)
        cluster.reset_connections = True
        self.assertTrue(cluster.reset_connections)
        self.assertEqual((cluster.mode, cluster.link, cluster.mtu, cluster.overlay_vni,
                          cluster.bridge_name, cluster.pod_cidrs),
                         (k8snet.Mode.OVERLAY, k8snet.Link.PTP, 1400, 7, "cni0",
                          [ip_network("10.1.0.0/16")]))

    def test_bad_values_are_refused_and_change_nothing(self):
        cluster = load_shop()
        generation = cluster.generation
        pod = cluster.pods["shop", "cart-0"]
        for bad in (lambda: k8snet.Pod(cluster, "Shop", "x"),
                    lambda: k8snet.Pod(cluster, "shop", "../x"),
                    lambda: pod.add_address("10.0.0.256"),
                    lambda: setattr(pod, "netns", "relative"),
                    lambda: setattr(cluster, "bridge_name", "a/b"),
                    lambda: setattr(cluster, "mtu", 1)):
            with self.assertRaises(k8snet.K8snetError) as caught:
                bad()
            self.assertEqual(caught.exception.code, errno.EINVAL)
        for bad in (lambda: k8snet.Pod(cluster, "shop", "x\0y"),
                    lambda: setattr(pod, "mac", "02:00"),
                    lambda: setattr(pod, "mac", "zz:00:00:00:00:01")):
            with self.assertRaises(ValueError):
                bad()
        self.assertEqual(cluster.generation, generation)

    def test_duplicates(self):
        cluster = load_shop()
        with self.assertRaises(k8snet.K8snetError) as caught:
            k8snet.Node(cluster, "node-1")
        self.assertEqual(caught.exception.code, errno.EEXIST)


class Lifetimes(unittest.TestCase):
    def test_children_keep_their_parents(self):
        cluster = load_shop()
        pods = list(cluster.pods)
        slices = cluster.services["shop", "cart"].endpointslices
        del cluster
        gc.collect()
        self.assertEqual([p.name for p in pods], ["cart-0", "cart-1"])
        self.assertEqual(slices[0].cluster.nodes["node-2"].name, "node-2")

    def test_removed_objects_stay_readable(self):
        cluster = load_shop()
        pod = cluster.pods["shop", "cart-0"]
        pod.remove()
        self.assertEqual(pod.name, "cart-0")
        for change in (pod.remove, pod.clear_addresses,
                       lambda: setattr(pod, "interface", "net1")):
            with self.assertRaises(k8snet.K8snetError) as caught:
                change()
            self.assertEqual(caught.exception.code, errno.ENOENT)

    def test_closing(self):
        with k8snet.Context() as context, k8snet.Cluster(context) as cluster:
            node = k8snet.Node(cluster, "node-1")
        self.assertEqual(node.name, "node-1")
        with self.assertRaises(ValueError):
            len(cluster.nodes)
        cluster.close()

    def test_objects_in_a_cycle(self):
        for _ in range(50):
            cluster = load_shop()
            cluster.again = [cluster, *cluster.pods, *cluster.nodes]
            del cluster
        gc.collect()


class Logging(unittest.TestCase):
    def test_callback(self):
        lines = []
        context = k8snet.Context(lambda level, line: lines.append((level, line)),
                                 k8snet.LogLevel.DEBUG)
        cluster = k8snet.Cluster(context)
        del context
        gc.collect()
        cluster.load_file(SHOP)
        for level, line in lines:
            self.assertIn(level, set(k8snet.LogLevel))
            self.assertNotIn("\n", line)

    def test_level(self):
        context = k8snet.Context()
        context.log_level = k8snet.LogLevel.WARNING
        self.assertEqual(context.log_level, k8snet.LogLevel.WARNING)

    def test_version(self):
        self.assertRegex(k8snet.get_version(), r"^\d+\.\d+\.\d+$")


class Leases(unittest.TestCase):
    def test_leases(self):
        with tempfile.TemporaryDirectory() as directory:
            path = os.path.join(directory, "leases")
            ipam = k8snet.Ipam(k8snet.Context(), path, "10.1.1.0/29")
            self.assertEqual(ipam.prefix, ip_network("10.1.1.0/29"))
            self.assertEqual(ipam.gateway, ip_address("10.1.1.1"))
            first = ipam.allocate("shop/cart-0")
            self.assertEqual(ipam.allocate("shop/cart-0"), first)
            ipam.reserve("shop/cart-1", "10.1.1.5")
            again = k8snet.Ipam(k8snet.Context(), path, "10.1.1.0/29")
            self.assertEqual(again.find("shop/cart-1"), ip_address("10.1.1.5"))
            self.assertEqual(sorted(lease.owner for lease in again),
                             ["shop/cart-0", "shop/cart-1"])
            self.assertEqual((len(again), again.free), (2, 3))
            again.release("shop/cart-0")
            self.assertIsNone(ipam.find("shop/cart-0"))
            for i in range(4):
                ipam.allocate(f"x/{i}")
            with self.assertRaises(k8snet.K8snetError) as caught:
                ipam.allocate("one/more")
            self.assertEqual(caught.exception.code, errno.ENOSPC)
            with self.assertRaises(ValueError):
                ipam.reserve("a", "not an address")


if __name__ == "__main__":
    unittest.main()
