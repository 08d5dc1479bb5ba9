"""The licenses and license texts of the HTML report: each once, with who has them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from sbomctl.model import ComponentType
from sbomctl.reports._audit_index import Index, class_of
from sbomctl.reports._audit_rows import Row
from sbomctl.reports._shown import shown_lines

_NAMED = 12


class LicenseLine(msgspec.Struct, frozen=True):
    """One license and how many have it."""

    name: str
    class_name: str
    components: int
    hidden: int
    alternatives: int  # of the components, those that may elect another one instead
    images: tuple[str, ...]
    texts: tuple[int, ...]  # numbers of texts that were read as this license


class Text(msgspec.Struct, frozen=True):
    """One license text or NOTICE as shipped; the words themselves are kept apart, they have lines."""

    number: int
    sha256: str
    title: str
    size: int  # characters
    users: tuple[tuple[str, str], ...]  # id, label; the first dozen
    users_left: int


def licenses_of(index: Index, rows: Sequence[Row], images: Sequence[str]) -> tuple[LicenseLine, ...]:
    """Every license of an installed component, the most frequent first; an unknown one is left to the gaps."""
    read_as: dict[str, set[int]] = {}
    for component in index.components:
        for one in component.licenses.findings:
            if one.expression and one.text_sha256 in index.texts:
                read_as.setdefault(one.expression, set()).add(index.texts[one.text_sha256])
    having: dict[str, list[Row]] = {}
    for row in rows:
        for name in row.licenses if row.kind != ComponentType.SOURCE.value else ():
            having.setdefault(name, []).append(row)
    lines = [_license(name, some, read_as.get(name, set()), images) for name, some in having.items()]
    return tuple(sorted(lines, key=lambda one: (-one.components, one.name)))


def _license(name: str, rows: Sequence[Row], texts: Iterable[int], images: Sequence[str]) -> LicenseLine:
    inside = {place.image for row in rows for place in row.places if place.image >= 0}
    return LicenseLine(
        name,
        class_of(name),
        len(rows),
        sum(1 for row in rows if row.hidden),
        sum(1 for row in rows if " OR " in row.license),
        tuple(sorted(images[number] for number in inside)),
        tuple(sorted(texts)),
    )


def texts_of(index: Index) -> tuple[Text, ...]:
    """Every text in the order of its number."""
    users: dict[str, dict[str, str]] = {}
    titles: dict[str, set[str]] = {}
    for component in index.components:
        label = f"{component.name} {component.version}".rstrip()
        for finding in component.licenses.findings:
            users.setdefault(finding.text_sha256, {})[component.id] = label
            titles.setdefault(finding.text_sha256, set()).add(finding.expression)
        for text in component.texts:
            users.setdefault(text.sha256, {})[component.id] = label
            if text.role != "license":
                titles.setdefault(text.sha256, set()).add(text.role.upper())
    found = []
    for digest, number in index.texts.items():
        some = list(users.get(digest, {}).items())
        title = ", ".join(sorted(titles.get(digest, set()) - {""})) or "Text of no known license"
        size = len(index.bom.license_texts[digest])
        found.append(Text(number, digest, title, size, tuple(some[:_NAMED]), len(some[_NAMED:])))
    return tuple(found)


def words_of(index: Index) -> tuple[str, ...]:
    """The texts themselves, by number."""
    return tuple([shown_lines(index.bom.license_texts[digest]) for digest in index.texts])
