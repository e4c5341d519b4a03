#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cluster of the end-to-end tests: as data, as Kubernetes JSON, and its
layer 0 made with ip(8), independently of the library.

Namespaces: PREFIX-out is the world outside, with the underlay's bridge and a
router; PREFIX-n1 ... are nodes; PREFIX-client-1, PREFIX-web-1 ... pods, still
without a link.

    cluster.py up PREFIX FAMILY DIR [mtu=N] [far=1] [nodes=N]   DIR/cluster.json and others
    cluster.py down PREFIX
"""
import ctypes
import json
import os
import subprocess
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
NETNS = "/run/netns/"

TCP_PORT, UDP_PORT, SCTP_PORT, HOST_PORT = 8080, 8053, 8090, 9090


class Service:
    def __init__(self, name, number, ports, kind="ClusterIP", backends=(), vips=False, **spec):
        self.name, self.number, self.ports, self.kind = name, number, ports, kind
        self.backends, self.vips = backends, vips
        self.spec = spec  # more fields


class Port:
    def __init__(self, name, protocol, port, target, node_port=0):
        self.name, self.protocol, self.port = name, protocol, port
        self.target, self.node_port = target, node_port


HTTP = Port("http", "TCP", 80, TCP_PORT, 30080)
DNS = Port("dns", "UDP", 53, UDP_PORT, 30053)
SIGNAL = Port("signal", "SCTP", 90, SCTP_PORT, 30090)


class Cluster:
    """families: (4,), (6,) or (4, 6)."""

    def __init__(self, prefix, family, nodes=3, mtu=1500, far=False):
        self.prefix, self.family = prefix, family
        self.families = {"ipv4": (4,), "ipv6": (6,), "dual": (4, 6)}[family]
        self.nodes = range(1, int(nodes) + 1)
        self.mtu, self.far = int(mtu), bool(far)
        webs = tuple("web-%d" % n for n in self.nodes)
        plain = Port("http", "TCP", 80, TCP_PORT)
        self.services = [
            Service("web", 10, [HTTP, DNS, SIGNAL], "LoadBalancer", webs, True),
            Service("one", 11, [plain], backends=("web-1",)),
            Service(
                "none",
                12,
                [Port("http", "TCP", 80, TCP_PORT, 30082), Port("dns", "UDP", 53, UDP_PORT, 30054)],
                "LoadBalancer",
                vips=True,
            ),
            Service(
                "outer",
                14,
                [Port("http", "TCP", 80, TCP_PORT, 30084), Port("dns", "UDP", 53, UDP_PORT, 30056)],
                "LoadBalancer",
                webs[:2],
                True,
                externalTrafficPolicy="Local",
            ),
            Service(
                "inner",
                15,
                [Port("http", "TCP", 80, TCP_PORT, 30085)],
                "LoadBalancer",
                webs[:2],
                True,
                internalTrafficPolicy="Local",
            ),
            Service(
                "guarded",
                16,
                [Port("http", "TCP", 80, TCP_PORT, 30086)],
                "LoadBalancer",
                webs,
                True,
                # The underlay's beginning, with white space and bits too many.
                loadBalancerSourceRanges=[" 10.100.0.9/28", "fd00:100::/64\n"],
            ),
            Service("host", 13, [Port("http", "TCP", 80, HOST_PORT)], backends=("n2",)),
        ]

    # --- addresses ---------------------------------------------------------

    def segment(self, node):
        """The underlay's network: the last node can be behind a router."""
        return 101 if self.far and node == self.nodes[-1] else 100

    def node_address(self, node, family):
        template = "10.%d.0.1%d" if family == 4 else "fd00:%d::1%d"
        return template % (self.segment(node), node)

    def outside_address(self, family, segment=100):
        return ("10.%d.0.1" if family == 4 else "fd00:%d::1") % segment

    def pod_cidr(self, node, family):
        return ("10.1.%d.0/24" if family == 4 else "fd00:1:0:%d::/64") % node

    def gateway(self, node, family):
        return ("10.1.%d.1" if family == 4 else "fd00:1:0:%d::1") % node

    def pod_address(self, pod, family):
        kind, node = pod.split("-")
        host = {"client": 2, "web": 3}[kind]
        return ("10.1.%s.%d" if family == 4 else "fd00:1:0:%s::%d") % (node, host)

    def address(self, who, family):
        if who.startswith("n"):
            return self.node_address(int(who[1:]), family)
        return self.pod_address(who, family)

    def cluster_ip(self, service, family):
        return ("10.96.0.%d" if family == 4 else "fd00:96::%d") % service.number

    def external_ip(self, service, family):
        return ("198.51.100.%d" if family == 4 else "2001:db8:51::%d") % service.number

    def balancer_ip(self, service, family):
        return ("203.0.113.%d" if family == 4 else "2001:db8:113::%d") % service.number

    def service(self, name):
        return next(s for s in self.services if s.name == name)

    def pods(self):
        return ["%s-%d" % (kind, n) for n in self.nodes for kind in ("client", "web")]

    def netns(self, who):
        return "%s-%s" % (self.prefix, who)

    # --- Kubernetes objects ------------------------------------------------

    def node_object(self, node):
        addresses = [
            {"type": "InternalIP", "address": self.node_address(node, f)} for f in self.families
        ]
        cidrs = [self.pod_cidr(node, f) for f in self.families]
        return {
            "apiVersion": "v1",
            "kind": "Node",
            "metadata": {"name": "node-%d" % node},
            "spec": {"podCIDR": cidrs[0], "podCIDRs": cidrs},
            "status": {"addresses": addresses},
        }

    def pod_object(self, pod):
        ips = [{"ip": self.pod_address(pod, f)} for f in self.families]
        return {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "namespace": "shop",
                "name": pod,
                "annotations": {"k8snet.io/netns": NETNS + self.netns(pod)},
            },
            "spec": {"nodeName": "node-" + pod.split("-")[1]},
            "status": {"podIP": ips[0]["ip"], "podIPs": ips},
        }

    def service_object(self, service):
        ports = []
        for p in service.ports:
            port = {"name": p.name, "protocol": p.protocol, "port": p.port}
            port["targetPort"] = p.target
            if p.node_port and service.kind != "ClusterIP":
                port["nodePort"] = p.node_port
            ports.append(port)
        ips = [self.cluster_ip(service, f) for f in self.families]
        spec = {"type": service.kind, "clusterIP": ips[0], "clusterIPs": ips, "ports": ports}
        spec.update(service.spec)
        made = {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"namespace": "shop", "name": service.name},
            "spec": spec,
        }
        if service.vips:
            spec["externalIPs"] = [self.external_ip(service, f) for f in self.families]
            ingress = [{"ip": self.balancer_ip(service, f)} for f in self.families]
            made["status"] = {"loadBalancer": {"ingress": ingress}}
        return made

    def slice_object(self, service, family, backends=None):
        endpoints = []
        for who in service.backends if backends is None else backends:
            node = who[1:] if who.startswith("n") else who.split("-")[1]
            endpoints.append(
                {
                    "addresses": [self.address(who, family)],
                    "conditions": {"ready": True},
                    "nodeName": "node-" + node,
                }
            )
        return {
            "apiVersion": "discovery.k8s.io/v1",
            "kind": "EndpointSlice",
            "metadata": {
                "namespace": "shop",
                "name": "%s-v%d" % (service.name, family),
                "labels": {"kubernetes.io/service-name": service.name},
            },
            "addressType": "IPv%d" % family,
            "endpoints": endpoints,
            "ports": [
                {"name": p.name, "protocol": p.protocol, "port": p.target} for p in service.ports
            ],
        }

    def slices(self, name, backends):
        """What an update of one service's endpoints brings."""
        return [self.slice_object(self.service(name), f, backends) for f in self.families]

    def objects(self):
        out = [self.node_object(n) for n in self.nodes]
        out += [self.pod_object(p) for p in self.pods()]
        for s in self.services:
            out.append(self.service_object(s))
            out += [self.slice_object(s, f) for f in self.families]
        return out

    # --- layer 0, with ip(8) -----------------------------------------------

    def outside_batch(self):
        lines = []
        for segment in (100, 101) if self.far else (100,):
            bridge = "ul%d" % segment
            lines += [
                "link add %s type bridge" % bridge,
                "link set %s mtu %d addrgenmode none" % (bridge, self.mtu),
                "link set %s up" % bridge,
                "address add fe80::1/64 dev %s nodad" % bridge,
            ]
            for f in self.families:
                length = 24 if f == 4 else 64
                address = self.outside_address(f, segment)
                lines.append(
                    "address add %s/%d dev %s%s"
                    % (address, length, bridge, " nodad" if f == 6 else "")
                )
        for n in self.nodes:
            lines += [
                "link add n%d mtu %d type veth peer name eth0 mtu %d address 02:00:00:00:00:%02x "
                "netns %s" % (n, self.mtu, self.mtu, 16 + n, self.netns("n%d" % n)),
                "link set n%d master ul%d addrgenmode none" % (n, self.segment(n)),
                "link set n%d up" % n,
            ]
        return lines

    def node_batch(self, n):
        lines = [
            "link set lo up",
            "link set eth0 addrgenmode none",
            "link set eth0 up",
            "address add fe80::1%d/64 dev eth0 nodad" % n,
        ]
        for f in self.families:
            length = 24 if f == 4 else 64
            dad = " nodad" if f == 6 else ""
            lines += [
                "address add %s/%d dev eth0%s" % (self.node_address(n, f), length, dad),
                "route add default via %s dev eth0" % self.outside_address(f, self.segment(n)),
            ]
        return lines

    def outside_routes(self):
        """A router's work: virtual IPs go to the first node, far pods to theirs."""
        lines = []
        for f in self.families:
            first = self.node_address(1, f)
            nets = ("198.51.100.0/24", "203.0.113.0/24", "10.96.0.0/16")
            for net in nets if f == 4 else ("2001:db8::/32", "fd00:96::/112"):
                lines.append("route add %s via %s" % (net, first))
        return lines

    def up(self):
        names = ["out"] + ["n%d" % n for n in self.nodes] + self.pods()
        batch("", ["netns add %s" % self.netns(n) for n in names])
        batch(self.netns("out"), ["link set lo up"] + self.outside_batch())
        for n in self.nodes:
            batch(self.netns("n%d" % n), self.node_batch(n))
        batch(self.netns("out"), self.outside_routes())
        sysctls = {"net/bridge/bridge-nf-call-iptables": "0"}
        sysctls["net/bridge/bridge-nf-call-ip6tables"] = "0"
        # The kernel sends a refusal a second to a peer, too few for a test.
        unlimited = {"net/ipv4/icmp_ratelimit": "0", "net/ipv6/icmp/ratelimit": "0"}
        for n in self.nodes:
            set_sysctls(self.netns("n%d" % n), dict(sysctls, **unlimited))
        sysctls.update({"net/ipv4/ip_forward": "1", "net/ipv6/conf/all/forwarding": "1"})
        set_sysctls(self.netns("out"), sysctls)

    def write(self, directory):
        def dump(name, items):
            with open(os.path.join(directory, name), "w") as out:
                json.dump({"apiVersion": "v1", "kind": "List", "items": items}, out)

        dump("cluster.json", self.objects())
        dump("nodes.json", [self.node_object(n) for n in self.nodes])
        for pod in self.pods():
            dump("pod-%s.json" % pod, [self.pod_object(pod)])
        # The first backend alone, all but the last, and none.
        webs = self.service("web").backends
        dump("web-first.json", self.slices("web", webs[:1]))
        dump("web-fewer.json", self.slices("web", webs[:-1]))
        dump("web-all.json", self.slices("web", webs))
        dump("web-none.json", self.slices("web", ()))


# --- namespaces ---------------------------------------------------------------


def batch(netns, lines):
    """Commands for ip(8) in a namespace, one to a line."""
    command = ["ip"] + (["-n", netns] if netns else []) + ["-batch", "-"]
    done = subprocess.run(command, input="\n".join(lines) + "\n", text=True, capture_output=True)
    if done.returncode:
        raise SystemExit("%s: %s" % (" ".join(command), done.stderr))


class Inside:
    """with Inside(netns): sockets made here are in that namespace."""

    home = None
    seen = {}

    def __init__(self, netns):
        self.netns = netns

    @classmethod
    def enter(cls, fd):
        if LIBC.setns(fd, CLONE_NEWNET) < 0:
            raise OSError(ctypes.get_errno(), "setns")

    def __enter__(self):
        if Inside.home is None:
            Inside.home = os.open("/proc/self/ns/net", os.O_RDONLY)
        if self.netns not in Inside.seen:
            Inside.seen[self.netns] = os.open(NETNS + self.netns, os.O_RDONLY)
        self.enter(Inside.seen[self.netns])

    def __exit__(self, *_):
        self.enter(Inside.home)


def set_sysctls(netns, values):
    with Inside(netns):
        for path, value in values.items():
            try:
                with open("/proc/sys/" + path, "w") as out:
                    out.write(value)
            except FileNotFoundError:
                pass  # no bridge netfilter here


def down(prefix):
    names = [n for n in os.listdir(NETNS) if n.startswith((prefix + "-", prefix + "."))]
    if names:
        batch("", ["netns del %s" % n for n in names])


def main():
    if sys.argv[1] == "down":
        down(sys.argv[2])
        return
    prefix, family, directory = sys.argv[2:5]
    cluster = Cluster(prefix, family, **dict(a.split("=") for a in sys.argv[5:]))
    cluster.write(directory)
    cluster.up()


if __name__ == "__main__":
    main()
