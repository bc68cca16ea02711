"""Prepared functions."""

import asyncio
import ctypes
import threading
from typing import Any, Optional

from . import _native, _words
from .errors import ArgumentError, check
from .signature import parse


class Function:
    """A function of a library or slot, looked up once. Call it like a Python function; from any thread.

    >>> greet = slot.function("GreetName", "func(string) (string, error)")
    >>> greet("Ada")
    'Hello, Ada!'

    timeout: seconds that each call may take (Hung, if it does not); None for no limit. A call with a limit costs
        more, as it runs on another thread.
    key: chooses which calls go to a canary, if there is one.

    Parameters and results are int, float, bool, str (string), bytes ([]byte), array.array (other slices; any
    iterable of numbers as an argument), and ctypes.Structure (structs; a sequence or mapping of the fields' values
    as an argument). A parameter that takes a function is a uint64: pass what lend returned.
    """

    def __init__(self, target: int, name: str, signature: Optional[str]) -> None:
        lib = _native.library()
        handle, error = ctypes.c_uint64(), ctypes.POINTER(_native.CError)()
        wanted = signature.encode() if signature is not None else None
        check(lib.hotsoh_prepare(target, name.encode(), wanted, ctypes.byref(handle), ctypes.byref(error)), error)
        self.name = name
        self.handle = handle.value
        text = ctypes.c_void_p()
        check(lib.hotsoh_signature(self.handle, ctypes.byref(text), ctypes.byref(error)), error)
        self.signature = parse(_native.take_text(text) or "")
        self._invoke = lib.hotsoh_invoke
        self._pack = _words.pack_format(self.signature)
        self._puts = [_words.put(t) for t in self.signature.parameters]
        self._free: "list[_Room]" = []

    def __call__(self, *args: Any) -> Any:
        room = self._free.pop() if self._free else _Room(self)
        try:
            count = len(self._puts)
            if self._pack is not None:
                try:
                    words: Any = self._pack.pack(*args)
                except Exception:
                    words, count = self._flatten(args, [])  # says which argument is wrong, or takes it
            else:
                keep: "list[Any]" = []
                words, count = self._flatten(args, keep)
            status = self._invoke(self.handle, words, count, room.result.ready(), room.error_ref)
            if status:
                error, room.error = room.error, None
                check(status, error)
            return room.result.take()
        finally:
            if room.error is not None:
                self._free.append(room)

    def _flatten(self, args: "tuple[Any, ...]", keep: "list[Any]") -> "tuple[Any, int]":
        if len(args) != len(self._puts):
            raise ArgumentError(f"hotso: {self.name} takes {len(self._puts)} arguments, not {len(args)}", 32)
        words: "list[Any]" = []
        for put, value in zip(self._puts, args):
            put(getattr(value, "word", value), words, keep)
        array = (ctypes.c_char_p * len(words))(*words)
        return array, len(words)

    async def call_async(self, *args: Any) -> Any:
        """Calls it on a thread of the event loop's executor."""
        return await asyncio.get_running_loop().run_in_executor(None, lambda: self(*args))

    def release(self) -> None:
        """Gives the handle back; it is also done when the object is collected."""
        handle, self.handle = self.handle, 0
        if handle:
            _native.library().hotsoh_release(handle, None)

    def __del__(self) -> None:
        if getattr(self, "handle", 0):
            self.release()

    def __repr__(self) -> str:
        return f"<hotso.Function {self.name}: {self.signature.text}>"


class _Room:
    """What one call at a time needs, kept for the next: room for its result and its error."""

    def __init__(self, f: Function) -> None:
        self.result = _words.Result(f.signature.result)
        self.error: Any = ctypes.POINTER(_native.CError)()
        self.error_ref = ctypes.byref(self.error)
