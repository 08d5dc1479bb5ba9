"""From the structure of a debian/copyright to license statements."""

from __future__ import annotations

from collections.abc import Iterator

from sbomctl.licenses._dep5 import Dep5, License
from sbomctl.licenses._dep5_meaning import key, meaning, names_of, of_text, text_keys, text_scope
from sbomctl.licenses._reach import excluded_by
from sbomctl.licenses.base import Reading, Statement
from sbomctl.model import LicenseKind

UNREFERENCED = "unreferenced-text"
"""``Statement.excluded_by`` of a stand-alone license text that no paragraph of its file refers to."""

_FIRST_WORDS = 80  # characters of a text that stand for a license without a name
_JOINED = 4  # how often texts that are joined for a paragraph may fill the size of the file
_MOST_READ = 2_000  # different License fields of one file; those of a browser engine are 400
_MOST_ASKED = 4_000_000  # characters of texts that decide what a name leaves open


def statements_of(
    structure: Dep5, package: str, size: int, *, compare: bool = True
) -> tuple[tuple[Statement, ...], list[tuple[int, str]]]:
    """The statements of a file, in the order header, Files paragraphs, texts; and what could not be read of them.

    ``package`` is the binary package it came with, ``size`` that of the file. With ``compare`` texts are compared
    with known ones.
    """
    statements = _Statements(structure, package, size, compare=compare)
    return tuple(statements.all()), statements.faults


class _Statements:
    """What is known while the statements of one file are made."""

    def __init__(self, structure: Dep5, package: str, size: int, *, compare: bool) -> None:
        self.faults: list[tuple[int, str]] = []
        self._structure = structure
        self._package = package
        self._compare = compare
        self._budget = _JOINED * size
        self._texts: dict[str, License] = {}
        for one in structure.texts:
            if one.synopsis:
                self._texts.setdefault(key(one.synopsis), one)
        self._used: set[str] = set()
        self._asked = 0
        self._readings: dict[tuple[str, str], Reading] = {}
        self._joined: dict[tuple[str, ...], str] = {}

    def all(self) -> Iterator[Statement]:
        for one in self._structure.header:
            yield from self._statement(one)
        for paragraph in self._structure.files:
            excluded = excluded_by(paragraph.patterns, self._package)
            for one in paragraph.licenses:
                yield from self._statement(one, paragraph.patterns, excluded)
        yield from self._left_over()

    def _left_over(self) -> Iterator[Statement]:
        """Texts that nothing refers to; without any Files paragraph they are all that there is."""
        taken = {one.line for paragraph in self._structure.files for one in paragraph.licenses}
        for one in self._structure.texts:
            name = key(one.synopsis)
            first = self._texts.get(name, one)
            if first is not one and (not one.text or text_scope(one.text) == text_scope(first.text)):
                continue
            if first is one and (name in self._used or one.line in taken):
                continue
            unused = name and name not in self._used and self._structure.files
            remark = "" if first is one else "the file has another text under this name"
            yield from self._statement(one, (), UNREFERENCED if unused else "", remark)

    def _statement(
        self, given: License, patterns: tuple[str, ...] = (), excluded: str = "", remark: str = ""
    ) -> Iterator[Statement]:
        if not given.synopsis and not given.text:
            self.faults.append((given.line, "an empty License field"))
            return
        texts = self._texts_of(given)
        reading = self._reading(given, texts)
        yield Statement(
            raw=given.synopsis or given.text.strip()[:_FIRST_WORDS].partition("\n")[0].strip(),
            expression=reading.expression,
            line=given.line,
            end_line=given.end_line if given.end_line > given.line else 0,
            kind=LicenseKind.DECLARED,
            files=patterns,
            excluded_by=excluded,
            candidates=reading.candidates,
            remark="; ".join(part for part in (reading.remark, remark) if part),
            text=given.text or self._join(tuple(dict.fromkeys(texts.values()))),
        )

    def _texts_of(self, given: License) -> dict[str, str]:
        """The text of each name: that of the field itself, or of the stand-alone paragraph that has the name."""
        names = names_of(given.synopsis)
        whole = key(given.synopsis)
        if given.text or whole in self._texts:
            if not given.text or (whole in self._texts and not self._texts[whole].text):
                self._used.add(whole)
            text = given.text or self._texts[whole].text
            return dict.fromkeys(names, text) if text else {}
        texts = {}
        for name in names:
            found = next((one for one in text_keys(name) if one in self._texts), None)
            if found is not None:
                self._used.add(found)
                texts[name] = self._texts[found].text
        return {name: text for name, text in texts.items() if text}

    def _reading(self, given: License, texts: dict[str, str]) -> Reading:
        place = given.synopsis, given.text
        if place not in self._readings:
            if len(self._readings) >= _MOST_READ:
                self.faults.append((given.line, f"not read, for there are {_MOST_READ} different licenses before it"))
                return Reading(remark="not read")
            self._asked += sum(map(len, texts.values())) or len(given.text)
            bounded = self._asked <= _MOST_ASKED
            ask = self._compare and bounded
            if given.synopsis:
                self._readings[place] = meaning(given.synopsis, texts, self._package, ask=ask)
            else:
                self._readings[place] = of_text(given.text, ask=ask)
            if self._compare and not bounded:
                self.faults.append((given.line, "its text is not compared with known ones, for the file is too long"))
        return self._readings[place]

    def _join(self, texts: tuple[str, ...]) -> str:
        """The texts of several names, one below the other; "" once that would swell the result."""
        if len(texts) < 2:
            return texts[0] if texts else ""
        if texts not in self._joined:
            self._budget -= sum(map(len, texts))
            self._joined[texts] = "\n\n".join(texts) if self._budget >= 0 else ""
        return self._joined[texts]
