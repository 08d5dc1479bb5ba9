"""What a page may show: text from images stays text, and invisible characters become visible."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

from sbomctl.terminal import printable

T = TypeVar("T")


def shown(value: T) -> T:
    """A copy in which every string is printable and one line, at any depth of structs, tuples and dicts."""
    return _shown(value)  # type: ignore[no-any-return]


def _shown(value: Any) -> Any:  # noqa: ANN401 - any part of a context
    if isinstance(value, str):
        return value if value.isprintable() else printable(value)
    if isinstance(value, tuple):
        return tuple([_shown(one) for one in value])
    if isinstance(value, msgspec.Struct):
        return type(value)(*[_shown(one) for one in msgspec.structs.astuple(value)])
    if isinstance(value, dict):
        return {_shown(key): _shown(one) for key, one in value.items()}
    return value


def shown_lines(text: str) -> str:
    """A text of several lines with every other invisible character as an escape; a form feed is a blank line."""
    text = text.replace("\r\n", "\n").replace("\f", "\n")
    if text.isascii() and text.replace("\n", "").replace("\t", "").isprintable():
        return text
    return "\n".join("\t".join(printable(cell) for cell in line.split("\t")) for line in text.split("\n"))


def script_json(value: object) -> str:
    """JSON that may stand in a ``script`` element: nothing in it can end the element or open a comment."""
    return msgspec.json.encode(value).decode().replace("<", "\\u003c")
