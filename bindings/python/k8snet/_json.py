# SPDX-License-Identifier: LGPL-2.1-or-later
"""The library's strict reader of JSON."""

from __future__ import annotations

from typing import Any, Optional, Union

from _k8snet import ffi, lib

from ._base import Context, Handle, to_c


def _bytes(text: Union[str, bytes]) -> bytes:
    return text.encode() if isinstance(text, str) else bytes(text)


def _members(pointer: Any) -> Any:
    child = lib.k8snet_json_next(pointer, ffi.NULL)
    while child != ffi.NULL:
        yield child
        child = lib.k8snet_json_next(pointer, child)


def _text(pointer: Any) -> str:
    length = ffi.new("size_t *")
    text = lib.k8snet_json_get_bytes(pointer, length)
    return bytes(ffi.buffer(text, length[0])).decode()


def _value(pointer: Any) -> Any:
    kind = lib.k8snet_json_get_type(pointer)
    if kind == lib.K8SNET_JSON_OBJECT:
        return {ffi.string(lib.k8snet_json_get_key(child)).decode(): _value(child)
                for child in _members(pointer)}
    if kind == lib.K8SNET_JSON_ARRAY:
        return [_value(child) for child in _members(pointer)]
    if kind == lib.K8SNET_JSON_STRING:
        return _text(pointer)
    if kind == lib.K8SNET_JSON_BOOLEAN:
        return lib.k8snet_json_get_boolean(pointer)
    if kind == lib.K8SNET_JSON_INTEGER:
        return lib.k8snet_json_get_integer(pointer)
    if kind == lib.K8SNET_JSON_NUMBER:
        return float(ffi.string(lib.k8snet_json_get_number(pointer)))
    return None


class JsonDocument(Handle):
    """Reads text as the library reads objects: duplicate keys are errors, with their place.

    max_values: how many values there may be in one text
    lazy: a key; what is under it is checked and comes as bytes, as it was written
    """

    _unref = lib.k8snet_json_document_unref
    _ref = lib.k8snet_json_document_ref

    def __init__(self, context: Optional[Context] = None) -> None:
        context = context or Context()
        out = ffi.new("struct k8snet_json_document **")
        context._check(lib.k8snet_json_document_new(out, context._handle))
        self._own(out[0], context)

    @property
    def max_values(self) -> int:
        return lib.k8snet_json_document_get_max_values(self._handle)

    @max_values.setter
    def max_values(self, values: int) -> None:
        self._check(lib.k8snet_json_document_set_max_values(self._handle, values))

    @property
    def lazy(self) -> Optional[str]:
        key = lib.k8snet_json_document_get_lazy(self._handle)
        return None if key == ffi.NULL else ffi.string(key).decode()

    @lazy.setter
    def lazy(self, key: Optional[str]) -> None:
        self._check(lib.k8snet_json_document_set_lazy(self._handle, to_c(key)))

    def parse(self, text: Union[str, bytes]) -> Any:
        """The one value of a text, as Python's own: dict, list, str, int, float, bool, None."""
        data = _bytes(text)
        source = ffi.from_buffer(data)
        out = ffi.new("const struct k8snet_json **")
        try:
            self._check(lib.k8snet_json_document_parse(self._handle, source, len(data), out))
            return self._top(out[0])
        finally:
            lib.k8snet_json_document_clear(self._handle)
            lib.k8snet_json_document_set_text(self._handle, b"", 0)

    def _top(self, pointer: Any) -> Any:
        value = _value(pointer)
        key = self.lazy
        if isinstance(value, dict) and isinstance(value.get(key), (dict, list)):
            text, length = ffi.new("const char **"), ffi.new("size_t *")
            lib.k8snet_json_get_span(lib.k8snet_json_get(pointer, to_c(key)), text, length)
            value[key] = bytes(ffi.buffer(text[0], length[0]))
        return value
