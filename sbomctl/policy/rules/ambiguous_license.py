"""Names that several licenses go by."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check
from sbomctl.policy.rules._gaps import unstated


class AmbiguousLicense:
    """One violation for each such component, or for each statement of it."""

    name: ClassVar[str] = "ambiguous-license"
    about: ClassVar[str] = "the license named may be one of several"
    how_to_fix: ClassVar[str] = (
        "Find out which license it is, from the license text or upstream, and record it as a curation."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """What the license facts say, or what follows from there being none."""
        yield from unstated(self, check)
