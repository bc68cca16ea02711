"""The C API of libhotso (include/hotso.h) by ctypes. The other modules make Python of it."""

import ctypes
import functools
import os
import pathlib
from ctypes import (
    CFUNCTYPE,
    POINTER,
    Structure,
    c_char_p,
    c_double,
    c_int32,
    c_int64,
    c_size_t,
    c_uint32,
    c_uint64,
    c_void_p,
)
from typing import Any, Optional

ABI_VERSION = 1


class CError(Structure):
    _fields_ = [("status", c_int32), ("code", c_int32), ("text", c_char_p), ("json", c_char_p)]


class Value(Structure):
    _fields_ = [
        ("type", c_int32),
        ("reserved", c_int32),
        ("integer", c_int64),
        ("number", c_double),
        ("data", c_void_p),
        ("length", c_size_t),
        ("buffer", c_void_p),
        ("capacity", c_size_t),
    ]


class CallOptions(Structure):
    _fields_ = [("size", c_size_t), ("timeout_ns", c_int64), ("key", c_char_p), ("key_length", c_size_t)]


Callback = CFUNCTYPE(c_int32, c_void_p, POINTER(Value), c_uint32, POINTER(Value))

_handle = c_uint64
_error = POINTER(POINTER(CError))
_text = POINTER(c_void_p)  # char **: ctypes would copy a c_char_p and lose what has to be freed
_options = POINTER(CallOptions)
_values = POINTER(Value)
_words = c_void_p  # an array of uint64_t, by address

# The functions that return a status, and their parameters. All but those of _WITHOUT_ERROR end in an error.
_FUNCTIONS: "dict[str, list[Any]]" = {
    "check": [],
    "signals": [_text],
    "release": [_handle],
    "settings_new": [POINTER(_handle)],
    "settings_set": [_handle, c_char_p, c_char_p],
    "settings_provide": [_handle, c_char_p, c_char_p, Callback, c_void_p],
    "inspect": [c_char_p, _handle, _text],
    "library_open": [c_char_p, _handle, c_int64, POINTER(_handle)],
    "slot_new": [c_char_p, _handle, POINTER(_handle)],
    "slot_swap": [_handle, c_char_p, c_int64, _text],
    "slot_rollback": [_handle, c_int64, _text],
    "slot_canary": [_handle, c_char_p, c_double, c_char_p, c_int64, _text],
    "slot_set_share": [_handle, c_double, c_char_p],
    "slot_promote": [_handle, c_int64, _text],
    "slot_abort": [_handle, c_int64, _text],
    "slot_versions": [_handle, _text],
    "slot_forgive": [_handle],
    "describe": [_handle, _text],
    "health": [_handle],
    "close": [_handle, c_int64, _text],
    "watch_start": [_handle, c_char_p, POINTER(_handle)],
    "event_next": [_handle, c_int64, _text, POINTER(c_uint64)],
    "event_fd": [_handle, POINTER(c_int32)],
    "call_name": [_handle, c_char_p, _values, c_uint32, _values, _options],
    "call_json": [_handle, c_char_p, c_char_p, _text, _options],
    "prepare": [_handle, c_char_p, c_char_p, POINTER(_handle)],
    "signature": [_handle, _text],
    "call": [_handle, _values, c_uint32, _values, _options],
    "invoke": [_handle, _words, c_uint32, _words],
    "pointer": [_handle, POINTER(c_void_p)],
    "take_error": [],
    "lend": [c_char_p, Callback, c_void_p, POINTER(_handle)],
    "lent_word": [_handle, POINTER(c_uint64)],
    "stream_open": [_handle, c_char_p, _values, c_uint32, _options, POINTER(_handle)],
    "stream_read": [_handle, c_void_p, c_size_t, POINTER(c_size_t)],
}


@functools.lru_cache(maxsize=None)
def library() -> Any:
    """libhotso, opened when it is first needed, not at import: a child that is forked afterwards can't use it."""
    path = _path()
    try:
        lib = ctypes.CDLL(path)
    except OSError as e:
        raise ImportError(
            f"hotso: {path} can't be opened: {e}; build it with make libhotso and say in HOTSO_LIBRARY where it is"
        ) from e
    for name, parameters in _FUNCTIONS.items():
        f = getattr(lib, "hotsoh_" + name)
        f.argtypes = [*parameters, _error]
        f.restype = c_int32
    for name in ("version", "status_name"):
        getattr(lib, "hotsoh_" + name).restype = c_char_p
    lib.hotsoh_abi_version.restype = c_int32
    lib.hotsoh_pending.restype = c_void_p
    lib.hotsoh_free.argtypes = [c_void_p]
    lib.hotsoh_free.restype = None
    lib.hotsoh_alloc.argtypes = [c_size_t]
    lib.hotsoh_alloc.restype = c_void_p
    if lib.hotsoh_abi_version() < ABI_VERSION:
        raise ImportError(f"hotso: {path} is too old: ABI {lib.hotsoh_abi_version()}, not {ABI_VERSION}")
    return lib


def _path() -> str:
    """$HOTSO_LIBRARY; the copy in this package; or the one that the system's linker finds."""
    if path := os.environ.get("HOTSO_LIBRARY"):
        return path
    own = pathlib.Path(__file__).with_name("libhotso.so")
    return str(own) if own.exists() else "libhotso.so"


def take_text(text: c_void_p) -> Optional[str]:
    """The text of a char * that libhotso gave away. Frees it."""
    if not text.value:
        return None
    try:
        return ctypes.string_at(text.value).decode()
    finally:
        library().hotsoh_free(text)
