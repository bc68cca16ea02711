"""What slots and libraries have in common: they are called, described and closed."""

import asyncio
import ctypes
import json
import sys
from typing import Any, Optional

from . import _native, _values
from .errors import Error, check
from .function import Function
from .settings import Settings
from .stream import Stream


class Target:
    """A place where calls go. Every method may be called from any thread."""

    def __init__(self, handle: int, settings: Optional[Settings]) -> None:
        self.handle = handle
        self._settings = settings  # its callbacks must outlive the library
        self._lib = _native.library()

    def function(self, name: str, signature: Optional[str] = None) -> Function:
        """Prepares a function. signature is what it must have, as Go writes it ("func(int32, int32) int32"); None
        takes what it has now. A slot will refuse a version that lacks it or has another one."""
        return Function(self.handle, name, signature)

    def call(
        self, name: str, *args: Any, timeout: Optional[float] = None, key: "Optional[bytes | str]" = None
    ) -> Any:
        """Calls a function by its name. See Function for the values; structs and slices of numbers as results of
        other types need a prepared one.

        timeout: seconds after which it raises Hung; None for no limit
        key: chooses which calls go to a canary
        """
        keep: "list[Any]" = []
        values = _values.put_all(args, None, keep)
        result, error = _native.Value(), _error()
        options = _values.options(timeout, key)
        status = self._lib.hotsoh_call_name(
            self.handle, name.encode(), values, len(args), ctypes.byref(result), options, ctypes.byref(error)
        )
        check(status, error)
        return _values.take(result)

    async def call_async(self, name: str, *args: Any, **options: Any) -> Any:
        """call, on a thread of the event loop's executor."""
        return await _in_thread(lambda: self.call(name, *args, **options))

    def open_stream(self, name: str, *args: Any, timeout: Optional[float] = None) -> Stream:
        """Calls a function whose result is a stream. timeout, in seconds, is for all of it."""
        keep: "list[Any]" = []
        values = _values.put_all(args, None, keep)
        handle, error = ctypes.c_uint64(), _error()
        options = _values.options(timeout, None)
        status = self._lib.hotsoh_stream_open(
            self.handle, name.encode(), values, len(args), options, ctypes.byref(handle), ctypes.byref(error)
        )
        check(status, error)
        return Stream(handle.value)

    def describe(self) -> "dict[str, Any]":
        """The library that serves: name, version, functions with their signatures, and more."""
        return self._json(self._lib.hotsoh_describe) or {}

    def health(self) -> None:
        """Runs the health hooks of the library that serves. Raises Unhealthy."""
        self._status(self._lib.hotsoh_health)

    def close(self, timeout: Optional[float] = None) -> "Optional[dict[str, Any]]":
        """Refuses new calls, waits for those inside, stops and unloads. Returns the report of what was freed and what
        is left, or None if there was no version. Raises Busy if calls stay inside for too long; what is left is then
        let go when the last one returns. Closing twice is no error."""
        return self._json(self._lib.hotsoh_close, nanoseconds(timeout))

    def __del__(self) -> None:
        # Not in close: another thread or task may still read the last events.
        if getattr(self, "handle", 0) and not sys.is_finalizing():
            self._lib.hotsoh_release(self.handle, None)

    def _status(self, f: Any, *args: Any) -> None:
        error = _error()
        check(f(self.handle, *args, ctypes.byref(error)), error)

    def _json(self, f: Any, *args: Any) -> Any:
        text, error = ctypes.c_void_p(), _error()
        status = f(self.handle, *args, ctypes.byref(text), ctypes.byref(error))
        answer = _native.take_text(text)
        decoded = json.loads(answer) if answer else None
        try:
            check(status, error)
        except Error as e:
            if decoded is not None:
                e.details["result"] = decoded
            raise
        return decoded

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()

    async def __aenter__(self) -> Any:
        return self

    async def __aexit__(self, *_: Any) -> None:
        await _in_thread(self.close)


def nanoseconds(timeout: Optional[float]) -> int:
    """A timeout_ns of hotso.h, where 0 is no limit."""
    return 0 if timeout is None else max(1, int(timeout * 1e9))


def _error() -> Any:
    return ctypes.POINTER(_native.CError)()


async def _in_thread(f: Any) -> Any:
    return await asyncio.get_running_loop().run_in_executor(None, f)


class Library(Target):
    """One version, read, verified, loaded and started. Takes the settings of Settings as keywords too.

    >>> with hotso.Library("build/libgreeter.v1.so") as greeter:
    ...     greeter.call("GreetName", "Ada")
    """

    def __init__(
        self, path: str, settings: Optional[Settings] = None, *, timeout: Optional[float] = None, **more: Any
    ) -> None:
        settings = settings if not more else Settings(**more)
        handle, error = ctypes.c_uint64(), _error()
        status = _native.library().hotsoh_library_open(
            str(path).encode(),
            settings.handle if settings else 0,
            nanoseconds(timeout),
            ctypes.byref(handle),
            ctypes.byref(error),
        )
        check(status, error)
        super().__init__(handle.value, settings)


def inspect(path: str, settings: Optional[Settings] = None) -> "dict[str, Any]":
    """Describes the library at path, and runs none of its code. Raises Refused as Library would."""
    text, error = ctypes.c_void_p(), _error()
    status = _native.library().hotsoh_inspect(
        str(path).encode(), settings.handle if settings else 0, ctypes.byref(text), ctypes.byref(error)
    )
    check(status, error)
    description: "dict[str, Any]" = json.loads(_native.take_text(text) or "{}")
    return description
