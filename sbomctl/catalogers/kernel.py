"""The Linux kernel and its modules: what is in ``lib/modules`` and ``boot``.

One package for each release with everything that is of it, and one for each module that is no part
of the kernel's source: it lies where such modules are installed, or lacks the mark ``intree`` that
others of the same kernel have, or states a license that nothing in the kernel's source has.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from sbomctl.catalogers._evidence import generic
from sbomctl.catalogers._linux_image import Kernel, read_config, read_image
from sbomctl.catalogers._linux_module import Module, module_name, read_module
from sbomctl.catalogers._linux_package import linux
from sbomctl.catalogers.base import Excerpt, Sighting
from sbomctl.model import LicenseFinding, Package

_IN_MODULES = re.compile(r"(?:.*/)?lib/modules/([^/]+)/(.*)")
_MODULE = re.compile(r".*\.ko(?:\.(?:gz|xz|zst))?")
_OF_OTHERS = ("extra/", "updates/", "weak-updates/")
_CONFIG = re.compile(r"(?:.*/)?config-(\d[^/]*)")
_SYMBOLS = re.compile(r"(?:.*/)?System\.map-(\d[^/]*)")
_BY_NAME = 0.8  # a directory in lib/modules may be left behind
_MODULE_CONFIDENCE = 0.9
_NAMES = (
    "vmlinu*", "zImage*", "bzImage*", "Image", "Image.*", "Image-*", "uImage*", "fitImage*", "*.itb", "kernel*.img",
    "boot.img", "config-*", "System.map-*",
)  # fmt: skip
_PLACES = ("", "boot/**/", "partition-*/**/", "efi/**/", "lib/modules/*/")


class KernelCataloger:
    """Kernels of all forms, and the modules beside them."""

    name: ClassVar[str] = "kernel"
    version: ClassVar[int] = 1
    about: ClassVar[str] = "Linux kernels and kernel modules that no package owns"
    wants: ClassVar[Excerpt] = Excerpt(
        paths=(
            "lib/modules/*/**/*.{ko,ko.gz,ko.xz,ko.zst}",
            "lib/modules/*/modules.*",
            *(place + name for place in _PLACES for name in _NAMES),
        )
    )

    def read(self, path: str, data: bytes) -> Kernel | Module | None:
        """The module or the kernel that a file is, or the kernel it is made for."""
        place = _IN_MODULES.fullmatch(path)
        if _MODULE.fullmatch(path):
            unread = Kernel(place[1], confidence=_BY_NAME, is_file_known=False) if place else None
            return read_module(data) or unread
        if place and place[2].startswith("modules."):
            return Kernel(place[1], confidence=_BY_NAME)
        if named := _CONFIG.fullmatch(path):
            source = read_config(data)
            return Kernel(named[1], source) if source else None
        if named := _SYMBOLS.fullmatch(path):
            return Kernel(named[1], confidence=_BY_NAME)
        return read_image(data)

    def catalog(self, seen: Sequence[Sighting]) -> Iterator[Package]:
        """Every kernel by release, then the modules of others by path."""
        releases: dict[str, list[Sighting]] = {}
        foreign: list[Sighting] = []
        marked = {_release_of(one) for one in seen if isinstance(one.facts, Module) and one.facts.intree}
        for one in seen:
            if isinstance(one.facts, Module) and _is_foreign(one, marked):
                foreign.append(one)
            else:
                releases.setdefault(_release_of(one), []).append(one)
        for release, files in sorted(releases.items()):
            if release:
                yield _kernel(release, files)
        for one in foreign:
            yield _module(one)


def _release_of(one: Sighting) -> str:
    """``uname -r`` of the kernel that a file belongs to; "" = it does not say."""
    if isinstance(one.facts, Kernel):
        return one.facts.release
    place = _IN_MODULES.fullmatch(one.path)
    return one.facts.release or (place[1] if place else "")


def _is_foreign(one: Sighting, marked: set[str]) -> bool:
    """Whether a module is no part of the kernel's own source; ``marked`` are releases that mark those which are."""
    place = _IN_MODULES.fullmatch(one.path)
    if place and place[2].startswith(_OF_OTHERS):
        return True
    return not one.facts.is_free or (not one.facts.intree and _release_of(one) in marked)


def _kernel(release: str, files: Sequence[Sighting]) -> Package:
    own = [one.facts for one in files if isinstance(one.facts, Kernel)]
    first = min(files, key=lambda one: (not isinstance(one.facts, Kernel), -_confidence(one), one.path))
    return linux(
        release,
        next((one.source for one in own if one.source), ""),
        [first],
        KernelCataloger.name,
        max(map(_confidence, files)),
        next((one.banner for one in own if one.banner), ""),
        [one for one in files if not isinstance(one.facts, Kernel) or one.facts.is_file_known],
    )


def _confidence(one: Sighting) -> float:
    return one.facts.confidence if isinstance(one.facts, Kernel) else _MODULE_CONFIDENCE


def _module(one: Sighting) -> Package:
    """A module as a package of its own; copies of one version for several kernels are one in the end."""
    facts: Module = one.facts
    return generic(
        facts.name or module_name(one.path),
        facts.version,
        [one],
        KernelCataloger.name,
        _MODULE_CONFIDENCE,
        namespace="kernel-module",
        licenses=_stated(facts.licenses, one),
        description=facts.description,
        supplier=", ".join(facts.authors)[:300],
    )


def _stated(licenses: Iterable[str], one: Sighting) -> Iterator[LicenseFinding]:
    """Each string of MODULE_LICENSE, as written."""
    for raw in licenses:
        yield LicenseFinding(raw, one.location, KernelCataloger.name, field="MODULE_LICENSE")
