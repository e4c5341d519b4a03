# SPDX-License-Identifier: LGPL-2.1-or-later
"""What every handle shares: lifetimes, errors, text and addresses."""

from __future__ import annotations

import enum
import ipaddress
import os
from typing import Any, Callable, Iterator, Optional, Union

from _k8snet import ffi, lib

Address = Union[ipaddress.IPv4Address, ipaddress.IPv6Address]
Network = Union[ipaddress.IPv4Network, ipaddress.IPv6Network]


def _enum(name: str, ctype: str, prefix: str, base: Any = enum.IntEnum) -> Any:
    """An enum of Python out of one of the headers."""
    members = ffi.typeof("enum " + ctype).relements
    return base(name, {key[len(prefix):]: value for key, value in members.items()},
                module="k8snet")


Layer = _enum("Layer", "k8snet_layer", "K8SNET_LAYER_")
LogLevel = _enum("LogLevel", "k8snet_log_level", "K8SNET_LOG_")
MessageId = _enum("MessageId", "k8snet_message_id", "K8SNET_MSG_")
Mode = _enum("Mode", "k8snet_mode", "K8SNET_MODE_")
Link = _enum("Link", "k8snet_link", "K8SNET_LINK_")
Protocol = _enum("Protocol", "k8snet_protocol", "K8SNET_PROTOCOL_")
ServiceType = _enum("ServiceType", "k8snet_service_type", "K8SNET_SERVICE_")
LoadBalancing = _enum("LoadBalancing", "k8snet_load_balancing", "K8SNET_LOAD_BALANCING_")
TrafficPolicy = _enum("TrafficPolicy", "k8snet_traffic_policy", "K8SNET_TRAFFIC_")
PathType = _enum("PathType", "k8snet_path_type", "K8SNET_PATH_")
OpStatus = _enum("OpStatus", "k8snet_op_status", "K8SNET_OP_")


class K8snetError(Exception):
    """A call of the library failed; nothing was changed.

    message: one line that a person can act on
    code: the positive errno of the call, e.g. errno.EINVAL
    id: what kind of error it is, permanently (MessageId)
    layer, object, operation: what it happened to; "" if not known
    kernel_errno, kernel_text: the kernel's own answer; 0 and "" if not asked
    """

    def __init__(self, message: str, code: int, id: int = 0,
                 layer: int = Layer.NONE, object: str = "", operation: str = "",
                 kernel_errno: int = 0, kernel_text: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.code = code
        self.id = id
        self.layer = layer
        self.object = object
        self.operation = operation
        self.kernel_errno = kernel_errno
        self.kernel_text = kernel_text


def to_c(text: Optional[Union[str, bytes, os.PathLike]]) -> Any:
    """A string for C; C would silently stop at a NUL, so none may be in it."""
    if text is None:
        return ffi.NULL
    data = os.fsencode(text)
    if b"\0" in data:
        raise ValueError("a string must not contain a NUL character")
    return data


def from_c(pointer: Any) -> Optional[str]:
    if pointer == ffi.NULL:
        return None
    return ffi.string(pointer).decode("utf-8", "replace")


def to_address(pointer: Any) -> Address:
    raw = bytes(pointer.bytes)
    if pointer.family == 4:
        return ipaddress.IPv4Address(raw[:4])
    return ipaddress.IPv6Address(raw)


def to_network(pointer: Any) -> Network:
    return ipaddress.ip_network((to_address(pointer.address), pointer.length), strict=False)


def from_address(address: Union[str, Address]) -> Any:
    """A struct k8snet_address; the library parses it, so its rules hold."""
    out = ffi.new("struct k8snet_address *")
    text = str(address)
    if lib.k8snet_address_parse(out, to_c(text)) < 0:
        raise ValueError(f"not an IP address: {text!r}")
    return out


def to_mac(pointer: Any) -> Optional[str]:
    if pointer == ffi.NULL:
        return None
    return bytes(ffi.buffer(pointer, 6)).hex(":")


def from_mac(mac: Optional[Union[str, bytes]]) -> Any:
    if mac is None:
        return ffi.NULL
    raw = bytes.fromhex(mac.replace(":", "")) if isinstance(mac, str) else bytes(mac)
    if len(raw) != 6:
        raise ValueError(f"not a MAC address: {mac!r}")
    return ffi.new("uint8_t[6]", raw)


def indexed(get: Callable[[Any, int], Any], handle: Any) -> Iterator[Any]:
    """The values that a getter with an index has, up to NULL."""
    index = 0
    while (value := get(handle, index)) != ffi.NULL:
        yield value
        index += 1


class Uncopied:
    """Stands for something of the library, which Python cannot make a second time."""

    def __copy__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be copied")

    def __deepcopy__(self, memo: Any) -> Any:
        return self.__copy__()

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled")


class Handle(Uncopied):
    """One reference to an object of the library.

    The destructor holds the parent's reference, so that a parent outlives its
    children in whatever order Python lets go of them.
    """

    _unref: Any = None
    _ref: Any = None

    def _own(self, pointer: Any, context: "Context", parent: Any = None) -> None:
        self._context = context
        unref = type(self)._unref
        self._pointer = ffi.gc(pointer, lambda p, keep=(context, parent): unref(p))

    @classmethod
    def _borrow(cls, pointer: Any, context: "Context", parent: Any = None) -> Any:
        """Wrap a borrowed pointer, with a reference of its own; None for NULL."""
        if pointer == ffi.NULL:
            return None
        self = cls.__new__(cls)
        self._own(cls._ref(pointer), context, parent)
        return self

    @property
    def _handle(self) -> Any:
        if self._pointer is None:
            raise ValueError(f"this {type(self).__name__} is closed")
        return self._pointer

    def _check(self, result: int) -> int:
        return self._context._check(result)

    def close(self) -> None:
        """Drop the reference now, instead of when Python does."""
        if self._pointer is not None:
            pointer, self._pointer = self._pointer, None
            ffi.release(pointer)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *exc: Any) -> None:
        self.close()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Handle) and self._handle == other._handle

    def __hash__(self) -> int:
        return hash(self._handle)


@ffi.def_extern()
def k8snet_py_log(data: Any, level: int, message: Any) -> None:
    ffi.from_handle(data)(LogLevel(level), from_c(message))


class Context(Handle):
    """The log callback and the last error. All else is made from one.

    log: called with a LogLevel and a line; None: standard error.
    level: the highest level that is logged; K8SNET_LOG takes precedence.
    A context and all made from it belong to one thread at a time.
    """

    _unref = lib.k8snet_ctx_unref
    _ref = lib.k8snet_ctx_ref

    def __init__(self, log: Optional[Callable[[int, str], None]] = None,
                 level: int = LogLevel.NONE) -> None:
        out = ffi.new("struct k8snet_ctx **")
        options = ffi.new("struct k8snet_ctx_options *")
        options.size = ffi.sizeof("struct k8snet_ctx_options")
        options.log_level = level
        if log is not None:
            # Lives as long as this object, which every child keeps: also after close().
            self._callback = ffi.new_handle(log)
            options.log_fn = lib.k8snet_py_log
            options.log_data = self._callback
        result = lib.k8snet_ctx_new(out, options)
        if result < 0:
            raise K8snetError(os.strerror(-result), -result)
        self._context = self
        self._pointer = ffi.gc(out[0], lib.k8snet_ctx_unref)

    @property
    def log_level(self) -> int:
        return LogLevel(lib.k8snet_ctx_get_log_level(self._handle))

    @log_level.setter
    def log_level(self, level: int) -> None:
        lib.k8snet_ctx_set_log_level(self._handle, level)

    def _check(self, result: int) -> int:
        if result < 0:
            raise self._error(-result)
        return result

    def _error(self, code: int) -> K8snetError:
        error = ffi.NULL
        if self._pointer is not None:
            error = lib.k8snet_ctx_get_error(self._pointer)
        if error == ffi.NULL or lib.k8snet_error_get_code(error) != -code:
            return K8snetError(os.strerror(code), code)
        id = lib.k8snet_error_get_id(error)
        return K8snetError(
            from_c(lib.k8snet_error_get_message(error)),
            code,
            MessageId(id) if id in set(MessageId) else id,
            Layer(lib.k8snet_error_get_layer(error)),
            from_c(lib.k8snet_error_get_object(error)),
            from_c(lib.k8snet_error_get_operation(error)),
            lib.k8snet_error_get_kernel_errno(error),
            from_c(lib.k8snet_error_get_kernel_text(error)),
        )


def get_version() -> str:
    return from_c(lib.k8snet_get_version())
