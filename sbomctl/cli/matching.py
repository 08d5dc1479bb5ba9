"""Which components, images and files of a Bom a question is about."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from itertools import chain
from typing import NamedTuple

from sbomctl.model import Bom, Component, ImageFacts, Occurrence, UnownedFile

_PURL_BOUNDARY = "@?#/"


def components(bom: Bom, question: str) -> tuple[Component, ...]:
    """Those whose name, ``name@version`` or purl the question is, in the order of the Bom.

    A purl may stop at any of its parts: ``pkg:deb/debian/bash`` finds every version of
    bash and no bash-completion. Names are compared without regard to case where no name
    is spelled exactly so.
    """
    if question.startswith("pkg:"):
        return tuple(one for one in bom.components if _is_purl_prefix(question, one.purl))
    exact = _named(bom.components, question)
    return exact or _named(bom.components, question, fold=True)


def _is_purl_prefix(question: str, purl: str) -> bool:
    if not purl.startswith(question):
        return False
    rest = purl[len(question) :]
    return not rest or question[-1] in _PURL_BOUNDARY or rest[0] in _PURL_BOUNDARY


def _named(known: Iterable[Component], question: str, *, fold: bool = False) -> tuple[Component, ...]:
    wanted = question.casefold() if fold else question
    found = []
    for one in known:
        name = one.name.casefold() if fold else one.name
        version = one.version.casefold() if fold else one.version
        if wanted in (name, f"{name}@{version}"):
            found.append(one)
    return tuple(found)


def images(bom: Bom, question: str) -> tuple[ImageFacts, ...]:
    """The image of that name."""
    return tuple(facts for facts in bom.images if facts.image.name == question)


def close_names(bom: Bom, question: str) -> Sequence[str]:
    """Up to five names of components and images that look like the question."""
    name = question.partition("@")[0].rpartition("/")[2][:100]
    known = {one.name for one in bom.components} | {facts.image.name for facts in bom.images}
    return get_close_matches(name, sorted(known), n=5)


class FileMatch(NamedTuple):
    """What is known of one path in one image."""

    facts: ImageFacts
    owners: tuple[tuple[Component, Occurrence], ...]
    unowned: tuple[UnownedFile, ...]
    records: int  # packages whose record stands in this file


def files(bom: Bom, path: str) -> tuple[FileMatch, ...]:
    """Every image in which something is known of ``path``, with or without its leading slash.

    ``/bin/x`` and ``/usr/bin/x`` are one file where /usr is merged, and databases spell
    it either way: both are looked for. A file in directories of several packages, one within
    the other, is of the innermost.
    """
    wanted = _spellings(path)
    owners: dict[str, list[tuple[Component, Occurrence]]] = {}
    inner: dict[str, tuple[str, Component, Occurrence]] = {}
    records: dict[str, int] = {}
    for component in bom.components:
        for occurrence in component.occurrences:
            image = occurrence.location.image
            if not wanted.isdisjoint(occurrence.files):
                owners.setdefault(image, []).append((component, occurrence))
            for directory in occurrence.owns_directories:
                if len(directory) > len(inner.get(image, ("",))[0]) and any(_below(path, directory) for path in wanted):
                    inner[image] = (directory, component, occurrence)
            if occurrence.location.path in wanted:
                records[image] = records.get(image, 0) + 1
    for image, (_, component, occurrence) in inner.items():
        owners.setdefault(image, []).append((component, occurrence))
    found = []
    for facts in bom.images:
        name = facts.image.name
        unowned = tuple(file for file in facts.unowned if file.path in wanted)
        if owners.get(name) or unowned or records.get(name):
            found.append(FileMatch(facts, tuple(owners.get(name, ())), unowned, records.get(name, 0)))
    return tuple(found)


def paths_ending(bom: Bom, tail: str) -> tuple[str, ...]:
    """The known paths that end in ``tail``, a file name with or without some of its folders; sorted."""
    ending = "/" + bare_path(tail)
    owned = (path for one in bom.components for place in one.occurrences for path in place.files)
    unowned = (file.path for facts in bom.images for file in facts.unowned)
    return tuple(sorted({path for path in chain(owned, unowned) if path.endswith(ending)}))


def bare_path(path: str) -> str:
    """A path as a Bom spells it."""
    return path.removeprefix(".").lstrip("/") if path.startswith("./") else path.lstrip("/")


def _below(path: str, directory: str) -> bool:
    return path.startswith(f"{directory}/")


def _spellings(path: str) -> frozenset[str]:
    bare = bare_path(path)
    below_usr = bare.removeprefix("usr/")
    return frozenset({bare, below_usr, f"usr/{below_usr}"})
