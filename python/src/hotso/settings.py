"""How a library or slot is to behave."""

import ctypes
import json
from datetime import timedelta
from typing import Any, Callable, Iterable, Mapping, Optional, Union

from . import _native
from .callback import wrap
from .errors import check

Setting = Union[bool, int, float, str, timedelta, Iterable[str]]

# The settings that are durations: numbers are seconds.
_TIMES = frozenset(
    "blue_green call_timeout cancel_grace crash_window drain_timeout handover_timeout health_timeout max_calls_wait "
    "probation rule_health start_timeout stop_timeout takeover_timeout".split()
)


class Settings:
    """Settings of hotso.h by name, as keywords: drain_timeout=5, max_procs=2, trust_key=KEY, ...

    Durations are seconds or timedelta. What may be set more than once takes a list of str. None is as if it were
    not there. Any number of libraries and slots may be made with one object.

    provide: functions that libraries call by name (cabi.Host1), each with its signature:
        {"Price": ("func(string) float64", price)}. They may be called on any thread, several at a time.
    """

    def __init__(
        self,
        *,
        provide: "Optional[Mapping[str, tuple[str, Callable[..., Any]]]]" = None,
        **settings: "Optional[Setting]",
    ) -> None:
        lib = _native.library()
        handle, error = ctypes.c_uint64(), ctypes.POINTER(_native.CError)()
        check(lib.hotsoh_settings_new(ctypes.byref(handle), ctypes.byref(error)), error)
        self.handle = handle.value
        self.callbacks: "list[Any]" = []
        for name, value in settings.items():
            for text in _texts(name, value):
                status = lib.hotsoh_settings_set(self.handle, name.encode(), text.encode(), ctypes.byref(error))
                check(status, error)
        for name, (signature, function) in (provide or {}).items():
            callback = wrap(signature, function)
            self.callbacks.append(callback)
            status = lib.hotsoh_settings_provide(
                self.handle, name.encode(), signature.encode(), callback, None, ctypes.byref(error)
            )
            check(status, error)

    def __del__(self) -> None:
        if getattr(self, "handle", 0):
            _native.library().hotsoh_release(self.handle, None)


def _texts(name: str, value: "Optional[Setting]") -> "Iterable[str]":
    if value is None:
        return []
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if isinstance(value, timedelta):
        return [f"{value.total_seconds():.9f}s"]
    if isinstance(value, (int, float)):
        return [f"{value:.9f}s" if name in _TIMES else str(value)]
    if isinstance(value, str):
        return [value]
    return list(value)


def terms(keys: "Optional[Iterable[str]]", calls: Optional[int], after: Optional[float], errors: Optional[float]) -> bytes:
    """The JSON of a canary's terms."""
    t: "dict[str, Any]" = {}
    if keys is not None:
        t["keys"] = list(keys)
    if calls is not None:
        t["calls"] = calls
    if after is not None:
        t["after"] = int(after * 1e9)
    if errors is not None:
        t["errors"] = errors
    return json.dumps(t).encode()
