"""License texts as bodies and copyright lines: the same body under many names is one text.

The licenses of the BSD and MIT families ask for the copyright notice *and* the text, so a
line that is taken out of a text here always goes to the component that shipped it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from sbomctl.reports._plain import block

_STATEMENT = re.compile(r"[^\w(©]{0,24}(?:portions\s)?(?:copyright\b|\(c\)|©)", re.IGNORECASE)
_MARK = re.compile(r"\b(?:19|20)\d\d|\(c\)|©|[<\[](?:year|yyyy)", re.IGNORECASE)
_RESERVED = re.compile(r"\W{0,24}all rights reserved\W{0,8}\Z", re.IGNORECASE)
_WORDS = re.compile(r"[\w+]+")
_ITEM = re.compile(  # the mark of a list item: behind a sentence, or what joins items; a version is behind neither
    r"(?:(?<=[.:;,])|(?<=\band)|(?<=\bor)) (?:\(?(?:\d{1,2}|[a-z])[.)]|[-*o•])(?= )"
)
_COMMENT = re.compile(r"\A\s*(?:[*#;%]+|//+)?(?:\s+|\Z)")  # the mark of a comment that was copied along
_TITLE = re.compile(r"(?:The )?[A-Za-z0-9. \"'-]{1,40} Licen[sc]e(?: \([A-Za-z0-9. -]{1,30}\))?:?\Z")


class Body(NamedTuple):
    """A text cut into its lines."""

    key: str  # the same for texts of the same words outside copyright lines
    lines: tuple[str, ...]
    statements: tuple[str, ...]  # its copyright lines, with single spaces, each once, in order
    words: int  # outside copyright lines

    def counted(self) -> Counter[str]:
        """The words that matter, and how often each comes."""
        return Counter(_told(self.lines))


def body_of(text: str) -> Body:
    """``text`` as a body.

    Upper case, white space, punctuation, the numbers of list items, a title, https for http
    and two spellings of "license" do not tell texts apart (SPDX 2.3 Annex B).
    """
    lines = tuple(block(text).split("\n"))
    statements = dict.fromkeys(statement(one) for one in lines if is_statement(one))
    words = _told(lines)
    told = " ".join(words) or "\n".join(lines)  # nothing but copyright lines is a text of its own
    digest = hashlib.sha256(told.encode("utf-8", "backslashreplace")).hexdigest()
    return Body(digest, lines, tuple(statements) if words else (), len(words))


def _told(lines: Sequence[str]) -> list[str]:
    """The words that tell a text from others, in order."""
    first = next((number for number, one in enumerate(lines) if one), 0)
    start = first + 1 if _TITLE.match(lines[first]) else first
    kept = " ".join(
        _COMMENT.sub("", one) or "." for one in lines[start:] if not is_statement(one)
    )  # a gap ends a sentence
    return _WORDS.findall(_ITEM.sub(" ", _respelled(kept)))


def _respelled(text: str) -> str:
    return " ".join(text.casefold().split()).replace("https:", "http:").replace("licence", "license")


def is_statement(text: str) -> bool:
    """Whether a line is a copyright notice, or the "All rights reserved" that belongs to one."""
    return bool((_STATEMENT.match(text) and _MARK.search(text)) or _RESERVED.match(text))


def statement(text: str) -> str:
    """A copyright line with single spaces, to compare it with others."""
    return " ".join(text.split())


def without(lines: Iterable[str], taken: frozenset[str]) -> str:
    """``lines`` but for the copyright lines ``taken``, and without the gaps that these leave at the top."""
    kept = [one for one in lines if not (taken and is_statement(one) and statement(one) in taken)]
    return "\n".join(kept).strip("\n")
