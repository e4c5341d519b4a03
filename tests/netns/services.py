#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""For tests that change services while they talk to them: imported, not run. A cluster
that e2e.sh has made (cluster.py, flows.py serve), its objects, the library's command."""
import collections
import contextlib
import copy
import json
import os
import re
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import cluster as model  # noqa: E402
import flows  # noqa: E402

UDP = flows.socket.SOCK_DGRAM


class World:
    """argv: PREFIX FAMILY DIRECTORY TOOL [options of the tool]"""

    def __init__(self, argv):
        self.cluster = model.Cluster(*argv[1:3])
        self.families = self.cluster.families
        self.directory, self.command = argv[3], argv[4:]
        self.objects = {}
        self.failures = 0
        for item in self.cluster.objects():
            self.put(item)
        self.applied, self.last = 0, None
        self.spent = collections.deque(maxlen=256)

    # --- objects ---

    @staticmethod
    def key(item):
        return item["kind"], item["metadata"]["name"]

    def put(self, item):
        self.objects[self.key(item)] = copy.deepcopy(item)

    def service(self, name, policy=None, affinity=None, **spec):
        """Changes a service; what is not named is as it was in the cluster."""
        item = self.cluster.service_object(self.cluster.service(name))
        if policy:
            item["metadata"]["annotations"] = {"k8snet.io/load-balancing": policy}
        if affinity:
            item["spec"]["sessionAffinity"] = "ClientIP"
            item["spec"]["sessionAffinityConfig"] = {"clientIP": {"timeoutSeconds": affinity}}
        item["spec"].update(spec)
        self.put(item)

    def backends(self, name, backends=None, weights=None):
        service = self.cluster.service(name)
        for f in self.families:
            item = self.cluster.slice_object(service, f, backends)
            if weights:
                text = ["%s=%d" % (self.cluster.address(b, f), w) for b, w in weights.items()]
                item["metadata"]["annotations"] = {"k8snet.io/weights": ", ".join(text)}
            self.put(item)

    # --- applying ---

    def write(self, name):
        path = os.path.join(self.directory, name)
        with open(path, "w") as out:
            json.dump({"apiVersion": "v1", "kind": "List", "items": list(self.objects.values())}, out)
        return path

    def tool(self, node, *words):
        done = subprocess.run(
            [self.command[0], "--netns", model.NETNS + self.cluster.netns("n%d" % node)]
            + ["--node", "node-%d" % node] + self.command[1:] + list(words),
            capture_output=True,
            text=True,
        )
        if done.returncode:
            self.not_ok("tool %s: %s" % (" ".join(words), done.stderr))
        return done.stdout

    def apply(self, node=1):
        """By a new process, or every other time by an incremental plan of one that knows
        what was before. Then a full plan of a third one leaves the tables as they
        are, but for shared chains that nobody uses: only pruning removes these."""
        self.applied += 1
        new = self.write("services-%d.json" % self.applied)
        if self.last and node == 1 and self.applied % 2:
            out = self.tool(node, self.last, "--apply", "--then", new, "--plan", "text", "--apply")
        else:
            out = self.tool(node, new, "--plan", "text", "--apply")
        self.last = new
        left = self.tool(node, new, "--full", "--prune", "--plan", "text").splitlines()
        left = [line for line in left if re.search(": (element|table|chain .*round-robin)", line)]
        left = [line for line in left if not re.search(": element delete .* balancers ", line)]
        if left:
            self.not_ok("a plan is left: " + "; ".join(left[:4]))
        return out

    def nft(self, *words, node=1):
        return subprocess.run(
            ["ip", "netns", "exec", self.cluster.netns("n%d" % node), "nft"] + list(words),
            capture_output=True,
            text=True,
            check=True,
        ).stdout

    # --- traffic ---

    def add_clients(self, who, f, n):
        """More addresses for a pod, or for the world outside."""
        c = self.cluster
        if who == "out":
            base, link = c.outside_address(f), "ul100"
        else:
            base, link = c.pod_address(who, f), "eth0"
        base = base.rpartition("." if f == 4 else ":")[0] + (".%d" if f == 4 else ":%x")
        addresses = [base % (100 + i) for i in range(n)]
        length = 24 if f == 4 else 64
        model.batch(
            c.netns(who),
            ["address add %s/%d dev %s%s" % (a, length, link, " nodad" if f == 6 else "") for a in addresses],
        )
        return addresses

    def ask(self, who, address, port, kind=flows.socket.SOCK_STREAM, source=None, priority=None):
        """The pod that answers; "refused", "silence"."""
        family = flows.family_of(6 if ":" in address else 4)
        with model.Inside(self.cluster.netns(who)):
            s = flows.socket.socket(family, kind)
        # A port that is used again soon is the same flow to the kernel.
        is_kept = kind == UDP
        if is_kept:
            self.spent.append(s)
        with contextlib.nullcontext() if is_kept else s:
            s.settimeout(2.0)
            try:
                if source:
                    s.setsockopt(flows.socket.SOL_SOCKET, flows.socket.SO_REUSEADDR, 1)
                    s.bind((source, 0))
                if priority:  # 32 bits, of which the highest is no sign
                    value = priority - (1 << 32 if priority >> 31 else 0)
                    s.setsockopt(flows.socket.SOL_SOCKET, flows.socket.SO_PRIORITY, value)
                s.connect((address, port))
                s.send(b"who")
                return s.recv(200).decode().split()[0]
            except flows.socket.timeout:
                return "silence"
            except OSError:
                return "refused"

    def hold(self, who, address, port, kind=flows.socket.SOCK_STREAM, only=None):
        return flows.flow_to(self.cluster.netns(who), address, port, kind, only)

    @staticmethod
    def is_alive(s):
        message = b"seq %d" % time.monotonic_ns()
        try:
            s.send(message)
            return s.recv(4096) == message
        except OSError:
            return False

    # --- reports ---

    def ok(self, what):
        print("ok " + what, flush=True)

    def not_ok(self, what):
        print("not ok " + what, flush=True)
        self.failures += 1

    def check(self, what, condition, detail=""):
        if condition:
            self.ok(what)
        else:
            self.not_ok("%s %s" % (what, detail))

    def map_elements(self, name, f):
        """{key: data} as nft prints them, without timeouts."""
        text = self.nft("list", "map", "ip" if f == 4 else "ip6", "k8snet", name)
        found = re.search(r"elements = \{([^}]*)\}", text)
        pairs = {}
        for element in found.group(1).split(",") if found else []:
            element = re.sub(r" (timeout|expires) \S+", "", " ".join(element.split()))
            key, _, data = element.partition(" : ")
            pairs[key] = data
        return pairs

    def finish(self):
        sys.exit(self.failures != 0)


def spread(names):
    counts = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return counts
