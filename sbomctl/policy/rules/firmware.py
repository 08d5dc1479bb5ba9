"""Firmware that may not be passed on freely."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import msgspec

from sbomctl.model import ComponentType, Verdict, Violation
from sbomctl.policy.base import NoParameters
from sbomctl.policy.context import Check, Placed

_DIRECTORIES = ("lib/firmware/", "usr/lib/firmware/")
_WORDS = ("firmware", "microcode", "ucode")


class Firmware:
    """One violation for each doubtful license of a package that holds firmware.

    Firmware has one license per file, so what a package states as a whole says little
    (requirement OB-20). Firmware that no database records is a package for each driver and license in ``WHENCE``,
    or without that for each directory, of unknown license.
    """

    name: ClassVar[str] = "non-redistributable-firmware"
    about: ClassVar[str] = "firmware whose license restricts passing it on, or is not known"
    how_to_fix: ClassVar[str] = (
        "Read the vendor's license of each file that ships (WHENCE of linux-firmware names them), ship its text beside "
        "the file, leave out files that the device does not need, and record the rest as a waiver."
    )
    severity: ClassVar[str] = "error"
    parameters: ClassVar[type[msgspec.Struct]] = NoParameters

    def check(self, check: Check, parameters: NoParameters) -> Iterator[Violation]:  # noqa: ARG002 - there are none
        """Each such license that no line denies already."""
        for placed in check.placed:
            doubtful = [
                one
                for one in placed.judgement.decisions
                if one.verdict is not Verdict.DENY and (one.asks.name == "proprietary" or one.gap)
            ]
            if doubtful and _is_firmware(placed):
                for decision in doubtful:
                    message = f"it is firmware under {decision.license or 'no known license'}"
                    yield check.violation(self.name, message, self.how_to_fix, placed=placed, decision=decision)


def _is_firmware(placed: Placed) -> bool:
    name = placed.component.name.lower()
    return (
        placed.component.type is ComponentType.FIRMWARE
        or any(word in name for word in _WORDS)
        or any(path.startswith(_DIRECTORIES) for path in placed.files())
    )
