"""Components whose license text does not lie in the image."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check
from sbomctl.policy.rules._texts import Texts, collected


class MissingLicenseText:
    """One violation for each component whose license must go with every copy, and does not."""

    name: ClassVar[str] = "missing-license-text"
    about: ClassVar[str] = "the license text must go with the copy, and is not in the image"
    how_to_fix: ClassVar[str] = (
        "Ship the text: keep /usr/share/doc/*/copyright or the package's license file when the image is made small, "
        "or give it in a NOTICE document that goes with the product."
    )
    severity: ClassVar[str] = "warning"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each such component; one violation for all where no text was collected, for then none can be seen."""
        if not collected(check):
            if any(placed.judgement.asking("text") for placed in check.placed):
                yield check.violation(
                    self.name,
                    "no license text was collected from any image, so whether texts are missing cannot be seen",
                    "Scan again with this version of sbomctl; a document of an older one holds no texts.",
                )
            return
        texts = Texts(check, "license")
        for placed in check.placed:
            asked = placed.judgement.asking("text")
            if asked and not texts.has(placed):
                names = ", ".join(sorted({one.chosen for one in asked})[:5])
                message = f"no text of its license ({names}) lies in the image"
                yield check.violation(self.name, message, self.how_to_fix, placed=placed)
