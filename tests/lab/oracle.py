#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Look at a running lab with plain sockets and ip, not with the lab's own probe.

usage: oracle.py NAME
"""
import ctypes
import json
import os
import random
import socket
import subprocess
import sys

CLONE_NEWNET = 0x40000000
libc = ctypes.CDLL(None, use_errno=True)
problems = []


def check(good, text):
    if not good:
        problems.append(text)


def enter(netns):
    fd = os.open("/run/netns/" + netns, os.O_RDONLY)
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns " + netns)
    os.close(fd)


def ask(address, port, protocol="TCP"):
    """The JSON line that a pod answers."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    kind = socket.SOCK_DGRAM if protocol == "UDP" else socket.SOCK_STREAM
    with socket.socket(family, kind) as s:
        s.settimeout(3)
        s.connect((address, port))
        s.send(b"oracle\n")
        data = b""
        while b"\n" not in data:
            piece = s.recv(65536)
            if not piece:
                break
            data += piece
    return json.loads(data.split(b"\n")[0])


class Lab:
    def __init__(self, name):
        self.name = name
        with open("/run/k8snet-lab/%s/objects.json" % name) as f:
            self.objects = json.load(f)["items"]
        self.pods = {}
        for pod in self.kind("Pod"):
            self.pods[self.full(pod)] = pod

    def kind(self, kind):
        return [o for o in self.objects if o["kind"] == kind]

    @staticmethod
    def full(o):
        return "%s/%s" % (o["metadata"].get("namespace", "default"), o["metadata"]["name"])

    def plain_pods(self):
        return [p for p in self.pods.values() if not p["spec"].get("hostNetwork")]

    def netns(self, pod):
        return "%s-%s" % (self.name, self.full(pod).replace("/", "-"))

    def endpoints(self, service, port, family):
        """(address, port) -> pod of the ready endpoints."""
        found = {}
        for s in self.kind("EndpointSlice"):
            labels = s["metadata"].get("labels", {})
            if (labels.get("kubernetes.io/service-name") != service["metadata"]["name"]
                    or s["metadata"]["namespace"] != service["metadata"]["namespace"]
                    or s["addressType"] != family):
                continue
            numbers = [p["port"] for p in s.get("ports") or []
                       if (p.get("name") or "") == (port.get("name") or "")
                       and p.get("protocol", "TCP") == port.get("protocol", "TCP")]
            for e in s.get("endpoints") or []:
                if e.get("conditions", {}).get("ready", True) and "targetRef" in e:
                    for n in numbers:
                        found[(e["addresses"][0], n)] = "%s/%s" % (
                            e["targetRef"]["namespace"], e["targetRef"]["name"])
        return found


def check_names(lab):
    listed = {line.split()[0] for line in
              subprocess.run(["ip", "netns", "list"], capture_output=True, text=True,
                             check=True).stdout.splitlines()}
    wanted = {"%s-%s" % (lab.name, n["metadata"]["name"]) for n in lab.kind("Node")}
    wanted |= {lab.netns(p) for p in lab.plain_pods()} | {lab.name + "-outside"}
    mine = {n for n in listed if n in wanted or n.startswith(lab.name + "-")}
    check(mine == wanted, "namespaces differ: %s" % (mine ^ wanted))


def check_pods(lab):
    pods = lab.plain_pods()
    for i, pod in enumerate(pods):
        other = pods[(i + 1) % len(pods)]
        enter(lab.netns(pod))
        for mine, theirs in zip(pod["status"]["podIPs"], other["status"]["podIPs"]):
            for protocol in "TCP", "UDP":
                try:
                    answer = ask(theirs["ip"], 7, protocol)
                except (OSError, ValueError) as e:
                    check(False, "%s -> %s %s: %s" % (lab.full(pod), theirs["ip"], protocol, e))
                    continue
                check(answer["pod"] == lab.full(other), "%s answered" % answer)
                check(answer["client"] == mine["ip"], "%s: not %s" % (answer, mine["ip"]))


def spread(lab, what, address, port, protocol, endpoints, affinity):
    """Ask often: all answers come from endpoints, and not all from one of them."""
    seen = set()
    for _ in range(40):
        try:
            answer = ask(address, port, protocol)
        except (OSError, ValueError) as e:
            check(False, "%s %s:%d/%s: %s" % (what, address, port, protocol, e))
            return
        key = (answer["server"], answer["port"])
        check(endpoints.get(key) == answer["pod"], "%s: %s is no endpoint" % (what, answer))
        seen.add(key)
    if not affinity:
        check(len(seen) >= min(2, len(endpoints)), "%s: only %s ever answered" % (what, seen))


def check_services(lab):
    clients = lab.plain_pods()
    for service in lab.kind("Service"):
        spec = service["spec"]
        if (spec.get("internalTrafficPolicy") == "Local"
                or spec.get("externalTrafficPolicy") == "Local"):
            continue
        affinity = spec.get("sessionAffinity") == "ClientIP"
        for port in spec.get("ports") or []:
            protocol = port.get("protocol", "TCP")
            for address in spec.get("clusterIPs") or []:
                if address == "None" or protocol == "SCTP":
                    continue
                found = lab.endpoints(service, port, "IPv6" if ":" in address else "IPv4")
                if not found:
                    continue
                enter(lab.netns(random.choice(clients)))
                spread(lab, "service " + lab.full(service), address, port["port"], protocol,
                       found, affinity)
            if port.get("nodePort"):
                check_outside(lab, service, port, protocol, affinity)


def check_outside(lab, service, port, protocol, affinity):
    enter(lab.name + "-outside")
    families = {":" in a for a in service["spec"]["clusterIPs"]}
    targets = [(a["address"], port["nodePort"]) for n in lab.kind("Node")
               for a in n["status"]["addresses"] if a["type"] == "InternalIP"]
    targets += [(i["ip"], port["port"]) for i in
                service.get("status", {}).get("loadBalancer", {}).get("ingress") or []]
    for address, number in targets:
        if (":" in address) not in families:
            continue
        found = lab.endpoints(service, port, "IPv6" if ":" in address else "IPv4")
        if found:
            spread(lab, "outside to " + lab.full(service), address, number, protocol, found,
                   affinity)


def main():
    random.seed(1)
    lab = Lab(sys.argv[1])
    check_names(lab)
    check_pods(lab)
    check_services(lab)
    for problem in problems[:20]:
        print("oracle: " + problem, file=sys.stderr)
    print("oracle: %d pods, %d services, %d problems" % (
        len(lab.pods), len(lab.kind("Service")), len(problems)))
    return bool(problems)


if __name__ == "__main__":
    sys.exit(main())
