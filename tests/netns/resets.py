#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Connections to backends that go, seen by their ends; run by reset.sh."""
import errno
import os
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster as model  # noqa: E402
from flows import family_of, socket  # noqa: E402
from services import World  # noqa: E402

SWITCH = "--reset-connections"
REST = ["web-1", "web-2"]
WAIT = 1.0


class Resets(World):
    def switch(self, is_on):
        self.command = [word for word in self.command if word != SWITCH] + [SWITCH] * is_on
        self.last = None

    def apply_all(self, restarts=False):
        """By a process that knows what was before, or by a new one."""
        self.applied += 1
        new = self.write("reset-%d.json" % self.applied)
        for node in 1, 2:
            words = [self.last, "--apply", "--then"] if self.last and not restarts else []
            self.tool(node, *words, new, "--apply")
        self.last = new

    def run(self, who, *words):
        done = subprocess.run(
            ["ip", "netns", "exec", self.cluster.netns(who)] + list(words),
            capture_output=True,
            text=True,
        )
        return done.stdout

    def ways(self, f):
        """Where a client of the service web is, and what it connects to."""
        c, web = self.cluster, self.cluster.service("web")
        ip, external = c.cluster_ip(web, f), c.external_ip(web, f)
        node = c.node_address(1, f)
        return {
            "a pod to the cluster IP": ("client-1", ip, 80),
            "the node to the cluster IP": ("n1", ip, 80),
            "the node to its node port": ("n1", node, 30080),
            "a pod to an external address": ("client-1", external, 80),
            "another node's pod to its cluster IP": ("client-2", ip, 80),
            "another node's pod to the node port": ("client-2", node, 30080),
            "outside to an external address": ("out", external, 80),
            "outside to the node port": ("out", node, 30080),
        }

    def hold_all(self, f, only):
        return {name: self.hold(*way, only=only) for name, way in self.ways(f).items()}

    def bound(self, who, source, address, port):
        """A connection from this address and port."""
        with model.Inside(self.cluster.netns(who)):
            s = socket.socket(family_of(6 if ":" in address else 4))
        s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        s.settimeout(WAIT)
        s.bind(source)
        s.connect((address, port))
        s.send(b"name")
        s.recv(200)
        return s

    def servers(self, who, f):
        """How many connections a backend's servers have."""
        words = "ss -%d -Htn state established sport = :%d" % (f, model.HOST_PORT if who[0] == "n" else model.TCP_PORT)
        return len(self.run(who, *words.split()).splitlines())

    def set_endpoints(self, f, **conditions):
        """All of web's, web-3 with these conditions."""
        item = self.cluster.slice_object(self.cluster.service("web"), f)
        item["endpoints"][2]["conditions"] = conditions
        self.put(item)


def fate(s):
    """What an idle end hears within a second."""
    s.settimeout(WAIT)
    try:
        return "data" if s.recv(1) else "end"
    except socket.timeout:
        return "silence"
    except OSError as e:
        return errno.errorcode[e.errno]


def segments(w, who):
    """How many TCP segments have come."""
    lines = [l.split() for l in w.run(who, "cat", "/proc/net/snmp").splitlines() if l.startswith("Tcp:")]
    return int(dict(zip(*lines))["InSegs"])


def expect_all(w, what, held, fates):
    for name, s in held.items():
        heard = fate(s)
        w.check("%s: %s: %s" % (what, name, heard), heard in fates)


def close(*held):
    for each in held:
        for s in each.values():
            s.close()


def idle(w, f, backend):
    """web loses a backend while all its clients are idle."""
    what = "IPv%d, %s goes" % (f, backend)
    rest = [b for b in w.cluster.service("web").backends if b != backend]
    doomed, others = w.hold_all(f, backend), w.hold_all(f, rest[0])
    first = doomed["a pod to the cluster IP"]
    first.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    mine = first.getsockname()[:2]
    one = w.cluster.cluster_ip(w.cluster.service("one"), f)
    other = w.bound("client-1", mine, one, 80)
    before = {who: segments(w, who) for who in (rest[1], "client-3", "web-1")}
    w.check("%s: it has servers" % what, w.servers(backend, f) >= len(doomed))
    w.backends("web", rest)
    w.apply_all(restarts=backend == "web-1")
    expect_all(w, what, doomed, {"ECONNRESET"})
    after = {who: segments(w, who) for who in before}
    if backend != "web-1":
        w.check("%s: others are sent nothing" % what, before == after, (before, after))
    time.sleep(0.1)
    n = w.servers(backend, f) - (backend == "web-1")  # the other connection
    w.check("%s: its servers have been told, too" % what, n == 0, n)
    alive = sum(map(w.is_alive, others.values()))
    w.check("%s: connections to %s stay" % (what, rest[0]), alive == len(others), alive)
    w.check("%s: the same port to another service stays" % what, w.is_alive(other))
    close(doomed)
    try:
        again = w.bound("client-1", mine, w.cluster.cluster_ip(w.cluster.service("web"), f), 80)
        w.check("%s: from the same port again" % what, w.is_alive(again) and w.is_alive(again))
        again.close()
    except OSError as e:
        w.not_ok("%s: from the same port again: %s" % (what, e))
    other.close()
    close(others)
    w.backends("web")
    w.apply_all()


def busy(w, f):
    """The client sends and receives all the time."""
    what = "IPv%d, busy" % f
    held, ends = w.hold_all(f, "web-3"), {}

    def talk(name, s):
        s.settimeout(5.0)
        try:
            while True:
                s.send(b"seq " + b"x" * 1000)
                s.recv(4096)
                time.sleep(0.001)
        except OSError as e:
            ends[name] = errno.errorcode.get(e.errno, "silence"), time.monotonic()

    threads = [threading.Thread(target=talk, args=item, daemon=True) for item in held.items()]
    for t in threads:
        t.start()
    time.sleep(0.1)
    w.check("%s: connections are there" % what, not ends, ends)
    w.backends("web", REST)
    w.apply_all()
    done = time.monotonic()
    for t in threads:
        t.join(6)
    for name in held:
        end, when = ends.get(name, ("nothing", done))
        w.check("%s: %s: %s" % (what, name, end), end in ("ECONNRESET", "EPIPE") and when < done + WAIT)
    close(held)
    w.backends("web")
    w.apply_all()


def dead(w, f, backend):
    """The backend's pod is gone already, and nobody else answers at its address."""
    held = w.hold_all(f, backend)
    model.batch(w.cluster.netns(backend), ["link set eth0 down"])
    w.backends("web", [b for b in w.cluster.service("web").backends if b != backend])
    w.apply_all()
    expect_all(w, "IPv%d, %s is dead" % (f, backend), held, {"ECONNRESET"})
    close(held)


def revive(w, backend):
    """Its addresses and routes went with the link, the library makes them anew."""
    model.batch(w.cluster.netns(backend), ["link set eth0 up"])
    w.backends("web")
    for node in w.cluster.nodes:
        w.tool(node, w.write("revive.json"), "--full", "--apply")


def draining(w, f):
    """One that ends and serves keeps what it has, and one with a weight of 0."""
    held = w.hold_all(f, "web-3")
    all_ready = w.last
    w.set_endpoints(f, ready=False, serving=True, terminating=True)
    w.apply_all()
    ending = w.write("ending.json")
    alive = sum(map(w.is_alive, held.values()))
    w.check("IPv%d: what ends and serves keeps its connections" % f, alive == len(held), alive)
    w.backends("web", weights={"web-3": 0})
    w.apply_all()
    alive = sum(map(w.is_alive, held.values()))
    w.check("IPv%d: what drains keeps its connections" % f, alive == len(held), alive)
    w.set_endpoints(f, ready=False, serving=False, terminating=True)
    after = w.write("after.json")
    for node in 1, 2:
        steps = [all_ready, "--apply", "--then", ending, "--apply", "--then", after, "--apply"]
        w.tool(node, *steps)
    expect_all(w, "IPv%d, it ends and serves no more" % f, held, {"ECONNRESET"})
    close(held)
    w.last = after
    w.backends("web")
    w.apply_all()


def on_nodes(w, f):
    """A backend in the node's own namespace."""
    ip = w.cluster.cluster_ip(w.cluster.service("host"), f)
    held = {
        "a pod beside it": w.hold("client-2", ip, 80),
        "another node's pod": w.hold("client-1", ip, 80),
        "the node itself": w.hold("n2", ip, 80),
    }
    w.backends("host", [])
    w.apply_all()
    expect_all(w, "IPv%d, a backend on a node" % f, held, {"ECONNRESET"})
    left = w.servers("n2", f)
    w.check("IPv%d: its servers have been told, too" % f, not left, left)
    close(held)
    w.backends("host")
    w.apply_all()


def gone(w, f):
    """A service that goes."""
    held = w.hold_all(f, "web-2")
    for node in 1, 2:
        w.tool(node, w.last, "--apply", "--then", "--remove", "Service/shop/web", "--apply")
    expect_all(w, "IPv%d, the service goes" % f, held, {"ECONNRESET"})
    close(held)
    w.apply_all()


def expect_after_a_packet(w, what, held):
    """Idle ends hear nothing, until they send."""
    for name, s in held.items():
        s.settimeout(0.1)
        try:
            w.not_ok("%s: %s: idle, and heard %s" % (what, name, s.recv(1)))
        except socket.timeout:
            s.send(b"more")
        except OSError as e:
            w.not_ok("%s: %s: idle, and heard %s" % (what, name, e))
    expect_all(w, what, held, {"ECONNRESET"})


def unprivileged(w, f):
    """Without raw sockets: told by the next packet."""
    held = w.hold_all(f, "web-3")
    command = w.command
    wrapped = ["setpriv", "--bounding-set=-net_raw", "--inh-caps=-net_raw", command[0]]
    wrapper = os.path.join(w.directory, "unprivileged")
    with open(wrapper, "w") as out:
        out.write('#!/bin/sh\nexec %s "$@"\n' % " ".join(wrapped))
    os.chmod(wrapper, 0o755)
    w.command = [wrapper] + command[1:]
    w.backends("web", REST)
    w.apply_all()
    w.command = command
    expect_after_a_packet(w, "IPv%d, without raw sockets" % f, held)
    close(held)
    w.backends("web")
    w.apply_all()


def commands(w, f):
    """What is printed does all but have the ends answer."""
    held = {name: s for name, s in w.hold_all(f, "web-3").items() if "cluster IP" not in name}
    kept = w.hold_all(f, "web-1")
    w.backends("web", REST)
    new = w.write("commands.json")
    path = os.path.join(w.directory, "commands.sh")
    with open(path, "w") as out:
        out.write(w.tool(1, w.last, "--apply", "--then", new, "--plan", "commands"))
    done = subprocess.run(
        ["ip", "netns", "exec", w.cluster.netns("n1"), "sh", "-e", path],
        capture_output=True,
        text=True,
    )
    w.check("IPv%d, commands run" % f, done.returncode == 0, done.stderr)
    expect_after_a_packet(w, "IPv%d, by commands" % f, held)
    alive = sum(map(w.is_alive, kept.values()))
    w.check("IPv%d, by commands: others stay" % f, alive == len(kept), alive)
    close(held, kept)
    w.last = new
    w.backends("web")
    w.apply_all()


def off(w, f):
    """As kube-proxy: nothing is done to TCP."""
    held = w.hold_all(f, "web-3")
    w.backends("web", REST)
    out = w.apply(node=1) + w.apply(node=2)
    w.check("off: no resets are planned", "conntrack reset" not in out)
    alive = sum(map(w.is_alive, held.values()))
    w.check("IPv%d, off: connections stay" % f, alive == len(held), alive)
    close(held)
    w.backends("web")
    w.apply_all()


def switching(w):
    """The chains come and go with the setting, alone, and no connection with them."""
    f = w.families[0]
    held = w.hold_all(f, "web-1")
    w.switch(True)
    out = w.apply()
    added = [l for l in out.splitlines() if "chain add" not in l or " reset-" not in l]
    w.check("on: the chains are made, nothing else", not added and out, added)
    rules = w.nft("list", "ruleset")
    w.check("on: they are there", rules.count("chain reset-") == 2 * len(w.families))
    # nft reads what it has written.
    path = os.path.join(w.directory, "ruleset")
    with open(path, "w") as saved:
        saved.write("flush ruleset\n" + rules)
    w.nft("-f", path)
    w.check("on: nft reloads it", w.nft("list", "ruleset") == rules)
    w.nft("flush", "chain", "ip", "k8snet", "reset-prerouting")
    w.nft("delete", "chain", "ip6", "k8snet", "reset-output")
    out = w.tool(1, w.last, "--full", "--plan", "text", "--apply").splitlines()
    w.check("on: drift is repaired, and nothing else done", len(out) == 2, out)
    w.nft("add element ip k8snet resets { 192.0.2.1 . 1 . 192.0.2.2 . 2 timeout 60s }")
    out = w.tool(1, w.last, "--full", "--prune", "--plan", "text")
    w.check("elements of resets are no drift", "resets" not in out, out)
    w.switch(False)
    w.apply()
    w.check("off: they are gone", "chain reset-" not in w.nft("list", "ruleset"))
    alive = sum(map(w.is_alive, held.values()))
    w.check("no connection was lost", alive == len(held), alive)
    close(held)


def main():
    w = Resets(sys.argv)
    w.apply_all()
    for f in w.families:
        off(w, f)
    switching(w)
    w.switch(True)
    w.apply_all()
    for f in w.families:
        idle(w, f, "web-3")
        idle(w, f, "web-1")
        busy(w, f)
        draining(w, f)
        on_nodes(w, f)
        gone(w, f)
        unprivileged(w, f)
        commands(w, f)
    for f in w.families:
        for backend in "web-1", "web-3":
            dead(w, f, backend)
            revive(w, backend)
    w.finish()


if __name__ == "__main__":
    main()
