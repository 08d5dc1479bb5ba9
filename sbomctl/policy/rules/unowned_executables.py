"""Code in an image that no package accounts for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, ClassVar

import msgspec

from sbomctl.model import Content, Location, UnownedFile, Violation
from sbomctl.policy.context import Check


class Parameters(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much of it is too much; each image is measured alone."""

    most_files: Annotated[int, msgspec.Meta(ge=0, description="So many files are accepted in each image.")] = 0
    most_percent: Annotated[
        float, msgspec.Meta(ge=0, le=100, description="So much of all code files of an image is accepted.")
    ] = 100.0
    scripts: Annotated[bool, msgspec.Meta(description="Whether scripts count too.")] = True


class UnownedExecutables:
    """One violation for each image with more than that: nobody knows under which license this code is."""

    name: ClassVar[str] = "unowned-executables"
    about: ClassVar[str] = "executables, libraries or scripts that no package accounts for"
    how_to_fix: ClassVar[str] = (
        "Install what was copied in as a package, or record the files as a waiver for the image; sbomctl explain IMAGE "
        "lists all of them with the build step that brought them."
    )
    severity: ClassVar[str] = "warning"
    parameters: ClassVar[type[msgspec.Struct]] = Parameters

    def check(self, check: Check, parameters: Parameters) -> Iterator[Violation]:
        """Each image that has too much."""
        for facts in check.bom.images:
            found = [one for one in facts.unowned if parameters.scripts or one.content is not Content.SCRIPT]
            share = 100 * len(found) / max(facts.coverage.files, len(found), 1)
            if len(found) > parameters.most_files or share > parameters.most_percent:
                files = "1 code file is" if len(found) == 1 else f"{len(found):,} code files are"
                message = f"{files} in no package ({share:.1f} %): {_some(found)}"
                yield check.violation(
                    self.name,
                    message,
                    self.how_to_fix,
                    facts=facts,
                    locations=[Location(facts.image.name, one.layer, one.path) for one in found],
                )


def _some(found: Sequence[UnownedFile]) -> str:
    first = sorted(found, key=lambda one: (one.content is Content.SCRIPT, one.path))[:3]
    return ", ".join(one.path for one in first) + (", …" if len(found) > len(first) else "")
