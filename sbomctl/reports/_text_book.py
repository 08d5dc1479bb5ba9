"""Every text of a notice once: as shipped where it was shipped, else the standard text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from sbomctl.licenses.spdx_texts import text_of
from sbomctl.reports._plain import cut_from
from sbomctl.reports._text_body import Body, body_of, without

_FIXED = 500  # words; shorter licenses are filled in by those who use them
_NEAR = 0.97  # of the words
_SECOND_TEXT = "\nGNU GENERAL PUBLIC LICENSE\n"


@dataclass
class _Page:
    """One text in all its spellings."""

    shipped: dict[str, Body] = field(default_factory=dict)  # SHA-256 -> body
    uses: dict[str, int] = field(default_factory=dict)  # SHA-256 -> how many components ship it
    standard: Body | None = None
    names: set[str] = field(default_factory=set)
    order: tuple[str, str] = ("\U0010ffff", "")  # the license it follows, and the exception
    cut: int = 0


class TextBook:
    """Collects texts by what they say; ``key`` s name a text whatever its copyright lines are."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        self._texts = texts  # SHA-256 -> text
        self._bodies: dict[str, Body] = {}
        self._pages: dict[str, _Page] = {}
        self._named: dict[str, set[str]] = {}  # license or exception -> SHA-256 of texts that ship for it
        self._agreed: dict[str, frozenset[str]] = {}  # key -> the copyright lines that all spellings have

    def body(self, sha256: str) -> Body:
        """A shipped text as a body."""
        if sha256 not in self._bodies:
            self._bodies[sha256] = body_of(self._texts[sha256])
        return self._bodies[sha256]

    def add_shipped(self, sha256: str, names: Iterable[str]) -> str:
        """Take a text that ships as the text of ``names``; gives its key."""
        body = self.body(sha256)
        page = self._pages.setdefault(body.key, _Page())
        page.shipped[sha256] = body
        self._agreed.pop(body.key, None)
        page.uses[sha256] = page.uses.get(sha256, 0) + 1
        page.cut = max(page.cut, cut_from(self._texts[sha256]))
        for name in names:
            self._name(page, name, (name, ""))
            self._named.setdefault(name, set()).add(sha256)
        return body.key

    def add_standard(self, identifier: str, follows: str = "") -> str:
        """Take the standard text of a license, or of an exception behind the license it ``follows``; "" if none."""
        body = standard_body(identifier)
        if body is None:
            return ""
        body = self._like(identifier, body)
        page = self._pages.setdefault(body.key, _Page())
        page.standard = page.standard or body
        self._name(page, identifier, (follows, identifier) if follows else (identifier, ""))
        return body.key

    def _like(self, identifier: str, standard: Body) -> Body:
        """A text that somebody ships and that is the standard text but for some words, else the standard text.

        Long licenses have a fixed wording, which the copies in packages spell in slightly other ways.
        """
        if standard.words < _FIXED:
            return standard
        alike = (one for sha256 in sorted(self._named.get(identifier, ())) if _near(one := self.body(sha256), standard))
        return next(alike, standard)

    @staticmethod
    def _name(page: _Page, name: str, order: tuple[str, str]) -> None:
        page.names.add(name)
        page.order = min(page.order, order)

    def keys(self) -> list[str]:
        """The texts in the order in which they are printed: by license, each exception behind its license."""
        return sorted(self._pages, key=lambda key: (_folded(self._pages[key].order), -len(self._pages[key].uses), key))

    def names(self, key: str) -> tuple[str, ...]:
        """The licenses whose text it is."""
        return tuple(sorted(self._pages[key].names))

    def is_standard(self, key: str) -> bool:
        """Whether nobody ships it."""
        return not self._pages[key].shipped

    def cut(self, key: str) -> int:
        """Characters that are left out because the text is too long."""
        return self._pages[key].cut

    def text(self, key: str) -> str:
        """The text as most components ship it, but for the copyright lines in which they differ."""
        page = self._pages[key]
        if not page.shipped:
            assert page.standard is not None, "a page is made for a text"
            return "\n".join(page.standard.lines)
        chosen = min(page.shipped, key=lambda sha256: (-page.uses[sha256], sha256))
        return without(page.shipped[chosen].lines, frozenset(page.shipped[chosen].statements) - self._agreeing(key))

    def taken_out(self, sha256: str) -> tuple[str, ...]:
        """The copyright lines of a shipped text that its printed form lacks: they belong to who ships it."""
        body = self.body(sha256)
        agreed = self._agreeing(body.key)
        return tuple(one for one in body.statements if one not in agreed)

    def _agreeing(self, key: str) -> frozenset[str]:
        if key not in self._agreed:
            bodies = self._pages[key].shipped.values()
            self._agreed[key] = frozenset.intersection(*(frozenset(body.statements) for body in bodies))
        return self._agreed[key]


@lru_cache(maxsize=1024)
def standard_body(identifier: str) -> Body | None:
    """The standard text of an id as a body; of LGPL-3.0 without the GPL-3.0 behind it, which has its own id."""
    text = text_of(identifier)
    if identifier.startswith("LGPL-3.0"):
        text = text.partition(_SECOND_TEXT)[0]
    return body_of(text) if text else None


@lru_cache(maxsize=4096)
def _near(one: Body, other: Body) -> bool:
    """Whether two bodies consist of the same words but for a few."""
    first, second = one.counted(), other.counted()
    return (first & second).total() >= _NEAR * max(first.total(), second.total())


def _folded(order: tuple[str, str]) -> tuple[str, str]:
    return (order[0].casefold(), order[1].casefold())
