#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Session affinity, seen by clients; run by affinity.sh."""
import math
import os
import socket
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from services import UDP, World, flows, model  # noqa: E402

WEBS = ["web-1", "web-2", "web-3"]
LONG = 10800


def vips(w, f, name="web"):
    c, service = w.cluster, w.cluster.service(name)
    return c.cluster_ip(service, f), c.external_ip(service, f), c.node_address(1, f)


def ask_all(w, f, kind=None):
    ip = vips(w, f)[0]
    if kind:
        return {a: w.ask("client-1", ip, 53, kind, source=a) for a in w.pod_clients[f]}
    return {a: w.ask("client-1", ip, 80, source=a) for a in w.pod_clients[f]}


def learn(w):
    return {f: ask_all(w, f) for f in w.families}


def sticks(w):
    """From a pod, the node and outside; by each address; TCP and UDP each for itself."""
    w.service("web", affinity=LONG)
    w.apply()
    for f in w.families:
        ip, external, node = vips(w, f)
        first = ask_all(w, f)
        w.check("all backends have clients, IPv%d" % f, set(first.values()) == set(WEBS), first)
        w.check("clients keep their backend, IPv%d" % f, ask_all(w, f) == first)
        others = {a: w.ask("client-1", external, 80, source=a) for a in first}
        w.check("also by an external address, IPv%d" % f, others == first)
        others = {a: w.ask("client-1", node, 30080, source=a) for a in first}
        w.check("also by a node port, IPv%d" % f, others == first)
        udp = ask_all(w, f, UDP)
        w.check("UDP: clients keep their backend, IPv%d" % f, ask_all(w, f, UDP) == udp)
        w.check("UDP is for itself, IPv%d" % f, udp != first and set(udp.values()) == set(WEBS))
        names = {w.ask("n1", ip, 80) for _ in range(12)}
        w.check("the node keeps its backend, IPv%d" % f, len(names) == 1 and names <= set(WEBS), names)
        for a in w.outside_clients[f]:
            names = {w.ask("out", external, 80, source=a) for _ in range(4)}
            names |= {w.ask("out", node, 30080, source=a) for _ in range(4)}
            if len(names) != 1 or not names <= set(WEBS):
                w.not_ok("from outside, IPv%d: %s: %s" % (f, a, names))
        w.ok("clients outside keep their backend, IPv%d" % f)


def endpoints_change(w):
    before = learn(w)
    w.backends("web", ["web-1", "web-2"])
    w.apply()
    after = learn(w)
    for f in w.families:
        stay = [a for a in before[f] if before[f][a] != "web-3"]
        w.check("an endpoint goes: others' clients stay, IPv%d" % f, all(after[f][a] == before[f][a] for a in stay))
        moved = {after[f][a] for a in before[f] if a not in stay}
        w.check("its clients are balanced anew, IPv%d" % f, moved == {"web-1", "web-2"}, moved)
    w.backends("web")
    w.apply()
    w.check("an endpoint comes: nobody moves", learn(w) == after)
    again = learn(w)
    w.backends("web", ["web-3", "web-2"])
    w.apply()
    w.backends("web")
    w.apply()
    third = learn(w)
    for f in w.families:
        kept = all(third[f][a] == again[f][a] for a in again[f] if again[f][a] != "web-1")
        w.check("another one went and came back: others' clients stay, IPv%d" % f, kept)


def restarts(w):
    """A new process knows nothing but what is in the tables; then what it does if the
    static maps are gone: it makes them anew, with the same numbers."""
    before = learn(w)
    for _ in range(2):
        left = w.tool(1, w.last, "--full", "--plan", "text", "--apply")
        w.check("restart: no plan", ": element" not in left, left)
    w.check("restart: clients keep their backend", learn(w) == before)
    for f in w.families:
        family = "ip" if f == 4 else "ip6"
        for name in "affinity-services", "affinity-node-ports", "affinity-slots", "affinity-endpoints-tcp":
            w.nft("flush", "map", family, "k8snet", name)
    w.apply()
    w.check("maps were flushed: clients keep their backend", learn(w) == before)
    f = w.families[0]
    number = w.map_elements("affinity-services", f)["%s . tcp . 80" % vips(w, f)[0]]
    slot = [k for k in w.map_elements("affinity-slots", f) if k.startswith(number + " . 0")][0]
    w.nft("delete element ip k8snet affinity-slots { %s }" % slot)
    w.nft("add element ip k8snet affinity-slots { %s : 1:2 }" % slot)
    w.apply()
    w.check("a slot was changed: clients keep their backend", learn(w) == before)


def is_quiet(w):
    """What packets learn is told to nobody, and is no drift."""
    netns = w.cluster.netns("n1")
    monitor = subprocess.Popen(
        ["ip", "netns", "exec", netns, "nft", "monitor"], stdout=subprocess.PIPE, text=True
    )
    time.sleep(0.5)
    forget(w)
    learn(w)
    time.sleep(0.3)
    monitor.terminate()
    told = monitor.communicate()[0].splitlines()
    own = [line for line in told if "add element" in line or "delete element" in line]
    elements = {f: w.map_elements("affinity", f) for f in w.families}
    learnt = all(len(elements[f]) >= len(w.pod_clients[f]) for f in w.families)
    w.check("packets have taught %s" % {f: len(e) for f, e in elements.items()}, learnt)
    flushed = [line for line in own if "delete element" in line]
    w.check("and nobody was told", len(own) == len(flushed), own[:3])
    text = w.nft("list", "ruleset")
    with open(os.path.join(w.directory, "listed.nft"), "w") as out:
        out.write(text)
    done = subprocess.run(
        ["unshare", "--net", "nft", "-f", os.path.join(w.directory, "listed.nft")],
        capture_output=True,
        text=True,
    )
    w.check("nft reads what it lists, with what was learnt", done.returncode == 0, done.stderr[:200])


def forget(w):
    for f in w.families:
        w.nft("flush", "map", "ip" if f == 4 else "ip6", "k8snet", "affinity")


def timeouts(w):
    started = time.monotonic()
    before = learn(w)
    # However slow the machine is: all ask within that time.
    seconds = 2 + math.ceil(2 * (time.monotonic() - started))
    w.service("web", affinity=seconds)
    w.apply()
    learn(w)
    time.sleep(seconds + 1)
    w.check("a shorter time holds for clients that are there", learn(w) != before)
    forget(w)
    before = learn(w)
    started = time.monotonic()
    while time.monotonic() - started < 2 * seconds:
        time.sleep(1)
        w.check("each connection begins the time anew", learn(w) == before)
    time.sleep(seconds + 1)
    after = learn(w)
    for f in w.families:
        moved = sum(after[f][a] != before[f][a] for a in after[f])
        # (1/3)^40 that nobody does.
        w.check("time is up: %d of %d have another backend, IPv%d" % (moved, len(after[f]), f), moved > 0)


def policies(w):
    """A policy chooses for those who have none; Local: from outside those on this node."""
    for policy in "round-robin", "source-hash", "consistent-hash", "weighted":
        w.service("web", policy, LONG)
        w.apply()
        forget(w)
        before = learn(w)
        w.check("%s: all keep their backend" % policy, learn(w) == before)
        spread = all(set(before[f].values()) == set(WEBS) for f in w.families)
        w.check("%s: all backends have clients" % policy, spread, before)
    w.service("web")
    w.apply()


def local(w):
    """outer has web-1 and web-2. Others' answers do not come back to clients outside."""
    w.service("outer", affinity=LONG, externalTrafficPolicy="Local")
    w.apply()
    for f in w.families:
        _, external, node = vips(w, f, "outer")
        names = {w.ask("out", external, 80, source=a) for a in w.outside_clients[f]}
        names |= {w.ask("out", node, 30084, source=a) for a in w.outside_clients[f]}
        w.check("Local, from outside: this node's, IPv%d" % f, names == {"web-1"}, names)
        first = {a: w.ask("client-1", external, 80, source=a) for a in w.pod_clients[f]}
        again = {a: w.ask("client-1", node, 30084, source=a) for a in w.pod_clients[f]}
        w.check("Local, from pods: all, and they stay, IPv%d" % f, again == first and set(first.values()) == {"web-1", "web-2"}, (first, again))
        names = {w.ask("n1", external, 80) for _ in range(12)}
        w.check("Local, from the node: it stays, IPv%d" % f, len(names) == 1 and names <= {"web-1", "web-2"}, names)
    w.backends("outer", ["web-2"])
    w.apply()
    for f in w.families:
        _, external, node = vips(w, f, "outer")
        a = w.outside_clients[f][0]
        names = {w.ask("out", external, 80, source=a), w.ask("out", node, 30084, source=a)}
        w.check("Local, none here: dropped, IPv%d" % f, names == {"silence"}, names)
        names = {w.ask("client-1", external, 80, source=a) for a in w.pod_clients[f]}
        w.check("Local, none here: pods have those elsewhere, IPv%d" % f, names == {"web-2"}, names)
    w.backends("outer")
    w.service("inner", affinity=LONG)
    w.apply()
    for f in w.families:
        names = {w.ask("client-1", vips(w, f, "inner")[0], 80) for _ in range(6)}
        w.check("internal Local: this node's, IPv%d" % f, names == {"web-1"}, names)


def udp_moves(w):
    """A client of UDP that keeps its port moves when its backend goes."""
    w.service("web", affinity=LONG)
    w.apply()
    for f in w.families:
        ip = vips(w, f)[0]
        with model.Inside(w.cluster.netns("client-1")):
            s = socket.socket(flows.family_of(f), UDP)
        with s:
            s.settimeout(2.0)
            s.connect((ip, 53))
            name = asked(s)
            others = [b for b in WEBS if b != name]
            w.backends("web", others)
            w.apply()
            moved = asked(s)
            w.check("UDP: its backend is gone: %s, then %s, IPv%d" % (name, moved, f), moved in others)
            w.backends("web")
            w.apply()
            w.check("UDP: and stays there, IPv%d" % f, asked(s) == moved)


def asked(s):
    s.send(b"who")
    return s.recv(200).decode().split()[0]


def switched_off(w):
    held = [w.hold("client-1", vips(w, f)[0], 80) for f in w.families]
    for name in "web", "outer", "inner":
        w.service(name, **({"internalTrafficPolicy": "Local"} if name == "inner" else {}))
    w.apply()
    w.check("affinity is switched off, connections stay", all(map(w.is_alive, held)))
    for f in w.families:
        for name in "services", "node-ports", "slots", "endpoints-tcp", "endpoints-udp":
            left = w.map_elements("affinity-" + name, f)
            w.check("nothing is left in affinity-%s, IPv%d" % (name, f), not left, left)


def full(w):
    """A map that is full: who is not learnt is translated all the same."""
    w.service("web", affinity=LONG)
    w.apply()
    netns = w.cluster.netns("n1")
    for f in w.families:
        w.nft("delete", "table", "ip" if f == 4 else "ip6", "k8snet")
    commands = w.tool(1, w.last, "--plan", "commands", "--full")
    path = os.path.join(w.directory, "small.sh")
    with open(path, "w") as out:
        out.write(commands.replace("size 1048576", "size 3"))
    done = subprocess.run(["ip", "netns", "exec", netns, "sh", "-e", path], capture_output=True, text=True)
    w.check("commands with a small map", done.returncode == 0, done.stderr[:300])
    for f in w.families:
        names = set(ask_all(w, f).values())
        n = len(w.map_elements("affinity", f))
        w.check("the map is full with %d: all are answered, IPv%d" % (n, f), names <= set(WEBS) and n <= 3, names)
        w.nft("delete", "table", "ip" if f == 4 else "ip6", "k8snet")
    w.apply()


def main():
    w = World(sys.argv)
    w.pod_clients = {f: w.add_clients("client-1", f, 40) for f in w.families}
    w.outside_clients = {f: w.add_clients("out", f, 12) for f in w.families}
    sticks(w)
    endpoints_change(w)
    restarts(w)
    is_quiet(w)
    timeouts(w)
    policies(w)
    local(w)
    udp_moves(w)
    switched_off(w)
    full(w)
    w.finish()


if __name__ == "__main__":
    main()
