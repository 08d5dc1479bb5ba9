"""From the layers of one image to everything known of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence

import msgspec

from sbomctl.catalogers.base import PROGRAMS, Cataloger
from sbomctl.catalogers.os_release import read_os_release
from sbomctl.engine.databases import unreadable
from sbomctl.engine.disagreement import disagreements
from sbomctl.engine.findings import Findings
from sbomctl.engine.history import packages_of
from sbomctl.engine.licensing import Detection, LicenseReading
from sbomctl.engine.ownership import attribute_code
from sbomctl.engine.reading import read_again
from sbomctl.engine.reconcile import Reconciled
from sbomctl.engine.unrecorded import Unrecorded
from sbomctl.layers.harvest import Harvest
from sbomctl.layers.patterns import Gate
from sbomctl.layers.second_look import add_contents, second_look
from sbomctl.layers.stack import Stack
from sbomctl.layers.store import Store
from sbomctl.licenses.base import LicenseDetector
from sbomctl.model import Image, Inventory, Layer, Location, Package, Problem, Tool
from sbomctl.sources.base import Limits, OpenLayer

_NO_PACKAGES = "no known package database: what is in this image is not known"
_NO_SYSTEM = "this is {}, but no package database of a system was found: what the system consists of is not known"
_LARGE = 16 << 20  # bytes
_LANGUAGES = ("pkg:npm/", "pkg:pypi/")  # their root is "" too where it is the root of the image


def gate_for(catalogers: Iterable[Cataloger], detectors: Iterable[LicenseDetector] = (), *, heads: bool = True) -> Gate:
    """One test for every path that any cataloger or license detector wants, and whether heads of scripts are wanted."""
    wants = [(cataloger.wants.paths, cataloger.wants.max_bytes) for cataloger in catalogers]
    wants += [(detector.wants, detector.max_bytes) for detector in detectors]
    return Gate(bounds=((pattern, most) for patterns, most in wants for pattern in patterns), heads=heads)


def stack_layers(
    name: str,
    layers: Sequence[OpenLayer],
    harvests: Sequence[Harvest],
    catalogers: Iterable[Cataloger],
    limits: Limits,
    detectors: Iterable[LicenseDetector] = (),
    store: Store | None = None,
) -> Stack:
    """The stack of an image; layers that hold what wanted links lead to are read once more."""
    stack = Stack(name, harvests)
    wanted = {pattern for cataloger in catalogers for pattern in cataloger.wants.paths}
    patterns = sorted(wanted.union(*(detector.wants for detector in detectors)))
    for index, paths in second_look(stack, patterns, harvests).items():
        add_contents(stack, index, read_again(layers[index], paths, limits, store))
    return stack


def take_inventory(  # noqa: PLR0913, PLR0917 - each is one input of the result
    image: Image,
    stack: Stack,
    catalogers: Sequence[Cataloger],
    harvests: Sequence[Harvest] = (),
    problems: Iterable[Problem] = (),
    complete: Callable[[Findings], Findings] | None = None,
    detection: Detection | None = None,
    unrecorded: Unrecorded | Reconciled | None = None,
) -> Inventory:
    """Packages with their states, licenses, unowned code and problems of one image, all sorted.

    ``complete`` may add to what the catalogers found, before it is asked which code nobody owns;
    ``unrecorded`` then looks into that.
    Without ``detection`` no license file is read.
    """
    detection = detection or Detection()
    with LicenseReading(stack, detection, [one.diff_id for one in harvests]) as reading:
        found = _identify(stack, catalogers)
        if complete is not None:
            found = complete(found)
        packages = list(found.packages)
        bad = [*problems, *_faults(image.name, harvests), *found.problems]
        tools, reconciled = found.tools, found.reconciled
        completed = _completed(image, stack, harvests)
        bad += _missing_database(completed, packages)
        bad += disagreements(stack, packages)
        owned = attribute_code(stack, packages)
        if unrecorded is not None:
            if any(file.size > _LARGE and file.content in PROGRAMS for file in owned.unowned):
                reading.finish()  # so that what that needs and a large file are not in memory together
            owned, more = unrecorded(stack, owned)
            bad += more.problems
            tools += more.tools
            reconciled = more.reconciled
        evidence = reading.evidence(owned.packages, completed.os, owned.unowned)
    return Inventory(
        image=completed,
        packages=tuple(sorted(evidence.packages, key=_order)),
        licenses=evidence.unowned,
        problems=tuple(sorted({*bad, *evidence.problems})),
        license_texts=evidence.texts,
        unowned=owned.unowned,
        coverage=owned.coverage,
        tools=(*tools, *((detection.opinion.tool,) if detection.opinion else ())),
        notes=found.notes,
        reconciled=reconciled,
    )


def _identify(stack: Stack, catalogers: Sequence[Cataloger]) -> Findings:
    packages: list[Package] = []
    problems: list[Problem] = []
    for cataloger in catalogers:
        found, trouble = packages_of(cataloger, stack)
        packages += found
        problems += trouble
    problems += unreadable(stack, catalogers)
    tools = tuple(Tool(cataloger.name, str(cataloger.version), "sbomctl") for cataloger in catalogers)
    return Findings(tuple(packages), tuple(problems), tools)


def _missing_database(image: Image, packages: Iterable[Package]) -> Iterable[Problem]:
    """Packages of a language alone do not make the system below them known, where the image says that there is one."""
    packages = list(packages)
    if not packages:
        yield Problem(Location(image.name, -1, ""), "sbomctl", _NO_PACKAGES)
    elif image.os is not None and not any(map(_is_of_system, packages)):
        name = image.os.pretty_name or image.os.name or image.os.id
        yield Problem(Location(image.name, -1, image.os.location), "sbomctl", _NO_SYSTEM.format(name))


def _is_of_system(package: Package) -> bool:
    """Whether it is a package of which an image has one copy."""
    return not package.root and not package.purl.startswith(_LANGUAGES)


def _order(package: Package) -> tuple[str, str, Location, int]:
    return (package.purl, package.found_by, package.location, package.introduced_in)


def _faults(image: str, harvests: Sequence[Harvest]) -> Iterable[Problem]:
    for index, one in enumerate(harvests):
        for path, reason in one.faults:
            yield Problem(Location(image, index, path), "layers", reason)


def _completed(image: Image, stack: Stack, harvests: Sequence[Harvest]) -> Image:
    """The image with what only reading its layers could tell."""
    layers = tuple(map(_measured, image.layers, harvests))
    identity = image.id or (layers[0].diff_id if layers and layers[0].diff_id else _content_id(stack))
    return msgspec.structs.replace(image, id=identity, layers=layers, os=read_os_release(stack.view()))


def _measured(layer: Layer, one: Harvest) -> Layer:
    return msgspec.structs.replace(
        layer, diff_id=layer.diff_id or one.diff_id, size=one.size or layer.size, files=len(one.entries)
    )


def _content_id(stack: Stack) -> str:
    """A digest of paths, types, modes, links and contents: the identity of a directory."""
    digest = hashlib.sha256()
    for entries in stack.layers:
        for path in sorted(entries):
            entry = entries[path]
            digest.update(f"{path}\0{entry.type.value}\0{entry.mode:o}\0{entry.link_target}\0{entry.sha256}\n".encode())
    return "sha256:" + digest.hexdigest()
