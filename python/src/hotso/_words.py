"""Values as hotsoh_invoke takes and gives them: words of 8 bytes.

Words are collected for an array of c_char_p, which takes integers and bytes alike and keeps the
bytes alive. What lives elsewhere (arrays, structs) is kept alive by a list beside it.
"""

import array
import ctypes
import struct
from typing import Any, Callable, Optional

from . import _native
from .errors import ArgumentError
from .signature import NONE, STRING, Signature, Type

# A Put appends the words of a value, and to keep what must live as long as the call.
Put = Callable[[Any, "list[Any]", "list[Any]"], None]

# Results up to this size need no memory of libhotso's.
ROOM = 512

_TYPECODES = {
    "int8": "b", "int16": "h", "int32": "i", "int64": "q",
    "uint8": "B", "uint16": "H", "uint32": "I", "uint64": "Q",
    "float32": "f", "float64": "d",
}  # fmt: skip


def packer(signature: Signature) -> "Callable[..., bytes]":
    """What packs arguments that are numbers, the fastest way there is to check their ranges."""
    return struct.Struct("<" + "".join(_packed(t) for t in signature.parameters)).pack


def _packed(t: Type) -> str:
    size = ctypes.sizeof(t.ctype)
    return ("?" if t.text == "bool" else _TYPECODES[t.text]) + (f"{8 - size}x" if size < 8 else "")


def put(t: Type) -> Put:
    """How arguments of a type become words."""
    if t.number:
        return _put_number(t)
    if t.code == STRING:
        return _put_string
    if t.text == "[]uint8":
        return _put_bytes
    return _put_slice(t) if t.slice else _put_struct(t)


def _put_number(t: Type) -> Put:
    pack, unpack = struct.Struct("<" + _packed(t)).pack, struct.Struct("<Q").unpack

    def number(value: Any, words: "list[Any]", _: "list[Any]") -> None:
        try:
            words += unpack(pack(value))
        except (struct.error, OverflowError) as e:
            raise ArgumentError(f"hotso: {value!r} is no {t.text}: {e}", 32) from e

    return number


def _put_string(value: Any, words: "list[Any]", _: "list[Any]") -> None:
    if not isinstance(value, str):
        raise ArgumentError(f"hotso: {value!r} is no str", 32)
    data = value.encode()
    words += (data, len(data))


def _put_bytes(value: Any, words: "list[Any]", _: "list[Any]") -> None:
    if not isinstance(value, bytes):
        try:
            value = bytes(memoryview(value))  # not bytes(value), which makes zeros of a number
        except TypeError:
            raise ArgumentError(f"hotso: {value!r} is no bytes", 32) from None
    words += (value, len(value))


def _put_slice(t: Type) -> Put:
    typecode = _TYPECODES[t.text[2:]]

    def slice_(value: Any, words: "list[Any]", keep: "list[Any]") -> None:
        try:
            a = array.array(typecode, value)
        except (TypeError, OverflowError) as e:
            raise ArgumentError(f"hotso: {value!r} is no {t.text}: {e}", 32) from e
        keep.append(a)
        words += a.buffer_info()

    return slice_


def _put_struct(t: Type) -> Put:
    def struct_(value: Any, words: "list[Any]", keep: "list[Any]") -> None:
        s = to_struct(t, value)
        keep.append(s)
        words.append(ctypes.addressof(s))

    return struct_


def to_struct(t: Type, value: Any) -> Any:
    """A ctypes.Structure of a sequence or mapping of its fields' values, or the like of one."""
    if isinstance(value, t.ctype):
        return value
    try:
        fields = t.ctype._fields_
        if isinstance(value, dict):
            values = [value[name] for name, _ in fields]
        elif isinstance(value, ctypes.Structure):
            values = [getattr(value, name) for name, _ in fields]
        else:
            values = list(value)
        if len(values) != len(fields):
            raise TypeError(f"{len(values)} fields, not {len(fields)}")
        parts = [
            v if not issubclass(c, ctypes.Structure) else to_struct(Type("struct", t.code, c), v)
            for v, (_, c) in zip(values, fields)
        ]
        return t.ctype(*parts)
    except (KeyError, TypeError, AttributeError) as e:
        raise ArgumentError(f"hotso: {value!r} is no {t.text}: {e}", 32) from e


class Result:
    """Room for a result, and how to read it."""

    def __init__(self, t: Optional[Type]) -> None:
        self.type = t if t and t.code != NONE else None
        self.words = (ctypes.c_uint64 * 2)()
        self.buffer: Any = None
        if t and t.code >= STRING:
            spans = t.code == STRING or t.slice
            self.buffer = ctypes.create_string_buffer(ROOM) if spans else t.ctype()
            self.address = ctypes.addressof(self.buffer)
            self.capacity = ROOM // (ctypes.sizeof(t.ctype) if t.slice else 1) if spans else 0

    def ready(self) -> Any:
        """The words, before a call."""
        if self.buffer is not None:
            self.words[0] = self.address
            self.words[1] = self.capacity
        return self.words

    def take(self) -> Any:
        """The value, after a call."""
        t = self.type
        if t is None:
            return None
        if t.number:
            return t.ctype.from_buffer(self.words).value
        if self.buffer is not None and not (t.code == STRING or t.slice):
            return t.ctype.from_buffer_copy(self.buffer)
        address, length = self.words
        size = length * (ctypes.sizeof(t.ctype) if t.slice else 1)
        data = ctypes.string_at(address, size) if size else b""
        if address and address != self.address:
            _native.library().hotsoh_free(address)
        if t.code == STRING:
            return data.decode(errors="replace")
        return data if t.text == "[]uint8" else array.array(_TYPECODES[t.text[2:]], data)
