"""License texts as bodies and copyright lines: the same body under many names is one text.

The licenses of the BSD and MIT families ask for the copyright notice *and* the text, so a
line that is taken out of a text here always goes to the component that shipped it.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from typing import NamedTuple

from sbomctl.reports._plain import block

_STATEMENT = re.compile(r"[^\w(©]{0,24}(?:portions\s)?(?:copyright\b|\(c\)|©)", re.IGNORECASE)
_MARK = re.compile(r"\b(?:19|20)\d\d|\(c\)|©|[<\[](?:year|yyyy)", re.IGNORECASE)
_RESERVED = re.compile(r"\W{0,24}all rights reserved\W{0,8}\Z", re.IGNORECASE)
_WORDS = re.compile(r"[\w+]+")
_PLACEHOLDER = re.compile(r"[<\[](?:year|yyyy|owner|name|copyright)|\byyyy\b", re.IGNORECASE)


class Body(NamedTuple):
    """A text cut into its lines."""

    key: str  # the same for texts of the same words outside copyright lines
    lines: tuple[str, ...]
    statements: tuple[str, ...]  # its copyright lines, with single spaces, each once, in order

    @property
    def words(self) -> int:
        """How many words it has outside copyright lines."""
        return sum(len(_WORDS.findall(one)) for one in self.lines if not is_statement(one))


def body_of(text: str) -> Body:
    """``text`` as a body; upper case, white space and punctuation do not tell texts apart."""
    lines = tuple(block(text).split("\n"))
    statements = dict.fromkeys(statement(one) for one in lines if is_statement(one))
    words = [word for one in lines if not is_statement(one) for word in _WORDS.findall(one.casefold())]
    told = " ".join(words) or "\n".join(lines)  # nothing but copyright lines is a text of its own
    digest = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()
    return Body(digest, lines, tuple(statements) if words else ())


def is_statement(text: str) -> bool:
    """Whether a line is a copyright notice, or the "All rights reserved" that belongs to one."""
    return bool((_STATEMENT.match(text) and _MARK.search(text)) or _RESERVED.match(text))


def is_placeholder(text: str) -> bool:
    """Whether a copyright line of a standard text is one to be filled in, and so says nothing."""
    return bool(_PLACEHOLDER.search(text))


def statement(text: str) -> str:
    """A copyright line with single spaces, to compare it with others."""
    return " ".join(text.split())


def without(lines: Iterable[str], taken: frozenset[str]) -> str:
    """``lines`` but for the copyright lines ``taken``, and without the gaps that these leave at the top."""
    kept = [one for one in lines if not (taken and is_statement(one) and statement(one) in taken)]
    return "\n".join(kept).strip("\n")
