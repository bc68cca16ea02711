"""Signals that libraries need."""

import ctypes
import json
from typing import Any

from . import _native
from .errors import check


def signals() -> "list[dict[str, Any]]":
    """Takes back the signals that libraries need, and says which of them others have taken since the last time: dicts
    with "signal", "handler", and "object", the name of the file that has the handler.

    Call it when something has installed handlers for faults after the first swap, as faulthandler.enable() does: until
    then, or until the next swap, a nil dereference in a library may end the process.
    """
    text, error = ctypes.c_void_p(), ctypes.POINTER(_native.CError)()
    check(_native.library().hotsoh_signals(ctypes.byref(text), ctypes.byref(error)), error)
    taken: "list[dict[str, Any]]" = json.loads(_native.take_text(text) or "[]")
    return taken
