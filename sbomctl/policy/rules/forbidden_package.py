"""Packages and suppliers that must not be in the product."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.context import Check
from sbomctl.policy.globs import matches
from sbomctl.policy.purls import covers
from sbomctl.versions import conditions


class ForbiddenPackage(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One package, or all that a pattern names."""

    purl: Annotated[
        str,
        msgspec.Meta(
            pattern="^pkg:.+",
            title="a purl without version",
            description="Package URL without version; * spans any characters.",
            examples=["pkg:deb/debian/telnetd"],
        ),
    ]
    versions: Annotated[str, msgspec.Meta(description="Versions it is about.", examples=["<5.2", ">=1.0,<1.4"])] = ""
    why: Annotated[str, msgspec.Meta(description="Told in every report.")] = ""

    def __post_init__(self) -> None:
        conditions(self.versions)


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is forbidden; nothing is unless the policy says so."""

    packages: Annotated[tuple[ForbiddenPackage, ...], msgspec.Meta(description="Packages that are forbidden.")] = ()
    suppliers: Annotated[
        tuple[str, ...],
        msgspec.Meta(description="Suppliers that are forbidden; * spans any characters.", examples=[["*Evil Corp*"]]),
    ] = ()


class ForbiddenPackages:
    """One violation for each forbidden component, or component of a forbidden supplier."""

    name: ClassVar[str] = "forbidden-package"
    about: ClassVar[str] = "the policy forbids the package or its supplier"
    how_to_fix: ClassVar[str] = "Remove or replace the component."
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = Parameters

    def check(self, check: Check, parameters: Parameters) -> Iterator[Violation]:
        """Each match."""
        for placed in check.placed if parameters.packages or parameters.suppliers else ():
            component = placed.component
            for package in parameters.packages:
                if covers(package.purl, package.versions, component):
                    message = f"the package is forbidden{': ' if package.why else ''}{package.why}"
                    yield check.violation(self.name, message, self.how_to_fix, placed=placed, topic=package.purl)
            for supplier in parameters.suppliers:
                if component.supplier and matches(supplier, component.supplier):
                    message = f"its supplier is forbidden: {component.supplier}"
                    yield check.violation(self.name, message, self.how_to_fix, placed=placed, topic=supplier)
