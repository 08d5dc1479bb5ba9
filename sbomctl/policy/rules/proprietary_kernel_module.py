"""Kernel modules that are or may be proprietary."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Component, ImageFacts, Location, Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check

_DIRECTORIES = ("lib/modules/", "usr/lib/modules/")
_SUFFIXES = (".ko", ".ko.gz", ".ko.xz", ".ko.zst")
_CLASSES = ("proprietary", "restricted-use", "")


class ProprietaryKernelModule:
    """Modules of packages under such licenses, and modules that belong to no package (requirements OB-21, PO-5).

    A module that no database records is a package by what it says of itself, its ``MODULE_LICENSE``. Which GPL
    that leaves open is no matter of this rule. Those that could not be read are reported together.
    """

    name: ClassVar[str] = "proprietary-kernel-module"
    about: ClassVar[str] = "a kernel module is proprietary, or its license is not known"
    how_to_fix: ClassVar[str] = (
        "Ask the vendor for the source under a license that fits the kernel's, or take the module out. Install modules "
        "as a package that states their license."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each package with such modules, each such module that states it, and the others of each image."""
        for placed in check.placed:
            classes = _CLASSES[:-1] if _says_free(placed.component) else _CLASSES
            doubtful = [one for one in placed.judgement.decisions if one.asks.name in classes]
            if doubtful and any(_is_module(path) for path in placed.files()):
                said = doubtful[0].license or "no known license"
                message = f"it has kernel modules, under {said}"
                yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=doubtful[0])
        for facts in check.bom.images:
            yield from self._unowned(check, facts)

    def _unowned(self, check: Check, facts: ImageFacts) -> Iterator[Violation]:
        stated = {one.location.path: one for one in facts.licenses if _is_module(one.location.path)}
        for path, finding in sorted(stated.items()):
            if "proprietary" in finding.raw.lower():
                message = f"the kernel module {path} says that it is proprietary"
                yield check.violation(
                    self.name, message, self.how_to_fix, facts=facts, locations=(finding.location,), topic=path
                )
        silent = [one for one in facts.unowned if _is_module(one.path) and one.path not in stated]
        if silent:
            modules = "1 kernel module is" if len(silent) == 1 else f"{len(silent):,} kernel modules are"
            yield check.violation(
                self.name,
                f"{modules} in no package, so nothing says under which license",
                self.how_to_fix,
                facts=facts,
                locations=[Location(facts.image.name, one.layer, one.path) for one in silent],
                topic="in no package",
            )


def _says_free(component: Component) -> bool:
    """Whether ``MODULE_LICENSE`` is one of the words that the module loader takes as free; all of these are open."""
    said = [one for one in component.licenses.findings if one.field == "MODULE_LICENSE"]
    return bool(said) and all(one.candidates for one in said)


def _is_module(path: str) -> bool:
    return path.startswith(_DIRECTORIES) and path.endswith(_SUFFIXES)
