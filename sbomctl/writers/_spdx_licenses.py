"""Licenses that are not on the SPDX list and the texts a product ships, for every SPDX version.

A license that is not on the list needs its text in the document (SPDX 2.3 section 10.2).
A text that stands for no such license is kept as well, once, as an annotation of the
document: a license on the list has no place for the words of one copy. A NOTICE is the
attribution text of its package (section 7.29).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from sbomctl.model import Bom, Component, LicenseKind
from sbomctl.writers import _spdx_statements as statements
from sbomctl.writers._license_texts import Reference, expressions, references
from sbomctl.writers._license_words import cut, distinct, some
from sbomctl.writers._spdx_text import line, url, verbatim

NO_LICENSE_TEXT = "The text of this license was not found in the product."

_PAIR = re.compile(
    r"(?<![A-Za-z0-9.+:-])[A-Za-z0-9.+:-]+ WITH (?:DocumentRef-[A-Za-z0-9.-]+:)?AdditionRef-[A-Za-z0-9.-]+"
)
_FOREIGN = re.compile(r"(?<![A-Za-z0-9.-])DocumentRef-[A-Za-z0-9.-]+:LicenseRef-[A-Za-z0-9.-]+")
_JOINING = str.maketrans(" :", "--")
_LINK = re.compile(r"https?://[^\s<>\"'()]+")
_REPEATED = 1 << 12  # characters; a longer text is written for one of the references that share it
_LONGEST_NAME = 60  # characters; what is longer is no name but the beginning of a text


class CustomLicense(NamedTuple):
    """A license or exception that is not on the SPDX list; "" or () = not known."""

    id: str
    text: str
    name: str
    comment: str
    see_also: tuple[str, ...]


@lru_cache(maxsize=8192)
def spdx23(expression: str) -> str:
    """``expression`` as SPDX 2.3 can say it (annex D).

    There an exception is on the list or does not exist, so a license with another one
    becomes a reference for both together; and a reference into another document would need
    that document, so it becomes one of this document.
    """
    if "AdditionRef-" not in expression and "DocumentRef-" not in expression:
        return expression
    return _FOREIGN.sub(_reference, _PAIR.sub(_reference, expression))


def _reference(found: re.Match[str]) -> str:
    """``LicenseRef-MIT-WITH-AdditionRef-x`` for ``MIT WITH AdditionRef-x``."""
    return "LicenseRef-" + found[0].replace("+", "-or-later").translate(_JOINING)


def _replaced(expression: str) -> Iterator[tuple[str, str]]:
    """What :func:`spdx23` wrote, and what for."""
    paired = _PAIR.sub("", expression)
    for found in (*_PAIR.finditer(expression), *_FOREIGN.finditer(paired)):
        yield _reference(found), found[0]


class SpdxLicenses:
    """What a document says of licenses beyond the expressions; ``spelled`` is how it writes these."""

    def __init__(self, bom: Bom, spelled: Callable[[str], str] = str) -> None:
        self._texts = bom.license_texts
        self._spelled = spelled
        written = (each for each in expressions(bom) if spelled(each) != each)
        self._stands_for = {ref: name for each in written for ref, name in _replaced(each)}
        self._references = references(bom, spelled)
        self._holders = {each.sha256: each.id for each in reversed(self._references) if each.sha256}
        self._noticed: dict[str, str] = {}  # SHA-256 of a NOTICE -> the first component that has it
        for component in bom.components:
            for sha256 in _notices(component):
                if self._texts.get(sha256, "").strip():
                    self._noticed.setdefault(sha256, component.id)

    def customs(self) -> Iterator[CustomLicense]:
        """Every license that expressions name and the list lacks, sorted."""
        for ref in self._references:
            raws = distinct(cut(finding.raw) for finding in ref.findings)
            comment = "\n".join(line(each) for each in self._comment(ref))
            yield CustomLicense(ref.id, self._text(ref, raws), _name(ref), comment, _links(raws))

    def _comment(self, ref: Reference) -> Iterator[str]:
        """What it stands for, where its text is from, what else it may be, and where it is stated."""
        if ref.id in self._stands_for:
            yield f"Stands for: {self._stands_for[ref.id]}"
        if ref.sha256:
            yield f"SHA-256 of the text as shipped: {ref.sha256}"
            holding = [each.expression for each in ref.findings if each.text_sha256 == ref.sha256]
            if all(self._spelled(each) != ref.id for each in holding):
                yield f"The text is that of the expression: {some(distinct(holding))}"
        candidates = distinct(each for finding in ref.findings for each in finding.candidates)
        if candidates:
            yield f"May be: {' | '.join(candidates)}"
        if ref.findings:
            yield f"Stated in: {some(distinct(str(each.location) for each in ref.findings))}"

    def _text(self, ref: Reference, raws: list[str]) -> str:
        if not ref.sha256:
            return NO_LICENSE_TEXT + (f" It is stated as: {line(some(raws))}" if raws else "")
        holder = self._holders[ref.sha256]
        if holder != ref.id and len(self._texts[ref.sha256]) > _REPEATED:
            return f"The same text as that of {holder}, SHA-256 {ref.sha256}."
        return verbatim(self._texts[ref.sha256])

    def attribution(self, component: Component, name: Callable[[str], str]) -> tuple[str, ...]:
        """The NOTICE texts of a component, those that are elsewhere by reference; ``name`` names a component."""
        return tuple(self._notice(component, sha256, name) for sha256 in _notices(component) if sha256 in self._noticed)

    def _notice(self, component: Component, sha256: str, name: Callable[[str], str]) -> str:
        first = self._noticed[sha256]
        if sha256 in self._holders or first != component.id:
            return f"The same text as that of {self._holders.get(sha256) or name(first)}, SHA-256 {sha256}."
        return verbatim(self._texts[sha256])

    def other_texts(self) -> Iterator[str]:
        """Every text that is neither a NOTICE nor that of a license of its own, for one annotation each, sorted."""
        for sha256 in sorted(self._texts):
            if sha256 not in self._holders and sha256 not in self._noticed:
                yield statements.license_text(sha256, self._texts[sha256])


def _notices(component: Component) -> list[str]:
    return distinct(each.sha256 for each in component.texts if each.role == "notice")


def _name(ref: Reference) -> str:
    """What packages call it, if all of them call it the same."""
    names = {each.raw.strip() for each in ref.findings if each.kind is LicenseKind.DECLARED}
    name = names.pop() if len(names) == 1 else ""
    return line(name) if len(name) <= _LONGEST_NAME and "\n" not in name else ""


def _links(raws: Iterable[str]) -> tuple[str, ...]:
    links = (url(link.rstrip(".,;:")) for raw in raws for link in _LINK.findall(raw))
    return tuple(sorted(set(filter(None, links))))
