"""``SPDX-License-Identifier`` in any text (SPDX 2.3 Annex E, REUSE 3.3)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from sbomctl.licenses._comment_marks import bare, clean
from sbomctl.licenses.base import FileLicenses, Statement
from sbomctl.licenses.expression import InvalidExpression, canonical, conjunction

Detect = Callable[[str], FileLicenses]
"""What a text says of licenses: ``statements`` and ``detected``; lines are those of the text."""

_TAG = "SPDX-License-Identifier:"
_START, _END = "REUSE-IgnoreStart", "REUSE-IgnoreEnd"
_ALLOWED = re.compile(r"[\w.+:()\- ]*")
_MOST_LINES = 10  # of an expression in parentheses, which may go on
_MOST = 1000


def spdx_tags(text: str) -> FileLicenses:
    """The statement of every tag; together they are the conjunction, as REUSE has it.

    A tag that is no expression keeps its words in ``raw`` and is a fault.
    """
    if _TAG not in text:
        return FileLicenses()
    statements: list[Statement] = []
    faults: list[tuple[int, str]] = []
    for line, raw in _values(text.split("\n")):
        if len(statements) == _MOST:
            break
        try:
            statements.append(Statement(raw, canonical(raw), line))
        except InvalidExpression as error:
            statements.append(Statement(raw, line=line, remark=str(error)))
            faults.append((line, str(error)))
    detected = conjunction(one.expression for one in statements if one.expression)
    return FileLicenses(tuple(statements), detected=detected, faults=tuple(faults))


def _values(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    ignored = False
    for at, line in enumerate(lines):
        ignored = (ignored or _START in line) and _END not in line
        place = line.find(_TAG)
        if place >= 0 and not ignored:
            yield at + 1, _whole(lines, at, clean(line[place + len(_TAG) :]))


def _whole(lines: Sequence[str], at: int, value: str) -> str:
    """``value`` with the lines that close its parentheses; what is no part of an expression is cut off."""
    for line in lines[at + 1 : at + _MOST_LINES]:
        if value.count("(") <= value.count(")"):
            break
        value = f"{value} {bare(line)[1]}"
    match = _ALLOWED.match(value)
    return match[0].strip() if match else value
