"""Python functions that libraries call."""

import ctypes
from typing import Any, Callable

from . import _native, _values
from .errors import check
from .signature import STRING, parse


def wrap(signature: str, function: Callable[..., Any]) -> Any:
    """A C function that calls a Python one. The caller keeps it alive as long as libhotso may call it."""
    parsed = parse(signature)
    alive: "list[Any]" = []  # the C function, which so outlives a call that is under way

    def call(user: Any, args: Any, count: int, result: Any) -> int:
        out = result.contents if result else None
        _ = alive
        try:
            values = [_values.get(args[i], parsed.parameters[i]) for i in range(count)]
            value = function(*values)
            if parsed.result is not None:
                _give(out, value, parsed.result)
            return 0
        except BaseException as e:  # nothing may pass through C
            _give_data(out, (str(e) or type(e).__name__).encode())
            return 1

    callback = _native.Callback(call)
    alive.append(callback)
    return callback


def _give(out: Any, value: Any, t: Any) -> None:
    keep: "list[Any]" = []
    v = _native.Value()
    _values.put(v, value, t, keep)
    if t.code < STRING:
        out.integer, out.number = v.integer, v.number
        if t.text == "bool":
            out.integer = bool(value)
        elif t.text.startswith("float"):
            out.number = float(value)
    else:
        size = ctypes.sizeof(t.ctype) if t.slice else 1
        _give_data(out, ctypes.string_at(v.data, v.length * size) if v.length else b"", v.length)


def _give_data(out: Any, data: bytes, length: int = -1) -> None:
    """Puts data where a result goes: its own buffer, or memory that libhotso frees."""
    if not out:
        return
    out.length = len(data) if length < 0 else length
    room = out.buffer if out.length <= out.capacity else _native.library().hotsoh_alloc(max(1, len(data)))
    if not room:
        out.length = 0
        return
    ctypes.memmove(room, data, len(data))
    out.data = room


class Lent:
    """A Python function lent to libraries, for a parameter that is a function.

    signature: its type as Go writes it, "func(string, int64) (bool, error)"

    Use it in a with statement around the calls that it is for, which may run it on any thread:

    >>> with hotso.lend(visit, "func(string, int64) bool") as f:
    ...     walk("/srv", f)
    """

    def __init__(self, function: Callable[..., Any], signature: str) -> None:
        lib = _native.library()
        self._callback = wrap(signature, function)
        handle, word, error = ctypes.c_uint64(), ctypes.c_uint64(), ctypes.POINTER(_native.CError)()
        status = lib.hotsoh_lend(signature.encode(), self._callback, None, ctypes.byref(handle), ctypes.byref(error))
        check(status, error)
        self.handle = handle.value
        check(lib.hotsoh_lent_word(self.handle, ctypes.byref(word), ctypes.byref(error)), error)
        self.word = word.value

    def release(self) -> None:
        """Withdraws it: libraries that call it get an error."""
        handle, self.handle = self.handle, 0
        if handle:
            _native.library().hotsoh_release(handle, None)

    def __enter__(self) -> "Lent":
        return self

    def __exit__(self, *_: Any) -> None:
        self.release()


lend = Lent
