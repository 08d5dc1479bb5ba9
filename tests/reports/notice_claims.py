"""What must hold of the notice of any product, checked against its bill of materials."""

from __future__ import annotations

import re
from collections.abc import Iterable

from notice_reader import Shown, all_words, entries_and_texts, squeezed, words_hash

from sbomctl.licenses.expression import terms
from sbomctl.licenses.spdx_texts import text_of
from sbomctl.model import Bom, Component, ComponentType
from sbomctl.terminal import printable


def installed(bom: Bom) -> list[Component]:
    return [one for one in bom.components if one.type is not ComponentType.SOURCE and one.occurrences]


def entry_of(component: Component, entries: list[Shown]) -> list[Shown]:
    """The entries that name a component with its version."""
    name, version = squeezed(printable(component.name)), squeezed(printable(component.version))
    return [one for one in entries if _names(one, name) and version in one.text]


def _names(entry: Shown, name: str) -> bool:
    return name in entry.words if " " not in name else name in entry.text


def lost_statements(bom: Bom, page: str) -> list[tuple[str, str]]:
    """Copyright statements that no entry of their component shows, nor a text that it points to."""
    wanted = ((component, one.text) for component in installed(bom) for one in component.copyrights)
    return _lost(wanted, page)


def lost_lines(bom: Bom, page: str) -> list[tuple[str, str]]:
    """Copyright lines of shipped texts that their component does not show."""
    line = re.compile(r"(?i)\W*(?:copyright|\(c\)|©).*\d{4}")
    return _lost(
        (
            (component, one.strip())
            for component in installed(bom)
            for shipped in component.texts
            for one in bom.license_texts.get(shipped.sha256, "").splitlines()
            if line.match(one)
        ),
        page,
    )


def _lost(wanted: Iterable[tuple[Component, str]], page: str) -> list[tuple[str, str]]:
    entries, texts = entries_and_texts(page)
    shown: dict[str, str] = {}
    lost = []
    for component, text in wanted:
        if component.id not in shown:
            own = entry_of(component, entries)
            reached = [texts[to].text for one in own for to in one.links if to in texts]
            shown[component.id] = " ".join([*(one.text for one in own), *reached])
        if squeezed(printable(text)) not in shown[component.id]:
            lost.append((component.name, text))
    return lost


def licenses_without_text(bom: Bom, page: str) -> list[tuple[str, str]]:
    """Licenses of effective expressions whose text an entry neither points to nor says to be missing."""
    entries, texts = entries_and_texts(page)
    lacking = []
    for component in installed(bom):
        own = entry_of(component, entries)
        reached = {to for one in own for to in one.links if to in texts}
        for term in terms(component.licenses.effective):
            for identifier in filter(None, (term.license, term.exception)):
                standard = all_words(text_of(identifier))
                shown = [
                    to
                    for to in reached
                    if identifier in texts[to].title
                    or (standard and len(standard & texts[to].words) > 0.9 * len(standard))
                ]
                told = any("No text was found of" in one.text and identifier in one.text for one in own)
                if not shown and not told:
                    lacking.append((component.name, identifier))
    return lacking


def repeated_texts(page: str) -> list[list[str]]:
    """Texts that are printed more than once."""
    _, texts = entries_and_texts(page)
    found: dict[str, list[str]] = {}
    for one in texts.values():
        found.setdefault(words_hash(one.body), []).append(one.title)
    return [titles for titles in found.values() if len(titles) > 1]


def unlisted(bom: Bom, page: str) -> list[str]:
    """Components that no entry names."""
    entries, _ = entries_and_texts(page)
    return [one.name for one in installed(bom) if not entry_of(one, entries)]
