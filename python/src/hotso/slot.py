"""Slots: names whose version is replaced while it is called."""

import asyncio
import ctypes
import json
from typing import Any, AsyncIterator, Iterable, Iterator, Optional

from . import _native
from .errors import END, check
from .settings import Settings, terms
from .target import Target, _error, _in_thread, nanoseconds
from .watch import Watch


class Slot(Target):
    """A name whose version can be replaced while it is called.

    >>> with hotso.Slot("greeter", drain_timeout=5) as slot:
    ...     slot.swap("build/libgreeter.v1.so")
    ...     greet = slot.function("GreetName", "func(string) (string, error)")
    ...     greet("Ada")
    ...     slot.swap("build/libgreeter.v2.so")  # greet reaches it from now on

    Takes Settings, or its keywords. What a swap returns is a dict with the members of Go's host.Swap, what a
    version is, those of host.VersionInfo.
    """

    def __init__(self, name: str, settings: Optional[Settings] = None, **more: Any) -> None:
        settings = settings if not more else Settings(**more)
        handle, error = ctypes.c_uint64(), _error()
        status = _native.library().hotsoh_slot_new(
            name.encode(), settings.handle if settings else 0, ctypes.byref(handle), ctypes.byref(error)
        )
        check(status, error)
        super().__init__(handle.value, settings)
        self.name = name

    def swap(self, path: str, timeout: Optional[float] = None) -> "dict[str, Any]":
        """Replaces the version by the library at path. If that fails, the old one goes on serving. Returns when
        the old one was unloaded. Busy and Left may come although the swap holds: then details["result"] says so."""
        return self._json(self._lib.hotsoh_slot_swap, str(path).encode(), nanoseconds(timeout))

    def rollback(self, timeout: Optional[float] = None) -> "dict[str, Any]":
        """Goes back to the version before."""
        return self._json(self._lib.hotsoh_slot_rollback, nanoseconds(timeout))

    async def swap_async(self, path: str, timeout: Optional[float] = None) -> "dict[str, Any]":
        """swap, on a thread of the event loop's executor."""
        return await _in_thread(lambda: self.swap(path, timeout))

    async def rollback_async(self, timeout: Optional[float] = None) -> "dict[str, Any]":
        """rollback, on a thread of the event loop's executor."""
        return await _in_thread(lambda: self.rollback(timeout))

    def canary(
        self,
        path: str,
        percent: float,
        *,
        keys: "Optional[Iterable[str]]" = None,
        calls: Optional[int] = None,
        after: Optional[float] = None,
        errors: Optional[float] = None,
        timeout: Optional[float] = None,
    ) -> "dict[str, Any]":
        """Has the library at path serve percent of the calls, and all those with one of the keys. With calls, after
        (seconds) or errors (share of calls that may fail) it is promoted by itself when they are fulfilled."""
        t = terms(keys, calls, after, errors)
        return self._json(self._lib.hotsoh_slot_canary, str(path).encode(), percent, t, nanoseconds(timeout))

    def set_share(self, percent: float, keys: "Optional[Iterable[str]]" = None) -> None:
        """Changes how many of the calls go to the canary."""
        k = json.dumps(list(keys)).encode() if keys is not None else None
        self._status(self._lib.hotsoh_slot_set_share, percent, k)

    def promote(self, timeout: Optional[float] = None) -> "dict[str, Any]":
        """Makes the canary the current version."""
        return self._json(self._lib.hotsoh_slot_promote, nanoseconds(timeout))

    def abort(self, timeout: Optional[float] = None) -> "dict[str, Any]":
        """Ends the canary. Returns its report."""
        return self._json(self._lib.hotsoh_slot_abort, nanoseconds(timeout))

    def versions(self) -> "list[dict[str, Any]]":
        """What the slot has seen, oldest first."""
        return self._json(self._lib.hotsoh_slot_versions) or []

    def forgive(self) -> None:
        """Forgets all crashes: versions in a crash loop may be loaded again."""
        self._status(self._lib.hotsoh_slot_forgive)

    def watch(self, directory: str) -> Watch:
        """Swaps to the newest version in directory (lib<name>.v<version>.so), and again when a newer one comes, until
        the watch is released. Attempts are events of kind "watch"."""
        handle, error = ctypes.c_uint64(), _error()
        status = self._lib.hotsoh_watch_start(
            self.handle, str(directory).encode(), ctypes.byref(handle), ctypes.byref(error)
        )
        check(status, error)
        return Watch(handle.value)

    def event(self, timeout: Optional[float] = None) -> "Optional[dict[str, Any]]":
        """The next event, log record or attempt of a watch, which "kind" tells apart. Waits for one: timeout seconds,
        None for ever. None if none came, or if the slot is closed. "dropped" is there, if the queue was full."""
        return self._event(-1 if timeout is None else int(timeout * 1e9))[0]

    def _event(self, wait: int) -> "tuple[Optional[dict[str, Any]], bool]":
        """The next event, if there is one, and whether there will be none any more."""
        text, dropped, error = ctypes.c_void_p(), ctypes.c_uint64(), _error()
        status = self._lib.hotsoh_event_next(
            self.handle, wait, ctypes.byref(text), ctypes.byref(dropped), ctypes.byref(error)
        )
        if status := check(status, error):
            return None, status == END
        item: "dict[str, Any]" = json.loads(_native.take_text(text) or "{}")
        if dropped.value:
            item["dropped"] = dropped.value
        return item, False

    def events(self) -> "Iterator[dict[str, Any]]":
        """Events as they come, until the slot is closed."""
        while (item := self.event()) is not None:
            yield item

    def fileno(self) -> int:
        """A descriptor that is readable while there is an event, for select and event loops. Don't read it."""
        fd, error = ctypes.c_int32(), _error()
        check(self._lib.hotsoh_event_fd(self.handle, ctypes.byref(fd), ctypes.byref(error)), error)
        return fd.value

    async def events_async(self) -> "AsyncIterator[dict[str, Any]]":
        """Events as they come, until the slot is closed, for async for. One such loop per slot at a time."""
        loop, fd = asyncio.get_running_loop(), self.fileno()
        ready = asyncio.Event()
        loop.add_reader(fd, ready.set)
        try:
            while True:
                ready.clear()
                item, over = self._event(0)
                if item is not None:
                    yield item
                elif over:
                    return
                else:
                    await ready.wait()
        finally:
            loop.remove_reader(fd)
