# SPDX-License-Identifier: LGPL-2.1-or-later
"""Who gets the traffic of a service, and why: k8snet_resolve(3), as values of one moment."""

from __future__ import annotations

from typing import Any, List, NamedTuple, Optional, Tuple

from _k8snet import ffi, lib

from ._base import Address, from_c, to_address, to_c
from ._model import Service


class Backend(NamedTuple):
    address: Address
    port: int
    node_name: Optional[str]
    weight: int
    ready: bool
    serving: bool
    terminating: bool
    is_local: bool


class ResolvedPort(NamedTuple):
    """A port of the service in one family; of a list without backends, why."""

    family: int
    name: str
    protocol: int
    number: int
    cluster: Tuple[Backend, ...]
    local: Tuple[Backend, ...]
    all: Tuple[Backend, ...]
    cluster_reason: str
    local_reason: str


class ResolvedFrontend(NamedTuple):
    """What a client connects to; `actions` are for a pod, the node, somebody outside."""

    type: str
    address: Optional[Address]
    number: int
    protocol: int
    actions: Tuple[str, str, str]


class Resolution(NamedTuple):
    reason: str
    ports: List[ResolvedPort]
    frontends: List[ResolvedFrontend]


def _backend(pointer: Any) -> Backend:
    address = ffi.new("struct k8snet_address *")
    lib.k8snet_backend_get_address(pointer, address)
    conditions = lib.k8snet_backend_get_conditions(pointer)
    return Backend(to_address(address), lib.k8snet_backend_get_port(pointer),
                   from_c(lib.k8snet_backend_get_node_name(pointer)),
                   lib.k8snet_backend_get_weight(pointer),
                   bool(conditions & lib.K8SNET_ENDPOINT_READY),
                   bool(conditions & lib.K8SNET_ENDPOINT_SERVING),
                   bool(conditions & lib.K8SNET_ENDPOINT_TERMINATING),
                   lib.k8snet_backend_is_local(pointer))


def _backends(port: Any, which: int) -> Tuple[Backend, ...]:
    found, pointer = [], ffi.NULL
    while True:
        pointer = lib.k8snet_resolved_port_next_backend(port, which, pointer)
        if pointer == ffi.NULL:
            return tuple(found)
        found.append(_backend(pointer))


def _reason(reason: int) -> str:
    return from_c(lib.k8snet_reason_get_name(reason)) or ""


def _port(port: Any) -> ResolvedPort:
    lists = (lib.K8SNET_BACKENDS_CLUSTER, lib.K8SNET_BACKENDS_LOCAL, lib.K8SNET_BACKENDS_ALL)
    return ResolvedPort(lib.k8snet_resolved_port_get_family(port),
                        from_c(lib.k8snet_resolved_port_get_name(port)) or "",
                        lib.k8snet_resolved_port_get_protocol(port),
                        lib.k8snet_resolved_port_get_number(port),
                        *(_backends(port, which) for which in lists),
                        *(_reason(lib.k8snet_resolved_port_get_reason(port, which))
                          for which in lists[:2]))


def _frontend(pointer: Any) -> ResolvedFrontend:
    address = lib.k8snet_resolved_frontend_get_address(pointer)
    clients = (lib.K8SNET_CLIENT_POD, lib.K8SNET_CLIENT_NODE, lib.K8SNET_CLIENT_OUTSIDE)
    actions = [from_c(lib.k8snet_frontend_action_get_name(
        lib.k8snet_resolved_frontend_get_action(pointer, client))) for client in clients]
    return ResolvedFrontend(
        from_c(lib.k8snet_frontend_type_get_name(lib.k8snet_resolved_frontend_get_type(pointer))),
        None if address == ffi.NULL else to_address(address),
        lib.k8snet_resolved_frontend_get_number(pointer),
        lib.k8snet_resolved_port_get_protocol(lib.k8snet_resolved_frontend_get_port(pointer)),
        tuple(actions))


def _iterate(after: Any, resolution: Any) -> Any:
    pointer = after(resolution, ffi.NULL)
    while pointer != ffi.NULL:
        yield pointer
        pointer = after(resolution, pointer)


def resolve(service: Service, node_name: Optional[str] = None) -> Resolution:
    """What a service is on a node, or on none."""
    cluster = service.cluster
    out = ffi.new("struct k8snet_resolution **")
    cluster._check(lib.k8snet_resolution_new(out, cluster._handle))
    try:
        cluster._check(lib.k8snet_resolve_service(
            out[0], ffi.NULL if node_name is None else to_c(node_name), service._handle))
        return Resolution(
            _reason(lib.k8snet_resolution_get_reason(out[0])),
            [_port(p) for p in _iterate(lib.k8snet_resolution_next_port, out[0])],
            [_frontend(f) for f in _iterate(lib.k8snet_resolution_next_frontend, out[0])])
    finally:
        lib.k8snet_resolution_unref(out[0])
