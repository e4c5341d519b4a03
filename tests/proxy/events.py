#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Objects out of a List, as a List again or as events of a watch.

    events.py objects FILE KIND[/NAME] ...         a List of these
    events.py events FILE TYPE KIND[/NAME] ...     a line for each
    events.py bookmark KIND ...                    all of that kind was told
    events.py pieces FILE                          copy it to standard output in pieces
                                                   of a few bytes and of many, with pauses
"""
import json
import os
import sys
import time

VERSIONS = {"EndpointSlice": "discovery.k8s.io/v1"}


def chosen(path, words):
    with open(path) as source:
        items = json.load(source)["items"]
    for item in items:
        kind, name = item["kind"], item["metadata"]["name"]
        if not words or kind in words or "%s/%s" % (kind, name) in words:
            yield item


def pieces(path):
    with open(path, "rb") as source:
        data = source.read()
    at, size = 0, 1
    while at < len(data):
        os.write(1, data[at : at + size])
        at += size
        size = size * 7 % 4099 + 1
        time.sleep(0.001)


def main():
    what, words = sys.argv[1], sys.argv[2:]
    if what == "objects":
        items = list(chosen(words[0], words[1:]))
        json.dump({"apiVersion": "v1", "kind": "List", "items": items}, sys.stdout)
    elif what == "events":
        for item in chosen(words[0], words[2:]):
            print(json.dumps({"type": words[1], "object": item}), flush=True)
    elif what == "bookmark":
        for kind in words:
            metadata = {"annotations": {"k8s.io/initial-events-end": "true"}}
            version = VERSIONS.get(kind, "v1")
            item = {"apiVersion": version, "kind": kind, "metadata": metadata}
            print(json.dumps({"type": "BOOKMARK", "object": item}), flush=True)
    else:
        pieces(words[0])


if __name__ == "__main__":
    main()
