"""What the text of an exception names: the license that it is from, and others that it only speaks of."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from sbomctl.licenses.text.connectives import is_host
from sbomctl.licenses.text.statements import Statement

_MANY = 3  # licenses that an exception names when it defines which ones it is for


class Excepted(NamedTuple):
    """The text of an exception: where its own words are, without what is inserted between them."""

    exception: str
    parts: tuple[tuple[int, int], ...]  # positions in ``Words.every``


def without_hosts(said: list[Statement], texts: Sequence[Excepted]) -> list[Statement]:
    """``said`` without what the texts of exceptions, in file order, only speak of.

    An exception names the license that it is from; that grants nothing where the file has the grant itself.
    Whatever else it names is what may be combined with it, or what it is not. One that names many to be from
    (GPL-CC-1.0) defines them: which of them holds is for a grant to say.
    """
    if not texts:
        return said
    parts = sorted((start, end, at) for at, text in enumerate(texts) for start, end in text.parts)
    starts = [start for start, _, _ in parts]
    inside: dict[int, list[Statement]] = {}
    kept = []
    for one in said:
        _, end, text = parts[max(0, bisect_right(starts, one.start) - 1)]
        if starts[0] <= one.start < end and not one.expression.startswith("WITH "):
            inside.setdefault(text, []).append(one)
        else:
            kept.append(one)
    granted = {one.family for one in kept}
    hosts = [_host(texts[text].exception, named) for text, named in inside.items()]
    kept += [one for one in hosts if one and one.family not in granted]
    return sorted(kept, key=lambda one: one.start)


def _host(exception: str, named: Sequence[Statement]) -> Statement | None:
    """The license that an exception is from, if it says one; with a version before without."""
    hosts = [one for one in named if is_host(one.expression, exception)]
    told = [one for one in hosts if not one.bare]
    if len({one.expression for one in told}) >= _MANY:
        return None
    return next(iter(told or hosts), None)
