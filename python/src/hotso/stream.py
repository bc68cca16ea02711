"""Results that are read piece by piece."""

import ctypes
import io
from typing import Any

from . import _native
from .errors import Closed, check


class Stream(io.RawIOBase):
    """A stream of a library: a binary file that can only be read, by one thread at a time. While it is open its
    version stays loaded. io.BufferedReader makes reads of small pieces cheap."""

    def __init__(self, handle: int) -> None:
        self._handle = handle

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if not self._handle:
            raise Closed("hotso: the stream was closed", 26)
        view = (ctypes.c_char * len(buffer)).from_buffer(buffer)
        length, error = ctypes.c_size_t(), ctypes.POINTER(_native.CError)()
        status = _native.library().hotsoh_stream_read(
            self._handle, ctypes.addressof(view), len(buffer), ctypes.byref(length), ctypes.byref(error)
        )
        return 0 if check(status, error) else length.value

    def close(self) -> None:
        handle, self._handle = self._handle, 0
        if handle:
            _native.library().hotsoh_release(handle, None)
        super().close()
