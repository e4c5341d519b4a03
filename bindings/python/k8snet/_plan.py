# SPDX-License-Identifier: LGPL-2.1-or-later
"""Plans, the kernels they are applied to, leases, and the ingress table."""

from __future__ import annotations

import errno
import json
import os
from typing import Any, Callable, Iterator, List, NamedTuple, Optional, Union

from _k8snet import ffi, lib

from ._base import (Address, Context, Handle, Layer, Network, OpStatus, PathType, Uncopied,
                    from_address, from_c, indexed, to_address, to_c, to_network)
from ._model import Cluster, Node, Pod


class Kernel(Handle):
    """One network namespace in which a node lives; None: that of this thread.

    own_tables: nobody else can change or delete the tables of services while it is open, and
    they stay when it is closed; Linux 6.9.
    """

    _unref = lib.k8snet_kernel_unref
    _ref = lib.k8snet_kernel_ref

    def __init__(self, context: Context,
                 netns: Optional[Union[str, os.PathLike]] = None,
                 own_tables: bool = False) -> None:
        out = ffi.new("struct k8snet_kernel **")
        options = ffi.new("struct k8snet_kernel_options *")
        options.size = ffi.sizeof("struct k8snet_kernel_options")
        path = ffi.NULL if netns is None else ffi.new("char[]", to_c(netns))
        options.netns = path
        options.own_tables = own_tables
        context._check(lib.k8snet_kernel_open(out, context._handle, options))
        self._own(out[0], context)

    def discover_node(self, node: Node) -> None:
        """Find the node's uplink, MTU and, if it has none, its addresses."""
        self._check(lib.k8snet_kernel_discover_node(self._handle, node._handle))

    def fileno(self) -> int:
        """For select(): readable when there are notices of others' changes; see process()."""
        fd = lib.k8snet_kernel_get_fd(self._handle)
        self._check(min(fd, 0))
        return fd

    def process(self) -> None:
        """Read the notices that have come."""
        self._check(lib.k8snet_kernel_process(self._handle))

    @property
    def is_disturbed(self) -> bool:
        """Somebody else changed the library's tables: the next plan looks again."""
        return lib.k8snet_kernel_is_disturbed(self._handle)


@ffi.def_extern(error=-1)
def k8snet_py_write(data: Any, text: Any, length: int) -> int:
    ffi.from_handle(data).append(ffi.buffer(text, length)[:])
    return 0


class _Progress:
    """What apply() needs to call back: an exception waits until C has returned."""

    def __init__(self, plan: "Plan", call: Callable[["Op"], None]) -> None:
        self.plan = plan
        self.call = call
        self.exception: Optional[BaseException] = None


@ffi.def_extern()
def k8snet_py_progress(data: Any, op: Any) -> None:
    progress = ffi.from_handle(data)
    if progress.exception is None:
        try:
            progress.call(Op(op, progress.plan))
        except BaseException as exception:  # pylint: disable=broad-except
            progress.exception = exception


class Op(Uncopied):
    """One operation of a plan, which it keeps, also when the plan is closed."""

    def __init__(self, pointer: Any, plan: "Plan") -> None:
        self._pointer = pointer
        self._plan = Plan._borrow(plan._handle, plan._context)

    @property
    def status(self) -> int:
        return OpStatus(lib.k8snet_op_get_status(self._pointer))

    @property
    def layer(self) -> int:
        return Layer(lib.k8snet_op_get_layer(self._pointer))

    @property
    def object(self) -> str:
        return from_c(lib.k8snet_op_get_object(self._pointer))

    @property
    def verb(self) -> str:
        return from_c(lib.k8snet_op_get_verb(self._pointer))

    def _format(self, format: int) -> str:
        out = ffi.new("char **")
        self._plan._check(lib.k8snet_op_format(self._pointer, format, out))
        return from_c(ffi.gc(out[0], lib.free))

    @property
    def text(self) -> str:
        return self._format(lib.K8SNET_PLAN_TEXT)

    @property
    def data(self) -> Any:
        """The operation as a dict."""
        return json.loads(self._format(lib.K8SNET_PLAN_JSON))

    @property
    def command(self) -> str:
        """The ip, bridge, nft or sysctl command that would do the same."""
        return self._format(lib.K8SNET_PLAN_COMMANDS)

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        return f"<Op {self.text}>"


class Plan(Handle):
    """The difference between what a cluster wants of a node and what its kernel holds.

    len(plan) is the number of operations; an empty plan is false.
    """

    _unref = lib.k8snet_plan_unref
    _ref = lib.k8snet_plan_ref

    def __init__(self, cluster: Cluster, node_name: Optional[str], kernel: Optional[Kernel] = None,
                 full: bool = False, prune: bool = False, remove_all: bool = False) -> None:
        """Plan for a node of the cluster; with remove_all, to remove all that the library has
        made in the kernel, whatever the cluster says and whether or not it has the node."""
        flags = (lib.K8SNET_PLAN_FULL * full | lib.K8SNET_PLAN_PRUNE * prune |
                 lib.K8SNET_PLAN_REMOVE_ALL * remove_all)
        out = ffi.new("struct k8snet_plan **")
        cluster._check(lib.k8snet_plan_new(out, cluster._handle, to_c(node_name),
                                           kernel._handle if kernel else ffi.NULL, flags))
        self._own(out[0], cluster._context, (cluster, kernel))

    @classmethod
    def for_pod(cls, pod: Pod, kernel: Optional[Kernel] = None) -> "Plan":
        """Plan for one pod alone; for a pod that was removed, its removal."""
        out = ffi.new("struct k8snet_plan **")
        pod._check(lib.k8snet_plan_new_for_pod(out, pod._handle,
                                               kernel._handle if kernel else ffi.NULL))
        self = cls.__new__(cls)
        self._own(out[0], pod._context, (pod, kernel))
        return self

    @property
    def lacks(self) -> List[str]:
        """What the node lacks, and what is not planned for want of it."""
        return [from_c(each) for each in indexed(lib.k8snet_plan_get_lack, self._handle)]

    def __len__(self) -> int:
        return lib.k8snet_plan_count_ops(self._handle)

    def __iter__(self) -> Iterator[Op]:
        op = lib.k8snet_plan_next_op(self._handle, ffi.NULL)
        while op != ffi.NULL:
            yield Op(op, self)
            op = lib.k8snet_plan_next_op(self._handle, op)

    def _print(self, format: int) -> str:
        pieces: List[bytes] = []
        data = ffi.new_handle(pieces)
        self._check(lib.k8snet_plan_print(self._handle, format, lib.k8snet_py_write, data))
        return b"".join(pieces).decode("utf-8", "replace")

    @property
    def text(self) -> str:
        """A line an operation, for people."""
        return self._print(lib.K8SNET_PLAN_TEXT)

    @property
    def json(self) -> str:
        return self._print(lib.K8SNET_PLAN_JSON)

    @property
    def commands(self) -> str:
        """A script of ip, bridge, nft and sysctl commands that do the same."""
        return self._print(lib.K8SNET_PLAN_COMMANDS)

    def __str__(self) -> str:
        return self.text

    def apply(self, kernel: Kernel, progress: Optional[Callable[[Op], None]] = None) -> None:
        """Do it. An exception of `progress` is raised once all is done."""
        options = ffi.new("struct k8snet_plan_apply_options *")
        options.size = ffi.sizeof("struct k8snet_plan_apply_options")
        waiting = None
        if progress is not None:
            waiting = _Progress(self, progress)
            data = ffi.new_handle(waiting)
            options.progress = lib.k8snet_py_progress
            options.data = data
        result = lib.k8snet_plan_apply(self._handle, kernel._handle, options)
        if waiting is not None and waiting.exception is not None:
            raise waiting.exception
        self._check(result)

    def check(self, kernel: Kernel) -> None:
        """Have libnftables read what `commands` has for nft, in the namespace of `kernel`,
        without doing it. Raises K8snetError (EINVAL) if it would refuse, which names the operation.
        The library ends the process when memory is short."""
        self._check(lib.k8snet_plan_check(self._handle, kernel._handle))


class Lease(NamedTuple):
    owner: str
    address: Address
    is_stale: bool


@ffi.def_extern(error=-1)
def k8snet_py_lease(data: Any, owner: Any, address: Any, is_stale: bool) -> int:
    ffi.from_handle(data).append(Lease(from_c(owner), to_address(address), bool(is_stale)))
    return 0


class Ipam(Handle):
    """Leases of addresses out of one subnet, in one file; None: in memory.

    len() counts the leases, iteration walks them in the order of their addresses.
    """

    _unref = lib.k8snet_ipam_unref
    _ref = lib.k8snet_ipam_ref

    def __init__(self, context: Context, path: Optional[Union[str, os.PathLike]],
                 cidr: Union[str, Network]) -> None:
        out = ffi.new("struct k8snet_ipam **")
        context._check(lib.k8snet_ipam_open(out, context._handle, to_c(path), to_c(str(cidr))))
        self._own(out[0], context)

    @property
    def prefix(self) -> Network:
        return to_network(lib.k8snet_ipam_get_prefix(self._handle))

    @property
    def gateway(self) -> Address:
        return to_address(lib.k8snet_ipam_get_gateway(self._handle))

    def allocate(self, owner: str) -> Address:
        """The address that `owner` has, else the next free one."""
        out = ffi.new("struct k8snet_address *")
        self._check(lib.k8snet_ipam_allocate(self._handle, to_c(owner), out))
        return to_address(out)

    def reserve(self, owner: str, address: Union[str, Address]) -> None:
        self._check(lib.k8snet_ipam_reserve(self._handle, to_c(owner), from_address(address)))

    def release(self, owner: str) -> None:
        self._check(lib.k8snet_ipam_release(self._handle, to_c(owner)))

    def find(self, owner: str) -> Optional[Address]:
        out = ffi.new("struct k8snet_address *")
        result = lib.k8snet_ipam_find(self._handle, to_c(owner), out)
        if result == -errno.ENOENT:
            return None
        self._check(result)
        return to_address(out)

    def release_stale(self) -> int:
        """Take back the leases of an earlier boot; how many there were."""
        return self._check(lib.k8snet_ipam_release_stale(self._handle))

    def __len__(self) -> int:
        return lib.k8snet_ipam_count(self._handle)

    def __bool__(self) -> bool:
        return True

    @property
    def free(self) -> int:
        return lib.k8snet_ipam_count_free(self._handle)

    def __iter__(self) -> Iterator[Lease]:
        leases: List[Lease] = []
        data = ffi.new_handle(leases)
        self._check(lib.k8snet_ipam_foreach(self._handle, lib.k8snet_py_lease, data))
        return iter(leases)


class Route(NamedTuple):
    """Where a request goes. `port` is a number or a name."""

    namespace: str
    ingress: str
    host: str
    path: str
    path_type: int
    service: str
    port: Union[int, str]


def _route(pointer: Any) -> Optional[Route]:
    if pointer == ffi.NULL:
        return None
    return Route(from_c(lib.k8snet_ingress_route_get_namespace(pointer)),
                 from_c(lib.k8snet_ingress_route_get_ingress(pointer)),
                 from_c(lib.k8snet_ingress_route_get_host(pointer)),
                 from_c(lib.k8snet_ingress_route_get_path(pointer)),
                 PathType(lib.k8snet_ingress_route_get_path_type(pointer)),
                 from_c(lib.k8snet_ingress_route_get_service(pointer)),
                 from_c(lib.k8snet_ingress_route_get_port_name(pointer))
                 or lib.k8snet_ingress_route_get_port_number(pointer))


class IngressTable(Handle):
    """The rules of all ingresses of a class, compiled. Immutable; any thread may match.

    len() counts the routes, iteration walks them in the order of precedence.
    """

    _unref = lib.k8snet_ingress_table_unref
    _ref = lib.k8snet_ingress_table_ref

    def __init__(self, cluster: Cluster, class_name: Optional[str] = None) -> None:
        out = ffi.new("struct k8snet_ingress_table **")
        cluster._check(lib.k8snet_ingress_table_new(out, cluster._handle, to_c(class_name)))
        self._own(out[0], cluster._context)

    def match(self, host: Optional[str], path: str) -> Optional[Route]:
        host_data = b"" if host is None else host.encode()
        path_data = path.encode()
        return _route(lib.k8snet_ingress_table_match_n(self._handle, host_data, len(host_data),
                                                       path_data, len(path_data)))

    def __len__(self) -> int:
        return lib.k8snet_ingress_table_count_routes(self._handle)

    def __iter__(self) -> Iterator[Route]:
        pointer = lib.k8snet_ingress_table_next_route(self._handle, ffi.NULL)
        while pointer != ffi.NULL:
            yield _route(pointer)
            pointer = lib.k8snet_ingress_table_next_route(self._handle, pointer)
