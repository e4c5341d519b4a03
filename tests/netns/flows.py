#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Servers in the pods and nodes of a cluster (cluster.py), and what must hold of
traffic between them.

    flows.py serve PREFIX FAMILY [key=value ...]     writes "ready", runs until killed
    flows.py check PREFIX FAMILY LABEL GROUP,... [key=value ...]
    flows.py hold PREFIX FAMILY [key=value ...]      until SIGTERM; see hold()

keys: nodes, mtu, far: as cluster.py; overhead: of the overlay (0); link: bridge, ptp;
detects: pods are told from others (1); all: all is masqueraded (0).
"""
import ctypes
import errno
import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster as model  # noqa: E402
from cluster import HOST_PORT, SCTP_PORT, TCP_PORT, UDP_PORT, Inside  # noqa: E402

PR_SET_PDEATHSIG = 1
IPPROTO_SCTP = 132
IP_MTU_DISCOVER, IPV6_MTU_DISCOVER, PMTUDISC_DO = 10, 23, 2
MIB = 1 << 20
BULK = 4 * MIB
HEADER = 64  # bytes of a request to take BULK
REFUSED_WITHIN = 0.5  # seconds: a refusal, not a timeout
TIMEOUT = 4.0


def family_of(number):
    return socket.AF_INET if number == 4 else socket.AF_INET6


def forbid_fragments(s):
    if s.family == socket.AF_INET:
        s.setsockopt(socket.IPPROTO_IP, IP_MTU_DISCOVER, PMTUDISC_DO)
    else:
        s.setsockopt(socket.IPPROTO_IPV6, IPV6_MTU_DISCOVER, PMTUDISC_DO)


def has_sctp():
    try:
        socket.socket(socket.AF_INET, socket.SOCK_STREAM, IPPROTO_SCTP).close()
        return True
    except OSError:
        return False


# --- servers ------------------------------------------------------------------


def send_bulk(conn, size):
    block = b"x" * 65536
    while size:
        size -= conn.send(block[: min(size, len(block))])


def read_bulk(conn, size):
    while size > 0:
        got = len(conn.recv(min(size, 1 << 16)))
        if not got:
            break
        size -= got
    return size <= 0


def serve_long(name, conn, request):
    try:
        words = request.split()
        if words[0] == b"down":
            send_bulk(conn, int(words[1]))
        elif words[0] == b"up":
            rest = HEADER + int(words[1]) - len(request)
            conn.sendall(b"got" if read_bulk(conn, rest) else b"short")
        else:  # echo, after the name
            if words[0] == b"name":
                request = name.encode()
            conn.settimeout(None)
            while request:
                conn.sendall(request)
                request = conn.recv(4096)
    except OSError:
        pass
    finally:
        conn.close()


def serve_one(name, conn, peer):
    conn.settimeout(TIMEOUT)
    try:
        request = conn.recv(4096)
        if request == b"who":
            conn.sendall(("%s %s %d" % (name, peer[0], peer[1])).encode())
        elif request:
            serve_long(name, conn, request)
    except OSError:
        pass
    conn.close()


def serve_next(name, s):
    """One that never asks must not keep the others waiting."""
    threading.Thread(target=serve_one, args=(name, *s.accept()), daemon=True).start()


def serve_datagram(name, s):
    data, peer = s.recvfrom(65535)
    answer = ("%s %s %d " % (name, peer[0], peer[1])).encode()
    if data.startswith(b"seq"):
        answer = data
    try:
        s.sendto(answer.ljust(len(data), b"."), peer)
    except OSError:
        pass


def listen(family, kind, protocol, port):
    s = socket.socket(family, kind, protocol)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    if family == socket.AF_INET6:
        s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind(("::" if family == socket.AF_INET6 else "0.0.0.0", port))
    if kind == socket.SOCK_STREAM:
        s.listen(512)
    else:
        forbid_fragments(s)
    return s


def sockets_of(cluster, who):
    is_node = who.startswith("n")
    for f in cluster.families:
        family = family_of(f)
        yield listen(family, socket.SOCK_STREAM, 0, HOST_PORT if is_node else TCP_PORT)
        if not is_node:
            yield listen(family, socket.SOCK_DGRAM, 0, UDP_PORT)
        if not is_node and has_sctp():
            yield listen(family, socket.SOCK_STREAM, IPPROTO_SCTP, SCTP_PORT)


def serve(cluster, extra=()):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    chooser = selectors.DefaultSelector()
    for who in cluster.pods() + ["n%d" % n for n in cluster.nodes] + list(extra):
        with Inside(cluster.netns(who)):
            for s in sockets_of(cluster, who):
                chooser.register(s, selectors.EVENT_READ, who)
    print("ready", flush=True)
    while True:
        for key, _ in chooser.select():
            s = key.fileobj
            if s.type == socket.SOCK_DGRAM:
                serve_datagram(key.data, s)
            else:
                serve_next(key.data, s)


# --- clients ------------------------------------------------------------------


OWN = ("overhead", "link", "extra", "only", "detects", "all")


class Failure(Exception):
    pass


def connect(netns, address, port, kind=socket.SOCK_STREAM, protocol=0, timeout=TIMEOUT):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with Inside(netns):
        s = socket.socket(family, kind, protocol)
    s.settimeout(timeout)
    try:
        s.connect((address, port))
    except OSError:
        s.close()
        raise
    return s


def who(netns, address, port, kind=socket.SOCK_STREAM, protocol=0):
    """(name of the server, address it saw). A lost datagram is sent again once."""
    with connect(netns, address, port, kind, protocol) as s:
        s.settimeout(2.0 if kind == socket.SOCK_DGRAM else TIMEOUT)
        for attempt in range(2):
            s.send(b"who".ljust(100 if kind == socket.SOCK_DGRAM else 3))
            try:
                words = s.recv(200).decode().split()
                return words[0], words[1]
            except socket.timeout:
                if attempt or kind != socket.SOCK_DGRAM:
                    raise
    raise Failure("no answer")


class Checks:
    def __init__(self, cluster, label, overhead=0, link="bridge", detects=1, all=0):
        self.detects, self.masquerades_all = int(detects), int(all)
        self.cluster, self.label, self.link = cluster, label, link
        self.pod_mtu = cluster.mtu - int(overhead)
        self.count, self.failures, self.notes = 0, [], []

    # --- one thing ---

    def attempt(self, what, function, *args):
        self.count += 1
        if len(self.failures) > 12:
            return None  # enough to know, and each may take its time
        try:
            return function(*args)
        except (OSError, Failure) as e:
            self.failures.append("%s: %s" % (what, e or type(e).__name__))
            return None

    def who(self, source, address, *rest):
        return who(self.cluster.netns(source), address, *rest)

    def expect(self, source, address, port, kind=socket.SOCK_STREAM, by=None, seen=None, protocol=0):
        """The answer comes from one of `by`, who saw one of `seen`."""

        def run():
            name, peer = self.who(source, address, port, kind, protocol)
            if by and name not in by:
                raise Failure("answered by %s, not %s" % (name, "|".join(by)))
            if seen and peer not in seen:
                raise Failure("%s saw %s, not %s" % (name, peer, "|".join(seen)))
            return name

        name = "udp" if kind == socket.SOCK_DGRAM else "tcp" if not protocol else "sctp"
        return self.attempt("%s to %s %s:%d" % (source, name, address, port), run)

    def refused(self, source, address, port, kind=socket.SOCK_STREAM):
        def run():
            begin = time.monotonic()
            try:
                who(self.cluster.netns(source), address, port, kind)
            except (ConnectionRefusedError, PermissionError) as e:
                # A node's own datagram may be refused on its way out.
                if isinstance(e, PermissionError) and not source.startswith("n"):
                    raise
                if time.monotonic() - begin > REFUSED_WITHIN:
                    raise Failure("refused, but after %.1f s" % (time.monotonic() - begin)) from e
                return
            raise Failure("not refused")

        name = "udp" if kind == socket.SOCK_DGRAM else "tcp"
        self.attempt("%s to %s %s:%d" % (source, name, address, port), run)

    def dropped(self, source, address, port, kind=socket.SOCK_STREAM):
        """Neither answered nor refused."""

        def run():
            family = socket.AF_INET6 if ":" in address else socket.AF_INET
            with Inside(self.cluster.netns(source)):
                s = socket.socket(family, kind)
            s.settimeout(0.5)
            with s:
                try:
                    s.connect((address, port))
                    s.send(b"who".ljust(100))
                    s.recv(200)
                except socket.timeout:
                    return
                except PermissionError:
                    return  # a node's own packet, dropped on its way out
            raise Failure("not dropped")

        name = "udp" if kind == socket.SOCK_DGRAM else "tcp"
        self.attempt("%s to %s %s:%d" % (source, name, address, port), run)

    def node_addresses(self, node):
        """All that a masqueraded packet can have as its source."""
        done = subprocess.run(
            ["ip", "-n", self.cluster.netns("n%d" % node), "-j", "address"],
            capture_output=True,
            check=True,
        )
        return [a["local"] for link in json.loads(done.stdout) for a in link["addr_info"]]

    # --- groups ---

    def pods(self):
        """Every pod reaches every other, and is seen by its own address."""
        c = self.cluster
        for f in c.families:
            for a in c.pods():
                for b in c.pods():
                    seen = (c.pod_address(a, f),)
                    if a == b:
                        continue
                    self.expect(a, c.pod_address(b, f), TCP_PORT, by=(b,), seen=seen)
                    self.expect(
                        a, c.pod_address(b, f), UDP_PORT, socket.SOCK_DGRAM, by=(b,), seen=seen
                    )

    def nodes(self):
        """A node reaches pods, a pod reaches nodes."""
        c = self.cluster
        for f in c.families:
            for n in c.nodes:
                for pod in c.pods():
                    self.expect("n%d" % n, c.pod_address(pod, f), TCP_PORT, by=(pod,))
                    self.expect(pod, c.node_address(n, f), HOST_PORT, by=("n%d" % n,))

    def services(self):
        """Cluster IPs from pods, who keep their address, and from nodes."""
        c = self.cluster
        web, one, host = c.service("web"), c.service("one"), c.service("host")
        for f in c.families:
            for n in c.nodes:
                pod, node = "client-%d" % n, "n%d" % n
                seen = (c.pod_address(pod, f),)
                ip = c.cluster_ip(web, f)
                for _ in range(8):
                    self.expect(pod, ip, 80, by=web.backends, seen=seen)
                    self.expect(pod, ip, 53, socket.SOCK_DGRAM, by=web.backends, seen=seen)
                    self.expect(node, ip, 80, by=web.backends)
                    self.expect(node, ip, 53, socket.SOCK_DGRAM, by=web.backends)
                self.expect(pod, c.cluster_ip(one, f), 80, by=("web-1",), seen=seen)
                self.expect(node, c.cluster_ip(one, f), 80, by=("web-1",))
                self.expect(pod, c.cluster_ip(host, f), 80, by=("n2",))

    def node_ports(self):
        """On every node, from outside (not seen as such), from pods and nodes."""
        c = self.cluster
        web = c.service("web")
        for f in c.families:
            for n in c.nodes:
                seen = self.node_addresses(n)
                for source in ("out", "client-1", "n1"):
                    for _ in range(4):
                        here = seen if source == "out" else None
                        ip = c.node_address(n, f)
                        self.expect(source, ip, 30080, by=web.backends, seen=here)
                        self.expect(source, ip, 30053, socket.SOCK_DGRAM, by=web.backends, seen=here)

    def external(self):
        """Load balancer and external addresses, which are routed to node 1."""
        c = self.cluster
        web = c.service("web")
        seen = self.node_addresses(1)
        for f in c.families:
            for ip in c.external_ip(web, f), c.balancer_ip(web, f):
                for _ in range(6):
                    self.expect("out", ip, 80, by=web.backends, seen=seen)
                    self.expect("out", ip, 53, socket.SOCK_DGRAM, by=web.backends, seen=seen)
                self.expect("client-2", ip, 80, by=web.backends)
                self.expect("n3", ip, 80, by=web.backends)

    def policies(self):
        """Traffic policies Local: who gets which backend, and whom it sees. Nodes 1 and 2
        have a backend, node 3 has none."""
        c = self.cluster
        outer, inner = c.service("outer"), c.service("inner")
        for f in c.families:
            for n in c.nodes:
                pod, here = "client-%d" % n, "web-%d" % n
                ip, local = c.cluster_ip(inner, f), (here in inner.backends)
                for source in (pod, "n%d" % n):
                    if local:
                        for _ in range(4):
                            self.expect(source, ip, 80, by=(here,))
                    else:
                        self.dropped(source, ip, 80)
                self.from_outside(outer, f, n)
                self.from_inside(outer, f, n)

    def table(self):
        """27 flows through node 1: from a pod, the node and outside, to a cluster IP, a node
        port and a load balancer's address, with each policy."""
        c = self.cluster
        for f in c.families:
            for name, port in ("web", 30080), ("outer", 30084), ("inner", 30085):
                service = c.service(name)
                ways = {
                    "cluster": (c.cluster_ip(service, f), 80),
                    "port": (c.node_address(1, f), port),
                    "balancer": (c.balancer_ip(service, f), 80),
                }
                for source in ("client-1", "n1", "out"):
                    for way, (ip, number) in ways.items():
                        self.flow(source, way, service, f, ip, number)

    def flow(self, source, way, service, f, ip, port):
        c = self.cluster
        is_pod, is_node = source.startswith("client"), source == "n1"
        told = is_pod and self.detects
        is_outer = service.name == "outer" and way != "cluster"
        by, masked = service.backends, True
        if way == "cluster":
            masked = self.masquerades_all or (self.detects and not is_pod)
            if service.name == "inner":
                by = ("web-1",)
        elif is_outer:
            masked = is_node
            if not told and not is_node:
                by = ("web-1",)
        own = (c.pod_address(source, f),) if is_pod else (c.outside_address(f),)
        seen = self.node_addresses(1) if masked or is_node else own
        if source == "out" and not masked:
            self.until(source, ip, port, "web-1", seen)
            return
        names = {self.expect(source, ip, port, by=by, seen=seen) for _ in range(12)}
        if len(by) > 1 and len(names - {None}) < 2:  # once in 2,000 runs at most: again
            names |= {self.expect(source, ip, port, by=by, seen=seen) for _ in range(24)}
            if len(names - {None}) < 2:
                self.failures.append("%s to %s:%d: %s alone" % (source, ip, port, names))

    def until(self, source, ip, port, name, seen):
        """Answers of other nodes do not come back this way: try until it is `name`."""

        def run():
            for _ in range(24):
                try:
                    with connect(self.cluster.netns(source), ip, port, timeout=0.2) as s:
                        s.send(b"who")
                        answer = s.recv(200).decode().split()
                except socket.timeout:
                    continue
                if answer[0] == name and answer[1] in seen:
                    return
                raise Failure("answered by %s, who saw %s" % tuple(answer[:2]))
            raise Failure("never answered by " + name)

        self.attempt("%s to %s:%d" % (source, ip, port), run)

    def cluster_ips(self):
        """A port that no service has is refused, an address that none has is lost."""
        c = self.cluster
        one = c.service("one")
        for f in c.families:
            unknown = "10.96.9.9" if f == 4 else "fd00:96::9999"
            for source in ("client-1", "n1", "out"):
                self.expect(source, c.cluster_ip(one, f), 80, by=("web-1",))
                self.refused(source, c.cluster_ip(one, f), 81)
                self.refused(source, c.cluster_ip(one, f), 80, socket.SOCK_DGRAM)
                self.dropped(source, unknown, 80)
                self.dropped(source, unknown, 80, socket.SOCK_DGRAM)

    def source_ranges(self):
        """Of a load balancer's address alone: from the underlay, but not from pods. Node
        ports are as in other_addresses()."""
        c = self.cluster
        guarded = c.service("guarded")
        for f in c.families:
            ip = c.balancer_ip(guarded, f)
            for _ in range(4):
                self.expect("out", ip, 80, by=guarded.backends)
                self.expect("n1", ip, 80, by=guarded.backends)
            self.dropped("client-1", ip, 80)
            self.dropped("client-2", ip, 80)
            for free in c.external_ip(guarded, f), c.cluster_ip(guarded, f):
                self.expect("client-1", free, 80, by=guarded.backends)
            ip = "10.77.0.1" if f == 4 else "fd00:77::1"
            self.expect("client-1", ip, 30086, by=guarded.backends)

    def other_addresses(self):
        """Node ports on addresses of the node's in the network that was asked for,
        10.77.0.0/16 and fd00:77::/64, and on no others."""
        c = self.cluster
        for f in c.families:
            ip = "10.77.0.1" if f == 4 else "fd00:77::1"
            for source in ("out", "client-1", "n1"):
                self.expect(source, ip, 30080, by=c.service("web").backends)
                self.refused(source, c.node_address(1, f), 30080)
            self.refused("n1", "127.0.0.1" if f == 4 else "::1", 30080)

    def from_outside(self, outer, f, n):
        c, here = self.cluster, "web-%d" % n
        seen = tuple(c.outside_address(f, s) for s in (100, 101))
        ways = [(c.node_address(n, f), 30084, 30056)]
        if n == 1:
            ways += [(c.external_ip(outer, f), 80, 53), (c.balancer_ip(outer, f), 80, 53)]
        for ip, tcp, udp in ways:
            if here in outer.backends:
                for _ in range(4):
                    self.expect("out", ip, tcp, by=(here,), seen=seen)
                    self.expect("out", ip, udp, socket.SOCK_DGRAM, by=(here,), seen=seen)
            else:
                self.dropped("out", ip, tcp)
                self.dropped("out", ip, udp, socket.SOCK_DGRAM)

    def from_inside(self, outer, f, n):
        c, pod, node = self.cluster, "client-%d" % n, "n%d" % n
        mine = self.node_addresses(n)
        for ip, port in (
            (c.cluster_ip(outer, f), 80),
            (c.external_ip(outer, f), 80),
            (c.balancer_ip(outer, f), 80),
            (c.node_address(n, f), 30084),
        ):
            for _ in range(4):
                self.expect(pod, ip, port, by=outer.backends, seen=(c.pod_address(pod, f),))
                self.expect(node, ip, port, by=outer.backends, seen=mine)

    def hairpin(self):
        """A pod reaches itself through its service, and does not see itself."""
        c = self.cluster
        for f in c.families:
            seen = self.node_addresses(1)
            for _ in range(4):
                self.expect("web-1", c.cluster_ip(c.service("one"), f), 80, by=("web-1",), seen=seen)
            for pod in c.service("web").backends:
                names = [self.expect(pod, c.cluster_ip(c.service("web"), f), 80) for _ in range(16)]
                names += [
                    self.expect(pod, c.cluster_ip(c.service("web"), f), 53, socket.SOCK_DGRAM)
                    for _ in range(16)
                ]
                if pod not in names:  # (2/3)^32: once in 430,000 runs
                    self.failures.append("%s never reached itself" % pod)

    def no_endpoints(self):
        """Refused at once: cluster IP, external addresses, node port; TCP and UDP."""
        c = self.cluster
        none = c.service("none")
        for f in c.families:
            for source in ("client-1", "web-2", "n1", "n3"):
                self.refused(source, c.cluster_ip(none, f), 80)
                self.refused(source, c.cluster_ip(none, f), 53, socket.SOCK_DGRAM)
            for ip in c.external_ip(none, f), c.balancer_ip(none, f):
                for source in ("out", "client-1"):
                    self.refused(source, ip, 80)
                    self.refused(source, ip, 53, socket.SOCK_DGRAM)
            for n in c.nodes:
                self.refused("out", c.node_address(n, f), 30082)
                self.refused("out", c.node_address(n, f), 30054, socket.SOCK_DGRAM)

    def link_mtus(self):
        """Every link that the library made has the MTU that it must have."""
        for name in self.cluster.pods() + ["n%d" % n for n in self.cluster.nodes]:
            command = ["ip", "-n", self.cluster.netns(name), "-j", "-d", "link"]
            done = subprocess.run(command, capture_output=True, check=True)
            for link in json.loads(done.stdout):
                kind = link.get("linkinfo", {}).get("info_kind")
                is_uplink = name.startswith("n") and link["ifname"] == "eth0"
                want = self.pod_mtu
                if kind is None or is_uplink:
                    continue
                if kind == "vxlan":
                    want = self.cluster.mtu - (70 if "6" in link["ifname"].split(".")[0] else 50)
                self.count += 1
                if link["mtu"] != want:
                    self.failures.append(
                        "%s: %s has MTU %d, not %d" % (name, link["ifname"], link["mtu"], want)
                    )

    def datagram(self, source, address, size):
        with connect(self.cluster.netns(source), address, UDP_PORT, socket.SOCK_DGRAM) as s:
            forbid_fragments(s)
            s.settimeout(1.5)
            for attempt in range(2):
                s.send(b"who".ljust(size, b"."))
                try:
                    if len(s.recv(65535)) != size:
                        raise Failure("answer of another size")
                    return
                except socket.timeout:
                    pass
            raise Failure("%d bytes of payload are lost" % size)

    def too_large(self, source, address, size):
        with connect(self.cluster.netns(source), address, UDP_PORT, socket.SOCK_DGRAM) as s:
            forbid_fragments(s)
            try:
                s.send(b"who".ljust(size, b"."))
            except OSError as e:
                if e.errno == errno.EMSGSIZE:
                    return
                raise
        raise Failure("%d bytes of payload were sent" % size)

    def full_size(self):
        """Full datagrams pass unfragmented both ways, larger ones fail here."""
        c = self.cluster
        self.link_mtus()
        for f in c.families:
            largest = self.pod_mtu - (28 if f == 4 else 48)
            last = c.nodes[-1]
            pairs = [("client-1", "web-%d" % n) for n in c.nodes]
            pairs += [("web-2", "client-%d" % last), ("client-%d" % last, "web-1")]
            for a, b in pairs:
                where = "%s to %s, IPv%d" % (a, b, f)
                self.attempt(where, self.datagram, a, c.pod_address(b, f), largest)
                self.attempt(where, self.too_large, a, c.pod_address(b, f), largest + 1)

    def transfer(self, source, address, port, word):
        with connect(self.cluster.netns(source), address, port) as s:
            if word == "down":
                s.sendall(b"down %d" % BULK)
                if not read_bulk(s, BULK):
                    raise Failure("ended early")
                return
            s.sendall((b"up %d" % BULK).ljust(HEADER))
            send_bulk(s, BULK)
            if s.recv(8) != b"got":
                raise Failure("ended early")

    def flannel(self):
        """To and from a pod of a node 9 that is not the library's."""
        c = self.cluster
        for f in c.families:
            theirs = c.pod_address("client-9", f)
            for pod in c.pods():
                ours = c.pod_address(pod, f)
                self.expect(pod, theirs, TCP_PORT, by=("client-9",), seen=(ours,))
                self.expect(pod, theirs, UDP_PORT, socket.SOCK_DGRAM, by=("client-9",))
                self.expect("client-9", ours, TCP_PORT, by=(pod,), seen=(theirs,))
            largest = self.pod_mtu - (28 if f == 4 else 48)
            self.attempt("full size", self.datagram, "client-1", theirs, largest)
            for word in ("down", "up"):
                self.attempt("bulk", self.transfer, "client-9", c.pod_address("web-2", f), TCP_PORT, word)

    def bulk(self):
        """Megabytes both ways: a black hole for full-size packets would show."""
        c = self.cluster
        for f in c.families:
            ways = [
                ("client-1", c.pod_address("web-1", f), TCP_PORT),
                ("client-1", c.pod_address("web-2", f), TCP_PORT),
                ("client-2", c.cluster_ip(c.service("one"), f), 80),
                ("out", c.node_address(c.nodes[-1], f), 30080),
                ("out", c.balancer_ip(c.service("web"), f), 80),
                ("n2", c.cluster_ip(c.service("one"), f), 80),
            ]
            for source, address, port in ways:
                for word in ("down", "up"):
                    what = "%s %s %s:%d" % (source, word, address, port)
                    self.attempt(what, self.transfer, source, address, port, word)

    def sctp(self):
        c = self.cluster
        if not has_sctp():
            self.notes.append("left out: this kernel has no SCTP sockets")
            return
        web = c.service("web")
        for f in c.families:
            for source in ("client-1", "n2"):
                ip = c.cluster_ip(web, f)
                self.expect(source, ip, 90, by=web.backends, protocol=IPPROTO_SCTP)
            ip = c.node_address(1, f)
            self.expect("out", ip, 30090, by=web.backends, protocol=IPPROTO_SCTP)

    def spread(self):
        """3,000 connections over 3 backends: each within 6 standard deviations."""
        c = self.cluster
        web = c.service("web")
        n, k = 3000, len(web.backends)
        room = 6 * (n / k * (1 - 1 / k)) ** 0.5
        kinds = (socket.SOCK_STREAM, 80), (socket.SOCK_DGRAM, 53)
        for f in c.families:
            for kind, port in kinds:
                seen = {}
                for _ in range(n):
                    name = self.expect("client-1", c.cluster_ip(web, f), port, kind, by=web.backends)
                    seen[name] = seen.get(name, 0) + 1
                for name in web.backends:
                    if abs(seen.get(name, 0) - n / k) > room:
                        self.failures.append("spread of %d: %s" % (n, seen))
                self.notes.append("/".join(str(seen.get(b, 0)) for b in web.backends))

    def vip(self):
        """A little of everything, for tests that are about something else."""
        c = self.cluster
        web = c.service("web")
        for f in c.families:
            ip = c.cluster_ip(web, f)
            for _ in range(4):
                self.expect("client-1", ip, 80, by=web.backends, seen=(c.pod_address("client-1", f),))
                self.expect("client-1", ip, 53, socket.SOCK_DGRAM, by=web.backends)
                self.expect("out", c.node_address(1, f), 30080, by=web.backends)
            self.expect("client-1", c.pod_address("web-2", f), TCP_PORT, by=("web-2",))
            self.expect("client-1", c.pod_address("web-1", f), TCP_PORT, by=("web-1",))
            self.expect("web-1", c.cluster_ip(c.service("one"), f), 80, by=("web-1",))
            self.refused("client-1", c.cluster_ip(c.service("none"), f), 80)

    def run(self, group):
        self.count, self.failures, self.notes = 0, [], []
        begin = time.monotonic()
        getattr(self, group)()
        took = time.monotonic() - begin
        line = "%s: %s: %d checks, %.1f s" % (self.label, group, self.count, took)
        print("not ok" if self.failures else "ok", line, *self.notes, flush=True)
        for failure in self.failures[:8]:
            print("    " + failure, flush=True)
        return not self.failures


# --- what must not notice -----------------------------------------------------


def flow_to(netns, ip, port, kind, only):
    """A socket whose other end is `only`, if given."""
    end = time.monotonic() + 5
    while True:
        s = connect(netns, ip, port, kind)
        s.settimeout(1.0)
        # A connection is known by its answer; datagrams of a socket are one flow.
        s.send(b"name" if kind == socket.SOCK_STREAM else b"who".ljust(100))
        try:
            name = s.recv(200).split()[0].decode()
        except socket.timeout:
            if time.monotonic() > end:
                raise
            continue
        if not only or name == only:
            return s
        s.close()


def hold(cluster, only=None):
    """A stream and datagrams through a service's address, every few milliseconds,
    until SIGTERM. Then one line: how many were sent and how many came back."""
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    stop = []
    signal.signal(signal.SIGTERM, lambda *_: stop.append(True))
    web = cluster.service("web")
    flows = []
    for f in cluster.families:
        netns, ip = cluster.netns("client-1"), cluster.cluster_ip(web, f)
        for _ in range(4):
            for kind, port in ((socket.SOCK_STREAM, 80), (socket.SOCK_DGRAM, 53)):
                flows.append([flow_to(netns, ip, port, kind, only), 0, 0, ""])
    print("ready", flush=True)
    while not stop:
        for flow in flows:
            s = flow[0]
            message = b"seq %d" % flow[1]
            flow[1] += 1
            try:
                s.send(message)
                while s.recv(4096) != message:
                    pass
                flow[2] += 1
            except OSError as e:
                flow[3] = str(e)
        time.sleep(0.005)
    sent, lost = sum(f[1] for f in flows), sum(f[1] - f[2] for f in flows)
    broken = sorted({f[3] for f in flows if f[3]})
    print("%d flows, %d sent, %d lost %s" % (len(flows), sent, lost, " ".join(broken)), flush=True)


def main():
    what, prefix, family = sys.argv[1:4]
    keys = dict(a.split("=") for a in sys.argv[4:] if "=" in a)
    words = [a for a in sys.argv[4:] if "=" not in a]
    own = {k: keys.pop(k) for k in OWN if k in keys}
    cluster = model.Cluster(prefix, family, **keys)
    if what == "serve":
        serve(cluster, own.values())
    elif what == "hold":
        hold(cluster, own.get("only"))
    else:
        checks = Checks(cluster, words[0], **own)
        sys.exit(not all([checks.run(group) for group in words[1].split(",")]))


if __name__ == "__main__":
    main()
