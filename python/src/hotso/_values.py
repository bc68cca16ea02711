"""Values as hotsoh_call takes and gives them: hotsoh_value, which says its type."""

import array
import ctypes
from typing import Any, Optional

from . import _native
from ._words import _TYPECODES, to_struct
from .errors import ArgumentError
from .signature import LENT, SLICE, STRING, STRUCT, Type, _NUMBERS

_CODES = {typecode: SLICE + _NUMBERS[name][0] for name, typecode in _TYPECODES.items()}
_BYTES = _CODES["B"]
_ELEMENTS = {SLICE + code: (_TYPECODES[name], ctypes.sizeof(ctype)) for name, (code, ctype) in _NUMBERS.items()
             if name in _TYPECODES}  # fmt: skip


def put_all(values: "tuple[Any, ...]", types: "Optional[tuple[Type, ...]]", keep: "list[Any]") -> Any:
    """An array of hotsoh_value. types are those of the parameters, if they are known. keep must live as
    long as the array."""
    if types is not None and len(values) != len(types):
        raise ArgumentError(f"hotso: the function takes {len(types)} arguments, not {len(values)}", 32)
    out = (_native.Value * len(values))()
    for i, value in enumerate(values):
        put(out[i], value, types[i] if types else None, keep)
    return out


def put(out: _native.Value, value: Any, t: Optional[Type], keep: "list[Any]") -> None:
    if t is not None and t.code == STRUCT:
        _point(out, STRUCT, to_struct(t, value), ctypes.sizeof(t.ctype), keep)
    elif isinstance(value, bool):
        out.type, out.integer = _NUMBERS["bool"][0], value
    elif isinstance(value, int) and not (t is not None and t.text.startswith("float")):
        if not -(2**63) <= value < 2**64:
            raise ArgumentError(f"hotso: {value!r} is too large for a number", 32)
        out.type = _NUMBERS["int64" if value < 2**63 else "uint64"][0]
        out.integer = value if value < 2**63 else value - 2**64
    elif isinstance(value, (float, int)):
        out.type, out.number = _NUMBERS["float64"][0], value
    elif isinstance(value, str):
        data = value.encode()
        _point(out, STRING, ctypes.create_string_buffer(data, len(data) or 1), len(data), keep)
    elif hasattr(value, "word"):
        out.type, out.integer = LENT, value.handle
    elif t is not None and t.slice and t.text != "[]uint8" or isinstance(value, array.array):
        a = value if isinstance(value, array.array) else array.array(_TYPECODES[t.text[2:]], value)  # type: ignore[union-attr]
        keep.append(a)
        out.type = _CODES[a.typecode]
        out.data, out.length = a.buffer_info()
    else:
        try:
            data = bytes(memoryview(value))
        except TypeError:
            raise ArgumentError(f"hotso: {value!r} can't be passed to a library", 32) from None
        _point(out, _BYTES, ctypes.create_string_buffer(data, len(data) or 1), len(data), keep)


def _point(out: _native.Value, code: int, memory: Any, length: int, keep: "list[Any]") -> None:
    keep.append(memory)
    out.type, out.data, out.length = code, ctypes.addressof(memory), length


def get(value: _native.Value, t: Optional[Type] = None) -> Any:
    """The Python object of a value. t is the type of a struct; without it a struct is its bytes."""
    code = value.type
    if code == 0:
        return None
    if code == _NUMBERS["bool"][0]:
        return bool(value.integer)
    if code == _NUMBERS["uint64"][0]:
        return value.integer % 2**64
    if code < _NUMBERS["float32"][0]:
        return value.integer
    if code < STRING:
        return value.number
    typecode, size = _ELEMENTS.get(code, ("", 1))
    data = ctypes.string_at(value.data, value.length * size) if value.length else b""
    if code == STRING:
        return data.decode(errors="replace")
    if code == STRUCT and t is not None:
        return t.ctype.from_buffer_copy(data)
    return array.array(typecode, data) if typecode and code != _BYTES else data


def take(value: _native.Value, t: Optional[Type] = None) -> Any:
    """The object of a result. Frees what libhotso gave."""
    try:
        return get(value, t)
    finally:
        if value.data:
            _native.library().hotsoh_free(value.data)


def options(timeout: Optional[float], key: "Optional[bytes | str]") -> Any:
    """A hotsoh_call_options, or None."""
    if timeout is None and key is None:
        return None
    k = key.encode() if isinstance(key, str) else key
    ns = max(1, int(timeout * 1e9)) if timeout is not None else 0
    o = _native.CallOptions(ctypes.sizeof(_native.CallOptions), ns, k, len(k or b""))
    return ctypes.byref(o)
