"""Variables in compose files (Compose specification, 12-interpolation.md): ``$X``, ``${X:-default}``, ``${X:?error}``.

Other than compose, which puts nothing in the place of a variable that is not set and only
warns, this says which one is not set: what ships must not depend on a warning.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_OPERATORS = (":-", ":?", ":+", "-", "?", "+")
_DEEPEST = 20  # defaults inside defaults
_LONGEST = 4096


@dataclass(slots=True)
class Filled:
    """A text with its variables filled in, and why that is not all of it."""

    text: str = ""
    faults: list[str] = field(default_factory=list)  # "the variable X is not set"
    unset: list[str] = field(default_factory=list)  # their names


class Doubtful(str):
    """The value of a variable that other variables make up, one of which is not set."""

    __slots__ = ("faults", "unset")

    faults: list[str]
    unset: list[str]

    @classmethod
    def of(cls, filled: Filled) -> str:
        """The text, doubtful where something in it could not be filled in."""
        if not filled.faults:
            return filled.text
        value = cls(filled.text)
        value.faults, value.unset = filled.faults, filled.unset
        return value


def fill(text: str, variables: Mapping[str, str]) -> Filled:
    """``text`` with ``variables``; in the place of what cannot be filled in stands nothing, and a fault says so."""
    if "$" not in text:
        return Filled(text)
    if len(text) > _LONGEST:
        return Filled(text, [f"it is longer than {_LONGEST} characters"])
    reader = _Reader(text, variables)
    filled = reader.read("", 0)
    return Filled(filled, reader.faults, reader.unset)


class _Reader:
    def __init__(self, text: str, variables: Mapping[str, str]) -> None:
        self.faults: list[str] = []
        self.unset: list[str] = []
        self._text = text
        self._variables = variables
        self._at = 0
        self._silent = 0  # above 0 inside of what is not used

    def read(self, end: str, depth: int) -> str:
        """Up to ``end``, which is passed, or to the end of the text."""
        parts: list[str] = []
        while self._at < len(self._text):
            sign = self._text[self._at]
            self._at += 1
            if sign == end:
                return "".join(parts)
            parts.append(self._variable(depth) if sign == "$" else sign)
        if end:
            self._fault(f"a brace of {self._text!r} is not closed", always=True)
        return "".join(parts)

    def _variable(self, depth: int) -> str:
        """What stands for the variable after a dollar sign, which is passed."""
        if self._text.startswith("$", self._at):
            self._at += 1
            return "$"
        braced = self._text.startswith("{", self._at)
        name = _NAME.match(self._text, self._at + braced)
        if name is None or depth > _DEEPEST:
            self._fault(f"{self._text!r} has a $ without a name of a variable; $$ stands for the sign itself")
            self._at += braced
            return self.read("}", depth + 1) if braced and depth <= _DEEPEST else ""
        self._at = name.end()
        return self._braced(name.group(), depth) if braced else self._value(name.group())

    def _braced(self, name: str, depth: int) -> str:
        operator = next((one for one in _OPERATORS if self._text.startswith(one, self._at)), "")
        self._at += len(operator)
        value = self._variables.get(name)
        there = bool(value) if operator.startswith(":") else value is not None
        used = (operator[-1:] in ("-", "?") and not there) or (operator[-1:] == "+" and there)
        self._silent += not used
        word = self.read("}", depth + 1)
        self._silent -= not used
        if operator[-1:] == "+":
            return word if there else ""
        if operator[-1:] == "?" and not there:
            self._missing(name, f"the variable {name} is not set: {word}" if word else "")
        if not operator and word:
            self._fault(
                f"{self._text!r}: {word!r} after the name {name} is no operator; known are {' '.join(_OPERATORS)}"
            )
        if there or operator[-1:] == "?":
            return self._sure("" if value is None else value)
        return word if operator else self._value(name)

    def _value(self, name: str) -> str:
        if name not in self._variables:
            self._missing(name)
        return self._sure(self._variables.get(name, ""))

    def _sure(self, value: str) -> str:
        """The value of a variable, told where it is not all of it."""
        if isinstance(value, Doubtful) and not self._silent:
            self.faults += [fault for fault in value.faults if fault not in self.faults]
            self.unset += [name for name in value.unset if name not in self.unset]
        return value

    def _missing(self, name: str, message: str = "") -> None:
        self._fault(message or f"the variable {name} is not set")
        if not self._silent and name not in self.unset:
            self.unset.append(name)

    def _fault(self, message: str, *, always: bool = False) -> None:
        if (always or not self._silent) and message not in self.faults:
            self.faults.append(message)
