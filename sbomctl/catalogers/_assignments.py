"""Files of shell variable assignments: os-release(5), lsb-release, openwrt_release."""

from __future__ import annotations

import re
from typing import NamedTuple

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_PIECE = re.compile(r"""'([^']*)'|"((?:[^"\\]|\\.)*)"|\\(.)|([^'"\\]+)|(['"\\])""")
_ESCAPED = re.compile(r'\\([$"\\`])')


class Fault(NamedTuple):
    """What could not be read, and on which 1-based line."""

    line: int
    reason: str


class Assignments(NamedTuple):
    """The variables of a file, the last assignment winning, and the lines that are none."""

    values: dict[str, str]
    faults: tuple[Fault, ...]


def read_assignments(data: bytes) -> Assignments:
    """Every ``NAME=value`` line with the shell's quoting undone (os-release(5)); nothing is expanded."""
    values: dict[str, str] = {}
    faults: list[Fault] = []
    for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        line = raw.decode("utf-8", "replace").strip()
        if not line or line.startswith("#"):
            continue
        name, equals, value = line.partition("=")
        if not equals or not _NAME.match(name):
            faults.append(Fault(number, "not a NAME=value line"))
            continue
        values[name], balanced = _unquote(value)
        if not balanced:
            faults.append(Fault(number, f"unfinished quote or escape in {name}"))
        elif not line.isprintable() or not _is_utf8(raw):
            faults.append(Fault(number, f"control character or bytes that are not UTF-8 in {name}"))
    return Assignments(values, tuple(faults))


def _unquote(value: str) -> tuple[str, bool]:
    """The value as a shell would store it, and whether every quote was closed."""
    text = ""
    balanced = True
    for single, double, escaped, plain, stray in _PIECE.findall(value):
        if plain and " #" in plain:
            text += plain.partition(" #")[0]
            break
        text += single or _ESCAPED.sub(r"\1", double) or escaped or plain
        balanced = balanced and not stray
    return "".join(filter(str.isprintable, text)).strip(), balanced


def _is_utf8(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True
