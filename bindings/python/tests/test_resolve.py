# SPDX-License-Identifier: LGPL-2.1-or-later
import unittest

import k8snet


class Resolve(unittest.TestCase):
    def setUp(self):
        self.cluster = k8snet.Cluster()
        self.service = k8snet.Service(self.cluster, "shop", "cart")
        self.service.add_cluster_ip("10.96.0.1")
        self.service.add_port(80)
        self.slice = k8snet.EndpointSlice(self.cluster, "shop", "cart-x", "cart", 4)
        self.slice.add_port(8080)

    def test_backends(self):
        self.slice.add_endpoint("10.1.0.1", "n2")
        there = k8snet.resolve(self.service, "n1")
        self.assertEqual(there.reason, "none")
        port = there.ports[0]
        self.assertEqual([str(b.address) for b in port.cluster], ["10.1.0.1"])
        self.assertEqual((port.cluster[0].port, port.cluster[0].is_local), (8080, False))
        self.assertEqual((port.local, port.local_reason), ((), "elsewhere"))
        self.assertEqual(there.frontends[0].actions, ("balance",) * 3)
        self.assertTrue(k8snet.resolve(self.service, "n2").ports[0].local[0].is_local)

    def test_nothing(self):
        there = k8snet.resolve(self.service)
        self.assertEqual(there.ports[0].cluster_reason, "no-endpoints")
        self.assertEqual(there.frontends[0].actions, ("reject",) * 3)
        self.service.remove()
        with self.assertRaises(k8snet.K8snetError):
            k8snet.resolve(self.service)


if __name__ == "__main__":
    unittest.main()
