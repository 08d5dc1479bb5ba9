"""Components whose NOTICE file may have to be reproduced and is not there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check
from sbomctl.policy.rules._texts import Texts, collected


class MissingNotice:
    """One violation for each component under a license with a NOTICE duty that has no NOTICE file in the image.

    Whether the work has one upstream cannot be seen from an image, and images made small drop
    them; so this asks for a look rather than saying that something is missing.
    """

    name: ClassVar[str] = "missing-notice"
    about: ClassVar[str] = "a NOTICE file, if the work has one, must be reproduced, and none is in the image"
    how_to_fix: ClassVar[str] = (
        "Look whether the source of the component has a NOTICE file; if it has, reproduce its attributions with the "
        "product (Apache-2.0 section 4(d))."
    )
    severity: ClassVar[str] = "note"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each such component; one violation for all where no text was collected, for then none can be seen."""
        if not collected(check):
            if any(placed.judgement.asking("notice-file") for placed in check.placed):
                yield check.violation(
                    self.name,
                    "no NOTICE file was collected from any image, so whether one is missing cannot be seen",
                    "Scan again with this version of sbomctl; a document of an older one holds no texts.",
                )
            return
        texts = Texts(check, "notice")
        for placed in check.placed:
            for decision in placed.judgement.asking("notice-file")[:1]:
                if not texts.has(placed):
                    message = f"no NOTICE file of it lies in the image; {decision.chosen} asks to reproduce one"
                    yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=decision)
