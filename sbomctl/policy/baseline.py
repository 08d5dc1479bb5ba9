"""Comparison with the release before: what is new, what is still there, what has been fixed (requirement PO-10)."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sbomctl.model import CheckResult, Violation

NEW, UNCHANGED = "new", "unchanged"


class Baseline(msgspec.Struct, frozen=True):
    """What a check found before."""

    violations: dict[str, Violation]  # by fingerprint
    licenses: dict[str, str]  # component without version, and image -> expression


def baseline_of(result: CheckResult) -> Baseline:
    """What a later check is compared with; waived violations are known ones too."""
    return Baseline({one.fingerprint: one for one in result.violations}, result.licenses)


def compared(found: Sequence[Violation], baseline: Baseline) -> tuple[list[Violation], tuple[Violation, ...]]:
    """``found``, each with its state, and what the baseline had that is not found any more."""
    marked = [
        msgspec.structs.replace(one, baseline=UNCHANGED if one.fingerprint in baseline.violations else NEW)
        for one in found
    ]
    now = {one.fingerprint for one in found}
    fixed = [one for one in baseline.violations.values() if one.fingerprint not in now]
    return marked, tuple(sorted(fixed, key=lambda one: (one.rule, one.name, one.purl, one.image, one.fingerprint)))
