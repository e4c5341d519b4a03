# SPDX-License-Identifier: LGPL-2.1-or-later
"""The cluster as data: nodes, pods, services with their EndpointSlices, ingresses."""

from __future__ import annotations

import contextlib
import json
import os
from typing import Any, Callable, Dict, Generic, Iterator, List, NamedTuple, Optional, Tuple, TypeVar, Union

from _k8snet import ffi, lib

from ._base import (Address, Context, Handle, Link, LoadBalancing, Mode, Network, PathType, Protocol,
                    ServiceType, TrafficPolicy, from_c, from_mac, indexed, to_address, to_c,
                    to_mac, to_network)

T = TypeVar("T")


class ServicePort(NamedTuple):
    name: str
    protocol: int
    port: int
    node_port: int


class EndpointPort(NamedTuple):
    name: str
    protocol: int
    port: int


class Endpoint(NamedTuple):
    address: Address
    node_name: Optional[str]
    ready: bool
    serving: bool
    terminating: bool
    weight: int = 1


class _Object(Handle):
    """An object in a cluster. It stays readable after remove()."""

    cluster: "Cluster"
    _remove: Any = None

    @classmethod
    def _in(cls, pointer: Any, cluster: "Cluster") -> Any:
        self = cls._borrow(pointer, cluster._context, cluster)
        if self is not None:
            self.cluster = cluster
        return self

    def _create(self, cluster: "Cluster", new: Callable[..., int], ctype: str, *args: Any) -> None:
        out = ffi.new(f"struct {ctype} **")
        cluster._check(new(out, cluster._handle, *args))
        self._own(out[0], cluster._context, cluster)
        self.cluster = cluster

    def remove(self) -> None:
        """Take the object out of its cluster."""
        self._check(type(self)._remove(self._handle))

    def __repr__(self) -> str:
        namespace = getattr(self, "namespace", None)
        name = f"{namespace}/{self.name}" if namespace else self.name
        return f"<{type(self).__name__} {name}>"


class Node(_Object):
    """Layer 0: a machine that has a subnet of the pod network."""

    _unref = lib.k8snet_node_unref
    _ref = lib.k8snet_node_ref
    _remove = lib.k8snet_node_remove

    def __init__(self, cluster: "Cluster", name: str) -> None:
        self._create(cluster, lib.k8snet_node_new, "k8snet_node", to_c(name))

    @property
    def name(self) -> str:
        return from_c(lib.k8snet_node_get_name(self._handle))

    @property
    def addresses(self) -> List[Address]:
        return [to_address(a) for a in indexed(lib.k8snet_node_get_address, self._handle)]

    def add_address(self, address: Union[str, Address]) -> None:
        self._check(lib.k8snet_node_add_address(self._handle, to_c(str(address))))

    def clear_addresses(self) -> None:
        self._check(lib.k8snet_node_clear_addresses(self._handle))

    @property
    def pod_cidrs(self) -> List[Network]:
        return [to_network(p) for p in indexed(lib.k8snet_node_get_pod_cidr, self._handle)]

    def add_pod_cidr(self, cidr: Union[str, Network]) -> None:
        self._check(lib.k8snet_node_add_pod_cidr(self._handle, to_c(str(cidr))))

    def clear_pod_cidrs(self) -> None:
        self._check(lib.k8snet_node_clear_pod_cidrs(self._handle))

    @property
    def uplink(self) -> Optional[Tuple[str, int]]:
        """Name and MTU of the link that has the node's address; None: to be discovered."""
        name = from_c(lib.k8snet_node_get_uplink_name(self._handle))
        return None if name is None else (name, lib.k8snet_node_get_uplink_mtu(self._handle))

    @uplink.setter
    def uplink(self, value: Optional[Tuple[str, int]]) -> None:
        name, mtu = value if value is not None else (None, 0)
        self._check(lib.k8snet_node_set_uplink(self._handle, to_c(name), mtu))

    def get_overlay_mac(self, family: int = 4) -> Optional[str]:
        return to_mac(lib.k8snet_node_get_overlay_mac(self._handle, family))

    def set_overlay_mac(self, mac: Union[str, bytes], family: int = 4) -> None:
        self._check(lib.k8snet_node_set_overlay_mac(self._handle, family, from_mac(mac)))

    @property
    def zone(self) -> Optional[str]:
        return from_c(lib.k8snet_node_get_zone(self._handle))

    @zone.setter
    def zone(self, zone: Optional[str]) -> None:
        self._check(lib.k8snet_node_set_zone(self._handle, to_c(zone)))


class Pod(_Object):
    """Layer 1: a network namespace with an address in the flat network."""

    _unref = lib.k8snet_pod_unref
    _ref = lib.k8snet_pod_ref
    _remove = lib.k8snet_pod_remove

    def __init__(self, cluster: "Cluster", namespace: str, name: str) -> None:
        self._create(cluster, lib.k8snet_pod_new, "k8snet_pod", to_c(namespace), to_c(name))

    @property
    def namespace(self) -> str:
        return from_c(lib.k8snet_pod_get_namespace(self._handle))

    @property
    def name(self) -> str:
        return from_c(lib.k8snet_pod_get_name(self._handle))

    @property
    def node_name(self) -> Optional[str]:
        return from_c(lib.k8snet_pod_get_node_name(self._handle))

    @node_name.setter
    def node_name(self, name: Optional[str]) -> None:
        self._check(lib.k8snet_pod_set_node_name(self._handle, to_c(name)))

    @property
    def addresses(self) -> List[Address]:
        return [to_address(a) for a in indexed(lib.k8snet_pod_get_address, self._handle)]

    def add_address(self, address: Union[str, Address]) -> None:
        self._check(lib.k8snet_pod_add_address(self._handle, to_c(str(address))))

    def clear_addresses(self) -> None:
        self._check(lib.k8snet_pod_clear_addresses(self._handle))

    @property
    def netns(self) -> Optional[str]:
        """Path of the pod's network namespace; None: the pod is not attached."""
        return from_c(lib.k8snet_pod_get_netns(self._handle))

    @netns.setter
    def netns(self, path: Optional[Union[str, os.PathLike]]) -> None:
        self._check(lib.k8snet_pod_set_netns(self._handle, to_c(path)))

    @property
    def interface(self) -> str:
        return from_c(lib.k8snet_pod_get_interface(self._handle))

    @interface.setter
    def interface(self, name: str) -> None:
        self._check(lib.k8snet_pod_set_interface(self._handle, to_c(name)))

    @property
    def mac(self) -> Optional[str]:
        return to_mac(lib.k8snet_pod_get_mac(self._handle))

    @mac.setter
    def mac(self, mac: Optional[Union[str, bytes]]) -> None:
        self._check(lib.k8snet_pod_set_mac(self._handle, from_mac(mac)))

    @property
    def host_network(self) -> bool:
        return lib.k8snet_pod_has_host_network(self._handle)

    @host_network.setter
    def host_network(self, value: bool) -> None:
        self._check(lib.k8snet_pod_set_host_network(self._handle, value))

    @property
    def labels(self) -> Dict[str, str]:
        handle = self._handle
        keys = map(from_c, indexed(lib.k8snet_pod_get_label_key, handle))
        return {key: from_c(lib.k8snet_pod_get_label(handle, to_c(key))) for key in keys}

    def set_label(self, key: str, value: Optional[str]) -> None:
        """Set a label; None removes it."""
        self._check(lib.k8snet_pod_set_label(self._handle, to_c(key), to_c(value)))

    def clear_labels(self) -> None:
        self._check(lib.k8snet_pod_clear_labels(self._handle))

    @property
    def link_name(self) -> str:
        return from_c(lib.k8snet_pod_get_link_name(self._handle))


class Service(_Object):
    """Layer 2: virtual IPs before a changing set of pods."""

    _unref = lib.k8snet_service_unref
    _ref = lib.k8snet_service_ref
    _remove = lib.k8snet_service_remove

    def __init__(self, cluster: "Cluster", namespace: str, name: str) -> None:
        self._create(cluster, lib.k8snet_service_new, "k8snet_service", to_c(namespace),
                     to_c(name))

    @property
    def namespace(self) -> str:
        return from_c(lib.k8snet_service_get_namespace(self._handle))

    @property
    def name(self) -> str:
        return from_c(lib.k8snet_service_get_name(self._handle))

    @property
    def type(self) -> int:
        return ServiceType(lib.k8snet_service_get_type(self._handle))

    @type.setter
    def type(self, type: int) -> None:
        self._check(lib.k8snet_service_set_type(self._handle, type))

    @property
    def is_headless(self) -> bool:
        return lib.k8snet_service_is_headless(self._handle)

    @property
    def cluster_ips(self) -> List[Address]:
        return [to_address(a) for a in indexed(lib.k8snet_service_get_cluster_ip, self._handle)]

    def add_cluster_ip(self, address: Union[str, Address]) -> None:
        self._check(lib.k8snet_service_add_cluster_ip(self._handle, to_c(str(address))))

    def clear_cluster_ips(self) -> None:
        self._check(lib.k8snet_service_clear_cluster_ips(self._handle))

    @property
    def external_ips(self) -> List[Address]:
        return [to_address(a) for a in indexed(lib.k8snet_service_get_external_ip, self._handle)]

    def add_external_ip(self, address: Union[str, Address]) -> None:
        self._check(lib.k8snet_service_add_external_ip(self._handle, to_c(str(address))))

    def clear_external_ips(self) -> None:
        self._check(lib.k8snet_service_clear_external_ips(self._handle))

    @property
    def load_balancer_ips(self) -> List[Address]:
        return [to_address(a)
                for a in indexed(lib.k8snet_service_get_load_balancer_ip, self._handle)]

    def add_load_balancer_ip(self, address: Union[str, Address]) -> None:
        self._check(lib.k8snet_service_add_load_balancer_ip(self._handle, to_c(str(address))))

    def clear_load_balancer_ips(self) -> None:
        self._check(lib.k8snet_service_clear_load_balancer_ips(self._handle))

    @property
    def ports(self) -> List[ServicePort]:
        handle = self._handle
        return [ServicePort(from_c(lib.k8snet_service_get_port_name(handle, i)),
                            Protocol(lib.k8snet_service_get_port_protocol(handle, i)),
                            lib.k8snet_service_get_port_number(handle, i),
                            lib.k8snet_service_get_port_node_port(handle, i))
                for i in range(lib.k8snet_service_count_ports(handle))]

    def add_port(self, port: int, name: str = "", protocol: int = Protocol.TCP,
                 node_port: int = 0) -> None:
        self._check(lib.k8snet_service_add_port(self._handle, to_c(name), protocol, port,
                                                node_port))

    def clear_ports(self) -> None:
        self._check(lib.k8snet_service_clear_ports(self._handle))

    @property
    def source_ranges(self) -> List[Network]:
        return [to_network(p) for p in indexed(lib.k8snet_service_get_source_range, self._handle)]

    def add_source_range(self, cidr: Union[str, Network]) -> None:
        self._check(lib.k8snet_service_add_source_range(self._handle, to_c(str(cidr))))

    def clear_source_ranges(self) -> None:
        self._check(lib.k8snet_service_clear_source_ranges(self._handle))

    @property
    def proxy_name(self) -> Optional[str]:
        """The name of another proxy that serves it."""
        return from_c(lib.k8snet_service_get_proxy_name(self._handle))

    @proxy_name.setter
    def proxy_name(self, name: Optional[str]) -> None:
        self._check(lib.k8snet_service_set_proxy_name(self._handle, to_c(name)))

    @property
    def selector(self) -> Dict[str, str]:
        """The labels that its pods have."""
        handle = self._handle
        keys = map(from_c, indexed(lib.k8snet_service_get_selector_key, handle))
        return {key: from_c(lib.k8snet_service_get_selector(handle, to_c(key))) for key in keys}

    def set_selector(self, key: str, value: Optional[str]) -> None:
        """Ask for a label of its pods; None asks for it no more."""
        self._check(lib.k8snet_service_set_selector(self._handle, to_c(key), to_c(value)))

    def clear_selector(self) -> None:
        self._check(lib.k8snet_service_clear_selector(self._handle))

    def is_selecting(self, pod: Pod) -> bool:
        """Whether a pod has what the selector asks for, in the service's namespace."""
        return lib.k8snet_service_is_selecting(self._handle, pod._handle)

    @property
    def health_check_node_port(self) -> int:
        return lib.k8snet_service_get_health_check_node_port(self._handle)

    @health_check_node_port.setter
    def health_check_node_port(self, port: int) -> None:
        self._check(lib.k8snet_service_set_health_check_node_port(self._handle, port))

    def count_local_endpoints(self, node_name: str) -> int:
        """How many endpoints are ready on a node."""
        return lib.k8snet_service_count_local_endpoints(self._handle, to_c(node_name))

    @property
    def session_affinity(self) -> int:
        """Seconds that a client stays with its endpoint; 0: none."""
        return lib.k8snet_service_get_session_affinity(self._handle)

    @session_affinity.setter
    def session_affinity(self, seconds: int) -> None:
        self._check(lib.k8snet_service_set_session_affinity(self._handle, seconds))

    @property
    def load_balancing(self) -> int:
        """How a new connection is given an endpoint."""
        return LoadBalancing(lib.k8snet_service_get_load_balancing(self._handle))

    @load_balancing.setter
    def load_balancing(self, policy: int) -> None:
        self._check(lib.k8snet_service_set_load_balancing(self._handle, policy))

    @property
    def external_traffic_policy(self) -> int:
        return TrafficPolicy(lib.k8snet_service_get_external_traffic_policy(self._handle))

    @external_traffic_policy.setter
    def external_traffic_policy(self, policy: int) -> None:
        self._check(lib.k8snet_service_set_external_traffic_policy(self._handle, policy))

    @property
    def internal_traffic_policy(self) -> int:
        return TrafficPolicy(lib.k8snet_service_get_internal_traffic_policy(self._handle))

    @internal_traffic_policy.setter
    def internal_traffic_policy(self, policy: int) -> None:
        self._check(lib.k8snet_service_set_internal_traffic_policy(self._handle, policy))

    @property
    def endpointslices(self) -> List["EndpointSlice"]:
        slices = []
        slice_ = ffi.NULL
        while True:
            slice_ = lib.k8snet_service_next_endpointslice(self._handle, slice_)
            if slice_ == ffi.NULL:
                return slices
            slices.append(EndpointSlice._in(slice_, self.cluster))


class EndpointSlice(_Object):
    """A part of the backends of a service."""

    _unref = lib.k8snet_endpointslice_unref
    _ref = lib.k8snet_endpointslice_ref
    _remove = lib.k8snet_endpointslice_remove

    def __init__(self, cluster: "Cluster", namespace: str, name: str, service_name: str,
                 family: int = 4) -> None:
        self._create(cluster, lib.k8snet_endpointslice_new, "k8snet_endpointslice",
                     to_c(namespace), to_c(name), to_c(service_name), family)

    @property
    def namespace(self) -> str:
        return from_c(lib.k8snet_endpointslice_get_namespace(self._handle))

    @property
    def name(self) -> str:
        return from_c(lib.k8snet_endpointslice_get_name(self._handle))

    @property
    def service_name(self) -> str:
        return from_c(lib.k8snet_endpointslice_get_service_name(self._handle))

    @property
    def family(self) -> int:
        return lib.k8snet_endpointslice_get_family(self._handle)

    @property
    def is_headless(self) -> bool:
        """The endpoints are for names alone, and no proxy's."""
        return lib.k8snet_endpointslice_is_headless(self._handle)

    @is_headless.setter
    def is_headless(self, is_headless: bool) -> None:
        self._check(lib.k8snet_endpointslice_set_headless(self._handle, is_headless))

    @property
    def ports(self) -> List[EndpointPort]:
        handle = self._handle
        return [EndpointPort(from_c(lib.k8snet_endpointslice_get_port_name(handle, i)),
                             Protocol(lib.k8snet_endpointslice_get_port_protocol(handle, i)),
                             lib.k8snet_endpointslice_get_port_number(handle, i))
                for i in range(lib.k8snet_endpointslice_count_ports(handle))]

    def add_port(self, port: int, name: str = "", protocol: int = Protocol.TCP) -> None:
        self._check(lib.k8snet_endpointslice_add_port(self._handle, to_c(name), protocol, port))

    @property
    def endpoints(self) -> List[Endpoint]:
        return [self._endpoint(i)
                for i in range(lib.k8snet_endpointslice_count_endpoints(self._handle))]

    def _endpoint(self, index: int) -> Endpoint:
        address = ffi.new("struct k8snet_address *")
        self._check(lib.k8snet_endpointslice_get_endpoint_address(self._handle, index, address))
        node = lib.k8snet_endpointslice_get_endpoint_node_name(self._handle, index)
        conditions = lib.k8snet_endpointslice_get_endpoint_conditions(self._handle, index)
        return Endpoint(to_address(address), from_c(node),
                        bool(conditions & lib.K8SNET_ENDPOINT_READY),
                        bool(conditions & lib.K8SNET_ENDPOINT_SERVING),
                        bool(conditions & lib.K8SNET_ENDPOINT_TERMINATING),
                        lib.k8snet_endpointslice_get_endpoint_weight(self._handle, index))

    def add_endpoint(self, address: Union[str, Address], node_name: Optional[str] = None,
                     ready: bool = True, serving: bool = True,
                     terminating: bool = False) -> None:
        conditions = (lib.K8SNET_ENDPOINT_READY * ready | lib.K8SNET_ENDPOINT_SERVING * serving
                      | lib.K8SNET_ENDPOINT_TERMINATING * terminating)
        self._check(lib.k8snet_endpointslice_add_endpoint(self._handle, to_c(str(address)),
                                                          to_c(node_name), conditions))

    def set_endpoint_hints(self, address: Union[str, Address], nodes: Optional[str] = None,
                           zones: Optional[str] = None) -> None:
        """Names with commas between them."""
        self._check(lib.k8snet_endpointslice_set_endpoint_hints(
            self._handle, to_c(str(address)), to_c(nodes), to_c(zones)))

    def set_endpoint_weight(self, address: Union[str, Address], weight: int) -> None:
        """The share of new connections under the policy weighted; 0 drains."""
        self._check(lib.k8snet_endpointslice_set_endpoint_weight(
            self._handle, to_c(str(address)), weight))

    def remove_endpoint(self, address: Union[str, Address]) -> None:
        self._check(lib.k8snet_endpointslice_remove_endpoint(self._handle, to_c(str(address))))


class Ingress(_Object):
    """Layer 3: rules from host and path to a service."""

    _unref = lib.k8snet_ingress_unref
    _ref = lib.k8snet_ingress_ref
    _remove = lib.k8snet_ingress_remove

    def __init__(self, cluster: "Cluster", namespace: str, name: str) -> None:
        self._create(cluster, lib.k8snet_ingress_new, "k8snet_ingress", to_c(namespace),
                     to_c(name))

    @property
    def namespace(self) -> str:
        return from_c(lib.k8snet_ingress_get_namespace(self._handle))

    @property
    def name(self) -> str:
        return from_c(lib.k8snet_ingress_get_name(self._handle))

    @property
    def class_name(self) -> Optional[str]:
        return from_c(lib.k8snet_ingress_get_class_name(self._handle))

    @class_name.setter
    def class_name(self, name: Optional[str]) -> None:
        self._check(lib.k8snet_ingress_set_class_name(self._handle, to_c(name)))

    def add_rule(self, host: Optional[str], path: str, service: str, port: Union[str, int],
                 path_type: int = PathType.PREFIX) -> None:
        self._check(lib.k8snet_ingress_add_rule(self._handle, to_c(host), to_c(path), path_type,
                                                to_c(service), *_port(port)))

    def set_default_backend(self, service: Optional[str], port: Union[str, int] = 0) -> None:
        self._check(lib.k8snet_ingress_set_default_backend(self._handle, to_c(service),
                                                           *_port(port)))

    def clear_rules(self) -> None:
        self._check(lib.k8snet_ingress_clear_rules(self._handle))


def _port(port: Union[str, int]) -> Tuple[Any, int]:
    return (to_c(port), 0) if isinstance(port, str) else (ffi.NULL, port)


class Collection(Generic[T]):
    """The objects of one kind in a cluster, in the order of insertion.

    len(), iteration over a snapshot, `"name" in nodes`, `pods["shop", "cart-0"]`.
    """

    def __init__(self, cluster: "Cluster", kind: Any, count: Any, find: Any, next: Any) -> None:
        self._cluster = cluster
        self._kind, self._count, self._find, self._next = kind, count, find, next

    def __len__(self) -> int:
        return self._count(self._cluster._handle)

    def __iter__(self) -> Iterator[T]:
        objects = []
        pointer = self._next(self._cluster._handle, ffi.NULL)
        while pointer != ffi.NULL:
            objects.append(self._kind._in(pointer, self._cluster))
            pointer = self._next(self._cluster._handle, pointer)
        return iter(objects)

    def find(self, *key: str) -> Optional[T]:
        """By name (nodes) or by namespace and name; None if there is none."""
        pointer = self._find(self._cluster._handle, *(to_c(part) for part in key))
        return self._kind._in(pointer, self._cluster)

    def __getitem__(self, key: Union[str, Tuple[str, str]]) -> T:
        found = self.find(*((key,) if isinstance(key, str) else key))
        if found is None:
            raise KeyError(key)
        return found

    def __contains__(self, key: Union[str, Tuple[str, str]]) -> bool:
        return self.find(*((key,) if isinstance(key, str) else key)) is not None


class LoadReport(NamedTuple):
    """What a load did not take as it is.

    kind, namespace, name: the object; "" where that cannot be told
    number: which in the text it is, from 1
    field: "spec.ports[0].port"; "": the object
    reason: why
    is_refused: the object as a whole; else this value alone was passed over
    error: the positive errno
    """
    kind: str
    namespace: str
    name: str
    number: int
    field: str
    reason: str
    is_refused: bool
    error: int


@ffi.def_extern()
def k8snet_py_report(data: Any, r: Any) -> None:
    ffi.from_handle(data).append(LoadReport(
        from_c(r.kind) or "", from_c(r.namespace_) or "", from_c(r.name) or "", r.number,
        from_c(r.field) or "", from_c(r.reason) or "", r.is_refused, -r.error))


class Cluster(Handle):
    """The network of a cluster as data; it never touches a kernel."""

    _unref = lib.k8snet_cluster_unref
    _ref = lib.k8snet_cluster_ref

    def __init__(self, context: Optional[Context] = None) -> None:
        context = context if context is not None else Context()
        out = ffi.new("struct k8snet_cluster **")
        context._check(lib.k8snet_cluster_new(out, context._handle))
        self._own(out[0], context)

    @property
    def context(self) -> Context:
        return self._context

    @property
    def generation(self) -> int:
        return lib.k8snet_cluster_get_generation(self._handle)

    @property
    def skipped(self) -> int:
        """How many objects the last load skipped because of their kind."""
        return lib.k8snet_cluster_get_skipped(self._handle)

    # --- loading ---

    def _load(self, text: Union[str, bytes], source: Optional[str], flags: int,
              report: Optional[Callable[[LoadReport], None]]) -> None:
        data = text.encode() if isinstance(text, str) else bytes(text)
        options = ffi.new("struct k8snet_load_options *")
        options.size = ffi.sizeof("struct k8snet_load_options")
        options.flags = flags
        reports: List[LoadReport] = []
        handle = ffi.new_handle(reports)
        if report:
            options.report = lib.k8snet_py_report
            options.data = handle
        result = lib.k8snet_cluster_load(self._handle, to_c(source), data, len(data), options)
        if report:
            for each in reports:
                report(each)
        self._check(result)

    def load_json(self, text: Union[str, bytes], source: Optional[str] = None, *,
                  all_or_nothing: bool = False,
                  report: Optional[Callable[[LoadReport], None]] = None) -> None:
        """Load Kubernetes objects from JSON text.

        Each stands by itself: a value that cannot be used is passed over; if an object is
        refused, the others are loaded all the same, unless all_or_nothing. report is called
        after it, with a LoadReport for each value and object that was not taken; without it
        K8snetError is raised for the first object that was refused. Text that is not JSON
        loads nothing.
        """
        flags = lib.K8SNET_LOAD_ALL_OR_NOTHING if all_or_nothing else 0
        self._load(text, source, flags, report)

    def remove_json(self, text: Union[str, bytes], source: Optional[str] = None) -> None:
        """Remove the objects that JSON text names; each by itself, as load_json()."""
        self._load(text, source, lib.K8SNET_LOAD_REMOVE, None)

    def load(self, objects: Any, source: Optional[str] = None, **options: Any) -> None:
        """Load an object, or a list of objects, given as dicts; options of load_json()."""
        if not isinstance(objects, dict):
            objects = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
        self.load_json(json.dumps(objects), source, **options)

    @contextlib.contextmanager
    def replace(self, kind: str) -> Iterator[None]:
        """What is loaded in the block is all there is of a kind, "Service": what it does
        not name is removed at its end. If the block raises, nothing is."""
        self._check(lib.k8snet_cluster_begin_replace(self._handle, to_c(kind)))
        yield
        self._check(lib.k8snet_cluster_end_replace(self._handle, to_c(kind), ffi.NULL))

    def load_file(self, path: Union[str, os.PathLike]) -> None:
        """Load a file of JSON, or, with python3-yaml, of YAML documents."""
        if os.fspath(path).endswith((".yaml", ".yml")):
            self.load(_read_yaml(path), os.fspath(path))
        else:
            self._check(lib.k8snet_cluster_load_file(self._handle, to_c(path)))

    # --- objects ---

    @property
    def nodes(self) -> Collection[Node]:
        return Collection(self, Node, lib.k8snet_cluster_count_nodes,
                          lib.k8snet_cluster_find_node, lib.k8snet_cluster_next_node)

    @property
    def pods(self) -> Collection[Pod]:
        return Collection(self, Pod, lib.k8snet_cluster_count_pods,
                          lib.k8snet_cluster_find_pod, lib.k8snet_cluster_next_pod)

    @property
    def services(self) -> Collection[Service]:
        return Collection(self, Service, lib.k8snet_cluster_count_services,
                          lib.k8snet_cluster_find_service, lib.k8snet_cluster_next_service)

    @property
    def endpointslices(self) -> Collection[EndpointSlice]:
        return Collection(self, EndpointSlice, lib.k8snet_cluster_count_endpointslices,
                          lib.k8snet_cluster_find_endpointslice,
                          lib.k8snet_cluster_next_endpointslice)

    @property
    def ingresses(self) -> Collection[Ingress]:
        return Collection(self, Ingress, lib.k8snet_cluster_count_ingresses,
                          lib.k8snet_cluster_find_ingress, lib.k8snet_cluster_next_ingress)

    # --- settings ---

    @property
    def mode(self) -> int:
        return Mode(lib.k8snet_cluster_get_mode(self._handle))

    @mode.setter
    def mode(self, mode: int) -> None:
        self._check(lib.k8snet_cluster_set_mode(self._handle, mode))

    @property
    def link(self) -> int:
        return Link(lib.k8snet_cluster_get_link(self._handle))

    @link.setter
    def link(self, link: int) -> None:
        self._check(lib.k8snet_cluster_set_link(self._handle, link))

    @property
    def direct_routing(self) -> bool:
        return lib.k8snet_cluster_has_direct_routing(self._handle)

    @direct_routing.setter
    def direct_routing(self, value: bool) -> None:
        self._check(lib.k8snet_cluster_set_direct_routing(self._handle, value))

    @property
    def services_only(self) -> bool:
        """Plans touch the tables of services alone."""
        return lib.k8snet_cluster_is_services_only(self._handle)

    @services_only.setter
    def services_only(self, value: bool) -> None:
        self._check(lib.k8snet_cluster_set_services_only(self._handle, value))

    @property
    def bridge_name(self) -> str:
        return from_c(lib.k8snet_cluster_get_bridge_name(self._handle))

    @bridge_name.setter
    def bridge_name(self, name: str) -> None:
        self._check(lib.k8snet_cluster_set_bridge_name(self._handle, to_c(name)))

    @property
    def overlay_vni(self) -> int:
        return lib.k8snet_cluster_get_overlay_vni(self._handle)

    @overlay_vni.setter
    def overlay_vni(self, vni: int) -> None:
        self._check(lib.k8snet_cluster_set_overlay_vni(self._handle, vni))

    @property
    def overlay_port(self) -> int:
        return lib.k8snet_cluster_get_overlay_port(self._handle)

    @overlay_port.setter
    def overlay_port(self, port: int) -> None:
        self._check(lib.k8snet_cluster_set_overlay_port(self._handle, port))

    @property
    def mtu(self) -> int:
        return lib.k8snet_cluster_get_mtu(self._handle)

    @mtu.setter
    def mtu(self, mtu: int) -> None:
        self._check(lib.k8snet_cluster_set_mtu(self._handle, mtu))

    @property
    def masquerade_mark(self) -> int:
        return lib.k8snet_cluster_get_masquerade_mark(self._handle)

    @masquerade_mark.setter
    def masquerade_mark(self, mark: int) -> None:
        self._check(lib.k8snet_cluster_set_masquerade_mark(self._handle, mark))

    @property
    def pod_cidrs(self) -> List[Network]:
        return [to_network(p) for p in indexed(lib.k8snet_cluster_get_pod_cidr, self._handle)]

    def add_pod_cidr(self, cidr: Union[str, Network]) -> None:
        self._check(lib.k8snet_cluster_add_pod_cidr(self._handle, to_c(str(cidr))))

    @property
    def masquerade_all(self) -> bool:
        return lib.k8snet_cluster_is_masquerading_all(self._handle)

    @masquerade_all.setter
    def masquerade_all(self, masquerade_all: bool) -> None:
        self._check(lib.k8snet_cluster_set_masquerade_all(self._handle, masquerade_all))

    @property
    def detects_pods(self) -> bool:
        """Whether pods are told from others."""
        return lib.k8snet_cluster_get_local_detection(self._handle) != lib.K8SNET_LOCAL_NONE

    @detects_pods.setter
    def detects_pods(self, detects: bool) -> None:
        how = lib.K8SNET_LOCAL_POD_CIDR if detects else lib.K8SNET_LOCAL_NONE
        self._check(lib.k8snet_cluster_set_local_detection(self._handle, how))

    @property
    def pod_interfaces(self) -> List[str]:
        """The links by which pods are told from others; without one, by their addresses."""
        return [from_c(p) for p in indexed(lib.k8snet_cluster_get_pod_interface, self._handle)]

    def add_pod_interface(self, pattern: str) -> None:
        """Tell pods from others by a link, "cni0", or by links, "veth*"."""
        self._check(lib.k8snet_cluster_add_pod_interface(self._handle, to_c(pattern)))
        self._check(
            lib.k8snet_cluster_set_local_detection(self._handle, lib.K8SNET_LOCAL_INTERFACE)
        )

    @property
    def reset_connections(self) -> bool:
        """Whether TCP connections to an endpoint that is gone are reset."""
        return lib.k8snet_cluster_is_resetting_connections(self._handle)

    @reset_connections.setter
    def reset_connections(self, reset_connections: bool) -> None:
        self._check(lib.k8snet_cluster_set_reset_connections(self._handle, reset_connections))

    @property
    def counters(self) -> bool:
        """Whether the elements of the services' maps count."""
        return lib.k8snet_cluster_has_counters(self._handle)

    @counters.setter
    def counters(self, counters: bool) -> None:
        self._check(lib.k8snet_cluster_set_counters(self._handle, counters))

    @property
    def node_port_cidrs(self) -> List[Network]:
        return [to_network(p) for p in indexed(lib.k8snet_cluster_get_node_port_cidr, self._handle)]

    def add_node_port_cidr(self, cidr: Union[str, Network]) -> None:
        self._check(lib.k8snet_cluster_add_node_port_cidr(self._handle, to_c(str(cidr))))

    @property
    def service_cidrs(self) -> List[Network]:
        return [to_network(p) for p in indexed(lib.k8snet_cluster_get_service_cidr, self._handle)]

    def add_service_cidr(self, cidr: Union[str, Network]) -> None:
        self._check(lib.k8snet_cluster_add_service_cidr(self._handle, to_c(str(cidr))))


def _read_yaml(path: Union[str, os.PathLike]) -> List[Any]:
    try:
        import yaml
    except ImportError:
        raise ImportError("loading YAML needs python3-yaml; JSON needs nothing") from None
    with open(path, "rb") as file:
        return [document for document in yaml.safe_load_all(file) if document is not None]
