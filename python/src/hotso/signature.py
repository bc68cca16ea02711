"""Signatures of functions, as Go writes them: "func(name string, n int32) (string, error)"."""

import ctypes
import functools
import re
from typing import Any, NamedTuple, Optional

_NUMBERS: "dict[str, tuple[int, Any]]" = {
    "bool": (1, ctypes.c_bool),
    "int8": (2, ctypes.c_int8),
    "int16": (3, ctypes.c_int16),
    "int32": (4, ctypes.c_int32),
    "int64": (5, ctypes.c_int64),
    "uint8": (6, ctypes.c_uint8),
    "uint16": (7, ctypes.c_uint16),
    "uint32": (8, ctypes.c_uint32),
    "uint64": (9, ctypes.c_uint64),
    "float32": (10, ctypes.c_float),
    "float64": (11, ctypes.c_double),
}

# Numbers of HOTSOH_TYPE_*.
NONE, STRING, STRUCT, LENT, SLICE = 0, 12, 13, 14, 32


class Type(NamedTuple):
    """A type that crosses the border.

    text: as Go writes it
    code: HOTSOH_TYPE_*
    ctype: of a number, of a slice's elements, or the ctypes.Structure of a struct
    """

    text: str
    code: int
    ctype: Any

    @property
    def number(self) -> bool:
        return 0 < self.code < STRING

    @property
    def slice(self) -> bool:
        return self.code > SLICE


class Signature(NamedTuple):
    parameters: "tuple[Type, ...]"
    result: Optional[Type]
    error: bool
    text: str


@functools.lru_cache(maxsize=1024)
def parse(text: str) -> Signature:
    """Parses what inspect, describe and hotsoh_signature say. ValueError if it is none."""
    p = _Parser(text)
    parameters = p.parameters()
    result, fails = p.results()
    p.end()
    return Signature(parameters, result, fails, text)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = re.findall(r"[A-Za-z_]\w*|\[\]|[(){},;]|\S", text)

    def fail(self) -> ValueError:
        return ValueError(f"not a signature: {self.text!r}")

    def next(self, want: str = "") -> str:
        if not self.tokens or (want and self.tokens[0] != want):
            raise self.fail()
        return self.tokens.pop(0)

    def accept(self, want: str) -> bool:
        if self.tokens and self.tokens[0] == want:
            del self.tokens[0]
            return True
        return False

    def end(self) -> None:
        if self.tokens:
            raise self.fail()

    def parameters(self) -> "tuple[Type, ...]":
        self.next("func")
        self.next("(")
        found = []
        while not self.accept(")"):
            if found:
                self.next(",")
            if self.tokens and self._named():
                self.next()
            found.append(self.type())
        return tuple(found)

    def _named(self) -> bool:
        """Whether a name comes before the type: an identifier, and then neither a brace nor an end."""
        return self.tokens[0][0] not in "[(){},;" and len(self.tokens) > 1 and self.tokens[1] not in "),{"

    def results(self) -> "tuple[Optional[Type], bool]":
        if not self.tokens:
            return None, False
        if self.accept("error"):
            return None, True
        if not self.accept("("):
            return self.type(), False
        result = self.type()
        self.next(",")
        self.next("error")
        self.next(")")
        return result, True

    def type(self) -> Type:
        word = self.next()
        if word in _NUMBERS:
            return Type(word, *_NUMBERS[word])
        if word in ("string", "cstring"):
            return Type(word, STRING, None)
        if word == "stream":
            return Type(word, NONE, None)
        if word == "[]":
            elem = self.next()
            elem = "uint8" if elem == "byte" else elem
            if elem in _NUMBERS and elem != "bool":
                code, ctype = _NUMBERS[elem]
                return Type("[]" + elem, SLICE + code, ctype)
        if word == "struct":
            return self.struct()
        raise self.fail()

    def struct(self) -> Type:
        self.next("{")
        fields = []
        while not self.accept("}"):
            if fields:
                self.next(";")
            fields.append((self.next(), self.type()))
        text = "struct{" + "; ".join(f"{name} {t.text}" for name, t in fields) + "}"
        return Type(text, STRUCT, _structure(tuple((name, t.ctype) for name, t in fields)))


@functools.lru_cache(maxsize=1024)
def _structure(fields: "tuple[tuple[str, Any], ...]") -> Any:
    return type("Struct", (ctypes.Structure,), {"_fields_": list(fields)})
