"""The source packages of the HTML report, and what is known of where each can be had."""

from __future__ import annotations

import msgspec

from sbomctl.model import Component, ComponentType, SourceRef
from sbomctl.reports._audit_index import Index

STATUSES = (
    ("located and pinned", "a place to get it and a digest to verify it by are recorded"),
    ("located", "a place to get it is recorded, no digest"),
    ("named", "name and version are recorded; the archive must be found by them"),
    ("without version", "only a name is recorded: which version was built is not known"),
)


class SourceLine(msgspec.Struct, frozen=True):
    """One source package and the components built from it."""

    component: str  # id of its own component; "" = it has none
    name: str
    version: str
    purl: str
    relations: tuple[str, ...]
    places: tuple[str, ...]  # URLs as stated
    digests: tuple[str, ...]
    status: str
    binaries: tuple[tuple[str, str], ...]  # id, label


class Sources(msgspec.Struct, frozen=True):
    """Every source package that something was built from, and who names none."""

    lines: tuple[SourceLine, ...]
    counts: tuple[tuple[str, str, int], ...]  # status, what it means, source packages
    unstated: tuple[tuple[str, str], ...]  # id, label of installed components that name no source


def sources_of(index: Index) -> Sources:
    """The source packages by name and version."""
    stated: dict[tuple[str, str], list[tuple[SourceRef, Component]]] = {}
    unstated = []
    for one in index.components:
        refs = [*([one.source] if one.source else []), *one.built_using]
        for ref in refs:
            stated.setdefault((ref.name, ref.version), []).append((ref, one))
        if not refs and one.type is not ComponentType.SOURCE:
            unstated.append((one.id, f"{one.name} {one.version}".rstrip()))
    own = {(one.name, one.version): one for one in index.components if one.type is ComponentType.SOURCE}
    keys = sorted({*stated, *own}, key=lambda key: (key[0].lower(), key))
    lines = [_line(key, stated.get(key, []), own.get(key)) for key in keys]
    counts = tuple([(name, about, sum(1 for one in lines if one.status == name)) for name, about in STATUSES])
    return Sources(tuple(lines), counts, tuple(unstated))


def _line(key: tuple[str, str], stated: list[tuple[SourceRef, Component]], own: Component | None) -> SourceLine:
    refs = [ref for ref, _ in stated]
    places = {ref.url for ref in refs} | ({own.download_url} if own else set())
    digests = {ref.digest for ref in refs} - {""}
    purls = sorted({ref.purl for ref in refs} - {""})
    binaries = dict.fromkeys((one.id, f"{one.name} {one.version}".rstrip()) for _, one in stated)
    return SourceLine(
        own.id if own else "",
        *key,
        own.purl if own else next(iter(purls), ""),
        tuple(sorted({ref.relation for ref in refs})),
        tuple(sorted(places - {""})),
        tuple(sorted(digests)),
        _status(key[1], located=bool(places - {""}), pinned=bool(digests)),
        tuple(binaries),
    )


def _status(version: str, *, located: bool, pinned: bool) -> str:
    if located:
        return "located and pinned" if pinned else "located"
    return "named" if version else "without version"
