# SPDX-License-Identifier: LGPL-2.1-or-later
"""The network of a Kubernetes cluster as data, and a Linux kernel that matches it.

    >>> cluster = k8snet.Cluster()
    >>> cluster.load_file("shop.json")
    >>> kernel = k8snet.Kernel(cluster.context, netns="/run/netns/node-1")
    >>> plan = k8snet.Plan(cluster, "node-1", kernel)
    >>> print(plan.text)
    >>> plan.apply(kernel)

What each class does is written in the manual page of its handle, k8snet_plan(3)
for Plan and so on. Calls that fail raise K8snetError.
"""

from ._base import (Context, K8snetError, Layer, Link, LoadBalancing, LogLevel, MessageId, Mode,
                    OpStatus, PathType, Protocol, ServiceType, TrafficPolicy, get_version)
from ._json import JsonDocument
from ._model import (Cluster, Collection, Endpoint, EndpointPort, EndpointSlice, Ingress, LoadReport,
                     Node, Pod, Service, ServicePort)
from ._plan import IngressTable, Ipam, Kernel, Lease, Op, Plan, Route
from ._resolve import Backend, Resolution, ResolvedFrontend, ResolvedPort, resolve

__version__ = get_version()

__all__ = [
    "Backend", "Resolution", "ResolvedFrontend", "ResolvedPort", "resolve",
    "Cluster", "Collection", "Context", "Endpoint", "EndpointPort", "EndpointSlice", "Ingress",
    "IngressTable", "Ipam", "JsonDocument", "K8snetError", "Kernel", "Layer", "Lease", "Link",
    "LoadBalancing", "LoadReport", "LogLevel", "MessageId", "Mode", "Node", "Op", "OpStatus", "PathType", "Plan", "Pod", "Protocol",
    "Route", "Service", "ServicePort", "ServiceType", "TrafficPolicy", "get_version",
]
