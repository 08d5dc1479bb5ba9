"""What a scan could not read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Location, Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check


class IncompleteScan:
    """One violation for each kind of problem in each image: what was not read may hold anything.

    It never makes a check end with "violations": a result that is incomplete has an exit code
    of its own.
    """

    name: ClassVar[str] = "incomplete-scan"
    about: ClassVar[str] = "something could not be read, so a pass would mean nothing"
    how_to_fix: ClassVar[str] = (
        "Mend what could not be read and scan again; sbomctl scan --verbose lists every problem. --allow-incomplete "
        "accepts the result for this run, a waiver for the image until it ends."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Problems that differ only in their place are told together."""
        images = {facts.image.name: facts for facts in check.bom.images}
        groups: dict[tuple[str, str, str], list[Location]] = {}
        for problem in check.bom.problems:
            key = (problem.location.image, problem.found_by, problem.reason)
            groups.setdefault(key, []).append(problem.location)
        for (image, found_by, reason), places in groups.items():
            more = f" ({len(places):,} places)" if len(places) > 1 else ""
            yield check.violation(
                self.name,
                f"{reason}{more}",
                self.how_to_fix,
                facts=images.get(image),
                locations=places,
                topic=f"{image} {found_by} {reason}",
            )
