#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""HTTP as seen from a network namespace.

    http.py get NETNS URL           status, headers and body
    http.py metric NETNS NAME       a value of http://127.0.0.1:10249/metrics, all of
                                    which has to be in Prometheus' text format
    http.py crowd NETNS URL COUNT   so many connections that say half a request and
                                    wait; writes "ready N" (still open), runs until killed
"""
import ctypes
import http.client
import os
import re
import signal
import socket
import sys
import time
import urllib.parse

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../netns"))
from cluster import Inside  # noqa: E402

PR_SET_PDEATHSIG = 1
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABELS = r'\{(?:[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*",?)*\}'
SAMPLE = re.compile(r"^(%s)(%s)? ([0-9.eE+-]+|\+Inf|NaN)$" % (NAME, LABELS))


def get(netns, url, method="GET"):
    parts = urllib.parse.urlsplit(url)
    with Inside(netns):
        s = socket.create_connection((parts.hostname, parts.port), 3)
    connection = http.client.HTTPConnection(parts.hostname, parts.port)
    connection.sock = s
    connection.request(method, parts.path or "/")
    answer = connection.getresponse()
    return answer, answer.read().decode()


# --- the text format ---------------------------------------------------------


def family_of(name, types):
    """What a sample belongs to."""
    for suffix in ("_bucket", "_sum", "_count"):
        base = name[: -len(suffix)] if name.endswith(suffix) else None
        if types.get(base) == "histogram":
            return base
    return name


def parse(text):
    """{sample with its labels: value}"""
    types, helps, values, last = {}, {}, {}, None
    assert text.endswith("\n"), "no newline at the end"
    for line in text[:-1].split("\n"):
        if line.startswith("# HELP "):
            name, rest = line[7:].split(" ", 1)
            assert name not in helps and rest, line
            helps[name] = rest
        elif line.startswith("# TYPE "):
            name, kind = line[7:].split(" ")
            assert name not in types and kind in ("counter", "gauge", "histogram"), line
            types[name] = kind
            last = name
        else:
            match = SAMPLE.match(line)
            assert match, line
            name, labels, value = match.groups()
            family = family_of(name, types)
            assert family == last and family in helps, "not together: " + line
            assert name + (labels or "") not in values, "twice: " + line
            assert types[family] != "counter" or family.endswith("_total"), line
            values[name + (labels or "")] = float(value)
    for name, kind in types.items():
        if kind == "histogram":
            check_histogram(name, values)
    return values


def check_histogram(name, values):
    before, bound = 0, -1.0
    for key, value in values.items():
        if not key.startswith(name + "_bucket{"):
            continue
        le = float(re.search(r'le="([^"]*)"', key).group(1).replace("Inf", "inf"))
        assert le > bound and value >= before, key
        before, bound = value, le
    assert bound == float("inf") and values[name + "_count"] == before, name
    assert values[name + "_sum"] >= 0


def metric(netns, name):
    answer, text = get(netns, "http://127.0.0.1:10249/metrics")
    assert answer.status == 200
    assert answer.getheader("Content-Type").startswith("text/plain; version=0.0.4")
    values = parse(text)
    print("%d" % values[name] if values[name] == int(values[name]) else values[name])


# --- who means no good -----------------------------------------------------------


def crowd(netns, url, count):
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    parts = urllib.parse.urlsplit(url)
    sockets = []
    for _ in range(count):
        with Inside(netns):
            s = socket.socket(socket.AF_INET)
        s.settimeout(1)
        try:
            s.connect((parts.hostname, parts.port))
            s.send(b"GET /healthz HTTP/1.1\r\nHost: ")
            s.setblocking(False)
            sockets.append(s)
        except OSError:
            pass
    time.sleep(0.3)
    still = 0
    for s in sockets:
        try:
            still += s.recv(1) != b""
        except BlockingIOError:
            still += 1
        except OSError:
            pass
    print("ready", still, flush=True)
    while True:
        time.sleep(1)
        for s in sockets:
            try:
                s.send(b"x")
            except OSError:
                pass


def main():
    if sys.argv[1] == "metric":
        metric(sys.argv[2], sys.argv[3])
    elif sys.argv[1] == "crowd":
        crowd(sys.argv[2], sys.argv[3], int(sys.argv[4]))
    else:
        try:
            answer, body = get(sys.argv[2], sys.argv[3])
        except OSError as e:
            print(type(e).__name__)
            return
        print(answer.status)
        for name, value in answer.getheaders():
            print("%s: %s" % (name, value))
        print("\n" + body)


if __name__ == "__main__":
    main()
