#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""What would a cluster's objects mean for a node? Changes nothing, needs no root.

usage: what-if.py FILE NODE [HOST/PATH...]

FILE is what `kubectl get nodes,pods,services,endpointslices,ingresses -A -o json`
prints. Shows the commands that would make NODE's kernel match it, and where the
ingress rules send a request.
"""

import sys

import k8snet


def show_plan(cluster, name):
    node = cluster.nodes[name]
    if node.uplink is None:
        node.uplink = ("eth0", 1500)  # without a kernel to ask, one has to be named
    plan = k8snet.Plan(cluster, name)
    print(f"# {len(plan)} operations for {name}")
    print(plan.commands, end="")


def show_route(table, url):
    host, _, path = url.partition("/")
    route = table.match(host, "/" + path)
    if route is None:
        print(f"{url}: no rule")
    else:
        print(f"{url}: service {route.namespace}/{route.service} port {route.port}"
              f" (ingress {route.ingress}, {route.host or '*'}{route.path})")


def main(path, name, *urls):
    cluster = k8snet.Cluster()
    cluster.load_file(path)
    show_plan(cluster, name)
    table = k8snet.IngressTable(cluster)
    for url in urls:
        show_route(table, url)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    try:
        main(*sys.argv[1:])
    except k8snet.K8snetError as error:
        sys.exit(f"what-if: {error}")
    except KeyError as error:
        sys.exit(f"what-if: no node {error}")
