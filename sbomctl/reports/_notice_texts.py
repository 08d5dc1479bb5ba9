"""Which texts one entry of a notice needs, entered into the book that prints each once."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field

from sbomctl.licenses.common_licenses import CommonLicense, common_licenses
from sbomctl.licenses.expression import InvalidExpression, Term, terms
from sbomctl.model import Bom, LicenseFinding
from sbomctl.reports._acknowledgments import names_holder, prescribed, sentences_in
from sbomctl.reports._plain import LONGEST, block
from sbomctl.reports._text_book import TextBook, standard_body

_WHOLE = 0.6  # of the words of the standard text; a grant such as "either version 2 of the License" has far fewer
_LGPL3, _GPL3 = "LGPL-3.0", "GPL-3.0-only"


@dataclass
class Needed:
    """What one entry prints or points to."""

    keys: dict[str, None] = field(default_factory=dict)  # texts, in order
    shipped: tuple[str, ...] = ()  # SHA-256 of the license texts that lie in the image, sorted
    notices: tuple[str, ...] = ()
    without_text: tuple[str, ...] = ()
    acknowledgments: tuple[str, ...] = ()


class Needs:
    """Enters the texts of one component after another into ``book``."""

    def __init__(self, bom: Bom, book: TextBook) -> None:
        self._texts = bom.license_texts
        self._book = book
        self._references = _texts_of_references(bom)
        self._cited: dict[str, tuple[CommonLicense, ...]] = {}
        self._sentences: dict[tuple[str, frozenset[str]], tuple[str, ...]] = {}

    def ship(self, findings: Iterable[LicenseFinding], licenses: Iterable[str]) -> None:
        """Enter the texts that a component ships; done for all before the first is asked for what it needs."""
        names = _names_of_texts(findings)
        for one in sorted(set(licenses) & self._texts.keys()):
            self._book.add_shipped(one, sorted(names.get(one, ())))

    def of(
        self,
        findings: Iterable[LicenseFinding],
        licenses: Collection[str],
        notices: Collection[str],
        asked: Collection[Term],
    ) -> Needed:
        """What is needed for the licenses ``asked``, where texts and NOTICE files with these SHA-256 ship."""
        names = _names_of_texts(findings)
        needed = Needed(shipped=tuple(sorted({one for one in licenses if one in self._texts})))
        keys = {one: self._book.body(one).key for one in needed.shipped}
        lost = sorted({one for one in (*licenses, *notices) if one not in self._texts})
        missing = dict.fromkeys(f"a file with SHA-256 {one}, which this bill of materials lacks" for one in lost)
        for term in asked:
            needed.keys |= dict.fromkeys(keys[one] for one in needed.shipped if term.license in names.get(one, ()))
            missing |= dict.fromkeys(self._add_missing(term, needed, names))
        needed.keys |= dict.fromkeys(keys.values())
        for sha256 in needed.shipped:
            self._expand(sha256, needed)
        needed.without_text = tuple(missing)
        needed.notices = tuple(dict.fromkeys(block(self._texts[one]) for one in sorted(notices) if one in self._texts))
        needed.acknowledgments = tuple(self._acknowledgments(needed, names, asked))
        return needed

    def _add_missing(self, term: Term, needed: Needed, names: dict[str, frozenset[str]]) -> Iterator[str]:
        """Add the texts of a license that nobody ships whole; gives the ids of which there is no text."""
        if not self._is_whole(term.license, needed, names) and not self._add(term.license, "", needed):
            yield term.license
        if term.license.startswith(_LGPL3):
            self._add(_GPL3, "", needed)  # LGPL-3.0 section 4(b): both texts
        if term.exception:
            stated = any(term.exception in names.get(one, ()) for one in needed.shipped)
            known = self._add(term.exception, term.license, needed)
            if not known and not stated:
                yield term.exception

    def _is_whole(self, license_id: str, needed: Needed, names: dict[str, frozenset[str]]) -> bool:
        """Whether a text that ships is the license itself, not a grant or a reference to it."""
        stating = [self._book.body(one) for one in needed.shipped if license_id in names.get(one, ())]
        standard = standard_body(license_id)
        return any(standard is None or one.words >= standard.words * _WHOLE for one in stating)

    def _add(self, identifier: str, follows: str, needed: Needed) -> bool:
        key = self._book.add_standard(identifier, follows)
        if not key and (sha256 := self._references.get(identifier)):
            key = self._book.add_shipped(sha256, (identifier,))
        if key:
            needed.keys[key] = None
        return bool(key)

    def _expand(self, sha256: str, needed: Needed) -> None:
        """Add what a text refers to under ``/usr/share/common-licenses``, unless a version of it is there (AT-3)."""
        if sha256 not in self._cited:
            self._cited[sha256] = common_licenses(self._texts[sha256][:LONGEST])
        for reference in self._cited[sha256]:
            bodies = [body for one in reference.candidates if (body := standard_body(one))]
            if bodies and not any(body.key in needed.keys for body in bodies):
                self._add(reference.candidates[-1], "", needed)

    def _sentences_in(self, sha256: str, licenses: frozenset[str]) -> tuple[str, ...]:
        key = (sha256, licenses)
        if key not in self._sentences:
            self._sentences[key] = sentences_in("\n".join(self._book.body(sha256).lines), licenses)
        return self._sentences[key]

    def _acknowledgments(
        self, needed: Needed, names: dict[str, frozenset[str]], asked: Iterable[Term]
    ) -> Iterator[str]:
        found: dict[str, str] = {}
        for sha256 in needed.shipped:
            for one in self._sentences_in(sha256, names.get(sha256, frozenset())):
                found.setdefault(one.casefold(), one)
        for term in asked:
            for one in prescribed(term.license):
                sentence = one.removesuffix(".")
                if names_holder(term.license):
                    found.setdefault(sentence.casefold(), sentence)
                elif not found:
                    found[sentence] = f"{sentence} [{term.license}: no text that ships names it]"
        return iter(found.values())


def ids_in(expression: str) -> frozenset[str]:
    """The licenses and exceptions of an expression; none of what is no expression."""
    try:
        found = terms(expression)
    except InvalidExpression:
        return frozenset()
    return frozenset(one for term in found for one in (term.license, term.exception) if one)


def _names_of_texts(findings: Iterable[LicenseFinding]) -> dict[str, frozenset[str]]:
    names: dict[str, frozenset[str]] = {}
    for one in findings:
        if one.text_sha256 and one.expression:
            names[one.text_sha256] = names.get(one.text_sha256, frozenset()) | ids_in(one.expression)
    return names


def _texts_of_references(bom: Bom) -> dict[str, str]:
    """``LicenseRef-`` or ``AdditionRef-`` -> SHA-256 of a text that was found for nothing else."""
    found: dict[str, str] = {}
    for component in bom.components:
        for one in component.licenses.findings:
            if "Ref-" in one.expression and one.text_sha256 in bom.license_texts:
                stated = [each for each in ids_in(one.expression) if "Ref-" in each]
                if len(stated) == 1:
                    found[stated[0]] = min(found.get(stated[0], one.text_sha256), one.text_sha256)
    return found
