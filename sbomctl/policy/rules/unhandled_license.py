"""Licenses of the SPDX list that the policy says nothing about."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check
from sbomctl.policy.evaluate import UNHANDLED
from sbomctl.policy.rules._gaps import gaps


class UnhandledLicense:
    """One violation for each license that no line names and whose class no line names."""

    name: ClassVar[str] = "unhandled-license"
    about: ClassVar[str] = "no line of the policy names the license or its class"
    how_to_fix: ClassVar[str] = (
        "Decide on the license: add a line to the policy, or give the id a class under classify."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each license that nobody has decided on."""
        for placed, decision in gaps(check, UNHANDLED):
            message = f"{decision.license} is not handled: {decision.remark}"
            yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=decision)
